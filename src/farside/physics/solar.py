"""The Sun as a light: spectral irradiance and apparent disc."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput

Array = NDArray[np.float64]

SUN_RADIUS_AU = 695_700.0 / 149_597_870.7
"""Nominal solar radius (IAU 2015 resolution B3) in astronomical units."""


@cache
def _table() -> tuple[Array, Array]:
    spec = yaml.safe_load((files("farside.physics") / "solar.yaml").read_text(encoding="utf-8"))
    return np.array(spec["wavelength_nm"], float), np.array(spec["irradiance_w_m2_nm"], float)


def solar_irradiance(wavelength_nm: ArrayLike, distance_au: float = 1.0) -> Array:
    """Spectral irradiance on a plane facing the Sun, W m-2 um-1, same shape as ``wavelength_nm``.

    10 nm means of ASTM G173-03 (extraterrestrial), linear in between, over the distance squared.
    Raises BadInput outside 300-3000 nm.
    """
    nm, flux = _table()
    asked = np.asarray(wavelength_nm, float)
    if np.any((asked < nm[0]) | (asked > nm[-1])):
        raise BadInput("solar irradiance", "wavelength_nm", wavelength_nm, f"{nm[0]:.0f} to {nm[-1]:.0f} nm")
    return np.interp(asked, nm, flux) * 1e3 / distance_au**2


def solar_angular_radius(distance_au: float) -> float:
    """Half-angle of the solar disc, radians (0.2664 degrees at 1 au)."""
    return float(np.arcsin(SUN_RADIUS_AU / distance_au))
