"""A vault that forgets what was not committed when the power goes: for nodes in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from farside.link.vault.vault import DamagedRecord

Change = tuple[dict[Any, Any], Any, Any]
"""A table, a key, and the value that was there before (None: nothing)."""


class Memory:
    """A Vault in memory. The keys of records that a crash undid are not given again."""

    def __init__(self) -> None:
        self._records: dict[int, tuple[bytes, bytes]] = {}
        self._states: dict[str, bytes] = {}
        self._damaged: set[int] = set()
        self._next = 1
        self._open: list[Change] = []
        self._sealed: list[Change] = []

    @property
    def dirty(self) -> bool:
        """Whether anything has changed since the last seal."""
        return bool(self._open)

    def put(self, meta: bytes, data: bytes | Sequence[bytes | memoryview]) -> int:
        """Keep ``data`` and what describes it; its key."""
        key = self._next
        self._next = key + 1
        self._records[key] = meta, data if isinstance(data, bytes) else b"".join(data)
        self._open.append((self._records, key, None))
        return key

    def get(self, key: int) -> bytes:
        """The data of a record. Raises DamagedRecord."""
        data = self._records[key][1]
        if key in self._damaged:
            raise DamagedRecord(key)
        return data

    def drop(self, key: int) -> None:
        """Forget a record."""
        self._open.append((self._records, key, self._records.pop(key)))

    def records(self) -> Iterator[tuple[int, bytes, int]]:
        """What is there: (key, meta, octets of data), keys ascending."""
        for key in sorted(self._records):  # what a crash gave back stands last
            meta, data = self._records[key]
            yield key, meta, len(data)

    def set_state(self, name: str, value: bytes) -> None:
        """Keep a small value under a name."""
        self._open.append((self._states, name, self._states.get(name)))
        self._states[name] = value

    def state(self, name: str) -> bytes | None:
        """The value under a name."""
        return self._states.get(name)

    def seal(self) -> Callable[[], None]:
        """Close the batch; it outlives a crash once the returned function has been called."""
        self._sealed, self._open = self._open, []
        return self._sealed.clear

    def commit(self) -> None:
        """Make what has changed so far outlive a crash."""
        self.seal()()

    def close(self) -> None:
        """Commit."""
        self.commit()

    def crash(self) -> None:
        """Forget all that was not committed: the power went."""
        for table, key, before in reversed([*self._sealed, *self._open]):
            if before is None:
                table.pop(key, None)
            else:
                table[key] = before
        self._sealed, self._open = [], []

    def damage(self, key: int) -> None:
        """Let a record's octets go bad: a fault of the store itself."""
        self._damaged.add(key)
