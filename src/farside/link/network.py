"""The network in virtual time: nodes joined by links with contact windows, finite rates, light time and faults.

The clock is a SimPy environment, so the same network runs as fast as it can or, in a real-time environment, against the
wall clock. Each link speaks the Licklider protocol both ways (see hop), so a contact counts while there is one back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import simpy

from farside.errors import BadInput
from farside.link.application import LIFETIME_S, Listeners, endpoint
from farside.link.bundle import BundleId
from farside.link.contact import ContactPlan, LightTime
from farside.link.eid import Eid
from farside.link.events import (
    Accept,
    Action,
    Consumed,
    Deliver,
    Event,
    Generated,
    Received,
    Refuse,
    Rejected,
    Submit,
    Transmit,
    Wake,
    WakeAt,
)
from farside.link.fault import Fault, check, contacts_as_they_are
from farside.link.hop import Hop
from farside.link.journey import Priority
from farside.link.ledger import Balance, Found, Ledger
from farside.link.line import Loss
from farside.link.node import Node
from farside.link.route import Router
from farside.link.security import Guard
from farside.link.settings import Settings
from farside.link.store import State, Store, StoreFull
from farside.link.timecode import bp_time
from farside.link.vault import Memory
from farside.work import rng

STRANGER = 0
"""Neighbour of bundles that come from outside the network."""


class Agent(Listeners):
    """An application's access to the network at one node. What it was given it has, whatever becomes of the node."""

    def __init__(self, network: Network, number: int) -> None:
        super().__init__()
        self._network, self.number = network, number
        self._refusals: list[Callable[[BundleId, str], None]] = []
        self._had: set[BundleId] = set()

    @property
    def space_left(self) -> float:
        """Octets of payload of standard priority that its node has room for."""
        node = self._network.nodes.get(self.number)
        return node.space_for(Priority.STANDARD) if node else 0.0

    def send(
        self,
        destination: Eid | tuple[int, int],
        payload: bytes,
        priority: Priority = Priority.STANDARD,
        lifetime_s: float = LIFETIME_S,
        name: str = "",
        ordinal: int = 0,
    ) -> BundleId:
        """Hand over a payload for ``(node, service)``; it is kept here until its delivery is acknowledged.

        name: what the ledger calls it; it does not travel. ordinal: rank within the priority (0 to 254). Raises
        StoreFull (and takes nothing) where there is no room, BadInput for a destination outside the network.
        """
        there = endpoint(self._network.plan.nodes, destination)
        submit = Submit(there, bytes(payload), Priority(priority), lifetime_s, name, ordinal)
        return self._network.submit(self.number, submit)

    def on_refusal(self, callback: Callable[[BundleId, str], None]) -> None:
        """Call ``callback(id, why)`` for what came for this node, or was sent by it, and security refused."""
        self._refusals.append(callback)

    def refused(self, action: Rejected) -> None:
        """Tell the applications here."""
        for callback in self._refusals:
            callback(action.id, action.why)

    def delivered(self, action: Deliver, now: float) -> None:
        """Tell the applications here, once."""
        if action.id in self._had:
            return  # the node died before it had noted that it was taken
        self._had.add(action.id)
        self._tell(action.destination.service, action.id.source, action.created, action.payload, now)


