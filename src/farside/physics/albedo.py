"""How much light a surface sends back altogether: albedos as integrals over the directions of Sun and eye.

A *reflectance* is a function of the cosines of incidence, emission and phase, alike in shape, that returns the radiance
factor (I/F) in that shape. Names as in Hapke (2012), chapter 11.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache, partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.physics.hapke import Regolith, hapke_radf
from farside.physics.regolith import Bands, Relief, regolith_at
from farside.physics.solar import solar_irradiance

Array = NDArray[np.float64]
Reflectance = Callable[[Array, Array, Array], Array]
SolarAlbedo = Callable[[ArrayLike], Array]

_NODES = 24
"""Per piece of an integral; see ``hemispherical_albedo`` for what they achieve."""
_SUNLIT_NM = (321.0, 360.0, 400.0, 450.0, 500.0, 566.0, 643.0, 700.0, 800.0, 900.0, 1000.0, 1150.0, 1300.0, 1500.0,
              1700.0, 2000.0, 2390.0)  # fmt: skip
_ENDS_NM = (280.0, 4000.0)
_TABLE_DEG = np.array([0.0, 15.0, 30.0, 40.0, 50.0, 60.0, 66.0, 72.0, 77.0, 81.0, 84.0, 86.0, 88.0, 89.0, 89.7])


def reflectance(soil: Regolith) -> Reflectance:
    """The reflectance of regolith (Hapke's model)."""
    return partial(_hapke, soil=soil)


def _hapke(mu0: Array, mu: Array, cos_g: Array, soil: Regolith) -> Array:
    return hapke_radf(mu0, mu, cos_g, soil)


def normal_albedo(soil: Regolith) -> float:
    """I/F of a surface lit and seen along its normal: over a Lambert surface of albedo 1 in the same light."""
    return float(hapke_radf(1.0, 1.0, 1.0, soil))


def hemispherical_albedo(mu0: ArrayLike, surface: Reflectance) -> Array:
    """Share of sunlight arriving at cosine ``mu0`` > 0 that leaves again, shape of mu0 (directional-hemispherical).

    (1 / (pi mu0)) times the integral of I/F cos e over all directions. Gauss-Legendre in pieces that meet in the
    direction of the Sun, where regolith peaks: within 1e-7 of the limit for lunar soils at any incidence.
    """
    cosines = np.asarray(mu0, float)
    out = np.array([_hemisphere(float(c), surface) for c in cosines.ravel()])
    return out.reshape(cosines.shape)


def _hemisphere(mu0: float, surface: Reflectance) -> float:
    incidence = np.arccos(min(mu0, 1.0))
    psi, turned = _towards_zero(np.pi)
    total = 0.0
    for far in (0.0, 0.5 * np.pi):  # from the Sun's own zenith distance up to the normal and down to the horizon
        step, weight = _towards_zero(far - incidence)
        e = incidence + step
        mu, sine = np.cos(e), np.sin(e)
        cos_g = mu0 * mu[:, None] + np.sin(incidence) * sine[:, None] * np.cos(psi)
        factor = surface(*np.broadcast_arrays(mu0, mu[:, None], cos_g))
        total += float(np.sum(np.sum(factor * turned, axis=1) * (mu * sine * np.abs(weight))))
    return 2.0 * total / (np.pi * mu0)


def spherical_albedo(surface: Reflectance) -> float:
    """Share of sunlight that a sphere of this surface sends back at one wavelength (Bond albedo); within 1e-7."""
    x, weight = _legendre()
    return float(np.sum(2.0 * weight * x * hemispherical_albedo(x, surface)))


def geometric_albedo(surface: Reflectance) -> float:
    """Brightness of a sphere of this surface at phase 0 over that of a Lambert disc of its size (physical albedo)."""
    x, weight = _legendre()
    return float(np.sum(2.0 * weight * x * surface(x, x, np.ones_like(x))))


@lru_cache(maxsize=64)
def regolith_solar_albedo(bands: Bands, relief: Relief = "resolved") -> SolarAlbedo:
    """``solar_albedo`` of a place, from its parameters in three bands; see ``regolith_at``."""
    return solar_albedo(lambda nm: regolith_at(nm, bands, relief))


def solar_albedo(soil_at: Callable[[float], Regolith]) -> SolarAlbedo:
    """Share of the Sun's whole energy that a soil sends back, as a function of the cosine of incidence.

    soil_at: the soil at a wavelength in nm, 321 to 2390. Hemispherical albedos at 17 wavelengths, weighted with the
    Sun's energy near each (the ends also stand for what lies beyond them, 2 and 3 % of the energy), at 15 incidences,
    linear in angle between.
    """
    share = _energy_shares()
    soils = [reflectance(soil_at(nm)) for nm in _SUNLIT_NM]
    table = sum(
        s * hemispherical_albedo(np.cos(np.radians(_TABLE_DEG)), soil) for s, soil in zip(share, soils, strict=True)
    )
    return partial(_between, table=table)


def _between(mu0: ArrayLike, table: Array) -> Array:
    angle = np.degrees(np.arccos(np.clip(np.asarray(mu0, float), 0.0, 1.0)))
    return np.interp(angle, _TABLE_DEG, table)


@cache
def _energy_shares() -> Array:
    """Share of the Sun's energy that each wavelength stands for: to half way to its neighbours."""
    edges = np.concatenate([[_ENDS_NM[0]], 0.5 * (np.array(_SUNLIT_NM)[1:] + np.array(_SUNLIT_NM)[:-1]), [_ENDS_NM[1]]])
    width = np.diff(edges)
    energy = solar_irradiance(edges[:-1] + 0.5 * width, width_nm=width) * width
    return energy / energy.sum()


@cache
def _legendre() -> tuple[Array, Array]:
    """Nodes and weights on 0..1."""
    x, weight = np.polynomial.legendre.leggauss(_NODES)
    return 0.5 * (x + 1.0), 0.5 * weight


def _towards_zero(end: float) -> tuple[Array, Array]:
    """Nodes and weights from 0 to ``end``, crowded at 0, where the integrand may have a corner."""
    x, weight = _legendre()
    return end * x**3, end * weight * 3.0 * x**2
