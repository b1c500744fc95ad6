"""Checksums of bundle blocks: CRC-16 X.25 and CRC-32C (RFC 9171 section 4.2.1)."""

from __future__ import annotations

from enum import IntEnum

import fastcrc
import google_crc32c


class Crc(IntEnum):
    """Kind of checksum that ends a block."""

    NONE = 0
    X25 = 1
    CASTAGNOLI = 2


WIDTH = {Crc.NONE: 0, Crc.X25: 2, Crc.CASTAGNOLI: 4}
"""Octets of each checksum."""


def seal(kind: Crc, block: bytes) -> bytes:
    """End ``block`` (all its other items) with its checksum, a byte string computed over the block with it zeroed."""
    if kind is Crc.NONE:
        return block
    body = block + (b"\x42" if kind is Crc.X25 else b"\x44")
    return body + _value(kind, body)


def intact(kind: Crc, block: bytes) -> bool:
    """Whether a received block, checksum included, is what its sender wrote."""
    width = WIDTH[kind]
    return not width or _value(kind, block[:-width]) == block[-width:]


def _value(kind: Crc, body: bytes) -> bytes:
    if kind is Crc.X25:
        return int(fastcrc.crc16.ibm_sdlc(body + b"\0\0")).to_bytes(2, "big")
    return int(google_crc32c.extend(google_crc32c.value(body), b"\0\0\0\0")).to_bytes(4, "big")
