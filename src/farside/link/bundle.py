"""Bundles as they travel: blocks, checksums and their CBOR form (Bundle Protocol version 7, RFC 9171).

    0x9F | primary block | extension blocks ... | payload block | 0xFF

The primary block never changes on the way; a forwarder rewrites only the blocks that describe the journey, and what it
does not rewrite goes on as the bytes it came in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import NamedTuple

import numpy as np

from farside.errors import FarsideError
from farside.link import cbor
from farside.link.checksum import WIDTH, Crc, intact, seal
from farside.link.eid import NOBODY, Eid
from farside.link.walk import CANONICAL, DTN, MOST_BLOCKS, PRIMARY, REASONS, SHORT, walk

FRAGMENT, ADMINISTRATIVE, DO_NOT_FRAGMENT, ACKNOWLEDGE, STATUS_TIME = 0x1, 0x2, 0x4, 0x20, 0x40
"""Bundle flags: part of a longer payload; administrative record; keep whole; the application wants an answer; status
reports tell times."""
REPORT_RECEPTION, REPORT_FORWARDING, REPORT_DELIVERY, REPORT_DELETION = 0x4000, 0x10000, 0x20000, 0x40000
"""Bundle flags: tell the report-to endpoint."""
REPLICATE, REPORT_BUNDLE, DELETE_BUNDLE, DISCARD_BLOCK = 0x01, 0x02, 0x04, 0x10
"""Block flags: copy to every fragment; what to do at a node that does not know the block's type."""
PAYLOAD, PREVIOUS_NODE, AGE, HOP_COUNT, INTEGRITY, CONFIDENTIALITY, QUALITY = 1, 6, 7, 10, 11, 12, 193
"""Block types; 193 (private range) is ION's quality of service: [flags, class, ordinal, label]."""
Wire = bytes | memoryview
"""Bytes of a block as received, by reference: a payload is not copied to be passed on."""
_VERSION = 7
_CRCS = tuple(Crc)
_NOTHING: list[int] = []


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

    def __str__(self) -> str:
        return f"{self.source}-{self.created_ms}-{self.sequence}"


class Primary(NamedTuple):
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
        begin, end = self.around()
        return seal(self.crc, begin + cbor.uint(self.created_ms) + cbor.uint(self.sequence) + end)

    def around(self) -> tuple[bytes, bytes]:
        """What stands before creation time and sequence number, and what stands between them and the checksum."""
        count = 8 + 2 * bool(self.flags & FRAGMENT) + bool(self.crc)
        begin = cbor.head(cbor.ARRAY, count) + cbor.uint(_VERSION) + cbor.uint(self.flags) + cbor.uint(self.crc)
        begin += self.destination.pack() + self.source.pack() + self.report_to.pack() + b"\x82"
        end = cbor.uint(self.lifetime_ms)
        if self.flags & FRAGMENT:
            end += cbor.uint(self.offset) + cbor.uint(self.total)
        return begin, end


class Block(NamedTuple):
    """An extension or payload block: type, number (unique in its bundle; payload 1), data and flags."""

    type: int
    number: int
    data: bytes
    flags: int = 0
    crc: Crc = Crc.CASTAGNOLI

    def pack(self) -> bytes:
        """CBOR form, checksum included."""
        start = cbor.head(cbor.ARRAY, 5 + bool(self.crc)) + cbor.uint(self.type) + cbor.uint(self.number)
        start += cbor.uint(self.flags) + cbor.uint(self.crc) + cbor.head(cbor.BYTES, len(self.data))
        return seal(self.crc, start, self.data)


