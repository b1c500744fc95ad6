"""A camera's optics and modes as its YAML has them, and what is no camera."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import yaml

from farside.errors import BadInput
from farside.geometry import BrownConrady, LensCamera, Pinhole
from farside.instruments import CAMERAS, camera_model, camera_pose, load, observation, pinhole
from farside.instruments.instrument import checked

TCAM = Path(str(files("farside.instruments") / "tcam" / "tcam.yaml"))


def tcam(**optics):
    numbers = yaml.safe_load(TCAM.read_text())
    numbers["optics"] |= optics
    return checked(TCAM, numbers)


@pytest.mark.parametrize("name", CAMERAS)
def test_a_camera_says_in_one_way_where_it_is(name):
    camera = load(name)
    assert sum(part is not None for part in (camera.mast, camera.head, camera.fixed)) == 1


@pytest.mark.parametrize(("field", "value", "line"), [
    ("detector.pixel_um", -7.4, "detector.pixel_um: -7.4; expected greater than 0"),
    ("detector.width", 0, "detector.width: 0; expected greater than or equal to 1"),
    ("detector.gain_e_per_dn", 0, "detector.gain_e_per_dn: 0; expected greater than 0"),
    ("detector.dark_doubling_k", 0, "detector.dark_doubling_k: 0; expected greater than 0"),
    ("detector.bayer", "RGBW", "'tcam'; expected a band for every letter of detector.bayer, got none for W"),
    ("detector.bias_dn", 600, "'tcam'; expected a detector.bias_dn below the reference brightness, got 600"),
    ("exposure.step_ms", 0, "exposure.step_ms: 0; expected greater than 0"),
    ("exposure.min_ms", 300, "'tcam'; expected exposure.min_ms up to exposure.max_ms, got 300 and 200"),
    ("fixed", {"centre_m": [0, 0, 1], "yaw_deg": 0, "pitch_deg": 0}, "'tcam'; expected one of mast, head and fixed"),
    ("compression_ratio", 0, "compression_ratio: 0; expected greater than or equal to 1"),
])  # fmt: skip
def test_numbers_of_no_camera_are_refused_by_name(field, value, line):
    numbers = yaml.safe_load(TCAM.read_text())
    part, _, key = field.rpartition(".")
    (numbers[part] if part else numbers)[key] = value
    with pytest.raises(BadInput) as caught:
        checked(TCAM, numbers)
    assert str(caught.value).startswith(f"{TCAM}: {line}")


@pytest.mark.parametrize("name", CAMERAS)
def test_a_full_well_is_full_scale(name):
    """Else what saturates could not be told from what does not: saturated samples are those at full scale."""
    d = load(name).detector
    assert d.bias_dn + d.full_well_e / d.gain_e_per_dn == pytest.approx(d.full_scale, abs=1.5)


def test_without_a_lens_that_bends_a_camera_is_a_pinhole():
    bending = {name for name in CAMERAS if not isinstance(load(name).camera(), Pinhole)}
    assert bending == {"hazcaml", "hazcamr"}


def test_coefficients_in_the_yaml_bend_the_camera():
    bent = tcam(lens={"model": "brown", "k1": -0.2, "p2": 1e-3}).camera(2)
    assert isinstance(bent, LensCamera)
    assert bent.lens == BrownConrady(k1=-0.2, p2=1e-3)
    straight = tcam().camera(2)
    assert (bent.width, bent.height, bent.principal_pixel) == (1176, 864, straight.principal_pixel)
    i, j = bent.project(straight.rays(1.0, 1.0))  # barrel: the corner moves in
    assert 1.0 < i < 20.0 and 1.0 < j < 20.0


@pytest.mark.parametrize(("optics", "line"), [
    ({"focal_mm": 0}, "optics.focal_mm: 0; expected greater than 0"),
    ({"focal_mm": -43.5}, "optics.focal_mm: -43.5; expected greater than 0"),
    ({"focal_mm": "long"}, "optics.focal_mm: 'long'; expected a valid number"),
    ({"focal_mm": float("nan")}, "optics.focal_mm: nan; expected a finite number"),
    ({"f_number": 0}, "optics.f_number: 0; expected greater than 0"),
    ({"transmission": 1.2}, "optics.transmission: 1.2; expected less than or equal to 1"),
    ({"zoom": 3}, "optics.zoom: 3; expected no such field: it is not one of a camera file"),
    ({"lens": {"model": "brown", "k1": "big"}}, "optics.lens.brown.k1: 'big'; expected a valid number"),
    ({"lens": {"model": "bottle"}}, "optics.lens: {'model': 'bottle'}"),
])  # fmt: skip
def test_a_number_that_no_camera_can_have_is_named_with_its_file(optics, line):
    with pytest.raises(BadInput) as caught:
        tcam(**optics)
    assert str(caught.value).startswith(f"{TCAM}: {line}")


def test_hazard_cameras_see_120_degrees_ahead_and_down():
    camera = load("hazcaml").camera()
    edge = camera.rays(np.array([0.5, 1024.5]), np.array([512.0, 512.0]))
    assert np.degrees(np.arccos(edge[0] @ edge[1])) == pytest.approx(120.0, abs=0.6)
    (rotation, left), (_, right) = camera_pose("hazcaml"), camera_pose("hazcamr")
    assert right - left == pytest.approx([0.10, 0.0, 0.0])
    assert left[2] < 0.5 and left[1] > 0.5  # low, at the front
    look = -rotation[:, 2]
    assert look[1] > 0.0 > look[2]


def test_navigation_cameras_have_the_published_field_and_baseline():
    camera = load("navcaml").camera()
    assert 1.0 / camera.pixel_rad == pytest.approx(1189.0, abs=0.5)
    assert np.degrees(2 * np.arctan(512 * camera.pixel_rad)) == pytest.approx(46.5, abs=0.15)
    (_, left), (_, right) = (camera_pose(eye, (30.0, -15.0)) for eye in ("navcaml", "navcamr"))
    assert np.linalg.norm(right - left) == pytest.approx(0.27)


def test_panchromatic_samples_are_quads_of_the_same_detector():
    colour, grey = load("pcaml", "C"), load("pcaml", "Q")
    assert colour == load("pcaml")
    camera = grey.camera(grey.pixels_per_sample)
    assert (camera.height, camera.width, camera.pixel_um) == (864, 1176, 14.8)
    assert (grey.mode, grey.detector.bayer, len(grey.bands)) == ("Q", "", 1)
    assert grey.detector.model_copy(update={"bayer": "RGGB"}) == colour.detector


def test_a_panchromatic_sample_sees_what_its_quad_of_filters_sees():
    colour, grey = load("pcaml"), load("pcaml", "Q")
    red, green, blue = (b.efficiency * b.width_nm * b.centre_nm for b in colour.bands)
    (pan,) = grey.bands
    signal = pan.efficiency * pan.width_nm * pan.centre_nm
    assert signal == pytest.approx((red + 2 * green + blue) / 4, rel=1e-3)
    centre = sum(b.centre_nm * n * b.efficiency * b.width_nm * b.centre_nm
                 for b, n in zip(colour.bands, (1, 2, 1), strict=True)) / (red + 2 * green + blue)  # fmt: skip
    assert pan.centre_nm == pytest.approx(centre, abs=0.1)
    assert signal * np.array(grey.acali) == pytest.approx([red * colour.acali[0]] * 3, rel=1e-3)


def test_a_mode_without_numbers_of_its_own_has_the_cameras():
    assert load("lcam", "2") == load("lcam")


def frame(**attrs):
    return observation(np.zeros((864, 1176), np.uint16), **attrs)


def test_a_label_is_read_behind_the_lens_of_its_camera():
    label = {"focal_length_mm": 7.3, "pixel_size_um": 14.886, "x0": 0.0, "y0": 0.0}
    assert camera_model(frame(instrument="hazcaml", **label)) == LensCamera(
        Pinhole(1176, 864, 7.3, 14.886), load("hazcaml").camera().lens
    )
    assert camera_model(frame(instrument="natecama", **label)) == Pinhole(1176, 864, 7.3, 14.886)


def test_work_that_needs_straight_lines_refuses_a_fisheye():
    with pytest.raises(BadInput, match="keeps straight lines straight"):
        pinhole(frame(instrument="hazcaml", product_id="x", binning=1))


@pytest.mark.parametrize(
    ("field", "value"), [("focal_length_mm", 0.0), ("focal_length_mm", -1.0), ("pixel_size_um", 0)]
)
def test_a_label_with_a_length_that_is_none_is_refused(field, value):
    label = {"focal_length_mm": 50.0, "pixel_size_um": 7.4, "x0": 0.0, "y0": 0.0, "product_id": "PCAML-9"}
    with pytest.raises(BadInput, match=r"PCAML-9: (focal_length|pixel_size): .*expected a length above 0"):
        pinhole(frame(instrument="pcaml", **label | {field: value}))
