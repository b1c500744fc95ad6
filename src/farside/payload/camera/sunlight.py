"""The Sun of one view, and how regolith reflects it in the bands of a camera."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.instruments import Band, Instrument
from farside.payload.camera.light import Light, columns, probes, sun_plane
from farside.payload.camera.optics import band_pattern
from farside.payload.camera.view import View
from farside.payload.vehicles import PAINT_NM
from farside.physics import (
    diffusive_reflectance,
    limb_darkening,
    solar_angular_radius,
    solar_irradiance,
    von_karman_regolith,
)

Array = NDArray[np.float64]

SLICES = 18
"""Parts a band is cut into for the means of soil and materials over it."""
HALVES = 2
"""A band's reflectance is that of so many mean soils: 0.3 % off the mean reflectance of LCAM's 358 nm, 0.05 % off
that of a Bayer filter's 100 nm."""


def sunlight(instrument: Instrument, view: View) -> tuple[Light, float]:
    """The Sun and the soil; what depends on the scene is left empty. Also the slope of the lowest ray to the disc."""
    sun = np.array(view.sun, float)
    soil, law, place = _bands(instrument)
    width = np.array([band.width_nm for band in instrument.bands])
    nm = np.array([band.centre_nm for band in instrument.bands])
    radius = solar_angular_radius(view.sun_distance_au)
    across, up = sun_plane(sun)
    bounce = max(float(sun[2]), 0.0) * np.sum(soil[..., 6] * diffusive_reflectance(soil[..., 0]), axis=1)
    empty = np.zeros((0, 0))
    light = Light(
        sun, across, up, float(np.tan(radius)), probes(), place, law, np.zeros(0),
        solar_irradiance(nm, view.sun_distance_au, width) / np.pi, soil,
        bounce, empty, empty, empty, band_pattern(instrument),
    )  # fmt: skip
    return light, float(np.tan(np.arctan2(sun[2], np.hypot(sun[0], sun[1])) - radius))


def band_means(instrument: Instrument, reflectances: Array, at_nm: Sequence[float] = PAINT_NM) -> Array:
    """What materials reflect in each band of a camera, (m, bands), from (m, n) at these wavelengths.

    Means weighted with the Sun: a filter sees the whole of the step in a red paint, not the value at its centre.
    """
    order = np.argsort(at_nm)
    rising, means = np.array(at_nm)[order], []
    for band in instrument.bands:
        nm, sun = _slices(band)
        means.append(np.average([np.interp(nm, rising, one) for one in reflectances[:, order]], axis=1, weights=sun))
    return np.stack(means, axis=1)


@lru_cache(maxsize=16)
def _bands(instrument: Instrument) -> tuple[Array, Array, Array]:
    """Soil (bands, HALVES, 7), limb darkening (bands, 6), and the disc's columns; see ``Light``."""
    soils = []
    for band in instrument.bands:
        nm, sun = _slices(band)
        slices = [(s.w, s.b, s.c, s.bs0, s.hs, np.tan(s.roughness)) for s in map(von_karman_regolith, nm.tolist())]
        halves = zip(np.split(np.array(slices), HALVES), np.split(sun, HALVES), strict=True)
        soils.append([(*np.average(rows, axis=0, weights=some), some.sum() / sun.sum()) for rows, some in halves])
    place, law = columns(np.array([limb_darkening(band.centre_nm) for band in instrument.bands]))
    return np.array(soils), law, place


def _slices(band: Band) -> tuple[Array, Array]:
    """Wavelengths of the parts of a band, and the Sun's irradiance in each."""
    step = band.width_nm / SLICES
    nm = band.centre_nm + step * (np.arange(SLICES, dtype=float) - 0.5 * (SLICES - 1))
    return np.asarray(nm, float), solar_irradiance(nm, 1.0, step)
