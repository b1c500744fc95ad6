"""Keeping a relay on its orbit: strategies against the dynamics, flights against published and measured numbers."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from farside.errors import BadInput
from farside.flight import RelayOrbit, ephemeris_orbit, halo_orbit
from farside.flight.charts import save, upkeep
from farside.flight.perturbed import SCALE, Propagator, Spacecraft
from farside.flight.stationkeeping import (
    AxisCrossing,
    KeepingErrors,
    TargetPoints,
    UnstableDirection,
    maintain,
    usual_strategy,
)
from farside.flight.stationkeeping.reference import Reference
from farside.flight.stationkeeping.rotating import rotating_rows
from farside.flight.stationkeeping.strategy import Gains
from farside.sky import position, velocity
from farside.work import Pool, Processes

QUEQIAO = Spacecraft(448.7, 15.0, 1.3)
DAY = 86_400.0
STRATEGIES = (UnstableDirection(), TargetPoints(), AxisCrossing(), AxisCrossing(right_angle=False))
NONE = KeepingErrors(*[0.0] * 8)
MM_S = 1e-6 / SCALE[3]


@pytest.fixture(scope="module")
def reference(orbit: RelayOrbit) -> Reference:
    return Reference(orbit, QUEQIAO)


@dataclass(frozen=True)
class Never:
    """No burns: what the craft does by itself."""

    ahead: float = 0.0

    def guide(self, reference: Reference, times: np.ndarray) -> Gains:
        return Gains(reference.states(times), np.zeros((len(times), 3, 6)))


def rotating(r: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Moon-centred vectors (n, 3) in the rotating frame, in Moon distances, all written out."""
    moon, way = -position("earth", t), -velocity("earth", t)
    x = moon / np.linalg.norm(moon, axis=1, keepdims=True)
    z = np.cross(moon, way)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    axes = np.stack([x, np.cross(z, x), z], 1)
    return np.einsum("nij,nj->ni", axes, r) / np.linalg.norm(moon, axis=1, keepdims=True)


def test_rows_give_the_place_and_speed_that_the_turning_and_breathing_frame_sees(reference):
    t = reference.orbit.start + np.array([1.0, 40.3, 200.7]) * DAY
    y_rows, vx_rows = rotating_rows(t)
    states = reference.states(t)
    distance = np.linalg.norm(position("earth", t), axis=1)
    before, now, after = (rotating(reference.orbit.position(t + h), t + h) for h in (-20.0, 0.0, 20.0))
    np.testing.assert_allclose(np.sum(y_rows * states, 1) * SCALE[0], now[:, 1] * distance, rtol=1e-12)
    speed = (after - before)[:, 0] / 40.0 * distance
    np.testing.assert_allclose(np.sum(vx_rows * states, 1) * SCALE[3], speed, rtol=1e-6, atol=1e-8)


def test_orbit_crosses_the_plane_twice_in_14_8_days_and_nearly_at_right_angles(reference):
    assert len(reference.crossings) in (58, 59)
    assert 14.7 < reference.revolution_s / DAY < 14.85
    states = reference.states(reference.crossings)
    y_rows, vx_rows = rotating_rows(reference.crossings)
    assert np.abs(np.sum(y_rows * states, 1)).max() * SCALE[0] < 1e-3
    assert np.abs(np.sum(vx_rows * states, 1)).max() * SCALE[3] < 0.005  # of 0.2 km/s through the plane


