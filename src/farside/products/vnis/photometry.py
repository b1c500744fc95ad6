"""Reflectance as it would be in the laboratory: incidence and phase 30 degrees, emission 0."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.physics import Regolith, hapke_radf, von_karman_regolith

Array = NDArray[np.float64]

_NODES_NM = (450.0, 515.0, 580.0, 643.0)
"""Wavelengths for which the published phase functions are evaluated; they are constant beyond."""
_ALBEDOS = 240
_STANDARD_DEG = (30.0, 0.0, 30.0)


def to_standard(
    wavelength_nm: Array, reff: Array, angles_deg: tuple[float, float, float], roughness_deg: float | None = None
) -> Array:
    """Reflectance factors (..., bands) seen at (incidence, emission, phase), turned into those at (30, 0, 30).

    The single-scattering albedo that Hapke's model with the parameters of Von Karman needs for what was seen predicts
    what the laboratory would see. roughness_deg: instead of that model's own. Values beyond the model's range are cut.
    """
    out = np.zeros_like(reff)
    place = np.interp(wavelength_nm, _NODES_NM, np.arange(len(_NODES_NM), dtype=float))
    for n, node in enumerate(_NODES_NM):
        weight = np.clip(1.0 - np.abs(place - n), 0.0, 1.0)
        there = weight > 0.0
        seen, standard = _tables(node, angles_deg, roughness_deg)
        out[..., there] += weight[there] * np.interp(reff[..., there], seen, standard)
    return out


@lru_cache(maxsize=64)
def _tables(
    wavelength_nm: float, angles_deg: tuple[float, float, float], roughness_deg: float | None
) -> tuple[Array, Array]:
    """Reflectance factors over a range of albedos, as seen and in the laboratory, both rising."""
    soil = von_karman_regolith(wavelength_nm)
    if roughness_deg is not None:
        soil = replace(soil, roughness=float(np.radians(roughness_deg)))
    albedos = np.linspace(0.01, 0.995, _ALBEDOS)
    seen, standard = (_over(albedos, soil, np.cos(np.radians(angles))) for angles in (angles_deg, _STANDARD_DEG))
    return seen, standard


def _over(albedos: Array, soil: Regolith, cosines: Array) -> Array:
    """Reflectance factor at these cosines of incidence, emission and phase for each albedo."""
    mu0, mu, cos_g = cosines
    return np.array([float(hapke_radf(mu0, mu, cos_g, replace(soil, w=float(w)))) for w in albedos]) / mu0
