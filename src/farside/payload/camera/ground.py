"""Rays against the relief: nested height grids walked through maximum pyramids.

The relief is a stack of square grids, each twice as wide as the one before and centred on the site, so that the
stretches of a ray inside the squares are nested as well::

    level 2  |-----------------------------|        a ray walks level 2, then 1, then 0 (the finest asked for),
    level 1         |--------------|                then 1 and 2 again on the far side
    level 0             |-----|

Inside a level the walk goes up and down a pyramid of maxima (Tevs, Ihrke & Seidel 2008): a block whose highest post
lies below the ray is crossed in one step. A cell is two triangles, split from its south-west to its north-east post.
A ray hits where its height above the triangles changes sign, tested at the cell's entry, diagonal and exit: a ray that
is below the surface on entering a cell has hit there, so nothing can leak between cells or levels.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.camera.kernel import INLINE, KERNEL

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

COARSE_BLOCKS = 3
"""A level is entered this many pyramid steps below its top: 8 x 8 blocks, which the inner square's edges fall on."""


class Ground(NamedTuple):
    """The relief as the kernels take it.

    heights, albedo: (levels, n + 1, n + 1) and (levels, m + 1, m + 1), rows northwards, columns eastwards; n a power
    of two. posts: (levels,) metres. pyramid: (levels, blocks) maxima, largest blocks last; offsets: where each pyramid
    step starts. top, bottom: (levels,) highest and lowest height of each level. clear: (levels,) highest
    of each and all further ones.
    """

    heights: Floats
    albedo: Floats
    posts: Array
    pyramid: Floats
    offsets: NDArray[np.int64]
    top: Array
    bottom: Array
    clear: Array

    @property
    def half_widths(self) -> Array:
        """Half width of each level, metres, (levels,)."""
        return 0.5 * (self.heights.shape[1] - 1) * self.posts


def make_ground(heights: Floats, albedo: Floats, posts: Array) -> Ground:
    """Build the pyramids; heights (levels, n + 1, n + 1) with n a power of two of at least 16."""
    levels, n = heights.shape[0], heights.shape[1] - 1
    if n < 16 or n & (n - 1):
        raise ValueError(f"relief has {n} cells a side; expected a power of two, at least 16")
    steps = n.bit_length() - 1
    offsets = np.zeros(steps + 1, np.int64)
    for step in range(1, steps + 1):
        offsets[step] = offsets[step - 1] + ((n >> (step - 1)) ** 2 if step > 1 else 0)
    pyramid = np.empty((levels, int(offsets[steps]) + 1), np.float32)
    for level in range(levels):
        _fill_pyramid(heights[level], pyramid[level], offsets)
    # axis by axis: reductions over memory maps of a gigabyte then stay streaming
    top = np.array([float(h.max()) for h in heights])
    bottom = np.array([float(h.min()) for h in heights])
    clear = np.maximum.accumulate(top[::-1])[::-1].copy()
    return Ground(heights, albedo, np.asarray(posts, float), pyramid, offsets, top, bottom, clear)


@njit(**KERNEL)
def _fill_pyramid(z, pyramid, offsets):  # type: ignore[no-untyped-def]
    """Step 1 holds the maximum of the nine posts of 2 x 2 cells, every later step that of 2 x 2 blocks before it."""
    n = z.shape[0] - 1
    k = n // 2
    for i in range(k):
        for j in range(k):
            m = z[2 * i, 2 * j]
            for a in range(3):
                for b in range(3):
                    m = max(m, z[2 * i + a, 2 * j + b])
            pyramid[offsets[1] + i * k + j] = m
    for step in range(2, offsets.size):
        k = n >> step
        below, here = offsets[step - 1], offsets[step]
        for i in range(k):
            for j in range(k):
                a = below + 2 * i * 2 * k + 2 * j
                m = max(max(pyramid[a], pyramid[a + 1]), max(pyramid[a + 2 * k], pyramid[a + 2 * k + 1]))
                pyramid[here + i * k + j] = m


@njit(**INLINE)
def _above(z, k, i, j, u, v, height):  # type: ignore[no-untyped-def]
    """Height of a point over the triangles of cell (i, j) of level k; u east, v north inside the cell, 0 to 1."""
    sw = float(z[k, i, j])
    ne = float(z[k, i + 1, j + 1])
    if u >= v:
        se = float(z[k, i, j + 1])
        return height - (sw + (se - sw) * u + (ne - se) * v)
    nw = float(z[k, i + 1, j])
    return height - (sw + (ne - nw) * u + (nw - sw) * v)


