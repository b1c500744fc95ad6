"""Kernels that add the marks to the base: for scattered points, and for square grids in a site's frame."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from farside.geometry import MOON_RADIUS_M
from farside.moon import marks as mk
from farside.moon import profile, regolith
from farside.moon.gather import STRETCH, Listed, Scatter, gather, gather_listed
from farside.moon.lattice import Window, place, read
from farside.moon.marks import COLUMNS, glow, larger, radii2, units
from farside.moon.noise import fractal
from farside.moon.shares import Files, drawn, file_shares, sunk

_R = MOON_RADIUS_M
WORTH = 1.0
"""Points per mark's width squared from which it pays to look for marks together."""

LISTED_M = 300.0
"""Groups within this radius (m) look up the listed marks together."""

FEW = 8
"""Groups of so many points are small enough."""

_WORTH, _LISTED_M, _FEW = WORTH, LISTED_M, FEW
_REACH, _STRETCH = profile.REACH, STRETCH
_LONGEST = regolith.LONGEST_M
_REACH2 = profile.REACH**2
_UNIT = mk.HEIGHT_UNIT

SIDE = 64
"""Posts along the side of a tile of the grid kernel: small enough for the cache."""

BRIGHTEST = 0.45
"""Share by which the freshest ejecta outshine mature regolith: assumed (fresh mare craters: 1.3 to 1.6 times)."""

_BRIGHTEST = BRIGHTEST


DEPTH = 64
"""Halvings of a group of points: more than any group needs."""

_DEPTH = DEPTH


class Detail(NamedTuple):
    """What lies on the base, seen at a resolution (m).

    scatter: craters by the hash of their cell; listed: those known one by one; files: what shows part of them; table:
    their profiles; sinks: mean heights (m) that the scattered ones add, see ``sunk``; waves: weights of the regolith's
    octaves; salt: its hash.
    """

    scatter: Scatter
    listed: Listed
    files: Files
    table: np.ndarray
    sinks: np.ndarray
    waves: np.ndarray
    salt: np.uint64
    resolution: float


@njit(cache=True, nogil=True, error_model="numpy")
def along_curve(points: np.ndarray, keys: np.ndarray) -> None:
    """Place of each point (n, 3) along a space-filling curve (Morton 1966): neighbours get neighbouring ``keys``."""
    first, last = points[0].copy(), points[0].copy()
    for i in range(points.shape[0]):
        for k in range(3):
            first[k] = min(first[k], points[i, k])
            last[k] = max(last[k], points[i, k])
    scale = 2097151.0 / max(1e-300, (last - first).max())
    for i in range(points.shape[0]):
        key = 0
        for k in range(3):
            q = int((points[i, k] - first[k]) * scale)
            q = (q | q << 32) & 0x1F00000000FFFF
            q = (q | q << 16) & 0x1F0000FF0000FF
            q = (q | q << 8) & 0x100F00F00F00F00F
            q = (q | q << 4) & 0x10C30C30C30C30C3
            q = (q | q << 2) & 0x1249249249249249
            key |= q << k
        keys[i] = key


@njit(cache=True, nogil=True, error_model="numpy")
def _spread(points: np.ndarray, lo: int, hi: int) -> tuple:
    """Middle one of the points lo..hi and the distance of the farthest from it, on the unit sphere."""
    k = (lo + hi) // 2
    x, y, z = points[k, 0], points[k, 1], points[k, 2]
    most = 0.0
    for i in range(lo, hi):
        dx, dy, dz = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
        most = max(most, dx * dx + dy * dy + dz * dz)
    return x, y, z, 1.000001 * math.sqrt(most)


@njit(cache=True, nogil=True, error_model="numpy")
def _still_near(marks: np.ndarray, first: int, last: int, x: float, y: float, z: float, cap: float) -> tuple:
    """Copy those of the marks first..last that reach into a cap behind them; (marks, end of the copy)."""
    n = last
    for k in range(first, last):
        dx, dy, dz = marks[k, 0] - x, marks[k, 1] - y, marks[k, 2] - z
        near = cap + _REACH * _STRETCH * 0.5 * marks[k, 10] / _R
        if dx * dx + dy * dy + dz * dz <= near * near:
            if n == marks.shape[0]:
                marks = larger(marks)
            marks[n] = marks[k]
            n += 1
    return marks, n


