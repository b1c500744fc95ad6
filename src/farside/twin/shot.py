"""A shot: one instrument record to be made."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from farside.errors import BadInput
from farside.twin.code import code_key


@dataclass(frozen=True)
class Shot:
    """One instrument record to be made.

    view: all that the record depends on besides scene and code, a frozen dataclass of values JSON can hold, with
    instrument, t, sequence_id and index. make: the record; a pure function. done: when it is complete and goes to the
    store, TDB s past J2000. on: key of what else it depends on. travels: whether ``make`` is small, can be pickled, and
    is worth being made in another process.
    """

    view: Any
    make: Callable[[], bytes]
    done: float
    on: str = ""
    travels: bool = False

    @property
    def name(self) -> str:
        """What the ledger calls it."""
        return f"{self.view.instrument}-{self.view.sequence_id}-{self.view.index}"


@dataclass(frozen=True)
class Made:
    """A record made by the sources with this ``code`` or not at all: other sources may make other bytes."""

    code: str
    make: Callable[[], bytes]

    def __call__(self) -> bytes:
        """Make it. Raises BadInput where this process has other sources."""
        if code_key() != self.code:
            raise BadInput(
                socket.gethostname(),
                "farside",
                "other sources or libraries, or another device",
                "workers with what the flight itself has",
            )
        return self.make()
