"""Light from the sunlit surroundings: one bounce, gathered once for every few pixels.

From the middle of each cell sixteen rays go out over the hemisphere, cosine-weighted (points even on the unit disc,
lifted onto the sphere: Malley's method); the mean of what the surfaces they meet send back of the Sun's light is the
irradiance, as a share of the Sun's. The points are Hammersley's; each of 16 neighbouring cells takes them a little
further out and round, so that together they have 256 directions. Pixels take the mean of the cells around them that lie
on the same surface.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.camera.kernel import INLINE
from farside.payload.camera.light import PROBES, sun_share
from farside.payload.camera.shade import diffuse
from farside.payload.camera.surface import SKY, meet, pixel_ray, shadowers

Floats = NDArray[np.float32]

LARGE_PX = 1000
"""Frames of so many samples have cells of eight pixels, smaller ones of four: about as many cells for the same view."""
RAYS = 16
HOLLOWS = 1.6
"""By how much more than a plain's light a gentle slope has from the relief around it: 2.4 to 2.8 times as much in
all, as rays find from 100 m to 8 km over Von Karman with the Sun at 10 and 31 degrees."""
SAME_RANGE, SAME_FACING = 0.15, 8


class Fill(NamedTuple):
    """The cells (cells down, cells across): light (.., bands), distance (..), normal (.., 3); of size 0: no bounce.

    side: of a cell, pixels.
    """

    side: int
    light: Floats
    distance: Floats
    normal: Floats


def cells(lines: int, samples: int, bands: int, bounce: bool) -> Fill:
    """Room for the light of a frame's surroundings."""
    side = 8 if samples >= LARGE_PX else 4
    down, across = (-(-lines // side), -(-samples // side)) if bounce else (0, 0)
    light, distance = np.zeros((down, across, bands), np.float32), np.zeros((down, across), np.float32)
    return Fill(side, light, distance, np.zeros((down, across, 3), np.float32))


@njit(**INLINE)
def _reversed(k):  # type: ignore[no-untyped-def]
    """The four bits of k in reverse order."""
    return (k & 1) << 3 | (k & 2) << 1 | (k & 4) >> 1 | (k & 8) >> 3


@njit(**INLINE)
def fill_cell(ground, bodies, light, camera, finest, masks, stack, fill, ci, cj):  # type: ignore[no-untyped-def]
    """Gather the light that falls on what the middle of cell (ci, cj) sees.

    The first turn of the loop finds the cell's own surface, the others what lies around it.
    """
    bands, middle = fill.light.shape[2], 0.5 * (fill.side - 1)
    x, y, z = camera.centre[0], camera.centre[1], camera.centre[2]
    dx, dy, dz = pixel_ray(camera, cj * fill.side + middle, ci * fill.side + middle)
    nx, ny, nz = 0.0, 0.0, 1.0
    ux, uy, uz, vx, vy, vz = 1.0, 0.0, 0.0, 0.0, 1.0, 0.0
    turn = ((ci & 3) * 4 + (cj & 3)) * 7 % 16
    _, shadow, grid = masks
    fill.light[ci, cj, :] = 0.0
    for k in range(-1, RAYS):
        if k >= 0:
            radius = math.sqrt((k + (turn + 0.5) / 16.0) / RAYS)
            angle = 2.0 * math.pi * (_reversed(k) + (_reversed(turn) + 0.5) / 16.0) / RAYS
            a, b = radius * math.cos(angle), radius * math.sin(angle)
            c = math.sqrt(max(1.0 - radius * radius, 0.0))
            dx, dy, dz = a * ux + b * vx + c * nx, a * uy + b * vy + c * ny, a * uz + b * vz + c * nz
        t, body, _, material, albedo, hx, hy, hz, mx, my, mz = meet(
            ground, bodies, light, 3, finest, stack, x, y, z, dx, dy, dz
        )
        if k < 0:
            fill.distance[ci, cj] = t
            if body == SKY:
                return
            x, y, z, nx, ny, nz = hx, hy, hz, mx, my, mz
            fill.normal[ci, cj, 0] = nx
            fill.normal[ci, cj, 1] = ny
            fill.normal[ci, cj, 2] = nz
            # Duff et al. 2017, Building an orthonormal basis, revisited
            sign = 1.0 if nz >= 0.0 else -1.0
            p = -1.0 / (sign + nz)
            q = nx * ny * p
            ux, uy, uz = 1.0 + sign * nx * nx * p, sign * q, -sign * nx
            vx, vy, vz = q, sign + ny * ny * p, -ny
            continue
        if body == SKY:
            continue
        s = light.sun
        mu0 = mx * s[0] + my * s[1] + mz * s[2]
        if mu0 <= 0.0:
            continue
        bits = shadowers(light, shadow, grid, hx, hy, hz)
        seen, _ = sun_share(ground, bodies, light, bits, finest, stack, hx, hy, hz, 0, (k + turn) % PROBES)
        if seen > 0.0:
            mu = -(mx * dx + my * dy + mz * dz)
            cos_g = -(s[0] * dx + s[1] * dy + s[2] * dz)
            for band in range(bands):
                fill.light[ci, cj, band] += diffuse(light, band, material, albedo, mu0, mu, cos_g, seen, 0.0) / RAYS


@njit(**INLINE)
def around(light, fill, column, row, band, t, nx, ny, nz):  # type: ignore[no-untyped-def]
    """Irradiance from the surroundings at a pixel position, as a share of the Sun's.

    Without bounce: what a tilted element sees of a lit plain, and more on gentle slopes, most of which lie in
    hollows and see lit slopes. At Von Karman that is what rays find on average (within 15 %), and a half of it in
    shadows.
    """
    down, across = fill.distance.shape
    if down == 0:
        return light.bounce[band] * 0.5 * (1.0 - nz) * (1.0 + HOLLOWS * max(nz, 0.0))
    u = (column - 0.5 * (fill.side - 1)) / fill.side
    v = (row - 0.5 * (fill.side - 1)) / fill.side
    left, top = math.floor(u), math.floor(v)
    total, weights, nearest, best = 0.0, 0.0, 0.0, 1e30
    for i in range(top - 1, top + 3):
        if i < 0 or i >= down:
            continue
        for j in range(left - 1, left + 3):
            if j < 0 or j >= across:
                continue
            away = abs(fill.distance[i, j] - t) / t
            tent = (2.0 - abs(i - v)) * (2.0 - abs(j - u))
            if away < best:
                best, nearest = away, fill.light[i, j, band]
            facing = fill.normal[i, j, 0] * nx + fill.normal[i, j, 1] * ny + fill.normal[i, j, 2] * nz
            if away < SAME_RANGE and facing > 0.0:
                weight = tent * (1.0 - away / SAME_RANGE) * facing**SAME_FACING
                total += weight * fill.light[i, j, band]
                weights += weight
    return total / weights if weights > 1e-3 else nearest
