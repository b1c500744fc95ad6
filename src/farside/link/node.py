"""A bundle node: stores, forwards, delivers, acknowledges and sends again (RFC 9171 section 5).

A pure protocol machine: ``handle(now, event)`` returns actions and touches no clock, socket, thread or random number,
so that one node runs alike in virtual time and over real links. What it keeps lies in a vault; the driver makes that
durable before it carries actions out.

Nothing is lost because nobody forgets a bundle on a promise: a node keeps it until the next one has it safely, and the
source keeps its own until the destination has acknowledged the delivery. What is not acknowledged in time is sent
again.
"""

from __future__ import annotations

import math
from typing import Any

import cbor2

from farside.link import acknowledgement, report
from farside.link.arrivals import Arrivals, assembled
from farside.link.bundle import (
    ACKNOWLEDGE,
    ADMINISTRATIVE,
    FRAGMENT,
    REPORT_DELETION,
    REPORT_DELIVERY,
    REPORT_FORWARDING,
    REPORT_RECEPTION,
    STATUS_TIME,
    Bundle,
    BundleId,
    DamagedBundle,
    Primary,
    unpack,
)
from farside.link.clock import Clock
from farside.link.eid import Eid
from farside.link.events import (
    Accept,
    Acknowledged,
    Action,
    ClockDiffers,
    Consumed,
    Deliver,
    Dropped,
    Event,
    Evicted,
    Expired,
    Forwarded,
    Generated,
    Kept,
    LinkDown,
    LinkUp,
    Lost,
    PushedBack,
    Read,
    Ready,
    Received,
    Refuse,
    Rejected,
    Resent,
    Submit,
    Taken,
    Transmit,
    Wake,
    WakeAt,
)
from farside.link.journey import Journey, Priority, Unwelcome, aged, forwarded, processable, wants_report
from farside.link.origin import Origin
from farside.link.outlet import choose
from farside.link.patience import Patience
from farside.link.ranges import Ranges
from farside.link.receipts import Receipts
from farside.link.report import DELETED, DELIVERED, FORWARDED, RECEIVED, Reason, Report
from farside.link.route import Router
from farside.link.security import Guard, Refused, Why
from farside.link.settings import Settings
from farside.link.store import State, Store, Stored, StoreFull
from farside.link.vault import DamagedRecord, Memory, Vault

ADMINISTRATIVE_LIFETIME_S = 7 * 86400.0
ASKED = {RECEIVED: REPORT_RECEPTION, FORWARDED: REPORT_FORWARDING, DELIVERED: REPORT_DELIVERY, DELETED: REPORT_DELETION}
"""The bundle flag that asks for each status report."""
FOR_GOOD: dict[int, str] = {
    Reason.HOPS: "too many hops",
    Reason.UNSUPPORTED: "a block that is not known there",
    Reason.SECURITY_MISSING: "not signed or not encrypted",
    Reason.SECURITY_UNKNOWN: "security that is not understood there",
    Reason.SECURITY_FAILED: "wrong key, or altered",
    Reason.SECURITY_CONFLICT: "conflicting security",
}
"""Why a destination deletes a bundle that would fare no better if it were sent again."""
PAUSE_S = (5.0, 600.0)
"""After a refusal a neighbour is left alone for so long, doubled with each further one, at most."""


