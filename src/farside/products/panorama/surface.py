"""How far away what an eye sees is: one over the distance, on a grid of directions.

A plane has the inverse distance max(0, -sin el) / height, which is smooth but for the horizon, and so nearly is gentle
ground. What the grid holds is how much the ground differs from the plane.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from farside.geometry import azel

Array = NDArray[np.float64]

AZIMUTHS = 72
ELEVATIONS_DEG = np.linspace(-60.0, 12.0, 37)
STEP_DEG = 2.0
HORIZON_M = 1000.0


@dataclass(frozen=True)
class Surface:
    """The ground around an eye ``height`` metres above the plane it is compared with.

    excess: (ELEVATIONS, AZIMUTHS) inverse distance beyond the plane's, 1/m, at nodes; azimuth counts clockwise from +y.
    """

    height: float
    excess: Array

    @classmethod
    def plane(cls, height: float) -> Self:
        """Level ground."""
        return cls(height, np.zeros((len(ELEVATIONS_DEG), AZIMUTHS)))

    def inverse_distance(self, d: Array) -> Array:
        """One over the distance, 1/m, (...,) of what lies in unit directions (..., 3); 0 for infinity."""
        nodes, weights = self.nodes(d)
        excess = np.sum(self.excess.ravel()[nodes] * weights, axis=-1)
        return np.maximum(self._plane(d[..., 2]) + excess, 0.0)

    def nodes(self, d: Array) -> tuple[NDArray[np.int64], Array]:
        """The four nodes around directions (..., 3) as places in ``excess.ravel()``, and their weights, (..., 4)."""
        az, el = azel(d)
        column = np.degrees(az) / (360.0 / AZIMUTHS)
        row = np.clip((np.degrees(el) - ELEVATIONS_DEG[0]) / STEP_DEG, 0.0, len(ELEVATIONS_DEG) - 1.001)
        i, j = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
        u, v = column - j, row - i
        j, east = j % AZIMUTHS, (j + 1) % AZIMUTHS
        at = [i * AZIMUTHS + j, i * AZIMUTHS + east, (i + 1) * AZIMUTHS + j, (i + 1) * AZIMUTHS + east]
        return np.stack(at, -1), np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v], -1)

    def grown(self, change: Array) -> Self:
        """The surface with ``change`` (as ``excess.ravel()``) added."""
        return replace(self, excess=self.excess + change.reshape(self.excess.shape))

    def roughness(self) -> Array:
        """What the excess may well be, 1/m, (nodes,): ground at the distance L differs in height by nu(L) from that
        below the eye, and an inverse distance r by r nu / height.
        """
        r = self._far_or_near()
        return np.repeat(r * deviation_m(1.0 / r) / self.height, AZIMUTHS)

    def differences(self) -> tuple[NDArray[np.int64], Array]:
        """Neighbouring nodes (pairs, 2), and by how much their excess may well differ, 1/m, (pairs,): as heights do
        that far apart.
        """
        r = self._far_or_near()
        number = np.arange(r.size * AZIMUTHS).reshape(r.size, AZIMUTHS)
        east = np.column_stack([number.ravel(), np.roll(number, -1, axis=1).ravel()])
        above = np.column_stack([number[:-1].ravel(), number[1:].ravel()])
        around = r * deviation_m(np.radians(360.0 / AZIMUTHS) / r) / self.height
        middle = 0.5 * (r[:-1] + r[1:])
        outwards = middle * deviation_m(np.maximum(1.0 / r[1:] - 1.0 / r[:-1], 0.01)) / self.height
        return np.concatenate([east, above]), np.repeat(np.concatenate([around, outwards]), AZIMUTHS)

    def _far_or_near(self) -> Array:
        """Inverse distances of the plane at the nodes' elevations, of what lies HORIZON_M away at least."""
        return np.maximum(self._plane(np.sin(np.radians(ELEVATIONS_DEG))), 1.0 / HORIZON_M)

    def _plane(self, sine: Array) -> Array:
        return np.maximum(0.0, -sine) / self.height


def deviation_m(baseline_m: Array) -> Array:
    """Root mean square difference of height over a distance: median slope 2.0 degrees at 17 m in the maria, Hurst
    exponent 0.76 (Rosenburg et al. 2011, J. Geophys. Res. 116, E02001).
    """
    return np.asarray(17.0 * np.tan(np.radians(2.0)) * (baseline_m / 17.0) ** 0.76)
