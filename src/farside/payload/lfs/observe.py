"""Listening: the sky, the Sun and the lander in; blocks of counts and their header out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import t_to_utc
from farside.instruments.lfs import Band, Spectrometer, antenna, load, waveforms
from farside.payload.lfs import burst as type3
from farside.payload.lfs.burst import Burst
from farside.payload.lfs.platform import SOURCES, continuum, lines, ratios
from farside.payload.lfs.sky import galactic_brightness, transverse
from farside.work import rng

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Waves = NDArray[np.complex64]


@dataclass(frozen=True)
class Listening:
    """One record's worth of listening, everything it depends on.

    t: TDB s past J2000 of the first block. sun: unit vector (3,) from the lander to the Sun in the site frame (east,
    north, up). attitude: rotation (3, 3) from the lander frame to the site frame, as nested tuples. platform: whether
    the lander's electronics are on.
    """

    t: float
    blocks: int
    index: int
    sequence_id: str
    sun: tuple[float, float, float]
    sun_distance_au: float
    attitude: tuple[tuple[float, float, float], ...]
    seed: int
    band: str = "high"
    burst: Burst | None = None
    platform: bool = True
    instrument: str = "lfs"


def observe(listening: Listening) -> xr.Dataset:
    """Counts (block, antenna, sample) with the header that the instrument sends; nothing of the truth is in it.

    Raises BadInput for an unknown band or no blocks. The burst is heard only while the Sun is above the horizon.
    """
    instrument = load()
    band = instrument.band(listening.band)
    if listening.blocks < 1:
        raise BadInput("lfs", "blocks", listening.blocks, "one block or more")
    every = instrument.block.every_s
    volts = _volts(listening, instrument, band)
    r = instrument.receiver
    counts = np.rint(volts / np.float32(r.step_v)) + np.float32(r.zero_dn)
    return waveforms(
        np.clip(counts, 0, 2**r.bits - 1).astype(np.uint16),
        instrument=instrument.name,
        mode=instrument.mode,
        band=listening.band,
        index=listening.index,
        sequence_id=listening.sequence_id,
        level="raw",
        start_utc=t_to_utc(listening.t),
        stop_utc=t_to_utc(listening.t + every * listening.blocks),
        every_s=every,
        sample_hz=band.sample_hz,
    )


def _volts(listening: Listening, instrument: Spectrometer, band: Band) -> NDArray[np.float32]:
    """Volts (block, antenna, sample) at the antennas' terminals.

    Each source of noise is a stationary Gaussian process drawn in the frequency domain, periodic in a block; lines are
    added in time, so that they leak as real ones do.
    """
    from scipy import fft

    a = listening
    samples, blocks = instrument.block.samples, a.blocks
    frequency = np.asarray(np.fft.rfftfreq(samples, 1.0 / band.sample_hz), np.float64)
    passed = (frequency >= 0.5 * band.low_hz) & (frequency <= 1.1 * band.high_hz)
    f = frequency[passed]
    draw = rng(a.seed, "lfs", "noise", a.sequence_id, a.index)

    def waves(psd: Array | NDArray[np.float32]) -> Waves:
        # one-sided density S: the mean square of a transform of N samples is S fs N / 2
        normal = draw.standard_normal((blocks, len(f), 2), np.float32).view(np.complex64)[..., 0]
        return normal * np.sqrt(psd * (0.25 * band.sample_hz * samples)).astype(np.float32)

    spectrum = np.zeros((blocks, len(instrument.antennas.names), len(frequency)), np.complex64)
    quiet = _own_noise(f, instrument, a.seed)
    for k, density in enumerate(quiet):
        spectrum[:, k, passed] = waves(density)
    for field, psd in _burst(a, f, instrument):
        wave = waves(psd)
        for k, along in enumerate(field):
            spectrum[:, k, passed] += np.float32(along) * wave
    if not a.platform:
        return fft.irfft(spectrum, samples, axis=-1)
    volt = ratios()
    share = volt**2 / np.sum(volt**2, axis=1, keepdims=True)
    for source in range(SOURCES):
        wave = waves(continuum(f, instrument) * share[0, source])
        for k, ratio in enumerate(volt[:, source] / volt[0, source]):
            spectrum[:, k, passed] += np.float32(ratio) * wave
    out: NDArray[np.float32] = fft.irfft(spectrum, samples, axis=-1)
    for source in range(SOURCES):
        hum = _hum(source, band, instrument, a)
        for k in range(len(volt)):
            out[:, k] += np.float32(volt[k, source]) * hum
    return out


def _own_noise(f: Array, instrument: Spectrometer, seed: int) -> list[Array]:
    """V2 Hz-1 of what is independent in each antenna: the Galaxy, the plasma and the receiver.

    The plasma and the receivers deviate from their published numbers by as much as those are uncertain. An isotropic
    sky is uncorrelated between crossed antennas.
    """
    p, r = instrument.plasma, instrument.receiver
    spread = rng(seed, "lfs", "calibration").standard_normal(1 + len(instrument.antennas.names))
    plasma = antenna.thermal(f, p.density_cm3 * float(np.exp(p.error * spread[0])), p.temperature_k, instrument)
    sky = antenna.isotropic(galactic_brightness(f), instrument)
    return [sky + plasma + (r.noise_nv * 1e-9) ** 2 * (1.0 + r.noise_error * s) for s in spread[1:]]


def _burst(a: Listening, f: Array, instrument: Spectrometer) -> list[tuple[Array, NDArray[np.float32]]]:
    """Voltage (antenna,) relative to the field for each polarisation, and the field's density (block, frequency)."""
    if a.burst is None or a.sun[2] <= 0.0:
        return []
    t = np.asarray(a.t + instrument.block.every_s * np.arange(a.blocks), np.float64)
    flux = type3.flux(t, f, a.burst, a.sun_distance_au)
    if not flux.any():
        return []
    to_site = np.array(a.attitude)
    monopoles = np.array(instrument.antennas.directions) @ to_site.T
    half = antenna.plane_wave(1.0, 0.0, instrument)  # V2 Hz-1 of one polarisation along the antenna, per unit of flux
    return [(monopoles @ field, flux * np.float32(half)) for field in transverse(a.sun)]


def _hum(source: int, band: Band, instrument: Spectrometer, a: Listening) -> NDArray[np.float32]:
    """The lines of a source, (block, sample), rms 1 in the high band; a block starts anywhere in the lines' phases."""
    frequency, amplitude = lines(source, band)
    fixed = rng(a.seed, "lfs", "lines", source).uniform(0.0, 2.0 * np.pi, len(frequency))
    start = rng(a.seed, "lfs", "clock", source, a.sequence_id, a.index).uniform(0.0, 1e-3, a.blocks)
    phase = 2.0 * np.pi * start[:, None] * frequency + fixed
    angle = 2.0 * np.pi * frequency[:, None] / band.sample_hz * np.arange(instrument.block.samples)
    cosine, sine = (amplitude * np.cos(phase)), (amplitude * np.sin(phase))
    return (cosine @ np.cos(angle) - sine @ np.sin(angle)).astype(np.float32)
