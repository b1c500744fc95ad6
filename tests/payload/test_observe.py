"""Whole exposures: what the header says, calibration light, and the blur of a descent."""

from dataclasses import replace

import numpy as np
import pytest
from small_ground import bumps, looking, nadir, nested

from farside.errors import BadInput
from farside.instruments import load, pack, unpack
from farside.payload import Scene, observe
from farside.payload.camera.picture import look

STILL = (0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def scene():
    return Scene.build(nested(bumps, cells=128, levels=4))


def test_a_dark_frame_is_dark_whatever_the_scene_is(scene):
    dark = observe(scene, looking(light="dark", mast_deg=None))
    d = load("tcam").detector
    assert dark.attrs["exposure_ms"] == 200.0
    assert dark["dn"].mean() == pytest.approx(d.bias_dn + d.dark(20.0) * 0.2 / d.gain_e_per_dn, abs=1.0)
    assert (dark.attrs["light"], dark.attrs["codec"]) == ("dark", "CCSDS 121.0")
    assert not any(key.startswith("mast") for key in dark.attrs)


def test_a_flat_is_even_but_for_lens_and_filters(scene):
    flat = observe(scene, looking(light="flat", mast_deg=None, binning=8))
    green = flat["dn"].to_numpy()[::2, 1::2].astype(float) - 32
    assert green.std() / green.mean() < 0.04
    assert green[0, 0] < 0.97 * green[green.shape[0] // 2, green.shape[1] // 2]
    assert np.array_equal(unpack(pack(flat))["dn"], flat["dn"])


def test_a_chart_frame_is_a_picture_that_loses_nothing(scene):
    picture, chart = observe(scene, looking()), observe(scene, looking(light="chart"))
    assert np.array_equal(picture["dn"], chart["dn"])
    assert "light" not in picture.attrs
    assert np.array_equal(unpack(pack(chart))["dn"], chart["dn"])
    assert not np.array_equal(unpack(pack(picture))["dn"], picture["dn"])


def test_a_light_that_the_camera_has_not_got_is_named(scene):
    with pytest.raises(BadInput, match="'laser'; expected scene, dark, or another light that tcam has"):
        observe(scene, looking(light="laser"))


def test_commanded_exposures_say_so(scene):
    metered, told = observe(scene, looking()), observe(scene, looking(exposure_ms=12.3))
    assert (metered.attrs["exposure_mode"], told.attrs["exposure_mode"]) == ("AUTOMATIC", "MANUAL")
    assert told.attrs["exposure_ms"] == 12.0
    assert told.attrs["stop_utc"] == "2019-01-06T03:34:01.012Z"


@pytest.mark.parametrize(
    "view",
    [replace(nadir(4.0), binning=4, exposure_ms=5.0), looking(mast_deg=(0.0, -20.0), binning=8, exposure_ms=9.0)],
)
def test_ground_is_blurred_by_motion_and_the_own_vehicle_is_not(scene, view):
    distance = look(scene, view)[1]
    own, ground = distance == 0.0, (distance > 0.0) & np.isfinite(distance)
    moving = replace(view, motion=(40.0, 5.0, -30.0, 0.2, 0.5, 0.8))
    sharp, blurred = (observe(scene, v)["dn"].to_numpy().astype(float) for v in (view, moving))
    edges = [np.abs(dn[2:, 2:] - dn[:-2, :-2])[ground[2:, 2:] & ground[:-2, :-2]].mean() for dn in (sharp, blurred)]
    assert edges[1] < 0.85 * edges[0]
    assert own.any() == (view.instrument == "tcam")
    assert np.abs(sharp - blurred)[own].max(initial=0.0) < 8.0  # their noise: 0.8 DN in bins of 8 x 8
    assert blurred.mean() == pytest.approx(sharp.mean(), rel=0.01)


def test_a_lander_at_rest_gives_the_same_bytes_with_or_without_motion(scene):
    view = nadir(2.0)
    assert pack(observe(scene, view)) == pack(observe(scene, replace(view, motion=(*STILL, *STILL))))
