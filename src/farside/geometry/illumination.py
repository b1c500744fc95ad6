"""How much of a scene's light reaches each pixel, over what reaches one on the optical axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.geometry.camera import Pinhole
from farside.geometry.lens import LensCamera

STEP_PX = 0.5
"""Half of the side over which the solid angle of a pixel is taken."""


def relative_illumination(camera: Pinhole | LensCamera, measured: tuple[float, ...] = ()) -> NDArray[np.float32]:
    """Illumination (line, sample) of an evenly bright scene over that on the axis; 0 where the lens throws no light.

    An entrance pupil of one size for all directions takes in light with the cosine of the field angle, and a pixel
    looks at its solid angle of it (Slater 1980, Remote Sensing, ch. 5): for a pinhole cos^4. measured: coefficients of
    the second, fourth ... power of the field angle in radians that a laboratory has found instead.
    """
    j, i = np.mgrid[1 : camera.height + 1, 1 : camera.width + 1]
    cosine = -camera.rays(i, j)[..., 2]
    if measured:
        squared = np.arccos(np.clip(cosine, -1.0, 1.0)) ** 2
        share = 1.0 + squared * np.polynomial.polynomial.polyval(squared, measured)
    elif isinstance(camera, Pinhole):
        share = cosine**4
    else:
        across = camera.rays(i + STEP_PX, j) - camera.rays(i - STEP_PX, j)
        down = camera.rays(i, j + STEP_PX) - camera.rays(i, j - STEP_PX)
        share = cosine * np.linalg.norm(np.cross(across, down), axis=-1) / (2.0 * STEP_PX * camera.pixel_rad) ** 2
    return np.nan_to_num(np.maximum(share, 0.0), nan=0.0).astype(np.float32)
