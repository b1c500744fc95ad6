"""One node alone: through a restart, with damage in its store, and what it may evict."""

from __future__ import annotations

import math
import random

import cbor2
import pytest
from one_node import (
    came,
    commit,
    consumed,
    damage,
    kept,
    node,
    of,
    picture,
    sent,
    submit,
    taken,
    up,
    wires,
)
from small_network import both_ways, light_time

from farside.link import (
    ContactPlan,
    Eid,
    Node,
    Priority,
    Router,
    StoreFull,
    report,
)
from farside.link.bundle import (
    AGE,
)
from farside.link.events import (
    Accept,
    Consumed,
    Deliver,
    Dropped,
    Evicted,
    Generated,
    Lost,
    Ready,
    Received,
    Refuse,
    Resent,
    Submit,
    Taken,
    Transmit,
    Wake,
)
from farside.link.journey import Journey
from farside.link.report import Reason
from farside.link.vault import Memory

# Through a restart -------------------------------------------------------------------------------------------------


def restarted(number: int, vault: Memory, **settings) -> Node:
    vault.crash()
    return node(number, vault, **settings)


def test_sequence_numbers_are_never_used_again():
    vault, seen = Memory(), []
    lander = node(10, vault)
    for k in range(30):
        actions = lander.handle(float(k), submit(b"x", to=Eid(40, 1 + k % 2)))
        commit(lander)  # before anything is let out
        seen += [unit.id for unit in of(Generated, actions)]
        if k % 7 == 3:
            lander = restarted(10, vault)
    assert len({(id_.source, id_.sequence) for id_ in seen}) == 30


def test_a_restart_keeps_what_was_committed_and_nothing_else():
    vault = Memory()
    lander = node(10, vault)
    lander.handle(0.0, submit(b"kept"))
    commit(lander)
    lander.handle(1.0, submit(b"gone"))
    lander = restarted(10, vault)
    assert [bundle.payload for bundle in sent(lander.handle(2.0, up(20)))] == [b"kept"]


def test_a_restart_sends_again_what_was_under_way():
    vault = Memory()
    lander = node(10, vault)
    lander.handle(0.0, submit(b"x" * 100))
    lander.handle(0.0, up(20))
    commit(lander)
    lander = restarted(10, vault)
    (again,) = sent(lander.handle(60.0, up(20)))
    assert again.payload == b"x" * 100
    assert cbor2.loads(again.block(AGE).data) == 60_000


def test_a_source_asks_again_soon_after_a_restart():
    vault = Memory()
    lander = node(10, vault, fragment_octets=50)
    lander.handle(0.0, submit(b"x" * 100))
    taken(lander, 0.2, 20, lander.handle(0.0, up(20)))
    commit(lander)
    lander = restarted(10, vault, fragment_octets=50)
    actions = lander.handle(60.0, up(20))
    assert len(of(Resent, actions)) == 1
    assert len(sent(actions)) == 2


def test_a_delivery_that_nobody_took_is_made_again_and_only_then():
    vault = Memory()
    centre = node(40, vault)
    first = centre.handle(1.0, came(picture(), neighbour=30))
    commit(centre)
    centre = restarted(40, vault)
    second = centre.handle(2.0, Wake(2.0))
    assert [d.payload for d in of(Deliver, first) + of(Deliver, second)] == [b"picture"] * 2
    consumed(centre, 2.0, second)
    commit(centre)
    centre = restarted(40, vault)
    assert of(Deliver, centre.handle(3.0, Wake(3.0))) == []
    copy = centre.handle(4.0, came(picture(), neighbour=30))
    assert of(Deliver, copy) == []
    assert len(of(Generated, copy)) == 1  # it is acknowledged, for it was delivered


