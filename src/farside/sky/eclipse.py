"""When the Earth or the Moon stands before the Sun."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.geometry import MOON_RADIUS_M
from farside.sky.apparent import Motion, body_motion, received_from
from farside.sky.ephemeris import EARTH_RADIUS_KM, SUN_RADIUS_KM

Array = NDArray[np.float64]

_RADIUS_KM = {"earth": EARTH_RADIUS_KM, "moon": MOON_RADIUS_M * 1e-3}


def solar_eclipse_depth(by: str, observer: Motion, t: ArrayLike) -> Array:
    """How far the disc of "earth" or "moon" reaches over the Sun's disc for an observer, radians, shape of t.

    Sum of the two semi-diameters minus the separation of the centres, light time applied: positive while any part of
    the Sun is covered. Both bodies are spheres.
    """
    times = np.asarray(t, float)
    flat = times.ravel()
    here = observer(flat)
    target = body_motion(by)
    sun, _ = received_from(body_motion("sun"), here, flat)
    disc, _ = received_from(target, here, flat)
    sun_range, disc_range = np.linalg.norm(sun, axis=-1), np.linalg.norm(disc, axis=-1)
    cross = np.linalg.norm(np.cross(sun, disc), axis=-1)
    separation = np.arctan2(cross, np.sum(sun * disc, axis=-1))
    semi = np.arcsin(SUN_RADIUS_KM / sun_range) + np.arcsin(_RADIUS_KM[by] / disc_range)
    return (semi - separation).reshape(times.shape)
