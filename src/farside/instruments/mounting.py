"""Where each camera is and how it is turned, in the frame of the vehicle that carries it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.instruments import rover_mast
from farside.instruments.head import head_axes, mast_angles
from farside.instruments.instrument import load
from farside.instruments.tcam import mast as lander_mast

Array = NDArray[np.float64]


def camera_pose(instrument: str, mast_deg: tuple[float, float] | None = None) -> tuple[Array, Array]:
    """Rotation (3, 3) from camera to vehicle frame and centre (3,) in metres.

    mast_deg: yaw and pitch of the mast, for a camera that has one.
    """
    camera = load(instrument)
    if camera.fixed is not None:
        return head_axes(camera.fixed.yaw_deg, camera.fixed.pitch_deg), np.array(camera.fixed.centre_m)
    if mast_deg is None:
        raise ValueError(f"{instrument} is on a mast: its pose needs the mast's yaw and pitch")
    return rover_mast.camera_pose(instrument, *mast_deg) if camera.head else lander_mast.camera_pose(*mast_deg)


def point_at(instrument: str, target: Array) -> tuple[float, float]:
    """Mast yaw and pitch (degrees) at which a camera looks at ``target`` (3,), metres in its vehicle's frame.

    One eye of a stereo camera alone would look past it: the head as a whole is pointed.
    """
    head = load(instrument).head
    if head is not None:
        return mast_angles(target - np.array(head.axis_m))
    angles = mast_angles(target)
    for _ in range(6):  # the mast's yaw moves the camera, too
        rotation, centre = camera_pose(instrument, angles)
        want, has = mast_angles(target - centre), mast_angles(-rotation[:, 2])
        angles = angles[0] + want[0] - has[0], angles[1] + want[1] - has[1]
    return angles
