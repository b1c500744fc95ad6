r"""The horizon mask: how high the ground stands all round an eye, and how far away that ground is.

Heights come in the eye's own frame (along the site's up), so the Moon's curvature is in them and nothing is added::

    eye o-----------------------------------  level of the eye
         `-.  elevation = atan2(z - eye, r)
            `-.___/\_________/\/\_______      ground, falling away as the sphere does
    levels   |fine|  coarse |   coarser  |    square grids, each twice as wide as the one inside it

A level's cells are two triangles each (as in ``Relief``). Along a ray the height is then straight between the lines of
the triangles, and (z - eye)/r is largest where the ray crosses one: the search over crossings misses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput, DamagedFile
from farside.geometry import MOON_RADIUS_M, Site, azel
from farside.moon.moon import Moon
from farside.moon.relief import Relief
from farside.work import atomic_write

Array = NDArray[np.float64]
Level = tuple[NDArray[np.float32], float]
"""Heights (n + 1, n + 1) of a square grid centred on the site, and the spacing of its posts, m."""

AZIMUTHS = 3600
"""Directions of a mask: one every 0.1 deg. At 60 km they are 105 m apart."""
HIGHEST_M = 10_786.0
"""The highest ground of the Moon, above the 1737.4 km sphere (LROC digital terrain model, 2010)."""
_CELLS = 1024
_NEAREST_M, _NEAR_M = 32.0, 128.0
"""Half widths. Small craters near by are steep against their distance: the levels between have twice as many cells."""
_WIDEST_M = 1.1e6
"""No level may reach round the limb of the sphere."""


@dataclass(frozen=True)
class Horizon:
    """The skyline around an eye ``eye_m`` above the ground of a site (whose height is the ground's).

    elevation: radians above the level of the eye; distance_m: of the skyline's ground, along the sphere. Both have one
    value for each of ``AZIMUTHS`` azimuths, evenly spaced from north through east.
    """

    site: Site
    eye_m: float
    elevation: Array
    distance_m: Array

    def elevation_at(self, az: ArrayLike) -> Array:
        """Elevation of the skyline, radians, at azimuths in radians, shape of az.

        Straight between the 0.1 deg directions: the skyline is continuous but has corners wherever one hill ends behind
        another, and a smoother curve through its points would swing over at each of them.
        """
        return np.asarray(_straight(self.elevation, az))

    def distance_at(self, az: ArrayLike) -> Array:
        """Distance along the sphere, m, of the nearest direction's skyline; it jumps from hill to hill."""
        n = len(self.distance_m)
        return self.distance_m[np.rint(np.asarray(az, float) * (n / (2.0 * np.pi))).astype(int) % n]

    def clearance(self, enu: ArrayLike) -> Array:
        """How far unit vectors (..., 3) in the site's east, north, up stand above the skyline at their azimuth, rad."""
        az, el = azel(enu)
        return el - self.elevation_at(az)

    def disc_clearance(self, enu: Array, radius: Array) -> Array:
        """How far the best seen point of a disc stands above the skyline, radians, shape (n,).

        enu: unit vectors (n, 3) to its centre; radius: semi-diameters (n,), radians. Zero when the disc first peeps
        over: on level ground with its upper limb, over a notch or a slope with another part of its edge.
        """
        az, el = azel(enu)
        clear = np.empty(len(az))
        _disc_over(self.elevation, az, el, np.ascontiguousarray(radius, float), clear)
        return clear

    @property
    def steepest(self) -> float:
        """Largest slope of the skyline, radians of elevation per radian of azimuth."""
        n = len(self.elevation)
        return float(np.abs(np.diff(self.elevation, append=self.elevation[:1])).max() * n / (2.0 * np.pi))

    def save(self, path: Path) -> None:
        """Write as .npz; the same mask always gives the same bytes."""
        where = np.array([self.site.lat_deg, self.site.lon_deg, self.site.height_m, self.eye_m])
        with atomic_write(path) as part, part.open("wb") as file:
            np.savez(file, where=where, elevation=self.elevation, distance_m=self.distance_m.astype(np.float32))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``save`` wrote. Raises DamagedFile."""
        try:
            with np.load(path) as stored:
                lat, lon, height, eye = (float(x) for x in stored["where"])
                return cls(Site(lat, lon, height), eye, stored["elevation"], stored["distance_m"].astype(float))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise DamagedFile(path, f"not a horizon mask ({error})") from error


def horizon_of(
    moon: Moon,
    site: Site,
    eye_m: float = 1.5,
    cells: int = _CELLS,
) -> Horizon:
    """The horizon mask of an eye ``eye_m`` above the Moon's ground at a site (its height is replaced by the ground's).

    cells: along a level's side; with 1024 the mask is within 0.01 deg rms of a march eight times finer (0.03 deg where
    the skyline is the rim of a small crater 20 to 50 m away). Levels are added until even the highest ground of the
    Moon, standing just outside, would stay below the lowest skyline found so far: 130 to 520 km.
    Raises BadInput for an eye that is not above the ground.
    """
    _check(site, eye_m)
    height = float(moon.elevation(site.lat_deg, site.lon_deg, _NEAREST_M / cells))
    site = Site(site.lat_deg, site.lon_deg, height)
    march = _March((0.0, 0.0, eye_m), np.linspace(0.0, 2.0 * np.pi, AZIMUTHS, endpoint=False))
    for grid, post in _levels(moon, site, cells):
        reach = march.over(grid, post)
        if march.elevation.min() > _summit(site.height_m + eye_m, reach):
            break
    return Horizon(site, float(eye_m), march.elevation, _along_sphere(march, site))


def skyline(relief: Relief, eye: ArrayLike, az: ArrayLike) -> tuple[Array, Array]:
    """Elevation (radians) and horizontal distance (m) of the skyline of a relief, shapes of az.

    eye: (east, north, up) in the site frame, m, inside the finest level and above its ground. az: radians. As far as
    the relief reaches.
    """
    x, y, z = (float(c) for c in np.asarray(eye, float))
    march = _March((x, y, z), np.asarray(az, float).ravel())
    for grid, post in zip(relief.heights, relief.posts_m, strict=True):
        march.over(grid, post)
    shape = np.shape(az)
    return march.elevation.reshape(shape), march.distance.reshape(shape)


def _check(site: Site, eye_m: float) -> None:
    if not eye_m > 0.0:
        raise BadInput("horizon", "eye_m", eye_m, "a height above the ground, m (a mast: 1.5)")
    if not abs(site.lat_deg) <= 90.0:
        raise BadInput("horizon", "lat_deg", site.lat_deg, "a latitude from -90 to 90")


def _levels(moon: Moon, site: Site, cells: int) -> Iterator[Level]:
    half = _NEAREST_M
    while half < _WIDEST_M:
        n = cells * 2 if half <= _NEAR_M else cells
        post = 2.0 * half / n
        yield moon.grid(site, -half, -half, post, n + 1)[0], post
        half *= 2.0


def _summit(eye_height_m: float, reach_m: float) -> float:
    """Elevation, radians, of the Moon's highest ground at ``reach_m`` from the eye's vertical; falls with distance."""
    top, eye = MOON_RADIUS_M + HIGHEST_M, MOON_RADIUS_M + eye_height_m
    return math.atan2(math.sqrt(top * top - reach_m * reach_m) - eye, reach_m)


def _along_sphere(march: _March, site: Site) -> Array:
    level = MOON_RADIUS_M + site.height_m
    up = march.eye[2] + march.distance * np.tan(march.elevation)
    return MOON_RADIUS_M * np.arctan2(march.distance, level + up)


def _straight(values: Array, az: ArrayLike) -> Array:
    """Values at evenly spaced azimuths from 0, straight between them, all round; az in radians."""
    n = len(values)
    u = np.asarray(az, float) * (n / (2.0 * np.pi)) % n
    k = np.minimum(u.astype(np.intp), n - 1)
    return values[k] + (u - k) * (values[(k + 1) % n] - values[k])


class _March:
    """Rays from one eye outwards, level by level: the highest (z - eye)/r so far and where it was."""

    def __init__(self, eye: tuple[float, float, float], az: Array) -> None:
        self.eye = eye
        self._sin, self._cos = np.sin(az), np.cos(az)
        self._done = np.zeros(len(az))
        self._slope = np.full(len(az), -np.inf)
        self.distance = np.zeros(len(az))

    def over(self, grid: NDArray[np.float32], post: float) -> float:
        """March on from where the last level ended to this level's edge; return its half width, m."""
        x, y, z = self.eye
        half = (grid.shape[0] - 1) / 2 * post
        if max(abs(x), abs(y)) >= half:
            raise BadInput("horizon", "eye", (x, y), f"a place inside the level, {half:g} m from its middle")
        edge = _way_out(x, y, half, self._sin, self._cos)
        _cross(grid, post, x, y, z, self._sin, self._cos, self._done, edge, self._slope, self.distance)
        self._done = edge
        return half

    @property
    def elevation(self) -> Array:
        """Of the skyline so far, radians."""
        return np.arctan(self._slope)


