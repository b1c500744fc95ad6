"""One pass over a bundle's bytes: where its blocks lie and what their heads say (RFC 8949, RFC 9171 section 4).

The kernel accepts exactly the CBOR that RFC 9171 section 4.1 asks for (shortest heads, known lengths) and never reads
past the end, so that its answer is either a whole bundle or a place and a reason. Payloads are skipped, not looked at.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
Numbers = NDArray[np.uint64]

MOST_BLOCKS: Final = 200
"""A bundle of more blocks is refused."""

PRIMARY: Final = 19
"""Numbers found in a primary block: flags, checksum kind, three endpoints (kind, a, b), creation ms, sequence,
lifetime, offset, total, start and end of the block, start and end of the bundle."""
CANONICAL: Final = 8
"""Numbers found in each other block: type, number, flags, checksum kind, start and end of its data, start and end of
the block."""
SHORT: Final = 256
"""CRC-32C checksums of blocks up to this length are verified here; those of longer ones, and CRC-16, by others."""

NONE, IPN, DTN = 0, 1, 2
"""Kinds of endpoint: (0, 0, 0), (1, node, service), (2, start of the text, length)."""

REASONS = (
    "",
    "ends inside an item",
    "an item of the wrong kind",
    "a number not in its shortest form",
    "does not begin with an array of indefinite length",
    "not version 7",
    "a primary block of the wrong number of items",
    "a checksum of unknown kind",
    "a malformed endpoint",
    "a malformed creation timestamp",
    "a block of the wrong number of items",
    "a string that runs past the end",
    f"more than {MOST_BLOCKS} blocks",
    "a checksum of the wrong length",
    "changed on the way (checksum)",
    "not one payload block, numbered 1, at the end",
    "two blocks with one number",
)
"""What can be wrong, by code."""

(_SHORT, _KIND, _LONG, _START, _VERSION, _COUNT, _CRC, _EID, _TIME, _BLOCK, _STRING, _MANY, _WIDTH) = range(1, 14)
_CHANGED, _PAYLOAD, _TWICE = range(14, 17)
_UINT, _BYTES, _TEXT, _ARRAY = 0, 2, 3, 4
_OPEN, _BREAK = 0x9F, 0xFF


@njit(cache=True, nogil=True, error_model="numpy")
def head(data: Octets, at: int, major: int, out: Numbers) -> int:
    """Head of major type ``major`` at ``at``: its value goes to out[0]; returns the offset after it, or -code."""
    n = data.size
    if at >= n:
        return -_SHORT
    first = data[at]
    if first >> 5 != major:
        return -_KIND
    info = first & 0x1F
    if info < 24:
        out[0] = info
        return at + 1
    if info > 27:
        return -_KIND
    width = 1 << (info - 24)
    if at + 1 + width > n:
        return -_SHORT
    value = np.uint64(0)
    for k in range(width):
        value = (value << np.uint64(8)) | np.uint64(data[at + 1 + k])
    least = np.uint64(24) if width == 1 else np.uint64(1) << np.uint64(4 * width)
    if value < least:
        return -_LONG
    out[0] = value
    return at + 1 + width


@njit(cache=True, nogil=True, error_model="numpy")
def endpoint(data: Octets, at: int, out: Numbers) -> int:
    """Endpoint at ``at``: kind, a, b go to out[0:3]; returns the offset after it, or -code."""
    one = np.empty(1, np.uint64)
    after = head(data, at, _ARRAY, one)
    if after < 0:
        return after
    if one[0] != 2:
        return -_EID
    after = head(data, after, _UINT, one)
    if after < 0:
        return after
    scheme = one[0]
    if after >= data.size:
        return -_SHORT
    major = data[after] >> 5
    if scheme == 1 and data[after] == 0:
        out[0], out[1], out[2] = 0, 0, 0
        return after + 1
    if scheme == 1 and major == _TEXT:
        after = head(data, after, _TEXT, one)
        if after < 0:
            return after
        if one[0] == 0:
            return -_EID
        if one[0] > np.uint64(data.size - after):
            return -_STRING
        out[0], out[1], out[2] = DTN, after, one[0]
        return after + np.int64(one[0])
    if scheme == 2 and major == _ARRAY:
        after = head(data, after, _ARRAY, one)
        if after < 0:
            return after
        count = one[0]
        if count != 2 and count != 3:
            return -_EID
        allocator = np.uint64(0)
        if count == 3:
            after = head(data, after, _UINT, one)
            if after < 0:
                return after
            allocator = one[0]
        after = head(data, after, _UINT, one)
        if after < 0:
            return after
        node = one[0]
        if count == 3 and (node >> np.uint64(32) or allocator >> np.uint64(32)):
            return -_EID
        after = head(data, after, _UINT, one)
        if after < 0:
            return after
        if not node and not allocator and one[0]:  # node 0 is nobody, who has no services (RFC 9758 section 3.4.1)
            return -_EID
        out[0], out[1], out[2] = IPN, (allocator << np.uint64(32)) | node, one[0]
        return after
    return -_EID


def _table() -> NDArray[np.uint32]:
    """CRC-32C (Castagnoli) of each octet; reflected polynomial 0x82F63B78."""
    table = np.zeros(256, np.uint32)
    for n in range(256):
        crc = n
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table[n] = crc
    return table


_CASTAGNOLI = _table()


@njit(cache=True, nogil=True, error_model="numpy")
def checksum_end(data: Octets, start: int, at: int, kind: int) -> int:
    """Offset after the checksum that begins at ``at`` and is that of a block from ``start``, or -code."""
    if kind == 0:
        return at
    width = 2 if kind == 1 else 4
    end = at + 1 + width
    if end > data.size:
        return -_SHORT
    if data[at] != (_BYTES << 5 | width):
        return -_WIDTH
    if kind == 2 and end - start <= SHORT:
        crc = np.uint32(0xFFFFFFFF)
        for k in range(start, end):
            octet = data[k] if k < end - 4 else np.uint8(0)
            crc = _CASTAGNOLI[(crc ^ np.uint32(octet)) & np.uint32(0xFF)] ^ (crc >> np.uint32(8))
        crc = ~crc
        for k in range(4):
            if data[end - 4 + k] != np.uint8(crc >> np.uint32(24 - 8 * k)):
                return -_CHANGED
    return end


@njit(cache=True, nogil=True, error_model="numpy")
def primary(data: Octets, start: int, out: Numbers) -> int:
    """Primary block at ``start``: fills out[0:17]; returns the offset after it, or -code."""
    one = np.empty(1, np.uint64)
    at = head(data, start, _ARRAY, one)
    if at < 0:
        return at
    count = one[0]
    at = head(data, at, _UINT, one)
    if at < 0:
        return at
    if one[0] != 7:
        return -_VERSION
    for k in range(2):
        at = head(data, at, _UINT, one)
        if at < 0:
            return at
        out[k] = one[0]
    if out[1] > 2:
        return -_CRC
    fragment = out[0] & np.uint64(1)
    if count != np.uint64(8) + np.uint64(2) * fragment + np.uint64(out[1] > 0):
        return -_COUNT
    for k in range(3):
        at = endpoint(data, at, out[2 + 3 * k :])
        if at < 0:
            return at
    at = head(data, at, _ARRAY, one)
    if at < 0:
        return at
    if one[0] != 2:
        return -_TIME
    for k in range(11, 16 if fragment else 14):
        at = head(data, at, _UINT, one)
        if at < 0:
            return at
        out[k] = one[0]
    if not fragment:
        out[14], out[15] = 0, 0
    out[16] = start
    return checksum_end(data, start, at, out[1])


@njit(cache=True, nogil=True, error_model="numpy")
def canonical(data: Octets, start: int, out: Numbers) -> int:
    """Extension or payload block at ``start``: fills out[0:7]; returns the offset after it, or -code."""
    one = np.empty(1, np.uint64)
    at = head(data, start, _ARRAY, one)
    if at < 0:
        return at
    count = one[0]
    for k in range(4):
        at = head(data, at, _UINT, one)
        if at < 0:
            return at
        out[k] = one[0]
    if out[3] > 2:
        return -_CRC
    if count != np.uint64(5) + np.uint64(out[3] > 0):
        return -_BLOCK
    at = head(data, at, _BYTES, one)
    if at < 0:
        return at
    if one[0] > np.uint64(data.size - at):
        return -_STRING
    end = at + np.int64(one[0])
    out[4], out[5], out[6] = at, end, start
    return checksum_end(data, start, end, out[3])


@njit(cache=True, nogil=True, error_model="numpy")
def walk(data: Octets, start: int, out: Numbers) -> int:
    """Walk the bundle that begins at ``start``: number of its blocks without the primary, or -code.

    out (``PRIMARY + CANONICAL * MOST_BLOCKS``): the numbers of the primary block (19: see PRIMARY), then eight a
    block. In the case of an error out[16] is the offset of the block it is in.
    """
    out[16], out[18] = start, start
    if start >= data.size or data[start] != _OPEN:
        return -_START
    at = primary(data, start + 1, out)
    if at < 0:
        return at
    out[17] = at
    blocks = 0
    while at < data.size and data[at] != _BREAK:
        if blocks == MOST_BLOCKS:
            return -_MANY
        base = PRIMARY + CANONICAL * blocks
        begin = at
        at = canonical(data, begin, out[base:])
        if at < 0:
            out[16] = begin
            return at
        out[base + 7] = at
        for other in range(PRIMARY + 1, base, CANONICAL):
            if out[other] == out[base + 1]:
                out[16] = begin
                return -_TWICE
        blocks += 1
    if at >= data.size:
        out[16] = at
        return -_SHORT
    out[18] = at + 1
    for base in range(PRIMARY, PRIMARY + CANONICAL * blocks, CANONICAL):
        if (out[base] == 1) != (base == PRIMARY + CANONICAL * (blocks - 1)):
            out[16] = out[base + 6]
            return -_PAYLOAD
    if blocks == 0 or out[PRIMARY + CANONICAL * (blocks - 1) + 1] != 1:
        return -_PAYLOAD
    return blocks
