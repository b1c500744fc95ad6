"""What a node is told, and what it wants done: the whole vocabulary between protocol and driver.

A driver (virtual time, or sockets) turns the outside into events, hands each to ``Node.handle`` and carries out the
actions that come back, in order, once what they rest on is durable. Notes ask for nothing: they tell the ledger what
happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from farside.link.bundle import BundleId
from farside.link.eid import Eid
from farside.link.journey import Priority

# Events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submit:
    """An application wants ``payload`` carried. name: what the ledger calls it; it does not travel.

    ordinal: 0 to 254, rank within the priority.
    """

    destination: Eid
    payload: bytes = field(repr=False)
    priority: Priority
    lifetime_s: float
    name: str = ""
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class LinkUp:
    """A neighbour can be reached, by the plan until mission time ``until``."""

    neighbour: int
    rate_bps: float
    until: float


@dataclass(frozen=True, slots=True)
class LinkDown:
    """A neighbour can no longer be reached. What was given to the link stays with it."""

    neighbour: int


@dataclass(frozen=True, slots=True)
class Ready:
    """What was given to a neighbour's link has left, or is about to: it can take more."""

    neighbour: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A neighbour has bundles safely in its store."""

    neighbour: int
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """A neighbour's link has given bundles up: it refused them, or cannot tell what became of them."""

    neighbour: int
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """Bundles have come in from a neighbour, who waits for Accept or Refuse of this ``ticket``."""

    neighbour: int
    ticket: int
    bundles: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Consumed:
    """The application has a delivered payload; it need not be kept for it any more."""

    id: BundleId


@dataclass(frozen=True, slots=True)
class Wake:
    """The time ``t`` asked for by WakeAt has come."""

    t: float


Event = Submit | LinkUp | LinkDown | Ready | Taken | Lost | Received | Consumed | Wake

# Actions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send bundles (token and bytes of each) to a neighbour; report Ready, then Taken or Lost for each token.

    urgent: before what was given earlier. newest: the vault's largest key among them; where that is durable, so are
    they.
    """

    neighbour: int
    bundles: tuple[tuple[int, bytes], ...] = field(repr=False)
    urgent: bool = False
    newest: int = 0


@dataclass(frozen=True, slots=True)
class Accept:
    """What came under a ticket is kept: it may be acknowledged to the neighbour."""

    neighbour: int
    ticket: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """What came under a ticket is not kept: damaged, or no room. The neighbour has to keep it."""

    neighbour: int
    ticket: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand a whole payload to the application at ``destination.service`` and report Consumed once it has it.

    created: mission time in seconds by the source's clock; by its age where it had none.
    """

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
    """A data unit was taken in; ``administrative`` tells the nodes' own from those of applications."""

    id: BundleId
    destination: Eid
    priority: Priority
    payload: bytes = field(repr=False)
    name: str
    administrative: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A bundle with ``octets`` of payload came in and was stored, to be passed on or delivered."""

    id: BundleId
    octets: int


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A bundle is safely with a neighbour. started: mission time it was given to the link; wire_octets: all its
    blocks.
    """

    id: BundleId
    neighbour: int
    octets: int
    wire_octets: int
    started: float


@dataclass(frozen=True, slots=True)
class Read:
    """An administrative record has come to the node it was for, and was read."""

    id: BundleId
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The source knows that a data unit was delivered, and has forgotten it."""

    id: BundleId


@dataclass(frozen=True, slots=True)
class Resent:
    """No acknowledgement came in time: the source sends a data unit again."""

    id: BundleId


@dataclass(frozen=True, slots=True)
class Expired:
    """The lifetime of a data unit ended here before it was delivered or acknowledged."""

    id: BundleId


@dataclass(frozen=True, slots=True)
class Evicted:
    """A bundle made room for a more urgent one, as the node's settings allow. final: it was its source's own copy."""

    id: BundleId
    octets: int
    final: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """Security refused a data unit at its destination, or says so to its source."""

    id: BundleId
    why: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A bundle was thrown away. id: None where the bytes could not be read."""

    id: BundleId | None
    octets: int
    why: str


@dataclass(frozen=True, slots=True)
class PushedBack:
    """A neighbour's bundles were not taken: no room, or damaged on the way."""

    neighbour: int
    octets: int
    why: str


@dataclass(frozen=True, slots=True)
class ClockDiffers:
    """The clocks of a source and of this node do not agree; told once for each source node.

    seconds: how much older its bundles are by both clocks than the nodes on their way have counted: its clock is behind
    this node's, or a bundle was long on a link. Below 0: its clock is ahead of this node's. Lifetimes go by the count.
    """

    source: int
    seconds: float


Note = (
    Generated
    | Kept
    | Read
    | Forwarded
    | Acknowledged
    | Resent
    | Expired
    | Evicted
    | Rejected
    | Dropped
    | PushedBack
    | ClockDiffers
)
Action = Transmit | Accept | Refuse | Deliver | WakeAt | Note
