"""A bundle node: stores, forwards, delivers and acknowledges (RFC 9171 section 5).

A pure protocol machine: ``handle(now, event)`` returns actions and touches no clock, socket, thread or random number,
so that one node runs alike in virtual time and over real links.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from farside.link import acknowledgement
from farside.link.bundle import (
    ACKNOWLEDGE,
    ADMINISTRATIVE,
    PAYLOAD,
    Block,
    Bundle,
    BundleId,
    DamagedBundle,
    Primary,
    unpack,
)
from farside.link.eid import Eid
from farside.link.events import (
    Acknowledged,
    Action,
    Deliver,
    Dropped,
    Event,
    Expired,
    Forwarded,
    Generated,
    Kept,
    LinkDown,
    LinkUp,
    Received,
    Sent,
    Submit,
    Transmit,
    Wake,
    WakeAt,
)
from farside.link.fragment import Reassembly, fragments
from farside.link.journey import Journey, Priority, forwarded, processable, read_journey
from farside.link.ranges import Ranges
from farside.link.route import Router
from farside.link.store import Piece, Store, Stored, StoreFull

ACKNOWLEDGEMENT_LIFETIME_S = 7 * 86400.0
HEADER_OCTETS = 200
"""Allowed for all blocks but the payload when planning; those that this package makes take about 130."""


@dataclass(frozen=True)
class Settings:
    """What differs from node to node.

    capacity: payload octets its store holds. fragment_octets: longest payload of one bundle it makes.
    acknowledge_every_s: shortest time between two acknowledgements to one source.
    """

    capacity: float = math.inf
    fragment_octets: int = 64 * 1024
    acknowledge_every_s: float = 600.0


class Node:
    """One node. Mission times in seconds; epoch_ms: BP time of mission time 0 (see timecode.bp_time)."""

    def __init__(self, number: int, router: Router, epoch_ms: int, settings: Settings) -> None:
        self.number, self.router, self.epoch_ms, self.settings = number, router, epoch_ms, settings
        self.store = Store(settings.capacity)
        self.arriving: dict[BundleId, tuple[float, Reassembly]] = {}
        """Data units for this node of which a part has come, and when they expire."""
        self._links: dict[int, LinkUp] = {}
        self._sending: dict[int, tuple[Stored, int, float]] = {}
        self._sequence: dict[Eid, int] = {}
        self._delivered: dict[Eid, Ranges] = {}
        self._news: dict[int, dict[int, set[int]]] = {}
        self._acknowledged: dict[int, float] = {}
        self._wakes: set[float] = set()

    def handle(self, now: float, event: Event) -> list[Action]:
        """Take in an event at mission time ``now``; returns what is to be done.

        Raises StoreFull for a Submit that finds no room.
        """
        actions: list[Action] = []
        match event:
            case Submit():
                self._submit(now, event, actions)
            case Received(data):
                self._receive(now, data, actions)
            case LinkUp(neighbour):
                self._links[neighbour] = event
            case LinkDown(neighbour):
                self._links.pop(neighbour, None)
            case Sent(neighbour):
                self._sent(neighbour, actions)
            case Wake(t):
                self._wakes.discard(t)
        self._expire(now, actions)
        self._acknowledge(now, actions)
        for neighbour in sorted(self._links.keys() - self._sending.keys()):
            self._send_next(now, neighbour, actions)
        self._ask_to_wake(actions)
        return actions

    # Sources -------------------------------------------------------------------------------------------------------

    def _submit(self, now: float, event: Submit, actions: list[Action]) -> None:
        if len(event.payload) > self.store.space_left:
            raise StoreFull(self.number, len(event.payload), self.store.space_left)
        bundle = self._create(now, event, Eid(self.number, event.destination.service), ACKNOWLEDGE)
        actions.append(Generated(bundle.id, event.destination, event.priority, event.payload, event.name))
        self._dispatch(now, bundle, True, actions)

    def _create(self, now: float, event: Submit, source: Eid, flags: int) -> Bundle:
        sequence = self._sequence.get(source, 0)
        self._sequence[source] = sequence + 1
        primary = Primary(
            event.destination, source, self._bp_time(now), sequence, round(event.lifetime_s * 1000), flags
        )
        journey = Journey(priority=event.priority)
        return Bundle(primary, (*journey.blocks(), Block(PAYLOAD, 1, event.payload)))

    # Ways in -------------------------------------------------------------------------------------------------------

    def _receive(self, now: float, data: bytes, actions: list[Action]) -> None:
        try:
            bundle = processable(unpack(data))
        except DamagedBundle as error:
            actions.append(Dropped(None, len(data), error.why))
            return
        self._dispatch(now, bundle, False, actions)

    def _dispatch(self, now: float, bundle: Bundle, own: bool, actions: list[Action]) -> None:
        """Deliver a bundle or store it, in pieces if it is this node's own and long."""
        expires, octets = self._expiry(now, bundle), len(bundle.payload)
        if now >= expires:
            actions.append(Expired(bundle.id))
        elif bundle.primary.destination.node == self.number:
            self._deliver(now, bundle, expires, actions)
        elif Piece(bundle.id, bundle.primary.offset) in self.store:
            actions.append(Dropped(bundle.id, octets, "a copy of one that is here"))
        elif octets > self.store.space_left:
            actions.append(Dropped(bundle.id, octets, "no room in the store"))
        else:
            retained = own and bool(bundle.primary.flags & ACKNOWLEDGE)
            priority = read_journey(bundle).priority
            for piece in fragments(bundle, self.settings.fragment_octets) if own else (bundle,):
                self.store.add(Stored(piece, priority, now, expires, retained))
            if not own:
                actions.append(Kept(bundle.id, octets))

    # Delivery ------------------------------------------------------------------------------------------------------

    def _deliver(self, now: float, bundle: Bundle, expires: float, actions: list[Action]) -> None:
        primary = bundle.primary
        if primary.sequence in self._delivered.setdefault(primary.source, Ranges()):
            self._owe(bundle)  # a copy: the source has not heard of the delivery
            return
        _, whole = self.arriving.setdefault(bundle.id, (expires, Reassembly(bundle.total)))
        if bundle.total != whole.total:
            actions.append(Dropped(bundle.id, len(bundle.payload), "fragment of another whole"))
            return
        whole.add(primary.offset, bundle.payload)
        if not whole.whole:
            return
        del self.arriving[bundle.id]
        self._delivered[primary.source].add(primary.sequence, primary.sequence + 1)
        self._owe(bundle)
        payload = whole.payload()
        actions.append(Deliver(bundle.id, primary.destination, self._mission_time(primary.created_ms), payload))
        if primary.flags & ADMINISTRATIVE:
            self._release(payload, actions)

    def _owe(self, bundle: Bundle) -> None:
        """Remember to acknowledge a data unit."""
        source = bundle.primary.source
        if bundle.primary.flags & ACKNOWLEDGE and source.node != self.number:
            self._news.setdefault(source.node, {}).setdefault(source.service, set()).add(bundle.primary.sequence)

    def _acknowledge(self, now: float, actions: list[Action]) -> None:
        """Tell each source what was delivered: every range that has news in it, whole, which repairs lost records."""
        for node in [node for node in sorted(self._news) if self._acknowledgement_due(node) <= now]:
            ranges = {
                service: sorted({around for n in news if (around := self._delivered[Eid(node, service)].around(n))})
                for service, news in self._news.pop(node).items()
            }
            self._acknowledged[node] = now
            record = acknowledgement.pack(ranges)
            submit = Submit(Eid(node), record, Priority.STANDARD, ACKNOWLEDGEMENT_LIFETIME_S, "acknowledgement")
            bundle = self._create(now, submit, Eid(self.number), ADMINISTRATIVE)
            actions.append(
                Generated(bundle.id, submit.destination, submit.priority, record, submit.name, acknowledgement=True)
            )
            self._dispatch(now, bundle, True, actions)

    def _acknowledgement_due(self, node: int) -> float:
        return self._acknowledged.get(node, -math.inf) + self.settings.acknowledge_every_s

    def _release(self, record: bytes, actions: list[Action]) -> None:
        """Forget the own data units that an acknowledgement names."""
        try:
            delivered = acknowledgement.unpack(record)
        except DamagedBundle as error:
            actions.append(Dropped(None, len(record), error.why))
            return
        for service, ranges in delivered.items():
            for unit in self.store.units(Eid(self.number, service)):
                if any(start <= unit.sequence < stop for start, stop in ranges):
                    self.store.release(unit)
                    actions.append(Acknowledged(unit))

    # Ways out ------------------------------------------------------------------------------------------------------

    def _send_next(self, now: float, neighbour: int, actions: list[Action]) -> None:
        """Start sending the most urgent bundle that belongs on a free link and gets through before it closes."""
        link = self._links[neighbour]
        room = (link.until - now) * link.rate_bps / 8
        for queue in self.store.queues():
            largest = room
            for stored in queue.values():
                octets = _volume(stored.octets)
                if octets > largest:
                    continue
                route = self.router.route(self.number, stored.bundle.primary.destination.node, now, octets)
                if route is None:
                    largest = octets - 1  # a smaller one may still find its way
                    continue
                if route.contacts[0].receiver != neighbour:
                    break  # the others of this queue go the same way
                data = forwarded(stored.bundle, self.number, self._age(now, stored)).pack()
                if len(data) > room:
                    continue  # its sender put more blocks around it than was allowed for
                self.store.take(stored)
                self._sending[neighbour] = (stored, len(data), now)
                actions.append(Transmit(neighbour, data))
                return

    def _age(self, now: float, stored: Stored) -> int:
        """Age of a bundle in ms: by the clock, or by what it says itself where its source had none."""
        bundle = stored.bundle
        if bundle.primary.created_ms:
            return max(self._bp_time(now) - bundle.primary.created_ms, 0)
        return read_journey(bundle).age_ms + round((now - stored.arrived) * 1000)

    def _sent(self, neighbour: int, actions: list[Action]) -> None:
        stored, wire_octets, started = self._sending.pop(neighbour)
        self.store.sent(stored)
        actions.append(Forwarded(stored.bundle.id, neighbour, stored.octets, wire_octets, started))

    # Time ----------------------------------------------------------------------------------------------------------

    def _bp_time(self, now: float) -> int:
        return self.epoch_ms + math.floor(now * 1000)

    def _mission_time(self, bp_ms: int) -> float:
        return (bp_ms - self.epoch_ms) / 1000

    def _expiry(self, now: float, bundle: Bundle) -> float:
        """Mission time at which a bundle's lifetime ends; by its age where its source had no clock."""
        primary = bundle.primary
        if primary.created_ms:
            return self._mission_time(primary.created_ms + primary.lifetime_ms)
        return now + (primary.lifetime_ms - read_journey(bundle).age_ms) / 1000

    def _expire(self, now: float, actions: list[Action]) -> None:
        over = {stored.bundle.id for stored in self.store.expired(now)}
        partial = {unit for unit, (expires, _) in self.arriving.items() if expires <= now}
        for unit in partial:
            del self.arriving[unit]
        actions.extend(Expired(unit) for unit in sorted(over | partial))

    def _ask_to_wake(self, actions: list[Action]) -> None:
        times = [expires for expires, _ in self.arriving.values()]
        times += [self._acknowledgement_due(node) for node in self._news]
        deadline = self.store.next_deadline()
        first = min(times if deadline is None else [*times, deadline], default=math.inf)
        if first < min(self._wakes, default=math.inf):
            self._wakes.add(first)
            actions.append(WakeAt(first))


def _volume(payload: int) -> int:
    """Octets that a bundle with a ``payload`` takes on a link: SABR's estimated volume consumption."""
    return payload + HEADER_OCTETS
