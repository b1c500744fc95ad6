"""The lander's flag in frames of the rover that stands before it: found by housekeeping, checked by its paint."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from farside import archive
from farside.errors import BadInput
from farside.geometry import Pose as Placed
from farside.geometry import Site
from farside.instruments import point_at, targets
from farside.payload import observe
from farside.products import Bench, calibrate
from farside.products.flag import Pose, flag_findings, flag_in
from farside.work import Pool

LANDER = Site(-45.4446, 177.5991)
SITE = Pose(np.eye(3), np.zeros(3))
FLAG = targets().flags["lander"]


@pytest.fixture(scope="module")
def before(scene, look):
    """A level-2 frame of the lander's front, and where the rover stands: ten metres to its north, looking south."""
    place = np.array([2.0, 10.0, 0.0])
    turned = np.diag([-1.0, -1.0, 1.0])
    mast = point_at("pcaml", (np.array(FLAG.at_m) - place) @ turned)
    view = replace(look("pcaml", binning=3), rover=Placed.of(place, turned), mast_deg=mast)
    elevation, azimuth = np.radians([25.0, 30.0])  # before it, and to the right of who looks at it
    sun = np.array([np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])
    view = replace(view, sun=tuple(float(x) for x in sun))
    frame = calibrate(observe(scene, view), LANDER).assign_attrs(sun_incidence_deg=65.0, sun_azimuth_deg=30.0)
    return frame, Pose(turned, place)


def test_its_red_is_that_of_the_paint_within_what_foil_and_ground_shine_on_it(before):
    frame, rover = before
    red = flag_in(frame, "lander", SITE, rover)
    assert 0.5 < red.share < 1.1
    assert red.pixels > 200
    assert red.ciede2000 < 4.0


@pytest.mark.parametrize("gains", [(1.0, 1.6, 1.0), (1.0, 1.0, 1.5)])
def test_a_camera_with_wrong_colours_is_seen_in_it(before, gains):
    frame, rover = before
    wrong = frame.assign_attrs(acali=(np.array(frame.attrs["acali"]) * gains).tolist())
    right = flag_in(frame, "lander", SITE, rover).ciede2000
    assert flag_in(wrong, "lander", SITE, rover).ciede2000 > right + 1.0


def test_dead_reckoning_that_is_a_little_off_does_not_hide_it(before):
    frame, rover = before
    off = Pose(rover.r, rover.p + np.array([0.2, 0.1, 0.0]))
    assert flag_in(frame, "lander", SITE, off).pixels == flag_in(frame, "lander", SITE, rover).pixels


@pytest.mark.parametrize(
    ("attrs", "why"),
    [
        ({"sun_azimuth_deg": 180.0}, "a flag in the Sun"),
        ({"sun_azimuth_deg": None}, "where the Sun is"),
    ],
)
def test_a_flag_that_the_sun_does_not_light_is_not_checked(before, attrs, why):
    frame, rover = before
    if attrs["sun_azimuth_deg"] is None:
        frame = frame.copy()
        del frame.attrs["sun_azimuth_deg"]
    else:
        frame = frame.assign_attrs(attrs)
    with pytest.raises(BadInput, match=why):
        flag_in(frame, "lander", SITE, rover)


def test_red_that_is_not_where_the_flag_should_be_is_none(before):
    frame, rover = before
    with pytest.raises(BadInput, match="red"):
        flag_in(frame, "lander", Pose(np.eye(3), np.array([1.0, 0.0, 0.0])), rover)


def test_whoever_stands_behind_the_lander_does_not_look_for_it(before):
    frame, _ = before
    assert flag_in(frame, "lander", SITE, Pose(np.eye(3), np.array([0.0, -10.0, 0.0]))) is None


@pytest.mark.parametrize(("azimuth", "value"), [(30.0, "CIEDE2000"), (180.0, "not checked")])
def test_what_is_found_is_told_and_what_is_not_too(before, tmp_path, azimuth, value):
    frame, rover = before
    path = archive.write(frame.assign_attrs(sun_azimuth_deg=azimuth), tmp_path)
    tables = {
        table: {
            "t": np.zeros(1),
            "position_m": pose.p[None],
            "quaternion": Rotation.from_matrix(pose.r).as_quat(scalar_first=True)[None],
        }
        for pose, table in ((SITE, "gnc"), (rover, "rover"))
    }
    bench = Bench(tmp_path, tmp_path, tmp_path, LANDER, Pool(1), tables.get)
    (told,) = flag_findings([path], "lander", bench)
    assert told.name == "Red of the lander's flag"
    assert value in told.value
    assert flag_findings([path], "lander", replace(bench, telemetry=lambda table: None)) == []
