"""The base surface on a regular latitude-longitude lattice, made tile by tile when asked for, read bicubically."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.geometry import MOON_RADIUS_M

Array = NDArray[np.floating]

TILE = 32
"""Nodes along a tile's side."""

_KEEP = 12000


@dataclass(frozen=True)
class Lattice:
    """Where the nodes are: node (row, column) at latitude ``lat0 + row step`` and longitude ``lon0 + column step``.

    All in radians, rows going north, columns east. A lattice has no ends: rows run on over the poles and columns
    round the Moon, and whoever fills it answers for any latitude and longitude.

    Near its poles nodes crowd. A lattice of fine nodes around a place is therefore turned so that its equator runs
    through the place: axes are the rows (3, 3) of its own frame in MOON_ME, None where that is MOON_ME itself.
    """

    lat0: float
    lon0: float
    step: float
    axes: Array | None = field(default=None, compare=False)

    @property
    def columns(self) -> int:
        """Nodes once round the Moon."""
        return round(2 * math.pi / self.step)

    def coarser(self, times: int) -> Lattice:
        """Every ``2**times``-th node."""
        return Lattice(self.lat0, self.lon0, self.step * 2**times, self.axes)

    def turned(self, me: Array) -> Array:
        """Directions (..., 3) in MOON_ME in the lattice's frame."""
        return me if self.axes is None else np.ascontiguousarray(me @ self.axes.T)

    def on_the_moon(self, lat: Array, lon: Array) -> tuple[Array, Array]:
        """Latitudes and longitudes on the Moon of those in the lattice's frame, radians; shapes together."""
        if self.axes is None:
            return lat, lon
        me = unit(lat, lon) @ self.axes
        return np.arctan2(me[..., 2], np.hypot(me[..., 0], me[..., 1])), np.arctan2(me[..., 1], me[..., 0])


class Window(NamedTuple):
    """A rectangle of nodes in memory: heights (m) and brightness, both (rows, columns), and what `read` needs."""

    height: Array
    bright: Array
    where: Array


