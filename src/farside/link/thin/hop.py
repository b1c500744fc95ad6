"""One hop as it truly is: which of the frames that come to it are heard at its other end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from farside.link.contact import Contact

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Loss = Callable[[int, int, Array], Array | float]
"""Probability that a frame is lost: ``(sender, receiver, mission times at which frames leave, shape (n,))``."""

BUFFER_S = 2.0
"""A repeater evens out what comes over this time; more than its outgoing hop can take in it is lost. Assumed."""
_ROUNDING_S = 1e-6


def as_loss(loss: Loss | Mapping[tuple[int, int], float]) -> Loss:
    """Losses by (sender, receiver), 0 for hops not named, as a function."""
    if callable(loss):
        return loss
    table = dict(loss)
    return lambda sender, receiver, t: table.get((sender, receiver), 0.0)


class Hop:
    """Frames over one link. contacts: those that truly take place, in order."""

    def __init__(self, contacts: Iterable[Contact], loss: Loss, rng: np.random.Generator) -> None:
        listed = list(contacts)
        self._starts = np.array([contact.start for contact in listed])
        self._ends = np.array([contact.end for contact in listed])
        self._rates = np.array([contact.rate_bps for contact in listed])
        self._loss, self._rng = loss, rng
        self._lately: deque[tuple[float, float, float]] = deque()  # bursts: start, end, time that sending takes

    def heard(self, sender: int, receiver: int, t: Array, frame_s: float, octets: int, here: Mask) -> Mask:
        """Which frames are heard at the other end.

        t: when each frame would leave, even pace, shape (n,). frame_s: how long it takes by the plan. here: which of
        them have come to this hop at all, shape (n,).
        """
        k = np.searchsorted(self._starts, t + _ROUNDING_S, side="right") - 1
        passed = here & (k >= 0)
        if passed.any():
            passed &= t + frame_s <= self._ends[k] + _ROUNDING_S
        if passed.any():
            work_s = 8 * octets / float(self._rates[k[passed][0]])
            end = float(t[-1]) + (float(t[-1] - t[0]) / (len(t) - 1) if len(t) > 1 else work_s)
            excess = self._excess(float(t[0]), end, int(passed.sum()) * work_s)
            chance = 1.0 - (1.0 - self._loss(sender, receiver, t)) * (1.0 - excess)
            if np.any(chance):
                passed &= self._rng.random(len(t)) >= chance
        return passed

    def _excess(self, start: float, end: float, work_s: float) -> float:
        """Share of the frames of a burst that the hop is too slow for, as it was with all that came shortly before it.

        work_s: time that sending them takes; start, end: in which they come. All sources lose alike.
        """
        since = start - BUFFER_S
        while self._lately and self._lately[0][1] <= since:
            self._lately.popleft()
        load = sum(work * max(min(b, start) - max(a, since), 0.0) / (b - a) for a, b, work in self._lately) / BUFFER_S
        self._lately.append((start, end, work_s))
        return 1.0 - 1.0 / load if load > 1.0 + _ROUNDING_S else 0.0
