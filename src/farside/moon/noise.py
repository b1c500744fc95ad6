"""Smooth random fields on the sphere: gradient noise in three dimensions, so that no chart has a seam."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from farside.moon.cells import mix

_SALT_Y = np.uint64(0x8CB92BA72F3D8DD7)
_SALT_Z = np.uint64(0xD6E8FEB86659FD93)


@njit(cache=True, nogil=True, error_model="numpy")
def _corner(h: np.uint64, x: float, y: float, z: float) -> float:
    """Dot product of the offset with one of the twelve edge directions of a cube (Perlin 2002)."""
    k = int(h & np.uint64(15))
    u = x if k < 8 else y
    v = y if k < 4 else (x if k == 12 or k == 14 else z)
    return (u if k & 1 == 0 else -u) + (v if k & 2 == 0 else -v)


@njit(cache=True, nogil=True, error_model="numpy")
def gradient_noise(seed: np.uint64, x: float, y: float, z: float) -> float:
    """Gradient noise of unit wavelength (Perlin 2002), about -1..1, variance about 0.07."""
    fx, fy, fz = math.floor(x), math.floor(y), math.floor(z)
    ix, iy, iz = int(fx), int(fy), int(fz)
    x, y, z = x - fx, y - fy, z - fz
    u = x * x * x * (x * (x * 6 - 15) + 10)
    v = y * y * y * (y * (y * 6 - 15) + 10)
    w = z * z * z * (z * (z * 6 - 15) + 10)
    total = 0.0
    for c in range(8):
        cx, cy, cz = c & 1, (c >> 1) & 1, c >> 2
        h = mix(seed ^ np.uint64(ix + cx) ^ (np.uint64(iy + cy) * _SALT_Y) ^ (np.uint64(iz + cz) * _SALT_Z))
        weight = (u if cx else 1 - u) * (v if cy else 1 - v) * (w if cz else 1 - w)
        total += weight * _corner(h, x - cx, y - cy, z - cz)
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def fractal(seed: np.uint64, x: float, y: float, z: float, longest: float, octaves: int, hurst: float) -> float:
    """Sum of octaves from wavelength ``longest`` (in units of x, y, z) downwards; each amplitude 2^-hurst of the last.

    Each octave has its own hash, so their lattices do not line up in value; the first has amplitude 1.
    """
    total, amplitude, scale = 0.0, 1.0, 1.0 / longest
    for octave in range(octaves):
        shift = 0.37 * octave
        total += amplitude * gradient_noise(mix(seed + np.uint64(octave)), x * scale + shift, y * scale, z * scale)
        amplitude *= 2.0**-hurst
        scale *= 2.0
    return total
