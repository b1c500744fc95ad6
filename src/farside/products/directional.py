"""Demosaicking along edges: Menon, Andriani & Calvagno (2007, IEEE Trans. Image Process. 16, 132).

Green is interpolated across and down; of the two the way is kept along which colour differences change less about the
sample. Differences between colours, which change slowly, then carry green's detail into red and blue, and are at last
evened along the way that was kept.

Kernels work on planes red, green, blue (3, lines, samples) with PAD mirrored samples on each side; red is at even lines
and samples. A green sample's *own* colour is that of its line.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PAD = 10
"""As far as any result looks, and even, so that the pattern stays."""
QUARTER, HALF = np.float32(0.25), np.float32(0.5)
BESIDE = np.float32(3.0)
"""Weight of the sample's own line in how much colour differences change."""


def directional(mosaic: Floats) -> Floats:
    """Red, green, blue (line, sample, band) of an RGGB mosaic of bands of like brightness."""
    import cv2

    m = cv2.copyMakeBorder(np.asarray(mosaic, np.float32), PAD, PAD, PAD, PAD, cv2.BORDER_REFLECT_101)
    planes, across = np.zeros((3, *m.shape), np.float32), np.zeros(m.shape, np.bool_)
    differences = np.zeros((2, *m.shape), np.float32)
    _both_ways(m, differences)
    _green(m, differences, planes, across)
    _at_green(planes, 5)
    _opposite(planes, across, np.float32(0.0), 6)
    _even_green(planes, across, 7)
    _at_green(planes, 8)
    _opposite(planes, across, np.float32(1.0), 9)
    inside = planes[:, PAD:-PAD, PAD:-PAD]
    return np.asarray(cv2.merge([inside[0], inside[1], inside[2]]), np.float32)


@njit(cache=True, nogil=True, error_model="numpy")
def _both_ways(m: Floats, differences: Floats) -> None:
    """Red or blue less green, interpolated across (0) and down (1), at red and blue samples."""
    for y in range(2, m.shape[0] - 2):
        for x in range(2 + y % 2, m.shape[1] - 2, 2):
            here = HALF * m[y, x]
            differences[0, y, x] = here - HALF * (m[y, x - 1] + m[y, x + 1]) + QUARTER * (m[y, x - 2] + m[y, x + 2])
            differences[1, y, x] = here - HALF * (m[y - 1, x] + m[y + 1, x]) + QUARTER * (m[y - 2, x] + m[y + 2, x])


@njit(cache=True, nogil=True, error_model="numpy")
def _green(m: Floats, differences: Floats, planes: Floats, across: NDArray[np.bool_]) -> None:
    """Fill what each sample knows, green everywhere, and which way it came."""
    h, v = differences[0], differences[1]
    for y in range(4, m.shape[0] - 4):
        own = 2 * (y % 2)
        for x in range(4 + y % 2, m.shape[1] - 4, 2):
            change_h = abs(h[y - 1, x - 1] - h[y - 1, x + 1]) + abs(h[y + 1, x - 1] - h[y + 1, x + 1])
            change_v = abs(v[y - 1, x - 1] - v[y + 1, x - 1]) + abs(v[y - 1, x + 1] - v[y + 1, x + 1])
            change_h += BESIDE * (abs(h[y, x] - h[y, x + 2]) + abs(h[y, x] - h[y, x - 2]))
            change_v += BESIDE * (abs(v[y, x] - v[y + 2, x]) + abs(v[y, x] - v[y - 2, x]))
            for k in (-2, 2):
                change_h += abs(h[y + k, x] - h[y + k, x + 2]) + abs(h[y + k, x] - h[y + k, x - 2])
                change_v += abs(v[y, x + k] - v[y + 2, x + k]) + abs(v[y, x + k] - v[y - 2, x + k])
            across[y, x] = change_v >= change_h
            planes[own, y, x] = m[y, x]
            planes[1, y, x] = m[y, x] - (h[y, x] if across[y, x] else v[y, x])
        for x in range(5 - y % 2, m.shape[1] - 4, 2):
            planes[1, y, x] = m[y, x]


@njit(cache=True, nogil=True, error_model="numpy")
def _at_green(planes: Floats, rim: int) -> None:
    """Red and blue at green samples: green and the mean difference of the two neighbours that know it."""
    green = planes[1]
    for y in range(rim, green.shape[0] - rim):
        own, other = (planes[0], planes[2]) if y % 2 == 0 else (planes[2], planes[0])
        for x in range(rim + (rim + y + 1) % 2, green.shape[1] - rim, 2):
            beside = (own[y, x - 1] - green[y, x - 1]) + (own[y, x + 1] - green[y, x + 1])
            below = (other[y - 1, x] - green[y - 1, x]) + (other[y + 1, x] - green[y + 1, x])
            own[y, x] = green[y, x] + HALF * beside
            other[y, x] = green[y, x] + HALF * below


@njit(cache=True, nogil=True, error_model="numpy")
def _opposite(planes: Floats, across: NDArray[np.bool_], itself: np.float32, rim: int) -> None:
    """Blue at red samples and red at blue ones, by the mean difference along the way; itself: the sample's weight."""
    share = np.float32(1.0) / (np.float32(2.0) + itself)
    for y in range(rim, across.shape[0] - rim):
        own, other = (planes[0], planes[2]) if y % 2 == 0 else (planes[2], planes[0])
        for x in range(rim + (rim + y) % 2, across.shape[1] - rim, 2):
            i, j = (0, 1) if across[y, x] else (1, 0)
            both = (other[y - i, x - j] - own[y - i, x - j]) + (other[y + i, x + j] - own[y + i, x + j])
            other[y, x] = own[y, x] + share * (both + itself * (other[y, x] - own[y, x]))


@njit(cache=True, nogil=True, error_model="numpy")
def _even_green(planes: Floats, across: NDArray[np.bool_], rim: int) -> None:
    """Green at red and blue samples, by the mean difference of three samples along the way."""
    green, third = planes[1], np.float32(1.0 / 3.0)
    for y in range(rim, green.shape[0] - rim):
        own = planes[0] if y % 2 == 0 else planes[2]
        for x in range(rim + (rim + y) % 2, green.shape[1] - rim, 2):
            i, j = (0, 1) if across[y, x] else (1, 0)
            both = (own[y - i, x - j] - green[y - i, x - j]) + (own[y + i, x + j] - green[y + i, x + j])
            green[y, x] = own[y, x] - third * (both + (own[y, x] - green[y, x]))
