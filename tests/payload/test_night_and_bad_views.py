"""Frames of the night, of a Sun just under the horizon, and views that no camera can have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from small_ground import looking, nadir, sun_at

from farside.errors import BadInput
from farside.geometry import Pose
from farside.instruments import load, pack, unpack
from farside.payload import Body, Scene, light_planes, observe, radiance, truth_planes
from farside.payload.mesh import box, merge
from farside.payload.vehicles import Material
from farside.physics import COLUMN_X, light_above, limb_darkening, solar_angular_radius

EDGE_M = 512.0
"""Half width of the plain."""
AHEAD = Pose.of(np.array([0.0, 6.0, 0.0]), np.eye(3))
NIGHT = sun_at(70.0, -20.0)


def spread(view, alike):
    """Share of the pixels with each count, 0 to full scale, where only dark signal and reading make electrons.

    alike: whether the pixels' dark signals are taken to be.
    """
    d, seconds = view.numbers().detector, view.numbers().exposure.max_ms * 1e-3
    dark = d.dark(view.temperature_c) * seconds
    noise = np.sqrt(d.read_noise_e**2 + dark + (0.0 if alike else d.dsnu * dark) ** 2) / view.binning
    steps = np.arange(d.full_scale) + 0.5 - d.bias_dn
    return np.diff(norm.cdf(steps * d.gain_e_per_dn, dark, noise), prepend=0.0, append=1.0)


@pytest.mark.parametrize(
    "view",
    [
        looking(sun=NIGHT, rover=AHEAD, binning=2, mast_deg=(0.0, -15.0)),
        replace(nadir(2.5, sun=NIGHT), binning=1),
        replace(nadir(900.0, sun=NIGHT), binning=1),
    ],
    ids=["tcam", "lcam near the ground", "lcam high up"],
)
def test_at_night_a_frame_is_bias_dark_signal_and_noise(landed, view):
    one, other = (observe(landed, replace(view, index=index)) for index in (2, 3))
    assert one.attrs["exposure_ms"] == view.numbers().exposure.max_ms
    a, b = one["dn"].to_numpy().astype(int), other["dn"].to_numpy().astype(int)
    expected, still = spread(view, alike=False), spread(view, alike=True)
    shares = np.bincount(a.ravel(), minlength=expected.size) / a.size
    assert np.abs(np.cumsum(shares - expected)).max() < 2e-3  # some pixels are hot
    counts = np.arange(still.size)
    assert np.median(a) == pytest.approx(counts @ still, abs=0.6)
    # what differs from pixel to pixel is the same in both frames
    assert (a - b).var() / 2 == pytest.approx(counts**2 @ still - (counts @ still) ** 2, rel=0.03)


def test_noise_of_the_night_is_another_in_the_next_frame_and_the_same_again(landed):
    view = looking(sun=NIGHT)
    one, again, other = (observe(landed, v)["dn"].to_numpy() for v in (view, view, replace(view, index=view.index + 1)))
    assert np.array_equal(one, again)
    assert 0.01 < (one != other).mean() < 0.5


def test_a_night_frame_travels_like_any_other(landed):
    frame = observe(landed, looking(sun=NIGHT))
    sent = unpack(pack(frame))
    assert sent.attrs["exposure_mode"] == "AUTOMATIC"
    assert np.abs(sent["dn"].astype(float) - frame["dn"]).mean() < 1.0


@pytest.mark.parametrize("low_deg", [0.2, 0.35])
def test_a_sun_just_under_the_horizon_lights_only_what_stands_high(plain, low_deg):
    """A wall looks over the edge of the plain at as much of the disc as rises above it; level ground sees nothing."""
    wall = merge([("wall", *box((40.0, 1.0, 12.0), (0.0, 20.5, 5.0)))])
    scene = Scene.of(plain, {"wall": Body(wall, {"wall": Material((0.5,) * 3, 0.0, (0.0,) * 3, 1.0)})})
    view = looking(sun=sun_at(180.0, -low_deg), mast_deg=(0.0, 0.0), binning=8)
    truth, light = truth_planes(scene, view), light_planes(scene, view)
    body, share = truth["body"].to_numpy(), light["sun"].to_numpy()
    on_wall = (body == 2) & (truth["normal"].to_numpy()[..., 1] < -0.999)
    assert (body == 1).sum() > 500
    assert not share[body == 1].any()
    height = truth["xyz_m"].to_numpy()[on_wall][:, 2]
    dip = np.arctan2(height, EDGE_M + 20.0)
    above = (np.radians(low_deg) - dip) / solar_angular_radius(view.sun_distance_au)  # of the edge, solar radii
    law = limb_darkening(load("tcam").bands[0].centre_nm)
    expected, _ = light_above(np.repeat(above[:, None], len(COLUMN_X), axis=1), law)
    assert (expected > 0.98).any() == (low_deg < 0.3)
    assert np.abs(share[on_wall] - expected).max() < 0.01
    assert not share[on_wall][above > 1.01].any()
    alone = light_planes(scene, view, bounce=False)["radiance"].to_numpy()
    assert not alone[:, body == 1].any()
    assert alone[:, on_wall][:, expected > 0.1].min() > 0.0


@pytest.mark.parametrize(
    ("view", "deep_m"),
    [
        (looking(lander=Pose.of(np.array([0.0, 0.0, -2.5]), np.eye(3))), 0.33),
        (nadir(-0.25), 0.25),
        (looking(instrument="hazcaml", mast_deg=None, rover=Pose.of(np.array([3.0, 0.0, -1.0]), np.eye(3))), None),
    ],
    ids=["tcam", "lcam", "hazcaml"],
)
def test_a_camera_below_the_ground_is_named_with_time_and_depth(plain, view, deep_m):
    scene = Scene.of(plain, {})
    if deep_m is None:
        deep_m = -view.camera().p[2]
    for look in (observe, radiance, truth_planes, light_planes):
        with pytest.raises(BadInput) as refused:
            look(scene, view)
        said = str(refused.value)
        assert view.instrument in said
        assert view.start_utc in said
        assert f"{deep_m:.2f} m below the ground" in said


def test_a_camera_beyond_the_ground_that_is_known_sees_what_there_is(plain):
    away = Pose.of(np.array([0.0, -600.0, 5.0]), np.eye(3))
    view = looking(lander=away, mast_deg=(0.0, 0.0))
    assert (truth_planes(Scene.of(plain, {}), view)["body"] == 1).any()
