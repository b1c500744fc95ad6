"""The ground's own heat as the spectrometer sees it."""

from dataclasses import replace

import measurement as m
import numpy as np
import pytest

from farside.geometry import Pose
from farside.instruments.vnis import load_vnis
from farside.moon import GroundTemperature
from farside.payload.vnis import load_target, truth
from farside.payload.vnis.light import Scene, glow, level_temperature, radiance_factor, scene
from farside.physics import brightness_temperature

NM = np.array([2000.0, 2200.0, 2390.0])
AFTERNOON = "2019-10-02T06:00:00Z"  # lunar day 10, 14:34 local time


def facing(azimuth_deg, utc=AFTERNOON, **kwargs):
    """A view of level ground by a rover that heads for an azimuth, lines 32."""
    turn = np.radians(azimuth_deg)
    ahead, right = np.array([np.sin(turn), np.cos(turn), 0.0]), np.array([np.cos(turn), -np.sin(turn), 0.0])
    pose = Pose.of(np.array([3.0, 10.0, 0.0]), np.column_stack([ahead, -right, [0.0, 0.0, 1.0]]))
    return m.view(lines=32, utc=utc, pose=pose, **kwargs)


def field(view, name="soil"):
    """The target and the pixels of its SWIR field."""
    target = load_target(name)
    pixels = scene(target, view)
    mask = load_vnis().spot_mask(view.lines).ravel()
    return target, Scene(*(getattr(pixels, a)[mask] for a in ("mu0", "mu", "cos_g", "cover")))


def brightness(view, name="soil"):
    target, spot = field(view, name)
    return brightness_temperature(NM, glow(target, spot, view, NM))


def test_the_field_is_as_hot_as_published_at_half_past_two():
    """Lin H. et al. 2021: 346 +- 8 K; the mean over all directions in which the rover may look."""
    below = float(GroundTemperature(m.SITE).from_below(facing(0.0).t))
    around = [brightness(facing(azimuth, below_w_m2=below)).mean() for azimuth in range(0, 360, 45)]
    assert np.mean(around) == pytest.approx(346.0, abs=8.0)


def test_the_field_is_hottest_with_the_sun_behind_the_rover():
    sun = np.degrees(np.arctan2(*facing(0.0).sun[:2]))
    behind, beside, ahead = (brightness(facing(sun + turn))[2] for turn in (180.0, 90.0, 0.0))
    assert behind > beside + 5.0 > ahead + 10.0


def test_level_ground_is_in_balance_and_colder_than_what_is_seen_of_it():
    view = facing(0.0)
    level = level_temperature(load_target("soil"), view)
    taken = 1361.0 / view.sun_distance_au**2 * view.sun[2]
    assert 0.80 * taken < 0.95 * 5.670374e-8 * level**4 < 0.92 * taken
    assert level < brightness(view)[2]
    assert truth(load_target("soil"), view).attrs["temperature_k"] == pytest.approx(level)


def test_heat_from_below_is_sent_out_too():
    view = facing(0.0)
    target = load_target("soil")
    warmer = level_temperature(target, replace(view, below_w_m2=20.0))
    assert warmer**4 - level_temperature(target, view) ** 4 == pytest.approx(20.0 / (0.95 * 5.670374419e-8), rel=1e-9)


def test_a_bright_stone_is_not_hotter_than_the_soil_around_it():
    soil, rock = brightness(facing(0.0)), brightness(facing(0.0), "rock")
    assert (rock < soil + 0.5).all()
    assert (rock > 300.0).all()


def test_heat_is_part_of_the_radiance():
    warm = facing(0.0)
    cold = replace(warm, below_w_m2=-150.0)
    target, spot = field(warm)
    added = glow(target, spot, warm, NM) - glow(target, spot, cold, NM)
    seen = [truth(target, view)["swir"].sel(swir_nm=NM).to_numpy() for view in (warm, cold)]
    reflectance = radiance_factor(target, spot, NM).mean(axis=0) / spot.mu0.mean()
    np.testing.assert_allclose(seen[0] - seen[1], (1.0 - reflectance) * added, rtol=1e-6)
    assert 0.003 < added[2] / seen[0][2] < 0.03
