"""What all ways of choosing burns have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from farside.flight.perturbed import Propagator
from farside.flight.stationkeeping.reference import Reference

Array = NDArray[np.float64]


class Guide(Protocol):
    """Burns of one strategy at the times it was made for."""

    def burn(self, index: int, state: Array, model: Propagator) -> Array:
        """Change of velocity (3,), ICRF, LU/TU, at burn time ``index``, for the state (6,) the craft is believed in.

        model: flies the craft as the ground believes it to fly.
        """
        ...


class Strategy(Protocol):
    """A way of choosing burns."""

    @property
    def ahead(self) -> float:
        """How far it looks past a burn, in revolutions; the orbit has to last that long after the last burn."""
        ...

    def guide(self, reference: Reference, times: Array) -> Guide:
        """Prepare burns at times (n,), TDB s past J2000."""
        ...


@dataclass(frozen=True)
class Gains:
    """Burns that are linear in the departure: states (n, 6) of the orbit and gains (n, 3, 6)."""

    states: Array
    gains: Array

    def burn(self, index: int, state: Array, model: Propagator) -> Array:
        """See Guide."""
        return -self.gains[index] @ (state - self.states[index])
