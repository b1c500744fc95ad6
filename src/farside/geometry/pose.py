"""Where a body is and how it is turned, in a named local frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """Rigid placement of a local frame in the site frame (east, north, up; metres).

    position: (3,) origin of the local frame. rotation: (3, 3) matrix whose columns are the local axes written in the
    site frame, so that ``x_site = rotation @ x_local + position``.
    """

    position: tuple[float, float, float]
    rotation: tuple[tuple[float, float, float], ...]

    @classmethod
    def of(cls, position: Array, rotation: Array) -> Self:
        """Build from arrays of shape (3,) and (3, 3)."""
        p = np.asarray(position, float)
        r = np.asarray(rotation, float)
        return cls((float(p[0]), float(p[1]), float(p[2])), tuple((float(a), float(b), float(c)) for a, b, c in r))

    @property
    def r(self) -> Array:
        """Rotation as an array, shape (3, 3)."""
        return np.array(self.rotation)

    @property
    def p(self) -> Array:
        """Position as an array, shape (3,), metres."""
        return np.array(self.position)

    def __matmul__(self, inner: Pose) -> Pose:
        """Chain: a pose given in this frame becomes a pose in the site frame."""
        return Pose.of(self.r @ inner.p + self.p, self.r @ inner.r)

    def apply(self, points: Array) -> Array:
        """Move points (..., 3) from the local to the site frame."""
        return points @ self.r.T + self.p
