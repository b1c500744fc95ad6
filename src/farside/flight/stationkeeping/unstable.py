"""The least burn that takes the growing part out of a departure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.flight.stationkeeping.reference import Reference
from farside.flight.stationkeeping.strategy import Gains

Array = NDArray[np.float64]


@dataclass(frozen=True)
class UnstableDirection:
    """Burn b with v1 . (dx + b) = 0: v1 is what grows most over ``ahead`` revolutions, dx the departure.

    v1: right singular vector of the largest singular value of the state transition matrix, in LU and LU/TU. Of the
    burns that do, the smallest. It is the Floquet-mode rule (Simo et al. 1987; Gomez et al. 1998) for an orbit that
    does not quite repeat.
    """

    ahead: float = 1.5

    def guide(self, reference: Reference, times: Array) -> Gains:
        """See Strategy."""
        gains = np.empty((len(times), 3, 6))
        for k, t in enumerate(times.tolist()):
            matrix = reference.transitions(t, np.array([t + self.ahead * reference.revolution_s]))[0]
            growing = np.linalg.svd(matrix)[2][0]
            lever = growing[3:]
            gains[k] = np.outer(lever, growing) / (lever @ lever)
        return Gains(reference.states(times), gains)
