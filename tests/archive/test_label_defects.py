"""What is wrong with real labels, done to labels of ours: each is read around, or refused in one line."""

import json
import re
from random import Random

import numpy as np
import pds4_tools
import pytest
from downloads import data_of, moved, product, say, spoil
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farside import archive
from farside.archive.xml import from_xml
from farside.errors import BadInput, DamagedFile, FarsideError
from farside.instruments import camera_model, load, pinhole, read_plain_arrays


@pytest.fixture
def tcam(tmp_path):
    return product(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A label that is as it should be, and what it says."""
    label = product(tmp_path_factory.mktemp("whole"))
    return label, archive.read(label).attrs


def test_everything_in_a_good_label_is_believed_and_its_files_are_named(whole):
    label, attrs = whole
    record = json.loads(attrs["provenance"])
    assert record["left_out"] == []
    octets = data_of(label).stat().st_size
    assert record["inputs"] == [{"product": data_of(label).name, "label": label.name, "octets": octets}]
    assert attrs["mission"] == "CE4"
    assert attrs["target"] == "Lunar"
    assert attrs["lander_location_frame"] == "MOON_COORDINATE_SYSTEM"


SPELLINGS = ("angel", "angle"), ("principle", "principal")


def misspelt(text, random):
    """The text of a label with every tag in mixed case, and the mission's own in any of the known spellings."""
    start, stop = text.index("<Mission_Area>"), text.index("</Mission_Area>")
    tags = set(re.findall(r"<(\w+)", text)) - {"Product_Observational"}
    other = {}
    for tag in tags:
        new = "".join(random.choice((c.lower(), c.upper())) for c in tag)
        if text.find(f"<{tag}", start, stop) >= 0 and tag != "Mission_Area":
            for pair in SPELLINGS:
                if random.random() < 0.5:
                    new = re.sub("|".join(pair), random.choice(pair), new, flags=re.IGNORECASE)
            if random.random() < 0.3:
                new = new.replace("_", "") if random.random() < 0.5 else new.replace("_", "__")
        other[tag] = new
    return re.sub(r"(</?)(\w+)(?=[ >/])", lambda m: m[1] + other.get(m[2], m[2]), text)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_no_spelling_of_the_tags_changes_what_is_read(whole, seed, tmp_path):
    label, attrs = whole
    copy = tmp_path / label.name
    copy.write_text(misspelt(label.read_text(), Random(seed)))
    data_of(copy).write_bytes(data_of(label).read_bytes())
    assert archive.read(copy).attrs == attrs


@pytest.mark.parametrize(("tag", "factor", "unit", "attr"), [
    ("focal_length", 1e-3, "m", "focal_length_mm"),
    ("focal_length", 1e3, "Micrometers", "focal_length_mm"),
    ("pixel_size", 1e-3, "mm", "pixel_size_um"),
    ("exposure_time", 1e-3, "s", "exposure_ms"),
    ("longitude", np.pi / 180.0, "rad", "lander_lon_deg"),
    ("camera_center_position_z", 100.0, "cm", "camera_position_m"),
])  # fmt: skip
def test_a_unit_that_changes_does_not_change_the_attribute(tcam, whole, tag, factor, unit, attr):
    value = float(re.search(rf"<{tag}[^>]*>([^<]*)<", tcam.read_text())[1])
    say(tcam, tag, f"{value * factor:.12g}", unit)
    assert archive.read(tcam).attrs[attr] == pytest.approx(whole[1][attr], rel=1e-9)


def test_kelvin_become_degrees_celsius(tcam):
    say(tcam, "tcam_temperature", "294.25", "K")
    assert archive.read(tcam).attrs["temperature_c"] == pytest.approx(21.1, abs=1e-9)


@pytest.mark.parametrize(("tag", "value", "unit", "attr"), [
    ("focal_length", "43.472040", "furlong", "focal_length_mm"),
    ("focal_length", "43.472040", "deg", "focal_length_mm"),
    ("focal_length", "0.000000", None, "focal_length_mm"),
    ("focal_length", "", None, "focal_length_mm"),
    ("pixel_size", "1e999", None, "pixel_size_um"),
    ("pixel_size", "NaN", None, "pixel_size_um"),
    ("exposure_time", "-6", None, "exposure_ms"),
    ("exposure_time", "1e-300", None, "exposure_ms"),
    ("exposure_time", "1e300", None, "exposure_ms"),
    ("focal_length", "1e-30", None, "focal_length_mm"),
    ("camera_center_position_x", "1e30", None, "camera_position_m"),
    ("exposure_time", "six", None, "exposure_ms"),
    ("latitude", "-145.4446", None, "lander_lat_deg"),
    ("tcam_temperature", "-999.0", None, "temperature_c"),
    ("lander_solar_incidence_angel", "1e6", None, "sun_incidence_deg"),
    ("camera_rotation_angle_pitch", "", None, "camera_rotation_deg"),
    ("camera_center_position_z", "None", None, "camera_position_m"),
    ("reference_frame_id", "N/A", None, "reference_frame"),
])  # fmt: skip
def test_what_makes_no_sense_or_is_not_given_is_left_out_and_the_rest_read(tcam, whole, tag, value, unit, attr):
    say(tcam, tag, value, unit)
    back = archive.read(tcam).attrs
    assert attr not in back
    assert {k: v for k, v in back.items() if k != "provenance"} == {
        k: v for k, v in whole[1].items() if k not in (attr, "provenance")
    }
    said_nothing = value in ("", "None", "N/A", "NaN") and not attr.endswith(("rotation_deg", "position_m"))
    assert json.loads(back["provenance"])["left_out"] == ([] if said_nothing else [attr])


def test_a_direction_that_is_no_unit_vector_is_left_out(tcam):
    text = tcam.read_text()
    block = re.search(r"<center_point_observe_vector>.*?</center_point_observe_vector>", text, re.DOTALL)[0]
    tcam.write_text(text.replace(block, re.sub(r"<x>[^<]*<", "<x>0.9<", block)))
    back = archive.read(tcam).attrs
    assert "center_vector" not in back
    assert len(back["up_left_vector"]) == 3


def test_frames_of_vectors_and_of_the_orientation_are_kept_apart_as_the_label_says(tcam):
    assert archive.read(tcam).attrs["vector_frame"] == "LANDER_COORDINATE_SYSTEM"
    spoil(tcam, ("<reference_frame>LANDER_COORDINATE_SYSTEM", "<reference_frame>LANDING_SITE_COORDINATE_SYSTEM"))
    back = archive.read(tcam)
    assert back.attrs["vector_frame"] == "LANDING_SITE_COORDINATE_SYSTEM"
    assert back.attrs["reference_frame"] == "LANDER_COORDINATE_SYSTEM"


def test_principal_point_in_pixels_is_the_same_camera(tcam):
    model = pinhole(archive.read(tcam))
    i0, j0 = model.principal_pixel
    for tag, value in (("x0", i0), ("y0", j0)):
        say(tcam, tag, f"{value:.9f}", "pixels")
    back = archive.read(tcam)
    assert back.attrs["principal_point_unit"] == "pixel"
    assert pinhole(back).rays(1, 1) == pytest.approx(model.rays(1, 1), abs=1e-9)


def test_principal_point_half_in_pixels_is_none(tcam):
    say(tcam, "x0", "36.0", "pixel")
    back = archive.read(tcam)
    assert not {"x0", "y0", "principal_point_unit"} & set(back.attrs)
    with pytest.raises(BadInput, match=r"principle_point_coordinate.*expected a principal point in mm or pixel"):
        camera_model(back)


def test_principal_point_without_unit_is_millimetres_unless_that_is_off_the_detector(tcam):
    model = pinhole(archive.read(tcam))
    for tag in ("x0", "y0"):
        say(tcam, tag, re.search(rf"<{tag}[^>]*>([^<]*)<", tcam.read_text())[1], "")
    assert pinhole(archive.read(tcam)) == model
    say(tcam, "x0", "478.629870", "")
    with pytest.raises(BadInput, match="expected its unit: in mm it is off the detector"):
        pinhole(archive.read(tcam))


def test_a_camera_is_not_guessed_where_its_label_gives_half_of_one(tcam):
    say(tcam, "pixel_size", "")
    with pytest.raises(BadInput, match="pixel_size: None; expected"):
        camera_model(archive.read(tcam))


def test_a_label_without_a_camera_has_the_published_one_of_chang_e_4_and_none_of_other_missions(tcam):
    say(tcam, "focal_length", "")
    assert camera_model(archive.read(tcam)) == load("tcam").camera(32)
    other = moved(tcam, data_of(tcam).name.replace("CE4_", "CE3_"))
    with pytest.raises(BadInput, match="focal_length: None; expected a label with the camera's focal length"):
        camera_model(archive.read(other))


@pytest.mark.parametrize("utc", ["2019-01-11T19:57:09Z", "2019-01-11T19:57:09.123Z", "2019-01-11T19:57:09.123456Z"])
def test_times_are_kept_with_the_digits_they_have(tcam, utc):
    say(tcam, "start_date_time", utc)
    assert archive.read(tcam).attrs["start_utc"] == utc


@pytest.mark.parametrize("said", ["", "None", "2019-13-41T99:00:00Z", "yesterday"])
def test_a_time_that_is_none_is_the_one_in_the_file_name(tcam, said):
    say(tcam, "start_date_time", said)
    assert archive.read(tcam).attrs["start_utc"] == "2019-01-11T19:57:09Z"


def test_mission_area_outside_the_observation_area_says_the_same(tcam, whole):
    text = tcam.read_text()
    area = re.search(r"\t\t<Mission_Area>.*</Mission_Area>\n", text, re.DOTALL)[0]
    tcam.write_text(text.replace(area, "").replace("</Product_Observational>", f"{area}</Product_Observational>"))
    assert archive.read(tcam).attrs == whole[1]


@pytest.mark.parametrize("said", ["", "another.2C", r"D:\GRAS\CE4\{}", "/data/../{}", "x" * 300 + "_{}",
                                  "CE4_GRAS_TCAM-I-001_SCI_N_20190111195709_20190111195709_0009_A.2C"])  # fmt: skip
def test_a_wrong_file_name_in_the_label_does_not_hide_the_data_beside_it(tcam, whole, said):
    say(tcam, "file_name", said.format(data_of(tcam).name).replace("\\", r"\\"))
    assert archive.read(tcam).attrs == whole[1]


def test_a_label_under_another_name_finds_the_data_that_it_names(tcam, whole):
    back = archive.read(tcam.rename(tcam.with_name("download (1).2CL")))
    assert back.attrs["product_id"] == whole[1]["product_id"]


def test_a_label_never_leads_out_of_its_folder(tcam, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    label = say(tcam.rename(inner / tcam.name), "file_name", f"../{data_of(tcam).name}")
    with pytest.raises(DamagedFile, match="missing"):
        archive.read(label)


AXES = ("Line", "Sample", "Band")


@pytest.mark.parametrize("order", [("Band", "Line", "Sample"), ("Line", "Band", "Sample"), ("Sample", "Line", "Band")])
def test_other_orders_of_the_axes_are_refused_in_one_line(tcam, order):
    text = tcam.read_text()
    for n, name in enumerate(order):
        text = text.replace(f"<axis_name>{AXES[n]}<", f"<axis_name>?{name}<")
    tcam.write_text(text.replace("<axis_name>?", "<axis_name>"))
    with pytest.raises(DamagedFile, match=r"expected Line, Sample\[, Band\]") as refused:
        archive.read(tcam)
    assert "\n" not in str(refused.value)


def test_axes_are_in_the_order_of_their_sequence_numbers_else_of_the_document(tcam, whole):
    text = tcam.read_text()
    tcam.write_text(re.sub(r"<sequence_number>\d</sequence_number>", "<sequence_number />", text))
    assert archive.read(tcam).attrs == whole[1]
    first, second, third = re.findall(r"\t\t\t<Axis_Array>.*?</Axis_Array>\n", text, re.DOTALL)
    tcam.write_text(text.replace(first + second + third, third + first + second))
    assert archive.read(tcam).attrs == whole[1]


@pytest.mark.parametrize(("tag", "value", "why"), [
    ("elements", "many", "elements 'many', expected a whole number"),
    ("elements", "", "elements '', expected a whole number"),
    ("elements", "-54", "elements '-54', expected a whole number"),
    ("elements", "0", "expected 1 at least"),
    ("elements", "9" * 40, "expected a whole number"),
    ("elements", "99999999999", "cut short"),
    ("offset", "zero", "offset 'zero', expected a whole number"),
    ("sequence_number", "first", "expected a whole number"),
    ("axes", "2", "says axes '2' and describes 3"),
    ("axis_index_order", "First Index Fastest", "expected Last Index Fastest"),
    ("data_type", "ComplexLSB16", "expected one of UnsignedByte"),
])  # fmt: skip
def test_an_array_that_cannot_be_is_refused_in_one_line(tcam, tag, value, why):
    with pytest.raises(DamagedFile, match=why):
        archive.read(say(tcam, tag, value))


def test_a_data_type_in_another_case_is_the_same_type(tcam, whole):
    assert archive.read(say(tcam, "data_type", "UNSIGNEDBYTE")).attrs == whole[1]


def test_entities_are_neither_fetched_nor_expanded(tcam):
    text = tcam.read_text()
    prolog, rest = text.split("\n", 1)
    bomb = '<!DOCTYPE x [<!ENTITY a "0"><!ENTITY b SYSTEM "file:///etc/hostname">]>'
    tcam.write_text(f"{prolog}\n{bomb}\n" + rest.replace("<description />", "<description>&b;&a;</description>", 1))
    assert archive.read(tcam).attrs["index"] == 143


@pytest.mark.parametrize("octets", [b"", b"\0" * 4096, b"<html><body>404 Not Found</body></html>", b"<a><b></a>",
                                    b'<?xml version="1.0" encoding="klingon"?><a/>'])  # fmt: skip
def test_what_is_no_label_is_damaged(tcam, octets):
    tcam.write_bytes(octets)
    with pytest.raises(DamagedFile):
        archive.read(tcam)


def test_a_folder_called_like_a_label_is_damaged(tmp_path):
    folder = tmp_path / "CE4_GRAS_TCAM-I-143_SCI_N_20190111195709_20190111195709_0009_A.2CL"
    folder.mkdir()
    with pytest.raises(DamagedFile, match="cannot be read"):
        archive.read(folder)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 6000), length=st.integers(0, 40), put=st.binary(max_size=12), cut=st.booleans())
