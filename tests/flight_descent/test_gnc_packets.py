"""Housekeeping packets: the standard's headers, and nothing lost between vehicle and ground."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.ccsds import SpacePacketHeader

from farside.errors import DamagedFile
from farside.flight import descent_profile, fly_descent
from farside.flight.descent import LANDED
from farside.geometry import Site, utc_to_t
from farside.instruments.gnc import PHASES, Sample, pack_packet, unpack_packets

SAMPLE = Sample(
    utc_to_t("2019-01-03T02:26:00Z"),
    12.5,
    (1.0, -2.0, 3.0),
    (0.1, 0.2, -1.5),
    (1.0, 0.0, 0.0, 0.0),
    2234.0,
    1366.0,
    "slow descent",
)
LENGTH = len(pack_packet(SAMPLE, 0))


def test_the_landing_instant_has_the_time_code_of_the_standard():
    assert pack_packet(SAMPLE, 0)[6:13].hex() == "1e72bfd15d0000"  # link-and-ground.md section 4


def test_an_independent_reader_agrees_about_the_primary_header():
    packet = pack_packet(SAMPLE, 16384 + 1234)
    header = SpacePacketHeader.unpack(packet)
    assert packet[:4].hex() == "0aa5c4d2"
    assert header.apid == 0x2A5
    assert header.seq_count == 1234
    assert header.sec_header_flag
    assert header.packet_len == len(packet)


@settings(max_examples=50, deadline=None)
@given(
    dt=st.floats(0.0, 3e7), altitude=st.floats(0.0, 2e4, width=32),
    position=st.tuples(*[st.floats(-5e5, 5e5, width=32)] * 3), phase=st.sampled_from(PHASES),
    count=st.integers(0, 10**6),
)  # fmt: skip
def test_what_was_packed_is_what_is_unpacked(dt, altitude, position, phase, count):
    sample = Sample(SAMPLE.t + dt, altitude, position, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), 0.0, 1400.0, phase)
    columns = unpack_packets(pack_packet(SAMPLE, 7) + pack_packet(sample, count))
    assert columns["t"][1] == pytest.approx(sample.t, abs=2**-16)
    assert columns["altitude_m"][1] == altitude
    assert tuple(columns["position_m"][1]) == position
    assert PHASES[columns["phase"][1]] == phase
    assert columns["count"].tolist() == [7, count % 16384]


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


def test_a_cut_run_of_packets_is_refused():
    with pytest.raises(DamagedFile, match="whole number"):
        unpack_packets(pack_packet(SAMPLE, 0)[:-1])


def test_no_packets_give_empty_columns():
    assert all(len(values) == 0 for values in unpack_packets(b"").values())


def test_every_phase_of_the_descent_has_a_number():
    assert (*(phase.name for phase in descent_profile().phases), LANDED) == PHASES


def test_a_whole_descent_comes_down_as_telemetry():
    site = Site(-45.4446, 177.5991, -5935.0)
    descent = fly_descent(site, SAMPLE.t, 0.0, lambda x, y: 0.0 * x, seed=1)
    times = descent.ignition_t + np.arange(0.0, 710.0, 10.0)
    packets = [pack_packet(Sample(**descent.telemetry(t)), k) for k, t in enumerate(times)]
    columns = unpack_packets(b"".join(packets))
    np.testing.assert_allclose(columns["t"], times, atol=2**-16)
    assert columns["altitude_m"][0] == pytest.approx(15_000.0, abs=60.0)
    assert PHASES[columns["phase"][-1]] == "landed"
    assert columns["mass_kg"][0] - columns["mass_kg"][-1] == pytest.approx(descent.propellant_kg, abs=1e-3)
    np.testing.assert_allclose(np.linalg.norm(columns["quaternion"], axis=1), 1.0, atol=1e-6)
