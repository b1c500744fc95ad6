"""The log: segments in order, where the records that are wanted lie in them, and how the oldest one is got rid of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from farside.link.vault.record import HEAD, MARK, Kind, Packed, Put, pack, pack_drops, pack_mark, unpack
from farside.link.vault.segment import HEADER, Segment
from farside.link.vault.vault import DamagedRecord

_MOVED: Final = 4 << 20
"""Octets written anew with a batch, where there is need: few enough that the batch is not late."""


class Entry(NamedTuple):
    """A record to be written."""

    key: int
    meta: bytes
    packed: Packed


class Move(NamedTuple):
    """A record to be written anew, and where it lies so far."""

    key: int
    segment: Segment
    offset: int
    octets: int


class Sweep(NamedTuple):
    """What to write anew with a batch, and the segments of which nothing is wanted when that is done."""

    moves: list[Move]
    dead: list[Segment]


class Written(NamedTuple):
    """A batch that has become durable.

    moved, put: where its records lie now; drops, states: what it said besides; lost: keys of damaged records, which
    could not be moved and were dropped.
    """

    segment: Segment
    moved: list[Put]
    put: list[Put]
    drops: list[int]
    states: dict[str, bytes]
    lost: list[int]


class Log:
    """What stands in the segments of a folder. states: the named values as they stand there.

    where: the segment of each record wanted, None where it is known to be damaged. number: of the last batch.
    """

    def __init__(
        self,
        segments: list[Segment],
        sync: bytes,
        where: dict[int, Segment],
        states: dict[str, bytes],
        number: int,
        segment_octets: int,
    ) -> None:
        self.segments, self.sync = segments, sync
        self.where: dict[int, Segment | None] = {**where}
        self.states, self.number = states, number
        self._segment_octets = segment_octets
        self._octets = sum(segment.size for segment in segments)
        self._live = sum(octets for segment in segments for _, octets in segment.live.values())

    def read(self, key: int) -> bytes:
        """The record under a key as it stands there, undamaged or not. Raises KeyError, DamagedRecord."""
        segment = self.where[key]
        if segment is None:
            raise DamagedRecord(key)
        offset, octets = segment.live[key]
        return segment.read(offset, octets)

    def forget(self, key: int) -> None:
        """A record is not wanted any more. Raises KeyError."""
        segment = self.where.pop(key)
        if segment is not None:
            self._live -= segment.live.pop(key)[1]

    def settle(self, written: Written, wanted: Iterable[int]) -> None:
        """Take note of where a batch went, of the records put those that are still ``wanted``."""
        segment, live = written.segment, written.segment.live
        for key, _, offset, octets, _ in written.moved:
            if before := self.where.get(key):  # not dropped meanwhile
                del before.live[key]
                live[key] = offset, octets
                self.where[key] = segment
        for key, _, offset, octets, _ in written.put:
            if key in wanted:
                live[key] = offset, octets
                self.where[key] = segment
                self._live += octets
        for key in written.lost:
            if key in self.where:
                self.forget(key)
                self.where[key] = None
        self.states.update(written.states)

    def too_long(self) -> bool:
        """Whether it takes more than twice the octets wanted, and a segment."""
        first = HEADER + MARK + sum(HEAD + len(name) + len(value) for name, value in self.states.items())
        wanted = self._live + first * len(self.segments)
        return len(self.segments) > 1 and self._octets > 2 * wanted + self._segment_octets

    def sweep(self, octets: int) -> Sweep:
        """What can be done with a batch of so many octets to make the log shorter."""
        dead = list(takewhile(lambda segment: not segment.live, self.segments[:-1]))
        oldest, moves = self.segments[len(dead)], []
        if self.too_long() and oldest is not self.segments[-1]:
            left = max(_MOVED, 2 * octets)
            for key, (offset, length) in oldest.live.items():
                moves.append(Move(key, oldest, offset, length))
                left -= length
                if left <= 0:
                    break
            if len(moves) == len(oldest.live):
                dead.append(oldest)
        return Sweep(moves, dead)

    def append(
        self, moves: list[Move], puts: Sequence[Entry], drops: list[int], states: dict[str, bytes], next_key: int
    ) -> Written:
        """Write a batch and make it durable. Raises OSError, and then nothing was written."""
        copies, lost = self._copies(moves)
        entries = [*copies, *puts]
        segment = self._room(sum(entry.packed.octets for entry in entries))
        if segment.size == HEADER:
            states = {**self.states, **states}
        rows: list[Put] = []
        pieces: list[bytes | memoryview] = []
        at = segment.size
        for key, meta, packed in entries:
            rows.append(Put(key, segment.number, at, packed.octets, meta))
            pieces += packed.pieces
            at += packed.octets
        rest = [pack(self.sync, Kind.STATE, 0, name.encode(), [value]) for name, value in states.items()]
        if drops or lost:
            rest.append(pack_drops(self.sync, drops + lost))
        for packed in rest:
            pieces += packed.pieces
            at += packed.octets
        pieces += pack_mark(self.sync, next_key, self.number + 1, at - segment.size).pieces
        before = segment.size
        segment.append(pieces)
        self.number += 1
        self._octets += segment.size - before
        return Written(segment, rows[: len(copies)], rows[len(copies) :], drops + lost, states, lost)

    def remove(self, dead: list[Segment]) -> None:
        """Delete segments."""
        for segment in dead:
            self.segments.remove(segment)
            self._octets -= segment.size
            segment.remove()

    def close(self) -> None:
        """Let go of the files."""
        for segment in self.segments:
            segment.close()

    def _room(self, octets: int) -> Segment:
        """The newest segment, or a new one if so much is too much for it."""
        last = self.segments[-1]
        if last.size == HEADER or last.size + octets <= self._segment_octets:
            return last
        new = Segment.new(last.path.parent, last.number + 1, self.sync)
        last.close()
        self.segments.append(new)
        self._octets += new.size
        return new

    def _copies(self, moves: list[Move]) -> tuple[list[Entry], list[int]]:
        """Records to be moved, and the keys of those that are damaged."""
        copies, lost = [], []
        for key, segment, offset, octets in moves:
            found = segment.read(offset, octets)
            record = unpack(found, 0, self.sync)
            if record is None or record.key != key:
                lost.append(key)
            else:
                copies.append(Entry(key, found[HEAD : record.data], Packed((found,), octets)))
        return copies, lost