def test_whatever_happens_to_a_label_there_is_a_frame_or_one_line(whole, tmp_path, at, length, put, cut):
    label, _ = whole
    octets = label.read_bytes()
    copy = tmp_path / label.name
    copy.write_bytes(octets[:at] + put + (b"" if cut else octets[at + length :]))
    data_of(copy).write_bytes(data_of(label).read_bytes())
    try:
        frame = archive.read(copy)
    except FarsideError as error:
        assert str(error)
    else:
        assert frame["dn"].size
    catalog = archive.catalog([tmp_path])
    assert sum(len(s.frames) for s in catalog.sequences) == 1


SIZES = {
    "CE5-L_GRAS_PCAMR-I-008_SCI_N_20201203054903_20201203054903_0004_A.2B": ((1728, 2352), "UnsignedLSB2"),
    "CE6-L_GRAS_PCAML-I-120_SCI_N_20240603134954_20240603134954_0004_A.2B": ((1728, 2352), "UnsignedLSB2"),
    "CE4_GRAS_PCAML-Q-055_SCI_N_20251224062658_20251224062658_0362_B.2B": ((864, 1176), "UnsignedLSB2"),
    "CE5-L_GRAS_LCAM-1-0100_SCI_N_20201201150000_20201201150000_0001_A.2A": ((1728, 2352), "UnsignedByte"),
}
"""Names and arrays of real products; the last one's index and time are made up, its array is as published."""


