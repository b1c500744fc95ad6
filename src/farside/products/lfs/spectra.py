"""Power spectra of blocks of samples: window, transform, and how many independent looks an average of bins is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.instruments.lfs import Spectrometer

Array = NDArray[np.float64]
Waves = NDArray[np.complex64]

_HARRIS = (0.35875, 0.48829, 0.14128, 0.01168)


def window(samples: int) -> Array:
    """Minimum four-term Blackman-Harris window (samples,); side lobes 92 dB down (Harris 1978).

    The lander's lines stand 100 dB above the sky; they are at fixed ratios in the antennas, and so are their side
    lobes, which the cancelling then removes with them.
    """
    angle = 2.0 * np.pi * np.arange(samples) / samples
    return sum((-1) ** k * a * np.cos(k * angle) for k, a in enumerate(_HARRIS))  # type: ignore[return-value]


def transform(dn: NDArray[np.uint16], instrument: Spectrometer, sample_hz: float) -> Waves:
    """Amplitudes (block, antenna, channel) of counts (block, antenna, sample): |x|^2 is V2 Hz-1, one-sided.

    The channel at half the sampling rate is left out, as the 2048 channels of level 2C do.
    """
    from scipy import fft

    samples = dn.shape[-1]
    w = window(samples)
    scale = instrument.receiver.step_v * np.sqrt(2.0 / (sample_hz * np.sum(w * w)))
    volts = (dn.astype(np.float32) - np.float32(instrument.receiver.zero_dn)) * (w * scale).astype(np.float32)
    x: Waves = fft.rfft(volts, axis=-1)[..., : samples // 2]
    return x


def looks(bins: int, samples: int) -> float:
    """Independent looks at a power that is averaged over ``bins`` neighbouring channels of one block.

    Neighbours share the window's width: the mean of n channels has the variance of power^2 / looks, with
    1 / looks = sum over pairs of their squared correlation, over n^2.
    """
    correlation = np.abs(np.fft.fft(window(samples) ** 2)[:bins])
    share = (correlation / correlation[0]) ** 2
    lag = np.arange(1, bins)
    return bins / float(1.0 + 2.0 * np.sum((1.0 - lag / bins) * share[1:]))
