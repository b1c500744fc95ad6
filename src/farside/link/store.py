"""A node's memory: which bundles wait to leave, are on their way, are kept until acknowledged, or wait for their rest.

The bundles themselves lie in a vault; here is what the node has to know to choose among them. The vault keeps that,
too, so that a node that has lost its power finds itself as it was.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from heapq import heappop, heappush

from farside.errors import FarsideError
from farside.link.bundle import BundleId, Form
from farside.link.eid import Eid
from farside.link.journey import Priority
from farside.link.vault import DamagedRecord, Vault

_META = struct.Struct(">?BBddQQQIQQQQQQQ")


class StoreFull(FarsideError):
    """The store has no room for a payload; nothing of it was taken."""

    def __init__(self, node: int, octets: int, space: float) -> None:
        super().__init__(node, octets, space)
        self.message = f"node {node}: no room for {octets} octets; {max(space, 0.0):.0f} are left in its store"


class State(IntEnum):
    """Where a stored bundle stands."""

    WAITING = 0
    """in a queue, to be sent"""
    AWAY = 1
    """given to a link, not yet safe with the neighbour"""
    RETAINED = 2
    """safe with a neighbour; its source keeps it until its delivery is acknowledged"""
    HERE = 3
    """at its destination, until the application has the whole"""


@dataclass(slots=True, eq=False)
class Stored:
    """What a node knows of a bundle in its store. Times in seconds of mission time.

    id: of its data unit. destination, offset, total, flags: as in its primary block. octets: its payload's length;
    size: all its bytes. age_ms: when it arrived. own: this node is its source and keeps it until acknowledged.
    """

    id: BundleId
    destination: Eid
    own: bool
    priority: Priority
    ordinal: int
    arrived: float
    expires: float
    age_ms: int
    flags: int
    octets: int
    offset: int
    total: int
    size: int
    state: State = State.WAITING
    here: bool = False
    """Whether it is in the store."""
    keys: tuple[int, ...] = ()
    """Its records in the vault: one, or more copies of it."""
    number: int = 0
    """Order of coming in."""
    since: float = 0.0
    """When it was given to a link."""
    form: Form | None = None
    """How it was written, where this node has just made it."""

    @property
    def source(self) -> Eid:
        """Whose it is."""
        return self.id.source

    def pack(self) -> bytes:
        """What the vault keeps of it beside its bytes: all but its state, which a restart resets."""
        there, here = self.destination, self.id.source
        numbers = _META.pack(
            self.own,
            self.priority,
            self.ordinal,
            self.arrived,
            self.expires,
            self.age_ms,
            self.id.created_ms,
            self.id.sequence,
            self.flags,
            self.octets,
            self.offset,
            self.total,
            there.node,
            here.node,
            here.service,
            there.service,
        )
        return numbers + f"{there.dtn}\0{here.dtn}".encode() if there.dtn or here.dtn else numbers

    @classmethod
    def unpack(cls, meta: bytes, size: int) -> Stored:
        """Read what ``pack`` wrote; size: of the bundle's bytes."""
        own, rank, ordinal, arrived, expires, age_ms, created_ms, sequence, flags, octets, offset, total, *ends = (
            _META.unpack_from(meta)
        )
        there, here, here_service, there_service = ends
        there_name, _, here_name = meta[_META.size :].decode().partition("\0")
        id_ = BundleId(Eid(here, here_service, here_name), created_ms, sequence)
        return cls(
            id_, Eid(there, there_service, there_name), own, Priority(rank), ordinal, arrived, expires, age_ms, flags,
            octets, offset, total, size,
        )  # fmt: skip


