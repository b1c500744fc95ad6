"""Timers that stand still while there is no link."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Timers(Generic[Key]):
    """Deadlines by key: mission times while running, seconds left while frozen. It starts frozen."""

    def __init__(self) -> None:
        self._left: dict[Key, float] = {}
        self._frozen = True

    def start(self, key: Key, now: float, seconds: float) -> None:
        """Set a timer, or set it anew."""
        self._left[key] = seconds if self._frozen else now + seconds

    def stop(self, key: Key) -> None:
        """Forget a timer, if it is set."""
        self._left.pop(key, None)

    def freeze(self, now: float) -> None:
        """Stand still."""
        if not self._frozen:
            self._frozen = True
            self._left = {key: max(t - now, 0.0) for key, t in self._left.items()}

    def thaw(self, now: float, limit: Callable[[Key], float]) -> None:
        """Run on with what was left, or with ``limit(key)`` seconds where that is less."""
        self.freeze(now)
        self._frozen = False
        self._left = {key: now + min(left, limit(key)) for key, left in self._left.items()}

    @property
    def next(self) -> float:
        """Mission time of the earliest deadline; infinity where none runs."""
        return float("inf") if self._frozen or not self._left else min(self._left.values())

    def due(self, now: float) -> list[Key]:
        """Take out the timers whose time has come, in the order in which they were first set."""
        if self.next > now:
            return []
        keys = [key for key, t in self._left.items() if t <= now]
        for key in keys:
            del self._left[key]
        return keys
