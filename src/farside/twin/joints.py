"""How the joints of lander and rover stand at a time.

What nobody published about when things unfold is assumed, here and in lander.yaml and rover.yaml of the payload.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from farside.flight.rover import RollOff, Travel, steering, sun_mode, wheel_turns
from farside.payload import load_vehicle

DECIMALS = 6
"""A thousandth of a milliradian, of a millimetre: keys of pictures stay what they are."""

WINGS_MIN = (2.0, 10.0)
"""Minutes after touchdown in which the lander's wings unfold; assumed."""
BOOMS_MIN = (20.0, 30.0)
"""Minutes after touchdown in which its antennas slide out; assumed."""
MAST_MIN = 10.0
"""Minutes that the mast of its camera takes to rise when the rover has left the deck; assumed."""
UPRIGHT = np.radians(-76.0)
"""Of the lander's folded wings."""
STOWED_RAMP = np.radians(-90.0)
STOWED_MAST_M = -0.65
BOOM_M = 0.95
"""Way of each of an antenna's tubes."""
FOLDED_WING = np.radians(-160.0)
"""Of the rover's right wing over the bay."""
UPRIGHT_WING = np.radians(-78.0)
"""Of its left wing while it rides on the lander."""
FOLDED = np.radians(90.0)
WHEELS = ("lr", "lm", "lf", "rr", "rm", "rf")
"""As Wheels.feet: left rear, middle, front, then right."""
CORNERS = ("lr", "lf", "rr", "rf")
_MINUTE = 60.0

Values = dict[str, float]


def lander_joints(touchdown: float, rolloff: RollOff | None, t: float) -> Values:
    """Joints of the lander (radians, metres) at ``t``, TDB s past J2000; rolloff: None before its command."""
    wings, out = (_share(t, touchdown, span) for span in (WINGS_MIN, BOOMS_MIN))
    values = {
        "wing-right": (1.0 - wings) * UPRIGHT,
        "wing-left": (1.0 - wings) * UPRIGHT,
        **{f"boom-{name}": out * BOOM_M for name in "abc"},
        "ramp": STOWED_RAMP,
        "mast-lift": STOWED_MAST_M,
    }
    if rolloff is not None:
        steps, t0 = rolloff.rover.rolloff, rolloff.commanded
        level = _share(t, t0, steps.release_min)
        values["ramp"] = (1.0 - level) * STOWED_RAMP + rolloff.ramp_rad(t)
        off_deck = float(rolloff.knots[2, 0])
        values["mast-lift"] = (1.0 - _share(t, off_deck, (0.0, MAST_MIN))) * STOWED_MAST_M
    return values


def rover_joints(travel: Travel | None, sun: tuple[float, float, float], t: float) -> Values:
    """Joints of the rover (radians) at ``t``; travel: None before it is told to leave; sun: its direction, site frame.

    At noon and at night mast and dish lie in the bay, and the right wing over it.
    """
    if travel is None:
        return _lying(1.0) | {"wing-right": FOLDED_WING, "wing-left": UPRIGHT_WING}
    steps, t0 = travel.rolloff.rover.rolloff, travel.rolloff.commanded
    wings, mast = (1.0 - _share(t, t0, span) for span in (steps.wing_min, steps.mast_min))
    resting = str(sun_mode(sun, travel.rolloff.rover)) in ("napping", "asleep")
    held = travel.standing(t)
    return {
        "wing-right": FOLDED_WING if resting else wings * FOLDED_WING,
        "wing-left": wings * UPRIGHT_WING,
        **_lying(1.0 if resting else mast),
        "rocker-right": held.rocker,
        "rocker-left": -held.rocker,
        "bogie-left": held.bogies[0],
        "bogie-right": held.bogies[1],
        **{f"wheel-{name}": a % (2 * np.pi) for name, a in zip(WHEELS, wheel_turns(travel, t), strict=True)},
        **{f"steer-{name}": a for name, a in zip(WHEELS, steering(travel, t), strict=True) if name in CORNERS},
    }


def mast_joints(yaw_deg: float, pitch_deg: float) -> Values:
    """Joints of a mast, up, with a camera that looks there."""
    return {"mast-yaw": float(np.radians(yaw_deg)), "mast-pitch": float(np.radians(pitch_deg))}


def moved(vehicles: Mapping[str, Values]) -> tuple[tuple[str, float], ...]:
    """Joints that are not at rest, each with its vehicle's name before its own, rounded to DECIMALS; as View has them.

    vehicles: name and values of joints, those missing are at rest.
    """
    out = []
    for vehicle, values in vehicles.items():
        for joint in load_vehicle(vehicle).joints:
            value = round(float(values.get(joint.name, joint.rest)), DECIMALS) + 0.0
            if value != round(joint.rest, DECIMALS):
                out.append((f"{vehicle}.{joint.name}", value))
    return tuple(out)


def _lying(share: float) -> Values:
    """Mast and dish on their way into the bay; lying, the dish looks up."""
    rest = next(j.rest for j in load_vehicle("rover").joints if j.name == "dish-pitch")
    return {
        "mast-fold": share * FOLDED,
        "dish-fold": share * FOLDED,
        "dish-pitch": (1.0 - share) * rest - share * FOLDED,
    }


def _share(t: float, start: float, minutes: tuple[float, float]) -> float:
    """How much of something is done that takes from one to another minute after ``start``."""
    return float(np.interp(t, [start + _MINUTE * m for m in minutes], [0.0, 1.0]))
