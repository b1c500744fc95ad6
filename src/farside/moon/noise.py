"""Smooth random fields on the sphere: gradient noise in three dimensions, so that no chart has a seam."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.moon.cells import mix

Array = NDArray[np.floating]

_SALT_Y = np.uint64(0x8CB92BA72F3D8DD7)
_SALT_Z = np.uint64(0xD6E8FEB86659FD93)

STEEPNESS = 13.44
"""Mean square slope of the noise over its variance, for a wavelength of 1 (measured on 12 planes of 30 x 30 waves)."""

# the twelve edge directions of a cube, four of them twice (Perlin 2002)
_EDGES = np.array(
    [[1, 1, 0], [-1, 1, 0], [1, -1, 0], [-1, -1, 0], [1, 0, 1], [-1, 0, 1], [1, 0, -1], [-1, 0, -1],
     [0, 1, 1], [0, -1, 1], [0, 1, -1], [0, -1, -1], [1, 1, 0], [0, -1, 1], [-1, 1, 0], [0, -1, -1]],
    float,
)  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _corner(seed: np.uint64, x: int, y: int, z: int) -> int:
    """Direction, 0..15, at a corner of the lattice."""
    return mix(seed ^ np.uint64(x) ^ (np.uint64(y) * _SALT_Y) ^ (np.uint64(z) * _SALT_Z)) & np.uint64(15)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _slope(k: int, x: float, y: float, z: float) -> float:
    return _EDGES[k, 0] * x + _EDGES[k, 1] * y + _EDGES[k, 2] * z


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _ease(t: float) -> float:
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0)


@njit(cache=True, nogil=True, error_model="numpy")
def gradient_noise(seed: np.uint64, x: float, y: float, z: float) -> float:
    """Gradient noise of unit wavelength (Perlin 2002), about -1..1, variance about 0.07."""
    fx, fy, fz = math.floor(x), math.floor(y), math.floor(z)
    i, j, k = int(fx), int(fy), int(fz)
    x, y, z = x - fx, y - fy, z - fz
    u, v, w = _ease(x), _ease(y), _ease(z)
    x1, y1, z1 = x - 1.0, y - 1.0, z - 1.0
    a = _slope(_corner(seed, i, j, k), x, y, z)
    b = _slope(_corner(seed, i + 1, j, k), x1, y, z)
    c = _slope(_corner(seed, i, j + 1, k), x, y1, z)
    d = _slope(_corner(seed, i + 1, j + 1, k), x1, y1, z)
    e = _slope(_corner(seed, i, j, k + 1), x, y, z1)
    f = _slope(_corner(seed, i + 1, j, k + 1), x1, y, z1)
    g = _slope(_corner(seed, i, j + 1, k + 1), x, y1, z1)
    h = _slope(_corner(seed, i + 1, j + 1, k + 1), x1, y1, z1)
    a, c, e, g = a + u * (b - a), c + u * (d - c), e + u * (f - e), g + u * (h - g)
    a, e = a + v * (c - a), e + v * (g - e)
    return a + w * (e - a)


def octaves(longest_m: float, amplitude_m: float, hurst: float, resolution_m: float, shortest_m: float = 0.0) -> Array:
    """Weights of octaves from wavelength ``longest_m`` down, as they look averaged over squares of ``resolution_m``.

    Each octave is 2^-hurst of the last. Averaging takes from each what its steepness says, to the second order; what is
    left of waves shorter than 0.4 resolutions, less than a thirtieth, is dropped.
    """
    wave = longest_m * 0.5 ** np.arange(64)
    weight = amplitude_m * (wave / longest_m) ** hurst * np.exp(-STEEPNESS / 24 * (resolution_m / wave) ** 2)
    return weight[wave >= max(0.4 * resolution_m, shortest_m)]


@njit(cache=True, nogil=True, error_model="numpy")
def fractal(seed: np.uint64, x: float, y: float, z: float, weights: np.ndarray, longest: float) -> float:
    """Sum of octaves from wavelength ``longest`` (in units of x, y, z) downwards, each with its weight.

    Each octave has its own hash, so their lattices do not line up in value.
    """
    total, scale = 0.0, 1.0 / longest
    for octave in range(weights.shape[0]):
        shift = 0.37 * octave
        total += weights[octave] * gradient_noise(
            mix(seed + np.uint64(octave)), x * scale + shift, y * scale, z * scale
        )
        scale *= 2.0
    return total
