"""How far away what an eye sees is: one over the distance, on a grid of directions.

A plane has the inverse distance max(0, -sin el) / height, which is smooth but for the horizon, and so nearly is gentle
ground. What the grid holds is how much the ground differs from the plane.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.geometry import azel

Array = NDArray[np.float64]

AZIMUTHS = 72
ELEVATIONS_DEG = np.linspace(-60.0, 12.0, 37)
STEP_DEG = 2.0
HORIZON_M = 1000.0
SLOPE_SIGMA = 0.05
"""Of the ground against the vehicle that stands on it (3 degrees)."""
SMALL = 1e-5
BETWEEN = 0.31
"""Height halfway between two places less the mean of theirs, over how much they differ: 0.5^2H - 1/4 of the variance of
Brownian ground of Hurst exponent H = 0.76 (Mandelbrot and Van Ness 1968)."""
RING = 0.45
"""Mean height around a circle of such ground less that of its middle, over how much a place on it differs from that:
the root of 1 - m / 2, where m is the mean of (2 sin v)^2H."""


@dataclass(frozen=True)
class Surface:
    """The ground around an eye ``height`` metres above the plane it is compared with.

    slope: (2,) rise of the plane towards +x and +y. excess: (ELEVATIONS, AZIMUTHS) inverse distance beyond the plane's,
    1/m, at nodes; azimuth counts clockwise from +y.
    """

    height: float
    slope: Array
    excess: Array

    @classmethod
    def plane(cls, height: float) -> Self:
        """Level ground."""
        return cls(height, np.zeros(2), np.zeros((len(ELEVATIONS_DEG), AZIMUTHS)))

    def inverse_distance(self, d: Array) -> Array:
        """One over the distance, 1/m, (...,) of what lies in unit directions (..., 3); 0 for infinity."""
        return np.maximum(self._plane(d) + self.at(self.excess.ravel(), d), 0.0)

    def at(self, values: Array, d: Array) -> Array:
        """Values of nodes (nodes,) in directions (..., 3)."""
        flat = np.ascontiguousarray(d, float).reshape(-1, 3)
        return np.asarray(_between(np.ascontiguousarray(values, float), flat).reshape(d.shape[:-1]))

    def around(self, some: Array, d: Array) -> NDArray[np.bool_]:
        """Directions d (n, 3) that share a node with any of ``some`` (m, 3)."""
        met = np.zeros(self.excess.size, bool)
        met[self.nodes(some)[0]] = True
        return np.asarray(met[self.nodes(d)[0]].any(axis=1))

    def gradient(self, d: Array) -> Array:
        """How the inverse distance changes with unit directions (n, 3): its gradient (n, 3), 1/m a radian."""
        side = np.cross(d, [0.0, 0.0, 1.0])
        side /= np.linalg.norm(side, axis=1)[:, None]
        out = np.zeros_like(d)
        for across in (side, np.cross(side, d)):
            steps = [self.inverse_distance(d + s * SMALL * across) for s in (1.0, -1.0)]
            out += ((steps[0] - steps[1]) / (2.0 * SMALL))[:, None] * across
        return out

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

    def through(self, d: Array, r: Array) -> Self:
        """The surface drawn to inverse distances r (m,) in directions d (m, 3): each node around to their median."""
        nodes, _ = self.nodes(d)
        above = np.repeat(r - self._plane(d), nodes.shape[1])
        excess = self.excess.ravel().copy()
        for node in np.unique(nodes):
            excess[node] = np.median(above[nodes.ravel() == node])
        return replace(self, excess=excess.reshape(self.excess.shape))

    def by_slope(self, d: Array) -> Array:
        """Change of inverse distances in directions (n, 3) with the plane's slope, (n, 2)."""
        return np.where(self._plane(d)[:, None] > 0.0, d[:, :2] / self.height, 0.0)

    def changed(self, slope: Array, excess: Array) -> Self:
        """The surface with these added, (2,) and (nodes,)."""
        return replace(self, slope=self.slope + slope, excess=self.excess + excess.reshape(self.excess.shape))

    def roughness(self) -> Array:
        """What the excess may well be, 1/m, (nodes,): ground at the distance L differs in height by nu(L) from that
        below the eye, and an inverse distance r by r nu / height.
        """
        r = self._far_or_near()
        return np.repeat(r * deviation_m(1.0 / r) / self.height, AZIMUTHS)

    def anchor(self) -> Array:
        """How far nodes may well be from the plane, 1/m, (nodes,), where their differences are told besides: all of one
        distance together as far as their mean may be.
        """
        return RING * np.sqrt(AZIMUTHS) * self.roughness()

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

    def between(self) -> Array:
        """How far ground between nodes may be from what they tell of it, 1/m, (nodes,): BETWEEN of how far neighbours
        differ.
        """
        pairs, sigmas = self.differences()
        return BETWEEN * np.sqrt(np.bincount(pairs.ravel(), np.repeat(sigmas**2, 2), self.excess.size) / 2.0)

    def _far_or_near(self) -> Array:
        """Inverse distances of the level plane at the nodes' elevations, of what lies HORIZON_M away at least."""
        return np.maximum(-np.sin(np.radians(ELEVATIONS_DEG)) / self.height, 1.0 / HORIZON_M)

    def _plane(self, d: Array) -> Array:
        return np.maximum(0.0, d[..., :2] @ self.slope - d[..., 2]) / self.height


def deviation_m(baseline_m: Array) -> Array:
    """Root mean square difference of height over a distance: median slope 2.0 degrees at 17 m in the maria, Hurst
    exponent 0.76 (Rosenburg et al. 2011, J. Geophys. Res. 116, E02001).
    """
    return np.asarray(17.0 * np.tan(np.radians(2.0)) * (baseline_m / 17.0) ** 0.76)


@njit(cache=True, nogil=True, error_model="numpy")
def _between(values: Array, d: Array) -> Array:
    """Values of nodes (nodes,) in directions d (n, 3): what ``Surface.nodes`` weighs, added up as it is found."""
    out = np.empty(len(d))
    lowest, rows = ELEVATIONS_DEG[0], len(ELEVATIONS_DEG)
    for n in range(len(d)):
        x, y, z = d[n]
        column = np.degrees(np.arctan2(x, y)) / (360.0 / AZIMUTHS)
        row = (np.degrees(np.arctan2(z, np.hypot(x, y))) - lowest) / STEP_DEG
        row = min(max(row, 0.0), rows - 1.001)
        i, j = int(np.floor(row)), int(np.floor(column))
        u, v = column - j, row - i
        west, east, above = i * AZIMUTHS + j % AZIMUTHS, i * AZIMUTHS + (j + 1) % AZIMUTHS, AZIMUTHS
        low = values[west] * (1.0 - u) + values[east] * u
        out[n] = low * (1.0 - v) + (values[west + above] * (1.0 - u) + values[east + above] * u) * v
    return out