class Store:
    """Bundles by identity, in queues by urgency and destination node, over a vault. capacity: octets of payload."""

    def __init__(self, capacity: float, vault: Vault, copies: int) -> None:
        """copies: of each bundle that its source keeps."""
        self.capacity, self.vault, self.copies = capacity, vault, copies
        self.used = 0
        self.urgent = 0
        """Expedited bundles that wait."""
        self.newest = 0
        """The largest key that the vault has given."""
        self._units: dict[BundleId, dict[int, Stored]] = {}
        self._own: dict[int, dict[int, BundleId]] = {}
        self._queues: dict[tuple[int, int, int], OrderedDict[int, Stored]] = {}
        self._deadlines: list[tuple[float, int, Stored]] = []
        self._count = 0

    @property
    def space_left(self) -> float:
        """Octets of payload that still fit."""
        return self.capacity - self.used

    def __iter__(self) -> Iterator[Stored]:
        return (stored for unit in self._units.values() for stored in unit.values())

    def find(self, id_: BundleId, offset: int) -> Stored | None:
        """The bundle of a data unit that begins at an octet of it."""
        unit = self._units.get(id_)
        return unit.get(offset) if unit else None

    def add(self, stored: Stored, data: bytes, state: State) -> None:
        """Keep a bundle."""
        meta = stored.pack()
        if stored.own and self.copies > 1:
            stored.keys = tuple(self.vault.put(meta, data) for _ in range(self.copies))
        else:
            stored.keys = (self.vault.put(meta, data),)
        self.newest = stored.keys[-1]
        self._enter(stored, state)

    def restore(self) -> Iterator[Stored]:
        """Find what the vault has kept through a restart; the caller says in which state each is (``move``)."""
        found: dict[tuple[BundleId, int], Stored] = {}
        for key, meta, size in self.vault.records():
            stored = Stored.unpack(meta, size)
            known = found.setdefault((stored.id, stored.offset), stored)
            known.keys = (*known.keys, key)
        for stored in found.values():
            self.newest = max(self.newest, *stored.keys)
            self._enter(stored, State.RETAINED)
            yield stored

    def _enter(self, stored: Stored, state: State) -> None:
        self._count += 1
        stored.number, stored.here = self._count, True
        unit = self._units.get(stored.id)
        if unit is None:
            self._units[stored.id] = {stored.offset: stored}
            if stored.own:
                self._own.setdefault(stored.source.service, {})[stored.id.sequence] = stored.id
        else:
            unit[stored.offset] = stored
        self.used += stored.octets
        heappush(self._deadlines, (stored.expires, stored.number, stored))
        stored.state = State.RETAINED
        self.move(stored, state)

    def move(self, stored: Stored, state: State) -> None:
        """Put a bundle into another state."""
        waited, waits = stored.state is State.WAITING, state is State.WAITING
        stored.state = state
        if waited is waits:
            return
        queue = self._queue(stored)
        if waits:
            queue[stored.number] = stored
        else:
            queue.pop(stored.number, None)
        if stored.priority is Priority.EXPEDITED:
            self.urgent += 1 if waits else -1

    def data(self, stored: Stored) -> bytes:
        """The bundle's bytes, from the first of its copies that is whole. Raises DamagedRecord if none is."""
        for key in stored.keys[:-1]:
            try:
                return self.vault.get(key)
            except DamagedRecord:
                continue
        return self.vault.get(stored.keys[-1])

    def remove(self, stored: Stored) -> None:
        """Forget a bundle."""
        if not stored.here:
            return
        if stored.state is State.WAITING:
            self.move(stored, State.RETAINED)
        stored.here = False
        unit = self._units[stored.id]
        del unit[stored.offset]
        if not unit:
            del self._units[stored.id]
            if stored.own:
                del self._own[stored.source.service][stored.id.sequence]
        self.used -= stored.octets
        for key in stored.keys:
            self.vault.drop(key)

    def unit(self, id_: BundleId) -> list[Stored]:
        """The bundles of a data unit that are here, in order of offset."""
        unit = self._units.get(id_)
        if unit is None:
            return []
        return list(unit.values()) if len(unit) == 1 else [stored for _, stored in sorted(unit.items())]

    def own(self, service: int, ranges: list[tuple[int, int]]) -> list[BundleId]:
        """Data units of a service here, kept as their source, whose sequence numbers lie in half-open ranges."""
        found, last = [], max((stop for _, stop in ranges), default=0)
        for sequence, unit in self._own.get(service, {}).items():  # in order of sequence
            if sequence >= last:
                break
            if any(start <= sequence < stop for start, stop in ranges):
                found.append(unit)
        return found

    def queues(self) -> list[OrderedDict[int, Stored]]:
        """Bundles waiting to leave, a queue a destination, the more urgent first, then the longest waiting."""
        full = [(-priority, -ordinal, next(iter(q)), q) for (priority, ordinal, _), q in self._queues.items() if q]
        full.sort(key=lambda item: item[:3])
        return [queue for *_, queue in full]

    def bulk(self) -> list[Stored]:
        """Bulk bundles that may be evicted, the lowest ordinal and the oldest first."""
        bulk = [s for s in self if s.priority is Priority.BULK and s.state in (State.WAITING, State.RETAINED)]
        return sorted(bulk, key=lambda stored: (stored.ordinal, stored.number))

    def next_deadline(self) -> float | None:
        """When the next of the bundles expires."""
        deadlines = self._deadlines
        while deadlines and not deadlines[0][2].here:
            heappop(deadlines)
        return deadlines[0][0] if deadlines else None

    def expired(self, now: float) -> list[Stored]:
        """Forget and return the bundles whose time is over at ``now``."""
        over: list[Stored] = []
        while (deadline := self.next_deadline()) is not None and deadline <= now:
            over.append(self._deadlines[0][2])
            self.remove(over[-1])
        return over

    def _queue(self, stored: Stored) -> OrderedDict[int, Stored]:
        key = stored.priority, stored.ordinal, stored.destination.node
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = OrderedDict()
        return queue
