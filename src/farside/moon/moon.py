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
from farside.moon import profile, regolith
from farside.moon import rocks as rk
from farside.moon.box import Box, box_radius, box_site, in_box
from farside.moon.builtin import Builtin, load_features
from farside.moon.cells import mix
from farside.moon.craters import Craters, Known, coverage, depth_in, is_catalogue, read_catalogue
from farside.moon.gather import gather, listed, scatter
from farside.moon.lattice import TILE, Surface, Window, cap_bounds, unit
from farside.moon.rocks import Rocks
from farside.moon.shares import Files
from farside.moon.surface import Detail, along_curve, at_points, on_grid
from farside.moon.terrain import Terrain
from farside.moon.tile import Tile, cut_tile

Array = NDArray[np.floating]
Grid = NDArray[np.float32]

FINEST_M = 0.005

_LARGEST_WINDOW = 6_000_000
_WHOLE_POSTS = 21.0
"""Craters so many posts wide are whole in an elevation file."""
_CLOSE_M = 1e-6
"""A resolution at which everything is shown as it is."""


class Moon:
    """The ground as it truly is.

    seed: what craters fall where; terrain: elevation files in any projection rasterio can read, in any order (the
    finest has its say, see `Terrain`), or None for the built-in land around Von Karman crater. Outside the files the
    built-in land goes on. Among them may be a crater catalogue (see `read_catalogue`): what the files have lost of its
    craters is given back to them. Craters the files cannot show, and regolith relief, come from the seed in any case.
    Raises BadInput for a file without a place on the Moon, and for a catalogue without a file to sharpen.
    """

    def __init__(self, seed: int, terrain: Path | Sequence[Path] | None = None) -> None:
        self.seed = seed
        given = [terrain] if isinstance(terrain, str | Path) else list(terrain or [])
        files = [Path(file) for file in given if not is_catalogue(file)]
        catalogues = [Path(file) for file in given if is_catalogue(file)]
        self._features = features = load_features()
        self._salt = np.uint64(mix(np.uint64((seed + 105) % 2**64)))
        self._files = Files(np.zeros((0, 6)), np.zeros((0, 6)))
        small = features.small
        self._known = Known.at(small[:, :3], small[:, 3], small[:, 4], "named", small[:, 5])
        self._land: Terrain | None = None
        self._lay(Builtin(seed, features).surface)
        # the whole lava floor is shifted so that the landing place comes out at its published elevation
        anchor = features.anchor
        miss = anchor.height_m - float(self.elevation(anchor.lat_deg, anchor.lon_deg, FINEST_M))
        builtin = Builtin(seed, features.with_floor(features.craters[features.anchored, 4] + miss))
        self._builtin = builtin
        if catalogues and (not files or len(catalogues) > 1):
            expected = "one crater catalogue, and an elevation file that it sharpens"
            raise BadInput(catalogues[0], "terrain", f"{len(catalogues)} with {len(files)} elevation files", expected)
        if files:
            self._land = Terrain(files, builtin.surface)
            self._files = Files(self._land.boxes, np.zeros((0, 6)))
            for catalogue in catalogues:
                self._sharpen(self._land, read_catalogue(catalogue))
        self._lay(self._land.surface if self._land else builtin.surface)

    def _sharpen(self, land: Terrain, catalogue: Known) -> None:
        """Give back to the files what they lost of the craters of a catalogue; where it counts, none are invented."""
        diameter = catalogue.marks[:, mk.DIAMETER]
        small, _ = catalogue.where(diameter < _WHOLE_POSTS * self._files.boxes[:, 5].max()).drawn(self._files)
        lost = np.clip(1.0 - np.nan_to_num(depth_in(land.heights, small) / small.depth_m, nan=1.0), 0.0, 1.0)
        self._known = self._known.where(self._known.missing_from(catalogue)) + small.lost(lost).where(lost > 0.01)
        counted = [*coverage(catalogue.marks[:, :3]), 2 * diameter.min() / MOON_RADIUS_M, 0.0]
        self._files = self._files._replace(counted=np.array([counted]))

    def _lay(self, base: Surface) -> None:
        """Put the details on a base."""
        self._base = base
        self._strewn = scatter(pop.layers()[0], self.seed, self._features.patches, self._features.clear)
        self._listed = listed(self._known.marks)

    def elevation(self, lat_deg: ArrayLike, lon_deg: ArrayLike, resolution_m: float) -> Array:
        """Elevation above the 1737.4 km sphere (m) of relief down to ``resolution_m``; shape of lat and lon together.

        lat_deg: planetocentric latitude; lon_deg: east longitude; degrees, MOON_ME. Raises BadInput.
        """
        return self.at(unit(*_checked(lat_deg, lon_deg)), resolution_m)[0]

    def albedo(self, lat_deg: ArrayLike, lon_deg: ArrayLike, resolution_m: float) -> Array:
        """Brightness of the ground as a factor on the single-scattering albedo, about 1 on mature mare; shape as above.

        Highland and fresh ejecta are brighter.
        """
        return self.at(unit(*_checked(lat_deg, lon_deg)), resolution_m)[1]

    def normal(self, lat_deg: ArrayLike, lon_deg: ArrayLike, resolution_m: float) -> Array:
        """Unit normal of the surface in local east, north, up, shape (..., 3): differences over one resolution."""
        lat, lon = _checked(lat_deg, lon_deg)
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

    def at(self, directions: ArrayLike, resolution_m: float) -> tuple[Array, Array]:
        """Elevation (m) and brightness at ``directions`` (..., 3), vectors from the Moon's centre in MOON_ME.

        resolution_m: relief narrower than this is averaged over, as a pixel of this size would. Raises BadInput.
        """
        detail = self._detail(resolution_m)
        given = np.ascontiguousarray(directions, float)
        p = given.reshape(-1, 3)
        p = p / np.sqrt((p * p).sum(-1, keepdims=True))
        if not np.isfinite(p).all():
            raise BadInput("moon", "directions", given.shape, "finite vectors from the Moon's centre, none zero")
        height, shine = np.empty(len(p)), np.empty(len(p))
        for some in self._together(p, resolution_m):
            keys = np.empty(len(some), np.int64)
            along_curve(p[some], keys)
            some = some[np.argsort(keys, kind="stable")]
            q = p[some]
            h, s = np.empty(len(some)), np.empty(len(some))
            at_points(q, detail, self._window(q, resolution_m), h, s)
            height[some], shine[some] = h, s
        return height.reshape(given.shape[:-1]), shine.reshape(given.shape[:-1])

    def grid(self, site: Site, x0: float, y0: float, post_m: float, n: int) -> tuple[Grid, Grid]:
        """Heights (m, along the site's up, from the site) and brightness on a square grid, both (n, n) float32.

        Post (row, column) lies ``y0 + row post_m`` north and ``x0 + column post_m`` east of the site. The numbers are
        those of ``at`` at the same directions and a resolution of ``post_m``, bit for bit before rounding to float32.
        """
        per_knot = 16
        x0, y0, post_m = float(x0), float(y0), float(post_m)
        detail = self._detail(post_m)
        knots, p = self._knots(site, x0, y0, post_m * per_knot, (n - 1) // per_knot + 2)
        out, shine = np.empty((n, n), np.float32), np.empty((n, n), np.float32)
        level = MOON_RADIUS_M + site.height_m
        window = self._window(p, post_m)
        on_grid(site.axes, level, x0, y0, post_m, knots, per_knot, detail, window, out, shine)
        return out, shine

    def chart(self, site: Site, x0: float, y0: float, post_m: float, n: int) -> tuple[Grid, Grid]:
        """Elevation above the 1737.4 km sphere (m) and brightness on a square map, both (n, n) float32.

        The map is the orthographic projection of the sphere about the site's latitude and longitude: post (row, column)
        lies ``y0 + row post_m`` north and ``x0 + column post_m`` east in it. Relief down to ``post_m``, as in ``at``.
        """
        x0, y0, post_m = float(x0), float(y0), float(post_m)
        detail = self._detail(post_m)
        x, y = x0 + np.arange(n) * post_m, y0 + np.arange(n)[:, None] * post_m
        rise = np.sqrt(1 - (x**2 + y**2) / MOON_RADIUS_M**2)
        me = np.stack([x + 0 * y, y + 0 * x, MOON_RADIUS_M * rise], -1) @ site.axes
        out, shine = np.empty((n, n), np.float32), np.empty((n, n), np.float32)
        # posts stand on the sphere itself: no height moves them sideways
        flat = np.zeros((2, 2))
        window = self._window(me / MOON_RADIUS_M, post_m)
        on_grid(site.axes, MOON_RADIUS_M, x0, y0, post_m, flat, n, detail, window, out, shine)
        return ((out.astype(float) + MOON_RADIUS_M) / rise - MOON_RADIUS_M).astype(np.float32), shine

    def tile(self, face: int, level: int, row: int, column: int) -> Tile:
        """One tile of the globe as a mesh; see `Tile`. Raises BadInput for a tile that is not there."""
        return cut_tile(self.at, face, level, row, column)

    def file_covers(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether the elevation file has a height at a place; false without a file."""
        return self._land is not None and self._land.covers(math.radians(lat_deg), math.radians(lon_deg))

    @property
    def notes(self) -> list[str]:
        """What a user should know of the elevation files: voids, recognised units; a line each."""
        return list(self._land.notes) if self._land is not None else []

    def rocks(self, site: Site, radius_m: float, min_diameter_m: float) -> Rocks:
        """Rocks of at least ``min_diameter_m`` whose middle lies within ``radius_m`` of the site along the ground.

        The same rocks, wherever the circle lies; sorted by falling diameter. Positions are in the site frame.
        """
        up = site.up
        cap = radius_m / MOON_RADIUS_M
        found = self._gather(rk.layers(min_diameter_m), up, cap, self._features.patches)
        sources = (self._strewn_craters(up, cap, rk.FRESH_FROM_M) + self._known).drawn(self._files)[0].marks
        found = found[rk.keep(found, sources, self._features.swept, up, radius_m, min_diameter_m)]
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

    def rocks_in(self, box: Box, min_diameter_m: float) -> Rocks:
        """Rocks of at least ``min_diameter_m`` in a box (south, north, west, east; degrees), as ``rocks``.

        Positions are in the frame of the box's middle on the sphere, ``box_site(box)``. Raises BadInput.
        """
        site, radius = box_site(box), box_radius(box)
        found = self.rocks(site, radius, min_diameter_m)
        lat, lon, _ = site.geodetic(found.position.astype(float))
        return found.where(in_box(box, lat, lon))

    def craters(self, site: Site, radius_m: float, min_diameter_m: float) -> Craters:
        """Craters of at least ``min_diameter_m`` whose rim reaches within ``radius_m`` of the site along the ground.

        Procedural ones, named ones and those of the catalogue; what a file alone shows is not known one by one.
        """
        up, cap = site.up, radius_m / MOON_RADIUS_M
        large = self._gather(pop.layers()[1], up, cap, self._features.young)
        large = large[~self._builtin.buried(large[:, :3])]
        known = self._strewn_craters(up, cap, min_diameter_m) + Known.of(large, "procedural") + self._builtin.giants()
        found, share = (known + self._known).drawn(self._files)
        diameter = found.marks[:, mk.DIAMETER]
        away = MOON_RADIUS_M * np.linalg.norm(found.marks[:, :3] - site.up, axis=1)
        near = (diameter >= min_diameter_m) & (away < radius_m + 0.5 * diameter)
        return found.where(near).listing(share[near])

    def craters_in(self, box: Box, min_diameter_m: float) -> Craters:
        """Craters of at least ``min_diameter_m`` whose middle lies in a box (south, north, west, east; degrees)."""
        found = self.craters(box_site(box), box_radius(box), min_diameter_m)
        return found.where(in_box(box, found.lat_deg, found.lon_deg))

    def _strewn_craters(self, up: Array, cap: float, from_m: float) -> Known:
        """Procedural craters from the octave of ``from_m`` to 4 km that may reach into a cap."""
        rows = pop.layers()[0]
        rows = rows[2 * rows[:, pop.DMIN] > from_m]
        return Known.of(self._gather(rows, up, cap, self._features.patches), "procedural")

    def _gather(self, layers: Array, up: Array, cap: float, patches: Array) -> Array:
        """Marks of ``layers`` that reach into a cap around the unit vector ``up``; shape (n, columns of a mark).

        patches: of young land, which carries fewer.
        """
        ground = scatter(layers, self.seed, patches, self._features.clear)
        buffer = np.empty((1024, mk.COLUMNS))
        buffer, n = gather(ground, 0, len(layers), up[0], up[1], up[2], cap, _CLOSE_M, buffer, 0)
        return buffer[:n]

    def _detail(self, resolution_m: float) -> Detail:
        resolution_m = float(resolution_m)
        if not 0.0 < resolution_m < 1e6:
            raise BadInput("moon", "resolution_m", resolution_m, "metres above 0, such as 0.5 for posts 0.5 m apart")
        waves, table = regolith.weights(resolution_m), profile.table()
        sinks = _sinks(resolution_m, tuple(self._files.boxes[:, 5]))
        return Detail(self._strewn, self._listed, self._files, table, sinks, waves, self._salt, resolution_m)

    def _knots(self, site: Site, x0: float, y0: float, step: float, n: int) -> tuple[Array, Array]:
        """Base height at knots of a site grid, found by walking down the vertical; with their unit vectors."""
        k = np.arange(n) * step
        x, y = np.meshgrid(x0 + k, y0 + k)
        height = np.full((n, n), site.height_m)
        for _ in range(3):
            radius = MOON_RADIUS_M + height
            up = np.sqrt(radius**2 - x**2 - y**2)
            p = np.stack([x, y, up], -1) @ site.axes / radius[..., None]
            window = self._window(p, step)
            height = _base(window, *_latlon(self._base.lattice.turned(p)))
        return height, p

    def _window(self, p: Array, resolution_m: float) -> Window:
        """Nodes of the base around unit vectors (..., 3)."""
        south, north, west, east = cap_bounds(self._base.lattice.turned(p).reshape(-1, 3))
        return self._base.window(south, north, west, east, self._base.times(resolution_m), resolution_m)

    def _together(self, p: Array, resolution_m: float) -> list[NDArray[np.int64]]:
        """Split scattered points (n, 3) into groups whose windows fit in memory."""
        step = self._base.lattice.step * 2 ** self._base.times(resolution_m)
        own = self._base.lattice.turned(p)
        south, north, west, east = cap_bounds(own)
        if (north - south) * (east - west) / step**2 < _LARGEST_WINDOW:
            return [np.arange(len(p))]
        tile = TILE * step
        lat, lon = _latlon(own)
        key = np.floor(lat / tile).astype(np.int64) * 1_000_000 + np.floor(lon / tile).astype(np.int64)
        order = np.argsort(key, kind="stable")
        return np.split(order, np.nonzero(np.diff(key[order]))[0] + 1)


def _latlon(p: Array) -> tuple[Array, Array]:
    return np.arctan2(p[..., 2], np.hypot(p[..., 0], p[..., 1])), np.arctan2(p[..., 1], p[..., 0])


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


def _checked(lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[Array, Array]:
    """Latitudes and longitudes in radians, broadcast together. Raises BadInput."""
    lat, lon = np.broadcast_arrays(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
    for field, values, good in (("lat_deg", lat, np.abs(lat) <= 90.0), ("lon_deg", lon, np.isfinite(lon))):
        if not good.all():
            expected = "degrees from -90 to 90" if field == "lat_deg" else "degrees east, finite"
            raise BadInput("moon", field, float(values[~good].flat[0]), expected)
    return np.radians(lat), np.radians(lon)
