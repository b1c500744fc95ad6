"""What terrain files show of the craters: how much of a place is theirs, and what is left to be drawn there."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.moon.marks import LARGE, LOST

Array = NDArray[np.floating]

_LARGE, _LOST = LARGE, LOST


class Files(NamedTuple):
    """What terrain files there are.

    boxes: a row for each, see ``box_share`` and ``covered``; counted: rows as ``box_share`` has them, of the land whose
    large craters a catalogue counts.
    """

    boxes: Array
    counted: Array


@njit(cache=True, nogil=True, error_model="numpy")
def box_share(box: np.ndarray, lat: float, lon: float) -> float:
    """How far inside a terrain file's bounds a point lies, 0 at the edge to 1 one ramp inside; radians.

    box: south, north, west, width in longitude, ramp, post (m).
    """
    east = (lon - box[2]) % (2 * math.pi)
    d = min(lat - box[0], box[1] - lat)
    if box[3] < 2 * math.pi - 1e-9:
        d = min(d, min(east, box[3] - east) * math.cos(lat))
    t = min(1.0, max(0.0, d / box[4]))
    return t * t * (3 - 2 * t)


@njit(cache=True, nogil=True, error_model="numpy")
def covered(box: np.ndarray, lat: float, lon: float) -> float:
    """How much of a place inside a box is the file's, 1 where the file fills it; radians.

    box: as `box_share`, then shares at n x n places, rows from the south, edges included, or nothing.
    """
    n = int(math.sqrt(box.shape[0] - 6.0))
    if n == 0:
        return 1.0
    r = min(max((lat - box[0]) / (box[1] - box[0]), 0.0), 1.0) * (n - 1)
    c = min(((lon - box[2]) % (2 * math.pi)) / box[3], 1.0) * (n - 1)
    i, j = min(int(r), n - 2), min(int(c), n - 2)
    s, t, k = r - i, c - j, 6 + n * i + j
    south = (1 - t) * box[k] + t * box[k + 1]
    return south + s * ((1 - t) * box[k + n] + t * box[k + n + 1] - south)


@njit(cache=True, nogil=True, error_model="numpy")
def seen(posts: float) -> float:
    """Share of a crater ``posts`` posts wide that an elevation model holds.

    Fitted to GLD100 against the catalogue of Wu et al. (2022): 0.16 at 2.6 posts, 0.47 at 5.3, 0.76 at 9.5, 0.91 at 20.
    """
    return min(1.0, max(0.0, 0.40 * math.log(posts / 1.7)))


@njit(cache=True, nogil=True, error_model="numpy")
def file_shares(files: Files, lat: float, lon: float, shares: np.ndarray) -> None:
    """How much of a place each terrain file has, 0..1, into ``shares``; last, how much the catalogue counts there."""
    boxes = files.boxes
    for i in range(boxes.shape[0]):
        share = box_share(boxes[i], lat, lon)
        shares[i] = share * covered(boxes[i], lat, lon) if share > 0.0 else 0.0
    shares[boxes.shape[0]] = 0.0
    for i in range(files.counted.shape[0]):
        shares[boxes.shape[0]] = max(shares[boxes.shape[0]], box_share(files.counted[i], lat, lon))


@njit(cache=True, nogil=True, error_model="numpy")
def drawn(files: Files, shares: np.ndarray, diameter: float, kind: float) -> float:
    """Share of a crater to be drawn at a place of which terrain files have ``shares``.

    A file shows part of its smallest craters; LARGE ones, which are counted one by one, are the file's alone, and are
    not drawn where a catalogue counts them. So a surface is the file's where the file has all of a place, and what lies
    beneath with all its craters where it has nothing. What a file has LOST is given back where the file is.
    """
    most, n = 0.0, files.boxes.shape[0]
    if n == 0:
        return 1.0
    if kind == _LOST:
        for i in range(n):
            most = max(most, shares[i])
        return most
    for i in range(n):
        if diameter > files.boxes[i, 5]:
            shows = 1.0 if kind == _LARGE else seen(diameter / files.boxes[i, 5])
            most = max(most, shows * shares[i])
    if kind == _LARGE and shares[n] > most:
        most = float(shares[n])
    return 1.0 - most


@njit(cache=True, nogil=True, error_model="numpy")
def drawn_at_centres(files: Files, marks: np.ndarray, out: np.ndarray) -> None:
    """Share of each mark (n, COLUMNS) that is drawn at its own centre, into ``out`` (n,)."""
    shares = np.zeros(files.boxes.shape[0] + 1)
    for k in range(marks.shape[0]):
        m = marks[k]
        file_shares(files, math.atan2(m[2], math.sqrt(m[0] * m[0] + m[1] * m[1])), math.atan2(m[1], m[0]), shares)
        out[k] = drawn(files, shares, m[10], m[12])


@njit(cache=True, nogil=True, error_model="numpy")
def sunk(shares: np.ndarray, sinks: np.ndarray) -> float:
    """Mean height (m) that the craters drawn at a place add, to be taken off again; shares: of each file at the place.

    sinks: of all craters, then for each file of those that it shows, which are not drawn.
    """
    spared = 0.0
    for i in range(sinks.shape[0] - 1):
        spared = min(spared, sinks[1 + i] * shares[i])
    return sinks[0] - spared
