"""From echoes to counts: direct wave, ringing, what the rover's body sends back, noise, accumulation, quantisation."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.instruments.lpr import Channel
from farside.instruments.lpr.dielectric import C_M_PER_NS
from farside.payload.lpr.wavelet import CENTRE, PHASES, TAPS, pulses
from farside.work import rng


def echo_counts(mode: str) -> float:
    """Counts of an echo of amplitude 1 (see born)."""
    return float(_receivers()[mode]["echo_counts"])


def rover_signature(mode: str, channel: Channel, seed: int) -> NDArray[np.float32]:
    """What every record holds whatever the ground, (samples,), in counts; the body's echoes depend on seed alone."""
    r = _receivers()[mode]
    t = np.arange(channel.samples) * channel.interval_ns
    direct = channel.time_zero_ns + channel.offset_m / C_M_PER_NS
    after = t - direct
    out = r["direct_counts"] * _pulse(channel, direct)
    for counts, start, decay, mhz in r["rings"]:
        late = after - start
        out += np.where(late > 0, counts * np.exp(-late / decay) * np.cos(2e-3 * np.pi * mhz * late), 0.0)
    body = rng(seed, "lpr", mode, "body").standard_normal(channel.samples)
    f = np.fft.rfftfreq(channel.samples, channel.interval_ns) * 1e3
    low, high = channel.band_mhz
    body = np.fft.irfft(np.fft.rfft(body) * np.exp(-(((f - (low + high) / 2) / (high - low) * 2) ** 2)), len(body))
    body /= body.std()
    envelope = sum(counts * np.exp(-np.maximum(after, 0) / decay) for counts, decay in r["clutter"])
    return (out + np.where(after > 0, body * envelope, 0.0)).astype(np.float32)


def record(
    echo: NDArray[np.float32], mode: str, channel: Channel, seed: int, *names: object
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Sums of the converter's samples (n, samples), and the quality octet (n,): 1 where the converter was full.

    echo: as from ``echoes``, from the transmitter's pulse on. The noise of all accumulated samples is drawn at once; it
    is far wider than a step of the converter, so that rounding adds its twelfth of a step squared per sample.
    """
    n = len(echo)
    delay = channel.time_zero_ns / channel.interval_ns
    counts = echo_counts(mode) * _delayed(echo, delay) + rover_signature(mode, channel, seed)
    draw = rng(seed, "lpr", mode, *names)
    counts *= (1.0 + _receivers()[mode]["gain_jitter"] * draw.standard_normal((n, 1))).astype(np.float32)
    limit = np.float32(2 ** (channel.adc_bits - 1) * channel.counts_per_step)
    full = (np.abs(counts) >= limit).any(axis=1)
    np.clip(counts, -limit, limit, out=counts)
    counts /= np.float32(channel.counts_per_unit)
    sigma = np.hypot(channel.noise_counts / channel.counts_per_unit, (channel.accumulations / 12) ** 0.5)
    counts += draw.standard_normal(counts.shape, np.float32) * np.float32(sigma)
    return np.rint(counts).astype(np.int32), full.astype(np.uint8)


def _delayed(echo: NDArray[np.float32], delay: float) -> NDArray[np.float32]:
    """Echoes moved later by ``delay`` samples, by linear interpolation of whole samples and the rest by spectrum."""
    from scipy.fft import irfft, rfft, rfftfreq

    n = echo.shape[1]
    shift = np.exp(-2j * np.pi * rfftfreq(n) * delay).astype(np.complex64)
    spectra = rfft(echo, axis=1, workers=1)
    spectra *= shift
    moved: NDArray[np.float32] = irfft(spectra, n, axis=1, workers=1, overwrite_x=True)
    moved[:, : int(delay) - CENTRE] = 0.0  # what the circle brought round
    return moved


def _pulse(channel: Channel, at_ns: float) -> NDArray[np.float64]:
    """The transmitter's pulse, peaking at ``at_ns``, (samples,)."""
    table = pulses(channel.centre_mhz * 1e-3, channel.interval_ns)[0, 0]
    tick = round(at_ns / channel.interval_ns * PHASES)
    start = tick // PHASES - CENTRE
    out = np.zeros(channel.samples)
    first = max(start, 0)
    out[first : start + TAPS] = table[tick % PHASES][first - start :]
    return out


@cache
def _receivers() -> dict[str, Any]:
    text = (files("farside.payload.lpr") / "receiver.yaml").read_text(encoding="utf-8")
    fields: dict[str, Any] = yaml.safe_load(text)
    return fields
