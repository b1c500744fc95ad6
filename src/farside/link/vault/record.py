"""A record of the log: 32 octets of head, what describes the data, the data.

    sync 8 | CRC-32C 4 | key 8 | octets of data 4 | octets of meta 4 | kind 1 | zeros 3 | meta | data

Numbers are little-endian; the checksum covers all that follows it. The sync word is random and the same throughout a
store: after damage the next one shows where reading can go on, and data that hold records of another store are no trap.
A batch of records ends with a mark, which says how far back the batch reaches: without its mark it never happened.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

import google_crc32c
import numpy as np

SYNC: Final = 8
"""Octets of a sync word."""
HEAD: Final = 32
"""Octets before meta and data."""

_START = struct.Struct("<8sI")
_FIXED = struct.Struct("<QIIB3x")
_MARK = struct.Struct("<QQ")
MARK: Final = HEAD + _MARK.size
"""Octets of a mark."""


class Kind(IntEnum):
    """What a record says."""

    PUT = 1
    """``data`` are kept under ``key``."""
    DROP = 2
    """The keys in ``data`` (8 octets each) are forgotten."""
    STATE = 3
    """The value named ``meta`` is ``data``."""
    MARK = 4
    """All up to here is one batch. key: the next key to be given; data: number of the batch, its octets."""


class Packed(NamedTuple):
    """A record as it is written: pieces in order, the first with head and meta, and their octets together."""

    pieces: tuple[bytes | memoryview, ...]
    octets: int


class Record(NamedTuple):
    """Where an undamaged record lies: it begins at ``at``, its data at ``data``, the next one at ``end``."""

    kind: int
    key: int
    at: int
    data: int
    end: int


def pack(sync: bytes, kind: Kind, key: int, meta: bytes, data: Sequence[bytes | memoryview]) -> Packed:
    """Build a record around ``data``, which are not copied."""
    length = sum(map(len, data))
    fixed = _FIXED.pack(key, length, len(meta), kind)
    crc = google_crc32c.extend(google_crc32c.value(fixed), meta)
    for piece in data:
        # the library takes no memoryview, but an array over it
        crc = google_crc32c.extend(crc, piece if type(piece) is bytes else np.frombuffer(piece, np.uint8))
    return Packed((_START.pack(sync, crc) + fixed + meta, *data), HEAD + len(meta) + length)


def pack_drops(sync: bytes, keys: Iterable[int]) -> Packed:
    """Build the record that forgets ``keys``."""
    return pack(sync, Kind.DROP, 0, b"", [np.array(sorted(keys), "<u8").tobytes()])


def pack_mark(sync: bytes, next_key: int, number: int, octets: int) -> Packed:
    """Build the mark that ends batch ``number``; octets: of the records before it."""
    return pack(sync, Kind.MARK, next_key, b"", [_MARK.pack(number, octets + MARK)])


def unpack(octets: bytes, at: int, sync: bytes) -> Record | None:
    """The record at ``at``, if there is a whole and undamaged one."""
    if at + HEAD > len(octets):
        return None
    found, crc = _START.unpack_from(octets, at)
    checked = at + _START.size
    key, length, described, kind = _FIXED.unpack_from(octets, checked)
    data = at + HEAD + described
    end = data + length
    if found != sync or end > len(octets):
        return None
    if google_crc32c.value(np.frombuffer(octets, np.uint8, end - checked, checked)) != crc:
        return None
    return Record(kind, key, at, data, end)


class Put(NamedTuple):
    """What is kept under ``key`` lies at ``offset`` of segment ``segment`` and takes ``octets`` there, head and all."""

    key: int
    segment: int
    offset: int
    octets: int
    meta: bytes


@dataclass(slots=True)
class Batch:
    """What became durable together, as read from a segment.

    start, end: offset of its first octet and of the first after its mark; number, next_key: what the mark says, 0 where
    there is none; gaps: (from, to) of what cannot be read, since the last mark that can.
    """

    start: int
    end: int
    number: int = 0
    next_key: int = 0
    puts: list[Put] = field(default_factory=list)
    drops: list[int] = field(default_factory=list)
    states: dict[str, bytes] = field(default_factory=dict)
    gaps: list[tuple[int, int]] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether there is a mark and all that it speaks for can be read."""
        return self.number > 0 and all(to <= self.start for _, to in self.gaps)


def batches(octets: bytes, base: int, segment: int, sync: bytes) -> Iterator[Batch]:
    """Read the batches in ``octets``, which stand at offset ``base`` of a segment; the last one may lack its mark."""
    at, batch = 0, Batch(base, base)
    while at < len(octets):
        record = unpack(octets, at, sync)
        if record is None:
            found = octets.find(sync, at + 1)
            end = found if found >= 0 else len(octets)
            batch.gaps.append((base + at, base + end))
        else:
            end = record.end
            _add(batch, record, octets, base, segment)
        at = end
        batch.end = base + at
        if batch.number:
            yield batch
            batch = Batch(base + at, base + at)
    if batch.end > batch.start:
        yield batch


def _add(batch: Batch, record: Record, octets: bytes, base: int, segment: int) -> None:
    kind, key, at, data, end = record
    if kind == Kind.PUT:
        batch.puts.append(Put(key, segment, base + at, end - at, octets[at + HEAD : data]))
    elif kind == Kind.DROP:
        batch.drops += np.frombuffer(octets, "<u8", (end - data) // 8, data).tolist()
    elif kind == Kind.STATE:
        batch.states[octets[at + HEAD : data].decode()] = octets[data:end]
    elif kind == Kind.MARK:
        batch.next_key = key
        batch.number, length = _MARK.unpack_from(octets, data)
        batch.start = max(batch.start, base + end - length)
