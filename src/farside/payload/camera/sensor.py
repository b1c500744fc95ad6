"""A camera from behind its lens to its counts: light, exposure, electrons, numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.instruments import Instrument
from farside.payload.camera.detector import Counts, counts, dark_pattern, sensitivity
from farside.payload.camera.exposure import exposure
from farside.payload.camera.optics import freed
from farside.work import rng

Floats = NDArray[np.float32]


def expose(
    radiance: Floats,
    instrument: Instrument,
    binning: int,
    temperature_c: float,
    seed: int,
    *frame: object,
    told_ms: float | None = None,
) -> tuple[Counts, float]:
    """Counts (line, sample) of a frame of radiance in W m-2 sr-1 um-1, and its exposure in ms.

    Each pixel sees the light of its own band. seed and frame name what is chance; what the detector's pixels differ in
    depends on seed and camera alone. told_ms: the exposure where the camera does not meter.
    """
    rate = freed(radiance, instrument, binning)
    exposure_ms = exposure(rate, instrument, told_ms)
    seconds = np.float32(exposure_ms * 1e-3)
    light = rate * sensitivity(instrument, binning, seed) * seconds
    per_second = np.float32(instrument.detector.dark(temperature_c))
    dark = dark_pattern(instrument, binning, seed) * (per_second * seconds)
    return counts(light, dark, instrument, binning, rng(seed, instrument.name, "noise", *frame)), exposure_ms
