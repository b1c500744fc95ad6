"""Master dark and flat: what a detector's own pixels make of nothing, and of the same light everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.instruments import Instrument, camera_model, load
from farside.instruments.compander import expanded
from farside.products.flat import lens_falloff
from farside.products.provenance import source

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float32]

CLIP = 5.0
"""Samples this many standard deviations off the median of their frames are left out of a mean."""
HOT = 6.0
"""Pixels whose dark signal is this many standard deviations over the median are hot."""
AXIS = 0.05
"""Half side of the window about the optical axis in which a flat is 1, over the height of the picture."""


@dataclass(frozen=True)
class Dark:
    """Dark signal (line, sample) in counts per second at temperature_c; hot: pixels that stand out of it.

    exposure_ms: of its frames. inputs: where it comes from.
    """

    rate: Floats
    hot: NDArray[np.bool_]
    temperature_c: float
    exposure_ms: float
    inputs: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Flat:
    """Signal (line, sample) of an even source over that on the optical axis, each colour of a mosaic by itself."""

    relative: Floats
    inputs: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Masters:
    """What there is of a camera at a binning."""

    dark: Dark | None = None
    flat: Flat | None = None

    def inputs(self) -> list[dict[str, str]]:
        """What they are made of, as provenance tells it."""
        return [one for master in (self.dark, self.flat) if master is not None for one in master.inputs]


NONE = Masters()


def master_dark(frames: Sequence[xr.Dataset]) -> Dark:
    """The master of dark frames of one camera and binning, level 1; those of the longest exposure count.

    Hot pixels stand out of the noise that the frames show, or that the published numbers leave where they show none.
    """
    longest = max(f.attrs["exposure_ms"] for f in frames)
    used = [f for f in frames if f.attrs["exposure_ms"] == longest]
    a = used[0].attrs
    camera = load(a["instrument"], a["mode"])
    d = camera.detector
    counts = clipped_mean([linear(f, camera) for f in used]) - np.float32(d.bias_dn)
    middle = np.median(counts)
    spread = 1.4826 * float(np.median(np.abs(counts - middle)))
    least = np.hypot(d.read_noise_e / d.gain_e_per_dn / a["binning"], 12.0**-0.5) / np.sqrt(len(used))
    return Dark(
        counts / np.float32(longest * 1e-3),
        counts > middle + HOT * max(spread, float(least)),
        float(np.mean([f.attrs["temperature_c"] for f in used])),
        longest,
        tuple(source(f) for f in used),
    )


def master_flat(frames: Sequence[xr.Dataset], dark: Dark | None = None) -> Flat:
    """The master of frames of an even source of one camera and binning, level 1.

    It is 1 on the optical axis, where the published efficiencies hold; towards the window's edge as the lens has it.
    """
    camera = load(frames[0].attrs["instrument"], frames[0].attrs["mode"])
    signal = clipped_mean([_relative(f, camera, dark) for f in frames])
    return Flat(signal, tuple(source(f) for f in frames))


def linear(raw: xr.Dataset, camera: Instrument) -> Floats:
    """Counts (line, sample) as the converter gave them, whatever was done to send them in fewer bits."""
    d = camera.detector
    dn = raw["dn"].to_numpy()
    return expanded(dn, d.bits, d.compander_bits) if d.compander_bits else dn.astype(np.float32)


def zero(raw: xr.Dataset, camera: Instrument, dark: Dark | None = None) -> Floats | np.float32:
    """Counts without light: bias, and the dark signal at the frame's temperature and exposure.

    Each pixel has its own where a master is at least as exposed as the frame: else its noise would grow; without a
    master it is that of the published numbers.
    """
    d, seconds = camera.detector, raw.attrs["exposure_ms"] * 1e-3
    if dark is None:
        return np.float32(d.bias_dn + d.dark(raw.attrs["temperature_c"]) * seconds / d.gain_e_per_dn)
    warmer = 2.0 ** ((raw.attrs["temperature_c"] - dark.temperature_c) / d.dark_doubling_k)
    rate = dark.rate if dark.exposure_ms >= raw.attrs["exposure_ms"] else dark.rate[~dark.hot].mean(dtype=np.float64)
    return np.float32(d.bias_dn) + rate * np.float32(warmer * seconds)


def mend(image: NDArray[Any], bad: NDArray[np.bool_], stride: int) -> None:
    """Put the median of the good neighbours of the same colour, ``stride`` samples away, in place of bad pixels."""
    lines, samples = image.shape
    rows, columns = np.nonzero(bad)
    around = []
    for i, j in [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]:
        r, c = rows + stride * i, columns + stride * j
        inside = (r >= 0) & (r < lines) & (c >= 0) & (c < samples)
        r, c = r.clip(0, lines - 1), c.clip(0, samples - 1)
        around.append(np.where(inside & ~bad[r, c], image[r, c], np.nan))
    if rows.size:
        near = np.array(around)
        known = np.isfinite(near).any(axis=0)
        image[rows[known], columns[known]] = np.nanmedian(near[:, known], axis=0)


def clipped_mean(frames: Sequence[Floats]) -> Floats:
    """Mean (line, sample) of frames, without samples CLIP standard deviations off the median of their pixel.

    The standard deviation is that of all samples about their pixels' medians. Where it leaves none, as in hot pixels
    with their own noise, it is the median.
    """
    stack = np.stack(frames)
    median = np.median(stack, axis=0)
    off = stack - median
    # the median of few samples is near them: n / (n - 1) as for a mean
    sigma = np.sqrt(np.mean(off**2, dtype=np.float64) * len(frames) / max(len(frames) - 1, 1))
    good = np.abs(off) <= np.float32(CLIP * sigma)
    count = good.sum(axis=0)
    total = np.where(good, off, np.float32(0.0)).sum(axis=0, dtype=np.float32)
    return np.asarray(median + total / np.maximum(count, 1).astype(np.float32), np.float32)


def _relative(frame: xr.Dataset, camera: Instrument, dark: Dark | None) -> Floats:
    signal = linear(frame, camera) - zero(frame, camera, dark)
    if dark is not None:
        mend(signal, dark.hot, 2 if frame.attrs["bayer"] else 1)
    return np.asarray(signal / _on_axis(signal, frame, camera), np.float32)


def _on_axis(signal: Floats, frame: xr.Dataset, camera: Instrument) -> Floats:
    """Signal on the optical axis of the colour of each pixel, (2, 2) tiled to (line, sample)."""
    model = camera_model(frame)
    column, row = model.principal_pixel
    half = max(int(AXIS * model.height), 2)
    top, left = (int(np.clip(round(c) - half, 0, n - 2 * half)) // 2 * 2 for c, n in
                 ((row, model.height), (column, model.width)))  # fmt: skip
    window = np.s_[top : top + 2 * half, left : left + 2 * half]
    share = signal[window] / lens_falloff(model, camera.optics.illumination)[window]
    level = np.empty((2, 2), np.float32)
    for i in (0, 1):
        for j in (0, 1):
            level[i, j] = share[i::2, j::2].mean(dtype=np.float64)
    if not frame.attrs["bayer"]:
        level[:] = level.mean(dtype=np.float64)
    return np.tile(level, (-(-signal.shape[0] // 2), -(-signal.shape[1] // 2)))[: signal.shape[0], : signal.shape[1]]
