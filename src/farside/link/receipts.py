"""What has been delivered here, from whom, and who has still to be told."""

from __future__ import annotations

import math
from collections.abc import Iterator

from farside.link import acknowledgement
from farside.link.bundle import ACKNOWLEDGE, BundleId
from farside.link.eid import Eid
from farside.link.ranges import Ranges
from farside.link.store import Stored


class Receipts:
    """Sequence numbers delivered, for each source; acknowledgements owed, at most one in ``every_s`` to a node."""

    def __init__(self, number: int, every_s: float) -> None:
        self.number, self.every_s = number, every_s
        self.delivered: dict[Eid, Ranges] = {}
        self._news: dict[int, dict[int, set[int]]] = {}
        self._told: dict[int, float] = {}

    def __contains__(self, unit: BundleId) -> bool:
        ranges = self.delivered.get(unit.source)
        return ranges is not None and unit.sequence in ranges

    def add(self, unit: BundleId) -> None:
        """A data unit has been delivered."""
        ranges = self.delivered.get(unit.source)
        if ranges is None:
            ranges = self.delivered[unit.source] = Ranges()
        ranges.add(unit.sequence, unit.sequence + 1)

    def owe(self, stored: Stored) -> None:
        """Remember to acknowledge a data unit."""
        source = stored.source
        if stored.flags & ACKNOWLEDGE and source.node not in (0, self.number):
            self._news.setdefault(source.node, {}).setdefault(source.service, set()).add(stored.id.sequence)

    def records(self, now: float) -> Iterator[tuple[int, bytes]]:
        """Acknowledgements that are due: node and record.

        Each names every range that has news in it, whole, which makes up for records that were lost.
        """
        for node in [node for node in sorted(self._news) if self._due(node) <= now]:
            ranges = {
                service: sorted({around for n in news if (around := self.delivered[Eid(node, service)].around(n))})
                for service, news in self._news.pop(node).items()
            }
            self._told[node] = now
            yield node, acknowledgement.pack(ranges)

    @property
    def next_due(self) -> float:
        """When the next acknowledgement is due."""
        return min((self._due(node) for node in self._news), default=math.inf)

    def _due(self, node: int) -> float:
        return self._told.get(node, -math.inf) + self.every_s
