"""A published elevation file as the base surface, blended into the built-in land at its edges and gaps."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.geometry import MOON_RADIUS_M
from farside.moon.lattice import Lattice, Surface

Array = NDArray[np.floating]

MOON_CRS = f"+proj=longlat +R={MOON_RADIUS_M:.0f} +no_defs"

RAMP = 8
"""Posts over which the file gives way to the built-in land."""

_HIGHEST_M = 30_000.0
_SMOOTH_M = 480.0


class Terrain:
    """Elevation file (metres above the 1737.4 km sphere) read through rasterio, on its own posts where it can be.

    path: any raster with a place on the Moon. Where its posts already run along latitude and longitude they are the
    lattice; a projected file is read bicubically at the nodes of a lattice as fine as its posts.
    beyond: the built-in land at latitudes, longitudes (radians) and post (m) -> heights and brightness.
    Raises BadInput for a file without georeference or not of the Moon; DamagedFile when unreadable.
    """

    def __init__(self, path: Path, beyond: Callable[[Array, Array, float, float], tuple[Array, Array]]) -> None:
        import rasterio

        self._beyond = beyond
        self._lock = Lock()
        if not path.exists():
            raise BadInput(path, "terrain", "no such file", "an elevation file, such as a GeoTIFF of the Moon")
        try:
            with warnings.catch_warnings():  # of a missing georeference: it is refused below, in our own words
                warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
                self._file: Any = rasterio.open(path)
        except rasterio.errors.RasterioIOError as error:
            raise DamagedFile(path, f"not a readable raster ({str(error).splitlines()[0]})") from error
        crs, t = self._file.crs, self._file.transform
        if crs is None or t.is_identity:
            raise BadInput(path, "terrain", "no georeference", "a raster with a coordinate system and a transform")
        sphere = _radius(crs)
        if sphere is not None and abs(sphere / MOON_RADIUS_M - 1) > 0.01:
            raise BadInput(path, "terrain", f"a body of radius {sphere:.0f} m", "the Moon, 1737400 m")
        self._unit = (self._file.scales[0] or 1.0, self._file.offsets[0] or 0.0)
        straight = crs.is_geographic and t.b == 0 and t.d == 0 and math.isclose(t.a, -t.e, rel_tol=1e-6)
        lattice = self._own_lattice(t) if straight else self._new_lattice(t)
        self.surface = Surface(lattice, self._fill)
        self.post_m = lattice.step * MOON_RADIUS_M
        self.boxes = np.array([[*self._bounds(straight), RAMP * lattice.step, self.post_m]])

    def _own_lattice(self, t: Any) -> Lattice:
        """The file's posts (pixel centres); where the circle is no whole number of them the seam lies opposite."""
        step = math.radians(t.a)
        south = math.radians(t.f) - (self._file.height - 0.5) * step
        before = max(0, round(2 * math.pi / step) - self._file.width) // 2
        return Lattice(south, (math.radians(t.c) + (0.5 - before) * step) % (2 * math.pi), step)

    def _new_lattice(self, t: Any) -> Lattice:
        """A lattice as fine as a projected file, a whole number of nodes round the Moon."""
        metres = math.sqrt(abs(t.a * t.e - t.b * t.d)) * self._file.crs.linear_units_factor[1]
        return Lattice(-0.5 * math.pi, 0.0, 2 * math.pi / round(2 * math.pi * MOON_RADIUS_M / metres))

    def _bounds(self, straight: bool) -> tuple[float, float, float, float]:
        """South, north, west and width in longitude (radians) of the file; a file over a pole reaches all round."""
        from rasterio.warp import transform_bounds

        if straight:
            b = self._file.bounds
            return (*np.radians([b.bottom, b.top, b.left]), min(2 * math.pi, math.radians(b.right - b.left)))
        edge = np.radians(transform_bounds(self._file.crs, MOON_CRS, *self._file.bounds, densify_pts=101))
        for pole in (-0.5 * math.pi, 0.5 * math.pi):
            row, column = self._place(np.array([pole]), np.array([0.0]))
            if 0 < row[0] < self._file.height and 0 < column[0] < self._file.width:
                return min(edge[1], pole), max(edge[3], pole), 0.0, 2 * math.pi
        return edge[1], edge[3], edge[0], (edge[2] - edge[0]) % (2 * math.pi)

    def _place(self, lat: Array, lon: Array) -> tuple[Array, Array]:
        """Fractional row and column of pixel centres at latitudes and longitudes (radians), shapes alike."""
        from rasterio.warp import transform

        # a lattice runs on over the poles
        lon = np.degrees(np.where(np.cos(lat) < 0, lon + math.pi, lon))
        lat = np.degrees(np.where(np.cos(lat) < 0, np.sign(lat) * math.pi - lat, lat))
        if self._file.crs.is_geographic:
            west = self._file.bounds.left
            half = 0.5 * (360.0 - min(360.0, self._file.bounds.right - west))
            x, y = west - half + (lon - west + half) % 360.0, lat
        else:
            sides = transform(MOON_CRS, self._file.crs, lon.ravel().tolist(), lat.ravel().tolist())
            x, y = (np.array(side).reshape(lat.shape) for side in sides)
        inverse = ~self._file.transform
        return inverse.d * x + inverse.e * y + inverse.f - 0.5, inverse.a * x + inverse.b * y + inverse.c - 0.5

    def covers(self, lat: float, lon: float) -> bool:
        """Whether the file has a height at a latitude and longitude (radians)."""
        return bool(self._read(np.array([[lat]]), np.array([[lon]]), 1)[1].all())

    def _fill(self, lat: Array, lon: Array, times: int, resolution_m: float) -> tuple[Array, Array]:
        """Nodes of one tile: the file where it has data, the built-in land elsewhere, smooth between."""
        step = self.surface.lattice.step * 2**times
        margin = np.arange(1, RAMP + 1) * step
        wide_lat = np.concatenate([lat[0] - margin[::-1], lat, lat[-1] + margin])
        wide_lon = np.concatenate([lon[0] - margin[::-1], lon, lon[-1] + margin])
        node_lat, node_lon = np.meshgrid(wide_lat, wide_lon, indexing="ij")
        raw, known = self._read(node_lat, node_lon, 2**times)
        inner = np.s_[RAMP:-RAMP, RAMP:-RAMP]
        raw, share = raw[inner], _inward(known)[inner]
        post = step * MOON_RADIUS_M
        if share.min() == 1.0 and post < _SMOOTH_M:
            # brightness is smooth over kilometres: a few nodes of it do for a tile of a detailed file
            few = [np.linspace(side[0], side[-1], 9) for side in (lat, lon)]
            _, bright = self._beyond(few[0], few[1], _SMOOTH_M, _SMOOTH_M)
            across = np.array([np.interp(lon, few[1], line) for line in bright])
            return raw, np.array([np.interp(lat, few[0], line) for line in across.T]).T
        height, bright = self._beyond(lat, lon, post, resolution_m)
        return height + share * (np.where(share > 0, raw, height) - height), bright

    def _read(self, lat: Array, lon: Array, size: int) -> tuple[Array, NDArray[np.bool_]]:
        """Heights and validity at latitudes and longitudes (radians), from blocks of ``size`` x ``size`` posts."""
        from rasterio.enums import Resampling
        from rasterio.windows import Window

        row, column = self._place(lat, lon)
        out, known = np.zeros(lat.shape), np.zeros(lat.shape, bool)
        tall, wide = self._file.height, self._file.width
        inside = (row > -0.5) & (row < tall - 0.5) & (column > -0.5) & (column < wide - 0.5)
        if not inside.any():
            return out, known
        edges = []
        for at, end in ((row[inside], tall), (column[inside], wide)):
            first, last = math.floor(at.min()) - 2 * size, math.ceil(at.max()) + 2 * size + 1
            edges.append((max(0, first) // size * size, min(end, last)))
        (r0, r1), (c0, c1) = edges
        shape = ((r1 - r0 + size - 1) // size, (c1 - c0 + size - 1) // size)
        window = Window(c0, r0, shape[1] * size, shape[0] * size)
        with self._lock:
            found = self._file.read(1, window=window, out_shape=shape, resampling=Resampling.average, masked=True,
                                    boundless=bool(size > 1))  # fmt: skip
        z = found.filled(0).astype(float) * self._unit[0] + self._unit[1]
        good = ~np.ma.getmaskarray(found) & np.isfinite(z) & (np.abs(z) < _HIGHEST_M)
        z = np.where(good, z, 0.0)
        # a block's value belongs to its middle
        r = (row[inside] - r0 - 0.5 * (size - 1)) / size
        c = (column[inside] - c0 - 0.5 * (size - 1)) / size
        out[inside], known[inside] = _bicubic(z, good, r, c)
        return out, known


def _bicubic(z: Array, good: NDArray[np.bool_], row: Array, column: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Catmull-Rom values of ``z`` at fractional rows and columns, and whether every post used is good."""
    row, column = np.round(row, 6), np.round(column, 6)
    i, j = np.floor(row).astype(int), np.floor(column).astype(int)
    total, sound = np.zeros(row.shape), np.ones(row.shape, bool)
    weights = [_catmull_rom(row - i), _catmull_rom(column - j)]
    for a in range(4):
        for b in range(4):
            ii, jj = np.clip(i + a - 1, 0, z.shape[0] - 1), np.clip(j + b - 1, 0, z.shape[1] - 1)
            w = weights[0][a] * weights[1][b]
            total += w * z[ii, jj]
            sound &= good[ii, jj] | (w == 0)
    return total, sound


def _catmull_rom(t: Array) -> list[Array]:
    return [
        t * (-0.5 + t * (1 - 0.5 * t)),
        1 + t * t * (-2.5 + 1.5 * t),
        t * (0.5 + t * (2 - 1.5 * t)),
        t * t * (-0.5 + 0.5 * t),
    ]


def _inward(known: NDArray[np.bool_]) -> Array:
    """0 on unknown posts, rising smoothly to 1 at RAMP posts from them."""
    if known.all():
        return np.ones(known.shape)
    from scipy.ndimage import distance_transform_edt

    t = np.clip((distance_transform_edt(known) - 1) / RAMP, 0, 1)
    return t * t * (3 - 2 * t)


def _radius(crs: Any) -> float | None:
    """Radius of the body of a coordinate system, from its WKT; None where it does not say."""
    import re

    found = re.search(r'(?:SPHEROID|ELLIPSOID)\["[^"]*",\s*([0-9.eE+]+)', crs.to_wkt())
    return float(found.group(1)) if found else None