@njit(cache=True, nogil=True, error_model="numpy")
def at_points(
    points: np.ndarray,
    detail: Detail,
    window: Window,
    out: np.ndarray,
    shine: np.ndarray,
) -> None:
    """Heights (m above the sphere) and brightness at unit vectors ``points`` (n, 3), neighbours in a row.

    A group of points looks for the marks wider than itself, then halves; each half keeps those that still reach it and
    looks for narrower ones. Lone points look for all marks themselves. What is found never depends on the grouping.
    """
    rows, table, resolution = detail.scatter.rows, detail.table, detail.resolution
    height, bright, where = window.height, window.bright, window.where
    lo, hi = np.zeros(_DEPTH, np.int64), np.zeros(_DEPTH, np.int64)
    first, last = np.zeros(_DEPTH, np.int64), np.zeros(_DEPTH, np.int64)
    finer, listed = np.zeros(_DEPTH, np.int64), np.zeros(_DEPTH, np.bool_)
    buffer, shares = np.empty((1024, COLUMNS)), np.zeros(detail.files.boxes.shape[0] + 1)
    hi[0], finer[0], depth = points.shape[0], rows.shape[0], 0
    while depth >= 0:
        a, b, parent, start, layer, have = lo[depth], hi[depth], first[depth], last[depth], finer[depth], listed[depth]
        depth -= 1
        x, y, z, cap = _spread(points, a, b)
        buffer, n = _still_near(buffer, parent, start, x, y, z, cap)
        begin = layer
        while begin > 0 and (b - a == 1 or b - a >= _WORTH * (1.0 + 0.5 * cap * _R / rows[begin - 1, 1]) ** 2):
            begin -= 1
        buffer, n = gather(detail.scatter, begin, layer, x, y, z, cap, resolution, buffer, n)
        if not have and (b - a == 1 or cap * _R < _LISTED_M):
            buffer, n = gather_listed(detail.listed, x, y, z, cap, resolution, buffer, n)
            have = True
        if begin > 0 or not have or b - a > _FEW:
            middle = (a + b) // 2
            for half in range(2):
                depth += 1
                lo[depth], hi[depth] = (a, middle) if half else (middle, b)
                first[depth], last[depth], finer[depth], listed[depth] = start, n, begin, have
            continue
        for i in range(a, b):
            x, y, z = points[i, 0], points[i, 1], points[i, 2]
            lat, lon = place(where, x, y, z)
            base, light = read(height, bright, where, lat, lon)
            if where[6] > 0.0:
                lat, lon = math.atan2(z, math.sqrt(x * x + y * y)), math.atan2(y, x)
            file_shares(detail.files, lat, lon, shares)
            total, glare = 0, 0
            for k in range(start, n):
                m = buffer[k]
                r2 = radii2(m[0], m[1], m[2], m[3], m[4], m[5], m[6], x, y, z)
                if r2 < _REACH2:
                    total += units(table, int(m[8]), m[7] * drawn(detail.files, shares, m[10], m[12]), r2)
                    if m[9] > 0.0:
                        glare += int(m[9] * glow(r2) * _UNIT)
            small = fractal(detail.salt, x * _R, y * _R, z * _R, detail.waves, _LONGEST)
            out[i] = base - sunk(shares, detail.sinks) + total / _UNIT + small
            shine[i] = light * (1.0 + _BRIGHTEST * min(1.5, glare / _UNIT))


