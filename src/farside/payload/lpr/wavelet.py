"""The pulse: a table of wavelets for every fraction of a sample and every loss on the way."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

PHASES = 16
"""Positions within a sample."""
LOSSES = 48
LOSS_STEP = 1.0 / 8.0
"""Step of the loss exponent at the centre frequency, pi f d t, from one wavelet to the next."""
TAPS = 40
CENTRE = 16
"""Samples before the peak of a wavelet."""


@cache
def pulses(centre_ghz: float, interval_ns: float) -> NDArray[np.float32]:
    """Ricker wavelets, (2, LOSSES, PHASES, TAPS): for points, and half a derivative (d/dt in ns) of it for lines.

    Wavelet [kind, i, j] has lost exp(-i LOSS_STEP (f / f0 - 1)) of its spectrum (constant loss tangent; the loss at the
    centre frequency itself is left to the caller), and peaks at sample CENTRE + j / PHASES.
    """
    n = 4096
    f = np.fft.rfftfreq(n, interval_ns)
    ricker = (f / centre_ghz) ** 2 * np.exp(1.0 - (f / centre_ghz) ** 2)
    loss = np.exp(-np.arange(LOSSES)[:, None] * LOSS_STEP * (f / centre_ghz - 1.0)).clip(0.0, 1e6)
    late = np.exp(-2j * np.pi * f * interval_ns * (CENTRE + np.arange(PHASES)[:, None] / PHASES))
    spectra = ricker * loss[:, None, :] * late[None, :, :]
    scale = 1.0 / np.fft.irfft(ricker, n)[0]
    out = np.empty((2, LOSSES, PHASES, TAPS), np.float32)
    out[0] = scale * np.fft.irfft(spectra, n)[..., :TAPS]
    out[1] = scale * np.fft.irfft(spectra * np.sqrt(2j * np.pi * f), n)[..., :TAPS]
    return out
