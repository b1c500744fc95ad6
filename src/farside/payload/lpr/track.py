"""A drive as the radar meets it: where it truly is, where the rover thinks it is, and how the rover stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from farside.flight.rover import Travel

Array = NDArray[np.float64]

KNOT_S = 0.5
"""Time between the knots of a track: 3 cm of way at full speed, 1.5 deg of a turn."""


@dataclass(frozen=True)
class Track:
    """A drive as it truly went and as the rover believes it, at n rising times; positions in the site frame (m).

    t: TDB s past J2000, (n,). position: true east, north, up, (n, 3). believed: the same by the rover's own reckoning.
    attitude: pitch, roll, yaw as the rover measures them, radians, (n, 3): nose up, right side up, from north by east.
    """

    t: Array
    position: Array
    believed: Array
    attitude: Array

    @classmethod
    def along(cls, travel: Travel, start: float, stop: float) -> Self:
        """The track of a rover on the ground from ``start`` to ``stop``, TDB s past J2000."""
        t = np.linspace(start, stop, max(2, round((stop - start) / KNOT_S) + 1))
        true, believed = (
            np.array([(p.x, p.y, p.heading) for p in map(place, t.tolist())])
            for place in (travel.place, travel.believed_place)
        )
        up = travel.rolloff.height(true[:, 0], true[:, 1])
        right, ahead = (travel.rotations(t)[:, 2, axis] for axis in (0, 1))  # how far the rover's axes point up
        return cls(
            t,
            np.column_stack([true[:, :2], up]),
            np.column_stack([believed[:, :2], up]),
            np.column_stack([np.arcsin(ahead), np.arcsin(right), believed[:, 2]]),
        )

    def at(self, t: Array) -> Self:
        """The track at other times, straight between its own; yaw takes the short way round."""
        angles = np.unwrap(self.attitude, axis=0)
        columns = [
            np.column_stack([np.interp(t, self.t, values[:, k]) for k in range(3)])
            for values in (self.position, self.believed, angles)
        ]
        columns[2] = (columns[2] + np.pi) % (2.0 * np.pi) - np.pi
        return type(self)(t, *columns)
