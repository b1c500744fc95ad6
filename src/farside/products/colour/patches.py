"""Finding a chart of colour patches in a frame, from a guess of where its corners are.

The guess is moved about until patches have the brightnesses that their printed reflectances let expect, apart from one
factor for each band, and until each is as even as paint is::

      0 ____________ 1     corners of the field of patches; each patch is looked at in a square about its middle
       |_|_|_|_|_|_|
       |_|_|_|_|_|_|
      3 ------------ 2

What is found has to hold in every band and in the ratios of bands; else there is no chart, or it is not in the Sun.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.instruments import Chart

Array = NDArray[np.float64]
Light = NDArray[np.float32]

STEP_PX = 16.0
"""Larger patches are made as small as this before they are looked at."""
LEAST_STEP_PX = 5.0
"""Smaller ones are all edge."""
SIDE = 7
"""Places that a patch is looked at along each side,"""
INSIDE = 0.30
"""so far from its middle, over the step from patch to patch, when it is measured,"""
TO_EDGE = 0.44
"""and so far when its edges shall tell where it is."""
COARSE, FINE = (1.2, 0.2), (0.2, 0.05)
"""The guess is moved so far each way, in such steps, both in patches; then what fits best is, again."""
MISFIT = 0.5
"""Logarithm of light beyond which it does not matter how wrong a patch is."""
SHADED = 0.25
"""A patch whose light in all bands is this far off (logarithm) is in a shadow, or something is before it."""
LEAST_PATCHES = 8
LEAST_SHARE = 0.6
"""So many of the patches in the frame have to be in the same light as the others."""
LEAST_NEUTRAL = 2
BRIGHTNESS, HUE = 0.95, 0.90
"""Least correlation of what is found with what is printed, of logarithms of light in a band, and of ratios of bands."""
FULL_SUN = 75.0
"""White in the Sun is brighter than this percentile of a frame's light, whatever it shows."""


@dataclass(frozen=True)
class Seen:
    """What a frame shows of a chart.

    number (n,): patches in the same light, as the chart counts them. light (n, 3): mean of each. corners (4, 2): of the
    field of patches in the frame, columns and rows from 0, as found; moved_px: how far from the guess, on average.
    left_out: patches in the frame that are not used.
    """

    number: NDArray[np.int64]
    light: Array
    corners: Array
    moved_px: float
    left_out: int


def find_chart(
    light: Light, burnt: NDArray[np.bool_], corners: Array, chart: Chart, expected: Array, name: str
) -> Seen:
    """Patches of a chart in a frame whose light is (line, sample, 3).

    corners (4, 2): guess of the corners of the field of patches, column and row from 0, from the upper left clockwise
    as one sees the chart upright; some may be outside. expected (patches, 3): light of the patches in the Sun up to a
    factor.

    Raises BadInput, with what was found instead, where no chart is: none is better than a wrong one.
    """
    step = _step_px(corners, chart)
    if step < LEAST_STEP_PX:
        raise BadInput(name, "chart", f"{step:.1f} pixels a patch", f"at least {LEAST_STEP_PX:g}")
    small, blind, scale, origin = _shrunk(light, burnt, corners, step)
    look = _Look(small, blind, chart, expected)
    guess = (corners + 0.5) * scale - origin - 0.5
    found = look.moved(look.moved(guess, *COARSE, INSIDE), *FINE, TO_EDGE)
    number, seen, left_out = _accepted(look, found, name, float(np.percentile(light[..., 1], FULL_SUN)))
    moved = float(np.linalg.norm(found - guess, axis=1).mean()) / scale
    return Seen(number, seen, (found + 0.5 + origin) / scale - 0.5, moved, left_out)


def _step_px(corners: Array, chart: Chart) -> float:
    """Length of the shortest side over the number of its patches."""
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    return float((sides / [chart.columns, chart.rows, chart.columns, chart.rows]).min())


def _shrunk(
    light: Light, burnt: NDArray[np.bool_], corners: Array, step: float
) -> tuple[Light, NDArray[np.bool_], float, Array]:
    """The part of a frame about the guess, small; its scale, and where its first pixel begins in the small frame.

    A pixel edge at x of the frame is at x * scale - origin of the part.
    """
    import cv2

    scale = min(1.0, STEP_PX / step)
    lines, samples = burnt.shape
    margin = (COARSE[0] + 1.0) * step
    left, top = np.clip(np.floor(corners.min(axis=0) - margin).astype(int), 0, [samples - 1, lines - 1])
    right, bottom = np.clip(np.ceil(corners.max(axis=0) + margin).astype(int), [left + 1, top + 1], [samples, lines])
    part, lost = light[top:bottom, left:right], burnt[top:bottom, left:right].astype(np.float32)
    if scale == 1.0:
        return part, lost > 0.0, 1.0, np.array([left, top], float)
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    area = cv2.INTER_AREA
    small = np.asarray(cv2.resize(np.ascontiguousarray(part), size, interpolation=area), np.float32)
    return small, np.asarray(cv2.resize(lost, size, interpolation=area)) > 0.0, scale, np.array([left, top]) * scale


