"""A vault: where a node keeps what must survive a loss of power."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from farside.errors import FarsideError


class DamagedRecord(FarsideError):
    """A record whose octets are no longer those that were put; whoever asked for it should drop it."""

    def __init__(self, key: int) -> None:
        super().__init__(key)
        self.key = key
        self.message = f"record {key} of the store is damaged"


class Vault(Protocol):
    """Records under ascending keys, and small named values.

    What is put, dropped and set is a batch. It takes effect at once for whoever asks this vault, and becomes durable as
    a whole, or not at all, when the batch is committed. A key that is not there raises KeyError.
    """

    @property
    def dirty(self) -> bool:
        """Whether anything has changed since the last seal."""

    def put(self, meta: bytes, data: bytes | Sequence[bytes | memoryview]) -> int:
        """Keep ``data`` (whole, or in parts that nobody changes before the commit) and what describes it; its key."""

    def get(self, key: int) -> bytes:
        """The data of a record. Raises DamagedRecord."""

    def drop(self, key: int) -> None:
        """Forget a record."""

    def records(self) -> Iterator[tuple[int, bytes, int]]:
        """What is there: (key, meta, octets of data), keys ascending."""

    def set_state(self, name: str, value: bytes) -> None:
        """Keep a small value under a name."""

    def state(self, name: str) -> bytes | None:
        """The value under a name."""

    def seal(self) -> Callable[[], None]:
        """Close the batch; the returned function makes it durable, in any thread, while the next one grows.

        It must have returned before the next seal. Where it raises, nothing was written and the batch is open again.
        """

    def commit(self) -> None:
        """Make durable what has changed so far."""

    def close(self) -> None:
        """Commit, and let go of whatever is held."""
