"""The base surface where no elevation file is given: regional level, rough highland, named craters, lava floors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numba import njit
from numpy.typing import NDArray

from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import marks as mk
from farside.moon import population as pop
from farside.moon import profile
from farside.moon.cells import mix
from farside.moon.craters import Known
from farside.moon.gather import STRETCH, Scatter, gather, patch_share, scatter
from farside.moon.lattice import Lattice, Surface
from farside.moon.marks import COLUMNS, LARGE, SORT, radii2, units
from farside.moon.noise import fractal, gradient_noise, octaves

Array = NDArray[np.floating]

POST_DEG = 1 / 64
"""Spacing of the base lattice, 474 m: craters from 4 km and waves from 2 km up live in it."""

SPOTS_M, SPOTTED = 12_000.0, 0.16
"""Longest waves of the brightness and their share of it: assumed."""

CREST = 0.3
"""Share of the highland's roughness on a rim, whose course is given."""

_R, _SPOTS_M, _CREST = MOON_RADIUS_M, SPOTS_M, CREST
_REACH2 = profile.REACH**2
_UNIT = mk.HEIGHT_UNIT
_COMPLEX = profile.COMPLEX


@dataclass(frozen=True)
class Features:
    """What features.yaml says, as arrays: each row starts with a unit vector (MOON_ME) and a radius over R."""

    regional: Array
    rough: Array
    craters: Array
    rims: Array
    peaks: Array
    patches: Array
    young: Array
    small: Array
    clear: Array
    swept: Array
    anchored: int
    anchor: Site

    def with_floor(self, floor_m: float) -> Features:
        """The same land with the anchored crater floor at ``floor_m``."""
        craters = self.craters.copy()
        craters[self.anchored, 4] = floor_m
        return Features(**{**self.__dict__, "craters": craters})


def _point(entry: dict[str, Any]) -> list[float]:
    return Site(entry["lat_deg"], entry["lon_deg"]).up.tolist()


def load_features() -> Features:
    """Read features.yaml."""
    data = yaml.safe_load(files("farside.moon").joinpath("features.yaml").read_text(encoding="utf-8"))
    region, basin = data["regional"], data["regional"]["basin"]
    offset = Site(region["offset_lat_deg"], region["offset_lon_deg"]).up * region["offset_m"]
    regional = np.array(
        [
            region["mean_m"],
            *offset,
            *_point(basin),
            basin["floor_radius_m"] / _R,
            basin["radius_m"] / _R,
            basin["depth_m"],
        ]
    )
    columns = ("longest_m", "amplitude_m", "hurst", "shortest_m")
    rough = np.array([[data[k][column] for column in columns] for k in ("highland", "mare")])
    anchor = data["anchor"]
    floors = [anchor["elevation_m"] if c["floor_m"] == "anchored" else c["floor_m"] for c in data["craters"]]
    craters = np.array(
        [
            [*_point(c), c["diameter_m"] / 2 / _R, f, c["floor_share"], c["rough"]]
            for c, f in zip(data["craters"], floors, strict=True)
        ]
    )
    patches = np.array([[*_point(p), p["radius_m"] / _R, p["edge_m"] / _R] for p in data["mare_patches"]])
    small = np.array([[*_point(c), c["diameter_m"], c["depth_m"], c["k"]] for c in data["small_craters"]])
    clear = data["clear"]
    return Features(
        regional=regional,
        rough=rough,
        craters=craters,
        rims=np.array([c["rim_m"] for c in data["craters"]], float),
        peaks=np.array([[*_point(p), p["radius_m"] / _R, p["height_m"]] for p in data["peaks"]]),
        patches=patches,
        young=np.concatenate([patches, np.insert(craters[craters[:, 6] < 0.3, :4], 4, 0.0, axis=1)]),
        small=small,
        clear=np.array([[*_point(clear), clear["radius_m"], clear["from_diameter_m"], clear["fresher_than_k"]]]),
        swept=np.array([[*_point(clear), clear["radius_m"], clear["rocks_from_m"]]]),
        anchored=[c["floor_m"] for c in data["craters"]].index("anchored"),
        anchor=Site(anchor["lat_deg"], anchor["lon_deg"], anchor["elevation_m"]),
    )


