"""Two LTP engines on a virtual link: rates, light time, losses, duplicates, disorder, outages, restarts."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from farside.link.ltp import (
    Accept,
    Arrived,
    Engine,
    LinkDown,
    LinkUp,
    Lost,
    Ready,
    Refuse,
    Segments,
    Send,
    SendBlock,
    Sent,
    Taken,
    Wake,
    WakeAt,
)

Fate = Callable[[float, int, bytes], list[float]]
"""``(now, from, segment) -> delays``: one entry for each copy that arrives, s beyond light time; none: lost."""


def unharmed(now: float, sender: int, segment: bytes) -> list[float]:
    return [0.0]


class Channel:
    """Nodes 1 and 2. Whatever a node was handed up and accepted outlasts its restart, as in a store."""

    def __init__(self, bps=(555e3, 125.0), light_s=0.2, fate: Fate = unharmed, accept=lambda n, data: True) -> None:
        self.bps, self.light_s, self.fate, self.accept = {1: bps[0], 2: bps[1]}, light_s, fate, accept
        self.now, self._queue, self._order = 0.0, [], count()
        self.engines = {n: Engine(n, 3 - n) for n in (1, 2)}
        self.lives = {1: 0, 2: 0}
        self.up = False
        self.free_at = {1: 0.0, 2: 0.0}
        self.links = 0
        self.kept: dict[int, list[bytes]] = {1: [], 2: []}
        self.accept_s: Callable[[], float] = lambda: 0.0
        self.handed_up = 0
        self.taken, self.lost = [], []
        self.ready = {1: 0, 2: 0}
        self.octets = {1: [0, 0], 2: [0, 0]}  # control and data that left
        self.events = 0

    def at(self, t: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (t, next(self._order), do))

    def run(self, until: float = float("inf"), most: int = 200_000) -> None:
        """Until nothing is left to happen; fails where something goes on for ever."""
        for _ in range(most):
            if not self._queue or self._queue[0][0] > until:
                return
            self.now, _, do = heapq.heappop(self._queue)
            do()
        raise AssertionError(f"still busy after {most} events, at {self.now:.0f} s")

    def tell(self, n: int, event) -> None:
        self.events += 1
        for action in self.engines[n].handle(self.now, event):
            match action:
                case Send(control, data):
                    self._send(n, control, data)
                case Arrived(ticket, data):
                    self.handed_up += 1
                    self._answer(n, ticket, data)
                case Taken(tokens):
                    self.taken += tokens
                case Lost(tokens):
                    self.lost += tokens
                case Ready():
                    self.ready[n] += 1
                    self.on_ready(n)
                case WakeAt(t):
                    self._later(n, t, Wake(t))

    def _answer(self, n: int, ticket: int, data: bytes) -> None:
        life = self.lives[n]

        def answer() -> None:
            if life == self.lives[n]:
                if self.accept(n, data):
                    self.kept[n].append(data)
                    self.tell(n, Accept(ticket))
                else:
                    self.tell(n, Refuse(ticket))

        if delay := self.accept_s():
            self.at(self.now + delay, answer)
        else:
            answer()

    def on_ready(self, n: int) -> None:
        pass

    def send(self, n: int, *bundles: tuple[object, bytes]) -> None:
        self.tell(n, SendBlock(bundles))

    def link_up(self, until: float = float("inf")) -> None:
        self.up = True
        self.links += 1
        self.free_at = {1: self.now, 2: self.now}
        for n in (1, 2):
            self.tell(n, LinkUp(self.bps[n], self.bps[3 - n], self.light_s, until))

    def link_down(self) -> None:
        self.up = False
        self.links += 1
        for n in (1, 2):
            self.tell(n, LinkDown())

    def restart(self, n: int, remembers: bool = True) -> None:
        self.lives[n] += 1
        self.engines[n] = Engine(n, 3 - n, self.engines[n].memory() if remembers else b"")
        if self.up:
            self.free_at[n] = self.now
            self.tell(n, LinkUp(self.bps[n], self.bps[3 - n], self.light_s))

    def _later(self, n: int, t: float, event) -> None:
        life = self.lives[n]
        self.at(max(t, self.now), lambda: self.tell(n, event) if life == self.lives[n] else None)

    def _send(self, n: int, control, data) -> None:
        assert self.up, "nothing is sent without a link"
        for segment in (*control, *data):
            leaves = max(self.free_at[n], self.now) + 8 * len(segment) / self.bps[n]
            self.free_at[n] = leaves
            self.octets[n][segment[0] <= 7] += len(segment)
            for delay in self.fate(leaves, n, segment):
                self._arrive(n, leaves, delay, segment)
        if data:
            life, link = self.lives[n], self.links
            self.at(
                self.free_at[n],
                lambda: self.tell(n, Sent()) if (life, link) == (self.lives[n], self.links) else None,
            )

    def _arrive(self, n: int, leaves: float, delay: float, segment: bytes) -> None:
        link, life = self.links, self.lives[n]

        def hear() -> None:
            self.tell(3 - n, Segments((segment,)))

        def leave() -> None:
            if link == self.links and life == self.lives[n]:  # what had not left when the link closed is gone
                self.at(leaves + self.light_s + delay, hear)

        self.at(leaves, leave)
