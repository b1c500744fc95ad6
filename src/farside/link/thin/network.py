"""The network of thin mode in virtual time, with the same face to applications as the one of bundles.

    vehicle  | burst of frames | burst ...      highest priority first, while the plan says that the whole way is open
    repeater     what is heard while both its hops are open goes on at once; the rest is lost
    centre           | packets -> payload, if all of them came

Frames are not made: where each octet of a payload would lie in them is known, and chance says which are lost. So a
lunar day takes seconds. That real frames and packets give the same is tested.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from itertools import count
from math import ceil, inf

import numpy as np
import simpy

from farside.errors import BadInput
from farside.link.application import LIFETIME_S, Listeners, endpoint
from farside.link.bundle import BundleId
from farside.link.contact import ContactPlan, LightTime
from farside.link.eid import Eid
from farside.link.journey import Priority
from farside.link.store import StoreFull
from farside.link.thin.account import Entry, PayloadId, ThinBalance, ThinLedger
from farside.link.thin.hop import Array, Hop, Loss, Mask, as_loss
from farside.link.thin.outgoing import Outgoing
from farside.link.thin.way import Window, windows
from farside.link.timecode import cuc_time, read_cuc

BURST_S = 1.0
"""Frames are reckoned with in bursts of this length; what is more urgent waits for the end of one at most."""
APIDS = 2046
"""Application identifiers there are for payloads: 1 to 2046."""
_ROUNDING = 1e-9


class ThinAgent(Listeners):
    """An application's access to the network at one node."""

    def __init__(self, network: ThinNetwork, number: int, capacity: float) -> None:
        super().__init__()
        self.number = number
        self._network, self._capacity = network, capacity

    @property
    def space_left(self) -> float:
        """Octets of payload that its store has room for."""
        return self._capacity - self._network.stored(self.number)

    def send(
        self,
        destination: Eid | tuple[int, int],
        payload: bytes,
        priority: Priority = Priority.STANDARD,
        lifetime_s: float = LIFETIME_S,
        name: str = "",
        ordinal: int = 0,
    ) -> PayloadId:
        """Hand over a payload for ``(node, service)``; it is kept here until it has been sent, once.

        name: what the ledger calls it; it does not travel. ordinal: rank within the priority (0 to 254). Raises
        StoreFull (and takes nothing) where there is no room, BadInput for a destination outside the network.
        """
        there = endpoint(self._network.numbers, destination)
        if len(payload) > self.space_left:
            raise StoreFull(self.number, len(payload), self.space_left)
        return self._network.submit(self.number, there, bytes(payload), Priority(priority), lifetime_s, name, ordinal)

    def on_refusal(self, callback: Callable[[BundleId, str], None]) -> None:
        """Nothing is refused here: frames carry no signature."""

    def delivered(self, entry: Entry, created: float, payload: bytes, now: float) -> None:
        """Tell the applications here."""
        self._tell(entry.destination.service, entry.id.source, created, payload, now)


class _Flow:
    """What one node sends to another: a queue for each priority, and when the way is open."""

    def __init__(self, open_: list[Window]) -> None:
        self._open = open_
        self._queues: dict[Priority, list[tuple[bool, int, int, Outgoing]]] = {p: [] for p in reversed(Priority)}
        self.busy = False

    def put(self, outgoing: Outgoing) -> None:
        """Queue a payload: what has begun comes first, then higher ordinals, then what came earlier."""
        rank = (outgoing.sent == 0, -outgoing.ordinal, outgoing.entry.id.number, outgoing)
        heappush(self._queues[outgoing.entry.priority], rank)

    def take(self, octets: int, now: float) -> list[Outgoing]:
        """Payloads of the highest priority there is, until they hold as many octets of packets; none: all are sent."""
        for queue in self._queues.values():
            taken, found = [], 0
            while queue and found < octets:
                outgoing = heappop(queue)[3]
                if outgoing.sent or outgoing.expires > now:
                    taken.append(outgoing)
                    found += outgoing.left
            if taken:
                return taken
        return []

    def waits(self) -> bool:
        """Whether anything is queued (it may have expired)."""
        return any(self._queues.values())

    def window(self, now: float) -> Window | None:
        """The window that is open now, of fewest hops, or else the next one."""
        while self._open and self._open[0].last < now:
            del self._open[0]
        begun = bisect_right(self._open, now, key=lambda window: window.first)
        usable = [window for window in self._open[: begun + 1] if window.last >= now]
        return min(usable, key=lambda w: (max(w.first, now), len(w.hops), w.pace_s), default=None)


