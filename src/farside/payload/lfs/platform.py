"""The lander's own noise in the antennas: two sources with fixed ratios, a continuum and lines."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.instruments.lfs import Band, Spectrometer, antenna

Array = NDArray[np.float64]
SOURCES = 2


@cache
def numbers() -> dict[str, Any]:
    """lander.yaml."""
    return yaml.safe_load((files("farside.payload.lfs") / "lander.yaml").read_text(encoding="utf-8"))


def ratios() -> Array:
    """Volts (antenna, source), rms, in the high band: the two strongest components of the published covariance."""
    n = numbers()
    value, vector = np.linalg.eigh(np.array(n["correlation"]))
    strongest = np.argsort(value)[::-1][:SOURCES]
    return np.array(n["sigma_v"])[:, None] * vector[:, strongest] * np.sqrt(value[strongest])


def continuum(frequency: Array, instrument: Spectrometer) -> Array:
    """V2 Hz-1 (frequency,) that both sources' continuum makes in antenna A: as a wave from across the antenna would."""
    n = numbers()["broadband"]
    return antenna.plane_wave(n["flux_1mhz"] * (frequency * 1e-6) ** n["slope"], 0.0, instrument)


def lines(source: int, band: Band) -> tuple[Array, Array]:
    """Frequencies (n,) in Hz of a source's lines below half the sampling rate, and their voltages relative to unit rms.

    The rms is that of all lines in the band that the ratios are given for, so the low band has only a part of it.
    """
    fundamental = numbers()["lines"]["fundamental_hz"][source]
    harmonic = np.arange(1, int(50e6 / fundamental) + 1)
    amplitude = np.sqrt(2.0) / harmonic / np.linalg.norm(1.0 / harmonic)
    kept = (harmonic * fundamental > band.low_hz) & (harmonic * fundamental < 0.49 * band.sample_hz)
    return harmonic[kept] * fundamental, amplitude[kept]
