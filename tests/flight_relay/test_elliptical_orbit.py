"""Elliptical relay orbits: what they begin with, how they are stored, frozen ones that stay, what is refused."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.flight import (
    Ellipse,
    GravityField,
    elliptical_orbit,
    frozen,
    mean_elements,
    moon_gravity,
    published_ellipse,
)
from farside.flight.elliptical import _elements, _state, earth_plane, queqiao_2
from farside.flight.near_moon import MOON_KM, NearMoon
from farside.geometry import utc_to_t
from farside.sky import moon_rotation

START, DAY_S, YEAR_DAYS = "2024-04-06", 86400.0, 365.25
POINT = GravityField(4902.8, 1738.0, np.eye(1), np.zeros((1, 1)))


@pytest.fixture(scope="module")
def begun():
    """How Queqiao-2's frozen orbit begins."""
    mean = published_ellipse("queqiao-2-frozen")
    return frozen(mean.semi_major_axis_km, mean.eccentricity, start_utc=START, node_deg=40.0)


@pytest.fixture(scope="module")
def kept(begun):
    return elliptical_orbit(START, YEAR_DAYS, **asdict(begun))


@settings(max_examples=50, deadline=None)
@given(
    st.floats(0.0, 3000.0),
    st.floats(3001.0, 30000.0),
    st.floats(1.0, 179.0),
    *(st.floats(0.0, 360.0) for _ in range(3)),
)
def test_state_on_an_ellipse_has_its_elements(perilune, apolune, tilt, argument, node, anomaly):
    ellipse, t = Ellipse(perilune, apolune, tilt, argument, node, anomaly), utc_to_t(START)
    state = _state(ellipse, t, 4902.8)
    found = _elements(np.array([t]), state[None, :3], state[None, 3:], 4902.8)
    assert found.semi_major_axis_km[0] == pytest.approx(ellipse.semi_major_axis_km, rel=1e-12)
    assert found.eccentricity[0] == pytest.approx(ellipse.eccentricity, abs=1e-12)
    assert found.inclination_deg[0] == pytest.approx(tilt, abs=1e-6)
    for angle, given_angle in ((found.node_deg, node), (found.perilune_argument_deg, argument)):
        assert math.remainder(angle[0] - given_angle, 360.0) == pytest.approx(0.0, abs=1e-6)


def test_orbit_begins_at_perilune_over_the_north_and_half_a_period_later_is_at_apolune_over_the_south():
    orbit = elliptical_orbit(START, 2.0, perilune_km=600.0, apolune_km=15600.0, inclination_deg=60.0)
    first, later = orbit.position([orbit.start, orbit.start + 0.5 * 24.3 * 3600])
    assert np.linalg.norm(first) == pytest.approx(MOON_KM + 600.0, abs=1e-6)
    assert np.linalg.norm(later) == pytest.approx(MOON_KM + 15600.0, rel=0.02)
    turn = moon_rotation(np.array([orbit.start, orbit.start + 0.5 * 24.3 * 3600]))
    assert (turn[0] @ first)[2] > 0.0 > (turn[1] @ later)[2]


def test_plane_of_the_earths_orbit_is_tilted_by_6_7_degrees_against_the_equator():
    t = utc_to_t(START) + np.linspace(0.0, 365.0, 50) * DAY_S
    cosine = np.einsum("nj,nj->n", earth_plane(t)[:, 2], moon_rotation(t)[:, 2])
    np.testing.assert_allclose(np.degrees(np.arccos(cosine)), 6.7, atol=0.25)


def test_stored_path_is_the_integrated_one_to_a_millimetre_at_perilune():
    mean = Ellipse(200.0, 16000.0, 62.4)
    orbit = elliptical_orbit(START, 2.1, **asdict(mean))
    motion = NearMoon(moon_gravity(), queqiao_2(), orbit.start, orbit.stop)
    after = np.linspace(0.0, orbit.stop - orbit.start, 5000)
    states = motion.sample(_state(mean, orbit.start, moon_gravity().gm), after)
    error = np.linalg.norm(orbit.position(orbit.start + after) - states[:, :3], axis=1)
    assert error.max() < 1e-6  # km; a time past J2000 itself is good to 0.2 mm of path
    speed = np.linalg.norm(orbit.velocity(orbit.start + after) - states[:, 3:], axis=1)
    assert speed.max() < 1e-8


def test_stored_path_follows_a_field_of_degree_50():
    size = 2.5e-4 / np.maximum(np.arange(51.0), 1.0) ** 2
    c = np.tril(np.outer(size, np.cos(np.arange(51.0) ** 2)))
    c[:, 0] = np.append([1.0, 0.0], size[2:])
    rough, begin = GravityField(4902.8, 1738.0, c, np.zeros_like(c)), Ellipse(150.0, 9000.0, 70.0)
    orbit = elliptical_orbit(START, 0.5, **asdict(begin), field=rough)
    after = np.linspace(0.0, orbit.stop - orbit.start, 3000)
    states = NearMoon(rough, queqiao_2(), orbit.start, orbit.stop).sample(_state(begin, orbit.start, 4902.8), after)
    assert np.linalg.norm(orbit.position(orbit.start + after) - states[:, :3], axis=1).max() < 1e-6


