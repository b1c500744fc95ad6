"""How long a source waits for an acknowledgement before it sends a data unit again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from heapq import heappop, heappush

from farside.link.bundle import BundleId
from farside.link.route import Router, volume
from farside.link.settings import Settings
from farside.link.store import Stored

NO_ROUTE_S = 86400.0
"""Assumed for a way that the contact plan does not show."""
FRESH_S = 60.0
"""A look at the contact plan serves everything that leaves within this time."""
ANSWER_OCTETS = 200
"""Of an acknowledgement with all around it."""


class Patience:
    """When data units of node ``number`` should have been acknowledged: by the contact plan, so that silence of days, a
    night or an outage that is planned, costs nothing.
    """

    def __init__(self, number: int, router: Router, settings: Settings) -> None:
        self.number, self.router, self.settings = number, router, settings
        self._due: list[tuple[float, BundleId]] = []
        self._tries: dict[BundleId, int] = {}
        self._answers: dict[int, tuple[float, float]] = {}

    @property
    def next_due(self) -> float:
        """When the next of them is overdue."""
        return self._due[0][0] if self._due else math.inf

    def expect(self, now: float, stored: Stored) -> None:
        """All of a data unit is with a neighbour: wait for its acknowledgement, twice as long after each attempt."""
        there = stored.destination.node
        computed, answer = self._answers.get(there, (-math.inf, 0.0))
        if now > computed + FRESH_S:
            answer = self._answer(now, there, stored.size)
            self._answers[there] = now, answer
        patience = self.settings.resend_after_s * 2.0 ** min(self._tries.get(stored.id, 0), 30)
        heappush(self._due, (answer + patience, stored.id))

    def doubt(self, t: float, unit: BundleId) -> None:
        """Whether a data unit was acknowledged is not known any more: ask again from a time on."""
        heappush(self._due, (t, unit))

    def over(self, now: float) -> Iterator[BundleId]:
        """Data units for which the wait is over, each once."""
        while self._due and self._due[0][0] <= now:
            yield heappop(self._due)[1]

    def again(self, unit: BundleId) -> None:
        """A data unit is sent again."""
        self._tries[unit] = self._tries.get(unit, 0) + 1

    def forget(self, unit: BundleId) -> None:
        """A data unit has come to its end."""
        self._tries.pop(unit, None)

    def _answer(self, now: float, there: int, octets: int) -> float:
        """When an acknowledgement of what leaves now can be back, nothing being queued on the way."""
        out = self.router.route(self.number, there, now, volume(octets))
        arrival = now + NO_ROUTE_S if out is None else out.arrival
        arrival += self.settings.acknowledge_every_s
        back = self.router.route(there, self.number, arrival, volume(ANSWER_OCTETS))
        return arrival + NO_ROUTE_S if back is None else back.arrival
