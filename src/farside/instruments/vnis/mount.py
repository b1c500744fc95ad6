"""Where the spectrometer looks: from pixels to directions and to points on the ground before the rover.

body frame: x ahead, y left, z up, origin on the ground below the rover's centre

    o instrument, 0.69 m up
     \\  45 deg
______\\__________x   footprint about 15 cm across and 21 cm along; line 1 lies farthest, sample 1 left
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.geometry import Pose
from farside.instruments.vnis.spec import load_vnis

Array = NDArray[np.float64]

BODY = Pose.of(np.zeros(3), np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
"""The body frame in the rover's own, in which y is ahead and x to the right."""


def rays(line: ArrayLike, sample: ArrayLike) -> Array:
    """Unit directions (..., 3) in the body frame of points of the full image, counted from 1 at pixel centres."""
    spec = load_vnis()
    scale = 2.0 * np.tan(np.radians(spec.field_deg) / 2.0) / spec.lines
    middle = (spec.lines + 1) / 2.0
    up, left = np.broadcast_arrays(scale * (middle - np.asarray(line, float)), scale * (middle - np.asarray(sample)))
    tilt = np.radians(spec.depression_deg)
    ahead = np.array([np.cos(tilt), 0.0, -np.sin(tilt)])
    above = np.array([np.sin(tilt), 0.0, np.cos(tilt)])
    d = ahead + up[..., None] * above + left[..., None] * np.array([0.0, 1.0, 0.0])
    return d / np.linalg.norm(d, axis=-1, keepdims=True)


def footprint(directions: Array) -> Array:
    """Points (..., 3), metres in the body frame, where directions meet the plane that the wheels stand on."""
    spec = load_vnis()
    eye = np.array([spec.forward_m, 0.0, spec.height_m])
    return eye + directions * (-spec.height_m / directions[..., 2:])


def angles(rotation: Array, sun: Array) -> tuple[float, float, float]:
    """Incidence, emission and phase, degrees, at the middle of the SWIR field on the plane that the wheels stand on.

    rotation: body frame to the frame of ``sun``, the unit vector to the Sun.
    """
    spot = load_vnis().spot
    normal, back = rotation[:, 2], -rotation @ rays(spot.line, spot.sample)
    cosines = np.clip([normal @ sun, normal @ back, back @ sun], -1.0, 1.0)
    incidence, emission, phase = np.degrees(np.arccos(cosines)).tolist()
    return incidence, emission, phase
