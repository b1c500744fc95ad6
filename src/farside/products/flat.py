"""The flat field: how much of the light reaches each pixel."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.geometry import relative_illumination
from farside.instruments import Camera


@lru_cache(maxsize=4)
def lens_falloff(camera: Camera, measured: tuple[float, ...] = ()) -> NDArray[np.float32]:
    """Illumination (line, sample) relative to the optical axis, by the law of the lens or as measured on the ground.

    No flat field of the real cameras is published: without one taken in flight differences between pixels stay.
    """
    return relative_illumination(camera, measured)
