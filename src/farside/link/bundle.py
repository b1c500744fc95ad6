"""Bundles as they travel: blocks, checksums and their CBOR form (Bundle Protocol version 7, RFC 9171).

    0x9F | primary block | extension blocks ... | payload block | 0xFF

The primary block never changes on the way; a forwarder rewrites only the blocks that describe the journey.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from farside.errors import FarsideError
from farside.link import cbor
from farside.link.checksum import WIDTH, Crc, intact, seal
from farside.link.eid import NOBODY, Eid, read_eid

FRAGMENT, ADMINISTRATIVE, DO_NOT_FRAGMENT, ACKNOWLEDGE = 0x1, 0x2, 0x4, 0x20
"""Bundle flags: part of a longer payload; administrative record; keep whole; the application wants an answer."""
REPLICATE, DELETE_BUNDLE, DISCARD_BLOCK = 0x01, 0x04, 0x10
"""Block flags: copy to every fragment; what to do at a node that does not know the block's type."""
PAYLOAD, PREVIOUS_NODE, AGE, HOP_COUNT, QUALITY = 1, 6, 7, 10, 193
"""Block types; 193 (private range) is ION's quality of service: [flags, class, ordinal, label]."""
_VERSION = 7


class DamagedBundle(FarsideError):
    """Received bytes that are no bundle, or one that changed on the way; ``why`` says what is wrong."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"bundle: {why}")


class BundleId(NamedTuple):
    """What tells an application data unit from every other: source, creation time (BP ms) and sequence number."""

    source: Eid
    created_ms: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Primary:
    """The primary block. Times in milliseconds of BP time (see timecode.bp_time).

    offset, total: place of this payload in the whole one and its length in octets, for fragments only.
    """

    destination: Eid
    source: Eid
    created_ms: int
    sequence: int
    lifetime_ms: int
    flags: int = 0
    report_to: Eid = NOBODY
    crc: Crc = Crc.CASTAGNOLI
    offset: int = 0
    total: int = 0

    def pack(self) -> bytes:
        """CBOR form, checksum included."""
        count = 8 + 2 * bool(self.flags & FRAGMENT) + bool(self.crc)
        parts = [
            cbor.head(cbor.ARRAY, count) + cbor.uint(_VERSION) + cbor.uint(self.flags) + cbor.uint(self.crc),
            self.destination.pack(),
            self.source.pack(),
            self.report_to.pack(),
            b"\x82" + cbor.uint(self.created_ms) + cbor.uint(self.sequence),
            cbor.uint(self.lifetime_ms),
        ]
        if self.flags & FRAGMENT:
            parts.append(cbor.uint(self.offset) + cbor.uint(self.total))
        return seal(self.crc, b"".join(parts))


@dataclass(frozen=True, slots=True)
class Block:
    """An extension or payload block: type, number (unique in its bundle; payload 1), flags and data."""

    type: int
    number: int
    data: bytes = field(repr=False)
    flags: int = 0
    crc: Crc = Crc.CASTAGNOLI

    def pack(self) -> bytes:
        """CBOR form, checksum included."""
        start = cbor.head(cbor.ARRAY, 5 + bool(self.crc)) + cbor.uint(self.type) + cbor.uint(self.number)
        start += cbor.uint(self.flags) + cbor.uint(self.crc) + cbor.head(cbor.BYTES, len(self.data))
        return seal(self.crc, start + self.data)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle: primary block, then the others in order, payload last.

    wire: the primary block's bytes as received, passed on verbatim. Change a primary by making a new Bundle.
    """

    primary: Primary
    blocks: tuple[Block, ...]
    wire: bytes = field(default=b"", compare=False, repr=False)

    @property
    def id(self) -> BundleId:
        """Identity of the application data unit this bundle carries, or carries part of."""
        return BundleId(self.primary.source, self.primary.created_ms, self.primary.sequence)

    @property
    def payload(self) -> bytes:
        """Data of the payload block."""
        return self.blocks[-1].data

    @property
    def total(self) -> int:
        """Octets of the whole application data unit."""
        return self.primary.total if self.primary.flags & FRAGMENT else len(self.payload)

    def block(self, type_: int) -> Block | None:
        """The first block of a type, if there is one."""
        return next((block for block in self.blocks if block.type == type_), None)

    def with_block(self, type_: int, data: bytes, flags: int = 0) -> Bundle:
        """Copy with the data of its block of a type replaced, or with such a block put before the others."""
        old = self.block(type_)
        if old:
            blocks = tuple(replace(old, data=data) if block is old else block for block in self.blocks)
        else:
            number = max(block.number for block in self.blocks) + 1
            blocks = (Block(type_, number, data, flags), *self.blocks)
        return replace(self, blocks=blocks)

    def without(self, block: Block) -> Bundle:
        """Copy without one of its extension blocks."""
        return replace(self, blocks=tuple(other for other in self.blocks if other is not block))

    def pack(self) -> bytes:
        """CBOR form, as sent over a link."""
        primary = self.wire or self.primary.pack()
        return b"".join((b"\x9f", primary, *[block.pack() for block in self.blocks], b"\xff"))


