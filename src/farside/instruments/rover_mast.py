"""The rover's mast head with its eyes, two of each camera: from the mast's angles to the pose of an eye.

left eye       right eye         seen from above; both eyes look a little inwards
o--------------o              the head turns about the mast's axis +
+                      yaw counter-clockwise, as the lander's mast: assumed
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.instruments.head import head_axes
from farside.instruments.instrument import load

Array = NDArray[np.float64]


def camera_pose(eye: str, yaw_deg: float, pitch_deg: float) -> tuple[Array, Array]:
    """Rotation (3, 3) from camera to rover frame and centre (3,) in the rover frame, metres, at these mast angles.

    eye: "pcaml", "navcamr" or the like. Camera frame: x right, y up, z backwards. Rover frame: origin on the ground
    below the body's centre, x right, y forward, z up.
    """
    head = load(eye).head
    assert head is not None
    axes = head_axes(yaw_deg, pitch_deg)
    right, up, forward = head.eye_m
    # the left eye (right < 0) turns to the right, the right one to the left
    turn = np.sign(right) * np.radians(head.toe_in_deg)
    c, s = np.cos(turn), np.sin(turn)
    inwards = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    return axes @ inwards, np.array(head.axis_m) + axes @ np.array([right, up, -forward])
