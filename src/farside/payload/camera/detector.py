"""What a detector makes of the electrons freed in it: its pixels' own ways, chance, and the converter.

Binned pixels are the mean of the native ones inside them. What is fixed in a detector follows from the mission's seed
and the camera's name, whatever the frame.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.instruments import Instrument
from farside.instruments.compander import compressed
from farside.work import rng

Floats = NDArray[np.float32]
Counts = NDArray[np.uint8] | NDArray[np.uint16]


@lru_cache(maxsize=4)
def sensitivity(instrument: Instrument, binning: int, seed: int) -> Floats:
    """Sensitivity of each pixel (line, sample) over the mean of all: their photo-response non-uniformity."""
    pattern = _normal(instrument, seed, "sensitivity") * np.float32(instrument.detector.prnu)
    return _binned(np.float32(1.0) + pattern, binning)


@lru_cache(maxsize=4)
def dark_pattern(instrument: Instrument, binning: int, seed: int) -> Floats:
    """Dark signal of each pixel (line, sample) over the mean dark signal: non-uniformity, and hot pixels.

    The excess of hot pixels is exponentially distributed; it grows with temperature as all dark signal does.
    """
    d = instrument.detector
    share = np.maximum(np.float32(1.0) + _normal(instrument, seed, "dark") * np.float32(d.dsnu), np.float32(0.0))
    draw = rng(seed, instrument.name, "hot")
    hot = np.flatnonzero(draw.random(share.size, np.float32) < d.hot_share)
    share.ravel()[hot] += draw.exponential(d.hot_e_per_s / max(d.dark_e_per_s, 1e-9), hot.size).astype(np.float32)
    return _binned(share, binning)


def counts(light: Floats, dark: Floats, instrument: Instrument, binning: int, draw: np.random.Generator) -> Counts:
    """Counts sent (line, sample) of the mean electrons that light and dark signal free in a native pixel.

    Electrons follow Poisson's law; the well holds so many; reading adds normal noise; the converter rounds.
    """
    d = instrument.detector
    pixels = binning * binning
    electrons = draw.poisson(np.multiply(light + dark, pixels, dtype=np.float64)).astype(np.float32)
    electrons /= np.float32(pixels)
    np.minimum(electrons, np.float32(d.full_well_e), out=electrons)
    noise = draw.standard_normal(light.shape, np.float32)
    noise *= np.float32(d.read_noise_e / binning)
    electrons += noise
    electrons /= np.float32(d.gain_e_per_dn)
    electrons += np.float32(d.bias_dn)
    dn = np.rint(electrons, out=electrons).clip(0, d.full_scale).astype(np.uint8 if d.bits <= 8 else np.uint16)
    return compressed(dn, d.bits, d.compander_bits) if d.compander_bits else dn


def _normal(instrument: Instrument, seed: int, what: str) -> Floats:
    d = instrument.detector
    return rng(seed, instrument.name, what).standard_normal((d.height, d.width), np.float32)


def _binned(native: Floats, n: int) -> Floats:
    """Mean of n x n native pixels; incomplete bins at the right and lower edge are dropped."""
    if n == 1:
        return native
    lines, samples = native.shape[0] // n, native.shape[1] // n
    whole = native[: lines * n, : samples * n].reshape(lines, n, samples, n)
    return np.asarray(whole.mean(axis=(1, 3), dtype=np.float64), np.float32)
