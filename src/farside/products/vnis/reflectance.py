"""From radiance to the reflectance factor of the SWIR field: sunlight, heat, and one spectrum out of two channels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.physics import planck, solar_irradiance

Array = NDArray[np.float64]

SOLAR_CONSTANT = 1361.0
"""W m-2 at 1 au (Kopp and Lean 2011)."""
ALBEDO, EMISSIVITY = 0.08, 0.95
"""Of the ground's heat balance; with them 344 K where Lin H. et al. (2021) find 346 +- 8 K."""
TEMPERATURE_SD = 8.0
"""K (Lin H. et al. 2021, GRL 48, e2020GL091687)."""
STEFAN_BOLTZMANN = 5.670374419e-8
JOIN_NM = (900.0, 945.0)
"""The overlap over which VIS is scaled to SWIR."""
_STEP_NM, _STEP_SIDE, _STEP_SIGMA = 1377.5, 8, 4.0


def reflectance_factor(
    wavelength_nm: Array, radiance: Array, incidence_deg: float, sun_au: float, irradiance: Array | None = None
) -> Array:
    """REFF = pi L d^2 / (E cos i), shape of ``radiance`` (..., bands) in W m-2 sr-1 nm-1.

    irradiance: of the Sun in the bands at 1 au, W m-2 nm-1, instead of the reference spectrum.
    """
    return np.pi * radiance / _sunlight(wavelength_nm, incidence_deg, sun_au, irradiance)


def balance_temperature(incidence_deg: float, sun_au: float) -> float:
    """Kelvin of ground that sends out what it takes from the Sun."""
    flux = SOLAR_CONSTANT / sun_au**2 * (1.0 - ALBEDO) * max(float(np.cos(np.radians(incidence_deg))), 0.0)
    return float((flux / (EMISSIVITY * STEFAN_BOLTZMANN)) ** 0.25)


def without_heat(
    wavelength_nm: Array,
    reff: Array,
    kelvin: Array,
    incidence_deg: float,
    sun_au: float,
    irradiance: Array | None = None,
) -> Array:
    """REFF (..., bands) less the ground's own radiation at kelvin (...): reff = r + (1 - r) h, solved for r.

    Emissivity is one less r (Kirchhoff); h is the black body over the Sun's share, pi B / (E cos i).
    """
    heat = (
        np.pi
        * planck(wavelength_nm, np.asarray(kelvin)[..., None])
        / _sunlight(wavelength_nm, incidence_deg, sun_au, irradiance)
    )
    return (reff - heat) / (1.0 - heat)


def without_step(wavelength_nm: Array, reff: Array) -> tuple[Array, float]:
    """SWIR reflectance (bands,) without the jump of gain seen in some spectra between 1375 and 1380 nm, and its size.

    The jump is that between straight lines through eight bands on either side; one below four of its own standard
    errors is left alone (size 1).
    """
    below = (wavelength_nm < _STEP_NM) & (wavelength_nm > _STEP_NM - 5.0 * _STEP_SIDE)
    above = (wavelength_nm > _STEP_NM) & (wavelength_nm < _STEP_NM + 5.0 * _STEP_SIDE)
    ends, errors = [], []
    for side in (below, above):
        x = wavelength_nm[side] - _STEP_NM
        line = np.polyfit(x, reff[side], 1)
        scatter = float(np.sum((reff[side] - np.polyval(line, x)) ** 2)) / (x.size - 2)
        ends.append(float(line[1]))
        errors.append(scatter * (1.0 / x.size + x.mean() ** 2 / np.sum((x - x.mean()) ** 2)))
    if abs(ends[1] - ends[0]) <= _STEP_SIGMA * np.sqrt(sum(errors)):
        return reff, 1.0
    size = ends[1] / ends[0]
    return np.where(wavelength_nm < _STEP_NM, reff * size, reff), size


def join(vis_nm: Array, vis: Array, swir_nm: Array, swir: Array) -> tuple[Array, Array, Array]:
    """One spectrum: wavelengths (390,), REFF (..., 390), VIS below 900 nm scaled to SWIR, and the scale (...)."""
    a = (vis_nm >= JOIN_NM[0]) & (vis_nm <= JOIN_NM[1])
    b = (swir_nm >= JOIN_NM[0]) & (swir_nm <= JOIN_NM[1])
    scale = swir[..., b].mean(axis=-1) / vis[..., a].mean(axis=-1)
    first = vis_nm < swir_nm[0]
    return (
        np.concatenate([vis_nm[first], swir_nm]),
        np.concatenate([vis[..., first] * scale[..., None], swir], axis=-1),
        scale,
    )


def _sunlight(wavelength_nm: Array, incidence_deg: float, sun_au: float, irradiance: Array | None) -> Array:
    at_1_au = solar_irradiance(wavelength_nm) * 1e-3 if irradiance is None else irradiance
    return at_1_au * np.cos(np.radians(incidence_deg)) / sun_au**2
