"""How a camera moves while its shutter is open."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from farside.geometry import Pose

Motion = tuple[float, float, float, float, float, float]
"""Velocity, m/s, and turning rate, rad/s, both in the site frame."""

STEP_S = 0.01
"""Half of the time over which a motion is taken: about as long as an exposure."""
REST: Motion = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def motion(pose: Callable[[float], Pose], t: float, first: float) -> Motion:
    """Motion at t of the origin of a frame whose place in the site frame is ``pose``, known from ``first`` on.

    By central differences; exactly zero at rest.
    """
    from scipy.spatial.transform import Rotation

    start, stop = max(t - STEP_S, first), t + STEP_S
    before, after = pose(start), pose(stop)
    if before == after:
        return REST
    velocity = (after.p - before.p) / (stop - start)
    turning = Rotation.from_matrix(after.r @ before.r.T).as_rotvec() / (stop - start)
    x, y, z, a, b, c = np.concatenate([velocity, turning]).tolist()
    return x, y, z, a, b, c
