"""The mast of the terrain camera: from its two angles to the pose of the camera in the lander frame.

One real label is whole: image 143 at Y = -172, P = -30 degrees. Its optical axis is 0.50 degrees off the nominal
direction and the image is rolled by 1.39 degrees about it: the camera is taken to sit in its head with that constant
rotation, and on an arm that turns with yaw about the lander's z axis (both assumed for other angles).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from farside.geometry import euler_to_rotation
from farside.instruments.head import head_axes
from farside.instruments.instrument import load

Array = NDArray[np.float64]


def camera_pose(yaw_deg: float, pitch_deg: float) -> tuple[Array, Array]:
    """Rotation (3, 3) from camera to lander frame and centre (3,) in the lander frame, metres, at these mast angles.

    Camera frame: x right, y up, z backwards. At the angles of image 143 it returns that label's orientation exactly.
    """
    mount, arm = _mount()
    turn = _about_z(np.radians(yaw_deg))
    return head_axes(yaw_deg, pitch_deg) @ mount, turn @ arm


@cache
def _mount() -> tuple[Array, Array]:
    """Camera axes in the nominal camera frame (3, 3) and the camera centre at yaw 0 (3,), from image 143."""
    mast = load("tcam").mast
    assert mast is not None
    label = euler_to_rotation(*mast.camera_rotation_deg)
    centre = np.array(mast.camera_center_position_m)
    return head_axes(mast.yaw_deg, mast.pitch_deg).T @ label, _about_z(-np.radians(mast.yaw_deg)) @ centre


def _about_z(angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
