"""The ground around a site as nested square grids, for ray tracing and for standing on."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.geometry import Site
from farside.moon.moon import Moon
from farside.work import Pool, atomic_write

Array = NDArray[np.float64]
Grid = NDArray[np.float32]
Levels = Sequence[Grid] | Grid
"""One grid a level, or all of them in one array."""

RING = 16
"""A finer level melts into the coarser one over its outermost 1/RING of the half width."""


@dataclass(frozen=True)
class Relief:
    """Nested grids, finest first, all centred on the site.

    heights: level k is float32 (n + 1, n + 1), row = north rising, column = east rising, metres along the site's up
    from the site's origin (curvature included); posts_m: post spacing of each level, doubling; albedo: factor on the
    single-scattering albedo, float32 alike. A cell is two triangles split from its (south, west) to its (north, east)
    corner. On a level's outer edge the heights are those of the next coarser level, so there is no crack.
    """

    site: Site
    heights: Levels
    posts_m: list[float]
    albedo: Levels

    @property
    def halves_m(self) -> list[float]:
        """Half width of each level."""
        return [(h.shape[0] - 1) / 2 * p for h, p in zip(self.heights, self.posts_m, strict=True)]

    def height(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Ground height (m, site frame) at east ``x`` and north ``y`` metres; shapes alike; finest level that holds it.

        Outside the coarsest level: the height at its edge.
        """
        return self._read(x, y)[0]

    def normal(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Unit normal of the ground's triangle at (x, y), site frame, shape (..., 3)."""
        _, gx, gy = self._read(x, y)
        n = np.stack([-gx, -gy, np.ones_like(gx)], -1)
        return n / np.linalg.norm(n, axis=-1, keepdims=True)

    def _read(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array, Array]:
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        z, gx, gy = np.empty(x.shape), np.empty(x.shape), np.empty(x.shape)
        far = np.maximum(np.abs(x), np.abs(y))
        level = np.minimum(np.searchsorted(self.halves_m, far), len(self.heights) - 1)
        for k in np.unique(level):
            at = level == k
            z[at], gx[at], gy[at] = facet(self.heights[k], self.posts_m[k], x[at], y[at])
        return z, gx, gy

    def save(self, folder: Path) -> None:
        """Write heights.npy and albedo.npy, all levels in one array each, and a small relief.json.

        `load` maps them into memory.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name, grids in (("heights", self.heights), ("albedo", self.albedo)):
            with atomic_write(folder / f"{name}.npy") as part:
                shape = len(grids), *grids[0].shape
                file = np.lib.format.open_memmap(part, "w+", np.float32, shape)
                for k, grid in enumerate(grids):
                    file[k] = grid
                file.flush()
        facts = {
            "lat_deg": self.site.lat_deg,
            "lon_deg": self.site.lon_deg,
            "height_m": self.site.height_m,
            "posts_m": self.posts_m,
        }
        with atomic_write(folder / "relief.json") as part:
            part.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Relief:
        """Map a saved relief into memory; processes that do share it.

        Mapped so that writing would change a private copy: kernels compiled for arrays that may be written take it.
        """
        facts = json.loads((folder / "relief.json").read_text(encoding="utf-8"))
        heights, albedo = (np.asarray(np.load(folder / f"{name}.npy", mmap_mode="c")) for name in ("heights", "albedo"))
        return cls(Site(facts["lat_deg"], facts["lon_deg"], facts["height_m"]), heights, facts["posts_m"], albedo)


def build_relief(
    moon: Moon,
    site: Site,
    posts: int = 2048,
    finest_m: float = 0.005,
    reach_m: float = 250_000.0,
    pool: Pool | None = None,
) -> Relief:
    """Sample the Moon around a site on nested grids.

    posts: cells along a level's side, even; finest_m: post spacing of the finest level; levels are added, each twice
    as wide, until one reaches ``reach_m`` from the site. pool: builds levels side by side. The site's height is
    replaced by the ground's at its latitude and longitude, so the origin lies on the relief.
    """
    site = Site(site.lat_deg, site.lon_deg, float(moon.elevation(site.lat_deg, site.lon_deg, finest_m)))
    levels = 1 + max(0, math.ceil(math.log2(2 * reach_m / (posts * finest_m))))
    spacing = [finest_m * 2**k for k in range(levels)]

    def build(post: float) -> tuple[Grid, Grid]:
        half = posts / 2 * post
        return moon.grid(site, -half, -half, post, posts + 1)

    heights, albedo = np.empty((2, levels, posts + 1, posts + 1), np.float32)
    for k, built in enumerate(pool.map(build, spacing) if pool else map(build, spacing)):
        heights[k], albedo[k] = built
    # coarsest first: each level melts into one that is already whole
    for k in range(levels - 2, -1, -1):
        _melt(heights[k], heights[k + 1])
        _melt(albedo[k], albedo[k + 1])
    return Relief(site, heights, spacing, albedo)


def _melt(fine: Grid, coarse: Grid) -> None:
    """Blend the border ring of ``fine`` into the triangles of ``coarse``, which is twice as wide; in place."""
    n = fine.shape[0] - 1
    width = n // 2 // RING
    quarter = coarse[n // 4 : n // 4 + n // 2 + 1, n // 4 : n // 4 + n // 2 + 1]
    for rows, columns in (
        (slice(0, width), slice(0, n + 1)),
        (slice(n + 1 - width, n + 1), slice(0, n + 1)),
        (slice(width, n + 1 - width), slice(0, width)),
        (slice(width, n + 1 - width), slice(n + 1 - width, n + 1)),
    ):
        i, j = np.meshgrid(np.arange(n + 1)[rows], np.arange(n + 1)[columns], indexing="ij")
        target = _halfway(quarter, i, j)
        t = np.minimum(np.minimum(i, n - i), np.minimum(j, n - j)) / width
        share = (t * t * (3 - 2 * t)).astype(np.float32)
        fine[rows, columns] = target + share * (fine[rows, columns] - target)


def _halfway(coarse: Grid, i: NDArray[np.int64], j: NDArray[np.int64]) -> Grid:
    """Coarse triangles at fine posts (i, j): a corner, the middle of an edge, or the middle of the diagonal."""
    a = coarse[i // 2, j // 2]
    return np.float32(0.5) * (a + coarse[(i + 1) // 2, (j + 1) // 2])


def facet(height: Grid, post: float, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Height and its slopes along x and y on the triangles of one level; shapes alike."""
    n = height.shape[0] - 1
    u, v = np.clip(x / post + n / 2, 0, n), np.clip(y / post + n / 2, 0, n)
    j, i = np.minimum(u.astype(int), n - 1), np.minimum(v.astype(int), n - 1)
    u, v = u - j, v - i
    z00, z01 = height[i, j].astype(float), height[i, j + 1].astype(float)
    z10, z11 = height[i + 1, j].astype(float), height[i + 1, j + 1].astype(float)
    east = u >= v
    a, b = np.where(east, z01 - z00, z11 - z10), np.where(east, z11 - z01, z10 - z00)
    return z00 + a * u + b * v, a / post, b / post
