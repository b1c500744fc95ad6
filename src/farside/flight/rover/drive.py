"""Driving a route blind: wheels turn as planned, the ground gives a little less, and the gyroscope drifts.

    planned way --> wheels and headings as believed --> slip, drift --> true way

The rover turns on the spot at each point of the route and drives straight between them; it stops where its odometry
says the goal is. What that was in truth differs by slip (wheel way lost), sideways drift and heading error.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from farside.flight.rover.footing import Height
from farside.flight.rover.vehicle import Rover, Slip, yutu2
from farside.work import rng

Array = NDArray[np.float64]

KNOT_M = 0.05
"""Way between knots of a drive."""
KNOT_RAD = np.radians(5.0)
"""Turn between knots of a drive."""
GRADE_OVER_M = 1.2
"""The grade is that of the ground over this length, the wheelbase."""


@dataclass(frozen=True)
class Place:
    """East, north (m, site frame) and azimuth of the rover's +y axis (radians)."""

    x: float
    y: float
    heading: float


@dataclass(frozen=True)
class Drive:
    """One drive as a function of time; arrays over its n knots, linear in between.

    t: TDB s past J2000. true, believed: (n, 3) east, north (m), heading (rad, unwrapped). true_m, odometer_m: way
    driven since the start of this drive in truth and as the wheels count it. slip: (n,) share of the wheels' way lost.
    """

    name: str
    t: Array
    true: Array
    believed: Array
    true_m: Array
    odometer_m: Array
    slip: Array

    @property
    def start(self) -> float:
        """When it starts, TDB s past J2000."""
        return float(self.t[0])

    @property
    def stop(self) -> float:
        """When it stands again, TDB s past J2000."""
        return float(self.t[-1])

    def place(self, t: float) -> Place:
        """Where it truly is; its ends outside its span."""
        return Place(*(float(np.interp(t, self.t, self.true[:, k])) for k in range(3)))

    def believed_place(self, t: float) -> Place:
        """Where dead reckoning has it."""
        return Place(*(float(np.interp(t, self.t, self.believed[:, k])) for k in range(3)))

    @property
    def end(self) -> Place:
        """Where it ends."""
        return self.place(self.stop)


def drive(
    route: Array,
    start: Place,
    t0: float,
    height: Height,
    seed: int,
    name: str,
    final_heading: float | None = None,
    believed: Place | None = None,
    rover: Rover | None = None,
) -> Drive:
    """Drive a route (n, 2) of believed east and north, from the true place ``start`` at ``t0``.

    The route starts where the rover believes it is (``believed``; by default the true place and a heading fix).
    final_heading: turn there (rad) at the end. name: of the drive; with the seed it decides slip and errors.
    """
    rover = rover or yutu2()
    odometer = rover.odometry
    draw = rng(seed, "rover", "drive", name)
    fix = np.radians(draw.normal(0.0, odometer.heading_deg))
    belief = believed or Place(start.x, start.y, start.heading + fix)
    scale = 1.0 + draw.normal(0.0, odometer.scale)
    t, way, heading = _wheels(np.asarray(route, float), belief.heading, final_heading, t0, rover)
    counted = np.diff(way)
    true_step = counted * scale  # what the wheels roll when they count `counted`: their radius is not quite known

    walk = np.radians(odometer.walk_deg_per_sqrt_m) * np.sqrt(counted) * draw.standard_normal(len(counted))
    drift = np.radians(draw.normal(0.0, odometer.drift_deg_per_h)) / 3600.0
    off = start.heading - belief.heading + drift * (t - t0) + np.append(0.0, np.cumsum(walk))

    believed_xy = np.array([belief.x, belief.y]) + _track(counted, heading)
    level = _level_slip(true_step, rover.slip, draw)
    # the grade of the believed way, shifted to the true start: the two are decimetres apart
    near = believed_xy - [belief.x - start.x, belief.y - start.y]
    along, across = _grades(height, near, heading)
    slip = np.clip(level + rover.slip.per_sine_of_grade * along, -0.1, 0.8)
    gained = true_step * (1.0 - slip[1:])
    facing = heading + off
    middle = 0.5 * (facing[1:] + facing[:-1])
    aside = true_step * rover.slip.sideways_per_sine * across[1:]
    move = gained[:, None] * np.column_stack([np.sin(middle), np.cos(middle)])
    move -= aside[:, None] * np.column_stack([np.cos(middle), -np.sin(middle)])
    true_xy = np.array([start.x, start.y]) + np.vstack([np.zeros(2), np.cumsum(move, axis=0)])
    return Drive(
        name,
        t,
        np.column_stack([true_xy, facing]),
        np.column_stack([believed_xy, heading]),
        np.append(0.0, np.cumsum(np.hypot(*move.T))),
        way,
        slip,
    )


def _wheels(
    route: Array, heading: float, final_heading: float | None, t0: float, rover: Rover
) -> tuple[Array, Array, Array]:
    """Times, counted way (m) and believed heading (rad) at the knots of turns and straights in turn."""
    t, way, facing = [t0], [0.0], [heading]
    rate = np.radians(rover.turn_deg_per_s)

    def turn(to: float) -> None:
        angle = (to - facing[-1] + np.pi) % (2.0 * np.pi) - np.pi
        n = int(np.ceil(abs(angle) / KNOT_RAD))
        start_t, start = t[-1], facing[-1]
        for k in range(1, n + 1):
            t.append(start_t + k / n * abs(angle) / rate)
            way.append(way[-1])
            facing.append(start + k / n * angle)

    for a, b in pairwise(route):
        length = float(np.hypot(*(b - a)))
        if length == 0.0:
            continue
        turn(float(np.arctan2(b[0] - a[0], b[1] - a[1])))
        n = int(np.ceil(length / KNOT_M))
        start_t, start = t[-1], way[-1]
        for k in range(1, n + 1):
            t.append(start_t + k / n * length / rover.speed_mps)
            way.append(start + k / n * length)
            facing.append(facing[-1])
    if final_heading is not None:
        turn(final_heading)
    return np.array(t), np.array(way), np.array(facing)


def _track(step: Array, heading: Array) -> Array:
    """Displacement (n, 2) from the first knot."""
    middle = 0.5 * (heading[1:] + heading[:-1])
    return np.vstack(
        [np.zeros(2), np.cumsum(step[:, None] * np.column_stack([np.sin(middle), np.cos(middle)]), axis=0)]
    )


def _level_slip(step: Array, slip: Slip, draw: np.random.Generator) -> Array:
    """Slip on level ground at each knot: first-order autoregressive along the way, kept in its range."""
    share = KNOT_M / slip.correlation_m
    keep = np.exp(-share)
    noise = draw.standard_normal(len(step) + 1) * np.sqrt(1.0 - keep**2)
    noise[0] = draw.standard_normal()
    return np.clip(slip.mean + slip.sigma * lfilter([1.0], [1.0, -keep], noise), *slip.range)


def _grades(height: Height, xy: Array, heading: Array) -> tuple[Array, Array]:
    """Sine of the grade ahead (uphill positive) and to the right (uphill positive) at each knot."""
    half = 0.5 * GRADE_OVER_M
    ahead = np.column_stack([np.sin(heading), np.cos(heading)])
    right = np.column_stack([np.cos(heading), -np.sin(heading)])
    out = []
    for axis in (ahead, right):
        front, back = xy + half * axis, xy - half * axis
        rise = height(front[:, 0], front[:, 1]) - height(back[:, 0], back[:, 1])
        out.append(rise / np.hypot(rise, GRADE_OVER_M))
    return out[0], out[1]
