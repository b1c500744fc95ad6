"""Rough ground as facets: energy, limits, and what a short-wave thermometer sees of it."""

import numpy as np
import pytest

from farside.physics import (
    STEFAN_BOLTZMANN,
    brightness_temperature,
    facet_temperatures,
    facets,
    from_below,
    lunar_soil,
    planck,
    rough_glow,
    thermal_roughness,
)

SOIL = lunar_soil()
FLAT = np.radians(0.01)


def dark(mu0):
    return 0.1 + 0.0 * np.asarray(mu0)


def cosines(i, e, psi):
    i, e, psi = np.radians([i, e, psi])
    return np.cos(i), np.cos(e), np.cos(i) * np.cos(e) + np.sin(i) * np.sin(e) * np.cos(psi)


def brightness(i, e, psi, roughness, nm=2390.0, flux=1361.0):
    angles = cosines(i, e, psi)
    f = facets(*angles, roughness)
    kelvin = facet_temperatures(f, angles[0], flux, 0.0, dark, SOIL)
    return float(brightness_temperature(nm, rough_glow(nm, f, *kelvin))[0])


def test_brightness_temperature_is_the_temperature_of_a_black_body():
    kelvin = np.array([90.0, 250.0, 346.0, 400.0])
    np.testing.assert_allclose(brightness_temperature(2390.0, planck(2390.0, kelvin)), kelvin, rtol=1e-12)


@pytest.mark.parametrize(
    ("incidence", "within"), [(0.0, 1e-9), (30.0, 1e-3), (57.0, 5e-3), (70.0, 0.02), (80.0, 0.035)]
)
@pytest.mark.parametrize("roughness_deg", [8.0, 20.0])
def test_all_facets_together_get_the_sunlight_of_the_plane(incidence, within, roughness_deg):
    f = facets(*cosines(incidence, 30.0, 0.0), np.radians(roughness_deg))
    assert float((f.area * f.mu0 * f.lit).sum()) == pytest.approx(np.cos(np.radians(incidence)), rel=within)


def test_shares_add_up():
    f = facets(*cosines(50.0, 40.0, 100.0), np.radians(18.0))
    assert f.seen.sum() == pytest.approx(1.0)
    # a rough plane has more surface than its ground plan: mean of 1 / cos(slope)
    assert 1.05 < f.area.sum() < 1.2
    assert ((f.lit > 0.0) & (f.lit <= 1.0)).all()
    assert ((f.ground >= 0.0) & (f.ground < 0.5)).all()


def test_smooth_ground_is_as_warm_as_its_plane():
    balance = (1361.0 * 0.9 * np.cos(np.radians(57.0)) / (SOIL.emissivity * STEFAN_BOLTZMANN)) ** 0.25
    assert brightness(57.0, 44.0, 136.0, FLAT) == pytest.approx(balance, abs=0.01)


def test_heat_from_below_is_the_difference_between_sent_and_taken():
    assert float(from_below(300.0, 0.0, 1361.0, dark, SOIL)) == pytest.approx(
        SOIL.emissivity * STEFAN_BOLTZMANN * 3e2**4
    )
    level = (1361.0 * 0.9 * 0.5 / (SOIL.emissivity * STEFAN_BOLTZMANN)) ** 0.25
    assert float(from_below(level, 0.5, 1361.0, dark, SOIL)) == pytest.approx(0.0, abs=1e-9)


def test_rough_ground_looks_hotter_with_the_sun_behind_the_eye():
    away, beside, towards = (brightness(57.0, 44.0, psi, np.radians(18.0)) for psi in (0.0, 90.0, 180.0))
    assert away > beside + 5.0 > towards + 10.0


def test_the_shorter_the_wave_the_hotter_it_sees():
    temperatures = [brightness(57.0, 44.0, 136.0, np.radians(18.0), nm) for nm in (2000.0, 2390.0, 10_000.0)]
    assert temperatures == sorted(temperatures, reverse=True)


def test_the_share_of_hot_facets_is_that_of_many_drawn_ones():
    """Monte Carlo over normal slopes, without the quadrature: view factors, balance and Planck written out."""
    i, e, psi = np.radians([57.0, 44.0, 136.0])
    rough = np.radians(12.0)
    slope = np.sqrt(np.pi / 2.0) * np.tan(rough) * np.random.default_rng(5).standard_normal((400_000, 2))
    n = np.column_stack([-slope, np.ones(len(slope))])
    length = np.linalg.norm(n, axis=1)
    sun = np.array([np.sin(i), 0.0, np.cos(i)])
    eye = np.array([np.sin(e) * np.cos(psi), np.sin(e) * np.sin(psi), np.cos(e)])
    lit, seen = np.maximum(n @ sun / length, 0.0), np.maximum(n @ eye, 0.0)
    taken, scattered = 1361.0 * 0.9 * np.cos(i), 1361.0 * 0.1 * np.cos(i)
    ground = 0.5 * (1.0 - 1.0 / length)
    flux = 1361.0 * 0.9 * lit + ground * (SOIL.emissivity * taken + 0.9 * scattered)
    kelvin = np.maximum(flux / (SOIL.emissivity * STEFAN_BOLTZMANN), 90.0**4) ** 0.25
    drawn = np.average(planck(2390.0, kelvin), weights=seen)
    expected = float(brightness_temperature(2390.0, drawn))
    assert brightness(57.0, 44.0, 136.0, rough) == pytest.approx(expected, abs=0.15)


def test_relief_that_keeps_its_own_temperature_is_a_millimetre_long_and_steep():
    # at 7 mm the slope along a line has a median of 10 degrees: 11.9 degrees of mean slope angle; steeper at 1 mm
    assert 17.0 < np.degrees(thermal_roughness(SOIL, 250.0)) < np.degrees(thermal_roughness(SOIL, 350.0)) < 21.0
    # Diviner's brightness temperatures at Apollo 11 ask for 20-30 degrees rms (Hayne et al., Diviner team, second-hand)
    rms = np.degrees(np.arctan(np.sqrt(np.pi) * np.tan(thermal_roughness(SOIL, 330.0))))
    assert 20.0 < rms < 35.0


def test_angles_in_an_array_are_each_as_alone():
    angles = np.array([cosines(i, 44.0, 136.0) for i in (20.0, 57.0, 75.0)])
    together = facets(*angles.T, np.radians(18.0))
    for k, one in enumerate(angles):
        for a, b in zip(together, facets(*one, np.radians(18.0)), strict=True):
            np.testing.assert_array_equal(a[k], b)
