"""What the payload sends: packets, records and files, and what is refused of them."""

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.ccsds import SpacePacketHeader

from farside.errors import BadInput, DamagedFile
from farside.geometry import utc_to_t
from farside.instruments.biosphere import (
    fields,
    from_bytes,
    pack,
    pack_packet,
    product_id,
    to_bytes,
    unpack,
    unpack_packets,
    view,
)
from farside.payload.biosphere import observe, read_sensors

T = utc_to_t("2019-01-06T00:00:00Z")
COUNTS = dict.fromkeys(fields(), 7)
LENGTH = len(pack_packet(T, COUNTS, 0))


def test_an_independent_reader_agrees_about_the_primary_header():
    header = SpacePacketHeader.unpack(pack_packet(T, COUNTS, 16384 + 99))
    assert (header.apid, header.seq_count, header.packet_len) == (0x2B2, 99, LENGTH)
    assert header.sec_header_flag


@settings(max_examples=30, deadline=None)
@given(counts=st.lists(st.integers(0, 255), min_size=len(fields()), max_size=len(fields())), dt=st.floats(0.0, 3e6))
def test_counts_come_back_in_their_units(counts, dt):
    columns = unpack_packets(pack_packet(T + dt, dict(zip(fields(), counts, strict=True)), 3))
    assert columns["t"][0] == pytest.approx(T + dt, abs=2**-16)
    for count, (name, f) in zip(counts, fields().items(), strict=True):
        assert columns[name][0] == pytest.approx(f.offset + f.scale * count)


@pytest.mark.parametrize("octet", [0, 1, 4, 5, 6])
def test_a_changed_header_is_noticed(octet):
    packet = bytearray(pack_packet(T, COUNTS, 5))
    packet[octet] ^= 1
    with pytest.raises(DamagedFile, match="packet 0 of 1"):
        unpack_packets(bytes(packet))


def test_a_cut_run_of_packets_is_refused():
    with pytest.raises(DamagedFile, match="whole number"):
        unpack_packets(pack_packet(T, COUNTS, 0)[:-1])


def test_sensors_saturate_at_the_ends_of_their_range(life):
    f = fields()["co2"]
    assert f.count(-1.0) == 0
    assert f.count(1.0) == 65535
    assert all(isinstance(count, int) for count in read_sensors(life, T, 1, 0).values())


def test_a_record_keeps_the_header_and_almost_the_counts(life):
    picture = observe(life, T, "b", 4, "0001", 1, binning=2)
    back = unpack(pack(picture))
    assert back.attrs == picture.attrs
    assert np.abs(back["dn"].astype(int) - picture["dn"].astype(int)).mean() < 10.0
    assert pack(picture) == pack(observe(life, T, "b", 4, "0001", 1, binning=2))


def test_the_header_says_nothing_of_the_truth(life):
    known = {"instrument", "camera", "mode", "index", "sequence_id", "level", "start_utc", "stop_utc", "exposure_ms",
             "binning", "bits", "temperature_c", "compression_ratio", "bayer"}  # fmt: skip
    assert set(observe(life, T, "a", 0, "0001", 1, 4).attrs) == known


def test_damaged_records_are_named(life):
    record = pack(observe(life, T, "a", 0, "0001", 1, binning=4))
    with pytest.raises(DamagedFile):
        unpack(record[: len(record) // 2])
    other = cbor2.loads(record)
    other["header"]["camera"] = "c"
    with pytest.raises(DamagedFile, match="camera 'c'"):
        unpack(cbor2.dumps(other))
    other["header"] |= {"camera": "a", "binning": 2}
    with pytest.raises(DamagedFile, match="binning 2"):
        unpack(cbor2.dumps(other))


def test_files_hold_what_their_labels_say(life):
    picture = observe(life, T, "a", 12, "0001", 1, binning=4)
    data = to_bytes(picture)
    again = from_bytes(data, picture.attrs)
    np.testing.assert_array_equal(again["dn"], picture["dn"])
    with pytest.raises(DamagedFile, match="its label says"):
        from_bytes(data[:-2], picture.attrs)
    assert product_id(picture.attrs) == "CE4_GRAS_BIO-A-0012_SCI_N_20190106000000_20190106000000_0001_A"


def test_an_unknown_camera_or_binning_is_refused():
    with pytest.raises(BadInput, match="one of a, b"):
        view("c")
    with pytest.raises(BadInput, match="divisor"):
        view("a", 7)


def test_a_view_sees_its_target_in_the_middle_and_up_upwards():
    eye = view("a")
    sample, line, depth = eye.project(eye.target[None])[0]
    assert (sample, line) == pytest.approx((319.5, 239.5))
    assert depth == pytest.approx(np.linalg.norm(eye.target - eye.position))
    assert eye.project(np.array([[0.0, 2.0, 10.0]]))[0, 1] < line
    x, y = eye.on_soil()[100, 200]
    assert eye.project(np.array([[x, y, 0.0]]))[0, :2] == pytest.approx((200.0, 100.0))
