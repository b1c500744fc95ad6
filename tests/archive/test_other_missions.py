"""Files of Chang'e 3 and Tianwen 1, by what is quoted of real ones."""

import json

import numpy as np
import pdr
import pytest
from downloads import attached

from farside import archive
from farside.errors import BadInput, DamagedFile
from farside.instruments import Element, camera_model, pinhole
from farside.instruments.label import read_attrs

REAL_LENGTH = {"2B": 8_137_920, "2C": 12_199_824}


@pytest.mark.parametrize("level", REAL_LENGTH)
def test_attached_label_of_chang_e_3_has_the_image_that_another_reader_sees(tmp_path, level):
    path, dn = attached(tmp_path, level)
    assert path.stat().st_size == REAL_LENGTH[level]
    frame = archive.read(path)
    assert np.array_equal(frame["dn"], dn)
    theirs = np.asarray(pdr.read(str(path))["IMAGE"])
    assert np.array_equal(theirs if theirs.ndim == 2 else np.moveaxis(theirs, 0, -1), dn)
    a = frame.attrs
    assert (a["mission"], a["instrument"], a["mode"], a["index"], a["level"]) == ("CE3", "pcaml", "C", 56, level)
    assert (a["start_utc"], a["exposure_ms"]) == ("2014-01-13T20:00:02.000", 20.0)
    assert a["bayer"] == ("RGGB" if level == "2B" else "")


def test_a_frame_of_chang_e_3_has_no_camera_model_for_its_label_gives_none(tmp_path):
    path, _ = attached(tmp_path, lines=54, samples=73)
    with pytest.raises(BadInput, match="focal_length"):
        camera_model(archive.read(path))


def test_headers_quoted_of_real_frames_of_chang_e_3_are_understood(tmp_path, data):
    quoted = json.loads((data / "pds4-labels" / "partial_labels.json").read_text(encoding="utf-8"))
    for key, said in quoted.items():
        if not key.startswith("CE3"):
            continue
        name, _, level = key.split(" ")[0].rpartition(".")
        keywords = {k: v for k, v in said.items() if k.isupper()} | {"IMAGE": said["IMAGE_pointer"]}
        path, dn = attached(tmp_path, level, name, **keywords)
        assert path.stat().st_size == int(said["file_bytes"])
        assert np.array_equal(archive.read(path)["dn"], dn)


def test_an_image_may_begin_at_a_byte(tmp_path):
    path, dn = attached(tmp_path, lines=54, samples=400, IMAGE="1601 <BYTES>")
    assert np.array_equal(archive.read(path)["dn"], dn)


@pytest.mark.parametrize(("level", "changes", "why"), [
    ("2C", {"BAND_STORAGE_TYPE": "BAND_SEQUENTIAL"}, r"axes \['Band', 'Line', 'Sample'\], expected Line, Sample"),
    ("2C", {"BAND_STORAGE_TYPE": "LINE_INTERLEAVED"}, r"axes \['Line', 'Band', 'Sample'\], expected Line, Sample"),
    ("2C", {"BAND_STORAGE_TYPE": "SIDEWAYS"}, "BAND_STORAGE_TYPE 'SIDEWAYS', expected one of"),
    ("2B", {"SAMPLE_BITS": 12}, "of '12' bits, expected 8 or 16"),
    ("2B", {"SAMPLE_TYPE": None}, "samples of type ''"),
    ("2B", {"LINES": None}, "elements '', expected a whole number"),
    ("2B", {"IMAGE": '("OTHER.IMG", 3)'}, r"\^IMAGE .*expected a place in this file"),
    ("2B", {"IMAGE": None}, r"\^IMAGE .*expected a place in this file"),
    ("2B", {"RECORD_BYTES": "N/A"}, "expected a place in this file"),
    ("2B", {"LINE_PREFIX_BYTES": 12}, "expected none"),
    ("2B", {"LINES": 1729}, "cut short: [0-9]+ bytes of [0-9]+"),
])  # fmt: skip
def test_attached_labels_that_cannot_be_are_refused_in_one_line(tmp_path, level, changes, why):
    path, _ = attached(tmp_path, level, lines=400 if level == "2C" else 54, samples=400, **changes)
    with pytest.raises(DamagedFile, match=why) as refused:
        archive.read(path)
    assert "\n" not in str(refused.value)


def test_an_attached_label_cut_short_is_damaged(tmp_path):
    path, _ = attached(tmp_path, lines=54, samples=400)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DamagedFile, match="no END: cut short"):
        archive.read(path)


def test_frames_with_attached_labels_are_found_among_others(tmp_path):
    path, _ = attached(tmp_path, lines=54, samples=400)
    attached(tmp_path, lines=54, samples=400, name=path.stem.replace("056", "057"))
    assert [p.name for p in archive.labels(tmp_path)] == [path.name, path.name.replace("056", "057")]
    assert [f.attrs["index"] for f in archive.read_all(tmp_path)] == [56, 57]


def elements(said):
    """A nested dictionary as label elements; (text, unit) is a leaf."""
    return tuple(
        Element(tag, elements(value)) if isinstance(value, dict) else Element(tag, *value)
        for tag, value in said.items()
    )


