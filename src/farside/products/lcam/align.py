"""Sums over pixels for the alignment of two pictures of plane ground.

Inverse compositional alignment (Baker and Matthews 2004, Int. J. Comput. Vis. 56, 221, section 3.2): the first picture
moves by a small homography, the second is read where the present one says. With u = (x - c) / s and v = (y - c) / s the
small one shifts a pixel by

    right  p0 + p1 u + p2 v + (p6 u + p7 v) u
    down   p3 + p4 u + p5 v + (p6 u + p7 v) v
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

KERNEL = {"cache": True, "nogil": True, "error_model": "numpy"}

SHIFTS = 8
"""Numbers of a small homography."""
UNKNOWNS = SHIFTS + 1
"""These and the gain of the second picture over the first."""
TALLY = 11
BLOCKS = 12
"""Blocks along a side of the picture within which errors may go together."""


@njit(**KERNEL)
def sums(first, right, down, second, fit, warp, gain, cut, stride, normal, score, tally):  # type: ignore[no-untyped-def]
    """Fill, for each block of the first picture, the sums that normal equations and their honesty need.

    first, right, down, second (line, sample): the first picture, its slopes, and the second, float32. fit (line,
    sample), uint8: 1 where the first may be used; ``second`` is NaN where it may not. warp (3, 3): from pixels of the
    first to those of the second, from 0. gain: of the second over the first. cut: residuals beyond it weigh nothing
    (Tukey's biweight); infinite: all weigh one. stride: pixels looked at, one in so many either way.

    normal (UNKNOWNS, UNKNOWNS): sum of w J J'. score (BLOCKS**2, UNKNOWNS): sums of w J r. tally (BLOCKS**2, TALLY):
    sums of w, w r^2, count; of first^2, second^2 and first second without weights; of w p p, w p q, w q q with the
    slopes p and q; and of w x, w y.
    """
    lines, samples = first.shape
    half = 0.5 * samples
    mid_x, mid_y = 0.5 * (samples - 1), 0.5 * (lines - 1)
    j = np.empty(UNKNOWNS)
    for y in range(1, lines - 1, stride):
        v = (y - mid_y) / half
        row = y * BLOCKS // lines * BLOCKS
        for x in range(1, samples - 1, stride):
            if fit[y, x] == 0:
                continue
            w = warp[2, 0] * x + warp[2, 1] * y + warp[2, 2]
            a = (warp[0, 0] * x + warp[0, 1] * y + warp[0, 2]) / w
            b = (warp[1, 0] * x + warp[1, 1] * y + warp[1, 2]) / w
            if not (0.0 <= a < samples - 1.0 and 0.0 <= b < lines - 1.0):
                continue
            m, n = int(a), int(b)
            a -= m
            b -= n
            above = (1.0 - a) * second[n, m] + a * second[n, m + 1]
            below = (1.0 - a) * second[n + 1, m] + a * second[n + 1, m + 1]
            seen = (1.0 - b) * above + b * below
            if not math.isfinite(seen):
                continue
            here = first[y, x]
            r = seen - gain * here
            t = r / cut
            weight = (1.0 - t * t) ** 2 if abs(t) < 1.0 else 0.0
            k = row + x * BLOCKS // samples
            tally[k, 0] += weight
            tally[k, 1] += weight * r * r
            tally[k, 2] += 1.0
            tally[k, 3] += here * here
            tally[k, 4] += seen * seen
            tally[k, 5] += here * seen
            if weight == 0.0:
                continue
            u = (x - mid_x) / half
            p, q = gain * right[y, x], gain * down[y, x]
            j[0], j[1], j[2] = p, p * u, p * v
            j[3], j[4], j[5] = q, q * u, q * v
            tally[k, 6] += weight * p * p
            tally[k, 7] += weight * p * q
            tally[k, 8] += weight * q * q
            tally[k, 9] += weight * x
            tally[k, 10] += weight * y
            both = p * u + q * v
            j[6], j[7], j[8] = both * u, both * v, here
            for c in range(UNKNOWNS):
                g = weight * j[c]
                score[k, c] += g * r
                for d in range(c, UNKNOWNS):
                    normal[c, d] += g * j[d]
    for c in range(UNKNOWNS):
        for d in range(c):
            normal[c, d] = normal[d, c]


def small(shifts: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """The homography (3, 3) of pixels, counted from 0, with these shifts (8,) to first order."""
    lines, samples = shape
    half = 0.5 * samples
    to = np.array([[1 / half, 0, -0.5 * (samples - 1) / half], [0, 1 / half, -0.5 * (lines - 1) / half], [0, 0, 1]])
    p = shifts / half
    step = np.array([[1 + p[1], p[2], p[0]], [p[4], 1 + p[5], p[3]], [-p[6], -p[7], 1]])
    return np.linalg.inv(to) @ step @ to


def shifts_at(x: NDArray[np.float64], y: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Derivatives (..., 2, 8) of the move right and down of pixels by the eight shifts."""
    lines, samples = shape
    half = 0.5 * samples
    u, v = (x - 0.5 * (samples - 1)) / half, (y - 0.5 * (lines - 1)) / half
    o, i = np.zeros_like(u), np.ones_like(u)
    right = np.stack([i, u, v, o, o, o, u * u, u * v], axis=-1)
    down = np.stack([o, o, o, i, u, v, u * v, v * v], axis=-1)
    return np.stack([right, down], axis=-2)
