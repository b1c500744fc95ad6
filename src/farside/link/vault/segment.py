"""A segment: one file of the log, grown at its end and never changed elsewhere.

magic 8 | version 4 | number 4 | sync word 8 | CRC-32C 4 | zeros 4 | records

Numbers are little-endian.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import google_crc32c

from farside.errors import BadInput
from farside.link.vault.record import SYNC, Batch, batches, unpack
from farside.work import sync_folder

VERSION: Final = 1
"""Of the format of segments and records."""

_MAGIC = b"FARVAULT"
_HEADER = struct.Struct("<8sII8sI4x")
HEADER: Final = _HEADER.size
"""Octets before the first record."""

_PIECES = os.sysconf("SC_IOV_MAX")
_AT_ONCE = 1 << 20  # octets in a call, about: calls of tens of megabytes take 2 to 5 times as long


class Segment:
    """One file of the log.

    size: its octets; live: place (offset, octets) of each record wanted, by key.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = int(path.stem)
        self.size = path.stat().st_size
        self.live: dict[int, tuple[int, int]] = {}
        self._fd: int | None = None

    @classmethod
    def new(cls, folder: Path, number: int, sync: bytes) -> Segment:
        """Make an empty one; it appears under its name when its header is durable."""
        path = folder / f"{number:08d}.segment"
        fresh = path.with_suffix(".new")
        head = _HEADER.pack(_MAGIC, VERSION, number, sync, 0)
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            write(fd, [_HEADER.pack(_MAGIC, VERSION, number, sync, google_crc32c.value(head))])
            os.fdatasync(fd)
        finally:
            os.close(fd)
        fresh.replace(path)
        sync_folder(folder)
        return cls(path)

    def sync_word(self) -> bytes | None:
        """The store's sync word; None where the header is damaged. Raises BadInput for another version."""
        octets = self.read(0, HEADER)
        if len(octets) < HEADER:
            return None
        magic, version, number, sync, crc = _HEADER.unpack(octets)
        if magic != _MAGIC or crc != google_crc32c.value(_HEADER.pack(magic, version, number, sync, 0)):
            return None
        if version != VERSION:
            raise BadInput(self.path, "format version", version, f"{VERSION}, which this farside writes")
        return bytes(sync)

    def guessed_sync_word(self) -> bytes | None:
        """The sync word of the first record, if that one is undamaged."""
        octets = self.read(HEADER, self.size)
        return octets[:SYNC] if unpack(octets, 0, octets[:SYNC]) else None

    def read(self, offset: int, octets: int) -> bytes:
        """What stands at ``offset``; less than asked for at the end of the file."""
        fd = os.open(self.path, os.O_RDONLY)
        try:
            return os.pread(fd, octets, offset)
        finally:
            os.close(fd)

    def batches(self, sync: bytes, start: int, end: int | None = None) -> Iterator[Batch]:
        """What was written from offset ``start`` on, up to ``end`` or to the last."""
        with self.path.open("rb") as file:
            file.seek(start)
            octets = file.read((end or self.size) - start)
        return batches(octets, start, self.number, sync)

    def append(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write at the end and make it durable. Raises OSError, and then nothing has been written."""
        if self._fd is None:
            self._fd = os.open(self.path, os.O_WRONLY)
        os.lseek(self._fd, self.size, os.SEEK_SET)
        try:
            size = self.size + write(self._fd, pieces)
            os.fdatasync(self._fd)
        except OSError:
            os.ftruncate(self._fd, self.size)
            raise
        self.size = size

    def cut(self, size: int) -> None:
        """Throw away what stands from ``size`` on."""
        with self.path.open("r+b") as file:
            file.truncate(size)
            os.fdatasync(file.fileno())
        self.size = size

    def close(self) -> None:
        """Let go of the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def remove(self) -> None:
        """Delete the file."""
        self.close()
        self.path.unlink()


def segments(folder: Path) -> list[Segment]:
    """The segments in a folder, oldest first."""
    return [Segment(path) for path in sorted(folder.glob("*.segment"))]


def write(fd: int, pieces: Sequence[bytes | memoryview]) -> int:
    """Write all pieces without copying them; octets written."""
    octets, total = sum(map(len, pieces)), 0
    step = max(1, min(_PIECES, len(pieces) * _AT_ONCE // max(1, octets)))
    for first in range(0, len(pieces), step):
        rest = pieces[first : first + step]
        while rest:
            written = os.writev(fd, rest)
            total += written
            rest = _after(rest, written)
    return total


def _after(pieces: Sequence[bytes | memoryview], written: int) -> list[memoryview]:
    """What is left of ``pieces`` after ``written`` octets of them."""
    left = []
    for piece in pieces:
        if written >= len(piece):
            written -= len(piece)
        else:
            left.append(memoryview(piece)[written:])
            written = 0
    return left
