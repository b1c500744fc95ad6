"""From records to a section in time: time zero, band, what moves with the rover, and what distance took."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.instruments.lpr import Channel
from farside.instruments.lpr.dielectric import C_M_PER_NS

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

BACKGROUND_M = 12.0
"""Echoes that stay the same over this length belong to the rover (about 333 traces in Roncoroni et al. 2024)."""
SEARCH_NS = 3.0


def time_zero(mean: Array, channel: Channel) -> tuple[float, float, str]:
    """When the transmitter fired, ns after the first sample, its standard deviation, and how it is known.

    mean: a mean trace, (samples,). The extreme of the direct wave, by a parabola, less its way through air from antenna
    to antenna; the channel's published delay where no direct wave stands out near it.
    """
    expected = (channel.time_zero_ns + channel.offset_m / C_M_PER_NS) / channel.interval_ns
    reach = int(np.ceil(SEARCH_NS / channel.interval_ns))
    first = max(int(expected) - reach, 1)
    size = np.abs(mean)
    k = first + int(np.argmax(size[first : first + 2 * reach + 1]))
    if channel.centre_mhz > 100 and size[k] == size.max() and first < k < first + 2 * reach:
        a, b, c = size[k - 1 : k + 2]
        at = k + 0.5 * (a - c) / (a - 2.0 * b + c)
        return (at * channel.interval_ns - channel.offset_m / C_M_PER_NS, channel.time_zero_sd_ns, "direct wave")
    return channel.time_zero_ns, channel.time_zero_sd_ns, "published delay"


def from_time_zero(dn: Floats, zero_ns: float, channel: Channel) -> Floats:
    """Traces (n, samples) filtered to the channel's band, without phase, and moved so that sample 0 is time zero.

    The band's edges are cosine ramps a fifth of it wide. What precedes time zero is dropped, zeros follow at the end.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    samples = dn.shape[1]
    length = next_fast_len(samples + 256, real=True)
    f = np.fft.rfftfreq(length, channel.interval_ns)
    low, high = (edge * 1e-3 for edge in channel.band_mhz)
    ramp = 0.2 * (high - low)
    gate = np.clip(np.minimum(f - low + ramp, high + ramp - f) / ramp, 0.0, 1.0)
    spectra = rfft(dn, length, axis=1, workers=1)
    spectra *= ((0.5 - 0.5 * np.cos(np.pi * gate)) * np.exp(2j * np.pi * f * zero_ns)).astype(np.complex64)
    out = irfft(spectra, length, axis=1, workers=1, overwrite_x=True)[:, :samples].astype(np.float32)
    out[:, samples - int(np.ceil(zero_ns / channel.interval_ns)) :] = 0.0
    return out


def without_background(section: Floats, distance: Array) -> Floats:
    """Traces less their running mean over BACKGROUND_M of the way; all of a shorter way counts."""
    from scipy.ndimage import uniform_filter1d

    n = len(section)
    way = float(distance[-1] - distance[0])
    width = n if way <= BACKGROUND_M else max(3, round(n * BACKGROUND_M / way))
    if width >= n:
        return section - section.mean(axis=0, keepdims=True)
    return section - uniform_filter1d(section, width, axis=0, mode="nearest")


def gain(time_ns: Array, channel: Channel, loss_tangent: float, index: float, noise_from_ns: float) -> Array:
    """Factor that undoes spreading and loss, (samples,), 1 at 1 m of range; constant from ``noise_from_ns`` on.

    Spreading range R = h + z / n in a ground of mean index n; loss exp(pi f d t) in the ground.
    """
    t = np.minimum(time_ns, noise_from_ns)
    air = 2.0 * channel.height_m / C_M_PER_NS
    ground = np.maximum(t - air, 0.0)
    spread = channel.height_m + ground * C_M_PER_NS / (2.0 * index**2)
    return np.asarray(spread * np.exp(np.pi * channel.centre_mhz * 1e-3 * loss_tangent * ground))
