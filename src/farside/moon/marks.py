"""Marks on the surface (craters and rocks): what each adds to a point, and how it looks from afar.

Heights are summed in whole units of 2^-32 m, so a sum does not depend on its order: a point gives the same bits
whether it is asked for alone, in a tile or in a grid.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from farside.moon import population as pop
from farside.moon import profile

# columns of a mark: centre (unit vector), elongation, 1 / radius^2 (of the unit sphere), and what to add
C, E, SHARP, AMP, ROW, BRIGHT, DIAMETER, AGE, SORT, COLUMNS = 0, 3, 6, 7, 8, 9, 10, 11, 12, 13

LARGE, LOST = 1.0, 2.0
"""Sorts of craters that terrain files treat in their own way, see ``drawn``; all others are 0."""

HEIGHT_UNIT = 2.0**32

_PER_STEP = profile.STEPS / profile.REACH**2
_TOP, _STATES = profile.K_TOP, profile.STATES


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def shown(diameter: float, resolution: float) -> float:
    """Share of a mark shown at a resolution; what is wider is all there, smoothed (see ``smoothing``)."""
    t = min(1.0, max(0.0, (diameter / resolution - pop.HIDDEN) * (1.0 / (pop.SHOWN - pop.HIDDEN))))
    return t * t * (3 - 2 * t)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def smoothing(diameter: float, resolution: float) -> float:
    """Degradation K that does to a crater what averaging over squares of ``resolution`` does.

    Averaging spreads heights by a variance of resolution^2 / 12 each way, diffusion by 2 K R^2.
    """
    ratio = resolution / diameter
    return ratio * ratio * (1.0 / 6.0)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def state_row(k: float) -> int:
    """Row of the profile table for degradation K."""
    return min(_STATES - 1, int(math.sqrt(k * (1.0 / _TOP)) * (_STATES - 1) + 0.5))


@njit(cache=True, nogil=True, error_model="numpy")
def larger(marks: np.ndarray) -> np.ndarray:
    """The same marks in a buffer of twice the size."""
    bigger = np.empty((2 * marks.shape[0], COLUMNS))
    bigger[: marks.shape[0]] = marks
    return bigger


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def radii2(
    cx: float, cy: float, cz: float, ex: float, ey: float, ez: float, sharp: float, x: float, y: float, z: float
) -> float:
    """Squared distance of (x, y, z) from a mark's centre c, elongated across e, in the mark's radii."""
    dx, dy, dz = x - cx, y - cy, z - cz
    along = dx * ex + dy * ey + dz * ez
    return (dx * dx + dy * dy + dz * dz + along * along) * sharp


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def units(table: np.ndarray, row: int, amplitude: float, r2: float) -> int:
    """Height of a mark at squared radius ``r2`` in whole height units; r2 must be below REACH^2."""
    t = r2 * _PER_STEP
    i = int(t)
    low = float(table[row, i])
    return int(amplitude * (low + (t - i) * (table[row, i + 1] - low)) * HEIGHT_UNIT)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def glow(r2: float) -> float:
    """Brightening by fresh ejecta at squared radius ``r2``: full inside the rim, gone at three radii."""
    t = 1.0 - r2 * (1.0 / 9.0)
    return t * t * t
