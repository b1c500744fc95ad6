"""Time for timers that must not run while there is no contact.

cfdp-py's timers read the wall clock, through one function of spacepackets. That function is replaced by one that reads
what ``reading`` has set, and the wall clock elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from spacepackets import countdown

_time_ms: ContextVar[int | None] = ContextVar("_time_ms", default=None)
_wall_clock_ms = countdown.time_ms


def _now_ms() -> int:
    now = _time_ms.get()
    return _wall_clock_ms() if now is None else now


countdown.time_ms = _now_ms

JUST_RUN_OUT = 0.001
"""What ``left`` gives for a timer that has run out, in seconds: timers count whole milliseconds."""


@contextmanager
def reading(seconds: float) -> Iterator[None]:
    """Let cfdp-py's timers see this time."""
    token = _time_ms.set(round(seconds * 1000))
    try:
        yield
    finally:
        _time_ms.reset(token)


def left(timer: countdown.Countdown | None) -> float | None:
    """Seconds that a timer has left, under ``reading``, so that it has surely run out by then."""
    return None if timer is None else timer.remaining_time().total_seconds() + JUST_RUN_OUT


class ContactClock:
    """Counts the seconds that a peer has been in reach."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    @property
    def runs(self) -> bool:
        """Whether there is contact."""
        return self._since is not None

    def start(self, now: float) -> None:
        """Contact begins."""
        if self._since is None:
            self._since = now

    def stop(self, now: float) -> None:
        """Contact ends."""
        self._before, self._since = self.read(now), None

    def read(self, now: float) -> float:
        """Seconds of contact until ``now``."""
        return self._before + (0.0 if self._since is None else now - self._since)
