"""A vault on disk: a log of checksummed segments, and an index of it.

A batch goes to the end of the newest segment and is made durable by one fdatasync; then the index learns of it. Only
the oldest segment is ever deleted, when nothing in it is wanted any more; where the log has become too long for what
it holds, what is wanted of the oldest segment is written anew with the next batches. So a drop never goes before what
it drops, and reading the log from its beginning tells what is wanted. Each segment begins with all named values.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from farside.errors import BadInput, DamagedFile, OutOfSpace
from farside.link.vault.index import Position
from farside.link.vault.log import Entry, Log, Sweep, Written
from farside.link.vault.record import HEAD, SYNC, Kind, pack, unpack
from farside.link.vault.recover import catch_up, recover, sync_word
from farside.link.vault.segment import Segment, segments
from farside.link.vault.vault import DamagedRecord

SEGMENT_OCTETS: Final = 64 << 20
RECENT_OCTETS: Final = 32 << 20
"""Of the latest data that are kept in memory, too: most bundles leave soon after they came."""


class _Changes:
    """What a batch consists of."""

    def __init__(self) -> None:
        self.puts: dict[int, Entry] = {}
        self.drops: list[int] = []
        self.states: dict[str, bytes] = {}

    def __bool__(self) -> bool:
        return bool(self.puts or self.drops or self.states)

    def then(self, later: _Changes) -> _Changes:
        """Both together."""
        both = _Changes()
        both.puts = {**self.puts, **later.puts}
        both.drops = self.drops + later.drops
        both.states = {**self.states, **later.states}
        return both


class Disk:
    """A Vault in a folder of its own, which is made where it does not exist.

    segment_octets: of a segment; a larger batch makes a larger one. Once it is no longer ``dirty``, its segments take
    at most one of them more than twice the octets of what is wanted.
    damaged: what could not be read, a line each. torn: octets cut off on opening, of a batch that had not become
    durable.

    Raises BadInput where the folder cannot be used or somebody else uses it, DamagedFile where nothing in it can be
    read. What ``seal`` returns raises OutOfSpace on a full disk and DamagedFile where the disk fails.
    """

    def __init__(self, folder: str | Path, segment_octets: int = SEGMENT_OCTETS) -> None:
        self.folder = Path(folder)
        self._open = _Changes()
        self._sealed: _Changes | None = None
        self._failed = False
        self._recent: OrderedDict[int, bytes] = OrderedDict()
        self._recent_octets = 0
        self._lock = threading.Lock()  # of what a batch being written changes in its thread: sealed, log, index
        try:
            self._lock_fd = _lock(self.folder)
            try:
                self._begin(segment_octets)
            except BaseException:
                os.close(self._lock_fd)
                raise
        except (OSError, sqlite3.Error) as error:
            raise BadInput(self.folder, "store", str(error), "a folder on a sound disk that can be written") from None

    def _begin(self, segment_octets: int) -> None:
        found = segments(self.folder)
        if found:
            sync = sync_word(found)
        else:
            sync = os.urandom(SYNC)
            found = [Segment.new(self.folder, 1, sync)]
        store = recover(self.folder, found, sync)
        self.damaged, self.torn = store.damaged, store.torn
        self._index, self._indexed = store.index, True  # whether the index knows all that the log holds
        self._log = Log(found, sync, store.where, store.index.states(), store.position.number, segment_octets)
        self._next = max(store.position.next_key, max(store.where, default=0) + 1)

    @property
    def dirty(self) -> bool:
        """Whether there is something to write: changes since the last seal, or a log grown too long."""
        return bool(self._open) or self._failed or self._log.too_long()

    def put(self, meta: bytes, data: bytes | Sequence[bytes | memoryview]) -> int:
        """Keep ``data``, which nobody may change before the commit, and what describes it; its key."""
        key = self._next
        self._next = key + 1
        pieces = (data,) if isinstance(data, bytes) else data
        self._open.puts[key] = Entry(key, meta, pack(self._log.sync, Kind.PUT, key, meta, pieces))
        if isinstance(data, bytes):
            self._recent[key] = data
            self._recent_octets += len(data)
            while self._recent_octets > RECENT_OCTETS:
                self._recent_octets -= len(self._recent.popitem(last=False)[1])
        return key

    def get(self, key: int) -> bytes:
        """The data of a record. Raises DamagedRecord."""
        if (recent := self._recent.get(key)) is not None:
            return recent
        with self._lock:
            entry = self._open.puts.get(key) or (self._sealed and self._sealed.puts.get(key))
            octets = b"".join(entry.packed.pieces) if entry else self._log.read(key)
        record = unpack(octets, 0, self._log.sync)
        if record is None or record.key != key:
            raise DamagedRecord(key)
        return octets[record.data :]

    def drop(self, key: int) -> None:
        """Forget a record."""
        self._recent_octets -= len(self._recent.pop(key, b""))
        with self._lock:
            if self._open.puts.pop(key, None):
                return
            if not (self._sealed and self._sealed.puts.pop(key, None)):
                self._log.forget(key)
            self._open.drops.append(key)

    def records(self) -> Iterator[tuple[int, bytes, int]]:
        """What is there: (key, meta, octets of data), keys ascending. Raises DamagedFile where the index fails."""
        last = 0
        while True:
            with self._lock:
                page = self._page(last)
            if not page:
                return
            yield from page
            last = page[-1][0]

    def set_state(self, name: str, value: bytes) -> None:
        """Keep a small value under a name."""
        self._open.states[name] = value

    def state(self, name: str) -> bytes | None:
        """The value under a name."""
        with self._lock:
            for states in (self._open.states, self._sealed.states if self._sealed else {}, self._log.states):
                if name in states:
                    return states[name]
        return None

    def seal(self) -> Callable[[], None]:
        """Close the batch; the returned function writes it, in any thread, while the next one grows."""
        if self._failed and self._sealed:
            self._open = self._sealed.then(self._open)
            self._failed, self._sealed = False, None
        if self._sealed is not None:
            raise RuntimeError("the batch before this one is still being written")
        changes, self._open = self._open, _Changes()
        self._sealed = changes
        puts = list(changes.puts.values())  # drops take some out of the batch until it is written
        octets = sum(entry.packed.octets for entry in puts)
        # as long as the index is behind, it needs all segments
        sweep = self._log.sweep(octets) if self._indexed else Sweep([], [])
        return lambda: self._write(changes, puts, sweep)

    def commit(self) -> None:
        """Make durable what has changed so far."""
        self.seal()()

    def close(self) -> None:
        """Commit, and let go of the files and the folder."""
        try:
            self.commit()
        finally:
            self._index.close()
            self._log.close()
            os.close(self._lock_fd)

    def _write(self, changes: _Changes, puts: list[Entry], sweep: Sweep) -> None:
        """Make a batch durable, let the index know, then delete segments of which nothing is wanted any more."""
        written = None
        if puts or changes.drops or changes.states or sweep.moves:
            try:
                written = self._log.append(sweep.moves, puts, changes.drops, changes.states, self._next)
            except OSError as error:
                self._failed = True
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise OutOfSpace(f"{self.folder}: the disk is full; nothing of the batch was written") from None
                raise DamagedFile(self.folder, f"{error.strerror}; nothing of the batch was written") from None
        with self._lock:
            if written:
                self._tell_index(written)
                self._log.settle(written, changes.puts)
                self.damaged += [f"{self.folder}: record {key} is damaged" for key in written.lost]
            self._sealed = None
        if self._indexed:
            self._log.remove(sweep.dead)

    def _tell_index(self, written: Written) -> None:
        segment = written.segment
        try:
            if self._indexed:
                position = Position(segment.number, segment.size, self._log.number, self._next)
                self._index.add([*written.moved, *written.put], written.drops, written.states, position)
            else:
                self._catch_up()
        except sqlite3.Error as error:
            if self._indexed:
                self.damaged.append(f"{self.folder}: {error}; the index is behind the log, which is whole")
            self._indexed = False

    def _catch_up(self) -> None:
        if not self._indexed:
            catch_up(self._index, self._log.segments, self._log.sync)
            self._indexed = True

    def _page(self, after: int) -> list[tuple[int, bytes, int]]:
        """The next records after a key: those in the index, then those on their way to it."""
        try:
            self._catch_up()
            while rows := self._index.page(after):
                page = [(key, meta, octets - HEAD - len(meta)) for key, meta, octets in rows if key in self._log.where]
                if page:
                    return page
                after = rows[-1][0]
        except sqlite3.Error as error:
            raise DamagedFile(self.folder, f"{error}; the index is made anew when the store is opened") from None
        pending = [*(self._sealed.puts.values() if self._sealed else ()), *self._open.puts.values()]
        return [(key, meta, packed.octets - HEAD - len(meta)) for key, meta, packed in pending if key > after]


def _lock(folder: Path) -> int:
    """Take a folder for this vault alone; what to close when done. Raises BadInput where it is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise BadInput(folder, "store", "in use", "a store that no other node has open") from None
    return fd
