"""Sunlight from the Earth: bright on the near side, absent on the far side because the Earth is not there."""

import numpy as np
import pytest
import yaml

from farside import sky
from farside.geometry import Site, azel, utc_to_t

T = np.arange(utc_to_t("2018-06-01"), utc_to_t("2036-06-01"), 6.5 * 3600.0)
YEAR = np.arange(utc_to_t("2019-01-01"), utc_to_t("2020-01-01"), 3600.0)
NEAR = Site(0.0, 0.0)


def phase_angle(t):
    sun, moon = sky.position("sun", t, "earth"), sky.position("moon", t, "earth")
    return np.arccos(np.sum(sun * moon, -1) / np.linalg.norm(sun, axis=-1) / np.linalg.norm(moon, axis=-1))


def test_the_phase_law_has_the_published_integral():
    alpha, weight = np.polynomial.legendre.leggauss(200)
    alpha, weight = 0.5 * np.pi * (alpha + 1.0), 0.5 * np.pi * weight
    integral = 2.0 * np.sum(weight * sky.earth_phase(alpha) * np.sin(alpha))
    from importlib.resources import files

    spec = yaml.safe_load((files("farside.sky") / "earthshine.yaml").read_text(encoding="utf-8"))
    assert integral == pytest.approx(spec["phase_integral"], abs=5e-4)
    # with the geometric albedo: what the Earth sends back of all sunlight, 0.294 +- 0.002
    assert integral * spec["geometric_albedo"] == pytest.approx(0.294, abs=0.002)
    assert sky.earth_phase(0.0) == 1.0
    assert sky.earth_phase(np.pi) == pytest.approx(0.0, abs=1e-9)


def test_the_full_earth_gives_a_tenth_of_a_watt():
    """1361 W/m2 x 0.242 x (6378 km / 384,400 km)^2 = 0.0907; Glenar et al. 2019 have 0.15 with the Earth's own heat,
    in comparable parts."""
    light = sky.earthshine(NEAR, YEAR)
    full = phase_angle(YEAR) < np.radians(15.0)
    assert light[full].mean() == pytest.approx(0.0907, rel=0.12)  # distance and libration
    assert 0.10 < light.max() < 0.112
    assert light[phase_angle(YEAR) > np.radians(165.0)].max() < 1e-3


def test_light_falls_with_phase_and_slant_as_by_hand():
    t = utc_to_t("2019-03-10T06:00")
    d = np.linalg.norm(sky.position("moon", t, "earth"))
    far = np.linalg.norm(sky.position("sun", t, "earth")) / 149_597_870.7
    up = sky.earth_direction(Site(20.0, 30.0), t)[2]
    by_hand = 1361.0 / far**2 * 0.242 * (6378.1366 / d) ** 2 * float(sky.earth_phase(phase_angle(t))) * up
    assert float(sky.earthshine(Site(20.0, 30.0), t)) == pytest.approx(by_hand, rel=1e-4)


@pytest.mark.parametrize("place", [(-45.4446, 177.5991), (0.0, 180.0), (23.8, 176.8), (-75.0, 132.0), (0.0, 99.0)])
def test_the_far_side_has_no_earthshine_in_eighteen_years(place):
    assert (sky.earthshine(Site(*place), T) == 0.0).all()


def test_at_the_limb_earthshine_comes_and_goes_with_libration():
    site = Site(0.0, 93.0)
    light = sky.earthshine(site, YEAR)
    elevation = azel(sky.earth_direction(site, YEAR))[1]
    assert (light[elevation < -np.radians(1.03)] == 0.0).all()
    assert (light[elevation > np.radians(0.0)] > 0.0).all()
    shining = light > 0.0
    assert 0.2 < shining.mean() < 0.6
    rises = np.flatnonzero(~shining[:-1] & shining[1:])
    assert 11 <= len(rises) <= 15  # once a month


def test_a_skyline_hides_it():
    site = Site(0.0, 85.0)
    plain = sky.earthshine(site, YEAR)
    walled = sky.earthshine(site, YEAR, lambda azimuth: np.full_like(azimuth, np.radians(15.0)))
    assert plain.max() > 0.0
    assert (walled == 0.0).all()


def test_a_time_has_the_same_light_alone_as_among_others():
    t = YEAR[::700]
    together = sky.earthshine(Site(0.0, 92.0), t)
    assert together.tolist() == [float(sky.earthshine(Site(0.0, 92.0), x)) for x in t]
    assert sky.earthshine(NEAR, t[:6].reshape(2, 3)).shape == (2, 3)
