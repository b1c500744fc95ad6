"""Packets through a stream of frames, some of them lost or damaged."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.link.frame import Channel, Deframer, Framer, Packet, Service, encapsulate

SHORT = Channel(5, interleave=0, uncoded_octets=40)
packets = st.one_of(
    st.builds(
        lambda count, data: Packet(3, count, data).pack(), st.integers(0, 16383), st.binary(min_size=1, max_size=150)
    ),
    st.binary(min_size=1, max_size=150).map(lambda data: encapsulate(4, data)),
)
channels = st.sampled_from(
    [
        SHORT,
        Channel(5, interleave=0, uncoded_octets=16),
        Channel(5, Service.AOS, interleave=0, uncoded_octets=40, ocf=True),
        Channel(5, Service.AOS, interleave=1, fecf=False),
        Channel(5, interleave=2, randomize=False),
    ]
)


def covering(packets: list[bytes], size: int) -> list[set[int]]:
    """Frames that each packet of a stream lies in."""
    frames, at = [], 0
    for packet in packets:
        frames.append(set(range(at // size, (at + len(packet) - 1) // size + 1)))
        at += len(packet)
    return frames


@given(channels, st.lists(packets, min_size=1, max_size=25), st.sets(st.integers(0, 80)))
@settings(max_examples=200, deadline=None)
def test_exactly_the_packets_of_surviving_frames_come(channel, sent, lost):
    framer, deframer = Framer(channel), Deframer(channel)
    units = framer.feed(sent) + framer.flush()
    found = [p for k, unit in enumerate(units) if k not in lost for _, p in deframer.feed(unit)]
    frames = covering(sent, channel.data_octets)
    assert found == [p for p, own in zip(sent, frames, strict=True) if not own & lost]
    assert deframer.frames == len(set(range(len(units))) - lost)


@given(
    st.sampled_from([Channel(5, Service.AOS, interleave=1, fecf=False), Channel(5, interleave=2, randomize=False)]),
    st.lists(packets, min_size=1, max_size=15),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), max_size=60),
    st.lists(st.integers(1, 400), max_size=30),
)
@settings(max_examples=100, deadline=None)
def test_a_damaged_stream_never_gives_a_wrong_packet(channel, sent, damage, pieces):
    framer, deframer = Framer(channel), Deframer(channel)
    stream = bytearray(b"".join(framer.feed(sent) + framer.flush()))
    for at, change in damage:
        if at < len(stream):
            stream[at] ^= change
    found, at = [], 0
    for size in [*pieces, len(stream)]:
        found += [p for _, p in deframer.feed(bytes(stream[at : at + size]))]
        at += size
    left = iter(sent)
    assert all(packet in left for packet in found)  # in their order, each at most once
    if not damage:
        assert found == sent


def test_packets_are_not_joined_across_a_gap_where_they_would_fit():
    framer, deframer = Framer(SHORT), Deframer(SHORT)
    sent = [Packet(1, k, bytes([k]) * 42).pack() for k in range(4)]  # 48 octets; frames hold 32
    units = framer.feed(sent)
    assert covering(sent, 32)[0] == {0, 1}
    assert deframer.feed(units[0] + units[4] + units[5]) == [(0, sent[3])]
    assert (deframer.missing, deframer.torn) == (3, 1)


def test_octets_lost_or_put_into_the_stream_cost_their_frame_only():
    channel = Channel(5, interleave=1)
    framer, deframer = Framer(channel), Deframer(channel)
    sent = [Packet(1, k, bytes([k]) * (channel.data_octets - 6)).pack() for k in range(6)]
    units = framer.feed(sent)
    stream = units[0] + units[1][:100] + units[2] + b"noise" * 9 + units[3] + units[4][:50] + b"x" + units[4][50:]
    found = [p for _, p in deframer.feed(stream + units[5])]
    assert found == [sent[0], sent[2], sent[3], sent[5]]
    assert (deframer.frames, deframer.missing) == (4, 2)


@given(st.lists(st.tuples(st.integers(0, 3), packets), max_size=20), st.sets(st.integers(0, 100)))
@settings(deadline=None)
def test_virtual_channels_do_not_meet(sent, idle):
    framer, deframer = Framer(SHORT), Deframer(SHORT)
    units = []
    for k, (virtual, packet) in enumerate(sent):
        units += framer.feed([packet], virtual) + ([framer.idle()] if k in idle else [])
    for virtual in range(4):
        units += framer.flush(virtual)
    found = deframer.feed(b"".join(units))
    for virtual in range(4):
        assert [p for v, p in found if v == virtual] == [p for v, p in sent if v == virtual]
    assert (deframer.missing, deframer.torn, deframer.rejected) == (0, 0, 0)


@pytest.mark.parametrize("octets", range(1, 33))
def test_any_room_in_a_frame_is_filled(octets):
    framer, deframer = Framer(SHORT), Deframer(SHORT)
    packet = encapsulate(1, bytes(octets))
    units = framer.feed([packet]) + framer.flush()
    assert deframer.feed(b"".join(units)) == [(0, packet)]
    assert framer.flush() == []
    assert framer.flush(1) == []


def test_counts_run_over():
    framer, deframer = Framer(SHORT), Deframer(SHORT)
    sent = [Packet(1, k, bytes(45)).pack() for k in range(600)]
    assert [p for _, p in deframer.feed(b"".join(framer.feed(sent) + framer.flush()))] == sent
    assert deframer.frames > 700
    assert deframer.missing == 0


def test_a_receiver_that_comes_late_begins_with_the_first_whole_packet():
    framer, deframer = Framer(SHORT), Deframer(SHORT)
    sent = [Packet(1, k, bytes([k]) * 60).pack() for k in range(5)]
    units = framer.feed(sent) + framer.flush()
    assert [p for _, p in deframer.feed(b"".join(units[1:]))] == sent[1:]
    assert deframer.torn == 0


def test_operational_control_field_travels():
    channel = Channel(5, interleave=1, ocf=True)
    framer = Framer(channel)
    framer.ocf = b"clcw"
    assert channel.read(framer.idle()[4:]).ocf == b"clcw"


def test_a_frame_of_another_length_is_named():
    framer = Framer(Channel(5, interleave=1, ocf=True))
    framer.ocf = b"no"
    with pytest.raises(BadInput, match="frame: '221 octets'"):
        framer.idle()


@pytest.mark.parametrize("virtual", [-1, 7, 8])
def test_virtual_channels_that_tm_does_not_have_are_named(virtual):
    with pytest.raises(BadInput, match="virtual channel"):
        Framer(SHORT).feed([b"\xe0"], virtual)