class Builtin:
    """Base heights and brightness by formula: a pure function of seed, features and place."""

    def __init__(self, seed: int, features: Features) -> None:
        self.features = features
        self._seed = np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
        self._large = scatter(pop.layers()[1], seed, features.young, np.zeros((0, 6)))
        step = math.radians(POST_DEG)
        self.surface = Surface(Lattice(-0.5 * math.pi, 0.0, step), self._fill)

    def _fill(self, lat: Array, lon: Array, times: int, resolution_m: float) -> tuple[Array, Array]:
        return self.nodes(lat, lon, self.surface.lattice.coarser(times).step * _R, resolution_m)

    def giants(self) -> Known:
        """The large named craters, as a list knows them: rim to rim, and from the mean rim to the floor."""
        c = self.features.craters
        known = Known.at(c[:, :3], 2 * c[:, 3] * _R, self.features.rims.mean(1) - c[:, 4], "named", np.zeros(len(c)))
        known.marks[:, SORT] = LARGE
        return known

    def buried(self, places: Array) -> NDArray[np.bool_]:
        """Whether unit vectors (n, 3) lie inside a large named crater, which has wiped out what was there before."""
        c = self.features.craters
        return (np.linalg.norm(places[:, None] - c[None, :, :3], axis=-1) < c[:, 3]).any(1)

    def nodes(self, lat: Array, lon: Array, post_m: float, resolution_m: float) -> tuple[Array, Array]:
        """Heights (m) and brightness at latitudes (n,) and longitudes (m,), radians, for posts so wide; each (n, m).

        As they are averaged over squares of ``resolution_m``; 0 for the ground itself, as far as posts can carry it.
        """
        f = self.features
        waves = [
            octaves(longest, high, hurst, resolution_m, max(shortest, 2 * post_m))
            for longest, high, hurst, shortest in f.rough
        ]
        height, bright = np.empty((len(lat), len(lon))), np.empty((len(lat), len(lon)))
        _nodes(
            self._seed,
            lat,
            lon,
            f.regional,
            f.rough,
            f.craters,
            f.rims,
            f.peaks,
            f.patches,
            self._large,
            *waves,
            octaves(SPOTS_M, SPOTTED, 0.5, resolution_m, max(2 * post_m, SPOTS_M / 8)),
            profile.table(),
            max(post_m, resolution_m),
            height,
            bright,
        )
        return height, bright


@njit(cache=True, nogil=True, error_model="numpy")
def _smooth(t: float) -> float:
    t = min(1.0, max(0.0, t))
    return t * t * (3 - 2 * t)


@njit(cache=True, nogil=True, error_model="numpy")
def _rim(rims: np.ndarray, azimuth: float) -> float:
    """Rim elevation at an azimuth, through values at equal steps (smooth between)."""
    n = rims.shape[0]
    a = azimuth / (2 * math.pi) * n
    i = math.floor(a)
    t = _smooth(a - i)
    return (1 - t) * rims[i % n] + t * rims[(i + 1) % n]


@njit(cache=True, nogil=True, error_model="numpy")
def _regional(r: np.ndarray, x: float, y: float, z: float) -> float:
    dx, dy, dz = x - r[4], y - r[5], z - r[6]
    d = math.sqrt(dx * dx + dy * dy + dz * dz)
    return r[0] + r[1] * x + r[2] * y + r[3] * z - r[9] * (1 - _smooth((d - r[7]) / (r[8] - r[7])))


WARP_M = 20_000.0
"""No place is drawn farther than this from where it is: three times what four octaves of noise do in the mean."""

BLOCK = 16
"""Nodes along the side of a block that shares its large craters."""

_WARP_M, _BLOCK = WARP_M, BLOCK
_REACHED = profile.REACH * STRETCH / _R


