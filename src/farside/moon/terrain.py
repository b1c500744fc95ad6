"""Published elevation files as the base surface: the finest where it has data, then coarser ones and built-in land."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.geometry import MOON_RADIUS_M
from farside.moon.dem import GAP, Dem, assemble
from farside.moon.lattice import Lattice, Surface, cap_bounds, read, unit
from farside.moon.raster import look

Array = NDArray[np.floating]

RAMP = 8
"""Cells over which a file gives way to what lies beneath."""
_POSTS_BENEATH = 4
"""The ramp in posts of the next coarser file: 0.5 degrees where that has 8 px/deg (lunar-surface.md 12)."""
COVER = 128
"""Places along the side of a file's box at which it is noted how much is the file's."""
_CROWDED = math.radians(70.0)
"""Latitude from which a model's own posts are three times as close east to west as north to south."""
_CHUNK = 64


class Terrain:
    """Elevation files one over the other, on the posts of the finest where it can be.

    paths: rasters with a place on the Moon (see `raster.look`), in any order. The finest has its say where it has data
    and melts into the next coarser one over a smooth ramp at its edges and holes, that one into the next, the last into
    ``beyond``, the built-in land, whose brightness is kept everywhere. surface: nodes of it all; boxes: a row for each
    file as `marks.file_shares` reads it: south, north, west, width in longitude, ramp (radians), post (m), and where
    any file has holes or slanting edges the shares of COVER x COVER places from south-west to north-east of each.
    notes: what a user should know of the files. Raises BadInput and DamagedFile as `raster.look`.
    """

    def __init__(self, paths: Sequence[Path], beyond: Surface) -> None:
        rasters = [look(path) for path in paths]
        self.notes = [f"{Path(raster.name).name}: {note}" for raster in rasters for note in raster.notes]
        dems = assemble(rasters)
        posts = [dem.post_m for dem in dems[1:]] + [beyond.lattice.step * MOON_RADIUS_M]
        self._layers = [_Layer(dem, beneath) for dem, beneath in zip(dems, posts, strict=True)]
        self._beyond = beyond
        self.surface = Surface(_lattice(dems[0]), self._fill)
        boxes = [layer.box() for layer in self._layers]
        if any(layer.ragged for layer in self._layers):
            boxes = [[*box, *layer.cover(box).ravel()] for box, layer in zip(boxes, self._layers, strict=True)]
        self.boxes = np.array(boxes)

    def covers(self, lat: float, lon: float) -> bool:
        """Whether any file has a height at a latitude and longitude (radians)."""
        at = np.array([[lat]]), np.array([[lon]])
        return any(bool(layer.dem.heights(*layer.dem.place(*at), 1)[1].all()) for layer in self._layers)

    def heights(self, lat: Array, lon: Array) -> Array:
        """Heights (m) of the files alone at latitudes and longitudes (radians, shapes alike); NaN where none is."""
        out = np.full(lat.shape, np.nan)
        for layer in self._layers:
            missing = np.isnan(out)
            if missing.any():
                height, known = layer.dem.heights(*layer.dem.place(lat[missing], lon[missing]), 1)
                out[missing] = np.where(known, height, np.nan)
        return out

    def _fill(self, lat: Array, lon: Array, times: int, resolution_m: float) -> tuple[Array, Array]:
        """Nodes of one tile."""
        step = self.surface.lattice.step * 2**times
        at = self.surface.lattice.on_the_moon(lat[:, None], lon[None])
        height, bright = _nodes_of(self._beyond, *at, step, resolution_m)
        seen: list[_Seen] = []
        for layer in self._layers:
            seen.append(layer.see(*at, step * MOON_RADIUS_M))
            if seen[-1].share.min() == 1.0:
                break
        for one in reversed(seen):
            height = one.over(height)
        return height, bright


@dataclass(frozen=True)
class _Seen:
    """Nodes in a model: rows, columns, posts in a block, and how much of each node is the model's."""

    dem: Dem
    row: Array
    column: Array
    block: int
    share: Array

    def over(self, height: Array) -> Array:
        """Heights (m), given those of what lies beneath."""
        if not self.share.any():
            return height
        own, known = self.dem.heights(self.row, self.column, self.block)
        return height + np.where(known, self.share, 0.0) * (own - height)