@njit(**INLINE)
def _walk(ground, level, ox, oy, oz, dx, dy, dz, t0, t1):  # type: ignore[no-untyped-def]
    """Distance to the first hit of one level between t0 and t1, or -1."""
    z = ground.heights
    pyramid = ground.pyramid
    offsets = ground.offsets
    n = z.shape[1] - 1
    if dz < 0.0:
        t0 = max(t0, (ground.top[level] - oz) / dz)
        # a little below the lowest post the ray has certainly crossed the surface
        t1 = min(t1, (ground.bottom[level] - 1.0 - oz) / dz)
    elif oz + dz * t0 > ground.top[level]:
        return -1.0
    elif dz > 0.0:
        t1 = min(t1, (ground.top[level] + 0.01 * ground.posts[level] - oz) / dz)
    if t0 >= t1:
        return -1.0
    per_post = 1.0 / ground.posts[level]
    gx = ox * per_post + 0.5 * n
    gy = oy * per_post + 0.5 * n
    vx = dx * per_post
    vy = dy * per_post
    ix = 1.0 / vx if abs(vx) > 1e-15 else (1e15 if vx >= 0.0 else -1e15)
    iy = 1.0 / vy if abs(vy) > 1e-15 else (1e15 if vy >= 0.0 else -1e15)
    east = 1 if vx >= 0.0 else 0
    north = 1 if vy >= 0.0 else 0
    t = t0
    j = min(max(int(gx + t * vx), 0), n - 1)
    i = min(max(int(gy + t * vy), 0), n - 1)
    last = offsets.size - 1
    # a ray that starts in here does so near the ground, mostly: it climbs from the cells
    step = 0 if t <= 0.0 else max(last - COARSE_BLOCKS, 0)
    while True:
        bj = j >> step
        bi = i >> step
        tx = (((bj + east) << step) - gx) * ix
        ty = (((bi + north) << step) - gy) * iy
        te = max(min(min(tx, ty), t1), t)
        if step > 0:
            low = oz + dz * (te if dz < 0.0 else t)
            if low <= pyramid[level, offsets[step] + bi * (n >> step) + bj]:
                step -= 1
                continue
        else:
            u = gx - j
            v = gy - i
            before = _above(z, level, i, j, u + t * vx, v + t * vy, oz + t * dz)
            if before <= 0.0:
                return t
            # the diagonal splits the way through the cell where u = v
            across = vx - vy
            td = (v - u) / across if across != 0.0 else -1.0
            if t < td < te:
                at = _above(z, level, i, j, u + td * vx, v + td * vy, oz + td * dz)
                if at <= 0.0:
                    return t + (td - t) * before / (before - at)
                t = td
                before = at
            after = _above(z, level, i, j, u + te * vx, v + te * vy, oz + te * dz)
            if after <= 0.0:
                return t + (te - t) * before / (before - after)
        if te >= t1:
            return -1.0
        t = te
        size = 1 << step
        if tx <= ty:
            bj += 1 if east else -1
            j = (bj << step) if east else (bj << step) + size - 1
            if j < 0 or j >= n:
                return -1.0
            if step > 0:
                i = min(max(int(gy + t * vy), bi << step), (bi << step) + size - 1)
            climbs = (bj & 1) == (0 if east else 1)
        else:
            bi += 1 if north else -1
            i = (bi << step) if north else (bi << step) + size - 1
            if i < 0 or i >= n:
                return -1.0
            if step > 0:
                j = min(max(int(gx + t * vx), bj << step), (bj << step) + size - 1)
            climbs = (bi & 1) == (0 if north else 1)
        if climbs and step < last:
            step += 1


@njit(**INLINE)
def _span(half, ox, oy, ix, iy):  # type: ignore[no-untyped-def]
    """Distances at which a ray enters and leaves the square of half-width ``half``."""
    a = (-half - ox) * ix
    b = (half - ox) * ix
    c = (-half - oy) * iy
    d = (half - oy) * iy
    return max(min(a, b), min(c, d)), min(max(a, b), max(c, d))