@njit(cache=True, nogil=True, error_model="numpy")
def on_grid(
    axes: np.ndarray,
    level: float,
    x0: float,
    y0: float,
    post: float,
    knots: np.ndarray,
    per_knot: int,
    detail: Detail,
    window: Window,
    out: np.ndarray,
    shine: np.ndarray,
) -> None:
    """Heights in a site's frame and brightness on a square grid, tile by tile.

    axes: rows east, north, up of the site in MOON_ME; level: the site's distance from the Moon's centre (m).
    Post (row, column) has north = y0 + row post, east = x0 + column post. knots: base height at every
    ``per_knot``-th post, which places the posts on the sphere. out: height along the site's up (m), float32,
    (n, n); shine: brightness, float32, alike.
    """
    rows, columns = out.shape
    table, resolution = detail.table, detail.resolution
    height, bright, where = window.height, window.bright, window.where
    p = np.empty((SIDE * SIDE, 3))
    base = np.empty(SIDE * SIDE)
    light = np.empty(SIDE * SIDE)
    rise = np.empty(SIDE * SIDE)
    total = np.empty(SIDE * SIDE, np.int64)
    glare = np.empty(SIDE * SIDE, np.int64)
    buffer, shares = np.empty((512, COLUMNS)), np.zeros((SIDE * SIDE, detail.files.boxes.shape[0] + 1))
    for r0 in range(0, rows, SIDE):
        for c0 in range(0, columns, SIDE):
            nr, nc = min(SIDE, rows - r0), min(SIDE, columns - c0)
            for i in range(nr):
                y = y0 + (r0 + i) * post
                for j in range(nc):
                    x = x0 + (c0 + j) * post
                    radius = _R + _knot(knots, (r0 + i) / per_knot, (c0 + j) / per_knot)
                    w = math.sqrt(radius * radius - x * x - y * y)
                    k = i * SIDE + j
                    a, b, c = x / radius, y / radius, w / radius
                    p[k, 0] = a * axes[0, 0] + b * axes[1, 0] + c * axes[2, 0]
                    p[k, 1] = a * axes[0, 1] + b * axes[1, 1] + c * axes[2, 1]
                    p[k, 2] = a * axes[0, 2] + b * axes[1, 2] + c * axes[2, 2]
                    rise[k] = c
                    lat, lon = place(where, p[k, 0], p[k, 1], p[k, 2])
                    base[k], light[k] = read(height, bright, where, lat, lon)
                    if where[6] > 0.0:
                        lat = math.atan2(p[k, 2], math.sqrt(p[k, 0] * p[k, 0] + p[k, 1] * p[k, 1]))
                        lon = math.atan2(p[k, 1], p[k, 0])
                    file_shares(detail.files, lat, lon, shares[k])
                    base[k] -= sunk(shares[k], detail.sinks)
                    total[k] = 0
                    glare[k] = 0
            mid = (nr // 2) * SIDE + nc // 2
            qx, qy, qz = p[mid, 0], p[mid, 1], p[mid, 2]
            cap2 = 0.0
            for k in (0, nc - 1, (nr - 1) * SIDE, (nr - 1) * SIDE + nc - 1):
                dx, dy, dz = p[k, 0] - qx, p[k, 1] - qy, p[k, 2] - qz
                cap2 = max(cap2, dx * dx + dy * dy + dz * dz)
            # margin for relief that moves a post sideways
            cap = 1.02 * math.sqrt(cap2) + 2 * post / _R
            buffer, n = gather(detail.scatter, 0, detail.scatter.rows.shape[0], qx, qy, qz, cap, resolution, buffer, 0)
            buffer, n = gather_listed(detail.listed, qx, qy, qz, cap, resolution, buffer, n)
            mixed = _differ(shares, nr, nc)
            for k in range(n):
                m = buffer[k]
                ux, uy, uz = m[0], m[1], m[2]
                e = ux * axes[0, 0] + uy * axes[0, 1] + uz * axes[0, 2]
                f = ux * axes[1, 0] + uy * axes[1, 1] + uz * axes[1, 2]
                radius = _R + _knot_clamped(
                    knots, (f * level - y0) / post / per_knot, (e * level - x0) / post / per_knot
                )
                jc, ic = (e * radius - x0) / post - c0, (f * radius - y0) / post - r0
                half = _REACH * _STRETCH * 0.5 * m[10] / post * 1.03 + 1.0
                i0, i1 = max(0, math.floor(ic - half)), min(nr - 1, math.ceil(ic + half))
                j0, j1 = max(0, math.floor(jc - half)), min(nc - 1, math.ceil(jc + half))
                row, glows, diameter, sort = int(m[8]), m[9], m[10], m[12]
                amplitude = m[7] * drawn(detail.files, shares[0], diameter, sort)
                ex, ey, ez, sharp = m[3], m[4], m[5], m[6]
                for i in range(i0, i1 + 1):
                    for q in range(i * SIDE + j0, i * SIDE + j1 + 1):
                        r2 = radii2(ux, uy, uz, ex, ey, ez, sharp, p[q, 0], p[q, 1], p[q, 2])
                        if r2 < _REACH2:
                            if mixed:
                                amplitude = m[7] * drawn(detail.files, shares[q], diameter, sort)
                            total[q] += units(table, row, amplitude, r2)
                            if glows > 0.0:
                                glare[q] += int(glows * glow(r2) * _UNIT)
            for i in range(nr):
                for j in range(nc):
                    k = i * SIDE + j
                    small = fractal(detail.salt, p[k, 0] * _R, p[k, 1] * _R, p[k, 2] * _R, detail.waves, _LONGEST)
                    h = base[k] + total[k] / _UNIT + small
                    out[r0 + i, c0 + j] = (_R + h) * rise[k] - level
                    shine[r0 + i, c0 + j] = light[k] * (1.0 + _BRIGHTEST * min(1.5, glare[k] / _UNIT))


@njit(cache=True, nogil=True, error_model="numpy")
def _differ(shares: np.ndarray, rows: int, columns: int) -> bool:
    """Whether terrain files have more of one post of a tile than of another."""
    for i in range(rows):
        for k in range(i * SIDE, i * SIDE + columns):
            for j in range(shares.shape[1]):
                if shares[k, j] != shares[0, j]:
                    return True
    return False


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _knot(knots: np.ndarray, r: float, c: float) -> float:
    i, j = min(int(r), knots.shape[0] - 2), min(int(c), knots.shape[1] - 2)
    s, t = r - i, c - j
    low = (1 - t) * knots[i, j] + t * knots[i, j + 1]
    return low + s * ((1 - t) * knots[i + 1, j] + t * knots[i + 1, j + 1] - low)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _knot_clamped(knots: np.ndarray, r: float, c: float) -> float:
    r = min(max(r, 0.0), knots.shape[0] - 1.0)
    c = min(max(c, 0.0), knots.shape[1] - 1.0)
    return _knot(knots, r, c)
