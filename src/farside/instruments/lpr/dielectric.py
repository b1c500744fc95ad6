"""How regolith slows radio waves: published relations of density and permittivity, and travel times through them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

C_M_PER_NS = 0.299792458
"""Speed of light, m/ns."""


def carrier_density(depth_m: Array) -> Array:
    """Bulk density of regolith, g/cm3, at depths in m (Carrier et al. 1991, Lunar Sourcebook ch. 9)."""
    z_cm = 100.0 * np.asarray(depth_m, float)
    return 1.92 * (z_cm + 12.2) / (z_cm + 18.0)


def regolith_permittivity(density: Array) -> Array:
    """Relative permittivity of regolith of a bulk density in g/cm3 (all samples, Carrier et al. 1991; +- 9 %)."""
    return 1.919 ** np.asarray(density, float)


def one_way(x_m: Array, depth_m: Array, height_m: float, index: Array) -> tuple[Array, Array, Array]:
    """Path from an antenna above flat ground to a point in it, refracted at the surface; arguments broadcast.

    x_m: horizontal distance; index: mean refractive index from the surface to the depth. Returns the travel time in ns
    and the lengths in air and in the ground, m. The crossing u solves Snell's law u / r1 = n (x - u) / r2, by four
    Newton steps from the paraxial answer.
    """
    x = np.abs(np.asarray(x_m, float))
    u = x * height_m / (height_m + depth_m / index)
    for _ in range(4):
        r1, r2 = np.hypot(u, height_m), np.hypot(x - u, depth_m)
        slope = height_m**2 / r1**3 + index * depth_m**2 / r2**3
        u = np.clip(u - (u / r1 - index * (x - u) / r2) / slope, 0.0, x)
    r1, r2 = np.hypot(u, height_m), np.hypot(x - u, depth_m)
    return (r1 + index * r2) / C_M_PER_NS, r1, r2
