"""Aggregated delivery acknowledgements: one small administrative record for many data units.

The forward link carries 125 bit/s against 555,000 back: a status report per bundle would drown it. This record names
delivered data units by ranges of sequence numbers, for each service of the source that they came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cbor2

from farside.link import cbor
from farside.link.bundle import DamagedBundle

RECORD_TYPE = 65536
"""First administrative record type for private use (RFC 9713)."""


def pack(delivered: Mapping[int, Sequence[tuple[int, int]]]) -> bytes:
    """Encode, for each service, the half-open ranges of delivered sequence numbers in order.

    Form: [65536, [[service, gap, length, gap, length, ...], ...]], each gap counted from the end of the range before.
    """
    lists = []
    for service, ranges in sorted(delivered.items()):
        numbers, last = [service], 0
        for start, stop in ranges:
            numbers += [start - last, stop - start]
            last = stop
        lists.append(numbers)
    return bytes(cbor2.dumps([RECORD_TYPE, lists]))


def unpack(payload: bytes) -> dict[int, list[tuple[int, int]]]:
    """Ranges for each service; none from an administrative record of another type. Raises DamagedBundle."""
    try:
        kind, lists = cbor2.loads(payload)
        if kind != RECORD_TYPE:
            return {}
        delivered: dict[int, list[tuple[int, int]]] = {}
        for service, *numbers in lists:
            last = 0
            for gap, length in zip(numbers[::2], numbers[1::2], strict=True):
                if type(gap) is not int or type(length) is not int or gap < 0 or length < 1:
                    raise ValueError(f"a range of {length} numbers, {gap} after the one before")
                delivered.setdefault(cbor.number(service), []).append((last + gap, last + gap + length))
                last = cbor.number(last + gap + length)
    except (ValueError, TypeError, LookupError, EOFError, RecursionError, MemoryError, cbor2.CBORError) as error:
        raise DamagedBundle(f"administrative record: {error}") from None
    return delivered
