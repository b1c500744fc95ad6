"""Crater profiles: the fresh bowl and how slow creep of the regolith softens it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_banded

Array = NDArray[np.floating]

K_MAX = 0.30
"""Degradation at which a crater stops shaping the relief; counting stops near 0.17 (Minton et al. 2019)."""

REACH = 3.0
"""Profiles end this many crater radii from the centre."""

K_TOP = 1.0
"""Largest degradation kept: that of craters smoothed further because they are looked at coarsely."""

STATES = 128
"""Degradation states kept in the table: state i has K = K_TOP (i / (STATES - 1))^2."""

COMPLEX = STATES
"""First of ``COMPLEX_STATES`` table rows with the flat-floored profile of craters above 16 km (depth 1)."""

COMPLEX_STATES = 8

STEPS = 512
"""Intervals of a table row; it is read linearly in the square of r / R, which runs from 0 to REACH squared."""


def fresh(r: Array) -> Array:
    """Height of a fresh simple crater over its diameter at ``r`` radii (Fassett & Thomson 2014). Shapes alike."""
    r = np.asarray(r, float)
    wall = -0.229 + 0.228 * r + 0.083 * r**2 - 0.039 * r**3
    rim = 0.188 - 0.187 * r + 0.018 * r**2 + 0.015 * r**3
    return np.select([r < 0.2, r < 0.98, r < 1.5], [np.full_like(r, -0.181), wall, rim], 0.0)


def diffused(k: Array) -> tuple[Array, Array]:
    """Fresh profile after topographic diffusion dh/dt = kappa laplacian(h).

    k: rising values of kappa t / R^2, shape (n,). Returns r / R, shape (m,), and heights over diameter, shape (n, m).
    Finite volumes on rings, Crank-Nicolson in time after one implicit start step that damps the kinks of the rim.
    """
    m, r_end = 700, 7.0
    dr = r_end / m
    r = (np.arange(m) + 0.5) * dr
    edge = np.arange(1, m) * dr
    flux = np.concatenate([[0.0], edge, [0.0]]) / dr
    area = r * dr
    lower, upper = flux[:-1] / area, flux[1:] / area
    out = np.empty((len(k), m))
    h, at = fresh(r), 0.0
    for row, target in enumerate(k):
        for theta, share in ((1.0, 0.02), *((0.5, 0.98 / 8),) * 8):
            dk = (target - at) * share
            change = -(lower + upper) * h
            change[1:] += lower[1:] * h[:-1]
            change[:-1] += upper[:-1] * h[1:]
            bands = np.zeros((3, m))
            bands[0, 1:] = -theta * dk * upper[:-1]
            bands[1] = 1 + theta * dk * (lower + upper)
            bands[2, :-1] = -theta * dk * lower[1:]
            h = solve_banded((1, 1), bands, h + (1 - theta) * dk * change)
        out[row], at = h, target
    return r, out


def _flat_floored(r: Array, age: float) -> Array:
    """Profile of a complex crater, depth 1 from rim to floor at age 0, softening to age 1.

    Flat floor to 0.5 R, slumped wall, rim a fifth of the depth above the surroundings, thin ejecta
    (proportions after Pike 1977 for 30 km craters).
    """
    wall = np.clip((r - 0.5) / 0.5, 0, 1)
    inside = -0.8 + wall**1.2
    outside = 0.2 * np.clip(r, 1, None) ** -3.5
    peak = 0.16 * np.exp(-((r / 0.16) ** 2))
    h = np.where(r < 1, inside, outside) + peak
    soft = 0.02 + 0.13 * age
    grid = np.arange(0.0, 5.0, 0.01)
    kernel = np.exp(-0.5 * ((grid[:, None] - r[None, :]) / soft) ** 2)
    return (kernel * np.interp(grid, r, h)[:, None]).sum(0) / kernel.sum(0) * (1 - 0.6 * age)


def degradation(row: ArrayLike) -> Array:
    """K of rows of the table, shapes alike."""
    return K_TOP * (np.asarray(row) / (STATES - 1)) ** 2


@lru_cache(maxsize=1)
def table() -> NDArray[np.float32]:
    """All profiles, shape (rows, STEPS + 1), at equal steps of (r / R)^2; zero with zero slope at REACH."""
    r = np.sqrt(np.linspace(0.0, REACH**2, STEPS + 1))
    rings, heights = diffused(degradation(np.arange(STATES)))
    rows = [np.interp(r, rings, h) for h in heights]
    rows += [_flat_floored(r, i / (COMPLEX_STATES - 1)) for i in range(COMPLEX_STATES)]
    fade = np.clip((REACH - r) / 0.75, 0, 1)
    return np.ascontiguousarray(np.stack(rows) * (fade * fade * (3 - 2 * fade)), np.float32)
