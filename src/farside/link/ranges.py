"""Sets of whole numbers kept as ranges: octets that have come, sequence numbers that were delivered."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator


class Ranges:
    """A growing set of integers, stored as disjoint half-open ranges in order."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        self.count = 0

    def add(self, start: int, stop: int) -> None:
        """Add the numbers from ``start`` up to, not including, ``stop``."""
        if stop <= start:
            return
        first = bisect_left(self._stops, start)  # ranges that end before start stay apart; touching ones merge
        last = bisect_right(self._starts, stop)
        if first < last:
            start, stop = min(start, self._starts[first]), max(stop, self._stops[last - 1])
            self.count -= sum(b - a for a, b in zip(self._starts[first:last], self._stops[first:last], strict=True))
        self._starts[first:last], self._stops[first:last] = [start], [stop]
        self.count += stop - start

    def around(self, number: int) -> tuple[int, int] | None:
        """The range that holds ``number``, if one does."""
        k = bisect_right(self._starts, number) - 1
        return (self._starts[k], self._stops[k]) if k >= 0 and number < self._stops[k] else None

    def __contains__(self, number: int) -> bool:
        return self.around(number) is not None

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._starts, self._stops, strict=True))
