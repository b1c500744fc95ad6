"""The ground of the landing as a map: frames of the descent laid one over the other, from high to low.

Sheets of a decade each lie about the landing point. Each place shows the lowest frame whose pixels are about as large
as the sheet's, laid on the relief that the film itself shows (``relief_map``), level where it shows none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.products.lcam.relief_map import ReliefMap, relief_map
from farside.products.lcam.sight import Floats, Sight, Sights, posts

Array = NDArray[np.float64]

WIDTHS_M = 2000.0, 200.0, 20.0
FINE, COARSE = 0.3, 8.0
"""Pixels of frames that are laid, smallest and largest, in pixels of the sheet."""
LOWER = 0.9
"""The next frame that is laid is this much lower, or lower still."""
LEAST_SHOWN = 0.05
"""Of a sheet's places."""
PAIRED = 0.6, 0.85, 1.15, 1.5
"""Heights of the lower frame of pairs that show relief, over the sheet's width."""
APART = 1.7, 2.3
"""Heights of their upper frames, over those of the lower ones."""
LEAST_APART = 1.4


@dataclass(frozen=True)
class Sheet:
    """A map about the landing point, north up, of posts ``spacing_m`` apart, all (line, sample).

    light: counts per millisecond of exposure, flat-fielded, as the highest frame has them; NaN where nothing is shown;
    what is burnt out is at least so bright.
    sigma: metres by which a place may be off, both axes together. source: number of the frame that shows it, -1: none.
    relief: what it is laid on, None for level ground.
    """

    spacing_m: float
    light: Floats
    sigma: Floats
    source: NDArray[np.int32]
    relief: ReliefMap | None

    @property
    def width_m(self) -> float:
        """From edge to edge."""
        return self.spacing_m * len(self.light)


def sheets(sights: Sights) -> list[Sheet]:
    """The sheets that the film shows, the widest first."""
    laid = [_sheet(sights, width) for width in WIDTHS_M]
    return [sheet for sheet in laid if np.isfinite(sheet.light).mean() > LEAST_SHOWN]


def _sheet(sights: Sights, width: float) -> Sheet:
    relief = relief_of(sights, width)
    count = sights.samples
    spacing = width / count
    east, north = posts(spacing, count)
    height, unsure = relief.at(east, north) if relief else ReliefMap.level(east, north)
    light = np.full(east.shape, np.nan, np.float32)
    sigma, source = light.copy(), np.full(east.shape, -1, np.int32)
    for node in _laid(sights.heights, spacing * sights.focal_px):
        sight = sights[node]
        new = sight.laid(east, north, height)
        seen = np.isfinite(new)
        both = seen & np.isfinite(light)
        if both.any():  # exposures are known to a few per cent
            new *= np.float32(np.median(light[both] / np.maximum(new[both], 1e-6)))
        light[seen] = new[seen]
        sigma[seen] = _sigma(sight, east, north, unsure)[seen]
        source[seen] = sight.number
    return Sheet(spacing, light, sigma, source, relief)


def relief_of(sights: Sights, width: float) -> ReliefMap | None:
    """The relief that the film shows over a square of this width."""
    pairs = _pairs(sights.heights, width)
    nodes = sorted({node for pair in pairs for node in pair})
    numbered = [(nodes.index(a), nodes.index(b)) for a, b in pairs]
    return relief_map([sights[node] for node in nodes], numbered, sights.joint(nodes), width) if pairs else None


def _sigma(sight: Sight, east: Array, north: Array, unsure: Floats) -> Array:
    """Of where a sight lays a place: by its pose, and by ground that is higher or lower than it is taken to be."""
    lean = np.hypot(east - sight.p[0], north - sight.p[1]) / sight.p[2]
    return np.hypot(sight.sigma(east, north), lean * unsure)


def _laid(heights: Array, unit: float) -> list[int]:
    """Poses whose frames are laid, from high to low; unit: height from which a pixel is as large as the sheet's."""
    out: list[int] = []
    for node in np.flatnonzero((heights > FINE * unit) & (heights < COARSE * unit)):
        if not out or heights[node] < LOWER * heights[out[-1]]:
            out.append(int(node))
    return out


def _pairs(heights: Array, width: float) -> list[tuple[int, int]]:
    """Poses of pairs of frames, the upper first, that show the relief of a sheet of this width."""
    known = np.flatnonzero(heights > 0.5)
    pairs = set()
    if known.size:
        log = np.log(heights[known])
        for low in PAIRED:
            b = int(known[np.abs(log - np.log(low * width)).argmin()])
            for apart in APART:
                a = int(known[np.abs(log - np.log(apart * heights[b])).argmin()])
                near = abs(np.log(heights[b] / (low * width))) < np.log(1.0 / LOWER) * 2.0
                if a < b and near and heights[a] > LEAST_APART * heights[b]:
                    pairs.add((a, b))
    return sorted(pairs)