class _Layer:
    """One model over what lies beneath it, whose posts are ``beneath_m`` apart."""

    def __init__(self, dem: Dem, beneath_m: float) -> None:
        self.dem = dem
        ramp = max(2 * RAMP, min(_POSTS_BENEATH * beneath_m / dem.post_m, min(dem.size) / RAMP))
        self._cell = 2 ** int(math.log2(ramp / RAMP))
        south, north, _, _ = dem.bounds()
        post = dem.post_m / MOON_RADIUS_M
        self._poles = [dem.circle and 0.5 * math.pi - edge < 1.5 * post for edge in (north, -south)]
        self.ragged = not self.dem.degrees or any(raster.voids for raster in dem.rasters)
        self._chunk = lru_cache(maxsize=256)(self._share_of)

    def box(self) -> list[float]:
        """South, north, west, width, ramp (radians), post (m): a box that reaches a pole ends beyond it.

        Around a ragged model the box is a ramp wider: its own edges are what counts.
        """
        south, north, west, width = self.dem.bounds()
        ramp = RAMP * self._cell * self.dem.post_m / MOON_RADIUS_M
        south -= ramp * (self.ragged or self._poles[1])
        north += ramp * (self.ragged or self._poles[0])
        if self.ragged:
            aside = ramp / max(1e-3, math.cos(min(0.5 * math.pi, max(abs(south), abs(north)))))
            west, width = west - aside, width + 2 * aside
        return [south, north, west % (2 * math.pi), min(2 * math.pi, width), ramp, self.dem.post_m]

    def cover(self, box: list[float]) -> Array:
        """Shares at COVER x COVER places of a box, edges included, rows from the south."""
        if not self.ragged:
            return np.ones((COVER, COVER))
        lat, lon = np.linspace(box[0], box[1], COVER), box[2] + np.linspace(0.0, box[3], COVER)
        row, column = np.broadcast_arrays(*self.dem.place(lat[:, None], lon[None]))
        return self._share(row, column, max(self._cell, 2 ** int(math.log2(max(self.dem.size) / COVER + 1))))

    def see(self, lat: Array, lon: Array, step_m: float) -> _Seen:
        """What there is of the model at nodes ``step_m`` apart; latitudes, longitudes in radians, shapes together."""
        block = 2 ** max(0, int(math.log2(max(1.0, 1.001 * step_m / self.dem.post_m))))
        row, column = self.dem.place(lat, lon)
        return _Seen(self.dem, row, column, block, self._share(row, column, max(self._cell, block)))

    def _share(self, row: Array, column: Array, cell: int) -> Array:
        """How much a place is the model's, 0..1, twice differentiable: cells of ``cell`` x ``cell`` posts smoothed."""
        share = np.zeros(row.shape)
        column = self.dem.unrolled(column)
        tall, wide = self.dem.size
        inside = (row > -0.5) & (row < tall - 0.5)
        if not self.dem.circle:
            inside &= (column > -0.5) & (column < wide - 0.5)
        if not inside.any():
            return share
        u, v = (row[inside] + 0.5) / cell - 0.5, (column[inside] + 0.5) / cell - 0.5
        i0, j0 = math.floor(u.min()) - 1, math.floor(v.min()) - 1
        cells = self._cells(i0, j0, math.floor(u.max()) + 3 - i0, math.floor(v.max()) + 3 - j0, cell)
        if cells.min() == cells.max():
            share[inside] = cells[0, 0]
        else:
            value = np.empty(u.shape)
            smooth(cells, u - i0, v - j0, value)
            share[inside] = value
        return share

    def _cells(self, i0: int, j0: int, rows: int, columns: int, cell: int) -> Array:
        """Shares of cells from (i0, j0) on, (rows, columns), put together of chunks."""
        out = np.empty((rows, columns))
        for ci in range(i0 // _CHUNK, (i0 + rows - 1) // _CHUNK + 1):
            for cj in range(j0 // _CHUNK, (j0 + columns - 1) // _CHUNK + 1):
                a0, a1 = max(i0, ci * _CHUNK), min(i0 + rows, (ci + 1) * _CHUNK)
                b0, b1 = max(j0, cj * _CHUNK), min(j0 + columns, (cj + 1) * _CHUNK)
                part = self._chunk(ci, cj, cell)
                out[a0 - i0 : a1 - i0, b0 - j0 : b1 - j0] = part[
                    a0 - ci * _CHUNK : a1 - ci * _CHUNK, b0 - cj * _CHUNK : b1 - cj * _CHUNK
                ]
        return out

    def _share_of(self, ci: int, cj: int, cell: int) -> Array:
        """Shares of the cells of one chunk: 0 up to two cells from a void one, rising to 1 at RAMP cells.

        Void is what lies outside the grid, and blocks of GAP x GAP posts (larger for very large cells) without any
        known one.
        """
        from scipy.ndimage import distance_transform_edt

        block = max(GAP, cell // 8)
        cells, blocks = max(1, block // cell), max(1, cell // block)  # in a block, in a cell: along a side
        margin = -(-(RAMP + 1) // cells) * cells
        i0, j0, side = ci * _CHUNK - margin, cj * _CHUNK - margin, _CHUNK + 2 * margin
        n = side * blocks // cells
        _, known = self.dem.read(i0 * blocks // cells, j0 * blocks // cells, n, n, block)
        whole = np.asarray(known.reshape(n // blocks, blocks, n // blocks, blocks).all((1, 3)))
        known = whole.repeat(cells, 0).repeat(cells, 1)
        (tall, wide), steps = self.dem.size, np.arange(side)
        if not self.dem.circle:
            known[:, (j0 + steps < 0) | ((j0 + steps + 1) * cell > wide)] = False
        for pole, beyond in zip(self._poles, (i0 + steps < 0, (i0 + steps + 1) * cell > tall), strict=True):
            known[beyond] = pole
        if known.all():
            return np.ones((_CHUNK, _CHUNK))
        t = (distance_transform_edt(known)[margin:-margin, margin:-margin] - 2) / (RAMP - 2)
        t = np.clip(t, 0, 1)
        return t * t * (3 - 2 * t)


def _lattice(dem: Dem) -> Lattice:
    """The model's posts as nodes where they lie square along latitude and longitude, and not so near a pole that they
    crowd; else nodes as close as posts on a lattice whose equator runs through the model.

    Where the circle is no whole number of posts the seam lies opposite of the model.
    """
    d = dem.degrees
    south, north, _, _ = dem.bounds()
    crowded = not dem.circle and max(-south, north) > _CROWDED
    if d and not crowded and d.b == d.d == 0 and math.isclose(d.a, -d.e, rel_tol=1e-6):
        step = math.radians(d.a)
        lat0, west = (float(side[0]) for side in dem.locate(np.array([dem.size[0] - 1.0]), np.array([0.0])))
        before = max(0, round(2 * math.pi / step) - dem.size[1]) // 2
        return Lattice(lat0, (west - before * step) % (2 * math.pi), step)
    step = 2 * math.pi / round(2 * math.pi * MOON_RADIUS_M / dem.post_m)
    east = np.array([-math.sin(dem.lon), math.cos(dem.lon), 0.0])
    return Lattice(-0.5 * math.pi, 0.0, step, np.array([dem.centre, east, np.cross(dem.centre, east)]))


def _nodes_of(surface: Surface, lat: Array, lon: Array, step: float, resolution_m: float) -> tuple[Array, Array]:
    """Heights and brightness of a surface, whose lattice is not turned, at latitudes and longitudes ``step`` apart.

    Radians, shapes together. As averaged over squares of ``resolution_m``.
    """
    times = max(0, int(math.log2(max(1.0, 1.001 * step / surface.lattice.step))))
    lat, lon = (np.array(side) for side in np.broadcast_arrays(lat, lon))
    beyond = np.abs(lat) > 0.5 * math.pi  # rows of a lattice run on over the poles
    if beyond.any():
        lat, lon = np.where(beyond, np.sign(lat) * math.pi - lat, lat), np.where(beyond, lon + math.pi, lon)
    edge = [np.r_[side[0], side[-1], side[:, 0], side[:, -1]] for side in (lat, lon)]
    south, north, west, east = cap_bounds(unit(*edge))
    window = surface.window(south, north, west, east, times, resolution_m)
    height, bright = np.empty(lat.shape), np.empty(lat.shape)
    _read_nodes(window.height, window.bright, window.where, lat, lon, height, bright)
    return height, bright


@njit(cache=True, nogil=True, error_model="numpy")
def _read_nodes(
    heights: np.ndarray,
    brights: np.ndarray,
    where: np.ndarray,
    lat: np.ndarray,
    lon: np.ndarray,
    height: np.ndarray,
    bright: np.ndarray,
) -> None:
    for i in range(lat.shape[0]):
        for j in range(lat.shape[1]):
            height[i, j], bright[i, j] = read(heights, brights, where, lat[i, j], lon[i, j])


@njit(cache=True, nogil=True, error_model="numpy")
def smooth(cells: np.ndarray, row: np.ndarray, column: np.ndarray, out: np.ndarray) -> None:
    """Uniform cubic B-spline over ``cells`` (m, n) at fractional rows and columns (k,) at least one inside the edge."""
    wr, wc = np.empty(4), np.empty(4)
    for k in range(row.shape[0]):
        i, j = int(row[k]), int(column[k])
        for t, w in ((row[k] - i, wr), (column[k] - j, wc)):
            w[0] = (1 - t) ** 3 / 6
            w[1] = (4 - 6 * t * t + 3 * t * t * t) / 6
            w[2] = (1 + 3 * t + 3 * t * t - 3 * t * t * t) / 6
            w[3] = t * t * t / 6
        total = 0.0
        for a in range(4):
            for b in range(4):
                total += wr[a] * wc[b] * cells[i - 1 + a, j - 1 + b]
        out[k] = total