@pytest.mark.parametrize("name", SIZES)
def test_frames_of_other_missions_have_their_own_sizes(tmp_path, name):
    shape, kind = SIZES[name]
    label = moved(product(tmp_path, "lcam" if "LCAM" in name else "pcaml"), name)
    text = re.sub(r"<data_type>\w+<", f"<data_type>{kind}<", label.read_text())
    for axis, n in zip(AXES, shape, strict=False):
        text = re.sub(rf"(<axis_name>{axis}</axis_name>\s*<elements>)\d+", rf"\g<1>{n}", text)
    label.write_text(re.sub(r"(<pixel_size[^>]*>)[^<]*", r"\1", text))
    octets = int(np.prod(shape)) * (2 if kind == "UnsignedLSB2" else 1)
    with data_of(label).open("wb") as file:
        file.truncate(octets)
    back = archive.read(label)
    assert back["dn"].shape == shape
    assert back["dn"].dtype == {"UnsignedLSB2": "<u2", "UnsignedByte": "u1"}[kind]
    assert (back.attrs["mission"], back.attrs["binning"]) == (name.split("_")[0], 2 if "-Q-" in name else 1)
    assert back.attrs.get("bayer") == ("" if "-Q-" in name else "RGGB" if "PCAM" in name else None)
    data_of(label).write_bytes(b"\0" * (octets - 1))
    with pytest.raises(DamagedFile, match=f"cut short: {octets - 1} bytes of {octets}"):
        archive.read(label)


