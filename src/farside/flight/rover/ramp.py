"""Down the ramp: from the lander's deck onto the Moon, step by step as commanded.

Side view in the lander frame; the ramp swings down about its hinge with the rover on it::

     deck ______ hinge
                \\  ramp
                  \\
    ~~~~~~~~~~~~~~~~\\~~~~ ground
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.rover.footing import Height, Stand, stand
from farside.flight.rover.vehicle import RollOffSteps, Rover, yutu2
from farside.geometry import Pose

Array = NDArray[np.float64]

STEEPEST = np.radians(45.0)
_MINUTE = 60.0


@dataclass(frozen=True)
class RollOff:
    """The rover's way from the deck to the ground.

    lander: pose of the lander at rest. commanded: when the separation command reached the rover, TDB s past J2000.
    knots: (n, 2) time and forward position (m, lander frame) of the rover's origin, linear in between. lowered: angle
    of the ramp (rad, down) when it rests on the ground. on_surface: when the last wheel leaves the ramp for the ground.
    """

    lander: Pose
    height: Height
    rover: Rover
    commanded: float
    knots: Array
    lowered: float
    on_surface: float

    @property
    def stop(self) -> float:
        """When it stands on the ground, TDB s past J2000."""
        return float(self.knots[-1, 0])

    @property
    def events(self) -> list[tuple[float, str]]:
        """What happens when."""
        s, t = self.rover.rolloff, self.commanded
        return [
            (t + _MINUTE * s.release_min[0], "separation"),
            (t + _MINUTE * s.wing_min[1], "wing open"),
            (t + _MINUTE * s.mast_min[1], "mast up"),
            (t + _MINUTE * s.onto_ramp_min, "onto the ramp"),
            (t + _MINUTE * s.ramp_min[0], "ramp released"),
            (t + _MINUTE * s.ramp_min[1], "ramp on the ground"),
            (t + _MINUTE * s.down_min, "down the ramp"),
            (self.on_surface, "wheels on the Moon"),
        ]

    def forward_m(self, t: float) -> float:
        """Forward position of the rover's origin in the lander frame."""
        return float(np.interp(t, self.knots[:, 0], self.knots[:, 1]))

    def ramp_rad(self, t: float) -> float:
        """How far the ramp has swung down."""
        begin, end = (self.commanded + _MINUTE * m for m in self.rover.rolloff.ramp_min)
        return float(np.interp(t, [begin, end], [0.0, self.lowered]))

    def stand(self, t: float) -> Stand:
        """The rover on deck, ramp or ground; its pose in the lander frame."""
        angle = self.ramp_rad(t)
        under = _support(self.lander, self.height, self.rover, angle)
        return stand(under, 0.0, self.forward_m(t), 0.0, self.rover)

    def pose(self, t: float) -> Pose:
        """Rover frame in the site frame."""
        return self.lander @ self.stand(t).pose

    @cached_property
    def end(self) -> tuple[float, float, float]:
        """East, north (m, site frame) and heading (rad) where it stands on the ground."""
        pose = self.pose(self.stop)
        return pose.position[0], pose.position[1], float(np.arctan2(pose.r[0, 1], pose.r[1, 1]))


def roll_off(lander: Pose, height: Height, commanded: float, rover: Rover | None = None) -> RollOff:
    """Plan the way down from a lander at rest on ground ``height`` (site frame).

    Raises BadInput where the ramp does not reach the ground, or would lie steeper than 45 degrees.
    """
    rover = rover or yutu2()
    s = rover.rolloff
    lowered = _lowered(lander, height, s)
    foot = s.deck_m[-1][0] + s.ramp_length_m * np.cos(lowered)
    clear = foot - rover.wheels.axles_m[0]
    stowed, rest, last = 0.0, s.ramp_rest_m, clear + s.beyond_m
    t, y = commanded, s.creep_mps
    onto, down = t + _MINUTE * s.onto_ramp_min, t + _MINUTE * s.down_min
    knots = np.array(
        [
            [t, stowed], [onto, stowed], [onto + (rest - stowed) / y, rest], [down, rest],
            [down + (last - rest) / y, last],
        ]
    )  # fmt: skip
    return RollOff(lander, height, rover, t, knots, lowered, down + (clear - rest) / y)


def _lowered(lander: Pose, height: Height, s: RollOffSteps) -> float:
    """Angle at which the ramp's end touches the ground."""
    hinge = np.array(s.deck_m[-1])
    angle = np.linspace(0.0, STEEPEST, 181)
    y = hinge[0] + s.ramp_length_m * np.cos(angle)
    end = hinge[1] - s.ramp_length_m * np.sin(angle)
    above = end - _ground(lander, height, np.zeros_like(y), y)
    if above[0] <= 0.0 or above[-1] > 0.0:
        expected = f"ground {0.1:.1f} to {s.ramp_length_m * np.sin(STEEPEST):.1f} m below the hinge of the ramp"
        raise BadInput("rover roll-off", "ground at the ramp's end", round(float(hinge[1] - above[-1]), 2), expected)
    k = int(np.argmax(above <= 0.0))
    return float(np.interp(0.0, [above[k], above[k - 1]], [angle[k], angle[k - 1]]))


def _support(lander: Pose, height: Height, rover: Rover, angle: float) -> Height:
    """What wheels roll on, as a height function of the lander frame: deck, ramp at this angle, ground beyond it.

    Deck and ramp are raised by what wheels sink into the ground, so that they do not sink into metal.
    """
    s = rover.rolloff
    deck = np.array(s.deck_m)
    hinge = deck[-1]
    end = hinge + s.ramp_length_m * np.array([np.cos(angle), -np.sin(angle)])
    line = np.vstack([deck, end])

    def under(x: Array, y: Array) -> Array:
        ground = _ground(lander, height, np.asarray(x, float), np.asarray(y, float))
        built = np.interp(y, line[:, 0], line[:, 1]) + rover.wheels.sinkage_m
        return np.where(np.asarray(y) <= end[0], np.maximum(built, ground), ground)

    return under


def _ground(lander: Pose, height: Height, x: Array, y: Array) -> Array:
    """Height of the ground along the lander's own z axis at lander x and y; shapes alike."""
    z = np.zeros(np.broadcast(x, y).shape)
    for _ in range(4):  # each pass gains the product of the lander's tilt and the ground's slope
        p = lander.apply(np.stack(np.broadcast_arrays(x, y, z), -1))
        z = z + (height(p[..., 0], p[..., 1]) - p[..., 2]) / lander.rotation[2][2]
    return z
