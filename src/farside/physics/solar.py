"""The Sun as a light: spectral irradiance and apparent size."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput

Array = NDArray[np.float64]

SUN_RADIUS_AU = 695_700.0 / 149_597_870.7
"""Nominal solar radius (IAU 2015 resolution B3) in astronomical units."""
SOLAR_CONSTANT_W_M2 = 1361.0
"""Nominal total solar irradiance at 1 au (IAU 2015 resolution B3; 1360.8 +- 0.5 measured by Kopp and Lean 2011)."""
BAND_NM = 5.0
"""Width of a band where none is asked for: the step of the spectrometer, whose filters pass 2.4 to 9.6 nm."""


@cache
def _table() -> tuple[Array, Array, Array]:
    """Wavelength (nm), irradiance (W m-2 nm-1) and its integral from the first wavelength on (W m-2)."""
    path = files("farside.physics") / "solar.csv"
    with path.open(encoding="utf-8") as file:
        nm, flux = np.loadtxt(file, delimiter=",", comments="#", unpack=True)
    steps = 0.5 * (flux[1:] + flux[:-1]) * np.diff(nm)
    return nm, flux, np.concatenate([[0.0], np.cumsum(steps)])


def solar_irradiance(wavelength_nm: ArrayLike, distance_au: float = 1.0, width_nm: ArrayLike = BAND_NM) -> Array:
    """Spectral irradiance on a plane facing the Sun, W m-2 um-1, broadcast shape.

    Mean of ASTM G173-03 (extraterrestrial, linear between its rows) over bands ``width_nm`` wide, over the distance
    squared. Give a camera's own width: its bands are wide enough for the Sun's colour to change within them.
    Raises BadInput for bands that are not within 280-4000 nm.
    """
    nm, flux, total = _table()
    middle, width = np.broadcast_arrays(np.asarray(wavelength_nm, float), np.asarray(width_nm, float))
    low, high = middle - 0.5 * width, middle + 0.5 * width
    bad = ~((width > 0.0) & (low >= nm[0]) & (high <= nm[-1]))
    if bad.any():
        raise BadInput("solar irradiance", "wavelength_nm", wavelength_nm, f"bands in {nm[0]:.0f} to {nm[-1]:.0f} nm")

    def up_to(x: Array) -> Array:
        k = np.clip(np.searchsorted(nm, x, side="right") - 1, 0, nm.size - 2)
        step = x - nm[k]
        slope = (flux[k + 1] - flux[k]) / (nm[k + 1] - nm[k])
        return total[k] + step * (flux[k] + 0.5 * step * slope)

    return (up_to(high) - up_to(low)) / width * 1e3 / distance_au**2


def solar_angular_radius(distance_au: float) -> float:
    """Half-angle of the solar disc, radians (0.2664 degrees at 1 au)."""
    return float(np.arcsin(SUN_RADIUS_AU / distance_au))
