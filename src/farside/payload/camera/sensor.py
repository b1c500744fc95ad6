"""From radiance to counts: lens, exposure, electrons, noise and quantisation."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.instruments import Instrument
from farside.work import rng

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

PLANCK_LIGHT = 6.62607015e-34 * 299_792_458.0
"""h c, J m."""
HEADROOM = 0.97
"""Where auto-exposure keeps its quantile of the pixels, as a share of full scale; assumed."""


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


def expose(
    radiance: Floats, instrument: Instrument, binning: int, temperature_c: float, seed: int, *frame: object
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], float]:
    """Counts (line, sample) of a frame of radiance in W m-2 sr-1 um-1, and the exposure in ms that the camera chose.

    Binned pixels are the mean of the native ones inside them. Shot and read noise are drawn together as a normal
    distribution of variance (electrons + read noise^2), the limit of Poisson's for the tens of electrons that even a
    shadow has with its dark signal. seed and frame name the noise; the pixels' sensitivities depend on seed alone.
    """
    d = instrument.detector
    rate = _tiled(electron_rate(instrument)[band_pattern(instrument)], radiance.shape) * _falloff(instrument, binning)
    rate = rate * radiance
    seconds = _metered(rate, instrument)
    dark = d.dark_e_per_s * 2.0 ** ((temperature_c - d.reference_temperature_c) / d.dark_doubling_k) * seconds
    electrons = rate * np.float32(seconds) * _sensitivity(instrument, radiance.shape, binning, seed)
    electrons += np.float32(dark)
    noise = rng(seed, instrument.name, "noise", *frame).standard_normal(radiance.shape, np.float32)
    noise *= np.sqrt(electrons + np.float32(d.read_noise_e**2)) / np.float32(binning)
    electrons += noise
    counts = np.rint(electrons / np.float32(d.gain_e_per_dn) + np.float32(d.bias_dn))
    depth = np.uint8 if d.bits <= 8 else np.uint16
    return np.clip(counts, 0, d.full_scale).astype(depth), round(seconds * 1e3, 6)


def _metered(rate: Floats, instrument: Instrument) -> float:
    """Exposure in seconds: mean brightness at its reference unless that would saturate the brightest pixels."""
    d, e = instrument.detector, instrument.exposure
    top = d.full_scale
    per_second = float(rate.mean(dtype=np.float64)) / d.gain_e_per_dn
    bright = float(np.quantile(rate[::2, ::2] if not d.bayer else rate, e.saturation_quantile)) / d.gain_e_per_dn
    by_mean = (e.reference_brightness / 255.0 * top - d.bias_dn) / max(per_second, 1e-9)
    by_peak = (HEADROOM * top - d.bias_dn) / max(bright, 1e-9)
    steps = np.floor(min(by_mean, by_peak) * 1e3 / e.step_ms + 1e-9)
    return float(np.clip(steps * e.step_ms, e.min_ms, e.max_ms)) * 1e-3


def _tiled(pattern: Array, shape: tuple[int, ...]) -> Floats:
    lines, samples = shape
    return np.tile(pattern.astype(np.float32), (-(-lines // 2), -(-samples // 2)))[:lines, :samples]


@lru_cache(maxsize=8)
def _falloff(instrument: Instrument, binning: int) -> Floats:
    """Illumination towards the corners relative to the axis: cos^4 of the field angle."""
    camera = instrument.camera(binning)
    column, row = camera.principal_pixel
    x = (np.arange(camera.width) + 1.0 - column) * camera.pixel_rad
    y = (np.arange(camera.height) + 1.0 - row) * camera.pixel_rad
    return ((1.0 + x**2 + y[:, None] ** 2) ** -2).astype(np.float32)


@lru_cache(maxsize=8)
def _sensitivity(instrument: Instrument, shape: tuple[int, int], binning: int, seed: int) -> Floats:
    """Fixed pattern of the pixels' sensitivities about 1; bins average independent pixels."""
    pattern = rng(seed, instrument.name, "sensitivity", binning).standard_normal(shape, np.float32)
    return np.float32(1.0) + np.float32(instrument.detector.prnu / binning) * pattern
