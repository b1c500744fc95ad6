"""Heat in the ground: against closed forms, a general solver, and the published model's numbers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from farside.errors import BadInput
from farside.physics import STEFAN_BOLTZMANN, column, conduct, lunar_soil, orbital_albedo, spin_up

LUNATION = 29.530589 * 86400.0
SOIL = lunar_soil()


def sunshine(steps, lat_deg, normal_albedo, start=0.0):
    """Absorbed sunlight at the end of each step of an equinoctial lunation from midnight on, and the local hours."""
    hours = start + 24.0 * np.arange(1, steps + 1) / steps
    mu0 = np.maximum(-np.cos(np.radians(lat_deg)) * np.cos(hours * np.pi / 12.0), 0.0)
    return 1361.0 * mu0 * (1.0 - orbital_albedo(mu0, normal_albedo)), hours


def repeated(lat_deg, normal_albedo, steps=709, ground=None, passes=80):
    """A lunation that has come over again and again: local hours, absorbed, surface, cells, column."""
    ground = ground or column(SOIL)
    flux, hours = sunshine(steps, lat_deg, normal_albedo)
    kelvin, _ = spin_up(ground, flux, LUNATION / steps, passes)
    surface, cells = conduct(ground, kelvin, flux, LUNATION / steps)
    return hours, flux, surface, cells, ground


@pytest.fixture(scope="module")
def von_karman():
    return {a: repeated(-45.44, a) for a in (0.08, 0.12)}


def test_soil_has_the_published_properties():
    assert SOIL.density([0.0, 0.06, 9.0]) == pytest.approx([1100.0, 1800.0 - 700.0 / np.e, 1800.0])
    assert SOIL.conductivity([0.0, 9.0], 350.0) == pytest.approx([7.4e-4 * 3.7, 3.4e-3 * 3.7])
    # near 760 J/kg/K at 300 K (Hemingway et al. 1981)
    c = np.polynomial.polynomial.polyval(300.0, SOIL.heat_capacity)
    assert c == pytest.approx(760.0, abs=15.0)


def test_cells_fill_the_column():
    ground = column(SOIL, 0.001, 1.05, 2.0)
    assert ground.edges_m[0] == 0.0
    assert ground.edges_m[-1] >= 2.0 > ground.edges_m[-2]
    np.testing.assert_allclose(np.diff(ground.edges_m)[1:] / np.diff(ground.edges_m)[:-1], 1.05)
    assert ground.gap_m.sum() == pytest.approx(ground.depth_m[-1])


def test_the_targets_at_45_south_are_met(von_karman):
    """Fact sheet descent-and-rover, section 9: A0 0.08 and 0.12, no season."""
    for albedo, highest, midnight, lowest in ((0.08, 350.0, 94.7, 88.6), (0.12, 346.0, 94.0, 88.0)):
        hours, _, surface, cells, ground = von_karman[albedo]
        assert surface.max() == pytest.approx(highest, abs=0.5)
        assert surface[-1] == pytest.approx(midnight, abs=0.3) == pytest.approx(93.0, abs=2.0)
        assert surface.min() == pytest.approx(lowest, abs=0.3) == pytest.approx(87.0, abs=2.0)
        # falling by 15 K in 0.1 h, it is 117 K a quarter of an hour after the Sun has set
        assert np.interp(18.2, hours, surface) == pytest.approx(117.0, abs=2.0)
        deep = np.interp([1.0, 2.0], ground.depth_m, cells.mean(axis=0))
        assert deep[1] == pytest.approx({0.08: 229.0, 0.12: 226.0}[albedo], abs=0.5)
        assert deep[1] - deep[0] == pytest.approx(3.0, abs=0.3)


def test_the_equator_is_as_diviner_saw_it():
    """Hayne et al. 2017, table A2: highlands, A0 0.12; noon 385 K, midnight 101 K, before dawn 95 K, each +- 5 K."""
    _, _, surface, _, _ = repeated(0.0, 0.12)
    assert surface.max() == pytest.approx(385.0, abs=5.0)
    assert surface[-1] == pytest.approx(101.0, abs=5.0)
    assert surface.min() == pytest.approx(95.0, abs=5.0)


def test_what_the_ground_takes_in_over_a_lunation_it_sends_out(von_karman):
    for _, flux, surface, cells, ground in von_karman.values():
        sent = SOIL.emissivity * STEFAN_BOLTZMANN * np.mean(surface**4)
        assert flux.mean() + SOIL.heat_flow == pytest.approx(sent, abs=1e-3)  # of 150 W/m2
        assert np.abs(cells[-1] - cells[0])[ground.depth_m > 0.5].max() < 0.02


def test_the_interiors_heat_flows_through_the_deep_ground(von_karman):
    _, _, _, cells, ground = von_karman[0.08]
    k = SOIL.contact(ground.edges_m[1:-1]) * (1.0 + SOIL.chi * (0.5 * (cells[:, 1:] + cells[:, :-1]) / 350.0) ** 3)
    up = np.mean(k * np.diff(cells, axis=1) / np.diff(ground.depth_m), axis=0)
    np.testing.assert_allclose(up[ground.edges_m[1:-1] > 0.3], SOIL.heat_flow, rtol=0.02)


def test_energy_is_kept_to_rounding_in_every_span():
    ground = column(SOIL)
    flux, _ = sunshine(400, -45.44, 0.1)
    kelvin = np.linspace(150.0, 240.0, ground.depth_m.size)
    step = LUNATION / 400

    def held(cells):
        c = np.array(SOIL.heat_capacity) / np.arange(1, 6)
        return ground.mass @ (cells * np.polynomial.polynomial.polyval(cells, c))

    states = [held(kelvin)]
    surface, cells = conduct(ground, kelvin, flux, step)
    states += [held(c) for c in cells]
    h = np.array(states)
    # BDF2 after one backward Euler step: each step's change, as the scheme weighs it, is what went in
    change = np.concatenate([[h[1] - h[0]], 1.5 * h[2:] - 2.0 * h[1:-1] + 0.5 * h[:-2]])
    gained = flux - SOIL.emissivity * STEFAN_BOLTZMANN * surface**4 + SOIL.heat_flow
    np.testing.assert_allclose(change, gained * step, rtol=0, atol=1e-3)  # J/m2, of 1e7


def test_small_waves_of_heat_sink_in_as_the_closed_form_says():
    """Uniform ground that neither changes nor feels radiation in its pores: Carslaw and Jaeger 1959, section 2.6."""
    plain = replace(
        SOIL, density_surface=1800.0, chi=0.0, contact_surface=3e-3, contact_deep=3e-3, heat_flow=0.0,
        heat_capacity=(700.0, 0.0, 0.0, 0.0, 0.0),
    )  # fmt: skip
    ground = column(plain, 0.0005, 1.06, 0.8)
    mean, wave, steps = 250.0, 0.01, 720
    omega = 2.0 * np.pi / LUNATION
    t = LUNATION / steps * np.arange(1, 8 * steps + 1)
    glow = plain.emissivity * STEFAN_BOLTZMANN
    kelvin = np.full(ground.depth_m.size, mean)
    surface, cells = conduct(ground, kelvin, glow * mean**4 + wave * np.cos(omega * t), LUNATION / steps)
    depth = np.sqrt(2.0 * 3e-3 / (1800.0 * 700.0 * omega))
    q = (1.0 + 1.0j) / depth
    amplitude = wave / (4.0 * glow * mean**3 + 3e-3 * q)
    last, turned = slice(-steps, None), np.exp(1j * omega * t[-steps:])
    np.testing.assert_allclose(surface[last] - mean, (amplitude * turned).real, atol=2e-3 * abs(amplitude))
    for k in (np.searchsorted(ground.depth_m, x) for x in (0.02, 0.06, 0.15)):
        below = (amplitude * np.exp(-q * ground.depth_m[k]) * turned).real
        np.testing.assert_allclose(cells[last, k] - mean, below, atol=4e-3 * abs(amplitude))


def test_a_general_stiff_solver_agrees():
    """Method of lines with the same cells, written out and given to LSODA; the surface solved for at each call."""
    ground = column(SOIL, 0.003, 1.25, 1.0)
    step, steps = 900.0, 700  # from the night over sunrise into the morning
    flux, _ = sunshine(round(LUNATION / step), -45.44, 0.1)
    flux = flux[400 : 400 + steps]
    glow, c = SOIL.emissivity * STEFAN_BOLTZMANN, SOIL.heat_capacity

    def conductivity(k, mean):
        return ground.contact[k] * (1.0 + SOIL.chi * (mean / 350.0) ** 3) / ground.gap_m[k]

    def surface_of(first, absorbed):
        low, high = 20.0, 500.0
        for _ in range(60):
            t = 0.5 * (low + high)
            short = absorbed + conductivity(0, 0.5 * (t + first)) * (first - t) - glow * t**4
            low, high = (t, high) if short > 0.0 else (low, t)
        return t

    def slope(seconds, cells):
        absorbed = np.interp(seconds, step * np.arange(1, steps + 1), flux)
        x = np.concatenate([[surface_of(cells[0], absorbed)], cells])
        down = conductivity(np.arange(cells.size), 0.5 * (x[1:] + x[:-1])) * (x[:-1] - x[1:])
        gained = down - np.append(down[1:], -SOIL.heat_flow)
        return gained / (ground.mass * np.polynomial.polynomial.polyval(cells, c))

    start = 95.0 + 120.0 * (1.0 - np.exp(-ground.depth_m / 0.05))
    kelvin = start.copy()
    surface, cells = conduct(ground, kelvin, flux, step)
    at = step * np.arange(1, steps + 1)
    found = solve_ivp(slope, (0.0, at[-1]), start, "LSODA", t_eval=at, rtol=1e-7, atol=1e-5, max_step=step)
    day = np.arange(steps) > 2
    np.testing.assert_allclose(cells[day], found.y.T[day], atol=0.25)
    tops = [surface_of(found.y[0, k], flux[k]) for k in range(steps)]
    np.testing.assert_allclose(surface[day], np.array(tops)[day], atol=0.25)
    assert np.abs(cells[-1] - found.y[:, -1]).max() < 0.02


@pytest.fixture(scope="module")
def finest():
    return repeated(-45.44, 0.08, 2836, column(SOIL, 0.0005, 1.045, 2.5), 60)


@pytest.mark.parametrize(
    ("steps", "first_m", "growth", "night_k", "dawn_k"),
    [(709, 0.002, 1.1, 0.06, 0.3), (2836, 0.002, 1.1, 0.06, 0.3), (2836, 0.001, 1.05, 0.02, 0.1)],
)
def test_finer_cells_and_steps_change_little(finest, steps, first_m, growth, night_k, dawn_k):
    hours, _, surface, cells, ground = repeated(-45.44, 0.08, steps, column(SOIL, first_m, growth, 2.5))
    best = np.interp(hours, finest[0], finest[2])
    dark, dawn = (hours > 18.5) | (hours < 5.9), (hours > 6.2) & (hours < 6.6)
    assert np.abs(surface - best)[dark].max() < night_k
    assert np.abs(surface - best)[dawn].max() < dawn_k
    assert np.abs(surface - best)[(hours > 8.0) & (hours < 16.0)].max() < 0.02
    deep = np.interp([0.3, 1.0], ground.depth_m, cells.mean(axis=0))
    np.testing.assert_allclose(deep, np.interp([0.3, 1.0], finest[4].depth_m, finest[3].mean(axis=0)), atol=0.05)


def test_a_shadow_that_falls_is_felt_at_the_surface_first():
    """An eclipse of two hours: the surface falls by 100 K and more, ground 10 cm down hardly notices."""
    ground = column(SOIL)
    flux, _ = sunshine(2836, 0.0, 0.12)
    kelvin, _ = spin_up(ground, flux, LUNATION / 2836, 40)
    noon, dark = flux[:1418], np.zeros(8)
    _, lit = conduct(ground, kelvin.copy(), flux[:1426], LUNATION / 2836)
    surface, cells = conduct(ground, kelvin, np.concatenate([noon, dark]), LUNATION / 2836)
    assert surface[1417] - surface[-1] > 150.0
    assert abs(np.interp(0.1, ground.depth_m, cells[-1] - lit[-1])) < 0.01


def test_a_constant_flux_is_sent_out_again():
    ground = column(SOIL)
    kelvin = np.full(ground.depth_m.size, 240.0)
    surface, _ = conduct(ground, kelvin, np.full(40, 400.0), 1e9)
    assert SOIL.emissivity * STEFAN_BOLTZMANN * surface[-1] ** 4 == pytest.approx(400.018, rel=1e-6)


@pytest.mark.parametrize("bad", [np.nan, -1.0, np.inf])
def test_fluxes_that_cannot_be_are_refused(bad):
    ground = column(SOIL)
    with pytest.raises(BadInput, match="at least 0 W"):
        conduct(ground, np.full(ground.depth_m.size, 200.0), np.array([1.0, bad]), 3600.0)
