r"""How the rover stands: six wheels on the ground, a body between its rockers.

Seen from the right; the two rockers turn against each other through the differential, the body takes their mean::

         body --- pivot                 unknowns: height, pitch, roll of the body,
                 /     \                          the differential's angle, two bogie angles
             joint      \               equations: six wheels touch the ground
            /     \      \
        (rear) (middle) (front)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.flight.rover.vehicle import Rover, Wheels, yutu2
from farside.geometry import Pose

Array = NDArray[np.float64]
Height = Callable[[Array, Array], Array]
"""Height (m) of what the wheels roll on at east and north (m) of some frame; arrays of one shape."""

RIM = np.radians(np.arange(-60.0, 61.0, 10.0))
"""Points of a wheel's rim that may touch, from straight down towards the front."""
UNKNOWNS = 6
_STEP = 1e-5
_PASSES = 12
_CLOSE_M = 1e-7


@dataclass(frozen=True)
class Stand:
    """The rover on the ground.

    pose: rover frame in the frame of the height function. rocker: angle of the right rocker against the body (the left
    one has its negative), bogies: left and right against their rockers; radians, nose up positive. wheels: (6, 3)
    wheel centres in the rover frame. gaps: (6,) how far each wheel is above where it should be (sunk in), metres.
    """

    pose: Pose
    rocker: float
    bogies: tuple[float, float]
    wheels: Array
    gaps: Array


def stand(height: Height, x: float, y: float, heading_deg: float, rover: Rover | None = None) -> Stand:
    """Put the rover with its origin over (x, y), its +y axis to azimuth ``heading_deg``.

    Newton's method on the six gaps between wheel and ground, with the slope of the ground under each wheel.
    """
    rover = rover or yutu2()
    q, gaps = _solve(height, np.array([[x, y]], float), np.radians([heading_deg]), rover.wheels)
    return Stand(
        Pose.of(np.array([x, y, q[0, 0]]), _rotation(np.radians([heading_deg]), q)[0]),
        float(q[0, 3]),
        (float(q[0, 4]), float(q[0, 5])),
        _centres(q, rover.wheels)[0],
        gaps[0],
    )


def attitudes(height: Height, xy: ArrayLike, heading_rad: ArrayLike, rover: Rover | None = None) -> tuple[Array, Array]:
    """Body height (n,) and rotation (n, 3, 3) of the rover at places (n, 2) with headings (n,), all at once."""
    rover = rover or yutu2()
    heading = np.asarray(heading_rad, float)
    q, _ = _solve(height, np.asarray(xy, float), heading, rover.wheels)
    return q[:, 0], _rotation(heading, q)


def _solve(height: Height, xy: Array, heading: Array, wheels: Wheels) -> tuple[Array, Array]:
    """Unknowns (n, 6) and gaps (n, 6)."""
    q = np.zeros((len(xy), UNKNOWNS))
    q[:, 0] = height(xy[:, 0], xy[:, 1])
    # row 0 of the middle axis is the state itself, rows 1 to 6 are it with one unknown changed
    steps = np.vstack([np.zeros(UNKNOWNS), _STEP * np.eye(UNKNOWNS)])
    best, least = q, np.full((len(xy), UNKNOWNS), np.inf)
    for _ in range(_PASSES):
        gaps = _gaps(height, xy, heading, q[:, None, :] + steps, wheels) + wheels.sinkage_m
        now = gaps[:, 0]
        better = np.abs(now).max(axis=1) < np.abs(least).max(axis=1)
        best, least = np.where(better[:, None], q, best), np.where(better[:, None], now, least)
        if np.abs(least).max(initial=0.0) < _CLOSE_M:
            break
        slopes = np.swapaxes(gaps[:, 1:] - gaps[:, :1], 1, 2) / _STEP
        move = np.linalg.solve(slopes + 1e-9 * np.eye(UNKNOWNS), now[..., None])[..., 0]
        q = q - np.clip(move, -0.3, 0.3)
        q[:, 1:] = np.clip(q[:, 1:], -1.0, 1.0)
    return best, least


def _gaps(height: Height, xy: Array, heading: Array, q: Array, wheels: Wheels) -> Array:
    """Least height of each wheel's rim over the ground, (n, k, 6), for unknowns (n, k, 6)."""
    n, k = q.shape[:2]
    flat = q.reshape(-1, UNKNOWNS)
    turn = _rotation(np.repeat(heading, k), flat)
    origin = np.column_stack([np.repeat(xy, k, axis=0), flat[:, 0]])
    rim = wheels.radius_m * np.column_stack([np.zeros_like(RIM), np.sin(RIM), -np.cos(RIM)])
    points = _centres(flat, wheels)[:, :, None, :] + rim
    points = np.einsum("nij,nwrj->nwri", turn, points) + origin[:, None, None, :]
    above = points[..., 2] - height(points[..., 0], points[..., 1])
    return above.min(axis=-1).reshape(n, k, 6)


def _centres(q: Array, wheels: Wheels) -> Array:
    """Wheel centres in the rover frame, (n, 6, 3), for unknowns (n, 6)."""
    pivot, joint = np.array(wheels.pivot_m), np.array(wheels.joint_m)
    rear, middle, front = (np.array([y, wheels.radius_m]) for y in wheels.axles_m)
    out = np.empty((len(q), 6, 3))
    for side, (sign, bogie) in enumerate(((-1.0, q[:, 4]), (1.0, q[:, 5]))):
        rocker = sign * q[:, 3]
        held = pivot + _swing(joint - pivot, rocker)
        out[:, 3 * side : 3 * side + 3, 0] = sign * wheels.track_m
        out[:, 3 * side, 1:] = held + _swing(rear - joint, rocker + bogie)
        out[:, 3 * side + 1, 1:] = held + _swing(middle - joint, rocker + bogie)
        out[:, 3 * side + 2, 1:] = pivot + _swing(front - pivot, rocker)
    return out


def _swing(arm: Array, angle: Array) -> Array:
    """(forward, up) vector turned by angles (n,), nose up positive; (n, 2)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.column_stack([c * arm[0] - s * arm[1], s * arm[0] + c * arm[1]])


def _rotation(heading: Array, q: Array) -> Array:
    """Rover frame to the frame of the ground, (n, 3, 3); the heading is the azimuth of the +y axis."""
    (ch, sh), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in (heading, q[:, 1], q[:, 2]))
    zero = np.zeros_like(ch)
    forward = np.stack([sh * cp, ch * cp, sp], -1)
    level = np.stack([ch, -sh, zero], -1)
    up = np.cross(level, forward)
    # positive roll lowers the right side
    right = cr[:, None] * level - sr[:, None] * up
    return np.stack([right, forward, np.cross(right, forward)], -1)
