"""The ground: heights a second for points and for tiles, a square kilometre, equal bytes, averages, memory, start.

Rates are of CPU time on one core, the best of three rounds, with ten octaves of craters below a kilometre in view
(resolution 2 m), two of larger ones above, and the built-in land of Von Karman below them. No public terrain generator
runs beside them: the one that comes nearest, cratermaker, makes 25 to 29 craters a second here (GPLv3, 2 GB); at these
densities a point meets about eight.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.claim import Claim
from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import Moon
from farside.moon import population as pop
from farside.work import Pool

SEED = 20190103
SITE = Site(-45.2, 177.2, -5935.0)
TEN_OCTAVES_M = 2.0
ROUNDS = 3
AVERAGED = ((0.02, 8), (0.25, 8), (2.0, 8), (16.0, 8), (64.0, 8))
PLACES = ((-45.2, 177.2), (-45.0, 179.99), (-44.9, 176.8), (-53.2, 190.3), (5.0, 194.0))
ALONE = """
import json, resource, time
start = time.perf_counter()
from farside.moon import Moon
height = float(Moon(20190103).elevation(-45.4446, 177.5991, 0.25))
print(json.dumps([time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""
SQUARE = """
import json, resource, time
from farside.geometry import Site
from farside.moon import Moon
from farside.work import Pool
moon, site = Moon(20190103), Site(-45.2, 177.2, -5935.0)
moon.grid(site, 0.0, 0.0, 0.25, 65)
corners = [(x, y) for y in range(-500, 500, 125) for x in range(-500, 500, 125)]
start = time.perf_counter()
with Pool(2) as pool:
    tiles = list(pool.map(lambda c: moon.grid(site, c[0], c[1], 0.25, 500), corners, ahead=64))
print(json.dumps([time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def run(code: str) -> tuple[float, float]:
    """Seconds and memory (GB) of a program of its own, the second time, when its kernels are compiled."""
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, kilobytes = json.loads(done.stdout)
    return seconds, kilobytes * 1024 / 1e9


def rate(moon: Moon, lat: np.ndarray, lon: np.ndarray) -> float:
    """Points a second."""
    moon.elevation(lat, lon, TEN_OCTAVES_M)
    best = 0.0
    for _ in range(ROUNDS):
        start = time.process_time()
        moon.elevation(lat, lon, TEN_OCTAVES_M)
        best = max(best, len(lat) / (time.process_time() - start))
    return best


def strewn(n: int, width_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Random places in a square."""
    x, y = np.random.default_rng(1).uniform(-0.5, 0.5, (2, n)) * np.degrees(width_m / MOON_RADIUS_M)
    return SITE.lat_deg + y, SITE.lon_deg + x / np.cos(np.radians(SITE.lat_deg))


def grid_rate(moon: Moon, post_m: float) -> float:
    """Posts a second."""
    best = 0.0
    for _ in range(ROUNDS):
        start = time.process_time()
        moon.grid(SITE, -1000 * post_m, -1000 * post_m, post_m, 2000)
        best = max(best, 4e6 / (time.process_time() - start))
    return best


def differing(moon: Moon) -> int:
    """Bytes that depend on order, company, number of workers, or on which of two tiles an edge is taken from."""
    lat, lon = strewn(4000, 300.0)
    together = moon.elevation(lat, lon, 0.25)
    order = np.random.default_rng(2).permutation(len(lat))
    count = int((moon.elevation(lat[order], lon[order], 0.25) != together[order]).sum())
    count += sum(float(moon.elevation(lat[k], lon[k], 0.25)) != together[k] for k in range(0, 4000, 80))
    corners = [(x, y) for y in (-64.0, 0.0) for x in (-64.0, 0.0)]
    tiles = []
    for workers in (1, 3):
        with Pool(workers) as pool:
            fresh = Moon(SEED)
            tiles.append([t for t, _ in pool.map(lambda c, m=fresh: m.grid(SITE, *c, 0.5, 129), corners)])
    count += sum(int((a != b).sum()) for a, b in zip(*tiles, strict=True))
    west, east = (moon.tile(5, 13, 4000, column) for column in (5010, 5011))
    count += int((west.elevation[:, -1] != east.elevation[:, 0]).sum())
    one, other = moon.tile(5, 4, 0, 0), moon.tile(3, 4, 0, 0)  # across an edge of the cube
    return count + int((one.elevation[:, 0] != other.elevation[0]).sum())


def unlike(moon: Moon, fine: float, times: int) -> float:
    """Root mean square of coarse heights less averaged fine ones over the relief (highest less lowest), in per cent."""
    worst, n = 0.0, 50
    for lat, lon in PLACES:
        site, coarse = Site(lat, lon, -5935.0), fine * times
        corner = -0.5 * n * coarse
        f = moon.grid(site, corner + fine / 2, corner + fine / 2, fine, n * times)[0].astype(float)
        c = moon.grid(site, corner + coarse / 2, corner + coarse / 2, coarse, n)[0].astype(float)
        averaged = f.reshape(n, times, n, times).mean((1, 3))
        worst = max(worst, 100 * float(np.sqrt(np.mean((averaged - c) ** 2)) / np.ptp(f)))
    return worst


def claims() -> Iterator[Claim]:
    rows = pop.layers()[0]
    octaves = int(((2 * rows[:, pop.DMIN] > pop.HIDDEN * TEN_OCTAVES_M) & (rows[:, pop.DMIN] < 1000)).sum())
    assert octaves == 10, octaves
    moon = Moon(SEED)
    name = "heights a second, ten octaves"
    yield Claim(
        f"{name}, points as dense as the posts of a 0.25 m grid",
        rate(moon, *strewn(262_144, 128.0)) / 1e6,
        "M/s",
        0.5,
        least=True,
    )
    yield Claim(f"{name}, a point a square metre", rate(moon, *strewn(1_000_000, 1000.0)) / 1e6, "M/s", 0.5, least=True)
    yield Claim(
        f"{name}, lone points 100 m apart", rate(moon, *strewn(100_000, 30_000.0)) / 1e6, "M/s", 0.5, least=True
    )
    yield Claim(f"{name}, in tiles", grid_rate(moon, TEN_OCTAVES_M) / 1e6, "M/s", 2.0, least=True)
    yield Claim("heights a second in tiles of 0.25 m posts", grid_rate(moon, 0.25) / 1e6, "M/s", 2.0, least=True)
    yield Claim("heights a second in tiles of 5 mm posts", grid_rate(moon, 0.005) / 1e6, "M/s", 2.0, least=True)
    seconds, memory = run(SQUARE)
    yield Claim("a square kilometre of 0.25 m posts on two cores", seconds, "s", 10.0)
    yield Claim("memory of that", memory, "GB", 1.0)
    yield Claim("import to first height, kernels compiled", run(ALONE)[0], "s", 3.0)
    yield Claim("heights that depend on order, company, workers or tile", float(differing(moon)), "", 0.0)
    for fine, times in AVERAGED:
        what = f"ground at {fine * times:g} m against the average of {fine:g} m, rms over local relief"
        yield Claim(what, unlike(moon, fine, times), "%", 2.0)


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
