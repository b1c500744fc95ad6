"""Reflection of sunlight by regolith: Hapke's model with macroscopic roughness.

The form of Hapke (2012) used for the LROC WAC maps by Sato et al. (2014): shadow-hiding opposition effect, double
Henyey-Greenstein phase function, approximate H functions, roughness correction; filling factor 1, no coherent term.
Angles: i incidence, e emission, g phase (between the directions to the Sun and to the eye, never i + e).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Regolith:
    """Hapke parameters at one wavelength; roughness (mean slope angle, radians) and hs above 0. c > 0 scatters back."""

    w: float
    b: float
    c: float
    bs0: float
    hs: float
    roughness: float


def diffusive_reflectance(w: ArrayLike) -> Array:
    """Share of light from all sides that leaves again: r0 = (1 - gamma) / (1 + gamma) (Hapke 1981)."""
    gamma = np.sqrt(1.0 - np.asarray(w, float))
    return (1.0 - gamma) / (1.0 + gamma)


def hapke_radf(mu0: ArrayLike, mu: ArrayLike, cos_g: ArrayLike, soil: Regolith) -> Array:
    """Radiance factor I/F = pi L d^2 / E_sun for cosines of incidence, emission and phase; broadcast shape.

    Zero where the Sun or the eye is below the surface.
    """
    i, e, g = np.broadcast_arrays(*(np.asarray(a, float) for a in (mu0, mu, cos_g)))
    out = np.empty(i.shape)
    tan_rough = math.tan(soil.roughness)
    _fill(out.reshape(-1), i.ravel(), e.ravel(), g.ravel(), soil.w, soil.b, soil.c, soil.bs0, soil.hs, tan_rough)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(out, mu0, mu, cos_g, w, b, c, bs0, hs, tan_rough):  # type: ignore[no-untyped-def]
    for n in range(out.size):
        out[n] = radf(mu0[n], mu[n], cos_g[n], w, b, c, bs0, hs, tan_rough)


@njit(cache=True, nogil=True, error_model="numpy")
def radf(mu0, mu, cos_g, w, b, c, bs0, hs, tan_rough):  # type: ignore[no-untyped-def]
    """Radiance factor of one surface element (see the module's sources); tan_rough = tan(mean slope angle) > 0."""
    mu0e, mue, shadow = tilted(mu0, mu, cos_g, tan_rough)
    return scattered(mu0e, mue, cos_g, w, b, c, bs0, hs) * shadow


@njit(cache=True, nogil=True, error_model="numpy")
def tilted(mu0, mu, cos_g, tan_rough):  # type: ignore[no-untyped-def]
    """Effective cosines of incidence and emission on rough ground, and the share of it that is lit and seen.

    It is the same at all wavelengths; zeros where the Sun or the eye is below the surface.
    """
    if mu0 <= 0.0 or mu <= 0.0:
        return 0.0, 0.0, 0.0
    mu0 = min(mu0, 1.0)
    mu = min(mu, 1.0)
    cos_g = min(max(cos_g, -1.0), 1.0)
    sin_i = math.sqrt(1.0 - mu0 * mu0)
    sin_e = math.sqrt(1.0 - mu * mu)
    # azimuth between the planes of incidence and emission; undefined (taken as 0) where either is along the normal
    cross = sin_i * sin_e
    cos_psi = min(max((cos_g - mu0 * mu) / cross, -1.0), 1.0) if cross > 1e-9 else 1.0
    psi = math.acos(cos_psi)
    half_sin2 = 0.5 * (1.0 - cos_psi)
    f = math.exp(-2.0 * math.sqrt((1.0 - cos_psi) / (1.0 + cos_psi))) if cos_psi > -1.0 else 0.0

    cot = 1.0 / tan_rough
    chi = 1.0 / math.sqrt(1.0 + math.pi * tan_rough * tan_rough)
    y_i = cot * mu0 / max(sin_i, 1e-9)
    y_e = cot * mu / max(sin_e, 1e-9)
    e1_i = math.exp(-2.0 / math.pi * y_i)
    e1_e = math.exp(-2.0 / math.pi * y_e)
    e2_i = math.exp(-y_i * y_i / math.pi)
    e2_e = math.exp(-y_e * y_e / math.pi)
    eta_i = chi * (mu0 + sin_i * tan_rough * e2_i / (2.0 - e1_i))
    eta_e = chi * (mu + sin_e * tan_rough * e2_e / (2.0 - e1_e))
    if mu0 >= mu:
        den = 2.0 - e1_e - psi / math.pi * e1_i
        mu0e = chi * (mu0 + sin_i * tan_rough * (cos_psi * e2_e + half_sin2 * e2_i) / den)
        mue = chi * (mu + sin_e * tan_rough * (e2_e - half_sin2 * e2_i) / den)
        shadow = mue / eta_e * mu0 / eta_i * chi / (1.0 - f + f * chi * mu0 / eta_i)
    else:
        den = 2.0 - e1_i - psi / math.pi * e1_e
        mu0e = chi * (mu0 + sin_i * tan_rough * (e2_i - half_sin2 * e2_e) / den)
        mue = chi * (mu + sin_e * tan_rough * (cos_psi * e2_i + half_sin2 * e2_e) / den)
        shadow = mue / eta_e * mu0 / eta_i * chi / (1.0 - f + f * chi * mu / eta_e)
    return mu0e, mue, shadow


@njit(cache=True, nogil=True, error_model="numpy")
def scattered(mu0e, mue, cos_g, w, b, c, bs0, hs):  # type: ignore[no-untyped-def]
    """Radiance factor of smooth ground at the cosines of ``tilted``."""
    if mu0e <= 0.0 or mue <= 0.0:
        return 0.0
    cos_g = min(max(cos_g, -1.0), 1.0)
    back = 1.0 - 2.0 * b * cos_g + b * b
    ahead = 1.0 + 2.0 * b * cos_g + b * b
    lobes = 0.5 * (1.0 - b * b)
    phase = lobes * ((1.0 + c) / (back * math.sqrt(back)) + (1.0 - c) / (ahead * math.sqrt(ahead)))
    tan_half_g = math.sqrt((1.0 - cos_g) / (1.0 + cos_g)) if cos_g > -1.0 else 1e30
    surge = 1.0 + bs0 / (1.0 + tan_half_g / hs)
    gamma = math.sqrt(1.0 - w)
    r0 = (1.0 - gamma) / (1.0 + gamma)
    h0 = 1.0 / (1.0 - w * mu0e * (r0 + 0.5 * (1.0 - 2.0 * r0 * mu0e) * math.log((1.0 + mu0e) / mu0e)))
    h1 = 1.0 / (1.0 - w * mue * (r0 + 0.5 * (1.0 - 2.0 * r0 * mue) * math.log((1.0 + mue) / mue)))
    return 0.25 * w * mu0e / (mu0e + mue) * (phase * surge + h0 * h1 - 1.0)
