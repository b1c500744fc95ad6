"""A node's memory: bundles waiting to leave, and its own ones kept until their delivery is acknowledged."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

from farside.errors import FarsideError
from farside.link.bundle import Bundle, BundleId
from farside.link.eid import Eid
from farside.link.journey import Priority


class StoreFull(FarsideError):
    """The store has no room for a payload; nothing of it was taken."""

    def __init__(self, node: int, octets: int, space: float) -> None:
        super().__init__(node, octets, space)
        self.message = f"node {node}: no room for {octets} octets; {max(space, 0.0):.0f} are left in its store"


class Piece(NamedTuple):
    """Identity of a stored bundle: which data unit, and from which octet of it on."""

    id: BundleId
    offset: int


@dataclass(slots=True)
class Stored:
    """A bundle in the store. Times in seconds of mission time.

    retained: it stays after it was sent, until its delivery is acknowledged. number: order of coming in.
    """

    bundle: Bundle
    priority: Priority
    arrived: float
    expires: float
    retained: bool
    number: int = 0

    @property
    def piece(self) -> Piece:
        """Its identity."""
        return Piece(self.bundle.id, self.bundle.primary.offset)

    @property
    def octets(self) -> int:
        """Its payload's length."""
        return len(self.bundle.payload)


class Store:
    """Bundles by identity, in queues by priority and destination node. capacity: payload octets."""

    def __init__(self, capacity: float) -> None:
        self.capacity = capacity
        self.used = 0
        self._all: dict[Piece, Stored] = {}
        self._units: dict[BundleId, set[int]] = {}
        self._queues: dict[tuple[Priority, int], OrderedDict[Piece, Stored]] = {}
        self._deadlines: list[tuple[float, int, Piece]] = []
        self._count = 0

    @property
    def space_left(self) -> float:
        """Octets of payload that still fit."""
        return self.capacity - self.used

    def __contains__(self, piece: Piece) -> bool:
        return piece in self._all

    def __iter__(self) -> Iterator[Stored]:
        return iter(self._all.values())

    def add(self, stored: Stored) -> None:
        """Keep a bundle and queue it for sending."""
        self._count += 1
        stored.number = self._count
        piece = stored.piece
        self._all[piece] = stored
        self._units.setdefault(piece.id, set()).add(piece.offset)
        self._queue(stored)[piece] = stored
        self.used += stored.octets
        heappush(self._deadlines, (stored.expires, stored.number, piece))

    def take(self, stored: Stored) -> None:
        """Take a bundle out of its queue: it is being sent."""
        del self._queue(stored)[stored.piece]

    def sent(self, stored: Stored) -> None:
        """Forget a bundle that has been sent, unless it is retained."""
        if not stored.retained and stored.piece in self._all:  # its time may have ended while it went out
            self.remove(stored.piece)

    def remove(self, piece: Piece) -> None:
        """Forget a bundle."""
        stored = self._all.pop(piece)
        self._queue(stored).pop(piece, None)
        self._units[piece.id].discard(piece.offset)
        if not self._units[piece.id]:
            del self._units[piece.id]
        self.used -= stored.octets

    def units(self, source: Eid) -> list[BundleId]:
        """Data units of a source that have bundles here, in order."""
        return sorted(unit for unit in self._units if unit.source == source)

    def release(self, unit: BundleId) -> None:
        """Forget every bundle of a data unit."""
        for offset in sorted(self._units[unit]):
            self.remove(Piece(unit, offset))

    def queues(self) -> list[OrderedDict[Piece, Stored]]:
        """Bundles waiting to leave, a queue a destination, those of higher priority first, then the longest waiting."""
        full = [(key, queue) for key, queue in self._queues.items() if queue]
        full.sort(key=lambda item: (-item[0][0], next(iter(item[1].values())).number))
        return [queue for _, queue in full]

    def next_deadline(self) -> float | None:
        """When the next of the bundles expires."""
        while self._deadlines and not self._is_kept(self._deadlines[0]):
            heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def expired(self, now: float) -> list[Stored]:
        """Forget and return the bundles whose time is over at ``now``."""
        over: list[Stored] = []
        while (deadline := self.next_deadline()) is not None and deadline <= now:
            over.append(self._all[self._deadlines[0][2]])
            self.remove(over[-1].piece)
        return over

    def _is_kept(self, deadline: tuple[float, int, Piece]) -> bool:
        stored = self._all.get(deadline[2])
        return stored is not None and stored.number == deadline[1]

    def _queue(self, stored: Stored) -> OrderedDict[Piece, Stored]:
        return self._queues.setdefault((stored.priority, stored.bundle.primary.destination.node), OrderedDict())
