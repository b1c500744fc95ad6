"""Checksums of bundle blocks: CRC-16 X.25 and CRC-32C (RFC 9171 section 4.2.1)."""

from __future__ import annotations

from enum import IntEnum

import fastcrc
from google_crc32c import extend, value


class Crc(IntEnum):
    """Kind of checksum that ends a block."""

    NONE = 0
    X25 = 1
    CASTAGNOLI = 2


WIDTH = {Crc.NONE: 0, Crc.X25: 2, Crc.CASTAGNOLI: 4}
"""Octets of each checksum."""


def seal(kind: Crc, start: bytes, data: bytes = b"") -> bytes:
    """End a block (``start`` and ``data``, all its other items) with its checksum.

    It is a byte string, computed over the block with the checksum's own octets zero.
    """
    if kind == 2:
        crc = extend(extend(value(start), data), b"\x44\0\0\0\0")
        return b"".join((start, data, b"\x44", crc.to_bytes(4, "big")))
    if kind == 1:
        crc = int(fastcrc.crc16.ibm_sdlc(start + data + b"\x42\0\0"))
        return b"".join((start, data, b"\x42", crc.to_bytes(2, "big")))
    return start + data


def intact(kind: Crc, data: bytes, start: int, end: int) -> bool:
    """Whether a received block, ``data`` from start to end with its checksum, is what its sender wrote."""
    if kind == 2:
        crc = extend(value(data[start : end - 4]), b"\0\0\0\0")
        return crc == int.from_bytes(data[end - 4 : end], "big")  # type: ignore[no-any-return]
    if kind == 1:
        return int(fastcrc.crc16.ibm_sdlc(data[start : end - 2] + b"\0\0")) == int.from_bytes(
            data[end - 2 : end], "big"
        )
    return True
