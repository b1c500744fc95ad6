"""Opening a store: what the log holds after whatever has happened to it, and an index that says so."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from farside.errors import DamagedFile
from farside.link.vault.index import Index, Position
from farside.link.vault.record import MARK, Put, pack_mark
from farside.link.vault.segment import HEADER, Segment

INDEX = "index.sqlite"


@dataclass
class Recovered:
    """A store as it was found.

    where: the segment of each record wanted, which knows its place there; damaged: what could not be read, a line each;
    torn: octets cut off at the end, of a batch that had never become durable.
    """

    index: Index
    position: Position
    where: dict[int, Segment]
    damaged: list[str]
    torn: int


def sync_word(log: list[Segment]) -> bytes:
    """The sync word of a store. Raises DamagedFile where no segment tells, BadInput for another version."""
    words = [segment.sync_word() for segment in log]
    words += [segment.guessed_sync_word() for segment in log if not any(words)]
    for word in words:
        if word is not None:
            return word
    raise DamagedFile(log[0].path, "neither this nor another segment begins as one of a store does")


def recover(folder: Path, log: list[Segment], sync: bytes) -> Recovered:
    """Read what is needed of the log: its end where the index fits it, all of it where not."""
    path = folder / INDEX
    notes = []
    try:
        index = Index(path)
        try:
            position = index.position()
            if position is None or _holds(log, position, sync):
                return _recover(index, path, log, sync)
            notes.append(f"{path}: knows of batch {position.number}, which the log does not hold; made anew")
        except BaseException:
            index.close()
            raise
        index.close()
    except sqlite3.Error as error:
        notes.append(f"{path}: {error}; made anew")
    for suffix in ("", "-wal", "-shm"):
        path.with_name(INDEX + suffix).unlink(missing_ok=True)
    found = _recover(Index(path), path, log, sync)
    found.damaged[:0] = notes
    return found


def catch_up(index: Index, log: list[Segment], sync: bytes) -> list[str]:
    """Let the index learn of what was written after its position; what of that could not be read."""
    damaged = []
    position = index.position() or Position(log[0].number, HEADER, 0, 1)
    for segment in log:
        if segment.number < position.segment:
            continue
        puts: list[Put] = []
        drops: list[int] = []
        states: dict[str, bytes] = {}
        for batch in segment.batches(sync, position.offset if segment.number == position.segment else HEADER):
            puts += batch.puts
            drops += batch.drops
            states.update(batch.states)
            damaged += [f"{segment.path}: {to - at} octets at {at} are damaged" for at, to in batch.gaps]
            if batch.number:
                position = Position(segment.number, batch.end, batch.number, batch.next_key)
        index.add(puts, drops, states, position)
    return damaged


def _recover(index: Index, path: Path, log: list[Segment], sync: bytes) -> Recovered:
    position = index.position()
    known = position.offset if position and position.segment == log[-1].number else HEADER
    torn = _mend(log[-1], known, sync)
    damaged = [f"{s.path}: its header is damaged" for s in log if s.sync_word() is None]
    for before, after in pairwise(log):
        if after.number != before.number + 1:
            damaged.append(f"{after.path}: {after.number - before.number - 1} segments before it are missing")
    damaged += catch_up(index, log, sync)
    position = index.position() or Position(log[-1].number, HEADER, 0, 1)
    by_number = {segment.number: segment for segment in log}
    where: dict[int, Segment] = {}
    lost = []
    for segment in log:
        segment.live.clear()
    for key, number, offset, octets in index.places():
        found = by_number.get(number)
        if found is None or offset + octets > found.size:
            lost.append(key)
        else:
            where[key] = found
            found.live[key] = offset, octets
    if lost:
        damaged.append(f"{path.parent}: {len(lost)} records were in segments that are missing or too short")
        index.add([], lost, {}, position)
    return Recovered(index, position, where, damaged, torn)


def _holds(log: list[Segment], position: Position, sync: bytes) -> bool:
    """Whether the log has the mark that the index ends with."""
    for segment in log:
        if segment.number == position.segment and position.offset >= HEADER + MARK:
            for batch in segment.batches(sync, position.offset - MARK, position.offset):
                return batch.number == position.number and batch.next_key == position.next_key
    return False


def _mend(last: Segment, start: int, sync: bytes) -> int:
    """Cut off a last batch that is not whole, as a loss of power leaves it; octets cut off.

    Where damage has hidden the mark before that batch, another is put in its place: what survived had become durable.
    """
    found = list(last.batches(sync, start))
    if not found or found[-1].whole:
        return 0
    batch = found.pop()
    torn = last.size - batch.start
    last.cut(batch.start)
    if batch.start > (found[-1].end if found else start):
        last.append(pack_mark(sync, batch.next_key, batch.number, 0).pieces)
    return torn
