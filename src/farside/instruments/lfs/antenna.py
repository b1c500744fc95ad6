"""From the sky to volts: short monopoles in an isotropic sky, in a plane wave and in a plasma.

All results are power spectral densities at the antenna's terminals, one-sided, V2 Hz-1. The antenna counts as short
over the whole band, as the fact sheet takes it (a 5 m monopole has its quarter-wave resonance near 15 MHz).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.instruments.lfs.instrument import Spectrometer

Array = NDArray[np.float64]

Z0_OHM = 376.730313668
"""Impedance of free space."""


def area(instrument: Spectrometer) -> float:
    """Z0 l_eff^2 times the square of the capacitive divider, ohm m2."""
    a = instrument.antennas
    return Z0_OHM * (a.effective_length_m / (1.0 + a.stray_pf / a.capacitance_pf)) ** 2


def isotropic(brightness: ArrayLike, instrument: Spectrometer) -> Array:
    """V2 Hz-1 of a sky of uniform brightness, W m-2 Hz-1 sr-1: (4 pi / 3) Z0 l_eff^2 B, for the sky that is seen."""
    return 4.0 * np.pi / 3.0 * area(instrument) * instrument.sky_fraction * np.asarray(brightness, float)


def plane_wave(flux: ArrayLike, cosine: ArrayLike, instrument: Spectrometer) -> Array:
    """V2 Hz-1 of an unpolarised wave of flux density W m-2 Hz-1, from a direction at this cosine to the antenna."""
    across = 1.0 - np.asarray(cosine, float) ** 2
    return 0.5 * area(instrument) * across * np.asarray(flux, float)


def thermal(frequency: ArrayLike, density_cm3: float, temperature_k: float, instrument: Spectrometer) -> Array:
    """V2 Hz-1 of quasi-thermal noise far above the plasma frequency, 5e-5 n T / (f^3 L) (n in cm-3, f in Hz)."""
    f = np.asarray(frequency, float)
    return 5e-5 * density_cm3 * temperature_k / (f**3 * instrument.antennas.length_m)


def receiver(instrument: Spectrometer, sample_hz: float) -> float:
    """V2 Hz-1 of the receiver and of rounding to counts, which spreads step^2 / 12 up to half the sampling rate."""
    r = instrument.receiver
    return (r.noise_nv * 1e-9) ** 2 + r.step_v**2 / 12.0 / (0.5 * sample_hz)
