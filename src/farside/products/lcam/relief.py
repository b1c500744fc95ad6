"""What a step says of the camera's motion where the ground is rough.

Ground that is higher than the plane moves differently. How high it is nobody knows, but how high it may be: relief is a
random surface whose heights differ the more the farther apart places are. In the step it is noise that goes together,
nil at the landing point and along the ways that lead away from where the camera flies to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.products.lcam.align import shifts_at
from farside.products.lcam.plane import pixels_of, seen
from farside.products.lcam.priors import Relief
from farside.products.lcam.register import FLOOR_PX, Match

Array = NDArray[np.float64]

LEAST_SHARE = 1e-6
"""Of its height that a camera has flown."""


def motion(
    match: Match, k: Array, first: tuple[Array, Array], second: tuple[Array, Array], relief: Relief,
    shape: tuple[int, int],
) -> tuple[Array, Array]:  # fmt: skip
    """Shifts (8,) that a match lacks of the plane ground's motion, and their covariance (8, 8), px and px^2.

    first, second: position and axes of both cameras, nearly; the landing point is the origin. The shifts move the first
    picture before the match's homography (see align). Generalised least squares over its blocks.
    """
    from scipy.linalg import cho_factor, cho_solve

    (p1, r1), (p2, r2) = first, second
    places = match.places
    ground = seen(k, p1, r1, places)[:, :2]
    step = 1e-3 * p1[2]
    raised = pixels_of(k, p2, r2, seen(k, p1, r1, places, step)) - pixels_of(k, p2, r2, seen(k, p1, r1, places))
    # per metre, as if it had happened in the first picture
    slope = raised / step / np.sqrt(np.linalg.det(match.homography) / match.homography[2, 2] ** 3)
    away = relief.variance(np.linalg.norm(ground, axis=1))
    apart = relief.variance(np.linalg.norm(ground[:, None] - ground, axis=2))
    height = 0.5 * (away[:, None] + away - apart)
    # relief acts in the same way over many steps
    share = np.linalg.norm(p2 - p1) / p1[2]
    height *= max(relief.lasting / max(share, LEAST_SHARE), 1.0)
    covariance = np.einsum("ia,ij,jb->iajb", slope, height, slope)
    n = np.arange(len(places))
    covariance[n, :, n, :] += match.errors
    design = shifts_at(places[:, 0], places[:, 1], shape).reshape(-1, 8)
    factored = cho_factor(covariance.reshape(len(design), -1), lower=True, overwrite_a=True, check_finite=False)
    weighted = cho_solve(factored, np.column_stack([design, -match.moves.ravel()]))
    error = np.linalg.inv(design.T @ weighted[:, :8])
    shifts = error @ (design.T @ weighted[:, 8])
    return shifts, 0.5 * (error + error.T) + FLOOR_PX**2 * np.eye(8)
