"""Packets out of a stream of octets: space packets (version 000) and encapsulation packets (version 111)."""

from __future__ import annotations

from struct import Struct

from farside.link.frame.damaged import DamagedUnit
from farside.link.frame.encapsulation import IDLE_OCTET, VERSION, encapsulation_octets
from farside.link.frame.packet import HEADER, IDLE_APID

_LENGTH = Struct(">H")


def split(stream: bytes) -> tuple[list[bytes], bytes]:
    """The whole packets that a stream starts with, and the rest. Raises DamagedUnit where no packet can start."""
    packets, at, end = [], 0, len(stream)
    while at < end:
        version = stream[at] >> 5
        if version == 0:
            if at + HEADER > end:
                break
            octets: int | None = HEADER + 1 + _LENGTH.unpack_from(stream, at + 4)[0]
        elif version == VERSION:
            octets = encapsulation_octets(stream, at)
        else:
            raise DamagedUnit(f"octet {at}: a packet of unknown version {version}")
        if octets is None or at + octets > end:
            break
        packets.append(stream[at : at + octets])
        at += octets
    return packets, stream[at:]


def is_idle(packet: bytes) -> bool:
    """Whether a packet only fills."""
    if packet[0] >> 5 == VERSION:
        return packet[0] & 0xFC == IDLE_OCTET[0]
    return int.from_bytes(packet[:2], "big") & 0x7FF == IDLE_APID
