"""A node's own clock, which may be off or absent, and how old bundles are by it."""

from __future__ import annotations

import math

from farside.link.bundle import Primary
from farside.link.journey import Journey

PLAUSIBLE_MS = 60_000
"""A bundle may be so much older than the nodes it passed have counted: time under way, and clocks that are a bit
off."""


class Clock:
    """Mission time in seconds as the node knows it; epoch_ms: BP time of mission time 0 (see timecode.bp_time)."""

    def __init__(self, epoch_ms: int) -> None:
        self.epoch_ms = epoch_ms
        self.error_s: float | None = 0.0
        """By how much it is ahead; None where there is no clock."""
        self._odd: set[int] = set()

    def own(self, now: float) -> float:
        """Mission time as this node tells it to others."""
        return now + (self.error_s or 0.0)

    def bp(self, now: float) -> int:
        """BP time in ms as this node tells it to others."""
        return self.epoch_ms + math.floor(self.own(now) * 1000)

    def stamp(self, now: float) -> int:
        """BP time for what this node makes: 0 where it has no clock (RFC 9171 section 4.2.7)."""
        return 0 if self.error_s is None else self.bp(now)

    def mission(self, bp_ms: int) -> float:
        """Mission time of a BP time."""
        return (bp_ms - self.epoch_ms) / 1000

    def age_ms(self, now: float, primary: Primary, journey: Journey) -> int:
        """Age of what has just come: by the clock where that is plausible, else as told by the nodes it passed."""
        told, by_clock = journey.age_ms, self.bp(now) - primary.created_ms
        dated = bool(primary.created_ms) and self.error_s is not None
        if told is None:
            return max(by_clock, 0) if dated else 0
        return by_clock if dated and told <= by_clock <= told + PLAUSIBLE_MS else told

    def differs(self, now: float, primary: Primary, journey: Journey) -> float | None:
        """Seconds by which a source's clock and this one contradict each other, once for each source; else None."""
        source = primary.source.node
        if not primary.created_ms or journey.age_ms is None or self.error_s is None or source in self._odd:
            return None
        more_ms = self.bp(now) - primary.created_ms - journey.age_ms
        if abs(more_ms) <= PLAUSIBLE_MS:
            return None
        self._odd.add(source)
        return more_ms / 1000
