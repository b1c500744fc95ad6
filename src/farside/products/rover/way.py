"""Where the rover went, from its housekeeping: drives, dead reckoning, and how far that was off.

While it drives the rover reckons its place from wheels and gyroscope; before a drive the ground fixes the place anew.
The step between the last reckoned place of one drive and the first of the next is the error of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVEL_RAD = np.radians(2.0)
"""The rover is off the ramp when it lies this near to how it lies in the end."""


@dataclass(frozen=True)
class Leg:
    """One drive. samples: of the table, the last of them after it. way_m: as the wheels count it.

    start, reckoned: (2,) east and north, m; fixed: (2,) where the ground found it afterwards, None if it did not look.
    """

    samples: slice
    way_m: float
    start: Array
    reckoned: Array
    fixed: Array | None

    @property
    def miss_m(self) -> float | None:
        """How far dead reckoning was off at the end."""
        return None if self.fixed is None else float(np.hypot(*(self.fixed - self.reckoned)))


def legs(rover: Mapping[str, NDArray[Any]]) -> list[Leg]:
    """The drives in a table of housekeeping, in order."""
    way, place = rover["odometer_m"], rover["position_m"][:, :2]
    turning = np.flatnonzero(rover["speed_mps"] > 0.0)
    runs = np.split(turning, np.flatnonzero(np.diff(turning) > 1) + 1) if len(turning) else []
    ends = [(int(run[0]), min(int(run[-1]) + 1, len(way) - 1)) for run in runs]
    # on the ramp the wheels turn uncounted
    ends = [(first, last) for first, last in ends if way[last] - way[first] > 0.0]
    starts = [_fix(rover, first) for first, _ in ends]
    return [
        Leg(slice(first, last + 1), float(way[last] - way[max(first - 1, 0)]), start, place[last], fixed)
        for (first, last), start, fixed in zip(ends, starts, [*starts[1:], None], strict=True)
    ]


def _fix(rover: Mapping[str, NDArray[Any]], k: int) -> Array:
    """Where the ground fixed the rover before a drive; ``k``: the first sample of the drive, which may roll already."""
    w, x, y, z = rover["quaternion"][k]
    ahead = np.array([2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z)])
    place: Array = rover["position_m"][k, :2] - (rover["odometer_m"][k] - rover["odometer_m"][max(k - 1, 0)]) * ahead
    return place


def off_the_ramp(rover: Mapping[str, NDArray[Any]]) -> tuple[float, float] | None:
    """When its last wheel left the ramp: (TDB s past J2000, half the time between the samples about it).

    From then on it lies as it lies until its first drive. None where telemetry does not tell.
    """
    from scipy.spatial.transform import Rotation

    drives = legs(rover)
    parked = np.arange(drives[0].samples.start if drives else len(rover["t"]))
    if len(parked) < 2:
        return None
    turn = Rotation.from_quat(rover["quaternion"][parked], scalar_first=True)
    tilted = np.flatnonzero((turn.inv() * turn[-1]).magnitude() > LEVEL_RAD)
    if not len(tilted) or tilted[-1] + 1 == len(parked):
        return None
    before, after = (float(rover["t"][parked[k]]) for k in (tilted[-1], tilted[-1] + 1))
    return 0.5 * (before + after), 0.5 * (after - before)
