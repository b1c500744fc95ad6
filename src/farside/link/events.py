"""What a node is told, and what it wants done: the whole vocabulary between protocol and driver.

A driver (virtual time, or sockets) turns the outside into events, hands each to ``Node.handle`` and carries out the
actions that come back, in order. Notes ask for nothing: they tell the ledger what happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from farside.link.bundle import BundleId
from farside.link.eid import Eid
from farside.link.journey import Priority

# Events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submit:
    """An application wants ``payload`` carried. name: what the ledger calls it; it does not travel."""

    destination: Eid
    payload: bytes = field(repr=False)
    priority: Priority
    lifetime_s: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """A neighbour can be reached until mission time ``until``."""

    neighbour: int
    rate_bps: float
    until: float


@dataclass(frozen=True, slots=True)
class LinkDown:
    """A neighbour can no longer be reached."""

    neighbour: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The last bit of what was being transmitted to a neighbour has left."""

    neighbour: int


@dataclass(frozen=True, slots=True)
class Received:
    """The last bit of a bundle has come in."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wake:
    """The time ``t`` asked for by WakeAt has come."""

    t: float


Event = Submit | LinkUp | LinkDown | Sent | Received | Wake

# Actions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send these bytes to a neighbour, and report Sent when they have left."""

    neighbour: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand a whole payload to the application at ``destination.service``. created: mission time in seconds."""

    id: BundleId
    destination: Eid
    created: float
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Report ``Wake(t)`` at mission time ``t``."""

    t: float


# Notes -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Generated:
    """A data unit was taken in; ``acknowledgement`` tells the nodes' own from those of applications."""

    id: BundleId
    destination: Eid
    priority: Priority
    payload: bytes = field(repr=False)
    name: str
    acknowledgement: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A bundle with ``octets`` of payload came in and was stored to be passed on."""

    id: BundleId
    octets: int


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A bundle has left for a neighbour. started: mission time of its first bit; wire_octets: with all its blocks."""

    id: BundleId
    neighbour: int
    octets: int
    wire_octets: int
    started: float


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The source knows that a data unit was delivered, and has forgotten it."""

    id: BundleId


@dataclass(frozen=True, slots=True)
class Expired:
    """The lifetime of a data unit ended before it was delivered."""

    id: BundleId


@dataclass(frozen=True, slots=True)
class Dropped:
    """A bundle was refused or thrown away. id: None where the bytes could not be read."""

    id: BundleId | None
    octets: int
    why: str


Note = Generated | Kept | Forwarded | Acknowledged | Expired | Dropped
Action = Transmit | Deliver | WakeAt | Note
