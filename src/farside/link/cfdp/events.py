"""What a file service is told, and what it wants done. Links and time are those of a bundle node."""

from __future__ import annotations

from dataclasses import dataclass, field

from farside.link.events import LinkDown, LinkUp, Ready, Wake, WakeAt

# Events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Put:
    """Somebody wants a file at entity ``destination``."""

    name: str
    data: bytes = field(repr=False)
    destination: int


@dataclass(frozen=True, slots=True)
class Pdu:
    """A datagram has come in: one protocol data unit, or whatever damage has made of it."""

    octets: bytes = field(repr=False)


Event = Put | Pdu | LinkUp | LinkDown | Ready | Wake

# Actions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """Send a protocol data unit to entity ``neighbour``, and report Ready when all that was given has left."""

    neighbour: int
    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A whole file has come from entity ``source``; its checksum is right."""

    source: int
    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrived:
    """The file put for entity ``destination`` is there whole, as that entity says."""

    destination: int
    name: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A file to or from entity ``peer`` was given up. name: empty where it was never learned."""

    peer: int
    name: str
    why: str


Action = Send | Delivered | Arrived | Failed | WakeAt