def _way_out(x: float, y: float, half: float, sin: Array, cos: Array) -> Array:
    """Distance along each ray to the edge of the square |x|, |y| <= half."""
    with np.errstate(divide="ignore", invalid="ignore"):
        east = np.where(sin == 0.0, np.inf, (np.copysign(half, sin) - x) / sin)
        north = np.where(cos == 0.0, np.inf, (np.copysign(half, cos) - y) / cos)
    return np.minimum(east, north)


@njit(cache=True, nogil=True, error_model="numpy")
def _cross(
    grid: np.ndarray,
    post: float,
    x: float,
    y: float,
    z: float,
    sin: np.ndarray,
    cos: np.ndarray,
    start: np.ndarray,
    stop: np.ndarray,
    slope: np.ndarray,
    distance: np.ndarray,
) -> None:
    """Raise ``slope`` and ``distance`` (rays,) to the steepest crossing of each ray with the lines of the triangles.

    Lines of the grid: columns u = c, rows v = c and diagonals u - v = c, with u, v in posts from the south-west corner.
    """
    n = grid.shape[0] - 1
    u0, v0 = x / post + n / 2, y / post + n / 2
    for k in range(sin.shape[0]):
        du, dv = sin[k] / post, cos[k] / post
        best, at = slope[k], distance[k]
        for family in range(3):
            first = u0 if family == 0 else v0 if family == 1 else u0 - v0
            rate = du if family == 0 else dv if family == 1 else du - dv
            if rate == 0.0:
                continue
            a, b = first + rate * start[k], first + rate * stop[k]
            if a > b:
                a, b = b, a
            # a hair wider: the level's own edge is a line, and rounding must not lose it
            for c in range(math.ceil(a - 1e-6), math.floor(b + 1e-6) + 1):
                r = (c - first) / rate
                if r <= 0.0:
                    continue
                # along a column the height runs between two rows, along a row or diagonal between two columns
                w = v0 + dv * r if family == 0 else u0 + du * r
                i = min(max(math.floor(w), 0), n - 1)
                f = w - i
                if family == 0:
                    low, high = grid[i, c], grid[i + 1, c]
                elif family == 1:
                    low, high = grid[c, i], grid[c, i + 1]
                else:
                    j = i - c
                    if j < 0 or j >= n:
                        continue
                    low, high = grid[j, i], grid[j + 1, i + 1]
                s = (low + f * (high - low) - z) / r
                if s > best:
                    best, at = s, r
        slope[k], distance[k] = best, at