@njit(cache=True, nogil=True, error_model="numpy")
def _warped(seed: np.uint64, x: float, y: float, z: float) -> tuple:
    """Where a place is looked up: craters are drawn on slightly warped ground, so rims and walls come out scalloped."""
    px, py, pz = x * _R, y * _R, z * _R
    for octave in range(4):
        wave = 64000.0 / 2.5**octave
        s = (0.13 if octave == 0 else 0.19) * wave / _R
        salt = seed + np.uint64(10 * octave)
        x += s * gradient_noise(salt, px / wave, py / wave, pz / wave)
        y += s * gradient_noise(salt + np.uint64(1), px / wave, py / wave, pz / wave)
        z += s * gradient_noise(salt + np.uint64(2), px / wave, py / wave, pz / wave)
    norm = 1.0 / math.sqrt(x * x + y * y + z * z)
    return x * norm, y * norm, z * norm


@njit(cache=True, nogil=True, error_model="numpy")
def _carved(
    h: float, noise: float, broken: float, x: float, y: float, z: float, craters: np.ndarray, rims: np.ndarray
) -> float:
    """Height (m) of land at ``h`` after the named craters; noise: its roughness (m), broken: that over its scale."""
    for k in range(craters.shape[0]):
        c = craters[k]
        dx, dy, dz = x - c[0], y - c[1], z - c[2]
        r = math.sqrt(dx * dx + dy * dy + dz * dz) / c[3]
        if r > 2.4:
            continue
        cl = math.hypot(c[0], c[1])
        east, north = (dy * c[0] - dx * c[1]) / cl, (dz - c[2] * (dx * c[0] + dy * c[1] + dz * c[2])) / cl
        rim = _rim(rims[k], math.atan2(east, north))
        floor, share = c[4], c[5]
        if r < 1.0:
            t = max(0.0, (r - share) / (1 - share))
            # slumped blocks: steps down the wall that come and go along it
            steps = 0.10 * broken * math.sin(4 * math.pi * t + 9.0 * broken) * math.sin(math.pi * t)
            rise = min(1.0, max(0.0, t + steps)) ** 1.25
            h = floor + (rim - floor) * rise + noise * (c[6] + _CREST * (1.0 - c[6]) * rise)
        else:
            w = r**-3.0 * (1 - _smooth((r - 1) / 1.4))
            h = h * (1 - w) + (rim + (_CREST + (1.0 - _CREST) * c[6]) * noise) * w
    return h


@njit(cache=True, nogil=True, error_model="numpy")
def _peaks(peaks: np.ndarray, broken: float, x: float, y: float, z: float) -> float:
    """Height (m) of the central mountains."""
    h = 0.0
    for k in range(peaks.shape[0]):
        p = peaks[k]
        dx, dy, dz = x - p[0], y - p[1], z - p[2]
        r2 = (dx * dx + dy * dy + dz * dz) / (p[3] * p[3])
        if r2 < 6.0:
            h += p[4] * math.exp(-2.2 * r2) * (1.0 + 0.8 * broken)
    return h


@njit(cache=True, nogil=True, error_model="numpy")
def _marked(
    marks: np.ndarray, table: np.ndarray, x0: float, y0: float, z0: float, x: float, y: float, z: float
) -> float:
    """Height (m) that marks add at a place (x0, y0, z0) that is looked up at (x, y, z)."""
    total = 0
    for k in range(marks.shape[0]):
        q = marks[k]
        # small craters are rounder
        f = 1.0 if q[8] >= _COMPLEX else 0.25
        u, v, w = x0 + f * (x - x0), y0 + f * (y - y0), z0 + f * (z - z0)
        r2 = radii2(q[0], q[1], q[2], q[3], q[4], q[5], q[6], u, v, w)
        if r2 < _REACH2:
            total += units(table, int(q[8]), q[7], r2)
    return total / _UNIT