def test_lcam_with_the_file_size_of_a_real_label_is_what_another_reader_sees(tmp_path):
    label = say(product(tmp_path, "lcam", binning=8), "file_size", "1323302912")
    ours = archive.read(label)
    (theirs,) = pds4_tools.read(str(label), quiet=True)
    assert np.array_equal(np.asarray(theirs.data), ours["dn"])
    assert ours.attrs["principal_point_unit"] == "pixel"
    i0, j0 = pinhole(ours).principal_pixel
    assert (i0, j0) == pytest.approx((ours.attrs["x0"], ours.attrs["y0"]), abs=1e-9)


@pytest.mark.parametrize(("tag", "value", "why"), [
    ("farside:exposure_ms", "six", r"\.xml: exposure_ms: 'six' is no float"),
    ("farside:instrument", "", "of instrument '', expected one of lcam, tcam"),
    ("farside:instrument", "brownie", "of instrument 'brownie', expected one of"),
    ("file_name", "", "names no data file"),
    ("file_name", "x" * 300, "names no data file"),
    ("file_name", "..", "names no data file"),
    ("elements", "-24", "elements '-24', expected a whole number"),
])  # fmt: skip
def test_damage_to_labels_of_level_1_is_told_with_the_file(raw_frame, tmp_path, tag, value, why):
    label = say(archive.write(raw_frame("tcam"), tmp_path), tag, value)
    with pytest.raises(DamagedFile, match=why):
        archive.read(label)
    (sequence,) = archive.catalog([tmp_path]).sequences
    assert len(sequence.damaged) == 1


@pytest.mark.parametrize(
    ("tag", "value"), [("elements", "-1"), ("elements", "9" * 20), ("offset", "x"), ("data_type", "")]
)
def test_arrays_of_other_instruments_that_cannot_be_are_refused(tmp_path, tag, value):
    label = tmp_path / "x.xml"
    axis = "<Axis_Array><elements>4</elements><sequence_number>1</sequence_number></Axis_Array>"
    kind = "<Element_Array><data_type>UnsignedByte</data_type></Element_Array>"
    array = f"<Array><name>dn</name><offset>0</offset>{kind}{axis}</Array>"
    label.write_text(f"<a><File_Area_Observational>{array}</File_Area_Observational></a>")
    (tmp_path / "x.img").write_bytes(bytes(range(4)))
    assert read_plain_arrays(from_xml(label), tmp_path / "x.img")["dn"].tolist() == [0, 1, 2, 3]
    with pytest.raises(DamagedFile):
        read_plain_arrays(from_xml(say(label, tag, value)), tmp_path / "x.img")