class Node:
    """One node. Mission times in seconds; epoch_ms: BP time of mission time 0 (see timecode.bp_time).

    vault: what it kept through a restart is found there. guard: signs what it sends and examines what comes for it.
    """

    def __init__(
        self,
        number: int,
        router: Router,
        epoch_ms: int,
        settings: Settings,
        vault: Vault | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.number, self.router, self.settings, self.guard = number, router, settings, guard
        self.clock = Clock(epoch_ms)
        self.store = Store(settings.capacity, Memory() if vault is None else vault, settings.copies)
        self._links: dict[int, LinkUp] = {}
        self._busy: dict[int, bool] = {}
        self._refusals: dict[int, tuple[int, float]] = {}
        self._tokens: dict[int, Stored] = {}
        self._token = 0
        self._origin = Origin(number, settings, guard)
        self._receipts = Receipts(number, settings.acknowledge_every_s)
        self._patience = Patience(number, router, settings)
        self._passed: dict[Eid, Ranges] = {}
        self._arrivals = Arrivals(self.store, guard)
        self._wakes: set[float] = set()
        self._guarded = False
        self._changed: set[str] = set()
        self._restore()

    def space_for(self, priority: Priority) -> float:
        """Payload octets of a priority that the store has room for."""
        kept = 0.0 if priority is Priority.EXPEDITED or math.isinf(self.store.capacity) else self.settings.reserve
        return self.store.space_left - kept * self.store.capacity if kept else self.store.space_left

    def handle(self, now: float, *events: Event) -> list[Action]:
        """Take in what happened at mission time ``now``; returns what is to be done.

        Raises StoreFull for a Submit that finds no room, which must then stand alone.
        """
        actions: list[Action] = []
        for event in events:
            self._take_in(now, event, actions)
        for unit, bundle in self._arrivals.whole():
            self._hand_over(now, unit, bundle, actions)
        self._expire(now, actions)
        self._acknowledge(now, actions)
        self._send_again(now, actions)
        for neighbour in sorted(self._links):
            # a link that is busy with what is urgent takes nothing, one busy otherwise takes what is
            free = self.store.urgent and not self._busy[neighbour] if neighbour in self._busy else True
            if free and self._refusals.get(neighbour, (0, 0.0))[1] <= now:
                self._fill(now, neighbour, actions)
        self._ask_to_wake(now, actions)
        return actions

    def _take_in(self, now: float, event: Event, actions: list[Action]) -> None:
        match event:
            case Submit():
                self._submit(now, event, actions)
            case Received():
                self._receive(now, event, actions)
            case Consumed(id_):
                self._consumed(now, id_, actions)
            case LinkUp(neighbour):
                self._links[neighbour] = event
            case LinkDown(neighbour):
                self._links.pop(neighbour, None)
            case Ready(neighbour):
                self._busy.pop(neighbour, None)
            case Taken(neighbour, tokens):
                self._taken(now, neighbour, tokens, actions)
            case Lost(neighbour, tokens):
                self._lost(now, neighbour, tokens)
            case Wake(t):
                self._wakes.discard(t)

    # Sources -------------------------------------------------------------------------------------------------------

    def _submit(self, now: float, event: Submit, actions: list[Action]) -> None:
        octets = len(event.payload)
        self._make_room(now, octets, event.priority, actions)
        if octets > self.space_for(event.priority):
            raise StoreFull(self.number, octets, self.space_for(event.priority))
        source = Eid(self.number, event.destination.service)
        flags = ACKNOWLEDGE | self.settings.report
        self._create(now, event, source, flags, actions)

    def _create(self, now: float, event: Submit, source: Eid, flags: int, actions: list[Action]) -> None:
        """Make a data unit and keep it."""
        self._changed.add("sequence")
        unit = self._origin.name(source, self.clock.stamp(now))
        administrative = bool(flags & ADMINISTRATIVE)
        pieces = list(self._origin.make(now, self.clock.own(now), unit, event, flags))
        self._guarded = self.guard is not None
        actions.append(Generated(unit, event.destination, event.priority, event.payload, event.name, administrative))
        for stored, data in pieces:
            self._keep(stored, data)

    def _keep(self, stored: Stored, data: bytes, bundle: Bundle | None = None) -> None:
        """Store a bundle: to be sent, or for this node's application. bundle: the same read, where it has been."""
        here = stored.destination.node == self.number
        self.store.add(stored, data, State.HERE if here else State.WAITING)
        if here:
            self._arrivals.found(stored, bundle)

    def _make_room(self, now: float, octets: int, priority: Priority, actions: list[Action]) -> None:
        """Evict bulk for what is more urgent, if this node may."""
        if not self.settings.evict or priority is Priority.BULK or octets <= self.space_for(priority):
            return
        bulk = self.store.bulk()
        if octets > self.space_for(priority) + sum(stored.octets for stored in bulk):
            return  # it would be given up for nothing
        for stored in bulk:
            if octets <= self.space_for(priority):
                return
            if not stored.here:
                continue
            for victim in self.store.unit(stored.id) if stored.own else [stored]:
                self._report(now, victim, DELETED, Reason.STORAGE, actions)
                self.store.remove(victim)
                actions.append(Evicted(victim.id, victim.octets, victim.own))

    # Ways in -------------------------------------------------------------------------------------------------------

    def _receive(self, now: float, event: Received, actions: list[Action]) -> None:
        """Take all of what came under one ticket, or nothing of it."""
        neighbour, ticket = event.neighbour, event.ticket
        came: list[tuple[Bundle, Journey, bytes]] = []
        for data in event.bundles:
            try:
                bundle = unpack(data)
                if wants_report(bundle):
                    self._report_bundle(now, bundle, RECEIVED, Reason.UNSUPPORTED, actions, asked=True)
                fit, journey = processable(bundle)
                came.append((fit, journey, data if fit is bundle else fit.pack()))
            except Unwelcome as error:
                self._report_bundle(now, bundle, DELETED, error.reason, actions)
                actions.append(Dropped(bundle.id, bundle.octets, error.why))
            except DamagedBundle as error:
                actions.append(PushedBack(neighbour, len(data), error.why))
                actions.append(Refuse(neighbour, ticket))
                return
        octets = sum(bundle.octets for bundle, _, _ in came if not self._for_itself(bundle.primary))
        priority = max((journey.priority for _, journey, _ in came), default=Priority.EXPEDITED)
        self._make_room(now, octets, priority, actions)
        if octets and octets > self.space_for(priority):
            actions.append(PushedBack(neighbour, octets, "no room in the store"))
            actions.append(Refuse(neighbour, ticket))
            return
        for bundle, journey, data in came:
            self._take(now, bundle, journey, data, actions)
        actions.append(Accept(neighbour, ticket))

    def _for_itself(self, primary: Primary) -> bool:
        """Whether it is read at once and needs no room: an acknowledgement has to get into a full store."""
        return primary.destination.node == self.number and bool(primary.flags & ADMINISTRATIVE)

    def _take(self, now: float, bundle: Bundle, journey: Journey, data: bytes, actions: list[Action]) -> None:
        primary, octets = bundle.primary, bundle.octets
        age_ms = self.clock.age_ms(now, primary, journey)
        if (seconds := self.clock.differs(now, primary, journey)) is not None:
            actions.append(ClockDiffers(primary.source.node, seconds))
        unit, here = bundle.id, primary.destination.node == self.number
        stored = Stored(
            unit, primary.destination, False, journey.priority, journey.ordinal, now,
            now + (primary.lifetime_ms - age_ms) / 1000, age_ms, primary.flags, octets, primary.offset, bundle.total,
            len(data),
        )  # fmt: skip
        known = self.store.unit(unit)
        if stored.expires <= now:
            self._report_bundle(now, bundle, DELETED, Reason.LIFETIME, actions)
            actions.append(Expired(unit))
        elif here and unit in self._receipts:
            self._receipts.owe(stored)  # a copy: the source has not heard of the delivery
            if self.guard is not None and (rule := self.guard.rule(bundle)) and rule.require:
                actions.append(Rejected(unit, str(Why.REPLAYED)))
        elif known and self.store.find(unit, primary.offset):
            actions.append(Dropped(unit, octets, "a copy of one that is here"))
        elif known and known[0].total != stored.total:
            actions.append(Dropped(unit, octets, "fragment of another whole"))
        else:
            self._keep(stored, data, bundle)
            actions.append(Kept(unit, octets))
            self._report_bundle(now, bundle, RECEIVED, Reason.NONE, actions)

    # Delivery ------------------------------------------------------------------------------------------------------

    def _hand_over(self, now: float, unit: BundleId, whole: Bundle | None, actions: list[Action]) -> None:
        """Every octet of a data unit is here: give it to the application. whole: the bundle, if it came as one."""
        pieces: list[tuple[Stored, Bundle]] = []
        for stored in self.store.unit(unit):
            try:
                pieces.append((stored, whole or unpack(self.store.data(stored))))
            except (DamagedRecord, DamagedBundle):
                self._spoiled(now, stored, actions)
        if not self._arrivals.complete(pieces):
            return
        first, bundle = pieces[0]
        whole = whole or assembled(pieces)
        try:
            whole, self._guarded = self._arrivals.examine(self.clock.own(now), unit, whole), True
        except Refused as refusal:
            actions.append(Rejected(unit, str(refusal.why)))
            if refusal.why.reason:
                self._report_bundle(now, bundle, DELETED, refusal.why.reason, actions)
            self._arrivals.forget(unit)
            return
        if first.flags & ADMINISTRATIVE:
            self._arrivals.forget(unit)
            actions.append(Read(unit, whole.payload))
            self._administrative(unit.source.node, whole.payload, actions)
            return
        created = self.clock.mission(unit.created_ms) if unit.created_ms else first.arrived - first.age_ms / 1000
        actions.append(Deliver(unit, first.destination, created, whole.payload))

    def _consumed(self, now: float, unit: BundleId, actions: list[Action]) -> None:
        """The application has it: from now on it may be acknowledged."""
        pieces = self.store.unit(unit)
        if not pieces or pieces[0].state is not State.HERE:
            return
        self._report(now, pieces[0], DELIVERED, Reason.NONE, actions)
        self._receipts.owe(pieces[0])
        self._arrivals.forget(unit)
        self._mark_delivered(unit)

    def _mark_delivered(self, unit: BundleId) -> None:
        self._receipts.add(unit)
        self._changed.add("delivered")

    def _acknowledge(self, now: float, actions: list[Action]) -> None:
        for node, record in self._receipts.records(now):
            self._administer(now, Eid(node), record, "acknowledgement", actions)

    # Administrative records ----------------------------------------------------------------------------------------

    def _administer(self, now: float, to: Eid, record: bytes, name: str, actions: list[Action]) -> None:
        """Send an administrative record."""
        event = Submit(to, record, Priority.STANDARD, ADMINISTRATIVE_LIFETIME_S, name)
        self._create(now, event, Eid(self.number), ADMINISTRATIVE, actions)

    def _report_bundle(
        self, now: float, bundle: Bundle, what: int, reason: int, actions: list[Action], asked: bool = False
    ) -> None:
        """Tell of a bundle's fate, if it asks for that (asked: a block of it does)."""
        primary = bundle.primary
        if not (asked or primary.flags & ASKED[what]) or primary.flags & ADMINISTRATIVE or not primary.report_to.node:
            return
        fragment = primary.flags & FRAGMENT
        told = Report(
            what, bundle.id, reason, self.clock.stamp(now) if primary.flags & STATUS_TIME else 0,
            primary.offset if fragment else None, bundle.octets if fragment else 0,
        )  # fmt: skip
        if primary.report_to.node == self.number:
            self._reported(self.number, told, actions)
        else:
            self._administer(now, primary.report_to, report.pack(told), "status report", actions)

    def _report(self, now: float, stored: Stored, what: int, reason: int, actions: list[Action]) -> None:
        """Tell of the fate of a bundle in the store, if it asks for that."""
        if stored.flags & ASKED[what] and not stored.own:
            try:
                self._report_bundle(now, unpack(self.store.data(stored)), what, reason, actions)
            except (DamagedRecord, DamagedBundle):
                return  # where to report has gone with it; its source will miss the acknowledgement

    def _administrative(self, teller: int, record: bytes, actions: list[Action]) -> None:
        """Take in an administrative record for this node: a destination speaks of what was for it, no other node."""
        try:
            for service, ranges in acknowledgement.unpack(record).items():
                for unit in self.store.own(service, ranges):
                    if self.store.unit(unit)[0].destination.node == teller:
                        self._release(unit)
                        actions.append(Acknowledged(unit))
            told = report.unpack(record)
        except DamagedBundle as error:
            actions.append(Dropped(None, len(record), error.why))
            return
        if told is not None:
            self._reported(teller, told, actions)

    def _reported(self, teller: int, told: Report, actions: list[Action]) -> None:
        """A node has deleted something of this one's: send it again, unless its destination refused it for good."""
        mine = [stored for stored in self.store.unit(told.id) if stored.own]
        if told.what != DELETED or not mine:
            return
        if told.reason in FOR_GOOD:
            if mine[0].destination.node == teller:
                self._release(told.id)
                actions.append(Rejected(told.id, f"reported by its destination: {FOR_GOOD[told.reason]}"))
            return  # on the way it would fare no better at once; it is sent again when patience ends
        for stored in mine:
            if stored.state is State.RETAINED and told.offset in (None, stored.offset):
                self.store.move(stored, State.WAITING)
        actions.append(Resent(told.id))

    def _release(self, unit: BundleId) -> None:
        """Forget an own data unit."""
        for stored in self.store.unit(unit):
            self.store.remove(stored)
        self._patience.forget(unit)

    # Ways out ------------------------------------------------------------------------------------------------------

    def _fill(self, now: float, neighbour: int, actions: list[Action]) -> None:
        """Give a link its next batch."""
        # what a neighbour refused comes in smaller parts next: it may have room for those
        most = self.settings.batch_octets / 2.0 ** min(self._refusals.get(neighbour, (0, 0.0))[0], 30)
        link, busy = self._links[neighbour], neighbour in self._busy
        self._transmit(now, neighbour, choose(self.store, self.router, self.number, now, link, most, busy), actions)

    def _transmit(self, now: float, neighbour: int, batch: list[Stored], actions: list[Action]) -> None:
        bundles = []
        for stored in batch:
            try:
                data = self.store.data(stored)
            except DamagedRecord:
                self._spoiled(now, stored, actions)
                continue
            age_ms = stored.age_ms + round((now - stored.arrived) * 1000)
            self.store.move(stored, State.AWAY)
            stored.since = now
            self._token += 1
            self._tokens[self._token] = stored
            bundles.append((self._token, self._as_it_leaves(stored, data, age_ms)))
        if bundles:
            self._busy[neighbour] = batch[0].priority is Priority.EXPEDITED
            newest = max(key for stored in batch for key in stored.keys)
            actions.append(Transmit(neighbour, tuple(bundles), self._busy[neighbour], newest))

    def _as_it_leaves(self, stored: Stored, data: bytes, age_ms: int) -> bytes:
        """A bundle's bytes for a neighbour; this node's own are written so that only their age is missing."""
        if stored.form is not None:
            return stored.form.aged(data, stored.id.created_ms, stored.id.sequence, age_ms) if age_ms else data
        return aged(data, age_ms) if stored.source.node == self.number else forwarded(data, self.number, age_ms)

    def _spoiled(self, now: float, stored: Stored, actions: list[Action]) -> None:
        """The store has lost a bundle: ask its source to send it again, if it is another node."""
        self.store.remove(stored)
        self._arrivals.spoiled(stored.id)
        actions.append(Dropped(stored.id, stored.octets, "damaged in the store"))
        if stored.own or stored.flags & ADMINISTRATIVE:
            return
        fragment = stored.flags & FRAGMENT
        told = Report(
            DELETED, stored.id, Reason.STORAGE, 0, stored.offset if fragment else None, stored.octets if fragment else 0
        )
        if stored.flags & REPORT_DELETION and stored.source.node:
            self._administer(now, Eid(stored.source.node), report.pack(told), "status report", actions)

    def _taken(self, now: float, neighbour: int, tokens: tuple[int, ...], actions: list[Action]) -> None:
        self._refusals.pop(neighbour, None)
        for token in tokens:
            stored = self._tokens.pop(token, None)
            if stored is None:
                continue
            actions.append(Forwarded(stored.id, neighbour, stored.octets, stored.size, stored.since))
            if not stored.here:
                continue
            self._report(now, stored, FORWARDED, Reason.NONE, actions)
            if not stored.own:
                self.store.remove(stored)
                continue
            self.store.move(stored, State.RETAINED)
            if all(piece.state is State.RETAINED for piece in self.store.unit(stored.id)):
                self._passed.setdefault(stored.source, Ranges()).add(stored.id.sequence, stored.id.sequence + 1)
                self._changed.add("passed")
                self._patience.expect(now, stored)

    def _lost(self, now: float, neighbour: int, tokens: tuple[int, ...]) -> None:
        count = self._refusals.get(neighbour, (0, 0.0))[0] + 1
        self._refusals[neighbour] = count, now + min(PAUSE_S[0] * 2.0 ** min(count - 1, 30), PAUSE_S[1])
        for token in tokens:
            stored = self._tokens.pop(token, None)
            if stored is not None and stored.here:
                self.store.move(stored, State.WAITING)

    # Sending again -------------------------------------------------------------------------------------------------

    def _send_again(self, now: float, actions: list[Action]) -> None:
        for unit in self._patience.over(now):
            pieces = self.store.unit(unit)
            if not pieces or any(piece.state is not State.RETAINED for piece in pieces):
                continue
            self._patience.again(unit)
            for piece in pieces:
                self.store.move(piece, State.WAITING)
            actions.append(Resent(unit))

    # Time ----------------------------------------------------------------------------------------------------------

    def _expire(self, now: float, actions: list[Action]) -> None:
        over = self.store.expired(now)
        for unit in {stored.id for stored in over if stored.state is State.HERE or stored.own}:
            self._arrivals.forget(unit)
        actions.extend(Expired(unit) for unit in sorted({stored.id for stored in over}))

    def _ask_to_wake(self, now: float, actions: list[Action]) -> None:
        times = [self._receipts.next_due, self._patience.next_due]
        times += [pause for neighbour, (_, pause) in self._refusals.items() if pause > now and neighbour in self._links]
        deadline = self.store.next_deadline()
        first = min(times if deadline is None else [*times, deadline])
        if first < min(self._wakes, default=math.inf):
            self._wakes.add(first)
            actions.append(WakeAt(first))

    # Through a restart ---------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what must survive beside the bundles; the driver calls it before each commit."""
        tables = {"delivered": self._receipts.delivered, "passed": self._passed}
        for name in sorted(tables.keys() & self._changed):
            table = tables[name]
            known = {source: ranges for source, ranges in table.items() if ranges.count}
            self._save(name, [[*source, [list(pair) for pair in ranges]] for source, ranges in sorted(known.items())])
        if "sequence" in self._changed:
            self._save("sequence", sorted(self._origin.sequence.items()))
        self._changed.clear()
        if self.guard is not None and self._guarded:
            self._save("guard", self.guard.state())
            self._save("let in", [[*id_.source, id_.created_ms, id_.sequence] for id_ in sorted(self._arrivals.let_in)])
            self._guarded = False

    def _save(self, name: str, value: object) -> None:
        packed = bytes(cbor2.dumps(value))
        if packed != (self.store.vault.state(name) or b"\x80"):
            self.store.vault.set_state(name, packed)

    def _load(self, name: str) -> list[Any]:
        state = self.store.vault.state(name)
        return list(cbor2.loads(state)) if state else []

    def _restore(self) -> None:
        for name, table in (("delivered", self._receipts.delivered), ("passed", self._passed)):
            for node, service, dtn, pairs in self._load(name):
                ranges = table.setdefault(Eid(node, service, dtn), Ranges())
                for start, stop in pairs:
                    ranges.add(start, stop)
        self._origin.sequence.update(self._load("sequence"))
        if self.guard is not None and (state := self.store.vault.state("guard")):
            self.guard.restore(cbor2.loads(state))
            for node, service, dtn, created_ms, sequence in self._load("let in"):
                self._arrivals.let_in.add(BundleId(Eid(node, service, dtn), created_ms, sequence))
        for stored in self.store.restore():
            if stored.destination.node == self.number:
                self.store.move(stored, State.HERE)
                self._arrivals.found(stored)
            elif stored.own and stored.id.sequence in self._passed.get(stored.source, Ranges()):
                self._patience.doubt(stored.arrived, stored.id)  # whether it came is not known: soon again
            else:
                self.store.move(stored, State.WAITING)