@njit(cache=True, nogil=True, error_model="numpy")
def _block_marks(near: np.ndarray, places: np.ndarray, chosen: np.ndarray) -> int:
    """Copy the marks that reach one of ``places`` (n, 3), warped as they may be, into ``chosen``; how many."""
    x, y, z = places[0, 0], places[0, 1], places[0, 2]
    spread = 0.0
    for k in range(places.shape[0]):
        dx, dy, dz = places[k, 0] - x, places[k, 1] - y, places[k, 2] - z
        spread = max(spread, dx * dx + dy * dy + dz * dz)
    cap, n = math.sqrt(spread) + _WARP_M / _R, 0
    for k in range(near.shape[0]):
        dx, dy, dz = near[k, 0] - x, near[k, 1] - y, near[k, 2] - z
        if math.sqrt(dx * dx + dy * dy + dz * dz) < cap + 0.5 * near[k, 10] * _REACHED:
            chosen[n] = near[k]
            n += 1
    return n


@njit(cache=True, nogil=True, error_model="numpy")
def _nodes(
    seed: np.uint64,
    lat: np.ndarray,
    lon: np.ndarray,
    regional: np.ndarray,
    rough: np.ndarray,
    craters: np.ndarray,
    rims: np.ndarray,
    peaks: np.ndarray,
    patches: np.ndarray,
    large: Scatter,
    highland: np.ndarray,
    lava: np.ndarray,
    spots: np.ndarray,
    table: np.ndarray,
    resolution: float,
    height: np.ndarray,
    bright: np.ndarray,
) -> None:
    """Base heights (m) and brightness at the nodes lat x lon (radians) of a lattice, averaged over ``resolution`` m."""
    n, m = lat.shape[0], lon.shape[0]
    width = (lon[m - 1] - lon[0]) % (2 * math.pi)
    la, lo = 0.5 * (lat[0] + lat[n - 1]), lon[0] + 0.5 * width
    qx, qy, qz = math.cos(la) * math.cos(lo), math.cos(la) * math.sin(lo), math.sin(la)
    cap = 0.51 * math.hypot(lat[n - 1] - lat[0], width) + _WARP_M / _R
    near, count = gather(large, 0, large.rows.shape[0], qx, qy, qz, cap, resolution, np.empty((256, COLUMNS)), 0)
    near, chosen = near[:count], np.empty((count, COLUMNS))
    warp_seed, high_seed = mix(seed + np.uint64(101)), mix(seed + np.uint64(102))
    mare_seed, spot_seed = mix(seed + np.uint64(103)), mix(seed + np.uint64(104))
    flat, tall, east, north = np.cos(lat), np.sin(lat), np.cos(lon), np.sin(lon)
    places = np.empty((_BLOCK * _BLOCK, 3))
    for i0 in range(0, n, _BLOCK):
        for j0 in range(0, m, _BLOCK):
            rows, columns = min(_BLOCK, n - i0), min(_BLOCK, m - j0)
            for k in range(rows * columns):
                i, j = i0 + k // columns, j0 + k % columns
                places[k, 0], places[k, 1], places[k, 2] = flat[i] * east[j], flat[i] * north[j], tall[i]
            here = chosen[: _block_marks(near, places[: rows * columns], chosen)]
            for k in range(rows * columns):
                i, j = i0 + k // columns, j0 + k % columns
                x0, y0, z0 = places[k, 0], places[k, 1], places[k, 2]
                px, py, pz = x0 * _R, y0 * _R, z0 * _R
                x, y, z = _warped(warp_seed, x0, y0, z0)
                noise = fractal(high_seed, px, py, pz, highland, rough[0, 0])
                broken = noise / rough[0, 1]
                h = _regional(regional, x0, y0, z0) + noise + _marked(here, table, x0, y0, z0, x, y, z)
                h = _carved(h, noise, broken, x, y, z, craters, rims) + _peaks(peaks, broken, x, y, z)
                mare = patch_share(patches, x, y, z)
                if mare > 0.0:
                    h += mare * fractal(mare_seed, px, py, pz, lava, rough[1, 0])
                height[i, j] = h
                bright[i, j] = (1.2 - 0.2 * mare) * (1.0 + fractal(spot_seed, px, py, pz, spots, _SPOTS_M))
