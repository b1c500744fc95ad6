"""Thermal radiation, which at the long end of the spectrum is not small."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_H, _C, _K = 6.62607015e-34, 299_792_458.0, 1.380649e-23
STEFAN_BOLTZMANN = 5.670374419e-8
"""W m-2 K-4 (CODATA 2018)."""


def planck(wavelength_nm: ArrayLike, temperature_k: ArrayLike) -> NDArray[np.float64]:
    """Radiance of a black body, W m-2 sr-1 nm-1, broadcast shape (Planck 1901, with the constants of the SI)."""
    metres = np.asarray(wavelength_nm, float) * 1e-9
    exponent = _H * _C / (metres * _K * np.asarray(temperature_k, float))
    return 2e-9 * _H * _C**2 / metres**5 / np.expm1(exponent)


def brightness_temperature(wavelength_nm: ArrayLike, radiance: ArrayLike) -> NDArray[np.float64]:
    """Kelvin of a black body with this radiance (> 0, W m-2 sr-1 nm-1), broadcast shape: Planck's law solved for T."""
    metres = np.asarray(wavelength_nm, float) * 1e-9
    return _H * _C / (metres * _K) / np.log1p(2e-9 * _H * _C**2 / metres**5 / np.asarray(radiance, float))
