"""Kernels that add the marks to the base: for scattered points, and for square grids in a site's frame."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from farside.geometry import MOON_RADIUS_M
from farside.moon import marks as mk
from farside.moon import profile
from farside.moon.lattice import place, read
from farside.moon.marks import COLUMNS, drawn, file_shares, gather, glow, radii2, shown, sunk, units

_R = MOON_RADIUS_M
_REACH2 = profile.REACH**2
_UNIT = mk.HEIGHT_UNIT

SIDE = 64
"""Posts along the side of a tile of the grid kernel: small enough for the cache."""

BRIGHTEST = 0.45
"""Share by which the freshest ejecta outshine mature regolith: assumed (fresh mare craters: 1.3 to 1.6 times)."""

_BRIGHTEST = BRIGHTEST


@njit(cache=True, nogil=True, error_model="numpy")
def _named(
    named: np.ndarray, qx: float, qy: float, qz: float, cap: float, resolution: float, buffer: np.ndarray, n: int
) -> tuple:
    """Append the named marks that reach into a cap; amplitudes faded by resolution."""
    for i in range(named.shape[0]):
        dx, dy, dz = named[i, 0] - qx, named[i, 1] - qy, named[i, 2] - qz
        weight = shown(named[i, 13], resolution)
        if weight > 0.0 and math.sqrt(dx * dx + dy * dy + dz * dz) < cap + named[i, 11]:
            if n == buffer.shape[0]:
                bigger = np.empty((2 * n, COLUMNS))
                bigger[:n] = buffer
                buffer = bigger
            buffer[n] = named[i]
            buffer[n, 9] *= weight
            buffer[n, 12] *= weight
            n += 1
    return buffer, n


@njit(cache=True, nogil=True, error_model="numpy")
def at_points(
    points: np.ndarray,
    seed: np.uint64,
    layers: np.ndarray,
    named: np.ndarray,
    patches: np.ndarray,
    boxes: np.ndarray,
    clear: np.ndarray,
    table: np.ndarray,
    sinks: np.ndarray,
    height: np.ndarray,
    bright: np.ndarray,
    where: np.ndarray,
    resolution: float,
    out: np.ndarray,
    shine: np.ndarray,
) -> None:
    """Heights (m above the sphere) and brightness at unit vectors ``points`` (n, 3)."""
    buffer = np.empty((128, COLUMNS))
    shares = np.zeros(boxes.shape[0])
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        lat, lon = place(where, x, y, z)
        base, b = read(height, bright, where, lat, lon)
        buffer, n = gather(seed, layers, patches, clear, x, y, z, 0.0, resolution, buffer)
        buffer, n = _named(named, x, y, z, 0.0, resolution, buffer, n)
        if where[6] > 0.0:
            lat, lon = math.atan2(z, math.sqrt(x * x + y * y)), math.atan2(y, x)
        file_shares(boxes, lat, lon, shares)
        total, light = 0, 0
        for k in range(n):
            m = buffer[k]
            r2 = radii2(m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], x, y, z)
            if r2 < _REACH2:
                total += units(table, int(m[10]), m[9] * drawn(boxes, shares, m[13], m[15] > 0.0), r2)
                if buffer[k, 12] > 0.0:
                    light += int(buffer[k, 12] * glow(r2) * _UNIT)
        out[i] = base - sunk(shares, sinks) + total / _UNIT
        shine[i] = b * (1.0 + _BRIGHTEST * min(1.5, light / _UNIT))


@njit(cache=True, nogil=True, error_model="numpy")
def on_grid(
    axes: np.ndarray,
    level: float,
    x0: float,
    y0: float,
    post: float,
    knots: np.ndarray,
    per_knot: int,
    seed: np.uint64,
    layers: np.ndarray,
    named: np.ndarray,
    patches: np.ndarray,
    boxes: np.ndarray,
    clear: np.ndarray,
    table: np.ndarray,
    sinks: np.ndarray,
    height: np.ndarray,
    bright: np.ndarray,
    where: np.ndarray,
    resolution: float,
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
    p = np.empty((SIDE * SIDE, 3))
    base = np.empty(SIDE * SIDE)
    light = np.empty(SIDE * SIDE)
    rise = np.empty(SIDE * SIDE)
    total = np.empty(SIDE * SIDE, np.int64)
    glare = np.empty(SIDE * SIDE, np.int64)
    buffer = np.empty((512, COLUMNS))
    shares = np.zeros((SIDE * SIDE, boxes.shape[0]))
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
                    file_shares(boxes, lat, lon, shares[k])
                    base[k] -= sunk(shares[k], sinks)
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
            buffer, n = gather(seed, layers, patches, clear, qx, qy, qz, cap, resolution, buffer)
            buffer, n = _named(named, qx, qy, qz, cap, resolution, buffer, n)
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
                half = m[11] * radius / post * 1.03 + 1.0
                i0, i1 = max(0, math.floor(ic - half)), min(nr - 1, math.ceil(ic + half))
                j0, j1 = max(0, math.floor(jc - half)), min(nc - 1, math.ceil(jc + half))
                row, diameter, large, glows = int(m[10]), m[13], m[15] > 0.0, m[12]
                amplitude = m[9] * drawn(boxes, shares[0], diameter, large)
                ax, ay, az, bx, by, bz = m[3], m[4], m[5], m[6], m[7], m[8]
                for i in range(i0, i1 + 1):
                    for q in range(i * SIDE + j0, i * SIDE + j1 + 1):
                        r2 = radii2(ux, uy, uz, ax, ay, az, bx, by, bz, p[q, 0], p[q, 1], p[q, 2])
                        if r2 < _REACH2:
                            if mixed:
                                amplitude = m[9] * drawn(boxes, shares[q], diameter, large)
                            total[q] += units(table, row, amplitude, r2)
                            if glows > 0.0:
                                glare[q] += int(glows * glow(r2) * _UNIT)
            for i in range(nr):
                for j in range(nc):
                    k = i * SIDE + j
                    h = base[k] + total[k] / _UNIT
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
