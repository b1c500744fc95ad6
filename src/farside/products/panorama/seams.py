"""Where frames of a panorama contradict each other, and which of them is believed there.

Things that stand near lie elsewhere in each frame, and others move or glint: the mean of such frames shows them twice.
Where what frames say of a cell (``cells``) does not meet within their slack, one of them owns it (``cut``), and those
that agree with it all around share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.products.panorama.cells import Bits, Cells, Light, Look
from farside.products.panorama.cut import NOBODY, owners

Numbers = NDArray[np.int16]

CLEAR = 3.0
"""Standard errors within which what frames say is the same."""
BETWEEN = 3
"""Cells that frames agree on between others that they do not agree on, so many apart, do so by chance."""
BURNT = np.float32(np.log(3.0))
"""What is burnt may be three times darker than it says: all bands are burnt together, blue last by itself."""
ALL = np.zeros((0, 0), np.float32)


class Said(NamedTuple):
    """What all frames say of the cells of a map, (rows, columns[, 3]), as logarithms of light.

    low: the highest value that one of them is surely not below. high: the lowest that one is surely not above. times:
    how many say anything. best, heaviest: the largest weight, and whose it is.
    """

    low: Light
    high: Light
    times: Numbers
    best: Light
    heaviest: Numbers

    @classmethod
    def nothing(cls, rows: int, columns: int) -> Self:
        """Of no frame."""
        one, three = (rows, columns), (rows, columns, 3)
        lowest, highest = (np.full(three, s * np.inf, np.float32) for s in (-1, 1))
        return cls(
            lowest, highest, np.zeros(one, np.int16), np.zeros(one, np.float32),
            np.full(one, NOBODY, np.int16),
        )  # fmt: skip


class Chosen(NamedTuple):
    """Cells (rows, columns) where frames contradict each other: whose each is (else NOBODY's), and what it says."""

    owner: Numbers
    light: Light
    slack: Light
    burnt: Bits

    @classmethod
    def nothing(cls, owner: Numbers) -> Self:
        """Nothing said yet."""
        light, slack = np.zeros((*owner.shape, 3), np.float32), np.zeros(owner.shape, np.float32)
        return cls(owner, light, slack, np.zeros(owner.shape, np.bool_))


def shares(looks: Sequence[Look], error: float, cells: Cells) -> list[Light]:
    """What share each frame has in what is made of the cells it lies in, shape as its look: 1, or 0 where it is not
    believed. Empty where it has all.

    error: of frames' gains, relative.
    """
    said = Said.nothing(cells.rows, cells.columns)
    for n, look in enumerate(looks):
        _say(*said, *_of(look, error), n, look.top, look.left)
    around = bool(cells.grid.turn)
    region = _closed(np.asarray((said.low > said.high).any(axis=2)), around) & (said.times > 1)
    if not region.any():
        return [ALL] * len(looks)
    chosen = Chosen.nothing(owners(looks, said.heaviest, region, around))
    for n, look in enumerate(looks):
        _believe(*chosen, *_of(look, error), n, look.top, look.left)
    found = (_share(*chosen, *_of(look, error), n, look.top, look.left) for n, look in enumerate(looks))
    return [share if share.min() < 1 else ALL for share in found]


def _of(look: Look, error: float) -> tuple[Light, Light, Light, Bits]:
    """Light, what it may be off by, weight, and where it is burnt."""
    return look.light, np.hypot(look.slack, np.float32(error)) * np.float32(CLEAR), look.weight, look.burnt


def _closed(where: Bits, around: bool) -> Bits:
    """Cells where it is so, what lies between them, and all beside these."""
    import cv2

    edges = (0, 0), (BETWEEN, BETWEEN)
    wide = np.pad(where.astype(np.uint8), edges, mode="wrap" if around else "constant")
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((2 * BETWEEN + 1, 2 * BETWEEN + 1), np.uint8))
    return np.asarray(cv2.dilate(closed, np.ones((3, 3), np.uint8))[:, BETWEEN:-BETWEEN] > 0)


@njit(cache=True, nogil=True, error_model="numpy")
def _say(
    low: Light, high: Light, times: Numbers, best: Light, heaviest: Numbers,
    light: Light, slack: Light, weight: Light, burnt: Bits, number: int, top: int, left: int,
) -> None:  # fmt: skip
    """Add what frame ``number`` says from row ``top`` and column ``left`` (any turn) on."""
    rows, columns = weight.shape
    around = times.shape[1]
    for r in range(rows):
        y = top + r
        for c in range(columns):
            if not weight[r, c] > 0:
                continue
            x = (left + c) % around
            times[y, x] += 1
            if weight[r, c] > best[y, x]:
                best[y, x] = weight[r, c]
                heaviest[y, x] = number
            for b in range(3):
                value, s = light[r, c, b], slack[r, c]
                low[y, x, b] = max(low[y, x, b], value - s - BURNT if burnt[r, c] else value - s)
                if not burnt[r, c]:
                    high[y, x, b] = min(high[y, x, b], value + s)


@njit(cache=True, nogil=True, error_model="numpy")
def _believe(
    owner: Numbers, believed: Light, within: Light, least: Bits,
    light: Light, slack: Light, weight: Light, burnt: Bits, number: int, top: int, left: int,
) -> None:  # fmt: skip
    """Note what frame ``number`` says where it is believed."""
    rows, columns = weight.shape
    around = owner.shape[1]
    for r in range(rows):
        y = top + r
        for c in range(columns):
            x = (left + c) % around
            if owner[y, x] == number and weight[r, c] > 0:
                believed[y, x] = light[r, c]
                within[y, x] = slack[r, c]
                least[y, x] = burnt[r, c]


@njit(cache=True, nogil=True, error_model="numpy")
def _share(
    owner: Numbers, believed: Light, within: Light, least: Bits,
    light: Light, slack: Light, weight: Light, burnt: Bits, number: int, top: int, left: int,
) -> Light:  # fmt: skip
    """1 where frame ``number`` is believed, agrees with who is, and so all around it, or nobody contradicts anybody."""
    rows, columns = weight.shape
    around = owner.shape[1]
    share = np.ones(weight.shape, np.float32)
    for r in range(rows):
        y = top + r
        for c in range(columns):
            x = (left + c) % around
            if owner[y, x] < 0:
                continue
            apart = not weight[r, c] > 0
            for b in range(3):
                above, slacks = light[r, c, b] - believed[y, x, b], slack[r, c] + within[y, x]
                if burnt[r, c] or least[y, x]:
                    slacks += BURNT
                apart |= (above > slacks and not least[y, x]) or (-above > slacks and not burnt[r, c])
            if not apart:
                continue
            for i in range(max(r - 1, 0), min(r + 2, rows)):
                for j in range(max(c - 1, 0), min(c + 2, columns)):
                    who = owner[top + i, (left + j) % around]
                    if who >= 0 and who != number:
                        share[i, j] = np.float32(0.0)
    return share
