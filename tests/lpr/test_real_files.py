"""The real files of sequence 0316, with everything in them that contradicts their labels."""

import json

import numpy as np
import pytest

from farside.archive.xml import from_xml
from farside.errors import DamagedFile
from farside.instruments.lpr import from_bytes, label_elements, to_bytes

ONE = "CE4_GRAS_LPR-1_SCI_N_20231216075001_20231217065500_0316_A"
TWO = "ce4_lpr2b_seq0316_first_record"


def product(real, name):
    return (real / f"{name}.2B").read_bytes(), from_xml(real / f"{name}.2BL")


def leaves(element, path=""):
    if element.children():
        for child in element.children():
            yield from leaves(child, f"{path}/{element.tag}")
    else:
        yield f"{path}/{element.tag}", element.content, element.unit


def test_first_record_of_channel_2b_reads_as_published(real):
    got = from_bytes(*product(real, TWO))
    assert got.attrs["start_utc"] == "2023-12-16T07:55:54.605Z"
    assert got.attrs["mode"] == "2B"
    trace = np.loadtxt(real / "ce4_lpr2b_seq0316_first_trace.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(got["dn"][0], trace[:, 2], rtol=1e-6)
    np.testing.assert_allclose(got["time_ns"], trace[:, 1])
    assert int(np.abs(got["dn"][0].values).argmax()) == 90
    np.testing.assert_allclose(got["reference_position"][0], [-736.7609, 598.0890, 2.4260], atol=1e-4)
    np.testing.assert_allclose(got["reference_attitude"][0], [178.0956, -2.1438, -0.6079], atol=1e-4)
    dumped = json.loads((real / "ce4_lpr2b_seq0316_first_record_header.json").read_text())["as_dumped"]
    assert got["parameter1"][0].values.tolist() == dumped["DataParameter1"]
    assert got["parameter2"][0].values.tolist() == dumped["DataParameter2"]
    assert int(got["valid_length"][0]) == 8192


def test_whole_channel_1_product_reads_with_its_positions_and_attitude(real):
    got = from_bytes(*product(real, ONE))
    assert got["dn"].shape == (101, 8192)
    assert got.attrs["start_utc"] == "2023-12-16T07:56:00.330Z"
    assert got.attrs["stop_utc"] == "2023-12-16T08:06:40.590Z"
    assert np.diff(got["t"]).mean() == pytest.approx(6.40, abs=0.01)
    position = got["position"].values
    assert not position[:23].any()
    np.testing.assert_allclose(position[23, :2], [-0.525, -2.676], atol=1e-3)
    np.testing.assert_allclose(position[60, :2], [-0.467, -5.545], atol=1e-3)
    np.testing.assert_allclose(got["attitude"][100, 2], 3.062, atol=1e-3)
    assert got["count"][:, 0].values.tolist() == list(range(1, 102))
    assert not got["damaged"].any()


def test_byte_orders_and_the_unit_of_angles_are_told_from_the_values(real):
    got = from_bytes(*product(real, ONE))
    assert got.attrs["float_order"] == ["MSB"] * 7 + ["LSB"] * 6
    assert got.attrs["length_order"] == "MSB"
    assert got.attrs["implausible_floats"] == 0
    assert got.attrs["attitude_unit"] == "rad"
    assert "turns" in got.attrs["attitude_unit_reason"]


@pytest.mark.parametrize("name", [ONE, TWO])
def test_real_file_comes_out_byte_for_byte(real, name):
    data, label = product(real, name)
    assert to_bytes(from_bytes(data, label)) == data


def test_label_comes_out_element_for_element(real):
    data, label = product(real, ONE)
    written = [leaf for element in label_elements(from_bytes(data, label)) for leaf in leaves(element)]
    assert written == [leaf for element in label.children() for leaf in leaves(element)]


def test_label_of_another_file_is_refused(real):
    data, _ = product(real, ONE)
    for other in (f"{TWO}.2BL", "CE4_GRAS_LPR-2B_SCI_N_20231216075001_20231217065500_0316_A.2BL"):
        with pytest.raises(DamagedFile, match="its label says file_size"):
            from_bytes(data, from_xml(real / other))


def test_cut_file_is_refused_and_its_whole_records_can_be_salvaged(real):
    data, label = product(real, ONE)
    with pytest.raises(DamagedFile, match="no whole number"):
        from_bytes(data[:-1000], label)
    size = 32_883
    damaged = data[: 3 * size] + data[3 * size + 700 : 50 * size]
    got = from_bytes(damaged, salvage=True)
    assert got.sizes["trace"] == 49
    assert got.attrs["salvaged_from_octet"] == 3 * size
    np.testing.assert_array_equal(got["dn"][3:], from_bytes(data)["dn"][4:50])


def test_record_with_a_wrong_mark_is_flagged(real):
    data, _ = product(real, ONE)
    octets = bytearray(data)
    octets[7 * 32_883 + 113] = 0x2B
    got = from_bytes(bytes(octets))
    assert np.nonzero(got["damaged"].values)[0].tolist() == [7]


@pytest.mark.parametrize("junk", [b"", b"\x00" * 8307, b"\x14\x6f\x22\x22", b"hello" * 5000])
def test_what_is_no_radar_file_is_refused(junk):
    for salvage in (False, True):
        with pytest.raises(DamagedFile):
            from_bytes(junk, salvage=salvage)
