"""A shot: one instrument record to be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shot:
    """One instrument record to be made.

    view: all that the record depends on besides scene and code, a frozen dataclass of values JSON can hold, with
    instrument, t, sequence_id and index. make: the record; a pure function. done: when it is complete and goes to the
    store, TDB s past J2000. on: key of what else it depends on.
    """

    view: Any
    make: Callable[[], bytes]
    done: float
    on: str = ""

    @property
    def name(self) -> str:
        """What the ledger calls it."""
        return f"{self.view.instrument}-{self.view.sequence_id}-{self.view.index}"
