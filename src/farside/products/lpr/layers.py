"""Boundaries between layers: horizons that run on through a migrated section, and more so than chance would have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from farside.work import rng

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

MOST = 6
"""Horizons marked at most."""
APART = 3.0
"""Horizons are at least this many wavelengths apart."""
STEEPEST = 0.30
"""Largest slope of a horizon."""
EVEN = 0.25
"""Middle envelope along a boundary over its brightest, at least: a few bright rocks in a row make no boundary."""
FEWEST = 8
"""Columns, a wavelength wide each, below which a section is too short to show what runs on."""
NULLS = 6
"""Sections with their columns shifted at random, in which nothing runs on: what they show is chance."""


@dataclass(frozen=True)
class Horizon:
    """A boundary: its depth at every trace (n,), the standard deviation of picking it, m, and how it stands out.

    strength: mean log of its envelope over the usual at its depth; chance: the strongest that shifted sections show.
    """

    depth_m: Array
    pick_sd_m: float
    strength: float
    chance: float


def horizons(
    section: Floats, step_m: float, depth: Array, top_m: float, bottom_m: float, wave_m: float
) -> list[Horizon]:
    """Horizons in a migrated section (n, depths) between two depths, from the top down.

    step_m: between traces. wave_m: wavelength in the ground. Columns of traces a wavelength wide are averaged; the best
    path through the log envelope is found by dynamic programming, blanked, and taken if it is EVEN; then the next,
    until one is no stronger than what chance shows.
    """
    from scipy.signal import hilbert

    dz = float(depth[1] - depth[0])
    rows = slice(int(np.searchsorted(depth, top_m)), int(np.searchsorted(depth, bottom_m)))
    width = max(1, round(wave_m / step_m))
    if section.shape[0] < FEWEST * width or rows.stop - rows.start < 8:
        return []
    starts = np.arange(0, max(section.shape[0] - width, 0) + 1, width)
    columns = np.stack([section[a : a + width].mean(axis=0) for a in starts]).astype(np.float64)
    size = np.abs(hilbert(columns, axis=1))[:, rows]
    light = np.log(size / _usual(size, round(6.0 * wave_m / dz)) + 1e-6).clip(-1.5, 1.5)
    light -= light.mean()
    climb = max(1, int(STEEPEST * width * step_m / dz))
    chance = _chance(light, climb)
    places = (starts + 0.5 * (width - 1)) * step_m
    every = np.arange(section.shape[0]) * step_m
    found: list[Horizon] = []
    blank = round(APART * wave_m / dz)
    while len(found) < MOST:
        path = _best_path(light, climb)
        strength = float(light[np.arange(len(path)), path].mean())
        if strength <= chance:
            break
        along = size[np.arange(len(path)), path]
        for i, j in enumerate(path):
            light[i, max(j - blank, 0) : j + blank + 1] = -3.0
        if np.median(along) < EVEN * np.quantile(along, 0.98):
            continue
        at = _refined(size, path)
        picked = depth[rows][0] + dz * at
        rough = float(np.std(np.diff(picked)) / np.sqrt(2.0)) if len(picked) > 2 else wave_m
        found.append(Horizon(np.interp(every, places, picked), max(rough, wave_m / 8.0), strength, chance))
    return sorted(found, key=lambda h: float(np.median(h.depth_m)))


def _usual(size: Array, reach: int) -> Array:
    """Median envelope at each depth, (1, depths), over all columns, smoothed over ``reach`` depths."""
    from scipy.ndimage import median_filter, uniform_filter1d

    profile = median_filter(np.median(size, axis=0), 2 * reach + 1, mode="nearest")
    return uniform_filter1d(profile, reach, mode="nearest")[None, :]


def _chance(light: Array, climb: int) -> float:
    """Strongest path through copies of ``light`` whose columns are rolled by random depths."""
    best = 0.0
    for k in range(NULLS):
        shift = rng(0, "lpr", "horizon by chance", k).integers(0, light.shape[1], len(light))
        rolled = np.stack([np.roll(row, int(s)) for row, s in zip(light, shift, strict=True)])
        path = _best_path(rolled, climb)
        best = max(best, float(rolled[np.arange(len(path)), path].mean()))
    return best


def _refined(size: Array, path: NDArray[np.int64]) -> Array:
    """Path in fractions of a sample: the vertex of the parabola through each peak and its neighbours."""
    j = path.clip(1, size.shape[1] - 2)
    i = np.arange(len(path))
    a, b, c = size[i, j - 1], size[i, j], size[i, j + 1]
    bend = a - 2.0 * b + c
    shift = np.where(bend < 0, 0.5 * (a - c) / np.where(bend < 0, bend, 1.0), 0.0)
    return np.asarray(j + shift.clip(-1.0, 1.0))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _best_path(light: Any, climb: int) -> Any:
    """The path, one row index a column, with the largest sum of light, climbing at most ``climb`` rows a column."""
    n, m = light.shape
    score = np.empty((n, m))
    came = np.zeros((n, m), np.int64)
    score[0] = light[0]
    for i in range(1, n):
        for j in range(m):
            best, origin = -1e300, j
            for k in range(max(j - climb, 0), min(j + climb + 1, m)):
                value = score[i - 1, k] - 0.05 * abs(k - j)
                if value > best:
                    best, origin = value, k
            score[i, j] = best + light[i, j]
            came[i, j] = origin
    path = np.empty(n, np.int64)
    path[n - 1] = np.argmax(score[n - 1])
    for i in range(n - 1, 0, -1):
        path[i - 1] = came[i, path[i]]
    return path
