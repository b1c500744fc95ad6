"""Level ground under a camera: what it does to pictures, and what relief adds.

A pixel (sample, line, from 0) of a camera at p with axes R sees the ground point (x, y, 0) where
pixel ~ K R' [e1 e2 -p] (x, y, 1) (Hartley and Zisserman 2004, eq. 8.2). From frame to frame that is a homography.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Pinhole

Array = NDArray[np.float64]


def calibration(camera: Pinhole) -> Array:
    """K (3, 3): camera-frame vectors (x right, y up, z backwards) to pixels from 0, homogeneous."""
    i0, j0 = camera.principal_pixel
    f = 1.0 / camera.pixel_rad
    return np.array([[f, 0.0, -(i0 - 1.0)], [0.0, -f, -(j0 - 1.0)], [0.0, 0.0, -1.0]])


def ground_to_pixels(k: Array, p: Array, r: Array) -> Array:
    """Homographies (..., 3, 3) from places (x, y) of level ground to pixels, for cameras at p (..., 3), axes r."""
    ground = np.zeros((*p.shape[:-1], 3, 3))
    ground[..., 0, 0] = ground[..., 1, 1] = 1.0
    ground[..., :, 2] = -p
    return k @ np.swapaxes(r, -1, -2) @ ground


def seen(k: Array, p: Array, r: Array, pixels: Array, height: float = 0.0) -> Array:
    """Places (n, 3) at this height that pixels (n, 2) look at."""
    rays = np.column_stack([pixels, np.ones(len(pixels))]) @ np.linalg.inv(k).T @ r.T
    return p + rays * ((height - p[2]) / rays[:, 2])[:, None]


def pixels_of(k: Array, p: Array, r: Array, places: Array) -> Array:
    """Pixels (n, 2) of places (n, 3)."""
    h = (places - p) @ r @ k.T
    return h[:, :2] / h[:, 2:]
