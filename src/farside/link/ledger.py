"""The byte ledger: what became of every data unit, told by the nodes and checked against what is really there.

    generated = delivered + held + expired + evicted + rejected        at every instant, in octets of payload

The left side and the ends are counted as they happen; ``held`` is found by looking into the stores. The nodes' own
administrative records are entered, too, but are no part of the account: nobody misses one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from farside.link.bundle import BundleId
from farside.link.eid import Eid
from farside.link.events import (
    Acknowledged,
    Action,
    Deliver,
    Dropped,
    Evicted,
    Expired,
    Forwarded,
    Generated,
    Kept,
    PushedBack,
    Read,
    Rejected,
    Resent,
)
from farside.link.ranges import Ranges


@dataclass(slots=True)
class Passage:
    """What of a data unit came into one node and left it: octets of payload, and mission times of first and last.

    wire_octets: what left, with all headers. Times are None where nothing has come or left yet.
    """

    stored: int = 0
    first_stored_s: float | None = None
    last_stored_s: float | None = None
    sent: int = 0
    wire_octets: int = 0
    first_sent_s: float | None = None
    last_sent_s: float | None = None


@dataclass(slots=True)
class Entry:
    """One data unit. Mission times in seconds, None for what has not happened. path: by node, in order of arrival.

    resent: how often its source began again.
    """

    id: BundleId
    name: str
    destination: Eid
    priority: int
    octets: int
    sha256: str
    administrative: bool
    generated_s: float
    delivered_s: float | None = None
    delivered_sha256: str | None = None
    acknowledged_s: float | None = None
    expired_s: float | None = None
    evicted_s: float | None = None
    rejected_s: float | None = None
    resent: int = 0
    path: dict[int, Passage] = field(default_factory=dict)

    @property
    def intact(self) -> bool | None:
        """Whether the delivered octets are the generated ones; None before delivery."""
        return None if self.delivered_sha256 is None else self.delivered_sha256 == self.sha256

    @property
    def open(self) -> bool:
        """Whether it is still to be delivered."""
        ends = (self.delivered_s, self.expired_s, self.evicted_s, self.rejected_s)
        return all(end is None for end in ends)


@dataclass(frozen=True)
class Balance:
    """Octets of payload at one instant. places: copies on the move, by node (retained ones not counted)."""

    generated: int
    delivered: int
    held: int
    expired: int
    places: dict[str, int]
    evicted: int = 0
    rejected: int = 0

    @property
    def closes(self) -> bool:
        """Whether every octet is accounted for."""
        return self.generated == self.delivered + self.held + self.expired + self.evicted + self.rejected


class Ledger:
    """The account of one network."""

    def __init__(self) -> None:
        self.entries: dict[BundleId, Entry] = {}
        self.dropped: list[tuple[float, int, Dropped]] = []

    def record(self, now: float, node: int, action: Action) -> bool:
        """Enter what a node did at mission time ``now``; whether it is something that people should be told of."""
        match action:
            case Generated(id=id_, payload=payload):
                digest = hashlib.sha256(payload).hexdigest()
                self.entries[id_] = Entry(
                    id_,
                    action.name,
                    action.destination,
                    int(action.priority),
                    len(payload),
                    digest,
                    action.administrative,
                    now,
                )
                self._store(now, node, id_, len(payload))
            case Kept(id_, octets):
                self._store(now, node, id_, octets)
            case Forwarded():
                self._forward(now, node, action)
            case Deliver(id=id_, payload=payload) | Read(id=id_, payload=payload):
                if (entry := self.entries.get(id_)) and entry.delivered_s is None:
                    entry.delivered_s, entry.delivered_sha256 = now, hashlib.sha256(payload).hexdigest()
                    entry.expired_s = entry.evicted_s = None  # it may come when its source has given it up
            case Acknowledged(id_):
                self.entries[id_].acknowledged_s = now
            case Expired(id_):
                self._end(now, node, id_, "expired_s")
            case Resent(id_):
                self.entries[id_].resent += 1
                return True
            case Evicted(id_, _, final):
                if final:
                    self._end(now, node, id_, "evicted_s")
                return True
            case Rejected(id_):
                if (entry := self.entries.get(id_)) and entry.open:
                    entry.rejected_s = now
                return True
            case Dropped():
                self.dropped.append((now, node, action))
                return True
            case PushedBack():
                return True
        return False

    def _end(self, now: float, node: int, id_: BundleId, end: str) -> None:
        """A data unit ends where its source gives it up; copies on their way end without being missed."""
        entry = self.entries.get(id_)
        if entry and entry.open and (node == id_.source.node or entry.administrative):
            setattr(entry, end, now)

    def _store(self, now: float, node: int, id_: BundleId, octets: int) -> None:
        if id_ not in self.entries:
            return  # from outside this network
        passage = self.entries[id_].path.setdefault(node, Passage())
        passage.stored += octets
        passage.first_stored_s = now if passage.first_stored_s is None else passage.first_stored_s
        passage.last_stored_s = now

    def _forward(self, now: float, node: int, action: Forwarded) -> None:
        entry = self.entries.get(action.id)
        if entry is None:
            return
        passage = entry.path.setdefault(node, Passage())
        passage.sent += action.octets
        passage.wire_octets += action.wire_octets
        passage.first_sent_s = action.started if passage.first_sent_s is None else passage.first_sent_s
        passage.last_sent_s = now

    def balance(self, found: Iterable[Found]) -> Balance:
        """Close the account with the copies found in stores at this instant."""
        data = [entry for entry in self.entries.values() if not entry.administrative]
        open_ = {entry.id: Ranges() for entry in data if entry.open}
        places: dict[str, int] = {}
        for copy in found:
            if copy.id in open_:
                open_[copy.id].add(copy.offset, copy.offset + copy.octets)
                if copy.moving:
                    places[copy.place] = places.get(copy.place, 0) + copy.octets
        return Balance(
            generated=sum(entry.octets for entry in data),
            delivered=sum(entry.octets for entry in data if entry.delivered_s is not None),
            held=sum(ranges.count for ranges in open_.values()),
            expired=sum(entry.octets for entry in data if entry.expired_s is not None),
            places=dict(sorted(places.items())),
            evicted=sum(entry.octets for entry in data if entry.evicted_s is not None),
            rejected=sum(entry.octets for entry in data if entry.rejected_s is not None),
        )

    def table(self) -> list[dict[str, Any]]:
        """One row for each data unit in order of generation; every value fits JSON."""
        return [_row(entry) for entry in self.entries.values()]


class Found(NamedTuple):
    """A copy of some octets of a data unit, and the node it was found at.

    moving: on its way; else it is kept by a source until acknowledged.
    """

    place: str
    id: BundleId
    offset: int
    octets: int
    moving: bool


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "id": str(entry.id),
        "name": entry.name,
        "source": str(entry.id.source),
        "destination": str(entry.destination),
        "priority": entry.priority,
        "administrative": entry.administrative,
        "octets": entry.octets,
        "sha256": entry.sha256,
        "generated_s": entry.generated_s,
        "delivered_s": entry.delivered_s,
        "intact": entry.intact,
        "acknowledged_s": entry.acknowledged_s,
        "expired_s": entry.expired_s,
        "evicted_s": entry.evicted_s,
        "rejected_s": entry.rejected_s,
        "resent": entry.resent,
        "path": [
            {"node": node, **{name: getattr(passage, name) for name in Passage.__slots__}}
            for node, passage in entry.path.items()
        ],
    }
