"""What an engine is told, and what it wants done: the vocabulary between LTP and its driver."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendBlock:
    """Carry a batch of ``(token, bundle)`` as one block.

    The block is the concatenation of its bundles. A bundle ends itself (its outer array is closed), so the receiver
    finds them again without any frame around each: the aggregation that ION does. urgent: it leaves before others.
    """

    batch: tuple[tuple[Any, bytes], ...] = field(repr=False)
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments have come in, each whole and unharmed."""

    segments: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accept:
    """What arrived under this ticket is kept: the peer may be told that it is there."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """What arrived under this ticket cannot be kept: the peer is told so."""

    ticket: int


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The peer can be reached until mission time ``until``; told again when any of it changes.

    out_bps: rate towards the peer; back_bps: rate of its answers; 0 where that direction does not exist now, and then
    nothing is sent, or no answer is waited for. light_s: light time one way, s.
    """

    out_bps: float
    back_bps: float
    light_s: float
    until: float = float("inf")


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The peer can no longer be reached. Data of a Send that was not reported Sent counts as not sent."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The last bit of the ``data`` of the latest Send has left."""


@dataclass(frozen=True, slots=True)
class Wake:
    """The time ``t`` asked for by WakeAt has come."""

    t: float


Event = SendBlock | Segments | Accept | Refuse | LinkUp | LinkDown | Sent | Wake

# Actions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """Send these segments, ``control`` before any data that still waits.

    data: at most about BURST_S of link time, or one segment. Report Sent when they have left; no more data comes
    before that. For control alone nothing is reported.
    """

    control: tuple[bytes, ...] = field(repr=False)
    data: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole block has come, this once; answer with Accept or Refuse."""

    ticket: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """The peer has accepted the blocks that hold these tokens."""

    tokens: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """The blocks that hold these tokens were given up, by the peer or for want of answers."""

    tokens: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """Every octet of the blocks so far has been given to the driver once: there is room for the next."""


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Report ``Wake(t)`` at mission time ``t``."""

    t: float


Action = Send | Arrived | Taken | Lost | Ready | WakeAt
