"""Nothing is made from nothing: the balance of the elements, and how exact the stepping is."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from farside.errors import BadInput
from farside.geometry import Site, utc_to_t
from farside.moon import GroundTemperature
from farside.payload.biosphere import Plan, kernel, live, parts
from farside.payload.biosphere.chemistry import ELEMENTS, atoms, model, rows
from farside.payload.biosphere.life import _volume_m3
from farside.payload.biosphere.surroundings import surroundings

SITE = Site(-45.4446, 177.5991, -5935.0)
ON = utc_to_t("2019-01-03T15:18:00Z")
DAY = 86400.0


@pytest.mark.parametrize("kind", ["canister", "seedling", "larva"])
def test_every_process_keeps_every_atom(kind):
    shared, own = rows(kind)
    change = shared @ atoms("shared") + (own @ atoms(kind) if own.size else 0.0)
    np.testing.assert_allclose(change, 0.0, atol=1e-12)


def test_carbon_hydrogen_oxygen_and_nitrogen_close_over_the_flown_212_hours(life):
    assert set(life.residual) == set(ELEMENTS)
    assert max(life.residual.values()) <= 1e-10


def test_the_elements_close_over_a_lunar_day_with_any_step():
    plan = Plan(ON, ON + 5 * DAY, ON + 3600.0)
    long = live(SITE, plan, ON + 29.53 * DAY, 3, every_s=3600.0, step_s=60.0)
    assert max(long.residual.values()) <= 1e-10


def test_no_pool_is_ever_negative(life):
    assert life.states[:, parts.SHARED :].min() >= 0.0


def test_a_third_of_the_step_changes_nothing_that_matters():
    plan = Plan(ON, None, ON + 3600.0)
    usual, fine = (live(SITE, plan, ON + 3.0 * DAY, 1, step_s=step) for step in (30.0, 10.0))
    assert np.abs(usual.soil_k - fine.soil_k).max() < 0.02
    np.testing.assert_allclose(usual.shared("air.co2"), fine.shared("air.co2"), rtol=5e-4)
    assert usual.first_sprout_t == pytest.approx(fine.first_sprout_t, abs=60.0)


def test_an_adaptive_stiff_solver_agrees():
    life = live(SITE, Plan(ON, None, ON + 3600.0), ON + 2.0 * DAY, 1)
    first, last = np.searchsorted(life.t, ON + np.array([1.2, 1.3]) * DAY)  # after germination began, heater off
    assert not life.controls[first : last + 1, 0].any()
    c, p, s = parts.canister(_volume_m3()), parts.mustard(), parts.silkworm()
    t = life.t[first] + np.arange(0.0, life.t[last] - life.t[first] + 601.0, 600.0)
    skies = surroundings(SITE, t, np.ones(len(t), bool))
    tables, on = (rows("canister")[0], *rows("seedling"), *rows("larva")), np.array([0.0, 1.0, 0.0])
    instars, rates = np.array(model()["silkworm"]["instars_dd"]), np.zeros(9)

    def slope(seconds, y):
        out = np.empty_like(y)
        sky = np.array([np.interp(life.t[first] + seconds, t, column) for column in skies.T])
        brood = life.brood
        kernel.derivative(y, sky, on, c, p, s, brood.seeds, brood.eggs, instars, tables, rates, out)
        return out

    span = life.t[last] - life.t[first]
    scale = np.maximum(np.abs(life.states[first]), 1e-9)
    found = solve_ivp(slope, (0.0, span), life.states[first], "LSODA", rtol=1e-7, atol=1e-8 * scale, max_step=900.0)
    end, ours = found.y[:, -1], life.states[last]
    assert end[parts.WALL] == pytest.approx(ours[parts.WALL], abs=0.02)
    gases = slice(parts.SHARED, parts.SHARED + 4)
    np.testing.assert_allclose(ours[gases], end[gases], rtol=5e-4)
    assert ours[parts.WARMTH] == pytest.approx(end[parts.WARMTH], rel=1e-4)


def test_what_is_commanded_later_changes_nothing_before():
    early = live(SITE, Plan(ON, None, None), ON + 7200.0, 1)
    late = live(SITE, Plan(ON, ON + 7000.0, ON + 5000.0), ON + 7200.0, 1)
    same = early.t < ON + 5000.0
    np.testing.assert_array_equal(early.states[same], late.states[same])
    assert (early.states[~same] != late.states[~same]).any()


def test_a_time_before_power_on_or_after_the_end_is_refused():
    with pytest.raises(BadInput, match="after power-on"):
        live(SITE, Plan(ON), ON - 1.0, 1)
    short = live(SITE, Plan(ON), ON + 3600.0, 1)
    with pytest.raises(BadInput, match="expected a time from"):
        short.at(short.warmth, ON + 7200.0)


def test_the_ground_around_is_as_warm_as_the_moons():
    t = np.arange(ON, ON + 15.0 * DAY, 3600.0)
    skies = surroundings(SITE, t, np.ones(len(t), bool))
    ground = (skies[:, 0] / model()["surroundings"]["ground_view"]) ** 0.25
    np.testing.assert_allclose(ground, GroundTemperature(SITE).surface(t), atol=1.5)
    # landing morning, noon of the first day, and the night after sunset on January 13
    assert ground[0] == pytest.approx(338.0, abs=3.0)
    assert ground.max() == pytest.approx(355.0, abs=3.0)
    assert 100.0 < ground[-1] < 115.0
