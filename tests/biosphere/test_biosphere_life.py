"""Heat, plants and silkworms against what is published about them."""

import numpy as np
import pytest

from farside.geometry import Site, utc_to_t
from farside.payload.biosphere import Plan, live, parts
from farside.payload.biosphere.chemistry import model, molar_mass, rows
from farside.payload.biosphere.rates import assimilation, saturation_pa, thermal_rate

SITE = Site(-45.4446, 177.5991, -5935.0)
ON, OFF = utc_to_t("2019-01-03T15:18:00Z"), utc_to_t("2019-01-12T12:00:00Z")
HOUR, DAY = 3600.0, 86400.0


def test_the_soil_is_between_20_and_30_degrees_while_powered(life):
    warm = life.soil_k[(life.t > ON + 3 * HOUR) & (life.t < OFF)] - 273.15
    assert warm.min() > 20.0
    assert warm.max() < 30.0


def test_it_is_below_minus_52_degrees_30_hours_after_power_off(life):
    assert life.at(life.air_k, OFF + 30 * HOUR) < 273.15 - 52.0


def test_the_first_sprout_comes_two_to_four_days_after_watering(life):
    water = utc_to_t("2019-01-03T16:00:00Z")
    assert 2.0 < (life.first_sprout_t - water) / DAY < 4.0


def test_seeds_sleep_without_water():
    dry = live(SITE, Plan(ON), ON + 4 * DAY, 1)
    assert dry.first_sprout_t is None
    assert dry.warmth[-1] < 1.0  # a little vapour condenses and drips
    np.testing.assert_array_equal(dry.seedlings[-1, :, 4], 0.0)


def test_the_air_holds_as_many_moles_as_the_gas_law_says(life):
    assert life.gas[0] == pytest.approx(101325 * 0.82e-3 / (8.314462618 * 285.0), rel=1e-12)


def test_water_saturates_at_its_triple_and_room_pressure():
    assert saturation_pa(273.16) == pytest.approx(611.7, rel=3e-3)
    assert saturation_pa(298.15) == pytest.approx(3169.0, rel=3e-3)


def test_development_is_linear_to_the_best_temperature_and_stops_at_the_ceiling():
    assert thermal_rate(23.7, 3.7, 27.5, 42.0) == pytest.approx(20.0)
    assert thermal_rate(42.0, 3.7, 27.5, 42.0) == thermal_rate(3.7, 3.7, 27.5, 42.0) == 0.0
    assert thermal_rate(34.75, 3.7, 27.5, 42.0) == pytest.approx(11.9)


def test_leaves_take_up_co2_as_farquhars_model_says_at_25_degrees():
    p = parts.mustard()
    ci, o = 0.7 * 400.0, 209.5
    by_enzyme = p.vcmax * (ci - 42.75) / (ci + 404.9 * (1 + o / 278.4))
    assert assimilation(p, 298.15, 400e-6, 0.2095, 5000.0) * 1e6 == pytest.approx(by_enzyme, rel=1e-9)
    assert assimilation(p, 298.15, 42.75e-6 / 0.7, 0.2095, 500.0) == pytest.approx(0.0, abs=1e-15)
    assert assimilation(p, 298.15, 0.0, 0.2095, 500.0) < 0.0


def test_oil_is_turned_into_sugar_with_the_respiratory_quotient_of_oily_seeds():
    shared, _ = rows("seedling")
    assert 0.3 < shared[0, parts.CO2] / -shared[0, parts.O2] < 0.5


def test_co2_rises_in_the_dark_and_falls_in_the_light_of_grown_leaves(life):
    co2 = life.shared("air.co2")
    dark = (life.t > OFF - 8 * HOUR) & (life.t < OFF)
    light = np.abs(life.t - (ON + 6.5 * DAY)) < 4 * HOUR
    assert life.ppfd[dark].max() < 1.0
    assert np.diff(co2[dark]).min() > 0.0 > np.diff(co2[light]).max()


def test_a_larva_grows_ten_to_fifteenfold_in_its_first_instar(life):
    s = model()["silkworm"]
    mass = life.larvae @ molar_mass("larva")
    hatch = np.searchsorted(life.states[:, parts.DEGREES], life.brood.eggs)
    moult = np.searchsorted(life.states[:, parts.DEGREES], life.brood.eggs + s["instars_dd"][0])
    gain = [mass[b, n] / mass[a, n] for n, (a, b) in enumerate(zip(hatch, moult, strict=True))]
    assert 8.0 < np.median(gain) < 17.0
    assert np.median(mass[hatch, np.arange(len(hatch))]) * 1e3 == pytest.approx(0.45, abs=0.1)


def test_a_larva_digests_as_much_of_its_food_as_measured():
    eat = model()["processes"]["larva"]["eat"]
    grams = dict(zip(model()["pools"]["shared"], molar_mass("shared"), strict=True))
    eaten = -eat["food.carb"] * grams["food.carb"] - eat["food.protein"] * grams["food.protein"]
    left = eat["frass.carb"] * grams["frass.carb"] + eat["frass.protein"] * grams["frass.protein"]
    assert 1.0 - left / eaten == pytest.approx(0.42, abs=0.02)  # Horie and Watanabe 1983


def test_frost_ends_all_life_and_all_breath(life):
    assert life.states[-1, parts.PLANTS_ALIVE] < 1e-6
    assert life.states[-1, parts.LARVAE_ALIVE] < 1e-6
    assert np.diff(life.shared("air.co2"))[-300:].max() == 0.0
