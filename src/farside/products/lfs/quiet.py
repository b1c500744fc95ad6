"""When nothing bursts: the spectra that the background is taken from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

THRESHOLD = 6.0
"""Standard deviations above which something is there."""
BEFORE_S, AFTER_S = 20.0, 200.0
"""What is kept clear of a burst: its faint beginning, and its slow decay."""
SMOOTH = 9
"""Spectra that are averaged to look for a burst."""


def quiet_times(frequency: Array, psd: Array, every_s: float) -> Flags:
    """Spectra (n,) in which no burst is heard, of frequencies in Hz and powers (time, frequency), NaN where missing.

    A burst is where the mean of an octave stands above its own quieter half.
    """
    quiet: Flags = np.array(np.isfinite(psd).all(axis=1))
    if not quiet.any():
        return quiet
    octave = np.floor(np.log2(frequency / frequency[0])).astype(int)
    loud = np.zeros(len(psd), bool)
    seen = np.where(quiet[:, None], psd, np.nan)
    for number in np.unique(octave):
        curve = np.nanmean(seen[quiet][:, octave == number], axis=1)
        loud[quiet] |= _above(curve)
    where = np.flatnonzero(loud)
    if where.size:
        quiet[max(0, where[0] - round(BEFORE_S / every_s)) : where[-1] + 1 + round(AFTER_S / every_s)] = False
    return quiet


def _above(curve: Array) -> Flags:
    """Where a smoothed light curve stands out; the quieter half tells the noise, for a burst only ever adds."""
    from scipy.ndimage import uniform_filter1d

    smooth = uniform_filter1d(curve, SMOOTH, mode="nearest")
    middle = float(np.quantile(smooth, 0.3))
    below = smooth[smooth <= middle] - middle
    noise = float(np.sqrt(np.mean(below**2))) if below.size else 0.0
    return smooth > middle + THRESHOLD * max(noise, 1e-12 * middle)
