"""How long a camera exposes: as it meters the light, or as it is told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.instruments import Instrument

Floats = NDArray[np.float32]

HEADROOM = 0.97
"""Where auto-exposure keeps its quantile of the pixels, as a share of full scale; assumed."""


def exposure(rate: Floats, instrument: Instrument, told_ms: float | None = None) -> float:
    """Exposure in ms for these electrons per second (line, sample): as metered, or the nearest to what it is told.

    The mean is brought to the reference brightness, as the labels' exposure_referenced_brightness says, unless that
    would saturate the brightest pixels.
    """
    d, e = instrument.detector, instrument.exposure
    if told_ms is not None:
        return _possible(np.rint(told_ms / e.step_ms), instrument)
    top = d.full_scale
    per_second = float(rate.mean(dtype=np.float64)) / d.gain_e_per_dn
    bright = float(np.quantile(rate[::2, ::2] if not d.bayer else rate, e.saturation_quantile)) / d.gain_e_per_dn
    by_mean = (e.reference_brightness / 255.0 * top - d.bias_dn) / max(per_second, 1e-9)
    by_peak = (HEADROOM * top - d.bias_dn) / max(bright, 1e-9)
    return _possible(np.floor(min(by_mean, by_peak) * 1e3 / e.step_ms + 1e-9), instrument)


def _possible(steps: float, instrument: Instrument) -> float:
    e = instrument.exposure
    return round(float(np.clip(steps * e.step_ms, e.min_ms, e.max_ms)), 6)
