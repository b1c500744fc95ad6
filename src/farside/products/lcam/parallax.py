"""What a pair of frames from different heights says of the ground's height, post by post.

Both frames are laid on the ground as it is known so far. What is at g in the first is found in the second, by
Lucas-Kanade, at g + s. Ground that is higher by z, and cameras whose poses are off by d1 and d2, explain it:

    s = q z + M2 d2 - M1 d1,    q = (g - b) / (b_z - g_z) - (g - a) / (a_z - g_z)

for cameras at a and b. Nothing is learned where q is nil: below the camera, for one that comes straight down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.products.lcam.sight import Floats, Sight, posts

Array = NDArray[np.float64]

WINDOW_PX = 21
"""Side of what is compared, in pixels of the coarser frame."""
LK = {"winSize": (WINDOW_PX, WINDOW_PX), "maxLevel": 2}
HOME_PX = 0.3
"""What is followed there and back comes home this close, or is not believed."""


@dataclass(frozen=True)
class Parallax:
    """Of n posts, in pixels of the coarser frame: shifts s (n, 2), by a metre of height q (n, 2), and by the poses of
    the first and the second camera (n, 2, 6). found (n,): whether the shift can be believed.
    """

    found: NDArray[np.bool_]
    shift: Array
    by_height: Array
    by_first: Array
    by_second: Array


def parallax(first: Sight, second: Sight, ground: Array, spacing_m: float) -> Parallax:
    """What two frames, the higher first, say of posts; ground (line, sample): heights so far, ``spacing_m`` apart."""
    import cv2

    side, pixel = len(ground), first.pixel_m
    count = int(np.ceil((side - 1) * spacing_m / pixel)) + 2 * WINDOW_PX
    fine = posts(pixel, count)
    at = np.stack(posts(spacing_m, side), axis=-1).reshape(-1, 2) * (1.0, -1.0) / pixel + 0.5 * (count - 1)
    x, y = (
        ((part / (sign * spacing_m)) + 0.5 * (side - 1)).astype(np.float32)
        for part, sign in zip(fine, (1, -1), strict=True)
    )
    height = cv2.remap(ground.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    one, other = (_byte(s.laid(*fine, np.asarray(height, np.float32))) for s in (first, second))
    start = at.astype(np.float32)
    there, found, _ = cv2.calcOpticalFlowPyrLK(one[0], other[0], start, start.copy(), **LK)  # type: ignore[call-overload]
    home, back, _ = cv2.calcOpticalFlowPyrLK(other[0], one[0], there, start.copy(), **LK)  # type: ignore[call-overload]
    shift = 0.5 * ((there - at) + (there - home))
    good = (found[:, 0] > 0) & (back[:, 0] > 0) & (np.hypot(*(home - at).T) < HOME_PX)
    for image, points in ((one[1], at), (other[1], np.where(good[:, None], there, 0.0))):
        column, row = np.rint(points).astype(int).clip(0, count - 1).T
        good &= image[row, column] > 0
    g = np.column_stack([*(part.ravel() for part in posts(spacing_m, side)), ground.ravel()])
    q = (g - second.p)[:, :2] / (second.p[2] - g[:, 2:]) - (g - first.p)[:, :2] / (first.p[2] - g[:, 2:])
    moved = np.where(good[:, None], shift, 0.0) * (1.0, -1.0)
    return Parallax(good, moved, q / pixel, first.moves(g) / pixel, second.moves(g) / pixel)


def _byte(light: Floats) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Light as LK takes it, and where there is any, well inside."""
    import cv2

    known = np.isfinite(light)
    mean, spread = (float(f(light[known])) if known.any() else 1.0 for f in (np.mean, np.std))
    byte = np.where(known, 120.0 + 40.0 / max(spread, 1e-3) * (light - mean), 120.0).clip(0, 255).astype(np.uint8)
    inside = cv2.erode(known.astype(np.uint8), np.ones((WINDOW_PX, WINDOW_PX), np.uint8), borderValue=0)
    return byte, np.asarray(inside, np.uint8)
