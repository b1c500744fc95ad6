"""Where each camera is and how it is turned, in the frame of the vehicle that carries it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.instruments.instrument import CAMERAS
from farside.instruments.lcam import mount
from farside.instruments.pcam import mast as rover_mast
from farside.instruments.tcam import mast as lander_mast

Array = NDArray[np.float64]


def camera_pose(instrument: str, mast_deg: tuple[float, float] | None = None) -> tuple[Array, Array]:
    """Rotation (3, 3) from camera to vehicle frame and centre (3,) in metres.

    mast_deg: yaw and pitch of the mast, for a camera that has one.
    """
    if instrument == "lcam":
        return mount.camera_pose()
    if mast_deg is None:
        raise ValueError(f"{instrument} is on a mast: its pose needs the mast's yaw and pitch")
    if CAMERAS[instrument] == "pcam":
        return rover_mast.camera_pose(instrument, *mast_deg)
    return lander_mast.camera_pose(*mast_deg)
