"""Rocks on the ground: thin everywhere, thick in and around fresh craters."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.special import exp1

from farside.geometry import MOON_RADIUS_M
from farside.moon import marks as mk
from farside.moon import population as pop
from farside.moon import profile

Array = NDArray[np.floating]

COVER = 0.0021
"""Share of the ground under rocks (Wu et al. 2021, Chang'e 4 panoramas)."""

FALLOFF = 1.74
"""Exponential decay q of the cumulative area with diameter, 1/m (Di et al. 2016, borrowed from Chang'e 3)."""

EJECTA_TIMES = 5.0
"""Rocks that the freshest ejecta add, over the mean; 5 to 20 times fit what panoramas show (Wu et al. 2021)."""

FRESH_K = 0.02
FRESH_FROM_M = 5.0
"""Craters count as rock sources when fresher and larger than this; smaller ones only stir the fine regolith."""

SMALLEST_M = 0.01
_OCTAVES = 9


@dataclass(frozen=True)
class Rocks:
    """Rocks around a site, n of them.

    position: (n, 3) site frame (east, north, up; m), the point of the ground under the middle of the rock;
    diameter: (n,) m; height: (n,) m above the ground, about 0.6 of the diameter (Demidov & Basilevsky 2014);
    turn: (n,) rotation about the vertical, radians; shape: (n,) uint32, a random number to choose a shape by.
    """

    position: Array
    diameter: Array
    height: Array
    turn: Array
    shape: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.diameter)

    def where(self, chosen: NDArray[np.bool_]) -> Rocks:
        """Those that are chosen, (n,)."""
        return Rocks(*(getattr(self, field.name)[chosen] for field in fields(self)))


def count(diameter_m: ArrayLike, cover: float = COVER, falloff: float = FALLOFF) -> Array:
    """Rocks per square metre larger than ``diameter_m``; shapes alike.

    From the cumulative fractional area F(D) = k exp(-q D): N = (4 q k / pi) [exp(-q D) / D - q E1(q D)].
    """
    d = np.asarray(diameter_m, float)
    return 4 * falloff * cover / np.pi * (np.exp(-falloff * d) / d - falloff * exp1(falloff * d))


@lru_cache(maxsize=1)
def background() -> float:
    """Share of the rocks that lie anywhere; in the mean over the lava, fresh ejecta bring the cover back to COVER."""
    fresher = FRESH_K / profile.K_MAX / 3.0  # of all craters, times the mean square of their freshness
    area = np.pi * (4.0 + 5.0 / 3.0) / 4.0  # under the ejecta, over D^2, weighted with the square of ``freshness``
    rocky = 0.0
    for layer, d in zip(pop.layers()[0], pop.sizes(pop.layers()[0]), strict=True):
        if not layer[pop.LARGE]:
            rocky += layer[pop.DENSITY] * layer[pop.MARE] * fresher * area * float(np.mean(d**2 * (d >= FRESH_FROM_M)))
    return 1.0 - EJECTA_TIMES * (1.0 - np.exp(-rocky))


@lru_cache(maxsize=8)
def layers(min_diameter_m: float) -> Array:
    """Octave layers of rocks, background and fresh ejecta, whose rocks can exceed ``min_diameter_m``."""
    rows = []
    for i in range(_OCTAVES):
        d = SMALLEST_M * 2.0**i
        if 2 * d > min_diameter_m:
            n = count(np.array([d, 2 * d]))
            beta = float(np.log2(n[0] / n[1]))
            rows.append([pop.ROCKS, d, beta, (n[0] - n[1]) * background(), 1.0, 0.0])
            rows.append([pop.EJECTA_ROCKS, d, beta, (n[0] - n[1]) * EJECTA_TIMES, 1.0, 0.0])
    return np.array(rows).reshape(-1, pop.COLUMNS)


@njit(cache=True, nogil=True, error_model="numpy")
def freshness(points: np.ndarray, craters: np.ndarray, fresh_k: float, out: np.ndarray) -> None:
    """How rocky the ejecta at each unit vector are, 0..1, from marks of craters; full to 2 radii, gone at 3."""
    for i in range(points.shape[0]):
        best = 0.0
        for k in range(craters.shape[0]):
            c = craters[k]
            r2 = mk.radii2(c[0], c[1], c[2], c[3], c[4], c[5], c[6], points[i, 0], points[i, 1], points[i, 2])
            if r2 < 9.0:
                best = max(best, min(1.0, (9.0 - r2) / 5.0) * (1 - c[11] / fresh_k))
        out[i] = best * best


def keep(
    found: Array, craters: Array, swept: Array, up: Array, radius_m: float, min_diameter_m: float
) -> NDArray[np.bool_]:
    """Which candidate rocks (marks) lie there: inside the circle, large enough, ejecta only where fresh.

    swept: rows (centre unit vector, radius m, diameter m) of places without rocks that large.
    """
    points = np.ascontiguousarray(found[:, :3])
    ejecta = np.empty(len(found))
    sources = craters[(craters[:, mk.AGE] < FRESH_K) & (craters[:, mk.DIAMETER] >= FRESH_FROM_M)]
    freshness(points, np.ascontiguousarray(sources), FRESH_K, ejecta)
    near = np.linalg.norm(points - up, axis=1) * MOON_RADIUS_M < radius_m
    background = found[:, mk.AMP] < 0
    for x, y, z, radius, from_m in swept:
        away = np.linalg.norm(points - [x, y, z], axis=1) * MOON_RADIUS_M
        near &= (away > radius) | (found[:, mk.DIAMETER] < from_m)
    return near & (found[:, mk.DIAMETER] >= min_diameter_m) & (background | (found[:, mk.AMP] < ejecta))