class Chain:
    """Lander, relay and centre by hand; what a node decides counts once its vault has it, as with any driver."""

    def __init__(self) -> None:
        self.vaults = {n: Memory() for n in (10, 20, 40)}
        self.plan = ContactPlan([*both_ways(10, 20, 0, math.inf, 1e6, 1e6), *both_ways(20, 40, 0, math.inf, 1e6, 1e6)])
        self.settings = {"resend_after_s": 30.0, "acknowledge_every_s": 5.0, "fragment_octets": 400, "copies": 2}
        self.nodes: dict[int, Node] = {}
        self.now, self.had, self.ids = 0.0, [], []
        self.queue: list[tuple[int, object]] = []
        self.batches: dict[int, tuple[int, int, tuple[int, ...]]] = {}
        self.ticket = 0
        for number in self.vaults:
            self.start(number)

    def start(self, number: int) -> None:
        router = Router(self.plan, light_time)
        self.nodes[number] = node(number, self.vaults[number], router=router, **self.settings)
        for neighbour in self.plan.receivers(number):
            self.tell(number, up(neighbour, 1e6))

    def die(self, number: int) -> None:
        """Everything that was not committed is gone, and what links had to tell it."""
        self.vaults[number].crash()
        self.queue = [(n, event) for n, event in self.queue if n != number]
        for ticket, (sender, receiver, batch) in list(self.batches.items()):
            if number in (sender, receiver):
                del self.batches[ticket]
                if receiver == number:  # the neighbour's link gives up what was under way
                    self.queue += [(sender, Lost(number, batch)), (sender, Ready(number))]
        self.start(number)

    def tell(self, number: int, event: object, dies: str = "") -> None:
        actions = self.nodes[number].handle(self.now, event)
        if dies != "before the commit":
            commit(self.nodes[number])
        if dies:
            self.die(number)
            return
        for action in actions:
            match action:
                case Generated(administrative=False):
                    self.ids.append(action.id)
                case Transmit(neighbour, bundles):
                    self.ticket += 1
                    self.batches[self.ticket] = number, neighbour, tuple(token for token, _ in bundles)
                    event = Received(number, self.ticket, tuple(data for _, data in bundles))
                    self.queue.append((neighbour, event))
                    self.queue.append((number, Ready(neighbour)))
                case Accept(neighbour, ticket) | Refuse(neighbour, ticket):
                    kind = Taken if isinstance(action, Accept) else Lost
                    if ticket in self.batches:
                        self.queue.append((neighbour, kind(number, self.batches.pop(ticket)[2])))
                case Deliver(id_):
                    self.had.append((id_, action.payload))
                    self.queue.append((number, Consumed(id_)))


@pytest.mark.parametrize("seed", range(30))
def test_power_lost_at_any_moment_loses_nothing_and_reuses_no_number(seed):
    dice, chain, payloads, deaths = random.Random(seed), Chain(), [], 0
    for step in range(400):
        if step < 60 and dice.random() < 0.4:
            payloads.append(b"%d " % step + dice.randbytes(dice.randrange(1200)))
            chain.tell(10, submit(payloads[-1], Priority(dice.randrange(3)), 1e6))
        if chain.queue:
            number, event = chain.queue.pop(0)
            dies = dice.choice(("before the commit", "after it")) if step < 200 and dice.random() < 0.08 else ""
            chain.tell(number, event, dies)
            deaths += bool(dies)
        else:
            chain.now += 10.0
            for number in chain.nodes:
                chain.tell(number, Wake(chain.now))
    while chain.queue or chain.nodes[10].store.used:
        chain.now += 10.0
        assert chain.now < 1e5, "a source never empties"
        for number in chain.nodes:
            chain.tell(number, Wake(chain.now))
        while chain.queue:
            chain.tell(*chain.queue.pop(0))
    assert deaths
    assert len(set(chain.ids)) == len(chain.ids) == len(payloads)
    first = dict(chain.had)  # an application that was told twice is told the same, before it had said that it has it
    assert sorted(first.values()) == sorted(payloads)
    assert {(id_, payload) for id_, payload in chain.had} == set(first.items())
    assert all(not one.store.used for one in chain.nodes.values())


# Damage in the store -----------------------------------------------------------------------------------------------


def test_a_source_that_keeps_copies_survives_a_damaged_record():
    lander = node(10, copies=2)
    lander.handle(0.0, submit(b"x" * 100))
    assert kept(lander.store.vault) == 2
    assert lander.store.used == 100
    damage(lander)
    assert [bundle.payload for bundle in sent(lander.handle(1.0, up(20)))] == [b"x" * 100]


def test_a_source_sends_again_what_went_bad_on_the_way():
    lander, relay = node(10), node(20)
    (unit,) = of(Generated, lander.handle(0.0, submit(b"x" * 100)))
    out = lander.handle(0.0, up(20))
    taken(lander, 0.1, 20, out)
    relay.handle(0.3, came(*wires(out)))
    damage(relay)
    actions = relay.handle(5.0, up(30))
    assert [note.why for note in of(Dropped, actions)] == ["damaged in the store"]
    (told,) = wires(relay.handle(5.0, up(10, 125.0)))
    answer = lander.handle(9.0, came(told, neighbour=20))
    assert of(Resent, answer) == [Resent(unit.id)]
    assert [bundle.payload for bundle in sent(answer)] == [b"x" * 100]