@njit(**INLINE)
def hit_ground(ground, finest, clear, ox, oy, oz, dx, dy, dz, reach):  # type: ignore[no-untyped-def]
    """Distance (or -1) and level of the first hit within ``reach``; levels finer than ``finest`` are not looked at.

    clear: (levels,) height above which a rising ray that enters a level from inside cannot meet it or any further one:
    the ground's, or ``clear_heights`` where more is known of the ray.
    """
    levels = ground.posts.size
    cells = 0.5 * (ground.heights.shape[1] - 1)
    ix = 1.0 / dx if abs(dx) > 1e-15 else (1e15 if dx >= 0.0 else -1e15)
    iy = 1.0 / dy if abs(dy) > 1e-15 else (1e15 if dy >= 0.0 else -1e15)
    # the ray starts in the finest level that holds its origin
    level = levels - 1
    while level > finest:
        half = cells * ground.posts[level - 1]
        if abs(ox) > half or abs(oy) > half:
            break
        level -= 1
    start, leave = _span(cells * ground.posts[level], ox, oy, ix, iy)
    start = max(start, 0.0)
    leave = min(leave, reach)
    inwards = True
    while start <= leave:
        end = leave
        if inwards:
            inner_start, inner_leave = 1.0, 0.0
            if level > finest:
                inner_start, inner_leave = _span(cells * ground.posts[level - 1], ox, oy, ix, iy)
            inwards = inner_start < inner_leave and inner_leave > start and inner_start < leave
            if inwards:
                end = inner_start
        if end > start:
            t = _walk(ground, level, ox, oy, oz, dx, dy, dz, start, end)
            if t >= 0.0:
                return t, level
        if inwards:
            level -= 1
            start = max(inner_start, 0.0)
            leave = min(inner_leave, reach)
        else:
            level += 1
            start = leave
            if level == levels or start >= reach or (dz >= 0.0 and oz + dz * start > clear[level]):
                break
            _, leave = _span(cells * ground.posts[level], ox, oy, ix, iy)
            leave = min(leave, reach)
    return -1.0, 0


def clear_heights(ground: Ground, slope: float) -> Array:
    """Heights (levels,) for ``hit_ground`` that hold for every ray rising at least ``slope`` metres per metre.

    From the edge of level k - 1 to that of level m - 1 a ray travels at least the difference of their half widths.
    """
    inner = np.concatenate([[0.0], ground.half_widths[:-1]])
    gain = slope * (inner[None, :] - inner[:, None])
    return np.max(np.where(gain >= 0.0, ground.top[None, :] - gain, -np.inf), axis=1)


@njit(**INLINE)
def ground_normal(ground, level, x, y):  # type: ignore[no-untyped-def]
    """Upward unit normal at (x, y) metres: gradients by central differences at the posts, bilinear in between."""
    z = ground.heights
    k = level
    n = z.shape[1] - 1
    per_post = 1.0 / ground.posts[level]
    gx = x * per_post + 0.5 * n
    gy = y * per_post + 0.5 * n
    j = min(max(int(gx), 1), n - 2)
    i = min(max(int(gy), 1), n - 2)
    u = min(max(gx - j, 0.0), 1.0)
    v = min(max(gy - i, 0.0), 1.0)
    east_s = (1.0 - u) * (z[k, i, j + 1] - z[k, i, j - 1]) + u * (z[k, i, j + 2] - z[k, i, j])
    east_n = (1.0 - u) * (z[k, i + 1, j + 1] - z[k, i + 1, j - 1]) + u * (z[k, i + 1, j + 2] - z[k, i + 1, j])
    north_w = (1.0 - v) * (z[k, i + 1, j] - z[k, i - 1, j]) + v * (z[k, i + 2, j] - z[k, i, j])
    north_e = (1.0 - v) * (z[k, i + 1, j + 1] - z[k, i - 1, j + 1]) + v * (z[k, i + 2, j + 1] - z[k, i, j + 1])
    a = -0.5 * per_post * ((1.0 - v) * east_s + v * east_n)
    b = -0.5 * per_post * ((1.0 - u) * north_w + u * north_e)
    q = 1.0 / math.sqrt(a * a + b * b + 1.0)
    return a * q, b * q, q


@njit(**INLINE)
def ground_albedo(ground, level, x, y):  # type: ignore[no-untyped-def]
    """Albedo multiplier at (x, y) metres, bilinear between posts (the albedo grid may be coarser than the heights)."""
    m = ground.albedo.shape[1] - 1
    half = 0.5 * (ground.heights.shape[1] - 1) * ground.posts[level]
    gx = (x / half + 1.0) * 0.5 * m
    gy = (y / half + 1.0) * 0.5 * m
    j = min(max(int(gx), 0), m - 1)
    i = min(max(int(gy), 0), m - 1)
    u = min(max(gx - j, 0.0), 1.0)
    v = min(max(gy - i, 0.0), 1.0)
    a = ground.albedo
    k = level
    south = (1.0 - u) * a[k, i, j] + u * a[k, i, j + 1]
    north = (1.0 - u) * a[k, i + 1, j] + u * a[k, i + 1, j + 1]
    return (1.0 - v) * south + v * north
