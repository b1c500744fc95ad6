"""How far the rover's wheels have turned, and how they are steered.

Straight on, all wheels turn by the way that odometry counts. On the spot, the corner wheels stand across the line from
the body's middle, and each wheel rolls along its circle::

      \\ front /        corner wheels steered by atan(axle / track),
       |     |         left ones back and right ones ahead when it turns left
      / rear  \\
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.flight.rover.travel import Travel

Array = NDArray[np.float64]


def wheel_turns(travel: Travel, t: float) -> Array:
    """Angles (6,) by which the wheels have rolled forward since they stood on the deck, radians; as Wheels.feet."""
    wheels = travel.rolloff.rover.wheels
    right, forward = wheels.feet.T
    ahead = travel.rolloff.forward_m(t) - travel.rolloff.forward_m(travel.rolloff.commanded) + travel.odometer_m(t)
    return (ahead + np.sign(right) * np.hypot(right, forward) * _turned_left(travel, t)) / wheels.radius_m


def steering(travel: Travel, t: float) -> Array:
    """Angles (6,) of the wheels' planes, radians, counter-clockwise from above; zero unless it turns on the spot."""
    drive = next((d for d in travel.drives if d.start <= t < d.stop), None)
    right, forward = travel.rolloff.rover.wheels.feet.T
    if drive is None:
        return np.zeros(len(right))
    k = int(np.searchsorted(drive.t, t, side="right")) - 1
    on_the_spot = drive.odometer_m[k + 1] == drive.odometer_m[k]
    # the direction in which a wheel rolls ahead: (-forward, right) on the right, the opposite on the left
    return np.arctan2(np.sign(right) * forward, np.abs(right)) if on_the_spot else np.zeros(len(right))


def _turned_left(travel: Travel, t: float) -> float:
    """Sum of all turns on the spot, radians, to the left positive."""
    begun = (d for d in travel.drives if d.start <= t)
    return -sum(float(np.interp(t, d.t, d.believed[:, 2]) - d.believed[0, 2]) for d in begun)
