"""What the rover says of itself: travel and energy as one housekeeping sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from farside.flight import attitude
from farside.flight.rover.energy import ZERO_C, Energy
from farside.flight.rover.travel import Travel


def telemetry(travel: Travel, energy: Energy, t: float) -> dict[str, Any]:
    """Fields of a housekeeping sample at ``t``: place and heading by dead reckoning, the rest as its sensors have it.

    Keys as in instruments.rover_hk.Sample, without its command counters.
    """
    r = travel.rolloff
    held, place = travel.standing(t), travel.believed_place(t)
    driving, on_ground = travel.driving(t), t > r.stop
    pose = held.pose if on_ground else r.lander @ held.pose
    true = travel.place(t)
    x, y = (place.x, place.y) if on_ground else pose.position[:2]
    off = place.heading - true.heading if on_ground else 0.0
    rotation = attitude.to_matrix(attitude.upright(float(np.degrees(off)))) @ pose.r
    state = energy.at(t)
    return {
        "t": t,
        "position_m": (x, y, pose.position[2]),
        "quaternion": tuple(attitude.from_matrix(rotation).tolist()),
        "rocker_rad": held.rocker,
        "bogies_rad": held.bogies,
        "speed_mps": (r.rover.speed_mps if on_ground else r.rover.rolloff.creep_mps) if driving else 0.0,
        "odometer_m": travel.odometer_m(t),
        "panel_w": state["panel_w"],
        "load_w": state["load_w"],
        "charge": state["charge"],
        "body_c": float(state["body_k"]) - ZERO_C,
        "mode": state["mode"],
    }