@pytest.fixture
def natecam(tmp_path, data):
    """A real frame of Tianwen 1's navigation and terrain camera, as far as its label is quoted, all black."""
    from farside.archive.xml import to_xml

    labels = json.loads((data / "pds4-labels" / "partial_labels.json").read_text(encoding="utf-8"))
    (name,) = (key[:-1] for key in labels if key.startswith("HX1"))
    said = labels[f"{name}L"]
    place, point = said["Rover_Location"], said["Principal_Point_Coordinate"]
    vectors = said["Vector_Cartesian_3_Pointing"]
    label = elements({
        "Observation_Area": {"Time_Coordinates": {"start_date_time": (said["start_date_time"],)}},
        "File_Area_Observational": {"Array_3D_Image": {
            "axis_index_order": ("Last Index Fastest",),
            "Element_Array": {"data_type": (said["data_type"],)},
        }},
        "Mission_Area": {
            "product_id": (name,),
            "instrument_id": (said["instrument_id"],),
            "sequence_id": (said["sequence_id"],),
            "Instrument_Parm": {
                "pixel_size": (said["pixel_size_um"], "micrometer"),
                "focal_length": (said["focal_length_mm"], "mm"),
                "Principal_Point_Coordinate": {"x0": (point["x0_mm"], "mm"), "y0": (point["y0_mm"], "mm")},
            },
            "Rover_Location": {
                "longitude": (place["longitude_deg"], "deg"),
                "latitude": (place["latitude_deg"], "deg"),
                "altitude": (place["altitude_km"], "km"),
            },
            "Vector_Cartesian_3_Pointing": {
                tag: {axis: (x,) for axis, x in zip("xyz", xyz, strict=True)} for tag, xyz in vectors.items()
            },
        },
    })  # fmt: skip
    sizes = ((axis, said[axis]) for axis in ("Line", "Sample", "Band"))
    axes = "".join(
        f"<Axis_Array><axis_name>{axis}</axis_name><elements>{n}</elements>"
        f"<sequence_number>{k + 1}</sequence_number></Axis_Array>"
        for k, (axis, n) in enumerate(sizes)
    )
    text = to_xml("Product_Observational", 'xmlns="http://pds.nasa.gov/pds4/pds/v1"', label).decode()
    path = tmp_path / f"{name}L"
    path.write_text(text.replace("</Element_Array>", f"</Element_Array>{axes}"), encoding="utf-8")
    with (tmp_path / name).open("wb") as file:
        file.truncate(2048 * 2048 * 3)
    return path


def test_the_label_of_tianwen_1_is_read_in_its_own_spelling_and_units(natecam):
    frame = archive.read(natecam)
    a = frame.attrs
    assert frame["dn"].shape == (2048, 2048, 3)
    assert (a["mission"], a["instrument"], a["sequence_id"], a["index"]) == ("HX1-Ro", "natecama", "00325", 5)
    assert a["start_utc"] == "2022-04-12T17:18:30.300000Z"
    assert (a["rover_lon_deg"], a["rover_lat_deg"]) == (109.91244, 25.060494)
    assert a["rover_altitude_m"] == pytest.approx(-4935.192, abs=1e-9)
    assert "lander_lon_deg" not in a  # the rover's place is not the lander's
    assert "reference_frame" not in a  # what is quoted of the label names no frame: none is assumed
    assert json.loads(a["provenance"])["left_out"] == []


def test_the_camera_of_tianwen_1_looks_where_its_label_says(natecam):
    """One rotation carries our rays to all five vectors; what is left, 0.013 degrees of 0.024 a pixel, is the lens."""
    frame = archive.read(natecam)
    camera, a = pinhole(frame), frame.attrs
    w, h = camera.width, camera.height
    pixels = {
        "up_left": (1, 1),
        "down_left": (1, h),
        "up_right": (w, 1),
        "down_right": (w, h),
        "center": (w / 2, h / 2),
    }
    ours = np.array([camera.rays(*pixel) for pixel in pixels.values()])
    said = np.array([a[f"{name}_vector"] for name in pixels])
    u, _, v = np.linalg.svd(said.T @ ours)
    rotation = u @ np.diag([1.0, 1.0, np.linalg.det(u @ v)]) @ v
    off = np.degrees(np.linalg.norm(said - ours @ rotation.T, axis=1))
    assert np.sqrt(np.mean(off**2)) < 0.014
    assert off.max() < np.degrees(camera.pixel_rad)


def test_rover_places_of_other_labels_are_read_with_their_frames():
    label = Element("Product_Observational", (Element("Mission_Area", elements({
        "Rover_Location": {"reference_frame": ("MARS_COORDINATE_SYSTEM",), "Longitude": ("109.908435", "deg")},
        "Rover_Location_xyz": {
            "reference_frame": ("LANDING_SITE_COORDINATE_SYSTEM",),
            "x": ("-0.355912", "m"), "y": ("-512.5183", "cm"), "z": ("0.424993", "m"),
        },
        "Rover_Attitude": {"pitch": ("1.5", "deg"), "roll": ("-0.5", "deg"), "yaw": ("170.0", "deg")},
    })),))  # fmt: skip
    attrs = read_attrs(label)
    assert attrs["rover_location_frame"] == "MARS_COORDINATE_SYSTEM"
    assert attrs["rover_lon_deg"] == 109.908435
    assert attrs["rover_position_frame"] == "LANDING_SITE_COORDINATE_SYSTEM"
    assert attrs["rover_position_m"] == pytest.approx([-0.355912, -5.125183, 0.424993], abs=1e-12)
    assert attrs["rover_attitude_deg"] == [-0.5, 1.5, 170.0]
