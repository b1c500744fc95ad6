"""Halo families: members against the JPL catalogue and other published ones, ends and folds, and what a family costs.

Times are of CPU (``time.process_time``), without the integrator's compilation, which is told by itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.claim import Claim
from farside.flight import Halo, halo_family, halo_orbit
from farside.flight.continuation import QUANTITIES, continuation
from farside.flight.cr3bp import TU_S, propagate
from farside.flight.halo import CATALOGUE
from farside.work import rng

DAYS = TU_S / 86_400.0
# Of the catalogue's rows: Jacobi constant, and stability index with a unit of its last digit. Two of these are rounded
# up (extended precision gives 508.7747 and 271.3049), so that unit is the target, not its half.
JACOBI = (
    3.152118856537, 3.149258418297, 3.146144201231, 3.142203749361, 3.132895458425,
    3.110280812639, 3.075322120630, 3.047909522304, 3.023750675282, 3.015178340090,
)  # fmt: skip
STABILITY = (606.11, 576.75, 545.97, 508.78, 428.26, 271.31, 115.43, 46.65, 11.76, 1.047)
LAST_DIGIT = (0.01,) * 9 + (0.001,)
QUEQIAO = (1.1797684050315971, -0.0333587372948117, -0.1619879713483011, 3.4063942680465)
QUEQIAO_JACOBI, QUEQIAO_STABILITY = 3.147294226196, 557.195
# Zimovan Spreen 2021 (dissertation, Purdue University, p. 245-246): x0, z0, vy0, period and Jacobi constant of near-
# rectilinear orbits, with a mass ratio that differs from ours in its seventh digit.
RECTILINEAR = {
    "9:2": ((1.02134, -0.18162, -0.10176), 1.50206, 3.04719),
    "4:1": ((1.03545, -0.19003, -0.13071), 1.68981, 3.03476),
}
# Documentation of the JPL Three-Body Periodic Orbits API, version 1.0 (2020), L1 northern halo family of Earth and
# Moon: limits, and the first row of its table, far beyond the stretch that runs below the Moon's surface.
L1_GREATEST_JACOBI, L1_GREATEST_STABILITY, L1_LEAST_PERIOD = 3.1743435193301153, 1180.4065333857613, 1.8036720655626510
L1_ROW = Halo(-4.1456184803140111e-01, 9.0753120433295065e-01, 1.4076145460136695, 3.1233143922761588, "L1")
L1_ROW_JACOBI, L1_ROW_STABILITY = 0.19516273085815472, 243.40572681337468


def within(claim: str, off: float, target: float, unit: str = "") -> Claim:
    """A difference, told in units of a power of ten below its target, so that a table shows it."""
    power = int(np.floor(np.log10(target)))
    return Claim(claim, float(off) / 10.0**power, f"1e{power} {unit}".rstrip(), round(target / 10.0**power, 6))


def numbers(halo: Halo) -> np.ndarray:
    return np.array([halo.x0, halo.z0, halo.vy0, halo.period])


def claims() -> Iterator[Claim]:
    start = time.process_time()
    propagate(Halo(*QUEQIAO).start, 1.0)
    yield Claim("compiling the variational integrator, CPU", time.process_time() - start, "s", 2.0)
    for point in ("L2", "L1"):
        start = time.process_time()
        family = halo_family(point)
        yield Claim(f"{point} family of {len(family.members)} members, CPU", time.process_time() - start, "s", 3.0)
    yield from catalogue()
    yield from queqiao()
    yield from rectilinear()
    yield from ends()
    yield from beyond_the_surface()
    yield from questions()


def catalogue() -> Iterator[Claim]:
    rows = [Halo(*row) for row in CATALOGUE]
    found = [halo_orbit(branch="northern", period_days=row.period_days) for row in rows]
    off = [np.abs(numbers(a) - numbers(b)).max() for a, b in zip(found, rows, strict=True)]
    yield within("ten catalogue orbits close within", max(row.closure() for row in rows), 1e-10, "LU")
    energy = max(abs(row.jacobi - known) for row, known in zip(rows, JACOBI, strict=True))
    yield within("their Jacobi constants off by", energy, 5e-13)
    yield Claim(
        "their stability indices off, last digits",
        max(abs(r.stability - s) / d for r, s, d in zip(rows, STABILITY, LAST_DIGIT, strict=True)),
        "",
        1.0,
    )
    yield within("family's members of their periods off by", max(off), 1e-10, "LU")
    yield within("those members close within", max(halo.closure() for halo in found), 1e-10, "LU")


def queqiao() -> Iterator[Claim]:
    halo = halo_orbit(z_amplitude_km=13_000.0)
    yield within("Queqiao's member closes within", halo.closure(), 1e-12, "LU")
    yield within("its state and period off the tabled by", np.abs(numbers(halo) - QUEQIAO).max(), 5e-14, "LU")
    yield within("its Jacobi constant off by", abs(halo.jacobi - QUEQIAO_JACOBI), 5e-13)
    yield within("its stability index off by", abs(halo.stability - QUEQIAO_STABILITY), 5e-4)


def rectilinear() -> Iterator[Claim]:
    for name, (state, period, jacobi) in RECTILINEAR.items():
        halo = halo_orbit(period_days=period * DAYS)
        off = np.abs(np.array([halo.x0, halo.z0, halo.vy0]) - state).max()
        yield within(f"{name} near-rectilinear orbit of its period, state off by", off, 1e-5, "LU")
        yield within(f"{name} Jacobi constant off by", abs(halo.jacobi - jacobi), 1e-5)


def ends() -> Iterator[Claim]:
    for point in ("L2", "L1"):
        family = halo_family(point)
        planar = family.halo(family.members[0])
        yield within(f"{point} planar end: vertical index off 1 by", abs(planar.stability_indices[1] - 1.0), 1e-9)
        grazing = family.halo(family.members[-1])
        yield within(f"{point} near end: perilune off the surface by", abs(grazing.perilune_km - 1737.4), 1e-6, "km")
        worst = max(family.halo(member).closure() for member in family.members)
        yield within(f"{point} members close within", worst, 1e-10, "LU")
    first = halo_orbit("L1", "northern", jacobi=L1_GREATEST_JACOBI)
    off = abs(first.stability / L1_GREATEST_STABILITY - 1.0)
    yield within("L1 stability index at the published Jacobi constant off by", off, 1e-10)
    least = halo_family("L1").span("period_days")[0] / DAYS
    yield within("L1 fold below the catalogue's least period by", L1_LEAST_PERIOD - least, 1e-6, "TU")
    yield Claim("and not above it, by", 1e6 * (L1_LEAST_PERIOD - least), "1e-6 TU", 0.0, least=True)


def beyond_the_surface() -> Iterator[Claim]:
    """The published row lies on the same curve, past members whose perilune lies below the Moon's surface."""
    yield within("L1 published row closes within", L1_ROW.closure(), 1e-9, "LU")
    yield within("its Jacobi constant off by", abs(L1_ROW.jacobi - L1_ROW_JACOBI), 1e-12)
    yield within("its stability index off by", abs(L1_ROW.stability / L1_ROW_STABILITY - 1.0), 1e-8)
    family = halo_family("L1")
    members = []
    for member in continuation("L1"):
        members.append(member)
        if member.x[0] < L1_ROW.x0:
            break
    longer = type(family)("L1", tuple(members))
    [found] = [longer.halo(m) for m in longer.having("jacobi", L1_ROW_JACOBI)]
    off = np.abs(numbers(found) - numbers(L1_ROW)).max()
    yield within(f"L1 family followed for {len(members)} members meets it within", off, 1e-9, "LU")


def questions() -> Iterator[Claim]:
    generator = rng(8, "families")
    worst, start, asked = 0.0, time.process_time(), 0
    for point in ("L1", "L2"):
        for quantity in QUANTITIES:
            low, high = halo_family(point).span(quantity)
            for share in generator.random(10):
                value = low + share * (high - low)
                worst = max(worst, abs(getattr(halo_orbit(point, **{quantity: value}), quantity) / value - 1.0))
                asked += 1
    each = (time.process_time() - start) / asked
    yield within(f"{asked} members asked for have what was asked, off by", worst, 1e-10)
    yield Claim("a member asked for, CPU", 1e3 * each, "ms", 200.0)