@pytest.mark.parametrize("eccentricity", [0.0, 0.3, 0.61, 0.803])
def test_frozen_inclination_about_a_point_mass_is_kozais(eccentricity):
    tilt = math.radians(frozen(9837.0, eccentricity, field=POINT).inclination_deg)
    assert eccentricity**2 == pytest.approx(1.0 - 5.0 / 3.0 * math.cos(tilt) ** 2, abs=1e-12)


def test_frozen_inclination_of_queqiao_2_is_the_published_one():
    published = published_ellipse("queqiao-2")
    tilt = frozen(published.semi_major_axis_km, published.eccentricity).inclination_deg
    assert tilt == pytest.approx(published.inclination_deg, abs=0.2)


def test_a_low_frozen_orbit_is_one_at_the_critical_inclination():
    # oblateness alone: 5 cos^2 i = 1
    assert frozen(1850.0, 0.05).inclination_deg == pytest.approx(63.43, abs=1.5)


def test_dwelling_over_the_north_needs_perilune_in_the_south():
    assert frozen(9837.0, 0.76, "south").perilune_argument_deg == 90.0
    north = frozen(9837.0, 0.76, "north", node_deg=30.0, mean_anomaly_deg=180.0)
    assert (north.perilune_argument_deg, north.node_deg, north.mean_anomaly_deg) == (270.0, 30.0, 180.0)


def test_frozen_orbit_keeps_argument_and_eccentricity_for_a_year_where_another_does_not(begun, kept):
    means = mean_elements(kept)
    assert np.abs(means.perilune_argument_deg - 90.0).max() < 4.0
    assert np.ptp(means.eccentricity) < 0.06
    assert kept.extremes[0] > MOON_KM + 200.0
    tilted = {**asdict(begun), "inclination_deg": begun.inclination_deg - 15.0}
    other = mean_elements(elliptical_orbit(START, YEAR_DAYS, **tilted))
    assert np.abs(other.perilune_argument_deg - 90.0).max() > 10.0


def test_period_of_the_published_size_is_24_hours(kept):
    t = np.arange(kept.start, kept.stop, 60.0)
    r = np.linalg.norm(kept.position(t), axis=1)
    perilunes = t[1:-1][(r[1:-1] < r[:-2]) & (r[1:-1] < r[2:])]
    # 24.30 by Kepler's law; the Earth takes 4 minutes off
    assert np.diff(perilunes).mean() / 3600.0 == pytest.approx(24.23, abs=0.05)


def test_frozen_orbit_spends_most_of_its_time_over_the_south(kept):
    t = np.linspace(kept.start, kept.stop, 20000)
    south = np.einsum("nij,nj->ni", moon_rotation(t), kept.position(t))[:, 2] < 0.0
    assert south.mean() > 0.9


def test_published_heights_without_design_meet_the_moon_and_say_when():
    published = published_ellipse("queqiao-2")
    with pytest.raises(BadInput, match="meets the Moon at 2024-04-"):
        elliptical_orbit("2024-04-02", 60.0, **{**asdict(published), "node_deg": 90.0})
    with pytest.raises(BadInput, match=r"mean perilune of 200 km the path comes down to -\d+ km"):
        frozen(published.semi_major_axis_km, published.eccentricity, start_utc="2026-03-01")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"perilune_km": -1.0}, "perilune_km: -1.0; expected 0 or more"),
        ({"apolune_km": 100.0}, r"apolune_km: 100.0; expected perilune \(600\) to 59\d\d\d"),
        ({"apolune_km": 7e4}, "Hill sphere"),
        ({"inclination_deg": 181.0}, "inclination_deg: 181.0; expected 0 to 180"),
        ({"node_deg": math.nan}, "node_deg: nan; expected a number"),
        ({"days": 0.0}, "days: 0.0; expected a number above 0"),
        ({"days": math.inf}, "days: inf"),
        ({"start_utc": "yesterday"}, "ISO UTC"),
        ({"start_utc": "2050-12-31"}, "a time from 1900-01-01 to 2050-12-31"),
    ],
)
def test_an_ellipse_that_cannot_be_is_refused(change, message):
    asked = {"start_utc": START, "days": 30.0, "perilune_km": 600.0, "apolune_km": 15600.0, "inclination_deg": 60.0}
    with pytest.raises(BadInput, match=message):
        elliptical_orbit(**{**asked, **change})


def test_a_frozen_orbit_that_cannot_be_is_refused():
    with pytest.raises(BadInput, match="dwell: 'east'; expected south or north"):
        frozen(9837.0, 0.76, "east")
    for eccentricity in (-0.1, 1.0, math.nan):
        with pytest.raises(BadInput, match="eccentricity"):
            frozen(9837.0, eccentricity)
    with pytest.raises(BadInput, match="perilune_km"):
        frozen(9837.0, 0.9)
    with pytest.raises(BadInput, match="one of queqiao-2, queqiao-2-frozen"):
        published_ellipse("sputnik")
    with pytest.raises(BadInput, match="a revolution"):
        mean_elements(elliptical_orbit(START, 0.1, **asdict(published_ellipse("queqiao-2"))))
