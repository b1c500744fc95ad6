"""Panoramas of the terrain camera from frames whose truth is known, beside Hugin's where it is installed.

The frames are the project's own camera's, binned 2 x 2: three rings of 20 over the mission's ground, lander and rover
away, the mast off its commands by 0.1 degrees (1 sigma) in yaw and pitch and half that in roll, exposures told 8 % wrong. In the
distant set the camera turns in one point; in the other one it swings on its arm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Pose
from farside.instruments import camera_pose
from farside.payload import View, observe
from farside.products import calibrate
from farside.twin import Clock, World
from farside.work import rng

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

BINNING = 2
SIGMA_DEG = (0.1, 0.1, 0.05)
"""Of the mast's yaw, pitch and roll."""
GAIN_SIGMA = 0.08
POINTINGS = [(170.0 - 18.0 * k, pitch) for pitch in (0.0, -15.0, -30.0) for k in range(20)]


@dataclass(frozen=True)
class Set:
    """Level-2 frames, the true rotations (n, 3, 3) from camera to lander frame, and the gains that labels do not tell."""

    frames: list[xr.Dataset]
    rotations: Array
    gains: Array


def views(world: World, swings: bool, seed: int) -> list[View]:
    """Where the camera is and looks; the lander stands level on the site, north ahead."""
    lander = Clock(world).vehicles["lander"]
    t = world.mission.span.start + 3 * 86400.0
    draw = rng(seed, "panorama", "mast")
    ground = world.relief.height(0.0, 0.0)
    still = camera_pose("tcam", (0.0, 0.0))[1]
    out = []
    for k, (yaw, pitch) in enumerate(POINTINGS):
        error = tuple(float(e) for e in draw.normal(0.0, SIGMA_DEG))
        view = replace(
            lander.aim("tcam", t, k, "0004", (yaw, pitch)), lander=Pose.of(np.array([0.0, 0.0, ground]), np.eye(3)),
            rover=None, mast_error_deg=error, binning=BINNING, joints=(),
        )  # fmt: skip
        if not swings:
            away = np.array([0.0, 0.0, ground]) + still - view.camera().p
            view = replace(view, lander=Pose.of(view.lander.p + away, np.eye(3)))
        out.append(view)
    return out


def made(world: World, swings: bool, seed: int = 1) -> Set:
    """The frames of one set."""
    _, everything = world.scene(world.mission.span.start)
    stage = replace(everything, vehicles=(), movers=())
    draw = rng(seed, "panorama", "gain")
    looks = views(world, swings, seed)
    gains = np.exp(draw.normal(0.0, GAIN_SIGMA, len(looks)))
    shots = world.pool.map(lambda view: calibrate(observe(stage, view), world.site), looks)
    frames = []
    for view, frame, gain in zip(looks, shots, gains, strict=True):
        frame.attrs["exposure_ms"] *= float(gain)
        if not swings:
            frame.attrs["camera_position_m"] = camera_pose("tcam", (0.0, 0.0))[1].tolist()
        frames.append(frame)
    return Set(frames, np.array([view.camera().r for view in looks]), gains)
