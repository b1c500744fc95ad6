"""The byte ledger: what became of every data unit, told by the nodes and checked against what is really there.

    generated = delivered + held + expired        at every instant, in octets of payload

The left side and the ends are counted as they happen; ``held`` is found by looking into stores and links.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from farside.link.bundle import Bundle, BundleId
from farside.link.eid import Eid
from farside.link.events import (
    Acknowledged,
    Action,
    Deliver,
    Dropped,
    Expired,
    Forwarded,
    Generated,
    Kept,
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
    """One data unit. Mission times in seconds, None for what has not happened. path: by node, in order of arrival."""

    id: BundleId
    name: str
    destination: Eid
    priority: int
    octets: int
    sha256: str
    acknowledgement: bool
    generated_s: float
    delivered_s: float | None = None
    delivered_sha256: str | None = None
    acknowledged_s: float | None = None
    expired_s: float | None = None
    path: dict[int, Passage] = field(default_factory=dict)

    @property
    def intact(self) -> bool | None:
        """Whether the delivered octets are the generated ones; None before delivery."""
        return None if self.delivered_sha256 is None else self.delivered_sha256 == self.sha256


@dataclass(frozen=True)
class Balance:
    """Octets of payload at one instant. places: copies on the move, by node and link (retained ones not counted)."""

    generated: int
    delivered: int
    held: int
    expired: int
    places: dict[str, int]

    @property
    def closes(self) -> bool:
        """Whether every octet is accounted for."""
        return self.generated == self.delivered + self.held + self.expired


class Ledger:
    """The account of one network."""

    def __init__(self) -> None:
        self.entries: dict[BundleId, Entry] = {}
        self.dropped: list[tuple[float, int, Dropped]] = []

    def record(self, now: float, node: int, action: Action) -> None:
        """Enter what a node did at mission time ``now``; actions that are no part of the account are ignored."""
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
                    action.acknowledgement,
                    now,
                )
                self._store(now, node, id_, len(payload))
            case Kept(id_, octets):
                self._store(now, node, id_, octets)
            case Forwarded(id_, _, octets, wire_octets, started):
                passage = self.entries[id_].path[node]
                passage.sent += octets
                passage.wire_octets += wire_octets
                passage.first_sent_s = started if passage.first_sent_s is None else passage.first_sent_s
                passage.last_sent_s = now
            case Deliver(id=id_, payload=payload):
                entry = self.entries[id_]
                entry.delivered_s, entry.delivered_sha256 = now, hashlib.sha256(payload).hexdigest()
            case Acknowledged(id_):
                self.entries[id_].acknowledged_s = now
            case Expired(id_):
                entry = self.entries[id_]
                if entry.delivered_s is None and entry.expired_s is None:
                    entry.expired_s = now
            case Dropped():
                self.dropped.append((now, node, action))

    def _store(self, now: float, node: int, id_: BundleId, octets: int) -> None:
        passage = self.entries[id_].path.setdefault(node, Passage())
        passage.stored += octets
        passage.first_stored_s = now if passage.first_stored_s is None else passage.first_stored_s
        passage.last_stored_s = now

    def balance(self, found: Iterable[Found]) -> Balance:
        """Close the account with the copies found in stores and on links at this instant."""
        open_ = {
            id_: Ranges()
            for id_, entry in self.entries.items()
            if entry.delivered_s is None and entry.expired_s is None
        }
        places: dict[str, int] = {}
        for copy in found:
            if copy.id in open_:
                open_[copy.id].add(copy.offset, copy.offset + copy.octets)
                if copy.moving:
                    places[copy.place] = places.get(copy.place, 0) + copy.octets
        entries = self.entries.values()
        return Balance(
            generated=sum(entry.octets for entry in entries),
            delivered=sum(entry.octets for entry in entries if entry.delivered_s is not None),
            held=sum(ranges.count for ranges in open_.values()),
            expired=sum(entry.octets for entry in entries if entry.expired_s is not None),
            places=dict(sorted(places.items())),
        )

    def table(self) -> list[dict[str, Any]]:
        """One row for each data unit in order of generation; every value fits JSON."""
        return [_row(entry) for entry in self.entries.values()]


@dataclass(frozen=True, slots=True)
class Found:
    """A copy of some octets of a data unit, and the node or link (``10``, ``10>20``) it was found at.

    moving: on its way; else it is kept by a source until acknowledged, or on a link already.
    """

    place: str
    id: BundleId
    offset: int
    octets: int
    moving: bool

    @classmethod
    def of(cls, place: str, bundle: Bundle, moving: bool) -> Found:
        """A bundle found at a place."""
        return cls(place, bundle.id, bundle.primary.offset, len(bundle.payload), moving)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "id": f"{entry.id.source}-{entry.id.created_ms}-{entry.id.sequence}",
        "name": entry.name,
        "source": str(entry.id.source),
        "destination": str(entry.destination),
        "priority": entry.priority,
        "acknowledgement": entry.acknowledgement,
        "octets": entry.octets,
        "sha256": entry.sha256,
        "generated_s": entry.generated_s,
        "delivered_s": entry.delivered_s,
        "intact": entry.intact,
        "acknowledged_s": entry.acknowledged_s,
        "expired_s": entry.expired_s,
        "path": [
            {"node": node, **{name: getattr(passage, name) for name in Passage.__slots__}}
            for node, passage in entry.path.items()
        ],
    }
