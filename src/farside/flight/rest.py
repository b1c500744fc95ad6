"""How a lander stands: its four pads on the ground."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from farside.flight.profile import descent_profile
from farside.geometry import Pose

Array = NDArray[np.float64]
GroundHeight = Callable[[Array, Array], Array]
"""Height (m, site frame) of the ground at east and north (m), arrays of one shape."""


def rest_pose(
    ground_height: GroundHeight, x: float, y: float, heading_deg: float, pad_radius_m: float | None = None
) -> Pose:
    """Pose of a vehicle's frame on the ground: origin above (x, y), +y axis to azimuth ``heading_deg``.

    The footpad plane is the least-squares plane of the ground under the four pads; what the ground is
    rougher than a plane goes into the legs' crush. pad_radius_m: of the lander's pads unless given (of the wheels,
    for a rover).
    """
    vehicle = descent_profile().vehicle
    bearing = np.radians(vehicle.pad_bearing_deg + 90.0 * np.arange(4))
    pads = (pad_radius_m or vehicle.pad_radius_m) * np.stack([np.sin(bearing), np.cos(bearing), np.zeros(4)], axis=-1)
    heading = np.radians(heading_deg)
    slope = np.zeros(2)
    rotation, height = np.eye(3), 0.0
    for _ in range(4):  # a tilted footpad plane moves the pads sideways by the cosine of the slope
        up = np.array([-slope[0], -slope[1], 1.0])
        forward = np.array([np.sin(heading), np.cos(heading), slope @ [np.sin(heading), np.cos(heading)]])
        axis_z, axis_y = up / np.linalg.norm(up), forward / np.linalg.norm(forward)
        rotation = np.column_stack([np.cross(axis_y, axis_z), axis_y, axis_z])
        reach = pads @ rotation.T
        under = np.asarray(ground_height(x + reach[:, 0], y + reach[:, 1]), float)
        design = np.column_stack([np.ones(4), reach[:, :2]])
        (height, *gradient), *_ = np.linalg.lstsq(design, under, rcond=None)
        slope = np.array(gradient)
    return Pose.of(np.array([x, y, height]), rotation)
