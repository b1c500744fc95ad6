"""From the light before a lens to the electrons that it frees in each pixel per second."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.geometry import relative_illumination
from farside.instruments import Instrument

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

PLANCK_LIGHT = 6.62607015e-34 * 299_792_458.0
"""h c, J m."""


def electron_rate(instrument: Instrument) -> Array:
    """Electrons per second in one native pixel on the optical axis per W m-2 sr-1 um-1, for each band, (bands,).

    Irradiance on the detector pi L T / (4 N^2), times pixel area, bandwidth and photons per joule.
    """
    d, o = instrument.detector, instrument.optics
    area = (d.pixel_um * 1e-6) ** 2
    throughput = np.pi * o.transmission / (4.0 * o.f_number**2) * area
    return np.array(
        [throughput * b.width_nm * 1e-3 * b.efficiency * b.centre_nm * 1e-9 / PLANCK_LIGHT for b in instrument.bands]
    )


def band_pattern(instrument: Instrument) -> NDArray[np.int64]:
    """Band number of even and odd lines and samples, (2, 2); one band everywhere without a Bayer filter."""
    bayer = instrument.detector.bayer
    if not bayer:
        return np.zeros((2, 2), np.int64)
    names = [b.name for b in instrument.bands]
    return np.array([names.index(c) for c in bayer], np.int64).reshape(2, 2)


def freed(radiance: Floats, instrument: Instrument, binning: int) -> Floats:
    """Electrons per second in a native pixel, (line, sample), of radiance in W m-2 sr-1 um-1 at each pixel."""
    rate = electron_rate(instrument)[band_pattern(instrument)].astype(np.float32)
    out = radiance * _falloff(instrument, binning)
    for i in (0, 1):
        for j in (0, 1):
            out[i::2, j::2] *= rate[i, j]
    return out


@lru_cache(maxsize=8)
def _falloff(instrument: Instrument, binning: int) -> Floats:
    return relative_illumination(instrument.camera(binning), instrument.optics.illumination)
