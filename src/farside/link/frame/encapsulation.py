"""Encapsulation packets (CCSDS 133.1-B-3): octets of other protocols, such as bundles, beside space packets.

    | version 111, protocol 3 b, length of length 2 b | (4 b user, 4 b extension) | (16 b reserved) | length | data

The length counts the header, too, and takes 0, 1, 2 or 4 octets; the header takes 1, 2, 4 or 8.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from farside.errors import BadInput
from farside.link.frame.damaged import DamagedUnit


class Protocol(IntEnum):
    """What is inside."""

    IDLE = 0b000
    LTP = 0b001
    BUNDLE = 0b100


HEADERS = (1, 2, 4, 8)
"""Octets of the header, by its code for the length of the length."""
WIDTHS = (0, 1, 2, 4)
"""Octets of the length, by the same code."""
VERSION = 0b111
IDLE_OCTET = b"\xe0"
"""The shortest idle packet, a single octet."""


class Encapsulated(NamedTuple):
    """What an encapsulation packet holds. protocol: one of Protocol, or another number."""

    protocol: int
    data: bytes


def encapsulate(protocol: int, data: bytes) -> bytes:
    """The shortest encapsulation packet that holds ``data``.

    Raises BadInput where there is nothing to hold, for more than a length of 32 bits can say, and for a protocol that
    three bits cannot.
    """
    if not 0 <= protocol < 8:
        raise BadInput("encapsulation packet", "protocol", protocol, "a number from 0 to 7")
    for code, (header, width) in enumerate(zip(HEADERS, WIDTHS, strict=True)):
        octets = header + len(data)
        if data and width and octets < 1 << 8 * width:
            first = bytes([VERSION << 5 | protocol << 2 | code])
            return b"".join((first, bytes(header - width - 1), octets.to_bytes(width, "big"), data))
    raise BadInput("encapsulation packet", "data", f"{len(data)} octets", "1 to 4,294,967,287 octets")


def encapsulation_octets(stream: bytes | bytearray | memoryview, at: int) -> int | None:
    """Octets of the packet whose header starts at ``at``; None where that is not whole yet. Raises DamagedUnit."""
    code = stream[at] & 3
    header, width = HEADERS[code], WIDTHS[code]
    if at + header > len(stream):
        return None
    octets = int.from_bytes(stream[at + header - width : at + header], "big") if width else 1
    if octets < header:
        raise DamagedUnit(f"an encapsulation packet of {octets} octets with a header of {header}")
    return octets


def read_encapsulation(octets: bytes) -> Encapsulated:
    """What the one packet holds that ``octets`` are. Raises DamagedUnit."""
    if not octets or octets[0] >> 5 != VERSION or encapsulation_octets(octets, 0) != len(octets):
        raise DamagedUnit(f"{len(octets)} octets that are no encapsulation packet")
    return Encapsulated(octets[0] >> 2 & 7, octets[HEADERS[octets[0] & 3] :])