def test_transition_matrices_are_the_derivatives_of_the_flight(reference):
    start = reference.orbit.start + 10.0 * DAY
    stop = start + 15.0 * DAY
    matrix = reference.transitions(start, np.array([start + 4.0 * DAY, stop]))[1]
    fly = Propagator(QUEQIAO, start, variations=False)
    state, step = reference.states(start), 1e-8
    ends = [
        [fly.sample(state + sign * step * unit, start, np.array([stop]))[0] for sign in (1.0, -1.0)]
        for unit in np.eye(6)
    ]
    columns = np.array([(plus - minus) / (2.0 * step) for plus, minus in ends]).T
    assert np.abs(columns - matrix).max() < 2e-3 * np.abs(matrix).max()


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_one_burn_keeps_a_departed_craft_near_for_a_revolution_and_a_half(reference, strategy):
    start = reference.orbit.start + 33.0 * DAY
    departed = reference.states(start) + np.array([2.0, -1.0, 1.0, 0.0, 0.0, 0.0]) / SCALE[0]
    departed[3:] += np.array([4.0, 6.0, -3.0]) * MM_S
    fly = Propagator(QUEQIAO, start, variations=False)
    burn = strategy.guide(reference, np.array([start])).burn(0, departed, fly)
    times = start + np.array([7.4, 14.8, 22.2]) * DAY
    adrift, kept = (
        np.linalg.norm((fly.sample(state, start, times)[:, :3] * SCALE[0]) - reference.orbit.position(times), axis=1)
        for state in (departed, departed + np.concatenate([np.zeros(3), burn]))
    )
    assert adrift[1] > 800.0
    assert adrift[2] > 10_000.0
    # where it aims at zero, not at the orbit's own vx, it pays some kilometres for that
    assert kept[:2].max() < 40.0
    assert kept[2] < 0.05 * adrift[2]
    assert np.linalg.norm(burn) < 30.0 * MM_S


@pytest.mark.parametrize(("right_angle", "crossings"), [(True, 3), (True, 2), (False, 3)])
def test_burn_of_axis_crossing_does_what_it_aims_at_in_a_search_of_its_own(reference, right_angle, crossings):
    start = reference.orbit.start + 20.5 * DAY
    state = reference.states(start)
    state[3:] += np.array([3.0, -8.0, 2.0]) * MM_S
    fly = Propagator(QUEQIAO, start, variations=False)
    state[3:] += AxisCrossing(crossings, right_angle).guide(reference, np.array([start])).burn(0, state, fly)
    t = start + np.arange(0.0, 26.0 * DAY, 600.0)[1:]

    def last_crossing(r: np.ndarray) -> float:
        seen = rotating(r, t)
        after = np.flatnonzero(np.diff(np.sign(seen[:, 1])))
        after = after[t[after] > start + 0.125 * reference.revolution_s][crossings - 1]
        vx = np.gradient(seen[:, 0], t) * np.linalg.norm(position("earth", t), axis=1)
        share = seen[after, 1] / (seen[after, 1] - seen[after + 1, 1])
        return float(vx[after] + share * (vx[after + 1] - vx[after]))

    aim = 0.0 if right_angle else last_crossing(reference.orbit.position(t))
    # the burn is settled to 0.01 mm/s, which grows more than thirtyfold in each half revolution
    assert abs(last_crossing(fly.sample(state, start, t)[:, :3] * SCALE[0]) - aim) < 1e-8 * 40.0**crossings


def test_burn_of_target_points_makes_its_cost_least(reference):
    strategy = TargetPoints(points=(0.4, 0.9), burn_mm_s=20.0, departure_km=50.0)
    start = reference.orbit.start + 50.0 * DAY
    departure = np.array([1e-5, 2e-5, -1e-5, 3e-5, -2e-5, 1e-5])
    matrices = reference.transitions(start, start + np.array(strategy.points) * reference.revolution_s)

    def cost(burn: np.ndarray) -> float:
        ends = matrices @ (departure + np.concatenate([np.zeros(3), burn]))
        away = np.linalg.norm(ends[:, :3] * SCALE[0], axis=1)
        return float((np.linalg.norm(burn) / MM_S / 20.0) ** 2 + np.sum((away / 50.0) ** 2))

    guide = strategy.guide(reference, np.array([start]))
    best = guide.burn(0, reference.states(start) + departure, Propagator(QUEQIAO, start, variations=False))
    for change in np.concatenate([np.eye(3), -np.eye(3)]) * 0.1 * MM_S:
        assert cost(best) < cost(best + change)


