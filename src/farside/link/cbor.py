"""The few CBOR forms that bundles are made of, written and walked by offset (RFC 8949).

A bundle of 64 kB is one long byte string between a few short items: walking heads by offset is some hundred times
cheaper than building objects, and leaves the received bytes of each block at hand for its checksum.
"""

from __future__ import annotations

UINT, BYTES, TEXT, ARRAY = 0, 2, 3, 4
"""Major types."""

_LIMITS = ((24, 1 << 8, 1), (25, 1 << 16, 2), (26, 1 << 32, 4), (27, 1 << 64, 8))


class NotCbor(ValueError):
    """The bytes are not the deterministic CBOR that RFC 9171 section 4.1 asks for."""


def head(major: int, value: int) -> bytes:
    """Initial bytes of an item, in the shortest form. value: the integer, or the length of what follows."""
    if value < 24:
        return bytes((major << 5 | value,))
    for info, limit, width in _LIMITS:
        if value < limit:
            return bytes((major << 5 | info,)) + value.to_bytes(width, "big")
    raise OverflowError(f"{value} does not fit the 64 bits of a CBOR head")


def uint(value: int) -> bytes:
    """Encode an unsigned integer."""
    return head(UINT, value)


def byte_string(data: bytes) -> bytes:
    """Encode a byte string."""
    return head(BYTES, len(data)) + data


def number(value: object) -> int:
    """A decoded item that has to be an unsigned integer of 64 bits. Raises ValueError."""
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise ValueError(f"{type(value).__name__} where a number from 0 belongs")
    return value


def read_head(data: bytes, at: int) -> tuple[int, int, int]:
    """Major type, value and offset after the head at ``at``. Raises NotCbor for a longer head than needed."""
    if at >= len(data):
        raise NotCbor(f"ends at octet {at}, inside an item")
    first = data[at]
    info = first & 0x1F
    if info < 24:
        return first >> 5, info, at + 1
    if info > 27:
        raise NotCbor(f"octet {at}: head {first:#04x} is not used in bundles")
    width = 1 << (info - 24)
    value = int.from_bytes(data[at + 1 : at + 1 + width], "big")
    if at + 1 + width > len(data):
        raise NotCbor(f"ends at octet {len(data)}, inside an item")
    if value < (24 if width == 1 else 1 << 4 * width):
        raise NotCbor(f"octet {at}: {value} in {width} octets is not its shortest form")
    return first >> 5, value, at + 1 + width


def read(data: bytes, at: int, major: int) -> tuple[int, int]:
    """Value and offset after the head at ``at``, which must be of the ``major`` type. Raises NotCbor."""
    found, value, after = read_head(data, at)
    if found != major:
        raise NotCbor(f"octet {at}: major type {found} where {major} belongs")
    return value, after


def read_uint(data: bytes, at: int) -> tuple[int, int]:
    """Unsigned integer at ``at`` and the offset after it. Raises NotCbor."""
    return read(data, at, UINT)


def read_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    """Byte string at ``at`` and the offset after it. Raises NotCbor."""
    length, start = read(data, at, BYTES)
    end = start + length
    if end > len(data):
        raise NotCbor(f"octet {at}: a string of {length} octets runs past the end")
    return data[start:end], end
