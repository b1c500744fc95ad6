"""What the Sun allows: awake, at work, quiet at noon, asleep at night."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.flight.rover.vehicle import Rover, yutu2

Array = NDArray[np.float64]
SunDirection = Callable[[Array], Array]
"""Unit vectors to the Sun, east, north, up (n, 3), at TDB times (n,)."""

SUN_MODES = ("asleep", "waking", "standby", "quiet", "napping")
"""What the Sun alone decides; only standby leaves room for work."""


def sun_mode(sun: ArrayLike, rover: Rover | None = None) -> NDArray[np.str_]:
    """Mode that a Sun direction (..., 3) dictates, one of SUN_MODES.

    The Sun rises while it stands in the east. Between ``nap_until`` and ``quiet`` the morning is for work and the
    afternoon still quiet; at ``nap`` the rover lies down until the Sun has sunk to ``nap_until``.
    """
    rules = (rover or yutu2()).rules
    direction = np.asarray(sun, float)
    elevation = np.degrees(np.arcsin(np.clip(direction[..., 2], -1.0, 1.0)))
    morning = direction[..., 0] > 0.0
    conditions = [
        morning & (elevation < rules.wake_deg),
        morning & (elevation < rules.work_deg),
        morning & (elevation < rules.quiet_deg),
        morning & (elevation < rules.nap_deg),
        morning | (elevation > rules.nap_until_deg),
        elevation > rules.sleep_deg,
    ]
    return np.select(conditions, ["asleep", "waking", "standby", "quiet", "napping", "standby"], "asleep")


def sun_events(sun: SunDirection, start: float, stop: float, step: float = 600.0) -> list[tuple[float, str]]:
    """When the mode changes between two times, to the second: (time, mode from then on), the first at ``start``."""
    t = np.append(np.arange(start, stop, step), stop)
    mode = sun_mode(sun(t))
    out = [(start, str(mode[0]))]
    for k in np.nonzero(mode[1:] != mode[:-1])[0]:
        before, after = t[k], t[k + 1]
        while after - before > 0.5:
            middle = 0.5 * (before + after)
            before, after = (middle, after) if sun_mode(sun(np.array([middle])))[0] == mode[k] else (before, middle)
        out.append((float(after), str(mode[k + 1])))
    return out


def refusal(sun: ArrayLike, charge: float, rover: Rover | None = None) -> str | None:
    """Why the rover refuses to start anything now, or None: one of the housekeeping packet's REFUSALS.

    sun: direction (3,). charge: of the battery, 0 to 1.
    """
    rover = rover or yutu2()
    mode = str(sun_mode(sun, rover))
    if mode in ("asleep", "waking"):
        return "sun too low"
    if mode in ("quiet", "napping"):
        return "noon rest"
    if charge < rover.power.refuse_below:
        return "battery low"
    return None