class _Look:
    """A small picture in which a chart is looked for."""

    def __init__(self, light: Light, blind: NDArray[np.bool_], chart: Chart, expected: Array) -> None:
        self._light, self._blind, self.chart = light, blind.astype(np.float32), chart
        self._floor = 1e-3 * float(light.max())
        self.expected = np.log(expected)

    def patches(self, corners: Array, reach: float) -> Array:
        """Logarithm of the light (patches, places, 3) in a square about each patch; NaN off the frame and burnt out."""
        import cv2

        x, y = self._places(corners, reach)
        columns, rows = x.astype(np.float32), y.astype(np.float32)
        got = np.asarray(cv2.remap(self._light, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        blind = np.asarray(cv2.remap(self._blind, columns, rows, cv2.INTER_LINEAR, borderValue=1.0))
        out = np.log(np.maximum(got, self._floor)).astype(float)
        out[blind > 0.0] = np.nan
        return out

    def _places(self, corners: Array, reach: float) -> tuple[Array, Array]:
        """Columns and rows (patches, places) of the picture."""
        import cv2

        right, above = self.chart.middles()
        within = np.linspace(-reach, reach, SIDE)
        across = (right[:, None, None] + within[None, :, None]).repeat(SIDE, axis=2)
        along = (above[:, None, None] + within[None, None, :]).repeat(SIDE, axis=1)
        half = np.array([self.chart.columns, self.chart.rows]) / 2.0
        plane = np.array([[-1, 1], [1, 1], [1, -1], [-1, -1]]) * half
        way = cv2.getPerspectiveTransform(plane.astype(np.float32), corners.astype(np.float32))
        w = way @ np.stack([across.ravel(), along.ravel(), np.ones(across.size)])
        shape = len(right), SIDE * SIDE
        return (w[0] / w[2]).reshape(shape), (w[1] / w[2]).reshape(shape)

    def whole(self, corners: Array, reach: float) -> tuple[NDArray[np.bool_], Array, Array]:
        """Which patches are in the picture as a whole, mean logarithm of their light (n, 3), and its spread (n, 3)."""
        got = self.patches(corners, reach)
        there = np.asarray(np.isfinite(got).all(axis=(1, 2)))
        return there, got[there].mean(axis=1), got[there].std(axis=1)

    def misfit(self, corners: Array, reach: float) -> float:
        """How unlike the chart what is there is; infinite where nearly all of it is off the picture."""
        there, level, spread = self.whole(corners, reach)
        if there.sum() < LEAST_PATCHES:
            return float("inf")
        off = level - self.expected[there]
        off -= np.median(off, axis=0)
        return float(np.minimum(np.abs(off), MISFIT).mean() + np.minimum(spread, MISFIT).mean())

    def moved(self, corners: Array, far: float, step: float, reach: float) -> Array:
        """Corners moved to where they fit best, so far each way in such steps, in patches."""
        moves = np.arange(-far, far + 0.5 * step, step) * _step_px(corners, self.chart)
        tried = [corners + np.array([dx, dy]) for dy in moves for dx in moves]
        return min(tried, key=lambda one: self.misfit(one, reach))


def _accepted(look: _Look, corners: Array, name: str, bright: float) -> tuple[NDArray[np.int64], Array, int]:
    """Numbers and light of the patches in one light, and how many others there are. Raises BadInput."""
    there, level, _ = look.whole(corners, INSIDE)
    off = level - look.expected[there]
    shade = np.median(off - np.median(off, axis=0), axis=1) if there.any() else np.zeros(0)
    kept = np.abs(shade) < SHADED
    number = np.flatnonzero(there)[kept]
    least = max(LEAST_PATCHES, LEAST_SHARE * there.sum())
    grey = [look.chart.patches.index(one) for one in look.chart.neutral]
    if kept.sum() < least:
        raise BadInput(name, "chart", f"{kept.sum()} of {there.sum()} patches in one light", f"at least {least:.0f}")
    if (neutral := np.isin(number, grey)).sum() < LEAST_NEUTRAL:
        raise BadInput(name, "chart", f"{neutral.sum()} grey patches", f"at least {LEAST_NEUTRAL}")
    found, printed = level[kept], look.expected[number]
    alike = min(_correlation(found[:, k], printed[:, k]) for k in range(3))
    hues = min(_correlation(found[:, k] - found[:, 1], printed[:, k] - printed[:, 1]) for k in (0, 2))
    if alike < BRIGHTNESS or hues < HUE:
        what = f"patches as the chart's to {alike:.2f} in brightness and {hues:.2f} in hue"
        raise BadInput(name, "chart", what, f"a correlation of {BRIGHTNESS} and {HUE}: no chart is here")
    white = float(np.exp(np.median(off[kept][neutral, 1]) + look.expected[grey[0], 1]))
    if white < bright:
        raise BadInput(name, "chart", f"white at {white / bright:.2f} of the frame's bright parts", "one in the Sun")
    return number, np.exp(found), int(there.sum() - kept.sum())


def _correlation(a: Array, b: Array) -> float:
    if min(np.ptp(a), np.ptp(b)) <= 0.0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
