"""One node alone, told events and asked for actions."""

from __future__ import annotations

import math
from dataclasses import replace

import cbor2
import pytest
from small_network import contacts, light_time

from farside.link import ContactPlan, Eid, Node, Priority, Router, Settings, StoreFull, acknowledgement, unpack
from farside.link.bundle import (
    ACKNOWLEDGE,
    AGE,
    DELETE_BUNDLE,
    DISCARD_BLOCK,
    HOP_COUNT,
    PAYLOAD,
    PREVIOUS_NODE,
    Block,
    Bundle,
    Primary,
)
from farside.link.events import (
    Acknowledged,
    Deliver,
    Dropped,
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
from farside.link.journey import Journey

EPOCH_MS = 599_796_600_000
ROUTER = Router(ContactPlan(contacts([(30, 0.0, 1e6)])), light_time)


def node(number: int, **settings) -> Node:
    return Node(number, ROUTER, EPOCH_MS, Settings(**settings))


def of(kind, actions):
    return [action for action in actions if isinstance(action, kind)]


def picture(payload: bytes = b"picture", sequence: int = 0, **primary) -> Bundle:
    head = Primary(Eid(40, 1), Eid(10, 1), EPOCH_MS, sequence, 3_600_000, ACKNOWLEDGE)
    return Bundle(replace(head, **primary), (*Journey().blocks(), Block(PAYLOAD, 1, payload)))


def submit(payload: bytes, priority: Priority = Priority.STANDARD, lifetime_s: float = 3600.0) -> Submit:
    return Submit(Eid(40, 1), payload, priority, lifetime_s)


def test_a_source_sends_what_is_expedited_first_and_bulk_last():
    lander = node(10)
    for priority in (0, 1, 2, 0, 2):
        lander.handle(0.0, submit(f"{priority}".encode(), Priority(priority)))
    sent = of(Transmit, lander.handle(0.0, LinkUp(20, 555_000, 100.0)))
    while len(sent) < 5:
        sent += of(Transmit, lander.handle(0.0, Sent(20)))
    assert [unpack(action.data).payload for action in sent] == [b"2", b"2", b"1", b"0", b"0"]
    assert of(Transmit, lander.handle(0.0, Sent(20))) == []


def test_nothing_is_begun_that_would_not_end_in_the_contact():
    lander = node(10)
    lander.handle(0.0, submit(bytes(20_000)))
    lander.handle(0.0, submit(bytes(5_000), Priority.BULK))
    (first,) = of(Transmit, lander.handle(0.0, LinkUp(20, 555_000, 0.1)))
    assert len(unpack(first.data).payload) == 5_000
    assert of(Transmit, lander.handle(0.08, Sent(20))) == []
    lander.handle(0.1, LinkDown(20))
    (second,) = of(Transmit, lander.handle(500.0, LinkUp(20, 555_000, 600.0)))
    assert len(unpack(second.data).payload) == 20_000


def test_a_forwarder_adds_a_hop_its_name_and_the_age():
    relay = node(20)
    (kept,) = of(Kept, relay.handle(5.0, Received(picture().pack())))
    assert kept.octets == 7
    (action,) = of(Transmit, relay.handle(65.0, LinkUp(30, 2e6, 1e6)))
    bundle = unpack(action.data)
    assert cbor2.loads(bundle.block(HOP_COUNT).data) == [30, 1]
    assert cbor2.loads(bundle.block(AGE).data) == 65_000
    assert bundle.block(PREVIOUS_NODE).data == Eid(20).pack()
    assert bundle.wire == picture().primary.pack()


def test_a_source_without_a_clock_is_aged_by_the_nodes_it_passes():
    old = picture(created_ms=0).with_block(AGE, cbor2.dumps(3_590_000))
    relay = node(20)
    relay.handle(100.0, Received(old.pack()))
    (action,) = of(Transmit, relay.handle(105.0, LinkUp(30, 2e6, 1e6)))
    assert cbor2.loads(unpack(action.data).block(AGE).data) == 3_595_000
    other = node(20)
    other.handle(100.0, Received(old.pack()))
    assert of(Expired, other.handle(110.0, Wake(110.0))) == [Expired(old.id)]


def test_a_bundle_ends_with_its_lifetime():
    relay = node(20)
    (wake,) = of(WakeAt, relay.handle(5.0, Received(picture().pack())))
    assert wake.t == 3600.0
    assert of(Expired, relay.handle(3599.9, Wake(3599.9))) == []
    assert of(Expired, relay.handle(3600.0, Wake(3600.0))) == [Expired(picture().id)]
    assert of(Expired, relay.handle(3600.0, Received(picture(sequence=1).pack()))) == [Expired(picture(sequence=1).id)]
    assert list(relay.store) == []


def test_a_bundle_with_too_many_hops_is_dropped():
    tired = picture().with_block(HOP_COUNT, cbor2.dumps([30, 31]))
    (dropped,) = of(Dropped, node(20).handle(0.0, Received(tired.pack())))
    assert "31 hops" in dropped.why


@pytest.mark.parametrize(("flags", "outcome"), [(0, "passed on"), (DISCARD_BLOCK, "left out"), (DELETE_BUNDLE, "lost")])
def test_unknown_blocks_are_passed_on_unless_their_flags_say_otherwise(flags, outcome):
    bundle = picture()
    strange = Bundle(bundle.primary, (Block(222, 9, b"?", flags), *bundle.blocks))
    relay = node(20)
    relay.handle(0.0, Received(strange.pack()))
    sent = of(Transmit, relay.handle(1.0, LinkUp(30, 2e6, 1e6)))
    found = [unpack(action.data).block(222) is not None for action in sent]
    assert found == {"passed on": [True], "left out": [False], "lost": []}[outcome]


@pytest.mark.parametrize("content", [b"", b"\xff", b"\x81\x01", cbor2.dumps(["a", "b"]), cbor2.dumps([1, -1])])
def test_a_malformed_extension_block_is_dropped_not_fatal(content):
    bad = picture().with_block(HOP_COUNT, content)
    assert of(Dropped, node(20).handle(0.0, Received(bad.pack())))


def test_a_payload_is_delivered_once_whatever_arrives_twice():
    centre = node(40)
    first = centre.handle(9.0, Received(picture().pack()))
    assert [(d.payload, d.created) for d in of(Deliver, first)] == [(b"picture", 0.0)]
    assert of(Deliver, centre.handle(9.5, Received(picture().pack()))) == []


def test_acknowledgements_are_few_and_name_all_that_came():
    centre = node(40, acknowledge_every_s=600.0)
    records = []
    for sequence in range(100):
        now = 7.0 * sequence
        records += of(Generated, centre.handle(now, Received(picture(sequence=sequence).pack())))
    records += of(Generated, centre.handle(1202.0, Wake(1202.0)))
    assert [acknowledgement.unpack(record.payload) for record in records] == [
        {1: [(0, 1)]},
        {1: [(0, 87)]},
        {1: [(0, 100)]},
    ]
    assert all(record.acknowledgement and record.destination == Eid(10, 0) for record in records)


def test_a_source_keeps_its_data_until_the_centre_has_it():
    lander, centre = node(10, capacity=1000), node(40)
    (unit,) = of(Generated, lander.handle(0.0, submit(b"x" * 600)))
    (action,) = of(Transmit, lander.handle(0.0, LinkUp(20, 555_000, 1e6)))
    assert of(Forwarded, lander.handle(0.01, Sent(20)))
    assert lander.store.space_left == 400
    with pytest.raises(StoreFull, match="node 10: no room for 600 octets; 400 are left"):
        lander.handle(1.0, submit(b"y" * 600))
    centre.handle(2.0, Received(action.data))
    (answer,) = of(Transmit, centre.handle(2.0, LinkUp(30, 1e6, math.inf)))
    assert of(Acknowledged, lander.handle(5.0, Received(answer.data))) == [Acknowledged(unit.id)]
    assert lander.store.space_left == 1000


def test_a_refused_payload_leaves_no_trace():
    lander = node(10, capacity=10)
    with pytest.raises(StoreFull):
        lander.handle(0.0, submit(b"x" * 11))
    (unit,) = of(Generated, lander.handle(0.0, submit(b"x" * 10)))
    assert unit.id.sequence == 0


def test_a_full_relay_says_what_it_had_to_drop():
    relay = node(20, capacity=10)
    (dropped,) = of(Dropped, relay.handle(0.0, Received(picture(b"x" * 11).pack())))
    assert (dropped.id, dropped.octets) == (picture().id, 11)


def test_a_foreign_administrative_record_is_ignored():
    report = cbor2.dumps([1, [[[True], [False], [False], [False]], 0, [2, [10, 1]], [EPOCH_MS, 0]]])
    assert acknowledgement.unpack(report) == {}


def test_a_node_delivers_to_itself():
    lander = node(10)
    actions = lander.handle(0.0, Submit(Eid(10, 5), b"note", Priority.BULK, 10.0))
    assert [d.payload for d in of(Deliver, actions)] == [b"note"]
    assert len(of(Generated, actions)) == 1


def test_a_bundle_with_many_blocks_around_it_still_ends_in_the_contact():
    bundle = picture()
    padded = Bundle(bundle.primary, (Block(222, 9, bytes(1000)), *bundle.blocks))
    relay = node(20)
    relay.handle(0.0, Received(padded.pack()))
    assert of(Transmit, relay.handle(0.0, LinkUp(30, 8000.0, 1.0))) == []
    assert of(Transmit, relay.handle(1.0, LinkUp(30, 8000.0, 3.0)))


def test_a_node_asks_for_each_waking_once():
    relay = node(20)
    wakes = []
    for sequence, lifetime_s in enumerate((3600, 1800, 7200, 1800)):
        bundle = picture(sequence=sequence, lifetime_ms=1000 * lifetime_s)
        wakes += of(WakeAt, relay.handle(0.0, Received(bundle.pack())))
    assert [wake.t for wake in wakes] == [3600.0, 1800.0]
    assert of(WakeAt, relay.handle(1800.0, Wake(1800.0))) == []
    assert of(WakeAt, relay.handle(3600.0, Wake(3600.0))) == [WakeAt(7200.0)]


def test_a_copy_of_a_stored_bundle_is_not_stored_again():
    relay = node(20)
    relay.handle(0.0, Received(picture().pack()))
    used = relay.store.used
    assert of(Dropped, relay.handle(1.0, Received(picture().pack())))
    assert relay.store.used == used == len(b"picture")