@njit(cache=True, nogil=True, error_model="numpy")
def _disc_over(skyline: np.ndarray, az: np.ndarray, el: np.ndarray, radius: np.ndarray, out: np.ndarray) -> None:
    """Write to ``out`` (n,) the largest elevation of points of discs (centre az, el; radius) above the skyline.

    At an azimuth d from its centre the disc reaches up to e with sin e sin el + cos e cos el cos d = cos radius. Above
    a straight piece of skyline that difference is largest at the piece's ends, or where the edge runs along with it.
    """
    n = skyline.shape[0]
    step = 2.0 * math.pi / n
    for k in range(az.shape[0]):
        sine, cosine, r = math.sin(el[k]), math.cos(el[k]), radius[k]
        ratio = math.sin(r) / cosine if cosine > 0.0 else 2.0
        width = math.asin(ratio) if ratio < 1.0 else math.pi  # a disc over the zenith covers every azimuth
        best = -math.inf
        first = math.floor((az[k] - width) / step)
        for c in range(first, min(math.floor((az[k] + width) / step), first + n) + 1):
            low, high = skyline[c % n], skyline[(c + 1) % n]
            slope = (high - low) / step
            a, b = max(c * step - az[k], -width), min((c + 1) * step - az[k], width)
            touch = -slope * r / (cosine * math.sqrt(slope * slope + cosine * cosine))
            for d in (a, b, min(max(touch, a), b)):
                top = _top(sine, cosine * math.cos(d), math.cos(r))
                best = max(best, top - (low + (d + az[k] - c * step) * slope))
        out[k] = best


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _top(sine: float, cosine: float, radius_cosine: float) -> float:
    """Upper solution e of sine sin e + cosine cos e = radius_cosine; at most the zenith."""
    reach = math.sqrt(sine * sine + cosine * cosine)
    e = math.atan2(sine, cosine) + math.acos(min(1.0, radius_cosine / reach))
    return min(e, 0.5 * math.pi)
