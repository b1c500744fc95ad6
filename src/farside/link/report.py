"""Bundle status reports: what a node tells of a bundle's fate to whoever asked (RFC 9171 section 6.1).

[1, [[[received], [forwarded], [delivered], [deleted]], reason, source, [created ms, sequence], (offset, length)]]
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import cbor2

from farside.link import cbor
from farside.link.bundle import BundleId, DamagedBundle
from farside.link.eid import NOBODY, Eid

RECORD_TYPE = 1
"""Administrative record type of a status report."""


class Reason(IntEnum):
    """Why something happened to a bundle (RFC 9171 section 9.5, RFC 9172 section 11.3)."""

    NONE = 0
    LIFETIME = 1
    UNIDIRECTIONAL = 2
    CANCELLED = 3
    STORAGE = 4
    ENDPOINT = 5
    NO_ROUTE = 6
    NO_TIMELY_CONTACT = 7
    UNINTELLIGIBLE = 8
    HOPS = 9
    PARED = 10
    UNSUPPORTED = 11
    SECURITY_MISSING = 12
    SECURITY_UNKNOWN = 13
    SECURITY_FAILED = 15
    SECURITY_CONFLICT = 16


class Report(NamedTuple):
    """What happened (0 received, 1 forwarded, 2 delivered, 3 deleted) to which bundle, why, and when (BP ms, 0
    unknown).

    offset, octets: the fragment it is about, None for a whole bundle.
    """

    what: int
    id: BundleId
    reason: int = Reason.NONE
    time_ms: int = 0
    offset: int | None = None
    octets: int = 0


RECEIVED, FORWARDED, DELIVERED, DELETED = range(4)


def pack(report: Report) -> bytes:
    """Encode a status report; its time is told where it is known."""
    items: list[list[Any]] = [[False], [False], [False], [False]]
    items[report.what] = [True, report.time_ms] if report.time_ms else [True]
    source, created_ms, sequence = report.id
    body = [items, int(report.reason), _eid(source), [created_ms, sequence]]
    if report.offset is not None:
        body += [report.offset, report.octets]
    return bytes(cbor2.dumps([RECORD_TYPE, body]))


def unpack(payload: bytes) -> Report | None:
    """Read a status report; None for an administrative record of another type. Raises DamagedBundle."""
    try:
        kind, body = cbor2.loads(payload)
        if kind != RECORD_TYPE:
            return None
        items, reason, source, (created_ms, sequence), *fragment = body
        what = max(k for k, item in enumerate(items) if item[0])
        time_ms = cbor.number(items[what][1]) if len(items[what]) > 1 else 0
        offset, octets = (cbor.number(fragment[0]), cbor.number(fragment[1])) if len(fragment) == 2 else (None, 0)
        id_ = BundleId(_read_eid(source), cbor.number(created_ms), cbor.number(sequence))
        return Report(what, id_, cbor.number(reason), time_ms, offset, octets)
    except (ValueError, TypeError, LookupError, EOFError, RecursionError, MemoryError, cbor2.CBORError) as error:
        raise DamagedBundle(f"administrative record: {error}") from None


def _eid(eid: Eid) -> list[Any]:
    if eid.dtn or not eid.node:
        return [1, eid.dtn or 0]
    allocator, node = divmod(eid.node, 1 << 32)
    return [2, [allocator, node, eid.service] if allocator else [node, eid.service]]


def _read_eid(value: Any) -> Eid:
    scheme, body = value
    if scheme == 2:
        *allocator, node, service = (cbor.number(number) for number in body)
        return Eid(allocator[0] << 32 | node if allocator else node, service)
    return Eid(0, 0, str(body)) if body else NOBODY
