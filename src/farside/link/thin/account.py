"""The account of thin mode: what became of every payload.

    generated = delivered + held + expired + lost        at every instant, in octets of payload

The left side and the ends are counted as they happen; ``held`` is found by looking into stores and links.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from farside.link.eid import Eid
from farside.link.journey import Priority


class PayloadId(NamedTuple):
    """Where a payload came from, the APID of its packets, and its number among all of the network."""

    source: Eid
    apid: int
    number: int


@dataclass(slots=True)
class Entry:
    """One payload. Mission times in seconds, None for what has not happened.

    wire_octets: of the transfer frames that carried it, also for others. lost_s: when its last frame came or would have
    come, if any of its packets is missing then. received_octets: of its packets that came.
    """

    id: PayloadId
    name: str
    destination: Eid
    priority: Priority
    octets: int
    sha256: str
    generated_s: float
    first_sent_s: float | None = None
    last_sent_s: float | None = None
    wire_octets: int = 0
    delivered_s: float | None = None
    lost_s: float | None = None
    received_octets: int = 0
    expired_s: float | None = None

    @property
    def intact(self) -> bool | None:
        """Whether it came whole; None before its end."""
        return True if self.delivered_s is not None else None if self.lost_s is None else False


@dataclass(frozen=True)
class ThinBalance:
    """Octets of payload at one instant. places: what is held, by node (``10``) and by way (``10>40``)."""

    generated: int
    delivered: int
    held: int
    expired: int
    lost: int
    places: dict[str, int]

    @property
    def closes(self) -> bool:
        """Whether every octet is accounted for."""
        return self.generated == self.delivered + self.held + self.expired + self.lost


class ThinLedger:
    """The account of one network."""

    def __init__(self) -> None:
        self.entries: dict[PayloadId, Entry] = {}

    @property
    def incomplete(self) -> int:
        """Payloads of which something came, but not all."""
        return sum(entry.lost_s is not None and entry.received_octets > 0 for entry in self.entries.values())

    def balance(self, places: dict[str, int]) -> ThinBalance:
        """Close the account with what is found at each place at this instant."""
        entries = self.entries.values()
        return ThinBalance(
            generated=sum(entry.octets for entry in entries),
            delivered=sum(entry.octets for entry in entries if entry.delivered_s is not None),
            held=sum(places.values()),
            expired=sum(entry.octets for entry in entries if entry.expired_s is not None),
            lost=sum(entry.octets for entry in entries if entry.lost_s is not None),
            places=dict(sorted(places.items())),
        )

    def table(self) -> list[dict[str, Any]]:
        """One row for each payload in order of generation; every value fits JSON."""
        return [_row(entry) for entry in self.entries.values()]


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "id": f"{entry.id.source}-{entry.id.apid}-{entry.id.number}",
        "name": entry.name,
        "source": str(entry.id.source),
        "destination": str(entry.destination),
        "priority": int(entry.priority),
        "octets": entry.octets,
        "sha256": entry.sha256,
        "generated_s": entry.generated_s,
        "first_sent_s": entry.first_sent_s,
        "last_sent_s": entry.last_sent_s,
        "wire_octets": entry.wire_octets,
        "delivered_s": entry.delivered_s,
        "intact": entry.intact,
        "lost_s": entry.lost_s,
        "received_octets": entry.received_octets,
        "expired_s": entry.expired_s,
    }
