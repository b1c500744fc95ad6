"""The base surface on a regular latitude-longitude lattice, made tile by tile when asked for, read bicubically."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.floating]

TILE = 64
"""Nodes along a tile's side."""

_KEEP = 6000


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

    def place(self, me: Array) -> tuple[Array, Array]:
        """Latitudes and longitudes (radians) in the lattice's frame of directions (..., 3) in MOON_ME."""
        own = me if self.axes is None else me @ self.axes.T
        return np.arctan2(own[..., 2], np.hypot(own[..., 0], own[..., 1])), np.arctan2(own[..., 1], own[..., 0])

    def on_the_moon(self, lat: Array, lon: Array) -> tuple[Array, Array]:
        """Latitudes and longitudes on the Moon of those in the lattice's frame, radians; shapes together."""
        if self.axes is None:
            return lat, lon
        me = unit(lat, lon) @ self.axes
        return np.arctan2(me[..., 2], np.hypot(me[..., 0], me[..., 1])), np.arctan2(me[..., 1], me[..., 0])


@dataclass(frozen=True)
class Window:
    """A rectangle of nodes in memory: heights (m) and brightness, both (rows, columns), and what `read` needs."""

    height: Array
    bright: Array
    where: Array


class Surface:
    """Nodes of a lattice, filled by ``fill(lat, lon, times)`` a tile at a time and kept while there is room.

    fill: latitudes (n,) and longitudes (m,) in radians and the coarsening -> heights and brightness, each (n, m).
    """

    def __init__(self, lattice: Lattice, fill: Callable[[Array, Array, int], tuple[Array, Array]]) -> None:
        self.lattice = lattice
        self._fill = fill
        self._tiles: OrderedDict[tuple[int, int, int], tuple[Array, Array]] = OrderedDict()
        self._lock = Lock()

    def _tile(self, times: int, row: int, column: int) -> tuple[Array, Array]:
        key = (times, row, column)
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
        nodes = self.lattice.coarser(times)
        steps = np.arange(TILE)
        lat = nodes.lat0 + (row * TILE + steps) * nodes.step
        lon = nodes.lon0 + (column * TILE + steps) % nodes.columns * nodes.step
        made = self._fill(lat, lon, times)
        with self._lock:
            self._tiles[key] = made
            if len(self._tiles) > _KEEP:
                self._tiles.popitem(last=False)
        return made

    def window(self, south: float, north: float, west: float, east: float, times: int = 0) -> Window:
        """Nodes around the given bounds (radians, east above west; two nodes more on every side)."""
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
                h, b = self._tile(times, tr, tc)
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


def bounds(lat: Array, lon: Array) -> tuple[float, float, float, float]:
    """South, north, west and width in longitude (radians) of points and all between: the shorter way round the Moon.

    Points that may lie around a pole have the full circle, up to the pole.
    """
    south, north = float(lat.min()), float(lat.max())
    middle = unit(lat, lon).reshape(-1, 3).mean(0)
    middle /= np.linalg.norm(middle)
    spread = math.asin(min(1.0, 0.5 * float(np.linalg.norm(unit(lat, lon) - middle, axis=-1).max()))) * 2.0
    centre = math.asin(middle[2])
    if lat.size > 1 and abs(centre) + 1.1 * spread >= 0.5 * math.pi:
        return (
            min(south, -0.5 * math.pi if centre < 0 else south),
            max(north, 0.5 * math.pi if centre > 0 else north),
            0.0,
            2 * math.pi,
        )
    around = math.atan2(middle[1], middle[0])
    off = (lon - around + math.pi) % (2 * math.pi) - math.pi
    return south, north, around + float(off.min()), float(off.max() - off.min())


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
def read(height: np.ndarray, bright: np.ndarray, where: np.ndarray, lat: float, lon: float) -> tuple:
    """Height (Catmull-Rom bicubic, slopes continuous) and brightness (bilinear) at a latitude and longitude.

    Both in radians in the lattice's own frame, see `place`. The same bits from any window that holds the point.
    """
    r = (lat - where[0]) / where[2]
    c = (lon - where[1]) % (2 * math.pi) / where[2]
    fr, fc = math.floor(r), math.floor(c)
    i, j = int(fr - where[3]), int((fc - where[4] - 2.0) % where[5]) + 2
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