def unpack(data: bytes) -> Bundle:
    """Read a bundle and verify every checksum in it. Raises DamagedBundle."""
    try:
        return _read(bytes(data))
    except cbor.NotCbor as error:
        raise DamagedBundle(str(error)) from None


def _read(data: bytes) -> Bundle:
    if data[:1] != bytes((cbor.OPEN_ARRAY,)):
        raise DamagedBundle("does not begin with an array of indefinite length")
    primary, at = _read_primary(data, 1)
    wire, blocks = data[1:at], []
    while at < len(data) and data[at] != cbor.BREAK:
        block, at = _read_block(data, at)
        blocks.append(block)
    if at != len(data) - 1:
        raise DamagedBundle(f"{len(data) - at} octets where the end mark belongs")
    numbers = [block.number for block in blocks]
    if [block.number for block in blocks if block.type == PAYLOAD] != [1] or numbers[-1] != 1:
        raise DamagedBundle("not one payload block, numbered 1, at the end")
    if len(set(numbers)) < len(numbers):
        raise DamagedBundle("two blocks with one number")
    bundle = Bundle(primary, tuple(blocks), wire)
    if primary.offset + len(bundle.payload) > bundle.total:
        raise DamagedBundle("fragment reaches beyond the whole")
    return bundle


def _read_primary(data: bytes, start: int) -> tuple[Primary, int]:
    count, at = cbor.read(data, start, cbor.ARRAY)
    version, at = cbor.read_uint(data, at)
    flags, at = cbor.read_uint(data, at)
    crc, at = _read_crc(data, at)
    if version != _VERSION or count != 8 + 2 * bool(flags & FRAGMENT) + bool(crc):
        raise DamagedBundle(f"primary block of version {version} with {count} items")
    destination, at = read_eid(data, at)
    source, at = read_eid(data, at)
    report_to, at = read_eid(data, at)
    pair, at = cbor.read(data, at, cbor.ARRAY)
    created_ms, at = cbor.read_uint(data, at)
    sequence, at = cbor.read_uint(data, at)
    if pair != 2:
        raise DamagedBundle(f"creation timestamp of {pair} items")
    lifetime_ms, at = cbor.read_uint(data, at)
    offset = total = 0
    if flags & FRAGMENT:
        offset, at = cbor.read_uint(data, at)
        total, at = cbor.read_uint(data, at)
    end = _end(data, start, at, crc, "primary block")
    return (
        Primary(destination, source, created_ms, sequence, lifetime_ms, flags, report_to, crc, offset, total),
        end,
    )


def _read_block(data: bytes, start: int) -> tuple[Block, int]:
    count, at = cbor.read(data, start, cbor.ARRAY)
    type_, at = cbor.read_uint(data, at)
    number, at = cbor.read_uint(data, at)
    flags, at = cbor.read_uint(data, at)
    crc, at = _read_crc(data, at)
    if count != 5 + bool(crc):
        raise DamagedBundle(f"block {number} with {count} items")
    content, at = cbor.read_bytes(data, at)
    return Block(type_, number, content, flags, crc), _end(data, start, at, crc, f"block {number}")


def _read_crc(data: bytes, at: int) -> tuple[Crc, int]:
    kind, at = cbor.read_uint(data, at)
    if kind not in (0, 1, 2):
        raise DamagedBundle(f"checksum of unknown kind {kind}")
    return Crc(kind), at


def _end(data: bytes, start: int, at: int, crc: Crc, name: str) -> int:
    """Offset after a block whose items before the checksum end at ``at``. Raises DamagedBundle if it has changed."""
    if not crc:
        return at
    value, at = cbor.read_bytes(data, at)
    if len(value) != WIDTH[crc] or not intact(crc, data[start:at]):
        raise DamagedBundle(f"{name} has changed on the way (checksum)")
    return at
