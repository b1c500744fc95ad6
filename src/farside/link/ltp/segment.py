"""Segments of the Licklider Transmission Protocol as they travel (RFC 5326 section 3).

    | version, type | engine (SDNV) | session (SDNV) | extension counts | content | trailer extensions |

Numbers are SDNVs: seven bits an octet, high bits first, the top bit set on all but the last (RFC 6256).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from farside.errors import FarsideError
from farside.link.ltp.spans import Spans

DATA, CHECKPOINT, END_OF_RED, END_OF_BLOCK = 0, 1, 2, 3
"""Types of red data; each includes the one before."""
REPORT, REPORT_ACK, CANCEL_BY_SENDER, SENDER_CANCEL_ACK, CANCEL_BY_RECEIVER, RECEIVER_CANCEL_ACK = 8, 9, 12, 13, 14, 15
BUNDLES = 1
"""Client service: bundles."""
BY_CLIENT, UNREACHABLE, TOO_MANY_TRIES, MISCOLOURED, BY_SYSTEM, TOO_MANY_ROUNDS = range(6)
"""Why a session is cancelled."""
_LONGEST_SDNV = 10


class Malformed(FarsideError):
    """Octets that are no segment; ``why`` says what is wrong."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"LTP: {why}")


class Session(NamedTuple):
    """Who sends the block, and the number that the sender gave to the session."""

    engine: int
    number: int

    def pack(self, kind: int) -> bytes:
        """Header of a segment of a type, without extensions."""
        return bytes((kind,)) + sdnv(self.engine) + sdnv(self.number) + b"\0"


class Data(NamedTuple):
    """Part of a red block. checkpoint, report: serial numbers, for types above DATA only."""

    session: Session
    kind: int
    offset: int
    data: bytes | memoryview
    checkpoint: int = 0
    report: int = 0
    client: int = BUNDLES

    def pack(self) -> bytes:
        """The segment's octets."""
        place = sdnv(self.client) + sdnv(self.offset) + sdnv(len(self.data))
        serials = sdnv(self.checkpoint) + sdnv(self.report) if self.kind else b""
        return b"".join((self.session.pack(self.kind), place, serials, self.data))


class Report(NamedTuple):
    """What has come of the octets from ``lower`` to ``upper``, when ``checkpoint`` came (0: unasked)."""

    session: Session
    serial: int
    checkpoint: int
    upper: int
    lower: int
    claims: Spans
    """Ranges of octets, counted from the block's start (they travel relative to ``lower``)."""

    def pack(self) -> bytes:
        """The segment's octets."""
        fields = [self.serial, self.checkpoint, self.upper, self.lower, len(self.claims)]
        for start, stop in self.claims:
            fields += start - self.lower, stop - start
        return self.session.pack(REPORT) + b"".join(map(sdnv, fields))


class ReportAck(NamedTuple):
    """The report ``serial`` has come."""

    session: Session
    serial: int

    def pack(self) -> bytes:
        """The segment's octets."""
        return self.session.pack(REPORT_ACK) + sdnv(self.serial)


class Cancel(NamedTuple):
    """The sender or the receiver gives the session up."""

    session: Session
    kind: int
    reason: int

    def pack(self) -> bytes:
        """The segment's octets."""
        return self.session.pack(self.kind) + bytes((self.reason,))


class CancelAck(NamedTuple):
    """The cancellation has come; ``kind`` tells whose."""

    session: Session
    kind: int

    def pack(self) -> bytes:
        """The segment's octets."""
        return self.session.pack(self.kind)


Segment = Data | Report | ReportAck | Cancel | CancelAck


@lru_cache(maxsize=1 << 14)
def sdnv(value: int) -> bytes:
    """Encode a number; kept, for the same offsets and lengths come again with each block."""
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(0x80 | value & 0x7F)
    return bytes(reversed(octets))


def read_sdnv(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """Number at ``at`` and the offset after it. Raises Malformed, or IndexError where the octets end inside it."""
    octet = data[at]
    if octet < 0x80:
        return octet, at + 1
    value, end = octet & 0x7F, at + _LONGEST_SDNV
    while octet >= 0x80:
        at += 1
        if at == end:
            raise Malformed(f"a number of more than {_LONGEST_SDNV} octets")
        octet = data[at]
        value = value << 7 | octet & 0x7F
    return value, at + 1


def unpack(octets: bytes) -> Segment:
    """Read one segment; extensions are passed over. Raises Malformed."""
    try:
        return _unpack(octets)
    except IndexError:
        raise Malformed("ends inside a field") from None


def _unpack(octets: bytes) -> Segment:
    kind = octets[0]
    if kind > 0x0F:
        raise Malformed(f"version {kind >> 4}, not 0")
    engine, at = read_sdnv(octets, 1)
    number, at = read_sdnv(octets, at)
    session, extensions = Session(engine, number), octets[at]
    at += 1
    for _ in range(extensions >> 4):
        at = _extension(octets, at)
    segment, at = _content(octets, at, kind, session)
    for _ in range(extensions & 0x0F):
        at = _extension(octets, at)
    if at != len(octets):
        raise Malformed(f"{len(octets) - at} octets more than its fields")
    return segment


def _extension(octets: bytes, at: int) -> int:
    length, at = read_sdnv(octets, at + 1)
    if at + length > len(octets):
        raise Malformed("ends inside an extension")
    return at + length


def _content(octets: bytes, at: int, kind: int, session: Session) -> tuple[Segment, int]:
    if kind <= END_OF_BLOCK:
        return _data(octets, at, kind, session)
    if kind == REPORT:
        return _report(octets, at, session)
    if kind == REPORT_ACK:
        serial, at = read_sdnv(octets, at)
        return ReportAck(session, serial), at
    if kind in (CANCEL_BY_SENDER, CANCEL_BY_RECEIVER):
        return Cancel(session, kind, octets[at]), at + 1
    if kind in (SENDER_CANCEL_ACK, RECEIVER_CANCEL_ACK):
        return CancelAck(session, kind), at
    raise Malformed(f"segments of type {kind} are not used")


def _data(octets: bytes, at: int, kind: int, session: Session) -> tuple[Data, int]:
    client, at = read_sdnv(octets, at)
    offset, at = read_sdnv(octets, at)
    length, at = read_sdnv(octets, at)
    checkpoint = report = 0
    if kind:
        checkpoint, at = read_sdnv(octets, at)
        report, at = read_sdnv(octets, at)
    if not length or at + length > len(octets):
        raise Malformed(f"{length} octets of data where {len(octets) - at} follow")
    data = memoryview(octets)[at : at + length]
    return Data(session, kind, offset, data, checkpoint, report, client), at + length


def _report(octets: bytes, at: int, session: Session) -> tuple[Report, int]:
    fields = []
    for _ in range(5):
        field, at = read_sdnv(octets, at)
        fields.append(field)
    serial, checkpoint, upper, lower, count = fields
    if count > len(octets):
        raise Malformed(f"{count} claims in {len(octets)} octets")
    claims: Spans = []
    stop = lower
    for _ in range(count):
        start, at = read_sdnv(octets, at)
        length, at = read_sdnv(octets, at)
        start += lower
        if not length or start < stop or start + length > upper:
            raise Malformed(f"claims {start} to {start + length} of {lower} to {upper} after {stop}")
        stop = start + length
        claims.append((start, stop))
    return Report(session, serial, checkpoint, upper, lower, claims), at