class Network:
    """All nodes of a contact plan, in the virtual time of ``env`` (seconds since ``t0``, TDB seconds past J2000).

    light_time: see contact.LightTime; called for each burst, so it should be a table. settings: for the nodes that
    differ from the default. guards: security of the nodes that have one. frame_loss: share of frames lost, see
    line.Loss. faults: see fault.py; chance follows from ``seed``.
    """

    def __init__(
        self,
        env: simpy.Environment,
        plan: ContactPlan,
        light_time: LightTime,
        t0: float,
        settings: Mapping[int, Settings] | None = None,
        guards: Mapping[int, Guard] | None = None,
        frame_loss: Loss = lambda sender, receiver, t: 0.0,
        faults: Sequence[Fault] = (),
        seed: int = 0,
    ) -> None:
        check(faults, plan)
        self.env, self.plan, self.light_time, self.faults = env, plan, light_time, tuple(faults)
        self.ledger = Ledger()
        self.notes: list[tuple[float, int, Action]] = []
        """What nodes refused, dropped, resent or evicted: mission time, node, note."""
        self._settings, self._guards, self._epoch_ms, self._seed = settings or {}, guards or {}, bp_time(t0), seed
        self._fresh = {number: guard.state() for number, guard in self._guards.items()}
        self._vaults = {number: Memory() for number in plan.nodes}
        self._routers = {number: Router(plan, light_time) for number in plan.nodes}
        self.nodes = {number: self._node(number) for number in plan.nodes}
        """The nodes that are alive."""
        self._agents = {number: Agent(self, number) for number in plan.nodes}
        self._dying: set[int] = set()
        pairs = sorted({(min(c.sender, c.receiver), max(c.sender, c.receiver)) for c in plan})
        self.hops = {
            pair: Hop(
                pair, faults, frame_loss, seed, light_time, lambda: self.env.now, self._at, self._tell,
                self._vaults.__getitem__,
            )
            for pair in pairs
        }  # fmt: skip
        self._schedule_contacts()
        for fault in faults:
            self._schedule_fault(fault)

    def agent(self, number: int) -> Agent:
        """The application's access to a node. Raises BadInput for one that no contact of the plan names."""
        if number not in self._agents:
            raise BadInput("link", "node", number, f"one of {', '.join(map(str, self._agents))}")
        return self._agents[number]

    def submit(self, number: int, event: Submit) -> BundleId:
        """Hand a payload to a node; returns the identity it got."""
        if number not in self.nodes:
            raise StoreFull(number, len(event.payload), 0.0)
        actions = self._handle(number, event)
        return next(action.id for action in actions if isinstance(action, Generated) and not action.administrative)

    def intrude(self, number: int, data: bytes) -> None:
        """Let a stranger's transmitter reach a node with a bundle; nobody waits for an answer."""
        self._tell(number, Received(STRANGER, 0, (data,)))

    def balance(self) -> Balance:
        """The ledger's account at this instant, against what is found in every store."""
        return self.ledger.balance(self._found())

    def _found(self) -> Iterator[Found]:
        for number, vault in self._vaults.items():
            node = self.nodes.get(number)
            # what a dead node has committed is still there, as it will find it when it comes back
            kept = node.store if node else Store(math.inf, vault, 1).restore()
            for stored in kept:
                moving = stored.state is not State.RETAINED
                yield Found(str(number), stored.id, stored.offset, stored.octets, moving)

    def _node(self, number: int) -> Node:
        settings, guard = self._settings.get(number, Settings()), self._guards.get(number)
        if guard is not None:
            guard.restore(self._fresh[number])
        return Node(number, self._routers[number], self._epoch_ms, settings, self._vaults[number], guard)

    def hop(self, a: int, b: int) -> Hop:
        """The link between two nodes."""
        return self.hops[min(a, b), max(a, b)]

    # Virtual time --------------------------------------------------------------------------------------------------

    def _at(self, t: float, do: Callable[[], object]) -> None:
        def run(_: simpy.Event) -> None:
            do()

        self.env.timeout(max(t - self.env.now, 0.0)).callbacks.append(run)

    def _schedule_contacts(self) -> None:
        for planned, actual in contacts_as_they_are(self.plan, self.faults):
            if actual.end <= self.env.now:
                continue
            hop = self.hop(actual.sender, actual.receiver)
            self._at(actual.start, lambda hop=hop, p=planned, a=actual: hop.begins(p, a))  # type: ignore[misc]
            if actual.end < float("inf"):
                self._at(actual.end, lambda hop=hop, a=actual: hop.ends(a))  # type: ignore[misc]

    def _tell(self, number: int, event: Event) -> None:
        """Inform a node that may have died meanwhile."""
        if number in self.nodes:
            self._handle(number, event)

    def _handle(self, number: int, event: Event) -> list[Action]:
        now, node, vault = self.env.now, self.nodes[number], self._vaults[number]
        actions = node.handle(now, event)
        if number in self._dying and not isinstance(event, Submit):
            self._die(number)
            return []
        if vault.dirty:
            node.flush()
            vault.commit()
        for action in actions:
            if self.ledger.record(now, number, action):
                self.notes.append((now, number, action))
        for action in actions:
            self._do(number, action, now)
        return actions

    def _do(self, number: int, action: Action, now: float) -> None:
        match action:
            case Transmit(neighbour, bundles, urgent):
                self.hop(number, neighbour).send(number, bundles, urgent)
            case Accept(neighbour) | Refuse(neighbour) if neighbour == STRANGER:
                pass
            case Accept(neighbour, ticket):
                self.hop(number, neighbour).accept(number, ticket)
            case Refuse(neighbour, ticket):
                self.hop(number, neighbour).refuse(number, ticket)
            case Deliver(id_):
                self._agents[number].delivered(action, now)
                self._at(now, lambda: self._tell(number, Consumed(id_)))
            case Rejected():
                self._agents[number].refused(action)
            case WakeAt(t):
                self._at(t, lambda: self._tell(number, Wake(t)))

    # Faults of nodes -----------------------------------------------------------------------------------------------

    def _schedule_fault(self, fault: Fault) -> None:
        number = fault.nodes[0]
        match fault.kind:
            case "power-loss":
                self._at(fault.start, lambda: self._dying.add(number))
                self._at(fault.stop, lambda: self._revive(number))
            case "corrupt-record":
                self._at(fault.start, lambda: self._corrupt(number, fault))
            case "store-full":
                self._at(fault.start, lambda: self._suffer(number, fault))
                self._at(fault.stop, lambda: self._limit(number, full=False))
            case "clock-off" | "clock-absent":
                self._at(fault.start, lambda: self._suffer(number, fault))
                self._at(fault.stop, lambda: self._set_clock(number, 0.0))

    def _suffer(self, number: int, fault: Fault) -> None:
        """A fault that lasts begins, or finds the node restarted."""
        if fault.kind == "store-full":
            self._limit(number, full=True)
        elif fault.kind in ("clock-off", "clock-absent"):
            self._set_clock(number, fault.amount if fault.kind == "clock-off" else None)

    def _die(self, number: int) -> None:
        """The power goes in the middle of a write: what was not committed is gone, and so is all that was under way."""
        self._dying.discard(number)
        self._vaults[number].crash()
        del self.nodes[number]
        for hop in self.hops.values():
            if number in hop.pair:
                hop.power(number, on=False)

    def _revive(self, number: int) -> None:
        self._dying.discard(number)
        if number in self.nodes:
            return  # nothing was written meanwhile
        self.nodes[number] = self._node(number)
        for fault in self.faults:
            if fault.nodes == (number,) and fault.at(self.env.now):
                self._suffer(number, fault)
        for hop in self.hops.values():
            if number in hop.pair:
                hop.power(number, on=True)
        self._handle(number, Wake(self.env.now))

    def _corrupt(self, number: int, fault: Fault) -> None:
        draw = rng(self._seed, "corrupt", number, round(fault.start * 1000))
        firsts: dict[bytes, int] = {}  # of the copies of a bundle the one that is read first
        for key, meta, _ in self._vaults[number].records():
            firsts.setdefault(meta, key)
        for key in draw.permutation(list(firsts.values()))[: int(fault.amount)]:
            self._vaults[number].damage(int(key))

    def _limit(self, number: int, full: bool) -> None:
        if number in self.nodes:
            store = self.nodes[number].store
            store.capacity = float(store.used) if full else self._settings.get(number, Settings()).capacity
            if not full:
                self._handle(number, Wake(self.env.now))

    def _set_clock(self, number: int, error: float | None) -> None:
        if number in self.nodes:
            self.nodes[number].clock.error_s = error
