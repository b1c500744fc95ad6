"""Rough ground as many small level facets, each with its own sunshine and its own temperature.

Slopes along any line are normally distributed, which is the distribution behind Hapke's roughness (Hapke 1984, eq. 44):
a mean slope angle theta stands for a standard deviation sqrt(pi / 2) tan(theta) of the slope. Facets keep their own
temperature where heat leaves them sooner than it creeps to their neighbours: when they are longer than
pi K / (4 eps sigma T^3), about a millimetre by day. A thermometer of short waves sees the hottest facets first: at
2.4 um and 340 K radiance goes with the 18th power of temperature.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.physics.albedo import SolarAlbedo
from farside.physics.conduction import Soil, thermal_spec
from farside.physics.planck import STEFAN_BOLTZMANN, planck

Array = NDArray[np.float64]

_NIGHT_K = 90.0
_MEDIAN = 0.6744897501960817
"""Median of the absolute value of a standard normal variable."""
_NODES = 16
"""Slopes along each of two directions: brightness temperatures are within 0.05 K of 64 to 75 degrees of incidence."""


class Facets(NamedTuple):
    """Facets of a rough plane, all arrays (..., n) with the shape of the angles in front.

    mu0: cosine of the Sun's incidence on the facet, 0 where it looks away; seen: share of what the eye sees; area: over
    that of the plane; lit: share that lies in no other facet's shadow; ground: share of the facet's sky that is ground.
    """

    mu0: Array
    seen: Array
    area: Array
    lit: Array
    ground: Array


def slope_deviation(roughness: float) -> float:
    """Standard deviation of the slope along a line for a mean slope angle (radians)."""
    return math.sqrt(0.5 * math.pi) * math.tan(roughness)


def thermal_roughness(soil: Soil, kelvin: float) -> float:
    """Mean slope angle, radians, of relief whose facets keep their own temperature by day at ``kelvin``.

    Slopes measured over 7 mm, carried with the measured Hurst exponent to the length at which heat no longer evens them
    out (see thermal.yaml).
    """
    spec = thermal_spec()["facets"]
    measured = math.tan(math.radians(spec["median_slope_deg"])) / _MEDIAN
    length = math.pi * float(soil.conductivity(0.0, kelvin)) / (4.0 * soil.emissivity * STEFAN_BOLTZMANN * kelvin**3)
    deviation = measured * (length / spec["baseline_m"]) ** (spec["hurst"] - 1.0)
    return math.atan(deviation / math.sqrt(0.5 * math.pi))


def facets(mu0: ArrayLike, mu: ArrayLike, cos_g: ArrayLike, roughness: float) -> Facets:
    """Facets of rough ground for cosines of incidence, emission and phase on its mean plane, broadcast shape (...).

    mu0 and mu above 0. Shadows after Smith (1967, J. Geophys. Res. 72, 4059): with them the sunlight on all facets is
    that on the plane.
    """
    i, e, g = np.broadcast_arrays(*(np.asarray(a, float)[..., None] for a in (mu0, mu, cos_g)))
    sin_i, sin_e = (np.sqrt(np.maximum(1.0 - c * c, 0.0)) for c in (i, e))
    level = sin_i * sin_e
    cos_psi = np.where(level > 1e-9, np.clip((g - i * e) / np.maximum(level, 1e-9), -1.0, 1.0), 1.0)
    deviation = slope_deviation(roughness)
    x, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    p, q = (a.ravel() * deviation for a in np.meshgrid(x, x, indexing="ij"))
    share = np.outer(weight, weight).ravel() / weight.sum() ** 2
    stretch = np.sqrt(1.0 + p * p + q * q)
    to_sun = (i + sin_i * p) / stretch
    to_eye = np.maximum((e + sin_e * (cos_psi * p + np.sqrt(1.0 - cos_psi**2) * q)) / stretch, 0.0)
    seen = share * stretch * to_eye
    return Facets(
        np.maximum(to_sun, 0.0),
        seen / seen.sum(axis=-1, keepdims=True),
        np.broadcast_to(share * stretch, seen.shape),
        np.broadcast_to(_open(i, sin_i, deviation), seen.shape),
        np.broadcast_to(0.5 * (1.0 - 1.0 / stretch), seen.shape),
    )


def _open(cosine: Array, sine: Array, deviation: float) -> Array:
    """Share of facets that face a direction and are hidden by no other (Smith 1967, eq. 24)."""
    from scipy.special import erfc

    v = cosine / np.maximum(sine * deviation * math.sqrt(2.0), 1e-12)
    hidden = 0.5 * (np.exp(-v * v) / (v * math.sqrt(math.pi)) - erfc(v))
    return 1.0 / (1.0 + hidden)


def from_below(kelvin: ArrayLike, mu0: ArrayLike, sunlight: ArrayLike, albedo: SolarAlbedo, soil: Soil) -> Array:
    """Heat that ground at ``kelvin`` gets from below, W m-2, broadcast shape: what it sends out less what it takes in.

    mu0: cosine of incidence; sunlight: W m-2 facing the Sun; albedo: over the Sun's spectrum, by cosine of incidence.
    """
    taken = np.asarray(sunlight, float) * mu0 * (1.0 - albedo(mu0))
    return np.asarray(soil.emissivity * STEFAN_BOLTZMANN * np.asarray(kelvin, float) ** 4 - taken)


def facet_temperatures(
    f: Facets, mu0: ArrayLike, sunlight: ArrayLike, below: ArrayLike, albedo: SolarAlbedo, soil: Soil
) -> tuple[Array, Array]:
    """Temperature of facets (..., n) in the Sun and in another's shadow, K.

    mu0: cosine of incidence on the mean plane; sunlight, albedo: as in ``from_below``, which gives ``below``. Each
    facet is in balance with its sunlight, with the light and heat of the ground it sees and with what comes from below.
    """
    plane, flux, heat = (np.asarray(a, float)[..., None] for a in (mu0, sunlight, below))
    glow = soil.emissivity * STEFAN_BOLTZMANN
    light = flux * plane * albedo(plane)
    around = soil.emissivity * (flux * plane - light + heat) + (1.0 - albedo(plane)) * light
    sunny = flux * f.mu0 * (1.0 - albedo(f.mu0))
    coldest = glow * _NIGHT_K**4
    lit, shaded = (
        (np.maximum(taken + heat + f.ground * around, coldest) / glow) ** 0.25 for taken in (sunny, 0.0 * sunny)
    )
    return lit, shaded


def rough_glow(wavelength_nm: ArrayLike, f: Facets, sunny_k: Array, shaded_k: Array) -> Array:
    """Radiance of black facets as the eye sees them together, W m-2 sr-1 nm-1, shape (..., bands)."""
    nm = np.asarray(wavelength_nm, float)
    lit = (f.seen * f.lit)[..., None]
    shade = (f.seen * (1.0 - f.lit))[..., None]
    return np.sum(lit * planck(nm, sunny_k[..., None]) + shade * planck(nm, shaded_k[..., None]), axis=-2)
