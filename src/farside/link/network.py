"""The network in virtual time: nodes joined by links with contact windows, finite rates and light time.

    sender   |== first bit ........ last bit ==|
                                     \\  light time when the last bit leaves
    receiver                          \\========| bundle is there

One bundle at a time on each link and direction. The clock is a SimPy environment, so the same network runs as fast as
it can or, in a real-time environment, against the wall clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count

import simpy

from farside.errors import BadInput
from farside.link.bundle import BundleId, unpack
from farside.link.contact import Contact, ContactPlan, LightTime
from farside.link.eid import Eid
from farside.link.events import (
    Action,
    Deliver,
    Event,
    Generated,
    LinkDown,
    LinkUp,
    Received,
    Sent,
    Submit,
    Transmit,
    Wake,
    WakeAt,
)
from farside.link.journey import Priority
from farside.link.ledger import Balance, Found, Ledger
from farside.link.node import Node, Settings
from farside.link.route import Router
from farside.link.timecode import bp_time

LIFETIME_S = 60 * 86400.0
"""Default lifetime: two lunar nights."""

Callback = Callable[[Eid, float, bytes, float], None]
"""``(source, created, payload, delivered)``, times in seconds of mission time; created is rounded down to a ms."""


class Agent:
    """An application's access to the network at one node."""

    def __init__(self, network: Network, node: Node) -> None:
        self._network, self._node = network, node
        self._callbacks: list[tuple[int | None, Callback]] = []

    @property
    def number(self) -> int:
        """The node's number."""
        return self._node.number

    @property
    def space_left(self) -> float:
        """Octets of payload that its store has room for."""
        return self._node.store.space_left

    def send(
        self,
        destination: Eid | tuple[int, int],
        payload: bytes,
        priority: Priority = Priority.STANDARD,
        lifetime_s: float = LIFETIME_S,
        name: str = "",
    ) -> BundleId:
        """Hand over a payload for ``(node, service)``; it is kept here until its delivery is acknowledged.

        name: what the ledger calls it; it does not travel. Raises StoreFull (and takes nothing) where there is no
        room, BadInput for a destination outside the network.
        """
        node, service = destination[0], destination[1]
        if node not in self._network.nodes or service < 1:
            nodes = ", ".join(map(str, self._network.nodes))
            raise BadInput("link", "destination", tuple(destination), f"a node of the network ({nodes}), service >= 1")
        submit = Submit(Eid(node, service), bytes(payload), Priority(priority), lifetime_s, name)
        return self._network.submit(self.number, submit)

    def on_delivery(self, callback: Callback, service: int | None = None) -> None:
        """Call ``callback(source, created, payload, delivered)`` for what arrives for a service, or for any."""
        self._callbacks.append((service, callback))

    def delivered(self, action: Deliver, now: float) -> None:
        """Tell the applications here."""
        for service, callback in self._callbacks:
            if service in (None, action.destination.service) and action.destination.service:
                callback(action.id.source, action.created, action.payload, now)


class Network:
    """All nodes of a contact plan, in the virtual time of ``env`` (seconds since ``t0``, TDB seconds past J2000).

    light_time: see contact.LightTime; called some ten times for each bundle and hop, so it should be a table.
    settings: for the nodes that differ from the default.
    """

    def __init__(
        self,
        env: simpy.Environment,
        plan: ContactPlan,
        light_time: LightTime,
        t0: float,
        settings: Mapping[int, Settings] | None = None,
    ) -> None:
        self.env, self.plan, self.light_time = env, plan, light_time
        self.ledger = Ledger()
        router, epoch_ms = Router(plan, light_time), bp_time(t0)
        self.nodes = {
            number: Node(number, router, epoch_ms, (settings or {}).get(number, Settings())) for number in plan.nodes
        }
        self._agents = {number: Agent(self, node) for number, node in self.nodes.items()}
        self._rates: dict[tuple[int, int], float] = {}
        self._on_air: dict[int, tuple[str, bytes]] = {}
        self._flights = count()
        for contact in plan:
            self._schedule(contact)

    def agent(self, number: int) -> Agent:
        """The application's access to a node. Raises BadInput for one that no contact of the plan names."""
        if number not in self._agents:
            raise BadInput("link", "node", number, f"one of {', '.join(map(str, self._agents))}")
        return self._agents[number]

    def submit(self, number: int, event: Submit) -> BundleId:
        """Hand a payload to a node; returns the identity it got."""
        first = self._handle(number, event)[0]
        assert isinstance(first, Generated)
        return first.id

    def balance(self) -> Balance:
        """The ledger's account at this instant, against what is found in every store and on every link."""
        return self.ledger.balance(self._found())

    def _found(self) -> Iterator[Found]:
        for number, node in self.nodes.items():
            waiting = {piece for queue in node.store.queues() for piece in queue}
            for stored in node.store:
                yield Found.of(str(number), stored.bundle, stored.piece in waiting)
            for unit, (_, whole) in node.arriving.items():
                for start, stop in whole.here:
                    yield Found(str(number), unit, start, stop - start, True)
        for place, data in self._on_air.values():
            yield Found.of(place, unpack(data), True)

    # Virtual time --------------------------------------------------------------------------------------------------

    def _at(self, t: float, do: Callable[[], object]) -> None:
        def run(_: simpy.Event) -> None:
            do()

        self.env.timeout(max(t - self.env.now, 0.0)).callbacks.append(run)

    def _schedule(self, contact: Contact) -> None:
        if contact.end <= self.env.now:
            return
        up = LinkUp(contact.receiver, contact.rate_bps, contact.end)
        self._at(contact.start, lambda: self._handle(contact.sender, up))
        if contact.end < float("inf"):
            self._at(contact.end, lambda: self._handle(contact.sender, LinkDown(contact.receiver)))

    def _handle(self, number: int, event: Event) -> list[Action]:
        now = self.env.now
        if isinstance(event, LinkUp):
            self._rates[number, event.neighbour] = event.rate_bps
        actions = self.nodes[number].handle(now, event)
        for action in actions:
            self.ledger.record(now, number, action)
        for action in actions:
            match action:
                case Transmit(neighbour, data):
                    self._transmit(number, neighbour, data)
                case Deliver():
                    self._agents[number].delivered(action, now)
                case WakeAt(t):
                    self._at(t, lambda: self._handle(number, Wake(t)))
        return actions

    def _transmit(self, sender: int, receiver: int, data: bytes) -> None:
        sent = self.env.now + 8 * len(data) / self._rates[sender, receiver]
        heard = sent + self.light_time(sender, receiver, sent)
        flight = next(self._flights)
        self._on_air[flight] = (f"{sender}>{receiver}", data)
        self._at(sent, lambda: self._handle(sender, Sent(receiver)))
        self._at(heard, lambda: self._arrive(receiver, flight))

    def _arrive(self, receiver: int, flight: int) -> None:
        _, data = self._on_air.pop(flight)
        self._handle(receiver, Received(data))
