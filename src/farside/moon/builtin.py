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
from farside.moon.lattice import Lattice, Surface
from farside.moon.marks import COLUMNS, gather, patch_share, radii2, units
from farside.moon.noise import fractal, gradient_noise

Array = NDArray[np.floating]

POST_DEG = 1 / 64
"""Spacing of the base lattice, 474 m: craters from 4 km up live in it."""

_R = MOON_RADIUS_M
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
    rough = np.array([[data[k]["longest_m"], data[k]["amplitude_m"], data[k]["hurst"]] for k in ("highland", "mare")])
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
        anchored=[c["floor_m"] for c in data["craters"]].index("anchored"),
        anchor=Site(anchor["lat_deg"], anchor["lon_deg"], anchor["elevation_m"]),
    )


class Builtin:
    """Base heights and brightness by formula: a pure function of seed, features and place."""

    def __init__(self, seed: int, features: Features) -> None:
        self.features = features
        self._seed = np.uint64(seed)
        step = math.radians(POST_DEG)
        self.surface = Surface(Lattice(-0.5 * math.pi, 0.0, step), self._fill)

    def _fill(self, lat: Array, lon: Array, times: int) -> tuple[Array, Array]:
        return self.nodes(lat, lon, self.surface.lattice.coarser(times).step * _R)

    def nodes(self, lat: Array, lon: Array, post_m: float) -> tuple[Array, Array]:
        """Heights (m) and brightness at latitudes (n,) and longitudes (m,), radians, for posts so wide; each (n, m)."""
        f = self.features
        height, bright = np.empty((len(lat), len(lon))), np.empty((len(lat), len(lon)))
        _nodes(
            self._seed,
            lat,
            lon,
            post_m,
            f.regional,
            f.rough,
            f.craters,
            f.rims,
            f.peaks,
            f.patches,
            f.young,
            pop.layers()[1],
            profile.table(),
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


@njit(cache=True, nogil=True, error_model="numpy")
def _nodes(
    seed: np.uint64,
    lat: np.ndarray,
    lon: np.ndarray,
    post: float,
    regional: np.ndarray,
    rough: np.ndarray,
    craters: np.ndarray,
    rims: np.ndarray,
    peaks: np.ndarray,
    patches: np.ndarray,
    young: np.ndarray,
    layers: np.ndarray,
    table: np.ndarray,
    height: np.ndarray,
    bright: np.ndarray,
) -> None:
    """Base heights (m) and brightness at the nodes lat x lon (radians) of a lattice with ``post`` metres spacing."""
    n, m = lat.shape[0], lon.shape[0]
    ca, la, lo = math.cos(0.5 * (lat[0] + lat[n - 1])), 0.5 * (lat[0] + lat[n - 1]), 0.5 * (lon[0] + lon[m - 1])
    qx, qy, qz = ca * math.cos(lo), ca * math.sin(lo), math.sin(la)
    # the warped nodes stay inside a cap somewhat wider than the tile's half diagonal
    cap = 0.75 * math.hypot(lat[n - 1] - lat[0], lon[m - 1] - lon[0]) + 4000.0 / _R
    near, count = gather(seed, layers, young, np.zeros((0, 6)), qx, qy, qz, cap, 0.5 * post, np.empty((256, COLUMNS)))
    octaves = max(1, int(math.log2(rough[0, 0] / post)))
    mare_octaves = max(0, int(math.log2(rough[1, 0] / post)))
    warp_seed, high_seed, mare_seed, spot_seed = (
        mix(seed + np.uint64(101)),
        mix(seed + np.uint64(102)),
        mix(seed + np.uint64(103)),
        mix(seed + np.uint64(104)),
    )
    for i in range(n):
        cos_lat, sin_lat = math.cos(lat[i]), math.sin(lat[i])
        for j in range(m):
            x0, y0, z0 = cos_lat * math.cos(lon[j]), cos_lat * math.sin(lon[j]), sin_lat
            px, py, pz = x0 * _R, y0 * _R, z0 * _R
            # craters are drawn on slightly warped ground: rims and walls come out scalloped
            x, y, z = x0, y0, z0
            for octave in range(4):
                wave = 64000.0 / 2.5**octave
                s = (0.13 if octave == 0 else 0.19) * wave / _R
                salt = np.uint64(10 * octave)
                x += s * gradient_noise(warp_seed + salt, px / wave, py / wave, pz / wave)
                y += s * gradient_noise(warp_seed + salt + np.uint64(1), px / wave, py / wave, pz / wave)
                z += s * gradient_noise(warp_seed + salt + np.uint64(2), px / wave, py / wave, pz / wave)
            norm = 1.0 / math.sqrt(x * x + y * y + z * z)
            x, y, z = x * norm, y * norm, z * norm
            level = _regional(regional, x0, y0, z0)
            noise = rough[0, 1] * fractal(high_seed, px, py, pz, rough[0, 0], octaves, rough[0, 2])
            total = 0
            for k in range(count):
                q = near[k]
                # small craters are rounder
                f = 1.0 if q[10] >= _COMPLEX else 0.25
                u, v, w = x0 + f * (x - x0), y0 + f * (y - y0), z0 + f * (z - z0)
                r2 = radii2(q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7], q[8], u, v, w)
                if r2 < _REACH2:
                    total += units(table, int(near[k, 10]), near[k, 9], r2)
            h = level + noise + total / _UNIT
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
                    broken = noise / rough[0, 1]
                    steps = 0.10 * broken * math.sin(4 * math.pi * t + 9.0 * broken) * math.sin(math.pi * t)
                    rise = min(1.0, max(0.0, t + steps)) ** 1.25
                    h = floor + (rim - floor) * rise + noise * (c[6] + (0.5 - 0.5 * c[6]) * rise)
                else:
                    w = r**-3.0 * (1 - _smooth((r - 1) / 1.4))
                    h = h * (1 - w) + (rim + (0.5 + 0.5 * c[6]) * noise) * w
            for k in range(peaks.shape[0]):
                p = peaks[k]
                dx, dy, dz = x - p[0], y - p[1], z - p[2]
                r2 = (dx * dx + dy * dy + dz * dz) / (p[3] * p[3])
                if r2 < 6.0:
                    g = math.exp(-2.2 * r2)
                    h += p[4] * g * (1.0 + 0.8 * noise / rough[0, 1])
            mare = patch_share(patches, x, y, z)
            if mare > 0.0 and mare_octaves > 0:
                h += mare * rough[1, 1] * fractal(mare_seed, px, py, pz, rough[1, 0], mare_octaves, rough[1, 2])
            height[i, j] = h
            spots = fractal(spot_seed, px, py, pz, 12000.0, max(1, min(4, octaves - 2)), 0.5)
            bright[i, j] = (1.2 - 0.2 * mare) * (1.0 + 0.16 * spots)
