"""Burns weighed against the departures they leave at points ahead (Howell and Pernicka 1993, J. Guidance 16, 151)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.flight.perturbed import SCALE
from farside.flight.stationkeeping.reference import Reference
from farside.flight.stationkeeping.strategy import Gains

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TargetPoints:
    """Burn that makes |b|^2 / burn^2 + sum |d_i|^2 / departure^2 least; d_i: distance from the orbit at point i.

    points: revolutions after the burn, increasing. burn_mm_s and departure_km: how large a burn weighs as much as how
    large a distance. With d_i = A_i dr + B_i (dv + b) by the state transition matrices, the burn is linear in the
    departure.
    """

    points: tuple[float, ...] = (0.5, 1.0, 1.5)
    burn_mm_s: float = 10.0
    departure_km: float = 100.0

    @property
    def ahead(self) -> float:
        """See Strategy."""
        return max(self.points)

    def guide(self, reference: Reference, times: Array) -> Gains:
        """See Strategy."""
        cost = np.eye(3) / (self.burn_mm_s * 1e-6 / SCALE[3]) ** 2
        worth = (SCALE[0] / self.departure_km) ** 2
        gains = np.empty((len(times), 3, 6))
        for k, t in enumerate(times.tolist()):
            stops = t + np.array(self.points) * reference.revolution_s
            reach = reference.transitions(t, stops)[:, :3]
            turn = worth * np.einsum("nij,nik->jk", reach[:, :, 3:], reach)
            gains[k] = np.linalg.solve(cost + turn[:, 3:], turn)
        return Gains(reference.states(times), gains)
