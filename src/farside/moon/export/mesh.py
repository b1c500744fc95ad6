"""The plot's ground as a mesh, piece by piece: vertices at posts, two triangles a cell, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.moon.export.plot import Plot
from farside.moon.export.raster import read_rows

PIECE = 200_000
"""Vertices, or cells, handled at a time."""
MARE = 0.5
"""Brightness of a vertex on mature mare, as a share of white: fresh ejecta and highland are up to twice as bright."""

VERTEX = np.dtype([("position", "<f4", 3), ("normal", "<f4", 3), ("uv", "<f4", 2)])
COLOURED = np.dtype([*VERTEX.descr, ("colour", "u1", 4)])
Faces = NDArray[np.uint32]


@dataclass(frozen=True)
class Ground:
    """The mesh of a plot's elevation file: m x m vertices at means over ``step`` x ``step`` posts.

    Positions are metres in the site frame (east, north, up), rows of vertices from the north; uv runs over the rasters
    of the same plot, from their north-west corner. A cell is two triangles split from its south-west to its north-east.
    """

    plot: Plot
    elevation: Path
    albedo: Path | None
    step: int

    @property
    def m(self) -> int:
        """Vertices along a side."""
        return self.plot.n // self.step

    @property
    def dtype(self) -> np.dtype[np.void]:
        """Of vertices: with colours where there is an albedo."""
        return COLOURED if self.albedo else VERTEX

    def vertices(self) -> Iterator[NDArray[np.void]]:
        """All vertices, row by row from the north-west, in pieces."""
        for first, last in _pieces(self.m, self.m):
            lo, hi = max(0, first - 1), min(self.m, last + 1)
            rows = np.arange(lo, hi) * self.step + 0.5 * (self.step - 1)
            columns = np.arange(self.m) * self.step + 0.5 * (self.step - 1)
            height = read_rows(self.elevation, lo, hi, self.step, self.m).astype(float)
            p = self.plot.enu(self.plot.east(columns)[None], self.plot.north(rows)[:, None], height)
            inner = slice(first - lo, last - lo)
            out = np.zeros((last - first, self.m), self.dtype)
            out["position"], out["normal"] = p[inner], _normals(p)[inner]
            out["uv"][..., 0] = (columns + 0.5) / self.plot.n
            out["uv"][..., 1] = ((rows[inner] + 0.5) / self.plot.n)[:, None]
            if self.albedo:
                shine = read_rows(self.albedo, first, last, self.step, self.m)
                out["colour"][..., :3] = np.rint(255 * np.clip(MARE * shine, 0, 1))[..., None]
                out["colour"][..., 3] = 255
            yield out.reshape(-1)

    def faces(self) -> Iterator[Faces]:
        """All triangles (k, 3), counter-clockwise seen from above, in pieces."""
        for first, last in _pieces(self.m - 1, self.m - 1):
            i, j = np.meshgrid(np.arange(first, last), np.arange(self.m - 1), indexing="ij")
            nw = i * self.m + j
            ne, sw, se = nw + 1, nw + self.m, nw + self.m + 1
            yield np.stack([sw, se, ne, sw, ne, nw], -1).reshape(-1, 3).astype(np.uint32)

    def bounds(self) -> NDArray[np.float32]:
        """Lowest and highest coordinates of the vertices as they are written, (2, 3)."""
        ends = [[piece["position"].min(0), piece["position"].max(0)] for piece in self.vertices()]
        low, high = zip(*ends, strict=True)
        return np.stack([np.min(low, 0), np.max(high, 0)])


@dataclass(frozen=True)
class Stones:
    """Things that stand on the ground many times: shapes, and where each of n instances of them is.

    shapes: vertices (v, 3) about the origin and triangles (f, 3), z up; which: (n,) index into shapes; position: (n, 3)
    site frame; turn: (n,) about the vertical, radians, from east to north; scale: (n, 3) of the shape's axes.
    """

    shapes: list[tuple[NDArray[np.float64], NDArray[np.int64]]]
    which: NDArray[np.int64]
    position: NDArray[np.float64]
    turn: NDArray[np.float64]
    scale: NDArray[np.float64]


def _pieces(rows: int, wide: int) -> Iterator[tuple[int, int]]:
    """Rows in pieces of about PIECE things."""
    tall = max(1, PIECE // max(1, wide))
    for first in range(0, rows, tall):
        yield first, min(rows, first + tall)


def _normals(p: NDArray[np.floating]) -> NDArray[np.floating]:
    """Unit normals of a sheet of positions (rows from the north, columns east), by central differences."""
    n = np.cross(np.gradient(p, axis=1), -np.gradient(p, axis=0))
    return n / np.linalg.norm(n, axis=-1, keepdims=True)
