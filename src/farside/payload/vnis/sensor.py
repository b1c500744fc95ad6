"""From radiance to counts, one band after another: exposure, electrons, noise and quantisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.instruments.vnis import load_vnis
from farside.instruments.vnis.spec import Channel
from farside.work import rng

Array = NDArray[np.float64]
Counts = NDArray[np.uint16]

_UNEVEN_FROM_NM, _UNEVEN = 800.0, 0.05
"""So much more sensitive is the right side of the VIS image than the left at 945 nm, growing from 800 nm (assumed)."""


@dataclass(frozen=True)
class Shot:
    """Counts with the filter on and off, and the exposure of each band in ms."""

    dn: Counts
    dark: Counts
    exposure_ms: list[float]


@dataclass(frozen=True)
class Sensor:
    """The instrument as it flies: seed fixes what differs from one to the next; snr replaces the published one."""

    seed: int
    snr: float | None = None

    def response(self, channel: Channel) -> Array:
        """Counts per ms per W m-2 sr-1 nm-1, (bands,): the laboratory's, changed since by a smooth drift."""
        spec = load_vnis()
        wavelength = spec.wavelengths(channel)
        scale = spec.vis.dn_per_ms if channel == "VIS" else spec.swir.dn_per_ms
        x = np.linspace(0.0, np.pi, wavelength.size)
        draw = rng(self.seed, "vnis", "drift", channel).standard_normal(4)
        drift = spec.drift * sum(a * np.cos(n * x) / (n + 1) for n, a in enumerate(draw))
        return scale * spec.response[channel](wavelength) * np.exp(drift)

    def image(self, radiance: Array, frames: int, *names: object) -> Shot:
        """A VIS cube of radiance (band, line, sample) as the mean of some frames, and one with the filter off."""
        spec = load_vnis()
        v = spec.vis
        lines, bands = radiance.shape[1], radiance.shape[0]
        rate = radiance * (self.response("VIS")[:, None, None] * self._pattern(lines))
        exposure = _metered(np.quantile(rate.reshape(bands, -1), 0.999, axis=1), v.bias_dn, v.bits, v.exposures_ms)
        draw = rng(self.seed, "vnis", "noise", *names)
        ripple = self._ripple("VIS", frames, draw)
        signal = rate * (exposure * ripple)[:, None, None]
        binned = (spec.lines / lines) ** 2 * frames
        noise = draw.standard_normal(rate.shape, np.float32)
        dark = v.dark_dn_per_ms * exposure[:, None, None]
        noise *= np.sqrt(
            (np.maximum(signal + dark, 0.0) / v.gain_e_per_dn + (v.read_noise_e / v.gain_e_per_dn) ** 2) / binned
        )
        off = v.bias_dn + v.dark_dn_per_ms * exposure.max()
        off_noise = v.read_noise_e / v.gain_e_per_dn / np.sqrt(frames) * draw.standard_normal((lines, lines))
        return Shot(
            _counts(v.bias_dn + signal + dark + noise, v.bits), _counts(off + off_noise, v.bits), exposure.tolist()
        )

    def spectrum(self, radiance: Array, frames: int, *names: object) -> Shot:
        """A SWIR spectrum of radiance (bands,), read with the filter on and off, as the mean of some frames."""
        s = load_vnis().swir
        rate = radiance * self.response("SWIR")
        exposure = _metered(rate, s.bias_dn, s.bits, s.exposures_ms)
        draw = rng(self.seed, "vnis", "noise", *names)
        signal = rate * exposure * self._ripple("SWIR", frames, draw)
        on, off = s.read_noise_dn / np.sqrt(frames) * draw.standard_normal((2, rate.size))
        return Shot(_counts(s.bias_dn + signal + on, s.bits), _counts(s.bias_dn + off, s.bits), exposure.tolist())

    def _ripple(self, channel: Channel, frames: int, draw: np.random.Generator) -> Array:
        """Scale of each band about 1: the filter's efficiency is never twice the same."""
        spec = load_vnis()
        wavelength = spec.wavelengths(channel)
        snr = spec.snr[channel](wavelength) if self.snr is None else np.full(wavelength.size, self.snr)
        return 1.0 + draw.standard_normal(wavelength.size) / (snr * np.sqrt(frames))

    def _pattern(self, lines: int) -> Array:
        """Relative sensitivity (band, line, sample) of the pixels, the same for every frame."""
        spec = load_vnis()
        wavelength = spec.wavelengths("VIS")
        own = rng(self.seed, "vnis", "pixels", lines).standard_normal((lines, lines)) * spec.vis.uniformity
        across = np.linspace(-0.5, 0.5, lines)
        grow = np.clip((wavelength - _UNEVEN_FROM_NM) / (wavelength[-1] - _UNEVEN_FROM_NM), 0.0, 1.0)
        return (1.0 + own * lines / spec.lines) + _UNEVEN * grow[:, None, None] * across


def _metered(rate: Array, bias: float, bits: int, table: tuple[float, ...]) -> Array:
    """The longest exposure of the table, ms, that keeps each band below its share of full scale."""
    steps = np.array(table)
    longest = (load_vnis().full_share * (2**bits - 1) - bias) / np.maximum(rate, 1e-12)
    return steps[np.clip(np.searchsorted(steps, longest, side="right") - 1, 0, steps.size - 1)]


def _counts(dn: Array, bits: int) -> Counts:
    return np.clip(np.rint(dn), 0, 2**bits - 1).astype(np.uint16)
