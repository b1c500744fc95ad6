"""The orbit that stationkeeping holds, and how a departure from it grows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.flight.perturbed import SCALE, Propagator, Spacecraft
from farside.flight.relay import RelayOrbit
from farside.flight.stationkeeping.rotating import rotating_rows
from farside.flight.windows import crossings

Array = NDArray[np.float64]

_ARCS = 6  # of a revolution: departures are linear over each, and each begins on the orbit again
_GRID_S = 3600.0
_CALM = 10.0


@dataclass(frozen=True)
class Reference:
    """An orbit to hold, and the craft that sunlight pushes along it."""

    orbit: RelayOrbit
    spacecraft: Spacecraft

    def states(self, t: ArrayLike) -> Array:
        """Moon-centred ICRF states (*t.shape, 6) in LU and LU/TU."""
        return np.concatenate([self.orbit.position(t), self.orbit.velocity(t)], axis=-1) / SCALE

    @cached_property
    def crossings(self) -> Array:
        """When the orbit crosses the x-z plane of the rotating frame, TDB s past J2000, in order."""

        def y(t: Array) -> Array:
            return np.sum(rotating_rows(t)[0] * self.states(t), axis=-1)

        return crossings(y, self.orbit.start, self.orbit.stop, _GRID_S)

    @cached_property
    def revolution_s(self) -> float:
        """Mean time from every crossing of the x-z plane to the next but one. Raises BadInput for no revolution."""
        if len(self.crossings) < 3:
            raise BadInput("stationkeeping", "orbit", f"{self.days:.1f} days", "an orbit of at least one revolution")
        return float(np.mean(self.crossings[2:] - self.crossings[:-2]))

    @cached_property
    def growth(self) -> float:
        """Factor by which the worst departure grows in a revolution, the mean of the first two or of what there is."""
        turns = min(2.0, (self.orbit.stop - self.orbit.start) / self.revolution_s)
        matrix = self.transitions(self.orbit.start, np.array([self.orbit.start + turns * self.revolution_s]))[0]
        return float(np.linalg.norm(matrix, 2) ** (1.0 / turns))

    @property
    def calm(self) -> bool:
        """Whether departures grow slowly: fourfold a revolution if near-rectilinear, a thousandfold otherwise."""
        return self.growth < _CALM

    @property
    def days(self) -> float:
        """How long the orbit lasts."""
        return (self.orbit.stop - self.orbit.start) / 86_400.0

    def transitions(self, start: float, stops: Array) -> Array:
        """State transition matrices (n, 6, 6) along the orbit from start to increasing stops, TDB s past J2000."""
        longest = self.revolution_s / _ARCS
        matrix, t, matrices = np.eye(6), start, []
        for stop in stops:
            edges = np.linspace(t, stop, int(np.ceil((stop - t) / longest)) + 1)
            for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
                matrix = self._variations.run(self.states(a), a, b)[1] @ matrix
            matrices.append(matrix)
            t = float(stop)
        return np.array(matrices)

    @cached_property
    def _variations(self) -> Propagator:
        return Propagator(self.spacecraft, self.orbit.start, variations=True)