class Bundle:
    """A bundle: primary block, then the others in order, payload last. Made once, never changed."""

    __slots__ = ("_blocks", "_data", "_numbers", "_wires", "primary")

    def __init__(self, primary: Primary, blocks: tuple[Block, ...], wires: tuple[Wire, ...] = ()) -> None:
        """wires: the received bytes of the primary block and of each other one, empty for a block made here."""
        self.primary = primary
        self._blocks: tuple[Block, ...] | None = blocks
        self._wires = wires or (b"",) * (1 + len(blocks))
        self._data, self._numbers = b"", _NOTHING

    @classmethod
    def received(cls, primary: Primary, data: bytes, numbers: list[int]) -> Bundle:
        """A bundle as it came, with what walk.walk found in it; its blocks are taken apart when they are asked for."""
        bundle = cls.__new__(cls)
        bundle.primary, bundle._data, bundle._numbers = primary, data, numbers
        bundle._blocks, bundle._wires = None, ()
        return bundle

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks but the primary one."""
        if self._blocks is None:
            data, numbers = self._data, self._numbers
            view, blocks = memoryview(data), []
            wires: list[Wire] = [view[numbers[16] : numbers[17]]]
            for base in range(PRIMARY, len(numbers), CANONICAL):
                type_, number, flags, kind, begin, stop, start, end = numbers[base : base + CANONICAL]
                blocks.append(Block(type_, number, data[begin:stop], flags, _CRCS[kind]))
                wires.append(view[start:end])
            self._blocks, self._wires = tuple(blocks), tuple(wires)
        return self._blocks

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bundle) and (self.primary, self.blocks) == (other.primary, other.blocks)

    def __hash__(self) -> int:
        return hash((self.primary, self.blocks))

    def __repr__(self) -> str:
        return f"Bundle({self.id}, {len(self.payload)} octets)"

    @property
    def id(self) -> BundleId:
        """Identity of the application data unit this bundle carries, or carries part of."""
        return BundleId(self.primary.source, self.primary.created_ms, self.primary.sequence)

    @property
    def payload(self) -> bytes:
        """Data of the payload block."""
        if self._blocks is None:
            begin, stop = self._numbers[-4:-2]
            return self._data[begin:stop]
        return self._blocks[-1].data

    @property
    def octets(self) -> int:
        """Length of the payload."""
        return self._numbers[-3] - self._numbers[-4] if self._blocks is None else len(self._blocks[-1].data)

    def types(self) -> list[int]:
        """The type of each block but the primary one, in order."""
        return self._numbers[PRIMARY::CANONICAL] if self._blocks is None else [block.type for block in self._blocks]

    def content(self, type_: int) -> bytes | None:
        """Data of the first block of a type, if there is one."""
        if self._blocks is None:
            numbers = self._numbers
            for base in range(PRIMARY, len(numbers), CANONICAL):
                if numbers[base] == type_:
                    return self._data[numbers[base + 4] : numbers[base + 5]]
            return None
        block = self.block(type_)
        return None if block is None else block.data

    @property
    def total(self) -> int:
        """Octets of the whole application data unit."""
        return self.primary.total if self.primary.flags & FRAGMENT else self.octets

    def block(self, type_: int) -> Block | None:
        """The first block of a type, if there is one."""
        for block in self.blocks:
            if block.type == type_:
                return block
        return None

    def with_blocks(self, changes: Mapping[int, bytes], flags: int = 0) -> Bundle:
        """Copy with the data of its blocks of each type replaced, or with such blocks (``flags``) put before the
        others.
        """
        mine = self.blocks
        numbers = free_numbers({block.number for block in mine})
        new: list[Block] = []
        for type_, data in changes.items():
            if self.block(type_) is None:
                new.append(Block(type_, next(numbers), data, flags))
        blocks: list[Block] = list(new)
        wires: list[Wire] = [self._wires[0], *[b""] * len(new)]
        for block, wire in zip(mine, self._wires[1:], strict=True):
            change = changes.get(block.type)
            blocks.append(block if change is None else block._replace(data=change))
            wires.append(wire if change is None else b"")
        return Bundle(self.primary, tuple(blocks), tuple(wires))

    def with_block(self, type_: int, data: bytes, flags: int = 0) -> Bundle:
        """Copy with the data of its block of a type replaced, or with such a block put before the others."""
        return self.with_blocks({type_: data}, flags)

    def having(self, blocks: tuple[Block, ...]) -> Bundle:
        """Copy with the same primary block, byte for byte, and other blocks."""
        return Bundle(self.primary, blocks, (self.wire, *[b""] * len(blocks)))

    def without(self, block: Block) -> Bundle:
        """Copy without one of its extension blocks."""
        at = self.blocks.index(block)
        wires = (*self._wires[: at + 1], *self._wires[at + 2 :])
        return Bundle(self.primary, (*self.blocks[:at], *self.blocks[at + 1 :]), wires)

    @property
    def wire(self) -> bytes:
        """Bytes of the primary block, as received: some say nobody in another form than this package does."""
        _ = self.blocks  # so that the received bytes are at hand
        return bytes(self._wires[0]) or self.primary.pack()

    def pack(self) -> bytes:
        """CBOR form, as sent over a link."""
        if self._blocks is None:
            return self._data
        parts: list[Wire] = [b"\x9f", self.wire]
        parts += [wire or block.pack() for block, wire in zip(self._blocks, self._wires[1:], strict=True)]
        parts.append(b"\xff")
        return b"".join(parts)


def free_numbers(taken: set[int]) -> Iterator[int]:
    """Block numbers that are free, the lowest first: a stranger may have taken the highest there is."""
    return (number for number in count(2) if number not in taken)


class Form:
    """Bundles that differ only in creation time, sequence number and payload, written at one go.

    primary: the others' fields. extensions: their blocks before the payload.
    """

    def __init__(self, primary: Primary, extensions: tuple[Block, ...] = ()) -> None:
        self._crc = primary.crc
        self._begin, self._end = primary.around()
        packed = [block.pack() for block in extensions]
        self._extensions = b"".join(packed)
        ages = [k for k, block in enumerate(extensions) if block.type == AGE]
        self._age = extensions[ages[0]] if ages else None
        self._age_octets = len(packed[ages[0]]) if ages else 0
        checksum = WIDTH[primary.crc] + bool(primary.crc)
        self._age_after = (
            1 + len(self._begin) + len(self._end) + checksum + sum(map(len, packed[: ages[0]] if ages else ()))
        )
        payload = Block(PAYLOAD, 1, b"", 0, primary.crc)
        self._payload = payload._replace(crc=Crc.NONE).pack()[:-1]
        if primary.crc:
            self._payload = b"\x86" + self._payload[1:4] + bytes((primary.crc,))

    def pack(self, created_ms: int, sequence: int, payload: bytes) -> bytes:
        """CBOR form of one bundle."""
        primary = self._begin + cbor.uint(created_ms) + cbor.uint(sequence) + self._end
        head = self._payload + cbor.head(cbor.BYTES, len(payload))
        crc = self._crc
        return b"".join((b"\x9f", seal(crc, primary), self._extensions, seal(crc, head, payload), b"\xff"))

    def aged(self, data: bytes, created_ms: int, sequence: int, age_ms: int) -> bytes:
        """A bundle of this form, as ``pack`` made it, with another age in its age block."""
        if self._age is None:
            return data
        at = self._age_after + len(cbor.uint(created_ms)) + len(cbor.uint(sequence))
        age = self._age._replace(data=cbor.uint(age_ms)).pack()
        return b"".join((data[:at], age, data[at + self._age_octets :]))


def unpack(data: bytes) -> Bundle:
    """Read a bundle and verify every checksum in it. Raises DamagedBundle."""
    numbers = _walk(data, 0)
    if numbers[18] != len(data):
        raise DamagedBundle(f"{len(data) - numbers[18] + 1} octets where the end mark belongs")
    _verify(numbers[1], data, numbers[16], numbers[17])
    for base in range(PRIMARY, len(numbers), CANONICAL):
        _verify(numbers[base + 3], data, numbers[base + 6], numbers[base + 7])
    primary = _primary(data, numbers)
    bundle = Bundle.received(primary, data, numbers)
    if primary.flags & FRAGMENT and primary.offset + bundle.octets > primary.total:
        raise DamagedBundle("fragment reaches beyond the whole")
    return bundle


def split(data: bytes) -> list[bytes]:
    """Cut a concatenation of bundles into the bundles; checksums are not looked at. Raises DamagedBundle."""
    parts, at = [], 0
    while at < len(data):
        end = _walk(data, at)[18]
        parts.append(data[at:end])
        at = end
    return parts


def rewrite(data: bytes, change: Callable[[int, bytes], bytes | None], new: Mapping[int, bytes], flags: int) -> bytes:
    """A bundle's bytes with some extension blocks changed and the rest untouched.

    change(type, data) gives new data for a block, or None to leave it. new: data by type of blocks put before the
    others (with ``flags``) where there is none of the type yet. Raises DamagedBundle for what is no bundle; checksums
    of what stays are not looked at.
    """
    numbers = _walk(data, 0)
    parts, missing = [], dict(new)
    taken: set[int] = set()
    for base in range(PRIMARY, len(numbers), CANONICAL):
        type_, number, block_flags, crc, begin, stop, start, end = numbers[base : base + CANONICAL]
        taken.add(number)
        missing.pop(type_, None)
        fresh = None if type_ == PAYLOAD else change(type_, data[begin:stop])
        parts.append(data[start:end] if fresh is None else Block(type_, number, fresh, block_flags, _CRCS[crc]).pack())
    free = free_numbers(taken)
    added = [Block(type_, next(free), content, flags).pack() for type_, content in missing.items()]
    return b"".join((data[: numbers[17]], *added, *parts, b"\xff"))


def _walk(data: bytes, start: int) -> list[int]:
    out = np.empty(PRIMARY + CANONICAL * MOST_BLOCKS, np.uint64)
    blocks = walk(np.frombuffer(data, np.uint8), start, out)
    if blocks < 0:
        raise DamagedBundle(f"{REASONS[-blocks]} (in the block at octet {int(out[16])})")
    return out[: PRIMARY + CANONICAL * blocks].tolist()  # type: ignore[no-any-return]


def _verify(kind: int, data: bytes, start: int, end: int) -> None:
    """Check the checksum of a block that was left to us (see walk.SHORT)."""
    if kind and (kind == Crc.X25 or end - start > SHORT) and not intact(_CRCS[kind], data, start, end):
        raise DamagedBundle(f"changed on the way (checksum) (in the block at octet {start})")


def _primary(data: bytes, numbers: list[int]) -> Primary:
    destination, source, report_to = (_eid(data, *numbers[k : k + 3]) for k in (2, 5, 8))
    return Primary(
        destination, source, numbers[11], numbers[12], numbers[13], numbers[0], report_to, _CRCS[numbers[1]],
        numbers[14], numbers[15],
    )  # fmt: skip


def _eid(data: bytes, kind: int, a: int, b: int) -> Eid:
    if kind != DTN:
        return Eid(a, b) if kind else NOBODY
    try:
        return Eid(0, 0, data[a : a + b].decode())
    except UnicodeDecodeError:
        raise DamagedBundle("endpoint name is not UTF-8") from None
