"""LTP over the lopsided hop: goodput, the load of its reports on the 125 bit/s way back, and what a segment costs.

The stream of segments fills transfer frames of 1115 octets, each lost with probability 1e-3 on the way down (and a
report, in one short frame, on the way up); a segment is lost with any frame it has a part in. The Eb/N0-limited rate is
555 kbit/s of frame data: what the frames lose is part of what LTP has to make good.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from benchmarks.claim import Claim
from farside.link.ltp import (
    Accept,
    Action,
    Arrived,
    Engine,
    Event,
    LinkUp,
    Ready,
    Segments,
    Send,
    SendBlock,
    Sent,
    Taken,
    Wake,
    WakeAt,
)

FRAME, LOSS = 1115, 1e-3
DOWN_BPS, UP_BPS, LIGHT_S = 555e3, 125.0, 0.22
BLOCK, BUNDLES = 1_048_576, 8
WRAP = 8
"""Octets around a segment: an encapsulation header of 4, and what a driver may add."""


@dataclass
class Hop:
    """Engines 1 (lander) and 2 (relay) and the link between them; blocks are given as long as the clock runs."""

    loss: float
    seed: int
    down_bps: float = DOWN_BPS
    engines: dict[int, Engine] = field(default_factory=lambda: {n: Engine(n, 3 - n, wrap=WRAP) for n in (1, 2)})
    now: float = 0.0
    taken: int = 0
    given: int = 0
    segments: int = 0
    reports: int = 0
    cpu_s: float = 0.0

    def __post_init__(self) -> None:
        self._queue: list[tuple[float, int, int, Event]] = []
        self._order = count()
        self._rng = Random(self.seed)
        self._free = {1: 0.0, 2: 0.0}
        self._position = 0  # octets in the current frame
        self._frame_lost = False
        self._bundle = Random(0).randbytes(BLOCK // BUNDLES)
        self._bps = {1: self.down_bps, 2: UP_BPS}

    def run(self, seconds: float) -> Hop:
        for n in (1, 2):
            self._tell(n, LinkUp(self._bps[n], self._bps[3 - n], LIGHT_S))
        self._give()
        while self._queue and self._queue[0][0] <= seconds:
            self.now, _, n, event = heapq.heappop(self._queue)
            self._tell(n, event)
        return self

    def _give(self) -> None:
        batch = tuple((self.given * BUNDLES + k, self._bundle) for k in range(BUNDLES))
        self.given += 1
        self._tell(1, SendBlock(batch))

    def _tell(self, n: int, event: Event) -> None:
        start = time.process_time()
        actions = self.engines[n].handle(self.now, event)
        self.cpu_s += time.process_time() - start
        for action in actions:
            self._act(n, action)

    def _act(self, n: int, action: Action) -> None:
        match action:
            case Send(control, data):
                self._send(n, control, data)
            case Arrived(ticket, _):
                self._tell(n, Accept(ticket))
            case Ready():
                self._give()
            case Taken(tokens):
                self.taken += len(tokens) * len(self._bundle)
            case WakeAt(t):
                self._push(t, n, Wake(t))

    def _push(self, t: float, n: int, event: Event) -> None:
        heapq.heappush(self._queue, (t, next(self._order), n, event))

    def _send(self, n: int, control: tuple[bytes, ...], data: tuple[bytes, ...]) -> None:
        arrive = []
        at = max(self.now, self._free[n])
        for segment in (*control, *data):
            at += 8 * (len(segment) + WRAP) / self._bps[n]
            if n == 2:
                self.reports += len(segment) + WRAP
            else:
                self.segments += 1
            if not self._lost(n, len(segment) + WRAP):
                arrive.append(segment)
        self._free[n] = at
        if data:
            self._push(at, n, Sent())
        if arrive:
            self._push(at + LIGHT_S, 3 - n, Segments(tuple(arrive)))

    def _lost(self, n: int, octets: int) -> bool:
        if n == 2:
            return self._rng.random() < self.loss
        lost = self._frame_lost
        self._position += octets
        while self._position >= FRAME:
            self._position -= FRAME
            self._frame_lost = self._rng.random() < self.loss
            lost |= self._frame_lost and self._position > 0
        return lost


def measure(loss: float = LOSS, seconds: float = 7200.0, seed: int = 1, down_bps: float = DOWN_BPS) -> Hop:
    """One hop kept full for ``seconds`` of link time."""
    return Hop(loss, seed, down_bps).run(seconds)


def claims() -> Iterator[Claim]:
    """Two hours of link time at frame loss 1e-3, and without loss."""
    lossy, clean = measure(), measure(0.0)
    limit = DOWN_BPS * lossy.now / 8
    yield Claim("LTP goodput at frame loss 1e-3 / rate of the link", lossy.taken / limit, "", 0.9, least=True)
    share = 8 * lossy.reports / lossy.now / UP_BPS
    yield Claim("LTP reports at 555 kbit/s, frame loss 1e-3 / forward link", share, "", 0.25, "125 bit/s")
    yield Claim("LTP report of a whole MB", clean.engines[2].counts.report_octets / (clean.taken / 1e6), "octets", 25)
    fast = measure(0.0, 1000.0, down_bps=4e6)
    yield Claim("LTP CPU of both sides a segment of 8 kB", 1e6 * fast.cpu_s / fast.segments, "us", 10.0)


if __name__ == "__main__":
    for claim in claims():
        print(claim.line())