def test_only_the_piece_that_went_bad_is_sent_again_and_the_destination_makes_a_whole_of_it():
    payload = bytes(range(200)) * 5
    lander, centre = node(10, fragment_octets=400), node(40)
    lander.handle(0.0, submit(payload))
    out = lander.handle(0.0, up(20))
    taken(lander, 0.1, 20, out)
    first, second, third = wires(out)
    centre.handle(2.0, came(first, second, neighbour=30))
    damage(centre, which=1)
    actions = centre.handle(3.0, came(third, neighbour=30))
    assert of(Deliver, actions) == []
    assert len(of(Dropped, actions)) == 1
    again = lander.handle(9.0, came(*wires(centre.handle(3.0, up(30))), neighbour=20))
    assert [(b.primary.offset, len(b.payload)) for b in sent(again)] == [(400, 400)]
    (deliver,) = of(Deliver, centre.handle(11.0, came(*wires(again), neighbour=30)))
    assert deliver.payload == payload


# Eviction ----------------------------------------------------------------------------------------------------------


def test_nothing_is_evicted_where_the_settings_do_not_allow_it():
    lander = node(10, capacity=1000, reserve=0.0)
    lander.handle(0.0, submit(bytes(900), Priority.BULK))
    with pytest.raises(StoreFull):
        lander.handle(0.0, submit(bytes(200), Priority.EXPEDITED))
    relay = node(20, capacity=1000, reserve=0.0)
    relay.handle(0.0, came(picture(bytes(900), journey=Journey(priority=Priority.BULK))))
    urgent = picture(bytes(200), 1, Journey(priority=Priority.EXPEDITED))
    assert of(Refuse, relay.handle(0.0, came(urgent)))


def test_bulk_is_evicted_lowest_ordinal_and_oldest_first_and_no_more_than_needed():
    lander = node(10, capacity=1000, reserve=0.0, evict=True)
    ids = []
    for ordinal in (5, 3, 3, 9):
        event = Submit(Eid(40, 1), bytes(200), Priority.BULK, 3600.0, ordinal=ordinal)
        ids += [unit.id for unit in of(Generated, lander.handle(0.0, event))]
    lander.handle(0.0, submit(bytes(200)))
    with pytest.raises(StoreFull):
        lander.handle(0.0, submit(bytes(200), Priority.BULK))
    actions = lander.handle(0.0, submit(bytes(300), Priority.EXPEDITED))
    assert of(Evicted, actions) == [Evicted(ids[1], 200, True), Evicted(ids[2], 200, True)]
    assert lander.store.used == 900
    before = list(lander.store)
    with pytest.raises(StoreFull):  # standard and expedited stay, so all bulk would be given up for nothing
        lander.handle(0.0, submit(bytes(700), Priority.EXPEDITED))
    assert list(lander.store) == before


def test_an_own_unit_is_evicted_whole():
    lander = node(10, capacity=1000, reserve=0.0, evict=True, fragment_octets=300)
    lander.handle(0.0, submit(bytes(900), Priority.BULK))
    actions = lander.handle(0.0, submit(bytes(200), Priority.STANDARD))
    assert [note.octets for note in of(Evicted, actions)] == [300, 300, 300]
    assert lander.store.used == 200


def test_a_relay_that_evicts_tells_the_source_which_keeps_its_copy():
    lander, relay = node(10), node(20, capacity=1000, reserve=0.0, evict=True)
    (unit,) = of(Generated, lander.handle(0.0, submit(bytes(900), Priority.BULK)))
    out = lander.handle(0.0, up(20))
    taken(lander, 0.1, 20, out)
    relay.handle(0.3, came(*wires(out)))
    urgent = picture(bytes(200), 77, Journey(priority=Priority.EXPEDITED))
    actions = relay.handle(1.0, came(urgent))
    assert of(Evicted, actions) == [Evicted(unit.id, 900, False)]
    (told,) = of(Generated, actions)
    assert report.unpack(told.payload) == report.Report(report.DELETED, unit.id, Reason.STORAGE)
    assert of(Accept, actions)