class ThinNetwork:
    """All nodes of a contact plan, in the virtual time of ``env`` (seconds since ``t0``, TDB seconds past J2000).

    plan: what the nodes go by. light_time: see contact.LightTime; called for each burst and hop, so it should be a
    table. loss: probability that a frame is lost, by (sender, receiver) or as a function of these and the times. rng:
    what chance is drawn from. actual: contacts as they truly take place, where they differ from the plan. capacity:
    octets of payload that a node's store has room for, where there is a limit.

    A contact's rate is taken as bits of transfer frames a second: check symbols and sync markers come on top.
    """

    def __init__(
        self,
        env: simpy.Environment,
        plan: ContactPlan,
        light_time: LightTime,
        t0: float,
        loss: Loss | Mapping[tuple[int, int], float],
        rng: np.random.Generator,
        actual: ContactPlan | None = None,
        capacity: Mapping[int, float] | None = None,
    ) -> None:
        self.env, self.plan, self.light_time = env, plan, light_time
        self.numbers = plan.nodes
        self.ledger = ThinLedger()
        self._t0 = t0
        self._agents = {number: ThinAgent(self, number, (capacity or {}).get(number, inf)) for number in self.numbers}
        true = list(plan if actual is None else actual)
        links = sorted({(contact.sender, contact.receiver) for contact in plan})
        self._hops = {
            link: Hop((c for c in true if (c.sender, c.receiver) == link), as_loss(loss), rng) for link in links
        }
        self._flows: dict[tuple[int, int], _Flow] = {}
        self._apids: dict[tuple[int, Eid, Priority], int] = {}
        self._numbers = count(1)
        self._stored: dict[int, Outgoing] = {}
        self._on_way: dict[int, Outgoing] = {}
        self._deadlines: list[tuple[float, int]] = []
        self._used = dict.fromkeys(self.numbers, 0)

    def agent(self, number: int) -> ThinAgent:
        """The application's access to a node. Raises BadInput for one that no contact of the plan names."""
        if number not in self._agents:
            raise BadInput("link", "node", number, f"one of {', '.join(map(str, self._agents))}")
        return self._agents[number]

    def stored(self, number: int) -> int:
        """Octets of payload in a node's store."""
        self._expire()
        return self._used[number]

    def balance(self) -> ThinBalance:
        """The ledger's account at this instant, against what is found in every store and on the way."""
        self._expire()
        places: dict[str, int] = {}
        for found, on_way in ((self._stored, False), (self._on_way, True)):
            for outgoing in found.values():
                source, octets = str(outgoing.entry.id.source.node), outgoing.entry.octets
                place = f"{source}>{outgoing.entry.destination.node}" if on_way else source
                places[place] = places.get(place, 0) + octets
        return self.ledger.balance(places)

    def submit(
        self,
        number: int,
        destination: Eid,
        payload: bytes,
        priority: Priority,
        lifetime_s: float,
        name: str,
        ordinal: int,
    ) -> PayloadId:
        """Take a payload into a node's store; returns its identity. Raises BadInput where all APIDs are taken."""
        now = self.env.now
        id_ = PayloadId(
            Eid(number, destination.service), self._apid(number, destination, priority), next(self._numbers)
        )
        digest = hashlib.sha256(payload).hexdigest()
        entry = self.ledger.entries[id_] = Entry(id_, name, destination, priority, len(payload), digest, now)
        created = read_cuc(cuc_time(self._t0 + now)) - self._t0
        outgoing = Outgoing(entry, payload, created, now + lifetime_s, ordinal)
        if destination.node == number:
            self._arrive(outgoing, now)
            return id_
        self._stored[id_.number] = outgoing
        self._used[number] += len(payload)
        heappush(self._deadlines, (outgoing.expires, id_.number))
        flow = self._flow(number, destination.node)
        flow.put(outgoing)
        if not flow.busy:
            self._send(flow)
        return id_

    def _flow(self, source: int, destination: int) -> _Flow:
        if (source, destination) not in self._flows:
            open_ = windows(self.plan, source, destination, self.light_time)
            self._flows[source, destination] = _Flow(open_)
        return self._flows[source, destination]

    def _apid(self, source: int, destination: Eid, priority: Priority) -> int:
        key = (source, destination, priority)
        if key not in self._apids and len(self._apids) == APIDS:
            raise BadInput("link", "destination", tuple(destination), f"at most {APIDS} flows: all APIDs are taken")
        return self._apids.setdefault(key, len(self._apids) + 1)

    def _expire(self) -> None:
        """Forget payloads whose time is over before they were begun."""
        while self._deadlines and self._deadlines[0][0] <= self.env.now:
            expires, number = heappop(self._deadlines)
            outgoing = self._stored.get(number)
            if outgoing is not None and outgoing.sent == 0:
                outgoing.entry.expired_s = expires
                self._release(outgoing)

    def _release(self, outgoing: Outgoing) -> None:
        del self._stored[outgoing.entry.id.number]
        self._used[outgoing.entry.id.source.node] -= outgoing.entry.octets

    # Virtual time --------------------------------------------------------------------------------------------------

    def _at(self, t: float, do: Callable[[], object]) -> None:
        def run(_: simpy.Event) -> None:
            do()

        self.env.timeout(max(t - self.env.now, 0.0)).callbacks.append(run)

    def _resume(self, flow: _Flow, t: float) -> None:
        def go_on() -> None:
            flow.busy = False
            self._send(flow)

        flow.busy = True
        self._at(t, go_on)

    def _send(self, flow: _Flow) -> None:
        """Send the next burst, if there is something to send; come back when it has left, or when the way is open."""
        self._expire()
        now = self.env.now
        window = flow.window(now) if flow.waits() else None
        if window is None:
            return
        if window.first > now:
            self._resume(flow, window.first)
            return
        size, pace = window.channel.data_octets, window.pace_s
        most = max(1, int(min(BURST_S / pace, (window.last - now) / pace + 1 + _ROUNDING)))
        batch = flow.take(most * size, now)
        if not batch:
            return
        frames = min(most, ceil(sum(outgoing.left for outgoing in batch) / size))
        heard, arrives = self._repeat(window, now, frames)
        lost, at = np.flatnonzero(~heard), 0
        for outgoing in batch:
            begins, entry = at, outgoing.entry
            at += min(outgoing.left, frames * size - at)
            outgoing.send(at - begins, begins, size, lost)
            first, last = begins // size, (at - 1) // size
            entry.wire_octets += (last - first + 1) * window.channel.frame_octets
            entry.first_sent_s = now + first * pace if entry.first_sent_s is None else entry.first_sent_s
            entry.last_sent_s = now + (last + 1) * pace
            if outgoing.left:
                flow.put(outgoing)
            else:
                self._follow(outgoing, entry.last_sent_s, float(arrives[last]))
        self._resume(flow, now + frames * pace)

    def _repeat(self, window: Window, now: float, frames: int) -> tuple[Mask, Array]:
        """Which frames of a burst are heard at the end of the way, and when their last bits are there or would be."""
        t: Array = now + window.pace_s * np.arange(frames, dtype=float)
        heard: Mask = np.ones(frames, bool)
        for contact, frame_s in zip(window.hops, window.frame_s, strict=True):
            link = contact.sender, contact.receiver
            heard = self._hops[link].heard(*link, t, frame_s, window.channel.frame_octets, heard)
            sent = t + frame_s
            t = np.asarray(sent + self.light_time(*link, float(sent[0])), float)
        return heard, t

    def _follow(self, outgoing: Outgoing, leaves: float, arrives: float) -> None:
        """A payload whose last frame leaves and arrives at these times."""

        def leave() -> None:
            self._release(outgoing)
            self._on_way[outgoing.entry.id.number] = outgoing

        def arrive() -> None:
            del self._on_way[outgoing.entry.id.number]
            self._arrive(outgoing, self.env.now)

        self._at(leaves, leave)
        self._at(arrives, arrive)

    def _arrive(self, outgoing: Outgoing, now: float) -> None:
        entry = outgoing.entry
        entry.received_octets = outgoing.received_octets
        if not outgoing.whole:
            entry.lost_s = now
            return
        entry.delivered_s = now
        self._agents[entry.destination.node].delivered(entry, outgoing.created, outgoing.payload, now)
