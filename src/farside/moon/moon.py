"""The Moon's surface as one pure function of seed, terrain file, place and resolution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import marks as mk
from farside.moon import population as pop
from farside.moon import profile
from farside.moon import rocks as rk
from farside.moon.builtin import Builtin, load_features
from farside.moon.lattice import Surface, Window, bounds, unit
from farside.moon.rocks import Rocks
from farside.moon.surface import at_points, on_grid
from farside.moon.terrain import Terrain

Array = NDArray[np.floating]

FINEST_M = 0.005

_LARGEST_WINDOW = 6_000_000


class Moon:
    """The ground as it truly is.

    seed: what craters fall where; terrain: elevation files in any projection rasterio can read, in any order (the
    finest has its say, see `Terrain`), or None for the built-in land around Von Karman crater. Outside the files the
    built-in land goes on. Craters the files cannot show, and regolith relief, come from the seed in either case.
    Raises BadInput for a file without a place on the Moon.
    """

    def __init__(self, seed: int, terrain: Path | Sequence[Path] | None = None) -> None:
        self.seed = seed
        files = [terrain] if isinstance(terrain, str | Path) else list(terrain or [])
        features = load_features()
        self._hash_seed = np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
        self._layers = pop.layers()[0]
        self._patches, self._clear = features.patches, features.clear
        self._boxes = np.zeros((0, 6))
        self._named = _named_marks(features.small)
        self._builtin = Builtin(seed, features)
        self._surface: Surface = self._builtin.surface
        # the whole lava floor is shifted so that the landing place comes out at its published elevation
        anchor = features.anchor
        miss = anchor.height_m - float(self.elevation(anchor.lat_deg, anchor.lon_deg, FINEST_M))
        floor = features.craters[features.anchored, 4] + miss
        self._builtin = Builtin(seed, features.with_floor(floor))
        self._surface = self._builtin.surface
        self._land: Terrain | None = None
        if files:
            self._land = land = Terrain(files, self._builtin.surface)
            self._surface, self._boxes = land.surface, land.boxes

    def elevation(self, lat_deg: ArrayLike, lon_deg: ArrayLike, resolution_m: float) -> Array:
        """Elevation above the 1737.4 km sphere (m) of relief down to ``resolution_m``; shape of lat and lon together.

        lat_deg: planetocentric latitude; lon_deg: east longitude; degrees, MOON_ME. Raises BadInput for a latitude
        beyond a pole, a place that is no number, and a resolution that is not above 0.
        """
        lat, lon = _radians(lat_deg, lon_deg)
        return self.at(unit(lat, lon), resolution_m)[0]

    def albedo(self, lat_deg: ArrayLike, lon_deg: ArrayLike, resolution_m: float) -> Array:
        """Brightness of the ground as a factor on the single-scattering albedo, about 1 on mature mare; shape as above.

        Highland and fresh ejecta are brighter. Raises BadInput as `elevation`.
        """
        lat, lon = _radians(lat_deg, lon_deg)
        return self.at(unit(lat, lon), resolution_m)[1]

    def normal(self, lat_deg: ArrayLike, lon_deg: ArrayLike, resolution_m: float) -> Array:
        """Unit normal of the surface in local east, north, up, shape (..., 3): differences over one resolution.

        Raises BadInput as `elevation`.
        """
        resolution_m = _above_zero("resolution_m", resolution_m)
        lat, lon = _radians(lat_deg, lon_deg)
        up = unit(lat, lon)
        east = np.stack([-np.sin(lon), np.cos(lon), np.zeros_like(lon)], -1)
        north = np.cross(up, east)
        slope = []
        for axis in (east, north):
            step = 0.5 * resolution_m / MOON_RADIUS_M * axis
            ahead, _ = self.at(up + step, resolution_m)
            behind, _ = self.at(up - step, resolution_m)
            slope.append((ahead - behind) / resolution_m)
        n = np.stack([-slope[0], -slope[1], np.ones_like(slope[0])], -1)
        return n / np.linalg.norm(n, axis=-1, keepdims=True)

    def at(self, directions: Array, resolution_m: float) -> tuple[Array, Array]:
        """Elevation (m) and brightness at ``directions`` (..., 3), vectors from the Moon's centre in MOON_ME."""
        resolution_m = _above_zero("resolution_m", resolution_m)
        p = np.ascontiguousarray(directions, float).reshape(-1, 3)
        p = p / np.sqrt((p * p).sum(-1, keepdims=True))
        height, shine = np.empty(len(p)), np.empty(len(p))
        lat, lon = self._surface.lattice.place(p)
        for some in self._together(lat, lon, resolution_m):
            window = self._window(lat[some], lon[some], resolution_m)
            h, s = np.empty(len(some)), np.empty(len(some))
            at_points(
                p[some], *self._scatter(resolution_m), window.height, window.bright, window.where, resolution_m, h, s
            )
            height[some], shine[some] = h, s
        shape = np.shape(directions)[:-1]
        return height.reshape(shape), shine.reshape(shape)

    def grid(
        self, site: Site, x0: float, y0: float, post_m: float, n: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Heights (m, along the site's up, from the site) and brightness on a square grid, both (n, n) float32.

        Post (row, column) lies ``y0 + row post_m`` north and ``x0 + column post_m`` east of the site. The numbers are
        those of ``at`` at the same directions and a resolution of ``post_m``, bit for bit before rounding to float32.
        """
        per_knot = 16
        x0, y0, post_m = float(x0), float(y0), _above_zero("post_m", post_m)
        knots, lat, lon = self._knots(site, x0, y0, post_m * per_knot, (n - 1) // per_knot + 2)
        window = self._window(lat, lon, post_m)
        out, shine = np.empty((n, n), np.float32), np.empty((n, n), np.float32)
        level = MOON_RADIUS_M + site.height_m
        on_grid(
            site.axes,
            level,
            x0,
            y0,
            post_m,
            knots,
            per_knot,
            *self._scatter(post_m),
            window.height,
            window.bright,
            window.where,
            post_m,
            out,
            shine,
        )
        return out, shine

    def chart(
        self, site: Site, x0: float, y0: float, post_m: float, n: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Elevation above the 1737.4 km sphere (m) and brightness on a square map, both (n, n) float32.

        The map is the orthographic projection of the sphere about the site's latitude and longitude: post (row, column)
        lies ``y0 + row post_m`` north and ``x0 + column post_m`` east in it. Relief down to ``post_m``, as in ``at``.
        """
        x0, y0, post_m = float(x0), float(y0), _above_zero("post_m", post_m)
        x, y = x0 + np.arange(n) * post_m, y0 + np.arange(n)[:, None] * post_m
        rise = np.sqrt(1 - (x**2 + y**2) / MOON_RADIUS_M**2)
        me = np.stack([x + 0 * y, y + 0 * x, MOON_RADIUS_M * rise], -1) @ site.axes
        window = self._window(*self._surface.lattice.place(me), post_m)
        out, shine = np.empty((n, n), np.float32), np.empty((n, n), np.float32)
        # posts stand on the sphere itself: no height moves them sideways
        flat = np.zeros((2, 2))
        on_grid(
            site.axes,
            MOON_RADIUS_M,
            x0,
            y0,
            post_m,
            flat,
            n,
            *self._scatter(post_m),
            window.height,
            window.bright,
            window.where,
            post_m,
            out,
            shine,
        )
        return ((out.astype(float) + MOON_RADIUS_M) / rise - MOON_RADIUS_M).astype(np.float32), shine

    def file_covers(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether the elevation file has a height at a place; false without a file."""
        return self._land is not None and self._land.covers(math.radians(lat_deg), math.radians(lon_deg))

    @property
    def notes(self) -> list[str]:
        """What a user should know of the elevation files: voids, recognised units; a line each."""
        return list(self._land.notes) if self._land is not None else []

    def rocks(self, site: Site, radius_m: float, min_diameter_m: float) -> Rocks:
        """Rocks of at least ``min_diameter_m`` whose middle lies within ``radius_m`` of the site along the ground.

        The same rocks, wherever the circle lies; sorted by falling diameter.
        """
        up = site.up
        cap = radius_m / MOON_RADIUS_M
        found = self._gather(rk.layers(min_diameter_m), up, cap, 1e-6)
        wide = np.array([row for row in self._layers if row[pop.KIND] == pop.CRATER and 2 * row[pop.DMIN] > 5.0])
        craters = np.concatenate([self._gather(wide, up, cap, 0.1), self._named])
        found = found[rk.keep(found, craters, up, radius_m, min_diameter_m)]
        found = found[np.argsort(-found[:, mk.DIAMETER], kind="stable")]
        height, _ = self.at(found[:, :3], max(FINEST_M, 0.25 * min_diameter_m))
        shape = found[:, mk.ROW].astype(np.uint32)
        diameter = found[:, mk.DIAMETER]
        return Rocks(
            position=site.to_enu(found[:, :3] * (MOON_RADIUS_M + height)[:, None]),
            diameter=diameter,
            height=diameter * (0.45 + 0.3 * (shape % 1024) / 1024),
            turn=2 * math.pi * ((shape >> 10) % 4096) / 4096,
            shape=shape,
        )

    def _gather(self, layers: Array, up: Array, cap: float, resolution_m: float) -> Array:
        """Marks of ``layers`` that reach into a cap around the unit vector ``up``; shape (n, columns of a mark)."""
        buffer, n = mk.gather(
            self._hash_seed,
            layers,
            self._patches,
            self._clear,
            up[0],
            up[1],
            up[2],
            cap,
            resolution_m,
            np.empty((1024, mk.COLUMNS)),
        )
        return buffer[:n]

    def _knots(self, site: Site, x0: float, y0: float, step: float, n: int) -> tuple[Array, Array, Array]:
        """Base height at knots of a site grid, found by walking down the vertical; with their latitude, longitude."""
        k = np.arange(n) * step
        x, y = np.meshgrid(x0 + k, y0 + k)
        height = np.full((n, n), site.height_m)
        for _ in range(3):
            radius = MOON_RADIUS_M + height
            up = np.sqrt(radius**2 - x**2 - y**2)
            me = np.stack([x, y, up], -1) @ site.axes
            lat, lon = self._surface.lattice.place(me)
            window = self._window(lat, lon, step)
            height = _base(window, lat, lon)
        return height, lat, lon

    def _scatter(self, resolution_m: float) -> tuple[object, ...]:
        return (
            self._hash_seed,
            self._layers,
            self._named,
            self._patches,
            self._boxes,
            self._clear,
            profile.table(),
            _sinks(resolution_m, tuple(self._boxes[:, 5])),
        )

    def _times(self, resolution_m: float) -> int:
        """How many halvings coarser than the lattice a resolution is: nodes lie half to one of it apart."""
        post = self._surface.lattice.step * MOON_RADIUS_M
        return max(0, int(math.log2(max(1.0, 1.001 * resolution_m / post))))

    def _window(self, lat: Array, lon: Array, resolution_m: float) -> Window:
        south, north, west, width = bounds(lat, lon)
        return self._surface.window(south, north, west, west + width, self._times(resolution_m))

    def _together(self, lat: Array, lon: Array, resolution_m: float) -> list[NDArray[np.int64]]:
        """Split scattered points into groups whose windows fit in memory."""
        step = self._surface.lattice.step * 2 ** self._times(resolution_m)
        south, north, _, width = bounds(lat, lon)
        if (north - south) * width / step**2 < _LARGEST_WINDOW:
            return [np.arange(len(lat))]
        tile = 64 * step
        key = np.floor(lat / tile).astype(np.int64) * 1_000_000 + np.floor(lon / tile).astype(np.int64)
        order = np.argsort(key, kind="stable")
        return np.split(order, np.nonzero(np.diff(key[order]))[0] + 1)


def _radians(lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[Array, Array]:
    """Latitudes and longitudes in radians, shapes together. Raises BadInput for what is no place."""
    lat, lon = np.broadcast_arrays(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
    wrong = ~(np.abs(lat) <= 90.0)
    if wrong.any():
        raise BadInput("Moon", "lat_deg", float(lat[wrong][0]), "latitudes from -90 to 90 degrees")
    if not np.isfinite(lon).all():
        raise BadInput("Moon", "lon_deg", float(lon[~np.isfinite(lon)][0]), "east longitudes in degrees")
    return np.radians(lat), np.radians(lon)


def _above_zero(name: str, value: float) -> float:
    if not 0.0 < float(value) < math.inf:
        raise BadInput("Moon", name, value, "metres above 0")
    return float(value)


def _base(window: Window, lat: Array, lon: Array) -> Array:
    """Nearest node's height: enough to place posts on the sphere, shapes alike."""
    lat0, lon0, step, r0, c0, columns = window.where[:6]
    i = np.rint((lat - lat0) / step - r0).astype(int)
    j = np.rint(((lon - lon0) % (2 * math.pi) / step - c0) % columns).astype(int)
    return window.height[i, j]


@lru_cache(maxsize=64)
def _sinks(resolution_m: float, posts: tuple[float, ...]) -> Array:
    """Mean height (m) of all craters, and for each elevation file of those that posts so wide (m) show."""
    return np.array(
        [sum(pop.mean_height(layer, resolution_m, post) for layer in pop.layers()[0]) for post in (None, *posts)]
    )


def _named_marks(small: Array) -> Array:
    """Marks of the named small craters: rows (unit vector, diameter, depth, degradation) to rows of a mark."""
    table = profile.table()
    out = np.zeros((len(small), mk.COLUMNS))
    for m, (x, y, z, diameter, depth, k) in zip(out, small, strict=True):
        row = min(profile.STATES - 1, int(k / profile.K_MAX * profile.STATES))
        lon = math.atan2(y, x)
        scale = MOON_RADIUS_M / (0.5 * diameter)
        m[mk.C : mk.C + 3] = x, y, z
        m[mk.A : mk.A + 3] = -scale * math.sin(lon), scale * math.cos(lon), 0.0
        m[mk.B : mk.B + 3] = np.cross([x, y, z], m[mk.A : mk.A + 3])
        m[mk.AMP] = depth / (table[row].max() - table[row].min())
        m[mk.ROW], m[mk.NEAR], m[mk.DIAMETER], m[mk.AGE] = row, profile.REACH / scale, diameter, k
        m[mk.BRIGHT] = max(0.0, 1 - k / 0.05) ** 2
    return out
