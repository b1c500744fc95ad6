"""Level 2 as the real archive has it: what is read from it, and what we write."""

import numpy as np
import pytest

from farside import archive
from farside.errors import BadInput, DamagedFile
from farside.geometry import euler_to_rotation
from farside.instruments import pinhole

SHAPE = (1728, 2352, 3)


@pytest.fixture
def image_143(real_label, tmp_path):
    """The real label beside a data file of the right length, made of a pattern."""
    label, name = real_label
    np.arange(np.prod(SHAPE), dtype=np.uint8).tofile(tmp_path / name)
    (tmp_path / f"{name}L").write_bytes(label)
    return tmp_path / name


def test_real_label_comes_out_byte_for_byte_when_written_again(image_143, real_label, tmp_path):
    written = archive.write(archive.read(image_143), tmp_path / "again")
    assert written.read_bytes() == real_label[0]
    assert written.with_name(real_label[1]).read_bytes() == image_143.read_bytes()


def test_label_and_data_file_lead_to_the_same_observation(image_143):
    by_data, by_label = archive.read(image_143), archive.read(image_143.with_name(image_143.name + "L"))
    assert by_data.identical(by_label)
    assert by_data["dn"].shape == SHAPE
    assert by_data["dn"].to_numpy()[0, 0].tolist() == [0, 1, 2]


def test_label_vectors_follow_from_the_orientation_read_from_the_label(image_143):
    frame = archive.read(image_143)
    camera, rotation = pinhole(frame), euler_to_rotation(*frame.attrs["camera_rotation_deg"])
    assert rotation @ camera.rays(1, 1) == pytest.approx(frame.attrs["up_left_vector"], abs=6e-7)
    assert rotation @ camera.rays(2352, 1728) == pytest.approx(frame.attrs["down_right_vector"], abs=6e-7)


@pytest.mark.parametrize(("change", "attr", "value"), [
    ((b"principle_point_coordinate", b"Principal_Point_Coordinate"), "x0", -0.248344),
    ((b"up_left_point_observe_vector", b"Up_Left_Point_Observe_Vector"), "up_left_vector",
     [0.308288, -0.878190, -0.365707]),
    ((b'<x0 unit="mm">-0.248344</x0>', b'<X unit="mm">-0.248344</X>'), "x0", -0.248344),
    ((b"lander_solar_incidence_angel", b"solar_incidence_angle"), "sun_incidence_deg", 72.938297),
    ((b"<longitude unit=", b"<Longitude unit="), "lander_lon_deg", None),
    ((b"19:57:09.000Z", b"19:57:09Z"), "start_utc", "2019-01-11T19:57:09Z"),
    ((b'<tcam_temperature unit="degC">21.095</tcam_temperature>', b"<tcam_temperature />"), "temperature_c", None),
])  # fmt: skip
def test_known_spellings_and_empty_elements_are_read(image_143, real_label, change, attr, value):
    label, name = real_label
    changed = label.replace(*change)
    if attr == "lander_lon_deg":
        changed, value = changed.replace(b"</longitude>", b"</Longitude>"), 177.5991
    assert changed != label
    image_143.with_name(name + "L").write_bytes(changed)
    assert archive.read(image_143).attrs.get(attr) == value


def test_nonsense_file_size_is_not_believed(image_143, real_label):
    image_143.with_name(image_143.name + "L").write_bytes(real_label[0].replace(b"12192768", b"1323302912"))
    assert archive.read(image_143)["dn"].shape == SHAPE


def test_cut_data_file_is_named_with_both_lengths(image_143):
    image_143.write_bytes(image_143.read_bytes()[:-100])
    with pytest.raises(DamagedFile, match=r"A\.2C: cut short: 12192668 bytes of 12192768"):
        archive.read(image_143)


def test_missing_data_broken_label_and_other_axis_order_are_refused(image_143, real_label):
    label = image_143.with_name(image_143.name + "L")
    label.write_bytes(real_label[0].replace(b">Band<", b">Line<", 1))
    with pytest.raises(DamagedFile, match="axes"):
        archive.read(image_143)
    label.write_bytes(real_label[0][:3000])
    with pytest.raises(DamagedFile, match="not XML"):
        archive.read(image_143)
    label.write_bytes(real_label[0])
    image_143.unlink()
    with pytest.raises(DamagedFile, match="missing"):
        archive.read(label)


def test_damaged_products_are_skipped_and_counted(image_143, tmp_path):
    bad = tmp_path / image_143.name.replace("143", "144")
    bad.with_name(bad.name + "L").write_bytes(b"<Product_Observational>")
    damaged = []
    frames = list(archive.read_all(tmp_path, damaged))
    assert [f.attrs["index"] for f in frames] == [143]
    assert len(damaged) == 1


def test_file_without_label_is_refused_as_input(tmp_path):
    with pytest.raises(BadInput):
        archive.read(tmp_path / "CE4_GRAS_TCAM-I-143_SCI_N_20190111195709_20190111195709_0009_A.2C")
