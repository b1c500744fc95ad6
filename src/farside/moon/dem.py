"""A digital elevation model: one raster, or adjoining rasters of one product, as a single grid of posts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.geometry import MOON_RADIUS_M
from farside.moon.raster import HIGHEST_M, LOWEST_M, MOON_CRS, Raster

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

GAP = 16
"""Voids narrower than this many posts are filled from around."""
_SEARCH = 24
"""Posts to the nearest known one, at most, inside a block of GAP x GAP with any."""


class Dem:
    """Rasters on one grid of posts (pixel centres). Rows go down, columns to the right, fractional between posts.

    centre: direction of the middle in MOON_ME, lon: its longitude (radians); post_m: spacing of the posts, north to
    south where the grid runs along latitude; size: rows and columns; circle: columns once round the Moon where the grid
    closes on itself, else 0; degrees: transform from column and row of pixel corners to longitude and latitude where
    posts run along them, else None.
    """

    def __init__(self, rasters: Sequence[Raster]) -> None:
        first = rasters[0]
        places = [_offset(first, raster) for raster in rasters]
        top, left = min(row for row, _ in places), min(column for _, column in places)
        self.rasters = tuple(rasters)
        self._places = [(row - top, column - left) for row, column in places]
        self.size = (
            max(row + raster.rows for (row, _), raster in zip(self._places, rasters, strict=True)),
            max(column + raster.columns for (_, column), raster in zip(self._places, rasters, strict=True)),
        )
        self.crs, self.transform = first.crs, _moved(first.transform, top, left)
        self.degrees = _moved(first.degrees, top, left) if first.degrees else None
        round_ = abs(360.0 / self.degrees.a) if self.degrees and self.degrees.b == self.degrees.d == 0 else 0.0
        closed = round_ and abs(round_ - round(round_)) < 1e-3 and self.size[1] >= round(round_)
        self.circle = round(round_) if closed else 0
        self._factor, self._shift = first.factor, first.shift_m
        self._file: Any = None
        self._lock = Lock()
        self.centre, self._reach = self._disc()
        self.lon = math.atan2(self.centre[1], self.centre[0])
        self.post_m = self._spacing()

    def place(self, lat: Array, lon: Array) -> tuple[Array, Array]:
        """Rows and columns of latitudes and longitudes (radians; shapes together); far outside of the grid -1e9."""
        beyond = np.abs(lat) > 0.5 * math.pi  # a lattice runs on over the poles
        if beyond.any():
            lon = np.where(beyond, lon + math.pi, lon)
            lat = np.where(beyond, np.sign(lat) * math.pi - lat, lat)
        if self.degrees:
            middle = _at(self.degrees, 0.5 * self.size[1], 0.5 * self.size[0])[0]
            x, y = middle + (np.degrees(lon) - middle + 180.0) % 360.0 - 180.0, np.degrees(lat)
            column, row = _at(~self.degrees, x, y)
            return row - 0.5, column - 0.5
        from rasterio.warp import transform

        lat, lon = np.broadcast_arrays(lat, lon)
        row, column = np.full(lat.shape, -1e9), np.full(lat.shape, -1e9)
        near = _unit(lat, lon) @ self.centre > math.cos(self._reach)
        if near.any():
            around = (np.degrees(lon[near]) + 180.0) % 360.0 - 180.0
            x, y = transform(MOON_CRS, self.crs, around, np.degrees(lat[near]))
            x, y = _at(~self.transform, np.array(x), np.array(y))
            row[near], column[near] = y - 0.5, x - 0.5
        return row, column

    def locate(self, row: Array, column: Array) -> tuple[Array, Array]:
        """Latitudes and longitudes (radians) of rows and columns, shapes alike."""
        if self.degrees:
            lon, lat = _at(self.degrees, column + 0.5, row + 0.5)
            return np.radians(lat), np.radians(lon)
        from rasterio.warp import transform

        x, y = _at(self.transform, column + 0.5, row + 0.5)
        lon, lat = transform(self.crs, MOON_CRS, x.ravel(), y.ravel())
        return np.radians(lat).reshape(x.shape), np.radians(lon).reshape(x.shape)

    def corner(self, row: int, column: int) -> Any:
        """The transform of a grid whose first post is at a row and column."""
        return _moved(self.transform, row, column)

    def bounds(self) -> tuple[float, float, float, float]:
        """South, north, west and width in longitude (radians); a grid over a pole reaches all round."""
        lat, lon = self._outline()
        south, north = max(float(lat.min()), -0.5 * math.pi), min(float(lat.max()), 0.5 * math.pi)
        if self.circle:
            return south, north, 0.0, 2 * math.pi
        for pole in (-0.5 * math.pi, 0.5 * math.pi):
            row, column = self.place(np.array([pole]), np.array([0.0]))
            if not self.degrees and abs(row[0] + 0.5 - 0.5 * self.size[0]) < 0.5 * self.size[0] \
                    and abs(column[0] + 0.5 - 0.5 * self.size[1]) < 0.5 * self.size[1]:  # fmt: skip
                return min(south, pole), max(north, pole), 0.0, 2 * math.pi
        middle = math.atan2(self.centre[1], self.centre[0])
        off = (lon - middle + math.pi) % (2 * math.pi) - math.pi
        return south, north, middle + float(off.min()), min(2 * math.pi, float(np.ptp(off)))

    def heights(self, row: Array, column: Array, block: int) -> tuple[Array, Mask]:
        """Heights (m) at rows and columns, bicubic through means of ``block`` x ``block`` posts, and where known.

        block: a power of two. Gaps narrower than GAP posts are filled from around. Shapes alike.
        """
        out, known = np.zeros(row.shape), np.zeros(row.shape, bool)
        column = self.unrolled(column)
        inside = (row > -0.5) & (row < self.size[0] - 0.5)
        if not self.circle:
            inside &= (column > -0.5) & (column < self.size[1] - 0.5)
        if not inside.any():
            return out, known
        # a block's value belongs to its middle
        r = (row[inside] - 0.5 * (block - 1)) / block
        c = (column[inside] - 0.5 * (block - 1)) / block
        r0, c0 = math.floor(r.min()) - 1, math.floor(c.min()) - 1
        rows, columns = math.ceil(r.max()) + 3 - r0, math.ceil(c.max()) + 3 - c0
        z, good = self.read(r0, c0, rows, columns, block)
        if block < GAP and not good.all():
            m = _SEARCH // block + 2
            z, good = _filled(*self.read(r0 - m, c0 - m, rows + 2 * m, columns + 2 * m, block), _SEARCH // block)
            z, good = z[m:-m, m:-m], good[m:-m, m:-m]
        z, good = self._over_the_edge(z, good, r0, c0, block)
        value, sound = np.empty(r.shape), np.empty(r.shape, bool)
        bicubic(z, good, r - r0, c - c0, value, sound)
        out[inside], known[inside] = value, sound
        return out, known

    def read(self, r0: int, c0: int, rows: int, columns: int, block: int) -> tuple[Array, Mask]:
        """Means of ``block`` x ``block`` posts (m) and whether any was known, from block (r0, c0); (rows, columns).

        Outside the grid nothing is known. Raises DamagedFile.
        """
        z, good = np.zeros((rows, columns)), np.zeros((rows, columns), bool)
        if self.circle:
            left, right, at = 0, columns, c0 * block % self.circle
        else:
            left, right = max(0, -c0), min(columns, -(-self.size[1] // block) - c0)
            at = (c0 + left) * block
        top, bottom = max(0, -r0), min(rows, -(-self.size[0] // block) - r0)
        if right > left and bottom > top:
            part = np.s_[top:bottom, left:right]
            z[part], good[part] = self._read((r0 + top) * block, at, bottom - top, right - left, block)
        return z, good

    def _read(self, row: int, column: int, rows: int, columns: int, block: int) -> tuple[Array, Mask]:
        import rasterio
        from rasterio.enums import Resampling
        from rasterio.windows import Window

        try:
            with self._lock:
                if self._file is None:
                    self._file = rasterio.open(self._mosaic())
                found = self._file.read(
                    1, window=Window(column, row, columns * block, rows * block), out_shape=(rows, columns),
                    resampling=Resampling.average, masked=True,
                )  # fmt: skip
        except rasterio.errors.RasterioIOError as error:
            raise DamagedFile(
                self.rasters[0].name, f"unreadable near row {row}: {str(error).splitlines()[0]}"
            ) from error
        z = found.filled(0).astype(float) * self._factor + self._shift
        good = ~np.ma.getmaskarray(found) & np.isfinite(z) & (z > LOWEST_M) & (z < HIGHEST_M)
        return np.where(good, z, 0.0), good

    def _mosaic(self) -> str:
        """The rasters side by side as one of GDAL's virtual rasters; a closed circle goes round three times."""
        void, t = self.rasters[0].void, self.transform
        number = "Float32" if self.rasters[0].dtype in ("int16", "uint16", "int8", "uint8", "float32") else "Float64"
        turns = range(3 if self.circle else 1)
        parts = [
            _part(raster, row, column + turn * self.circle)
            for raster, (row, column) in zip(self.rasters, self._places, strict=True)
            for turn in turns
        ]
        # room for whole blocks past the last post
        rows, columns = self.size[0] + 4096, len(turns) * self.size[1] + 4096
        return (
            f'<VRTDataset rasterXSize="{columns}" rasterYSize="{rows}">'
            f"<GeoTransform>{t.c},{t.a},{t.b},{t.f},{t.d},{t.e}</GeoTransform>"
            f'<VRTRasterBand dataType="{number}" band="1"><NoDataValue>{void}</NoDataValue>'
            f"{''.join(parts)}</VRTRasterBand></VRTDataset>"
        )

    def unrolled(self, column: Array) -> Array:
        """Columns of a closed grid without a jump at its seam: all within half a circle of the first."""
        if not self.circle:
            return column
        start = column.flat[0] if column.size else 0.0
        return start + (column - start + 0.5 * self.circle) % self.circle - 0.5 * self.circle

    def _over_the_edge(self, z: Array, good: Mask, r0: int, c0: int, block: int) -> tuple[Array, Mask]:
        """Repeat the outermost posts beyond the grid's edge, so that heights reach to it."""
        rows = np.clip(np.arange(z.shape[0]), max(0, -r0), max(0, -(-self.size[0] // block) - 1 - r0))
        columns = np.arange(z.shape[1])
        if not self.circle:
            columns = np.clip(columns, max(0, -c0), max(0, -(-self.size[1] // block) - 1 - c0))
        return z[np.ix_(rows, columns)], good[np.ix_(rows, columns)]

    def _outline(self) -> tuple[Array, Array]:
        """Latitudes and longitudes (radians) of 101 points on each edge of the grid."""
        t = np.linspace(0.0, 1.0, 101)
        row = np.concatenate([0 * t, 0 * t + 1, t, t]) * self.size[0] - 0.5
        column = np.concatenate([t, t, 0 * t, 0 * t + 1]) * self.size[1] - 0.5
        return self.locate(row, column)

    def _disc(self) -> tuple[Array, float]:
        """A disc on the sphere that holds the grid: unit vector of its middle and radius (radians)."""
        lat, lon = self.locate(np.array([0.5 * self.size[0] - 0.5]), np.array([0.5 * self.size[1] - 0.5]))
        centre = _unit(lat, lon)[0]
        farthest = np.nanmin(_unit(*self._outline()) @ centre)
        return centre, math.pi if self.circle else math.acos(np.clip(farthest, -1, 1)) + 0.01

    def _spacing(self) -> float:
        if self.degrees:
            return math.radians(math.hypot(self.degrees.b, self.degrees.e)) * MOON_RADIUS_M
        row, column = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
        p = _unit(*self.locate(row + 0.5 * self.size[0], column + 0.5 * self.size[1]))
        return float(np.linalg.norm(p[1:] - p[0], axis=1).mean()) * MOON_RADIUS_M


def assemble(rasters: Sequence[Raster]) -> list[Dem]:
    """Models of the rasters, finest first; files whose posts lie on one grid, and count alike, become one model."""
    groups: list[list[Raster]] = []
    for raster in sorted(rasters, key=lambda r: (-r.transform.f, r.transform.c, r.name)):
        for group in groups:
            if _alike(group[0], raster):
                group.append(raster)
                break
        else:
            groups.append([raster])
    return sorted((Dem(group) for group in groups), key=lambda dem: dem.post_m)


def _alike(one: Raster, other: Raster) -> bool:
    same = ("crs", "dtype", "declared", "factor", "shift_m")
    if any(getattr(one, name) != getattr(other, name) for name in same) or str(one.void) != str(other.void):
        return False
    a, b = one.transform, other.transform
    if not np.allclose(a[:2] + a[3:5], b[:2] + b[3:5], rtol=1e-9, atol=1e-12 * abs(a.a)):
        return False
    column, row = _at(~a, b.c, b.f)
    return abs(column - round(column)) < 0.02 and abs(row - round(row)) < 0.02


def _part(raster: Raster, row: int, column: int) -> str:
    """A raster as a source of GDAL's virtual raster, its first post at (row, column)."""
    # the plain source is faster, but minds only the number for no data that the file itself declares
    kind, void = ("SimpleSource", "") if raster.declared else ("ComplexSource", f"<NODATA>{raster.void}</NODATA>")
    size = f'xSize="{raster.columns}" ySize="{raster.rows}"'
    return (
        f'<{kind}><SourceFilename relativeToVRT="0">{escape(raster.name)}</SourceFilename>'
        f'<SrcRect xOff="0" yOff="0" {size}/><DstRect xOff="{column}" yOff="{row}" {size}/>{void}</{kind}>'
    )


def _offset(first: Raster, raster: Raster) -> tuple[int, int]:
    """Row and column of a raster's first post on the grid of ``first``."""
    column, row = _at(~first.transform, raster.transform.c, raster.transform.f)
    return round(row), round(column)


def _at(transform: Any, x: Array | float, y: Array | float) -> tuple[Any, Any]:
    return transform.a * x + transform.b * y + transform.c, transform.d * x + transform.e * y + transform.f


def _moved(transform: Any, rows: int, columns: int) -> Any:
    """The transform of a grid that starts so many rows and columns later."""
    x, y = _at(transform, columns, rows)
    return type(transform)(transform.a, transform.b, x, transform.d, transform.e, y)


def _unit(lat: Array, lon: Array) -> Array:
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)


def _filled(z: Array, good: Mask, search: int) -> tuple[Array, Mask]:
    """Posts within ``search`` of known ones, weighted by nearness and smoothed (GDAL's fill of no data)."""
    from rasterio.fill import fillnodata

    if not good.any():
        return z, good
    void = np.float32(-1e9)
    found = fillnodata(np.where(good, z, void).astype(np.float32), good.astype(np.uint8), max(1, search), 2)
    known = good | (found > 0.5 * void)
    return np.where(good, z, np.where(known, found, 0.0)), known


@njit(cache=True, nogil=True, error_model="numpy")
def bicubic(
    z: np.ndarray, good: np.ndarray, row: np.ndarray, column: np.ndarray, out: np.ndarray, sound: np.ndarray
) -> None:
    """Catmull-Rom values of ``z`` (m, n) at fractional rows and columns (k,), and whether every post used is good.

    Positions hold to 1e-6 post, so that a post itself is read without its neighbours. Beyond the edge its post repeats.
    """
    wr, wc = np.empty(4), np.empty(4)
    for k in range(row.shape[0]):
        r, c = np.round(row[k] * 1e6) / 1e6, np.round(column[k] * 1e6) / 1e6
        i, j = math.floor(r), math.floor(c)
        for t, w in ((r - i, wr), (c - j, wc)):
            w[0] = t * (-0.5 + t * (1 - 0.5 * t))
            w[1] = 1 + t * t * (-2.5 + 1.5 * t)
            w[2] = t * (0.5 + t * (2 - 1.5 * t))
            w[3] = t * t * (-0.5 + 0.5 * t)
        total, known = 0.0, True
        for a in range(4):
            ii = min(max(int(i) + a - 1, 0), z.shape[0] - 1)
            for b in range(4):
                jj = min(max(int(j) + b - 1, 0), z.shape[1] - 1)
                w = wr[a] * wc[b]
                total += w * z[ii, jj]
                known &= good[ii, jj] or w == 0.0
        out[k], sound[k] = total, known
