"""The flat field: how much of the light reaches each pixel."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Pinhole


@lru_cache(maxsize=4)
def lens_falloff(camera: Pinhole) -> NDArray[np.float32]:
    """Illumination (line, sample) relative to the optical axis: cos^4 of the field angle, the law of a simple lens.

    No flat field of the real cameras is published, and none is measured in flight: differences between pixels stay.
    """
    j, i = np.mgrid[1 : camera.height + 1, 1 : camera.width + 1]
    return (camera.rays(i, j)[..., 2] ** 4).astype(np.float32)
