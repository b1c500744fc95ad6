"""The standard observer in sunlight: spectra as XYZ, and XYZ as the values of an sRGB screen."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.physics import solar_irradiance

Array = NDArray[np.float64]

NM = np.arange(380.0, 781.0)
"""Wavelengths that colours are summed over, one cell of 1 nm about each."""
PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
"""Chromaticities x, y of red, green and blue of an sRGB screen (IEC 61966-2-1)."""
D65 = (0.3127, 0.3290)
"""Chromaticity of its white (the same)."""
CONES = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
"""XYZ to the responses that an eye adapts one by one (Bradford; Lam 1985, as in ICC.1 annex E)."""


@cache
def sun() -> Array:
    """Spectral irradiance of the Sun at NM, W m-2 um-1, (nm,)."""
    return solar_irradiance(NM, 1.0, 1.0)


@cache
def matching() -> Array:
    """Colour-matching functions of the CIE 1931 observer at NM, (nm, 3), linear between the table's rows."""
    rows = table("observer.csv")
    return np.stack([np.interp(NM, rows[:, 0], column) for column in rows[:, 1:].T], axis=1)


def table(name: str) -> Array:
    """Rows of a table beside this file, the first column wavelengths in nm."""
    with (files("farside.products.colour") / name).open(encoding="utf-8") as file:
        return np.loadtxt(file, delimiter=",", comments="#")


def observed(reflectance: ArrayLike) -> Array:
    """XYZ (..., 3) of surfaces that reflect so (.., nm) in sunlight; a white one has Y = 1."""
    return (np.asarray(reflectance, float) * sun()) @ matching() / (sun() @ matching()[:, 1])


def sun_white() -> Array:
    """XYZ (3,) of a white surface in sunlight."""
    return observed(np.ones_like(NM))


def d65() -> Array:
    """XYZ (3,) of the white of an sRGB screen."""
    return _xyz(D65)


def adapted() -> Array:
    """XYZ in sunlight to XYZ on a screen for an eye that took the light for white in both, (3, 3) (Bradford)."""
    return np.linalg.solve(CONES, np.diag((CONES @ d65()) / (CONES @ sun_white())) @ CONES)


def xyz_to_srgb() -> Array:
    """XYZ on a screen to the linear values of its red, green and blue, (3, 3); its white is (1, 1, 1)."""
    colours = np.stack([_xyz(xy) for xy in PRIMARIES], axis=1)
    return np.linalg.inv(colours * np.linalg.solve(colours, d65()))


def _xyz(xy: tuple[float, float]) -> Array:
    """XYZ of a chromaticity, Y = 1."""
    x, y = xy
    return np.array([x / y, 1.0, (1.0 - x - y) / y])
