"""Crumpled insulation foil: a surface broken into small facets, each turned a little its own way.

Facets are the cells around one random point in each cube of a lattice in the body's frame (Worley 1996), so they stay
on the body as it moves and need no triangles of their own.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from farside.payload.camera.kernel import INLINE, KERNEL

FACET_M = 0.035
"""Mean size of a facet; assumed."""


@njit(**INLINE)
def _hash(i, j, k):  # type: ignore[no-untyped-def]
    """64 random bits of a lattice cube (finaliser of splitmix64, Steele et al. 2014)."""
    h = np.uint64(i) * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ np.uint64(j)) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ np.uint64(k) ^ (h >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return h ^ (h >> np.uint64(27))


@njit(**INLINE)
def _part(h, n):  # type: ignore[no-untyped-def]
    """The n-th sixteen bits of h as a number from 0 to 1."""
    return float((h >> np.uint64(16 * n)) & np.uint64(0xFFFF)) / 65536.0


@njit(**KERNEL)
def crumple(x, y, z, nx, ny, nz, spread):  # type: ignore[no-untyped-def]
    """Unit normal (nx, ny, nz) of the facet at a point, metres in the body's frame; spread: radians, 1 sigma."""
    gx, gy, gz = x / FACET_M, y / FACET_M, z / FACET_M
    ci, cj, ck = math.floor(gx), math.floor(gy), math.floor(gz)
    nearest = 1e30
    own = np.uint64(0)
    for i in range(ci - 1, ci + 2):
        for j in range(cj - 1, cj + 2):
            for k in range(ck - 1, ck + 2):
                h = _hash(i, j, k)
                px, py, pz = i + _part(h, 0) - gx, j + _part(h, 1) - gy, k + _part(h, 2) - gz
                d = px * px + py * py + pz * pz
                if d < nearest:
                    nearest, own = d, h
    h = own * np.uint64(0x9E3779B97F4A7C15)
    h ^= h >> np.uint64(31)
    # uniform over a cube of the asked standard deviation
    scale = spread * math.sqrt(12.0)
    nx += scale * (_part(h, 0) - 0.5)
    ny += scale * (_part(h, 1) - 0.5)
    nz += scale * (_part(h, 2) - 0.5)
    q = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
    return nx * q, ny * q, nz * q