class Surface:
    """Nodes of a lattice, filled by ``fill(lat, lon, times, resolution_m)`` tile by tile and kept while there is room.

    fill: latitudes (n,) and longitudes (m,) in radians, the coarsening and the resolution whose averages are wanted (0:
    the ground itself) -> heights and brightness, each (n, m).
    """

    def __init__(self, lattice: Lattice, fill: Callable[[Array, Array, int, float], tuple[Array, Array]]) -> None:
        self.lattice = lattice
        self._fill = fill
        self._tiles: OrderedDict[tuple[int, float, int, int], tuple[Array, Array]] = OrderedDict()
        self._lock = Lock()

    def _tile(self, times: int, resolution_m: float, row: int, column: int) -> tuple[Array, Array]:
        key = (times, resolution_m, row, column)
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
        nodes = self.lattice.coarser(times)
        steps = np.arange(TILE)
        lat = nodes.lat0 + (row * TILE + steps) * nodes.step
        lon = nodes.lon0 + (column * TILE + steps) % nodes.columns * nodes.step
        made = self._fill(lat, lon, times, resolution_m)
        with self._lock:
            self._tiles[key] = made
            if len(self._tiles) > _KEEP:
                self._tiles.popitem(last=False)
        return made

    def times(self, resolution_m: float) -> int:
        """How many halvings coarser than the lattice a resolution is: nodes lie half to one of it apart."""
        return max(0, int(math.log2(max(1.0, 1.001 * resolution_m / (self.lattice.step * MOON_RADIUS_M)))))

    def window(self, south: float, north: float, west: float, east: float, times: int, resolution_m: float) -> Window:
        """Nodes around the given bounds (radians, east above west; two nodes more on every side).

        times: halvings coarser than the lattice; resolution_m: squares that the nodes are averages over.
        """
        if resolution_m < 0.5 * self.lattice.step * MOON_RADIUS_M:
            resolution_m = 0.0  # averages over less than half a post are the ground itself
        nodes = self.lattice.coarser(times)
        r0 = math.floor((south - nodes.lat0) / nodes.step) - 2
        r1 = math.floor((north - nodes.lat0) / nodes.step) + 4
        first = (west - nodes.lon0) % (2 * math.pi)
        c0 = math.floor(first / nodes.step) - 2
        c1 = math.floor((first + east - west) / nodes.step) + 4
        height = np.empty((r1 - r0, c1 - c0))
        bright = np.empty((r1 - r0, c1 - c0))
        for tr in range(r0 // TILE, (r1 - 1) // TILE + 1):
            for tc in range(c0 // TILE, (c1 - 1) // TILE + 1):
                h, b = self._tile(times, resolution_m, tr, tc)
                a0, a1 = max(r0, tr * TILE), min(r1, (tr + 1) * TILE)
                b0, b1 = max(c0, tc * TILE), min(c1, (tc + 1) * TILE)
                inner = np.s_[a0 - tr * TILE : a1 - tr * TILE, b0 - tc * TILE : b1 - tc * TILE]
                height[a0 - r0 : a1 - r0, b0 - c0 : b1 - c0] = h[inner]
                bright[a0 - r0 : a1 - r0, b0 - c0 : b1 - c0] = b[inner]
        turned = np.eye(3) if nodes.axes is None else nodes.axes
        own = float(nodes.axes is not None)
        where = np.array([nodes.lat0, nodes.lon0, nodes.step, r0, c0, nodes.columns, own, *turned.ravel()])
        return Window(height, bright, where)


def unit(lat: Array, lon: Array) -> Array:
    """Unit vectors (..., 3) of latitudes and longitudes (radians), shapes together."""
    lat, lon = np.broadcast_arrays(lat, lon)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)


@njit(cache=True, nogil=True, error_model="numpy")
def place(where: np.ndarray, x: float, y: float, z: float) -> tuple:
    """Latitude and longitude (radians) of a direction in MOON_ME in the frame of a window's lattice."""
    if where[6] > 0.0:
        x, y, z = (
            where[7] * x + where[8] * y + where[9] * z,
            where[10] * x + where[11] * y + where[12] * z,
            where[13] * x + where[14] * y + where[15] * z,
        )
    return math.atan2(z, math.sqrt(x * x + y * y)), math.atan2(y, x)


@njit(cache=True, nogil=True, error_model="numpy")
def cap_bounds(points: np.ndarray) -> tuple:
    """South, north, west and east (radians, east above west) of unit vectors (n, 3) and all between.

    The shorter way round the Moon; points that may lie around a pole have the full circle, up to the pole.
    """
    x, y, z = 0.0, 0.0, 0.0
    south, north = math.pi, -math.pi
    for i in range(points.shape[0]):
        x, y, z = x + points[i, 0], y + points[i, 1], z + points[i, 2]
        lat = math.atan2(points[i, 2], math.sqrt(points[i, 0] ** 2 + points[i, 1] ** 2))
        south, north = min(south, lat), max(north, lat)
    length = math.sqrt(x * x + y * y + z * z)
    if length < 1e-9 * points.shape[0]:
        return -0.5 * math.pi, 0.5 * math.pi, 0.0, 2 * math.pi
    x, y, z = x / length, y / length, z / length
    lat, lon = math.atan2(z, math.sqrt(x * x + y * y)), math.atan2(y, x)
    farthest, west, east = 0.0, 0.0, 0.0
    for i in range(points.shape[0]):
        dx, dy, dz = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
        farthest = max(farthest, dx * dx + dy * dy + dz * dz)
        off = (math.atan2(points[i, 1], points[i, 0]) - lon + math.pi) % (2 * math.pi) - math.pi
        west, east = min(west, off), max(east, off)
    spread = 2 * math.asin(min(1.0, 0.5 * math.sqrt(farthest)))
    if points.shape[0] > 1 and abs(lat) + 1.1 * spread >= 0.5 * math.pi:
        south = -0.5 * math.pi if lat < 0 else south
        north = 0.5 * math.pi if lat > 0 else north
        return south, north, 0.0, 2 * math.pi
    return south, north, lon + west, lon + east


@njit(cache=True, nogil=True, error_model="numpy")
def read(height: np.ndarray, bright: np.ndarray, where: np.ndarray, lat: float, lon: float) -> tuple:
    """Height (Catmull-Rom bicubic, slopes continuous) and brightness (bilinear) at a latitude and longitude.

    Both in radians in the lattice's own frame, see `place`. The same bits from any window that holds the point.
    """
    r = (lat - where[0]) / where[2]
    c = (lon - where[1]) % (2 * math.pi) / where[2]
    fr, fc = math.floor(r), math.floor(c)
    # a window has two nodes more on every side, of which rounding may take one
    i, j = int(fr - where[3]), int((fc - where[4] - 1.0) % where[5]) + 1
    s, t = r - fr, c - fc
    w0 = t * (-0.5 + t * (1.0 - 0.5 * t))
    w1 = 1.0 + t * t * (-2.5 + 1.5 * t)
    w2 = t * (0.5 + t * (2.0 - 1.5 * t))
    w3 = t * t * (-0.5 + 0.5 * t)
    total = 0.0
    for k in range(4):
        if k == 0:
            w = s * (-0.5 + s * (1.0 - 0.5 * s))
        elif k == 1:
            w = 1.0 + s * s * (-2.5 + 1.5 * s)
        elif k == 2:
            w = s * (0.5 + s * (2.0 - 1.5 * s))
        else:
            w = s * s * (-0.5 + 0.5 * s)
        row = height[i - 1 + k]
        total += w * (w0 * row[j - 1] + w1 * row[j] + w2 * row[j + 1] + w3 * row[j + 2])
    b = (1 - s) * ((1 - t) * bright[i, j] + t * bright[i, j + 1])
    return total, b + s * ((1 - t) * bright[i + 1, j] + t * bright[i + 1, j + 1])
