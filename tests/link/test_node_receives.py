"""One node alone: what comes in, the journey it tells of, and its delivery."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from one_node import (
    EPOCH_MS,
    came,
    consumed,
    node,
    of,
    picture,
    sent,
    submit,
    taken,
    tokens,
    up,
    wires,
)

from farside.link import (
    Bundle,
    Eid,
    Priority,
    StoreFull,
    acknowledgement,
    unpack,
)
from farside.link.bundle import (
    ACKNOWLEDGE,
    ADMINISTRATIVE,
    AGE,
    DELETE_BUNDLE,
    DISCARD_BLOCK,
    FRAGMENT,
    HOP_COUNT,
    PREVIOUS_NODE,
    Block,
)
from farside.link.events import (
    Accept,
    Acknowledged,
    Consumed,
    Deliver,
    Dropped,
    Expired,
    Forwarded,
    Generated,
    Kept,
    PushedBack,
    Ready,
    Refuse,
    Submit,
    Taken,
    Wake,
    WakeAt,
)
from farside.link.journey import Journey

# Journey -----------------------------------------------------------------------------------------------------------


def test_a_forwarder_adds_a_hop_its_name_and_the_age():
    relay = node(20)
    (stored,) = of(Kept, relay.handle(5.0, came(picture())))
    assert stored.octets == 7
    (data,) = wires(relay.handle(65.0, up(30)))
    bundle = unpack(data)
    assert cbor2.loads(bundle.block(HOP_COUNT).data) == [30, 1]
    assert cbor2.loads(bundle.block(AGE).data) == 65_000
    assert bundle.block(PREVIOUS_NODE).data == Eid(20).pack()
    assert bundle.primary == picture().primary
    assert picture().primary.pack() in data


def test_a_source_without_a_clock_is_aged_by_the_nodes_it_passes():
    old = picture(created_ms=0).with_block(AGE, cbor2.dumps(3_590_000))
    relay = node(20)
    relay.handle(100.0, came(old))
    (bundle,) = sent(relay.handle(105.0, up(30)))
    assert cbor2.loads(bundle.block(AGE).data) == 3_595_000
    other = node(20)
    other.handle(100.0, came(old))
    assert of(Expired, other.handle(110.0, Wake(110.0))) == [Expired(old.id)]


@pytest.mark.parametrize("error_s", [5.0, -5.0, 1e6, -1e6])
def test_a_clock_that_is_off_neither_ages_nor_rejuvenates_what_passes(error_s):
    """Age is told by the nodes before; the clock only adds a few seconds of travel to it."""
    relay = node(20)
    relay.clock.error_s = error_s
    told = picture(lifetime_ms=600_000).with_block(AGE, cbor2.dumps(100_000))
    relay.handle(100.0, came(told))
    (bundle,) = sent(relay.handle(160.0, up(30)))
    assert 160_000 <= cbor2.loads(bundle.block(AGE).data) <= 160_000 + max(min(error_s, 60.0), 0.0) * 1000
    assert of(Expired, relay.handle(590.0, Wake(590.0))) == []


def test_a_relay_without_a_clock_believes_the_age_it_is_told():
    """By a clock the bundle would be 40 s older; this node has none."""
    relay = node(20)
    relay.clock.error_s = None
    relay.handle(140.0, came(picture().with_block(AGE, cbor2.dumps(100_000))))
    (bundle,) = sent(relay.handle(150.0, up(30)))
    assert cbor2.loads(bundle.block(AGE).data) == 110_000


def test_a_source_writes_the_time_of_its_own_clock_and_none_without_one():
    lander = node(10)
    ids = []
    for clock_s in (0.0, 5.0, None, None):
        lander.clock.error_s = clock_s
        (unit,) = of(Generated, lander.handle(10.0, submit(b"x")))
        ids.append((unit.id.created_ms, unit.id.sequence))
    assert ids == [(EPOCH_MS + 10_000, 0), (EPOCH_MS + 15_000, 1), (0, 2), (0, 3)]


def test_delivery_tells_when_it_was_made_by_its_clock_or_by_its_age():
    centre = node(40)
    dated = picture(created_ms=EPOCH_MS + 7_000)
    (deliver,) = of(Deliver, centre.handle(20.0, came(dated, neighbour=30)))
    assert deliver.created == 7.0
    undated = picture(created_ms=0, sequence=1).with_block(AGE, cbor2.dumps(12_000))
    (deliver,) = of(Deliver, centre.handle(20.0, came(undated, neighbour=30)))
    assert deliver.created == 8.0


def test_a_bundle_ends_with_its_lifetime():
    relay = node(20)
    (wake,) = of(WakeAt, relay.handle(5.0, came(picture())))
    assert wake.t == 3600.0
    assert of(Expired, relay.handle(3599.9, Wake(3599.9))) == []
    assert of(Expired, relay.handle(3600.0, Wake(3600.0))) == [Expired(picture().id)]
    old = picture(sequence=1).with_block(AGE, cbor2.dumps(3_590_000))
    late = relay.handle(3600.0, came(old))
    assert of(Expired, late) == [Expired(picture(sequence=1).id)]
    assert of(Accept, late) == [Accept(10, 1)]
    assert list(relay.store) == []


def test_a_bundle_with_too_many_hops_is_dropped():
    tired = picture().with_block(HOP_COUNT, cbor2.dumps([30, 31]))
    actions = node(20).handle(0.0, came(tired))
    (dropped,) = of(Dropped, actions)
    assert "31 hops" in dropped.why
    assert of(Accept, actions)
    last = picture().with_block(HOP_COUNT, cbor2.dumps([30, 30]))
    assert of(Kept, node(20).handle(0.0, came(last)))


@pytest.mark.parametrize(("flags", "outcome"), [(0, "passed on"), (DISCARD_BLOCK, "left out"), (DELETE_BUNDLE, "lost")])
def test_unknown_blocks_are_passed_on_unless_their_flags_say_otherwise(flags, outcome):
    bundle = picture()
    strange = Bundle(bundle.primary, (Block(222, 9, b"?", flags), *bundle.blocks))
    relay = node(20)
    relay.handle(0.0, came(strange))
    found = [bundle.block(222) is not None for bundle in sent(relay.handle(1.0, up(30)))]
    assert found == {"passed on": [True], "left out": [False], "lost": []}[outcome]


# Ways in: all or nothing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"\xff", b"\x81\x01", cbor2.dumps(["a", "b"]), cbor2.dumps([1, -1])])
def test_a_malformed_extension_block_is_refused_not_fatal(content):
    relay = node(20)
    actions = relay.handle(0.0, came(picture(sequence=1), picture().with_block(HOP_COUNT, content)))
    assert of(Refuse, actions) == [Refuse(10, 1)]
    assert of(Accept, actions) == []
    assert list(relay.store) == []


def test_one_damaged_bundle_refuses_its_whole_batch():
    good, bad = picture().pack(), bytearray(picture(sequence=1).pack())
    bad[-10] ^= 1
    relay = node(20)
    actions = relay.handle(0.0, came(good, bytes(bad), ticket=7))
    assert of(Refuse, actions) == [Refuse(10, 7)]
    assert [note.octets for note in of(PushedBack, actions)] == [len(bad)]
    assert (list(relay.store), of(Kept, actions)) == ([], [])
    again = relay.handle(1.0, came(good, picture(sequence=1), ticket=8))
    assert of(Accept, again) == [Accept(10, 8)]
    assert len(of(Kept, again)) == 2


def test_a_full_relay_refuses_and_takes_nothing_of_it():
    relay = node(20, capacity=20, reserve=0.0)
    refused = relay.handle(0.0, came(picture(b"x" * 10), picture(b"y" * 11, 1)))
    assert (of(Refuse, refused), of(Accept, refused), list(relay.store)) == ([Refuse(10, 1)], [], [])
    assert [(note.neighbour, note.octets) for note in of(PushedBack, refused)] == [(10, 21)]
    assert of(Accept, relay.handle(0.0, came(picture(b"x" * 10), picture(b"y" * 10, 1))))


def test_the_last_of_a_store_is_for_what_is_expedited():
    relay = node(20, capacity=100, reserve=0.2)
    relay.handle(0.0, came(picture(bytes(75))))
    assert of(Refuse, relay.handle(0.0, came(picture(bytes(10), 1))))
    urgent = picture(bytes(25), 2, Journey(priority=Priority.EXPEDITED))
    assert of(Accept, relay.handle(0.0, came(urgent)))


def test_a_copy_of_a_stored_bundle_is_not_stored_again():
    relay = node(20)
    relay.handle(0.0, came(picture()))
    actions = relay.handle(1.0, came(picture(), ticket=2))
    assert of(Dropped, actions)
    assert of(Accept, actions) == [Accept(10, 2)]
    assert relay.store.used == len(b"picture")
    assert len(list(relay.store)) == 1


def test_a_piece_of_another_whole_is_not_put_in():
    centre = node(40)
    whole = {"flags": ACKNOWLEDGE | FRAGMENT, "total": 20}
    centre.handle(0.0, came(picture(bytes(10), **whole), neighbour=30))
    foreign = picture(bytes(10), flags=whole["flags"], offset=10, total=25)
    assert of(Dropped, centre.handle(0.0, came(foreign, neighbour=30)))
    (deliver,) = of(Deliver, centre.handle(0.0, came(picture(b"z" * 10, offset=10, **whole), neighbour=30)))
    assert deliver.payload == bytes(10) + b"z" * 10


# Delivery and acknowledgement --------------------------------------------------------------------------------------


def test_a_payload_is_delivered_once_whatever_arrives_twice():
    centre = node(40)
    first = centre.handle(9.0, came(picture(), neighbour=30))
    assert [(d.payload, d.created) for d in of(Deliver, first)] == [(b"picture", 0.0)]
    assert of(Deliver, centre.handle(9.2, came(picture(), neighbour=30))) == []  # while the application is at it
    consumed(centre, 9.3, first)
    again = centre.handle(9.5, came(picture(), neighbour=30))
    assert (of(Deliver, again), len(of(Accept, again))) == ([], 1)
    assert list(centre.store) == [s for s in centre.store if s.flags & ADMINISTRATIVE]


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 7), max_size=30))
def test_pieces_in_any_order_and_number_give_the_payload_once(order):
    payload, centre, delivered = bytes(range(80)), node(40), []
    for k in (*order, *range(8)):
        piece = picture(payload[10 * k : 10 * k + 10], flags=ACKNOWLEDGE | FRAGMENT, offset=10 * k, total=80)
        actions = centre.handle(1.0, came(piece, neighbour=30))
        delivered += of(Deliver, actions)
        consumed(centre, 1.0, actions)
    assert [deliver.payload for deliver in delivered] == [payload]


def test_acknowledgements_are_few_and_name_all_that_came():
    centre = node(40, acknowledge_every_s=600.0)
    records = []
    for sequence in range(100):
        now = 7.0 * sequence
        actions = centre.handle(now, came(picture(sequence=sequence), neighbour=30))
        records += of(Generated, actions) + of(Generated, consumed(centre, now, actions))
    records += of(Generated, centre.handle(1202.0, Wake(1202.0)))
    assert [acknowledgement.unpack(record.payload) for record in records] == [
        {1: [(0, 1)]},
        {1: [(0, 86)]},  # the last one is not consumed yet
        {1: [(0, 100)]},
    ]
    assert all(record.administrative and record.destination == Eid(10, 0) for record in records)


def test_nothing_is_acknowledged_before_the_application_has_it():
    centre = node(40)
    actions = centre.handle(2.0, came(picture(), neighbour=30))
    assert of(Generated, actions) == []
    assert len(of(Generated, centre.handle(3.0, Consumed(picture().id)))) == 1


def test_a_source_keeps_its_data_until_the_centre_has_it():
    lander, centre = node(10, capacity=1000), node(40)
    (unit,) = of(Generated, lander.handle(0.0, submit(b"x" * 600)))
    out = lander.handle(0.0, up(20))
    assert of(Forwarded, taken(lander, 0.5, 20, out))
    assert lander.store.space_left == 400
    with pytest.raises(StoreFull, match="node 10: no room for 600 octets; 380 are left"):
        lander.handle(1.0, submit(b"y" * 600))
    consumed(centre, 2.0, centre.handle(2.0, came(*wires(out), neighbour=30)))
    answer = wires(centre.handle(2.0, up(30)))
    assert of(Acknowledged, lander.handle(5.0, came(*answer, neighbour=20))) == [Acknowledged(unit.id)]
    assert lander.store.space_left == 1000


def test_an_acknowledgement_finds_room_in_a_full_store():
    """It is what makes room: refusing it would leave the store full for ever."""
    lander, centre = node(10, capacity=1000), node(40)
    lander.handle(0.0, submit(b"x" * 980))
    lander.handle(0.0, submit(b"y" * 20, Priority.EXPEDITED))
    assert lander.store.space_left == 0
    out = lander.handle(0.0, up(20))
    out += lander.handle(0.1, Ready(20))
    taken(lander, 0.5, 20, out)
    consumed(centre, 2.0, centre.handle(2.0, came(*wires(out), neighbour=30)))
    first = wires(centre.handle(2.0, up(30)))
    actions = lander.handle(5.0, came(*first, neighbour=20))
    assert of(Accept, actions)
    assert of(Acknowledged, actions)
    assert lander.store.space_left > 0


def test_a_transit_node_forgets_a_bundle_when_the_next_has_it():
    relay = node(20)
    relay.handle(0.0, came(picture()))
    out = relay.handle(1.0, up(30))
    relay.handle(1.5, Ready(30))
    assert len(list(relay.store)) == 1
    (forward,) = of(Forwarded, relay.handle(5.0, Taken(30, tokens(out))))
    assert (forward.neighbour, forward.octets, forward.started) == (30, 7, 1.0)
    assert list(relay.store) == []
    assert of(Forwarded, relay.handle(6.0, Taken(30, tokens(out)))) == []


def test_a_refused_payload_leaves_no_trace():
    lander = node(10, capacity=10, reserve=0.0)
    with pytest.raises(StoreFull):
        lander.handle(0.0, submit(b"x" * 11))
    (unit,) = of(Generated, lander.handle(0.0, submit(b"x" * 10)))
    assert unit.id.sequence == 0


def test_a_node_delivers_to_itself():
    lander = node(10)
    actions = lander.handle(0.0, Submit(Eid(10, 5), b"note", Priority.BULK, 10.0))
    assert [d.payload for d in of(Deliver, actions)] == [b"note"]
    assert len(of(Generated, actions)) == 1
    lander.handle(0.0, Consumed(of(Deliver, actions)[0].id))
    assert list(lander.store) == []


def test_an_empty_payload_travels_like_any_other():
    lander, centre = node(10), node(40)
    lander.handle(0.0, submit(b""))
    (deliver,) = of(Deliver, centre.handle(2.0, came(*wires(lander.handle(0.0, up(20))), neighbour=30)))
    assert deliver.payload == b""


def test_a_node_asks_for_each_waking_once():
    relay = node(20)
    wakes = []
    for sequence, lifetime_s in enumerate((3600, 1800, 7200, 1800)):
        bundle = picture(sequence=sequence, lifetime_ms=1000 * lifetime_s)
        wakes += of(WakeAt, relay.handle(0.0, came(bundle)))
    assert [wake.t for wake in wakes] == [3600.0, 1800.0]
    assert of(WakeAt, relay.handle(1800.0, Wake(1800.0))) == []
    assert of(WakeAt, relay.handle(3600.0, Wake(3600.0))) == [WakeAt(7200.0)]


def test_a_foreign_administrative_record_acknowledges_nothing():
    assert acknowledgement.unpack(cbor2.dumps([1, [[[True]], 0, [2, [10, 1]], [EPOCH_MS, 0]]])) == {}
    lander = node(10)
    lander.handle(0.0, submit(b"x"))
    for record in (cbor2.dumps([77, "?"]), cbor2.dumps(5), b"", cbor2.dumps([65536, [[1, -1, 5]]])):
        admin = picture(record, destination=Eid(10, 0), source=Eid(40, 0), flags=ADMINISTRATIVE, created_ms=EPOCH_MS)
        admin = Bundle(admin.primary._replace(sequence=hash(record) % 1000), admin.blocks)
        assert of(Acknowledged, lander.handle(1.0, came(admin, neighbour=20))) == []
    assert len([stored for stored in lander.store if stored.own]) == 1
