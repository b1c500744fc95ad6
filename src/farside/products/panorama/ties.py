"""Ties: the same spot of the ground in two frames.

Frames are laid into one map where they are thought to belong; what is left between two of them is a small shift, which
is followed around good spots (pyramidal Lucas and Kanade; Bouguet 2001) there and back again. Places in the map become
pixels of both frames exactly, so that a tie no longer depends on where the frames were thought to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Equirectangular, direction
from farside.products.panorama.placing import Placing
from farside.products.panorama.warp import Patch, warped
from farside.work import Pool

Array = NDArray[np.float64]
Grey = NDArray[np.uint8]
Spots = NDArray[np.float32]

CELL_PX = 24
"""Side of the squares of the map that each give one spot, the best."""
EDGE = 0.03
"""Texture along its weaker axis, over that along the stronger one, below which it is an edge: a spot that slides there
misses without contradiction between there and back."""


GROUND, DECK, OTHER = range(3)
"""What spots lie on: the ground, the level top of the vehicle, or something else that stands near."""


class Ties(NamedTuple):
    """m ties: numbers of two frames (m, 2), and the spot's sample and line (from 1) in each, (m, 2, 2).

    on: (m,) what they lie on, GROUND, DECK or OTHER. tried: (n,) spots that were looked for in each frame and its
    neighbours.
    """

    frames: NDArray[np.int64]
    pixels: Array
    on: NDArray[np.int8]
    tried: NDArray[np.int64]

    def only(self, which: NDArray[np.bool_]) -> Self:
        """Those ties (m,) alone."""
        return self._replace(frames=self.frames[which], pixels=self.pixels[which], on=self.on[which])


class Search(NamedTuple):
    """How spots are followed: window (pixels a side), times that pictures are halved before, most spots a pair, how far
    apart there and back may be, and what search is to lead the way where this one fails.
    """

    window: int
    halvings: int
    most: int
    back_px: float
    lead: Search | None = None


WIDE = Search(41, 3, 40, 1.0)
FINE = Search(25, 1, 120, 0.15)


def find_ties(greys: Sequence[Grey], placing: Placing, search: Search, pool: Pool | None = None) -> Ties:
    """Ties of all pairs of frames (line, sample) that overlap where ``placing`` has them."""
    grid = placing.grid()
    run = pool.map if pool else map
    patches = list(run(lambda k: warped(greys[k], placing, k, grid), range(len(greys))))
    pairs = [(a, b) for a, b in placing.pairs() if patches[a] is not None and patches[b] is not None]
    tried = np.zeros(len(greys), np.int64)
    frames, pixels = [np.zeros((0, 2), np.int64)], [np.zeros((0, 2, 2))]
    for pair, (spots, found) in zip(
        pairs, run(lambda p: _match(patches, placing, grid, p, search), pairs), strict=True
    ):
        tried[list(pair)] += spots
        frames.append(np.tile(pair, (len(found), 1)))
        pixels.append(found)
    together = np.concatenate(frames)
    return Ties(together, np.concatenate(pixels), np.full(len(together), GROUND, np.int8), tried)


def _match(
    patches: Sequence[Patch], placing: Placing, grid: Equirectangular, pair: tuple[int, int], search: Search
) -> tuple[int, Array]:
    """How many spots of a pair were looked for, and the pixels (m, 2, 2) of those that were found."""
    import cv2

    none = np.zeros((0, 2, 2))

    a, b = (patches[k] for k in pair)
    # the second patch may lie a turn of the map away
    turn = round((a.columns[0] - b.columns[0]) / grid.width) * grid.width
    left, right = max(a.columns[0], b.columns[0] + turn), min(a.columns[1], b.columns[1] + turn)
    top, bottom = max(a.rows[0], b.rows[0]), min(a.rows[1], b.rows[1])
    if right - left < 2 * CELL_PX or bottom - top < 2 * CELL_PX:
        return 0, none
    here = np.s_[top - a.rows[0] : bottom - a.rows[0], left - a.columns[0] : right - a.columns[0]]
    shift = left - b.columns[0] - turn
    there_ = np.s_[top - b.rows[0] : bottom - b.rows[0], shift : shift + right - left]
    one, two = a.grey[here], b.grey[there_]
    # the window around a spot lies in both frames
    window = np.ones((search.window, search.window), np.uint8)
    both: Grey = cv2.erode((a.seen[here] & b.seen[there_]).astype(np.uint8), window, borderValue=0)  # type: ignore[assignment]
    if both.sum() < CELL_PX**2:
        return 0, none
    spots = _spots(one, both, search)
    if len(spots) < 3:
        return 0, none
    there, back, good = _followed(one, two, spots, spots, search)
    if search.lead is not None and not good.all():
        # what stands near lies elsewhere by far: look with wider windows first
        missed = ~good
        ahead, _, seen = _followed(one, two, spots[missed], spots[missed], search.lead)
        start = np.where(seen[:, None], ahead, spots[missed])
        there[missed], back[missed], good[missed] = _followed(one, two, spots[missed], start, search)
    inside = (there[:, 0] >= 0) & (there[:, 1] >= 0) & (there[:, 0] < right - left) & (there[:, 1] < bottom - top)
    good &= inside
    if not good.any():
        return len(spots), none
    corner = np.array([left, top])
    # the mean of the way there and the way back
    start, end = spots[good], there[good] - 0.5 * (back[good] - spots[good])
    pixels = np.stack([
        placing.pixel(k, direction(*grid.azel(*(at + corner).T))) for k, at in zip(pair, (start, end), strict=True)
    ], axis=1)  # fmt: skip
    known = np.isfinite(pixels).all(axis=(1, 2))
    return len(spots), pixels[known]


def _followed(
    one: Grey, two: Grey, spots: Spots, start: Spots, search: Search
) -> tuple[Spots, Spots, NDArray[np.bool_]]:
    """Where spots of the first picture (n, 2) are in the second, looked for from ``start``; where that leads back to;
    and which were found.
    """
    import cv2

    how: Any = {
        "winSize": (search.window, search.window),
        "maxLevel": search.halvings,
        "criteria": (3, 30, 0.003),
        "minEigThreshold": 1e-6,
        "flags": cv2.OPTFLOW_USE_INITIAL_FLOW,
    }
    there: Any
    back: Any
    there, s1, _ = cv2.calcOpticalFlowPyrLK(one, two, spots, start.copy(), **how)
    back, s2, _ = cv2.calcOpticalFlowPyrLK(two, one, there, spots.copy(), **how)
    apart = np.linalg.norm(back - spots, axis=1)
    return there, back, (s1.ravel() == 1) & (s2.ravel() == 1) & (apart < search.back_px)


def _spots(grey: Grey, mask: Grey, search: Search) -> NDArray[np.float32]:
    """The spot with the most texture in each cell, the best ``most`` of them, (n, 2) column and row; none that could
    slide along an edge.
    """
    import cv2

    texture = cv2.cornerMinEigenVal(grey, 9) * mask
    lines, samples = (n // CELL_PX for n in grey.shape)
    whole = texture[: lines * CELL_PX, : samples * CELL_PX].reshape(lines, CELL_PX, samples, CELL_PX)
    cells = whole.transpose(0, 2, 1, 3).reshape(lines * samples, -1)
    best = cells.argmax(axis=1)
    row = np.arange(len(cells)) // samples * CELL_PX + best // CELL_PX
    column = np.arange(len(cells)) % samples * CELL_PX + best % CELL_PX
    gx, gy = (cv2.Sobel(grey, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    side = (search.window, search.window)
    xx, xy, yy = (cv2.boxFilter(g, -1, side)[row, column] for g in (gx * gx, gx * gy, gy * gy))
    middle, half = 0.5 * (xx + yy), np.hypot(0.5 * (xx - yy), xy)
    quality = np.where(middle - half > EDGE * (middle + half), cells[np.arange(len(cells)), best], np.float32(0))
    order = np.argsort(-quality, kind="stable")[: search.most]
    order = order[quality[order] > 0.0]
    return np.column_stack([column[order], row[order]]).astype(np.float32)
