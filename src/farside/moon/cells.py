"""Hash cells on the sphere: latitude bands cut into equal cells, and random numbers that belong to a cell.

A layer of scattered things has bands of one height; each band is cut into as many equal cells as keep them about
square. Which cells lie near a point follows from the spherical cap alone, so poles and the date line need no code.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def mix(x: np.uint64) -> np.uint64:
    """Next state of splitmix64 (Steele, Lea & Flood 2014): a counter becomes 64 independent-looking bits."""
    x = x + _GOLDEN
    x = (x ^ (x >> _30)) * _M1
    x = (x ^ (x >> _27)) * _M2
    return x ^ (x >> _31)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def unit(x: np.uint64) -> float:
    """Bits to a float in [0, 1)."""
    return (x >> _11) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def high(x: np.uint64) -> float:
    """Upper half of the bits as a float in [0, 1)."""
    return (x >> _32) * (1.0 / 4294967296.0)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def low(x: np.uint64) -> float:
    """Lower half of the bits as a float in [0, 1)."""
    return (x & _LOW) * (1.0 / 4294967296.0)


@njit(cache=True, nogil=True, error_model="numpy")
def cell_hash(seed: np.uint64, layer: int, band: int, cell: int) -> np.uint64:
    """First random bits of a cell."""
    h = mix(seed ^ np.uint64(layer))
    h = mix(h ^ np.uint64(band))
    return mix(h ^ np.uint64(cell))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def cells_in_band(band: int, height: float) -> int:
    """Number of cells in a band of ``height`` radians."""
    return max(1, int(2.0 * math.pi * math.cos((band + 0.5) * height - 0.5 * math.pi) / height))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def band_height(size: float) -> float:
    """Height (radians) of the bands of a layer: a whole number of them fills the half circle, none below ``size``."""
    return math.pi / max(1, int(math.pi / size))
