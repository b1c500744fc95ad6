"""The reflection of sunlight by regolith."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.physics import Regolith, diffusive_reflectance, hapke_radf, von_karman_regolith

# One cell of the WAC parameter maps at the site, 415, 566 and 643 nm, with values from an independent evaluation
# (fact sheet lunar-surface, section 8).
CELL = [
    Regolith(0.19927, 0.25337, 0.16863, 2.21565, 0.04192, np.radians(23.66)),
    Regolith(0.29043, 0.23967, 0.30293, 1.81066, 0.02644, np.radians(23.66)),
    Regolith(0.33974, 0.22988, 0.40380, 1.71254, 0.01615, np.radians(23.66)),
]
PUBLISHED = {
    (30, 0, 0): (0.04293, 0.06167, 0.07236),
    (60, 0, 0): (0.01967, 0.02995, 0.03626),
    (60, 60, 0): (0.12418, 0.16727, 0.19530),
    (60, 60, 90): (0.02051, 0.03129, 0.03786),
    (60, 60, 180): (0.01606, 0.02350, 0.02757),
    (75, 80, 0): (0.08692, 0.10947, 0.11668),
    (75, 80, 90): (0.01165, 0.01762, 0.02117),
    (75, 80, 180): (0.00614, 0.00830, 0.00921),
}
degrees = st.floats(0.0, 89.0)


def cosines(i, e, psi):
    i, e, psi = np.radians([i, e, psi])
    return np.cos(i), np.cos(e), np.cos(i) * np.cos(e) + np.sin(i) * np.sin(e) * np.cos(psi)


def readable_radf(mu0, mu, cos_g, s):
    """The formulas of the fact sheet, written out on arrays with angles: the kernel's oracle."""
    i, e, g = np.arccos(mu0), np.arccos(mu), np.arccos(cos_g)
    t = np.tan(s.roughness)
    chi = 1 / np.sqrt(1 + np.pi * t**2)
    psi = np.arccos(np.clip((np.cos(g) - mu0 * mu) / (np.sin(i) * np.sin(e)), -1, 1))

    def e1(y):
        return np.exp(-2 / (np.pi * t * np.tan(y)))

    def e2(y):
        return np.exp(-1 / (np.pi * t**2 * np.tan(y) ** 2))

    def eta(y):
        return chi * (np.cos(y) + np.sin(y) * t * e2(y) / (2 - e1(y)))

    f, s2 = np.exp(-2 * np.tan(psi / 2)), np.sin(psi / 2) ** 2
    near = i <= e
    den = np.where(near, 2 - e1(e) - psi / np.pi * e1(i), 2 - e1(i) - psi / np.pi * e1(e))
    up0 = np.where(near, np.cos(psi) * e2(e) + s2 * e2(i), e2(i) - s2 * e2(e))
    up = np.where(near, e2(e) - s2 * e2(i), np.cos(psi) * e2(i) + s2 * e2(e))
    mu0e, mue = chi * (mu0 + np.sin(i) * t * up0 / den), chi * (mu + np.sin(e) * t * up / den)
    last = np.where(near, mu0 / eta(i), mu / eta(e))
    shadow = mue / eta(e) * mu0 / eta(i) * chi / (1 - f + f * chi * last)
    r0 = float(diffusive_reflectance(s.w))

    def h(x):
        return 1 / (1 - s.w * x * (r0 + (1 - 2 * r0 * x) / 2 * np.log((1 + x) / x)))

    phase = sum(
        (1 + sign * s.c) / 2 * (1 - s.b**2) / (1 - sign * 2 * s.b * np.cos(g) + s.b**2) ** 1.5 for sign in (1, -1)
    )
    surge = 1 + s.bs0 / (1 + np.tan(g / 2) / s.hs)
    return s.w / 4 * mu0e / (mu0e + mue) * (phase * surge + h(mu0e) * h(mue) - 1) * shadow


OPPOSITION = {0.01: (0.1246, 0.1684, 0.1968), 1.0: (0.1104, 0.1431, 0.1564), 5.0: (0.0817, 0.1039, 0.1115)}


@pytest.mark.parametrize("angles", PUBLISHED)
def test_radf_at_the_site_has_the_values_of_the_fact_sheet(angles):
    measured = [float(hapke_radf(*cosines(*angles), soil)) for soil in CELL]
    np.testing.assert_allclose(measured, PUBLISHED[angles], atol=1.2e-5)  # parameters are rounded to five digits


@pytest.mark.parametrize("g", OPPOSITION)
def test_regolith_brightens_towards_opposition(g):
    measured = [float(hapke_radf(*cosines(g, 0, 0), soil)) for soil in CELL]
    np.testing.assert_allclose(measured, OPPOSITION[g], atol=5.5e-5)


@settings(max_examples=150, deadline=None)
@given(degrees, degrees, st.floats(0.0, 180.0), st.sampled_from(CELL))
def test_reflection_is_reciprocal(i, e, psi, soil):
    mu0, mu, cos_g = cosines(i, e, psi)
    there, back = float(hapke_radf(mu0, mu, cos_g, soil)) / mu0, float(hapke_radf(mu, mu0, cos_g, soil)) / mu
    assert there == pytest.approx(back, rel=1e-12)


def test_kernel_agrees_with_the_formulas_written_out():
    rng = np.random.default_rng(4)
    i, e, psi = rng.uniform(1, 85, 2000), rng.uniform(1, 85, 2000), rng.uniform(1, 179, 2000)
    mu0, mu, cos_g = np.array([cosines(*angles) for angles in zip(i, e, psi, strict=True)]).T
    for soil in (*CELL, von_karman_regolith(550.0)):
        np.testing.assert_allclose(hapke_radf(mu0, mu, cos_g, soil), readable_radf(mu0, mu, cos_g, soil), rtol=1e-9)


def test_nothing_is_reflected_from_below_the_surface():
    assert hapke_radf([-0.1, 0.5, 0.0], [0.5, -0.1, 0.5], 0.3, CELL[0]).tolist() == [0.0, 0.0, 0.0]