def test_craft_without_sunlight_drifts_as_far_as_measured_by_others(orbit):
    # the sheet: leaving sunlight out moves the place after 14.8 days by 4,460 km
    flown = maintain(orbit, Never(), NONE, 14.8, 1, spacing_days=3.7, spacecraft=replace(QUEQIAO, area_m2=0.0))
    assert flown.times[-1] == pytest.approx(orbit.start + 14.8 * DAY)
    assert flown.departures[0, -1] == pytest.approx(4_460.0, abs=10.0)


def test_without_errors_nothing_is_to_be_done(orbit):
    flown = maintain(orbit, UnstableDirection(), replace(NONE, dead_band_mm_s=5.0), 30.0, 2)
    assert flown.cost.max() == 0.0
    assert flown.worst.max() < 1.0
    assert np.isnan(flown.summary()["burn_mean_m_s"])


def test_wrong_sunlight_alone_has_to_be_burned_against(orbit):
    flown = maintain(orbit, UnstableDirection(), replace(NONE, dead_band_mm_s=5.0, sunlight_bias=0.2), 60.0, 4)
    assert flown.cost.min() > 0.0
    assert flown.sizes[flown.sizes > 0.0].min() > 0.005


@pytest.mark.parametrize(
    ("days", "velocity_mm_s", "cost"), [(14.75 / 6, 1.0, 0.93), (14.75 / 6, 3.0, 1.40), (14.75 / 3, 3.0, 2.23)]
)
def test_a_year_costs_what_the_linear_rule_was_measured_to_cost(orbit, days, velocity_mm_s, cost):
    errors = KeepingErrors(0.3, velocity_mm_s, 0.02, 0.3, 0.5, 5.0, 0.0, 0.0)
    facts = maintain(orbit, UnstableDirection(), errors, trials=8, spacing_days=days).summary()
    assert facts["lost"] == 0
    assert facts["cost_mean_m_s"] == pytest.approx(cost, abs=3.0 * facts["cost_std_m_s"] / 8**0.5 + 0.05 * cost)
    assert facts["departure_p100_km"] < 300.0


def test_wheels_are_unloaded_with_each_burn_or_in_a_rhythm_of_their_own(orbit):
    errors = replace(NONE, unloading_mm_s=1000.0)
    often, once, between = (
        maintain(orbit, Never(), errors, 8.0, 1, spacing_days=4.0, unloading_days=days) for days in (None, 30.0, 2.5)
    )
    np.testing.assert_array_equal(often.departures[0, :4], once.departures[0, :4])
    assert abs(often.departures[0, -1] - once.departures[0, -1]) > 10.0  # of a push of metres a second, four days ago
    np.testing.assert_allclose((between.burn_times - orbit.start) / DAY, [0.0, 4.0], atol=1e-8)
    legs = (between.times.reshape(-1, 3)[:, -1] - orbit.start) / DAY
    np.testing.assert_allclose(legs, [2.5, 4.0, 5.0, 7.5, 8.0], atol=1e-8)


def test_strategies_hold_the_orbit_at_like_cost(orbit):
    costs = [maintain(orbit, strategy, days=100.0, trials=3).summary()["cost_mean_m_s"] for strategy in STRATEGIES]
    assert max(costs) < 1.15 * min(costs)


def test_results_are_the_same_bits_whoever_flies_the_trials(orbit):
    with Pool(1) as one, Pool(3) as three, Processes(1) as process:
        flown = [
            maintain(orbit, AxisCrossing(2), days=12.0, trials=4, seed=7, workers=w) for w in (one, three, process)
        ]
    for other in flown[1:]:
        np.testing.assert_array_equal(other.burns, flown[0].burns)
        np.testing.assert_array_equal(other.departures, flown[0].departures)


