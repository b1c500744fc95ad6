"""Space packets, encapsulation packets and segments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.ccsds.spacepacket import PacketId, PacketType, SequenceFlags, SpacePacketHeader, parse_space_packets

from farside.errors import BadInput
from farside.link.frame import (
    Assembler,
    DamagedUnit,
    Gap,
    Packet,
    Protocol,
    Segmenter,
    encapsulate,
    idle_packet,
    is_idle,
    read_encapsulation,
    read_packet,
    split,
)

packets = st.builds(
    Packet,
    st.integers(0, 0x7FE),
    st.integers(0, 16383),
    st.binary(min_size=1, max_size=300),
    st.sampled_from(SequenceFlags),
    st.sampled_from(PacketType),
    st.booleans(),
)


def test_header_bits_stand_at_their_places():
    packet = Packet(0x2A5, 1234, bytes(10), secondary=True)
    assert packet.pack()[:6].hex() == "0aa5c4d20009"


@given(packets)
def test_spacepackets_reads_the_same_header(packet):
    header = SpacePacketHeader.unpack(packet.pack())
    assert (header.apid, header.seq_count, header.seq_flags) == (packet.apid, packet.number, packet.flags)
    assert (header.packet_type, header.sec_header_flag) == (packet.kind, packet.secondary)
    assert header.packet_len == len(packet.pack())
    assert read_packet(packet.pack()) == packet


@pytest.mark.parametrize("octets", ["", "000000000000", "20a5c4d2000000", "0aa5c4d2000100", "0aa5c4d200000000"])
def test_what_is_no_packet_is_refused(octets):
    with pytest.raises(DamagedUnit):
        read_packet(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (1, "f103"),
        (253, "f1ff"),
        (254, "f2000102"),
        (65_531, "f200ffff"),
        (65_532, "f300000000010004"),
    ],
)
def test_encapsulation_takes_the_shortest_header(size, head):
    packet = encapsulate(Protocol.BUNDLE, bytes(size))
    assert packet[: len(head) // 2].hex() == head
    assert len(packet) == size + len(head) // 2
    assert read_encapsulation(packet) == (Protocol.BUNDLE, bytes(size))


@pytest.mark.parametrize("octets", ["", "f1", "f101", "f10400", "f20000", "0aa5c4d2000100"])
def test_what_is_no_encapsulation_is_refused(octets):
    with pytest.raises(DamagedUnit):
        read_encapsulation(bytes.fromhex(octets))


def test_nothing_cannot_be_encapsulated():
    with pytest.raises(BadInput, match="octets"):
        encapsulate(Protocol.BUNDLE, b"")
    with pytest.raises(BadInput, match="protocol"):
        encapsulate(8, b"x")


@given(
    st.lists(st.one_of(packets.map(Packet.pack), st.binary(min_size=1, max_size=300).map(lambda b: encapsulate(4, b))))
)
def test_a_stream_comes_apart_into_its_packets_wherever_it_is_cut(units):
    stream = b"".join(units)
    for cut in {0, len(stream) // 3, len(stream) // 2, max(len(stream) - 1, 0), len(stream)}:
        first, rest = split(stream[:cut])
        second, nothing = split(rest + stream[cut:])
        assert (first + second, nothing) == (units, b"")


def test_a_stream_that_no_packet_starts_is_refused():
    with pytest.raises(DamagedUnit, match="version 2"):
        split(b"\x40" + bytes(20))
    with pytest.raises(DamagedUnit, match="header of 4"):
        split(b"\xf2\x00\x00\x03")


def test_idle_packets_are_known():
    assert all(is_idle(packet) for packet in (idle_packet(7), idle_packet(65_542), b"\xe0"))
    assert not is_idle(Packet(0x7FE, 0, b"x").pack())
    assert not is_idle(encapsulate(Protocol.LTP, b"x"))


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=500)), max_size=10), st.integers(1, 100))
def test_payloads_come_back_from_their_segments(payloads, octets):
    segmenter, assembler = Segmenter(octets), Assembler(secondary=2)
    stream = [p for apid, payload in payloads for p in segmenter.packets(apid, payload, b"hd")]
    assert all(len(packet) <= 6 + 2 + octets for packet in stream)
    whole = [w for packet in stream if (w := assembler.feed(packet))]
    assert whole == [(apid, b"hd", payload) for apid, payload in payloads]
    assert (assembler.gaps, assembler.incomplete) == ([], 0)


@given(
    st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=12),
    st.sets(st.integers(0, 80)),
    st.booleans(),
)
def test_missing_packets_cost_their_payloads_and_no_other(payloads, lost, headed):
    segmenter, assembler = Segmenter(10), Assembler(secondary=1)
    segments = [segmenter.packets(5, p, bytes([k]) if headed else b"") for k, p in enumerate(payloads)]
    numbers, number = [], 0
    for pieces in segments:
        numbers.append(set(range(number, number + len(pieces))))
        number += len(pieces)
    sent = [packet for pieces in segments for packet in pieces]
    whole = [w.payload for k, packet in enumerate(sent) if k not in lost and (w := assembler.feed(packet))]
    assert whole == [p for p, own in zip(payloads, numbers, strict=True) if not own & lost]
    came = sorted(set(range(number)) - lost)
    inside = {k for k in lost if came and came[0] < k < came[-1]}
    assert sum(gap.missing for gap in assembler.gaps) == len(inside)
    ended = [
        own for own in numbers if own & lost and own - lost and max(own) < max(came)
    ]  # seen to be incomplete by now
    if headed:
        assert assembler.incomplete >= len(ended)
        assert assembler.incomplete <= sum(bool(own & lost and own - lost) for own in numbers)


def test_counts_run_over_and_gaps_are_told_with_their_place():
    segmenter, assembler = Segmenter(1), Assembler()
    packets = segmenter.packets(9, bytes(16_390)) + segmenter.packets(9, b"ab")
    for packet in packets[:16_380] + packets[16_388:]:
        assembler.feed(packet)
    assert assembler.gaps == [Gap(9, 16_380, 8)]
    assert [read_packet(p).number for p in packets[16_383:16_386]] == [16_383, 0, 1]


def test_packets_that_cannot_be_made_are_named():
    with pytest.raises(BadInput, match="octets"):
        Segmenter(0)
    with pytest.raises(BadInput, match="apid"):
        Segmenter().packets(0x7FF, b"x")
    with pytest.raises(BadInput, match="at least one octet"):
        Segmenter().packets(1, b"")
    with pytest.raises(BadInput, match="secondary: '7 octets'"):
        Segmenter(65_530).packets(1, b"", bytes(7))
    with pytest.raises(BadInput, match="0 octets"):
        idle_packet(6)
    with pytest.raises(BadInput, match="65537 octets"):
        Packet(1, 0, bytes(65_537)).pack()


@given(st.binary(min_size=1, max_size=500), st.integers(1, 60))
def test_spacepackets_finds_the_same_segments(payload, octets):
    packets = Segmenter(octets, PacketType.TC).packets(77, payload, b"sh")
    found = parse_space_packets(b"".join(packets), [PacketId(PacketType.TC, True, 77)])
    assert [bytes(packet) for packet in found.tm_list] == packets == split(b"".join(packets))[0]
    headers = [SpacePacketHeader.unpack(packet) for packet in packets]
    flags = [header.seq_flags for header in headers]
    if len(packets) == 1:
        assert flags == [SequenceFlags.UNSEGMENTED]
    else:
        middle = [SequenceFlags.CONTINUATION_SEGMENT] * (len(packets) - 2)
        assert flags == [SequenceFlags.FIRST_SEGMENT, *middle, SequenceFlags.LAST_SEGMENT]
    assert [header.seq_count for header in headers] == list(range(len(packets)))
