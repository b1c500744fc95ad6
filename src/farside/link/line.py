"""One direction of a link in virtual time: bits leave one after another, and arrive after the light time, or do not.

    sender   |== first bit ........ last bit ==|
                                     \\  light time when the last bit leaves
    receiver                          \\========| the segments are there

What controls (reports, acknowledgements) goes before data. Segments travel in frames, each with its checksum, so that a
bit turned over costs a segment and is not read as something else.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import fastcrc
import numpy as np

from farside.link.fault import Fault

FRAME_OCTETS = 1105
"""Of a segment in one transfer frame: 1115 less headers and check (AOS, RS(255,223) interleaved five times)."""
Schedule = Callable[[float, Callable[[], object]], None]
Loss = Callable[[int, int, float], float]
"""Share of frames lost: ``(sender, receiver, mission time at which they have left)``."""


class Burst(NamedTuple):
    """Segments under way together, when each one's last bit has left, and whether there are data among them."""

    segments: list[bytes]
    left: list[float]
    data: bool


class Line:
    """Bits from one node to another. ``schedule(t, do)`` is the clock; arrived(segments) hears what comes out.

    sent() is called when the last of the data given has left. frame_loss(t): share of frames lost of what left at t.
    """

    def __init__(
        self,
        ends: tuple[int, int],
        faults: Sequence[Fault],
        frame_loss: Callable[[float], float],
        rng: np.random.Generator,
        light_time: Callable[[float], float],
        schedule: Schedule,
        arrived: Callable[[list[bytes]], None],
        sent: Callable[[], None],
    ) -> None:
        self.ends, self._frame_loss, self._rng, self._light_time = ends, frame_loss, rng, light_time
        self._faults = [fault for fault in faults if fault.nodes == ends]
        self._schedule, self._arrived, self._sent = schedule, arrived, sent
        self._control: deque[bytes] = deque()
        self._data: deque[bytes] = deque()
        self._burst: Burst | None = None
        self._rate = 0.0
        self._bad: tuple[float, bool] = (0.0, False)
        self.octets = 0
        """All that has left so far."""
        self.control_octets = 0

    def give(self, now: float, control: Sequence[bytes], data: Sequence[bytes]) -> None:
        """Put segments in the queue."""
        self._control.extend(control)
        self._data.extend(data)
        self._next(now)

    def up(self, now: float, rate_bps: float) -> None:
        """A contact begins."""
        self._rate = rate_bps
        self._next(now)

    def down(self, now: float) -> None:
        """The contact ends: of what is leaving, arrives what has left; data that wait are not sent any more."""
        self._rate = 0.0
        self._data.clear()
        if self._burst is not None:
            burst, self._burst = self._burst, None
            self._travel(now, [s for s, left in zip(burst.segments, burst.left, strict=True) if left <= now])

    def clear(self) -> None:
        """The sender has lost its memory."""
        self._control.clear()
        self._data.clear()

    def _next(self, now: float) -> None:
        if self._burst is not None or not self._rate or not (self._control or self._data):
            return
        segments, left, sent = [*self._control, *self._data], [], 0
        self.control_octets += sum(map(len, self._control))
        for segment in segments:
            sent += len(segment)
            left.append(now + 8 * sent / self._rate)
        burst = Burst(segments, left, bool(self._data))
        self._control.clear()
        self._data.clear()
        self._burst = burst
        self._schedule(left[-1], lambda: self._left(burst))

    def _left(self, burst: Burst) -> None:
        if self._burst is burst:
            now, self._burst = burst.left[-1], None
            self._travel(now, burst.segments)
            if burst.data:
                self._sent()
            self._next(now)

    def _travel(self, now: float, segments: list[bytes]) -> None:
        self.octets += sum(map(len, segments))
        arriving = self._channel(now, segments)
        heard = now + self._light_time(now)
        for late_s, group in arriving:
            if group:
                self._schedule(heard + late_s, lambda group=group: self._arrived(group))  # type: ignore[misc]

    # What the channel does to segments -----------------------------------------------------------------------------

    def _channel(self, now: float, segments: list[bytes]) -> list[tuple[float, list[bytes]]]:
        """What arrives of segments, and how much later than it should."""
        active = {fault.kind: fault.amount for fault in self._faults if fault.at(now)}
        lost = 1.0 - (1.0 - self._frame_loss(now)) * (1.0 - active.get("frame-loss", 0.0))
        if not lost and not active:
            return [(0.0, segments)]
        rng = self._rng
        if "burst-loss" in active and self._in_burst(now, active["burst-loss"]):
            return []
        if lost:
            frames = np.ceil(np.array([len(segment) for segment in segments]) / FRAME_OCTETS)
            there = rng.random(len(segments)) < (1.0 - lost) ** frames
            segments = [segment for segment, arrives in zip(segments, there, strict=True) if arrives]
        if "bit-errors" in active:
            segments = [got for segment in segments if (got := self._noisy(segment, active["bit-errors"])) is not None]
        if "duplicate" in active:
            twice = rng.random(len(segments)) < active["duplicate"]
            segments += [segment for segment, again in zip(segments, twice, strict=True) if again]
        if "reorder" in active:
            return [(float(rng.uniform(0.0, active["reorder"])), [segment]) for segment in segments]
        return [(0.0, segments)]

    def _noisy(self, segment: bytes, rate: float) -> bytes | None:
        """A segment with bits turned over; None where its frame's checksum notices."""
        turned = self._rng.poisson(8 * len(segment) * rate)
        if not turned:
            return segment
        octets = bytearray(segment)
        for bit in self._rng.integers(8 * len(segment), size=turned):
            octets[bit // 8] ^= 1 << bit % 8
        changed = bytes(octets)
        return changed if fastcrc.crc16.ibm_3740(changed) == fastcrc.crc16.ibm_3740(segment) else None

    def _in_burst(self, now: float, share: float) -> bool:
        """Whether a burst of noise lasts: bursts of a second on average, with gaps that make them ``share`` of the
        time.
        """
        until, bad = self._bad
        while until <= now:
            bad = not bad
            mean = 1.0 if bad else (1.0 - share) / share if share else math.inf
            until = max(until, now - 60.0) + float(self._rng.exponential(mean) if math.isfinite(mean) else 1e9)
        self._bad = until, bad
        return bad
