"""A link between two nodes in virtual time: a line each way, and the Licklider protocol at both ends (see ltp)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from farside.link.bundle import DamagedBundle, split
from farside.link.contact import Contact, LightTime
from farside.link.events import Event, LinkDown, LinkUp, Lost, Ready, Received, Taken
from farside.link.fault import Fault
from farside.link.line import Line, Loss, Schedule
from farside.link.ltp import (
    Accept,
    Action,
    Arrived,
    Engine,
    Refuse,
    Segments,
    Send,
    SendBlock,
    Sent,
    WakeAt,
)
from farside.link.ltp import Event as LtpEvent
from farside.link.ltp import LinkDown as Silence
from farside.link.ltp import LinkUp as Carrier
from farside.link.ltp import Lost as GivenUp
from farside.link.ltp import Ready as Free
from farside.link.ltp import Taken as Safe
from farside.link.ltp import Wake as Alarm
from farside.link.vault import Vault
from farside.work import rng

FRAME_CHECK = 2
"""Octets of the checksum that each segment's frame adds (see line.py)."""


class Hop:
    """Both ends of one link. tell(node, event) informs a node; it may come back with ``send``, ``accept``, ``refuse``.

    memory(node): its vault, where the protocol keeps what must survive a loss of power.
    """

    def __init__(
        self,
        pair: tuple[int, int],
        faults: Sequence[Fault],
        frame_loss: Loss,
        seed: int,
        light_time: LightTime,
        clock: Callable[[], float],
        schedule: Schedule,
        tell: Callable[[int, Event], object],
        memory: Callable[[int], Vault],
    ) -> None:
        self.pair, self._clock, self._schedule, self._tell, self._light_time = pair, clock, schedule, tell, light_time
        self._memory = memory
        self._contacts: dict[int, tuple[Contact, Contact]] = {}
        self._off: set[int] = set()
        self._up = False
        self._lines: dict[int, Line] = {}
        self._engines: dict[int, Engine] = {}
        for here in pair:
            there = self.other(here)
            self._lines[here] = Line(
                (here, there),
                faults,
                partial(frame_loss, here, there),
                rng(seed, "line", here, there),
                partial(light_time, here, there),
                schedule,
                partial(self._arrived, there),
                partial(self._sent, here),
            )
            self._start(here)

    def other(self, node: int) -> int:
        """The node at the other end."""
        return self.pair[1] if node == self.pair[0] else self.pair[0]

    def line(self, sender: int) -> Line:
        """The line from a node to the other."""
        return self._lines[sender]

    # Contacts ------------------------------------------------------------------------------------------------------

    def begins(self, planned: Contact, actual: Contact) -> None:
        """A contact begins in one direction; the link is there while there is one in both."""
        self._contacts[actual.sender] = planned, actual
        self._settle()

    def ends(self, actual: Contact) -> None:
        """A contact ends in one direction."""
        if self._contacts.get(actual.sender, (None, None))[1] is actual:
            del self._contacts[actual.sender]
            self._settle()

    def power(self, node: int, on: bool) -> None:
        """A node dies, or comes back without any memory of what was under way."""
        if on:
            self._off.discard(node)
            self._start(node)
        else:
            self._off.add(node)
            self._lines[node].clear()
        self._settle()

    def _settle(self) -> None:
        now, up = self._clock(), len(self._contacts) == 2 and not self._off
        if up == self._up:
            return
        self._up = up
        for here in self.pair:
            if up:
                planned, actual = self._contacts[here]
                _, back = self._contacts[self.other(here)]
                light_s = self._light_time(here, actual.receiver, now)
                self._lines[here].up(now, actual.rate_bps)
                self._run(here, Carrier(actual.rate_bps, back.rate_bps, light_s, planned.end))
            else:
                self._lines[here].down(now)
                self._run(here, Silence())
        for here in self.pair:
            if here in self._off:
                continue
            if up:
                planned, _ = self._contacts[here]
                self._tell(here, LinkUp(self.other(here), planned.rate_bps, planned.end))
            else:
                self._tell(here, LinkDown(self.other(here)))

    def _start(self, node: int) -> None:
        there = self.other(node)
        self._engines[node] = Engine(node, there, self._memory(node).state(f"ltp {there}") or b"", wrap=FRAME_CHECK)
        self._remember(node)

    def _remember(self, node: int) -> None:
        """Keep through a loss of power what the engine must not forget."""
        vault = self._memory(node)
        vault.set_state(f"ltp {self.other(node)}", self._engines[node].memory())
        vault.commit()

    # Data ----------------------------------------------------------------------------------------------------------

    def send(self, node: int, batch: tuple[tuple[int, bytes], ...], urgent: bool) -> None:
        """A node gives bundles to its link."""
        self._run(node, SendBlock(batch, urgent))

    def accept(self, node: int, ticket: int) -> None:
        """A node has what came under a ticket."""
        self._run(node, Accept(ticket))
        self._remember(node)

    def refuse(self, node: int, ticket: int) -> None:
        """A node does not take what came under a ticket."""
        self._run(node, Refuse(ticket))
        self._remember(node)

    def _arrived(self, node: int, segments: list[bytes]) -> None:
        if node not in self._off:
            self._run(node, Segments(tuple(segments)))

    def _sent(self, node: int) -> None:
        if node not in self._off:
            self._run(node, Sent())

    def _run(self, node: int, event: LtpEvent) -> None:
        engine = self._engines[node]
        for action in engine.handle(self._clock(), event):
            self._do(node, engine, action)

    def _do(self, node: int, engine: Engine, action: Action) -> None:
        there = self.other(node)
        if node in self._off or self._engines[node] is not engine:
            return  # its node died over an earlier one of these actions
        match action:
            case Send(control, data):
                self._lines[node].give(self._clock(), control, data)
            case Arrived(ticket, data):
                try:
                    bundles = tuple(split(data))
                except DamagedBundle:
                    self.refuse(node, ticket)
                else:
                    self._tell(node, Received(there, ticket, bundles))
            case Safe(tokens):
                self._tell(node, Taken(there, tuple(tokens)))
            case GivenUp(tokens):
                self._tell(node, Lost(there, tuple(tokens)))
            case Free():
                self._tell(node, Ready(there))
            case WakeAt(t):
                self._schedule(t, lambda: self._alarm(node, engine, t))

    def _alarm(self, node: int, engine: Engine, t: float) -> None:
        if self._engines[node] is engine and node not in self._off:
            self._run(node, Alarm(t))
