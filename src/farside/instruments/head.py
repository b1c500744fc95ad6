"""The axes of a mast head that turns in yaw and pitch.

z (up)                      look  (-sin Y cos P, cos Y cos P, sin P)
|    / look                 Y: mast yaw, counter-clockwise from +y seen from above
| P /                       P: mast pitch above the horizontal
|--/---- y (Y = 0)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def head_axes(yaw_deg: float, pitch_deg: float) -> Array:
    """Axes (columns: right, up, backwards) in the vehicle's frame of a camera that sits straight in the head."""
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    look = np.array([-np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
    right = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    return np.stack([right, np.cross(right, look), -look], axis=1)


def mast_angles(direction: Array) -> tuple[float, float]:
    """Yaw and pitch in degrees at which the head looks along a direction (3,) of the vehicle's frame."""
    x, y, z = direction / np.linalg.norm(direction)
    return float(np.degrees(np.arctan2(-x, y))), float(np.degrees(np.arcsin(z)))
