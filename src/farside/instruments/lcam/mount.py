"""Where the landing camera sits: on the underside of the lander, looking along the engine axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CENTRE_M = (0.0, 0.95, 0.58)
"""Camera centre in the lander frame, metres: below the +y edge of the body. Assumed, no drawing is published."""


def camera_pose() -> tuple[Array, Array]:
    """Rotation (3, 3) from camera to lander frame and centre (3,) in the lander frame, metres.

    The camera looks along -z, away from the thrust; the image's right is +x and its upper edge +y, so that during
    braking, with the engine forward, the horizon is above the middle of the image.
    """
    return np.eye(3), np.array(CENTRE_M)