def test_near_rectilinear_orbit_is_kept_with_a_burn_a_revolution_and_other_orbits_are_not_left_that_long(orbit):
    calm = ephemeris_orbit(halo_orbit(perilune_km=3250.0), "2019-01-01T00:00:00Z", 8)
    assert usual_strategy(calm) == AxisCrossing(6, right_angle=False)
    assert usual_strategy(orbit) == AxisCrossing()
    flown = maintain(calm, usual_strategy(calm), days=26.0, trials=2)
    np.testing.assert_allclose(np.diff(flown.burn_times) / DAY, 6.5, atol=0.07)
    assert not flown.lost.any()
    assert flown.cost.max() < 1.5
    assert flown.worst.max() < 200.0
    with pytest.raises(BadInput, match=r"spacing_days: 6\.6; expected from 0\.1 to a revolution, 6\.[45]\d days"):
        maintain(calm, usual_strategy(calm), spacing_days=6.6)


def test_a_trial_is_the_same_among_more_trials_and_another_under_another_seed(orbit):
    few, many, other = (
        maintain(orbit, UnstableDirection(), days=20.0, trials=n, seed=seed) for n, seed in ((2, 1), (4, 1), (2, 2))
    )
    np.testing.assert_array_equal(many.burns[:2], few.burns)
    assert not np.any(np.all(other.burns == few.burns, axis=(1, 2)))


def test_one_burn_missed_is_made_good_by_the_next(orbit):
    flown = [maintain(orbit, AxisCrossing(), days=120.0, trials=4, missed=missed) for missed in ((), (10,))]
    assert not flown[1].lost.any()
    assert np.all(flown[1].sizes[:, 10] == 0.0)
    np.testing.assert_array_equal(flown[1].burns[:, :10], flown[0].burns[:, :10])
    assert flown[1].sizes[:, 11].mean() > flown[0].sizes[:, 11].mean()


def test_without_further_burns_every_trial_is_lost_within_weeks_and_counted(orbit, tmp_path):
    flown = maintain(orbit, UnstableDirection(), days=120.0, trials=4, missed=range(10, 10**9))
    assert flown.lost.all()
    after = (flown.lost_at - flown.burn_times[10]) / DAY
    assert after.min() > 10.0
    assert after.max() < 50.0
    assert np.isinf(flown.cost).all()
    facts = flown.summary()
    assert facts["trials"] == facts["lost"] == 4
    assert np.isinf(facts["cost_p50_m_s"])
    assert np.isnan(facts["cost_mean_m_s"])
    assert save(upkeep(flown), tmp_path / "lost.png").stat().st_size > 10_000


def test_chart_is_the_same_bytes_each_time(orbit, tmp_path):
    flown = maintain(orbit, UnstableDirection(), days=40.0, trials=5)
    first, second = (save(upkeep(flown), tmp_path / f"{k}.svg").read_bytes() for k in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"spacing_days": 0.0},
            r"spacing_days: 0\.0; expected from 0\.1 to half a revolution, 7\.\d\d days",
        ),
        ({"spacing_days": 9.83}, r"spacing_days: 9\.83; expected from 0\.1 to half a revolution"),
        ({"unloading_days": 0.0}, r"unloading_days: 0\.0; expected 0\.1 or more"),
        ({"spacing_days": float("nan")}, "spacing_days: nan"),
        ({"trials": 0}, "trials: 0; expected 1 or more"),
        ({"days": 420.0}, r"days: 420\.0; expected from one spacing to 40\d\.\d: the orbit lasts 427\.8 days"),
        ({"days": 1.0}, r"days: 1\.0; expected from one spacing"),
        ({"days": float("nan")}, "days: nan"),
    ],
)
def test_impossible_wishes_are_refused(orbit, change, said):
    with pytest.raises(BadInput, match=said):
        maintain(orbit, UnstableDirection(), **change)


def test_negative_errors_and_no_crossings_are_refused():
    with pytest.raises(BadInput, match=r"errors\.velocity_mm_s: -1\.0; expected 0 or more"):
        KeepingErrors.assumed(velocity_mm_s=-1.0)
    with pytest.raises(BadInput, match="crossings: 0; expected 1 or more"):
        AxisCrossing(0)
