"""Halo orbits carried into the real sky: they join, obey the equations of motion and keep their shape and period."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.flight import Halo, ephemeris_orbit, halo_orbit
from farside.flight.cr3bp import TU_S
from farside.flight.perturbed import SCALE, Propagator, Spacecraft, rates
from farside.flight.quasi_halo import period_s
from farside.flight.relay import queqiao_craft
from farside.geometry import utc_to_t
from farside.sky import position

START = "2024-01-10T00:00:00Z"
NRHO = Halo(1.022020949848, -0.182096395736, -0.103255129210, 1.511103702243)
"""The southern 9:2 near-rectilinear orbit: it passes the Moon at 3,200 km."""


@pytest.fixture(scope="module")
def nrho():
    return ephemeris_orbit(NRHO, START, 8)


@pytest.fixture(scope="module")
def queqiao():
    return ephemeris_orbit(halo_orbit(z_amplitude_km=13_000.0), START, 29)


def flown(orbit, spacecraft, starts, seconds):
    """Where a craft comes to within ``seconds`` that leaves the orbit at each of the times."""
    propagator = Propagator(spacecraft, orbit.start, variations=False)
    states = np.hstack([orbit.position(starts), orbit.velocity(starts)]) / SCALE
    ends = [propagator.sample(x, t, np.array([t + seconds]))[0] for x, t in zip(states, starts, strict=True)]
    return (np.array(ends) * SCALE)[:, :3]


@pytest.mark.parametrize("kind", ["nrho", "queqiao"])
def test_a_craft_that_leaves_the_orbit_follows_it_without_thrust(kind, request):
    orbit = request.getfixturevalue(kind)
    starts = np.random.default_rng(3).uniform(orbit.start, orbit.stop - 1e4, 50)
    # what an error of 1e-9 km/s in the velocity grows to within the hour
    reached = flown(orbit, queqiao_craft(), starts, 3600.0)
    np.testing.assert_allclose(reached, orbit.position(starts + 3600.0), rtol=0, atol=3e-6)


@pytest.mark.parametrize("kind", ["nrho", "queqiao"])
def test_position_never_jumps_by_more_than_a_millimetre(kind, request):
    orbit = request.getfixturevalue(kind)
    t = np.linspace(orbit.start + 1.0, orbit.stop - 1.0, 40_001)
    edges = orbit.start + np.arange(1, len(orbit.series.records)) * orbit.series.length
    for places in (t, edges):
        before, after = orbit.position(places - 0.01), orbit.position(places + 0.01)
        assert np.linalg.norm(after - before - 0.02 * orbit.velocity(places), axis=1).max() < 1e-6


def test_the_near_rectilinear_orbit_keeps_its_shape_and_period_for_its_whole_span(nrho):
    nearest, farthest, _ = nrho.extremes
    assert 2_900 < nearest < 3_500
    assert 68_000 < farthest < 74_000
    assert (nrho.stop - nrho.start) / 8 == pytest.approx(period_s(NRHO), rel=0.006)
    z = np.linalg.norm(nrho.position(np.linspace(nrho.start, nrho.stop, 16_000)), axis=1)
    assert np.sum((z[1:-1] < z[:-2]) & (z[1:-1] < z[2:])) == 8


def test_the_mean_period_is_that_of_the_sidereal_month_to_a_part_in_a_thousand(queqiao):
    assert period_s(halo_orbit(z_amplitude_km=13_000.0)) / 86_400 == pytest.approx(14.812, abs=5e-4)
    assert (queqiao.stop - queqiao.start) / 29 / 86_400 == pytest.approx(14.80, abs=0.02)


@pytest.mark.parametrize(("point", "branch"), [("L1", "northern"), ("L1", "southern"), ("L2", "northern")])
def test_members_of_all_families_are_carried_on_their_own_side_of_the_moon(point, branch):
    halo = halo_orbit(point, branch, z_amplitude_km=30_000.0)
    orbit = ephemeris_orbit(halo, START, 3)
    t = np.linspace(orbit.start, orbit.stop, 2000)
    towards = np.sum(orbit.position(t) * position("earth", t), axis=1)
    assert (towards > 0).all() if point == "L1" else (towards < 0).all()


def test_phase_says_where_it_begins(queqiao):
    halo = halo_orbit(z_amplitude_km=13_000.0)
    half = ephemeris_orbit(halo, START, 6, phase=0.5)
    apart = np.linalg.norm(queqiao.position(queqiao.start))
    assert apart - np.linalg.norm(half.position(half.start)) > 15_000


def test_sunlight_pushes_the_craft_it_is_given():
    craft = Spacecraft(mass_kg=100.0, area_m2=60.0, cr=1.5)
    orbit = ephemeris_orbit(halo_orbit(z_amplitude_km=13_000.0), START, 3, spacecraft=craft)
    t = np.array([orbit.start + 1e6])
    np.testing.assert_allclose(flown(orbit, craft, t, 8e4), orbit.position(t + 8e4), rtol=0, atol=1e-5)
    assert np.linalg.norm(flown(orbit, queqiao_craft(), t, 8e4) - orbit.position(t + 8e4)) > 1.0


def test_same_request_gives_the_same_bits():
    first, second = (ephemeris_orbit(NRHO, START, 3, phase=0.3) for _ in range(2))
    np.testing.assert_array_equal(first.series.records, second.series.records)


def test_rates_are_those_of_the_integrator():
    craft = queqiao_craft()
    t0 = utc_to_t(START)
    state = np.array([[0.11, 0.15, 0.01, -0.03, 0.01, 0.006]])
    h = 40.0
    after = Propagator(craft, t0, variations=False).sample(state[0], t0, np.array([t0 + h, t0 + 2 * h]))
    slope = (after[1] - state[0]) / (2 * h / TU_S)
    np.testing.assert_allclose(rates(after[:1], np.array([t0 + h]), craft)[0], slope, rtol=0, atol=1e-8)


def test_less_than_a_revolution_and_times_without_orientation_are_refused():
    halo = halo_orbit(z_amplitude_km=13_000.0)
    with pytest.raises(BadInput, match="1 or more"):
        ephemeris_orbit(halo, START, 0)
    with pytest.raises(BadInput, match="1900-01-01 to 2050-12-31"):
        ephemeris_orbit(halo, "2050-06-01", 30)
    with pytest.raises(BadInput, match="phase"):
        ephemeris_orbit(halo, START, 1, phase=np.nan)
