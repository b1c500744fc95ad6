"""Rover housekeeping packets: the standard's headers, and nothing lost between vehicle and ground."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.ccsds import SpacePacketHeader

from farside.errors import DamagedFile
from farside.geometry import utc_to_t
from farside.instruments import gnc
from farside.instruments.rover_hk import MODES, REFUSALS, Sample, pack_packet, unpack_packets

SAMPLE = Sample(
    t=utc_to_t("2019-01-03T14:22:00Z"), position_m=(0.5, 4.25, -0.125), quaternion=(1.0, 0.0, 0.0, 0.0),
    rocker_rad=0.125, bogies_rad=(0.25, -0.25), speed_mps=0.5, odometer_m=12.5, panel_w=150.0, load_w=100.0,
    charge=0.75, body_c=21.5, mode="driving", accepted=3, refused=1, refusal="noon rest",
)  # fmt: skip


def test_an_independent_reader_agrees_about_the_primary_header():
    packet = pack_packet(SAMPLE, 16384 + 77)
    header = SpacePacketHeader.unpack(packet)
    assert (header.apid, header.seq_count, header.packet_len) == (0x2B1, 77, len(packet))
    assert header.sec_header_flag


def test_the_rover_has_an_identifier_of_its_own():
    with pytest.raises(DamagedFile):
        gnc.unpack_packets(pack_packet(SAMPLE, 0))


@settings(max_examples=50, deadline=None)
@given(
    dt=st.floats(0.0, 3e7), charge=st.floats(0.0, 1.0, width=32), odometer=st.floats(0.0, 2000.0, width=32),
    mode=st.sampled_from(MODES), refusal=st.sampled_from(REFUSALS), count=st.integers(0, 10**6),
)  # fmt: skip
def test_what_was_packed_is_what_is_unpacked(dt, charge, odometer, mode, refusal, count):
    fields = vars(SAMPLE) | {
        "t": SAMPLE.t + dt, "charge": charge, "odometer_m": odometer, "mode": mode, "refusal": refusal,
    }  # fmt: skip
    columns = unpack_packets(pack_packet(SAMPLE, 7) + pack_packet(Sample(**fields), count))
    assert columns["t"][1] == pytest.approx(SAMPLE.t + dt, abs=2**-16)
    assert (columns["charge"][1], columns["odometer_m"][1]) == (charge, odometer)
    assert (MODES[columns["mode"][1]], REFUSALS[columns["refusal"][1]]) == (mode, refusal)
    assert columns["count"].tolist() == [7, count % 16384]
    assert tuple(columns["position_m"][0]) == SAMPLE.position_m


@settings(max_examples=30, deadline=None)
@given(octet=st.integers(0, 5), bit=st.integers(0, 7))
def test_a_flipped_header_bit_is_noticed_or_only_changes_the_count(octet, bit):
    packet = bytearray(pack_packet(SAMPLE, 5))
    packet[octet] ^= 1 << bit
    if octet in (2, 3) and not (octet == 2 and bit >= 6):
        assert unpack_packets(bytes(packet))["count"][0] != 5
    else:
        with pytest.raises(DamagedFile):
            unpack_packets(bytes(packet))


def test_a_cut_run_of_packets_is_refused_and_none_give_empty_columns():
    with pytest.raises(DamagedFile, match="whole number"):
        unpack_packets(pack_packet(SAMPLE, 0)[:-1])
    assert all(len(values) == 0 for values in unpack_packets(b"").values())
