"""One node alone, told events and asked for actions."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import cbor2
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from small_network import both_ways, contacts, light_time

from farside.link import (
    Bundle,
    BundleId,
    ContactPlan,
    DamagedBundle,
    Eid,
    Node,
    Priority,
    Router,
    Settings,
    StoreFull,
    acknowledgement,
    report,
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
    PAYLOAD,
    PREVIOUS_NODE,
    REPORT_BUNDLE,
    REPORT_DELETION,
    REPORT_DELIVERY,
    REPORT_FORWARDING,
    REPORT_RECEPTION,
    STATUS_TIME,
    Block,
    Primary,
)
from farside.link.events import (
    Accept,
    Acknowledged,
    Consumed,
    Deliver,
    Dropped,
    Evicted,
    Expired,
    Forwarded,
    Generated,
    Kept,
    LinkDown,
    LinkUp,
    Lost,
    PushedBack,
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
from farside.link.journey import Journey, forwarded
from farside.link.report import Reason
from farside.link.route import volume
from farside.link.security import Guard, Keys, Kind, Pattern, Rule, derive
from farside.link.vault import Memory

EPOCH_MS = 599_796_600_000
JOURNEY, CENTRE = Journey(), Eid(40, 1)
PLAN = ContactPlan(contacts([(30, 0.0, 1e6)]))


def node(
    number: int, vault: Memory | None = None, guard: Guard | None = None, router: Router | None = None, **settings
) -> Node:
    return Node(number, router or Router(PLAN, light_time), EPOCH_MS, Settings(**settings), vault, guard)


def of(kind, actions):
    return [action for action in actions if isinstance(action, kind)]


def picture(payload: bytes = b"picture", sequence: int = 0, journey: Journey = JOURNEY, **primary) -> Bundle:
    head = Primary(Eid(40, 1), Eid(10, 1), EPOCH_MS, sequence, 3_600_000, ACKNOWLEDGE)
    return Bundle(head._replace(**primary), (*journey.blocks(), Block(PAYLOAD, 1, payload)))


def came(*bundles: Bundle | bytes, neighbour: int = 10, ticket: int = 1) -> Received:
    return Received(neighbour, ticket, tuple(b if isinstance(b, bytes) else b.pack() for b in bundles))


def submit(
    payload: bytes, priority: Priority = Priority.STANDARD, lifetime_s: float = 3600.0, to: Eid = CENTRE
) -> Submit:
    return Submit(to, payload, priority, lifetime_s)


def up(neighbour: int, rate_bps: float = 555_000.0, until: float = 1e9) -> LinkUp:
    return LinkUp(neighbour, rate_bps, until)


def sent(actions) -> list[Bundle]:
    """The bundles given to a link, in order."""
    return [unpack(data) for action in of(Transmit, actions) for _, data in action.bundles]


def wires(actions) -> list[bytes]:
    return [data for action in of(Transmit, actions) for _, data in action.bundles]


def tokens(actions) -> tuple[int, ...]:
    return tuple(token for action in of(Transmit, actions) for token, _ in action.bundles)


def taken(one: Node, now: float, neighbour: int, actions) -> list:
    """All of what was transmitted leaves, and is safe with the neighbour."""
    after = one.handle(now, Ready(neighbour)) if of(Transmit, actions) else []
    return after + one.handle(now, Taken(neighbour, tokens(actions)))


def consumed(one: Node, now: float, actions) -> list:
    """The application has what is delivered."""
    return [after for deliver in of(Deliver, actions) for after in one.handle(now, Consumed(deliver.id))]


def kept(vault: Memory) -> int:
    return len(list(vault.records()))


# Ways out ----------------------------------------------------------------------------------------------------------


def test_a_source_sends_what_is_expedited_first_and_bulk_last():
    lander = node(10)
    for priority in (0, 1, 2, 0, 2):
        lander.handle(0.0, submit(f"{priority}".encode(), Priority(priority)))
    first = lander.handle(0.0, up(20))
    second = lander.handle(0.0, Ready(20))
    assert [bundle.payload for bundle in sent(first)] == [b"2", b"2"]
    assert [bundle.payload for bundle in sent(second)] == [b"1", b"0", b"0"]
    assert [of(Transmit, actions)[0].urgent for actions in (first, second)] == [True, False]
    assert of(Transmit, lander.handle(0.0, Ready(20))) == []


def test_within_a_priority_the_higher_ordinal_goes_first():
    lander = node(10)
    for ordinal in (3, 254, 0, 254):
        lander.handle(0.0, Submit(Eid(40, 1), b"%d" % ordinal, Priority.BULK, 3600.0, ordinal=ordinal))
    assert [bundle.payload for bundle in sent(lander.handle(0.0, up(20)))] == [b"254", b"254", b"3", b"0"]


def test_a_batch_is_as_long_as_a_block_may_be():
    lander = node(10, batch_octets=10_000)
    for k in range(5):
        lander.handle(0.0, submit(bytes(4000 + k)))
    batches = [lander.handle(0.0, up(20)), lander.handle(0.0, Ready(20)), lander.handle(0.0, Ready(20))]
    assert [[len(b.payload) for b in sent(batch)] for batch in batches] == [[4000, 4001], [4002, 4003], [4004]]
    assert len({*tokens(batches[0]), *tokens(batches[1]), *tokens(batches[2])}) == 5


def test_a_bundle_longer_than_a_batch_goes_alone():
    lander = node(10, batch_octets=1000)
    for octets in (5000, 100, 5001):
        lander.handle(0.0, submit(bytes(octets)))
    assert [len(b.payload) for b in sent(lander.handle(0.0, up(20)))] == [5000]


def test_what_is_expedited_overtakes_a_batch_that_is_leaving():
    lander = node(10)
    lander.handle(0.0, submit(bytes(100_000), Priority.BULK))
    lander.handle(0.0, up(20))
    assert of(Transmit, lander.handle(0.1, submit(b"picture"))) == []
    (urgent,) = of(Transmit, lander.handle(0.2, submit(b"alarm", Priority.EXPEDITED)))
    assert urgent.urgent
    assert [unpack(data).payload for _, data in urgent.bundles] == [b"alarm"]
    assert of(Transmit, lander.handle(0.3, submit(b"another", Priority.EXPEDITED))) == []
    rest = lander.handle(1.5, Ready(20))
    assert [bundle.payload for bundle in sent(rest)] == [b"another"]


def test_nothing_is_begun_that_would_not_end_in_the_contact():
    lander = node(10)
    lander.handle(0.0, submit(bytes(20_000)))
    lander.handle(0.0, submit(bytes(5_000), Priority.BULK))
    (first,) = sent(lander.handle(0.0, up(20, until=0.1)))
    assert len(first.payload) == 5_000
    assert of(Transmit, lander.handle(0.08, Ready(20))) == []
    lander.handle(0.1, LinkDown(20))
    (second,) = sent(lander.handle(500.0, up(20, until=600.0)))
    assert len(second.payload) == 20_000


def test_a_bundle_with_many_blocks_around_it_still_ends_in_the_contact():
    bundle = picture()
    padded = Bundle(bundle.primary, (Block(222, 9, bytes(1000)), *bundle.blocks))
    relay = node(20)
    relay.handle(0.0, came(padded))
    assert of(Transmit, relay.handle(0.0, up(30, 8000.0, 1.0))) == []
    assert of(Transmit, relay.handle(1.0, up(30, 8000.0, 3.0)))


def test_nothing_goes_to_a_neighbour_that_does_not_lead_there():
    relay = node(20)
    relay.handle(0.0, came(picture()))
    assert of(Transmit, relay.handle(0.0, up(10, 125.0))) == []
    assert of(Transmit, relay.handle(0.0, up(30)))


def test_a_bundle_for_nowhere_does_not_stand_in_the_way():
    lander = node(10)
    lander.handle(0.0, submit(b"lost", to=Eid(99, 1), priority=Priority.EXPEDITED))
    lander.handle(0.0, submit(b"picture"))
    assert [bundle.payload for bundle in sent(lander.handle(0.0, up(20)))] == [b"picture"]


def test_long_payloads_are_cut_and_each_piece_has_its_place():
    lander = node(10, fragment_octets=1000)
    payload = bytes(range(250)) * 10
    (unit,) = of(Generated, lander.handle(0.0, submit(payload)))
    pieces = sent(lander.handle(0.0, up(20)))
    assert [(p.primary.offset, p.primary.total, len(p.payload)) for p in pieces] == [
        (0, 2500, 1000),
        (1000, 2500, 1000),
        (2000, 2500, 500),
    ]
    assert all(p.id == unit.id and p.primary.flags & FRAGMENT for p in pieces)
    assert b"".join(p.payload for p in pieces) == payload


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


# Refusal by a neighbour --------------------------------------------------------------------------------------------


def test_a_refused_batch_waits_and_comes_again_in_smaller_parts():
    lander = node(10, batch_octets=100_000)
    for k in range(20):
        lander.handle(0.0, submit(bytes(10_000 + k)))
    batches, now, actions = [], 0.0, lander.handle(0.0, up(20))
    for _ in range(4):
        batches.append(len(sent(actions)))
        lander.handle(now, Lost(20, tokens(actions)))
        assert of(Transmit, lander.handle(now, Ready(20))) == []
        wakes = [now + pause for pause in (5.0, 10.0, 20.0, 40.0)]
        now = wakes[len(batches) - 1]
        assert of(Transmit, lander.handle(now - 0.01, Wake(now - 0.01))) == []
        actions = lander.handle(now, Wake(now))
    assert batches == [9, 4, 2, 1]
    assert len(sent(actions)) == 1
    after = lander.handle(now + 1, Taken(20, tokens(actions))) + lander.handle(now + 1, Ready(20))
    assert len(sent(after)) == 9
    assert sorted(len(stored.id) for stored in lander.store) == [3] * 20


def test_the_pause_after_a_refusal_is_asked_for_and_has_an_end():
    lander = node(10)
    lander.handle(0.0, submit(b"x", lifetime_s=1e9))
    now, pauses, actions = 0.0, [], lander.handle(0.0, up(20))
    for _ in range(1100):  # a week of a full neighbour, and more
        lander.handle(now, Ready(20))
        (wake,) = of(WakeAt, lander.handle(now, Lost(20, tokens(actions)))) or [WakeAt(now + pauses[-1])]
        pauses.append(wake.t - now)
        now = wake.t
        actions = lander.handle(now, Wake(now))
        assert len(sent(actions)) == 1
    assert pauses[:3] == [5.0, 10.0, 20.0]
    assert max(pauses) == pauses[-1] == 600.0


def test_a_lost_batch_goes_out_unchanged_but_older():
    relay = node(20)
    relay.handle(0.0, came(picture()))
    out = relay.handle(1.0, up(30))
    relay.handle(2.0, Ready(30))
    relay.handle(2.0, Lost(30, tokens(out)))
    again = relay.handle(7.0, Wake(7.0))
    (first,), (second,) = sent(out), sent(again)
    assert first.with_block(AGE, b"") == second.with_block(AGE, b"")
    assert [cbor2.loads(bundle.block(AGE).data) for bundle in (first, second)] == [1000, 7000]
    assert tokens(again) != tokens(out)


# Sending again -----------------------------------------------------------------------------------------------------


def test_what_is_not_acknowledged_is_sent_again_with_doubling_patience():
    lander = node(10, resend_after_s=1000.0, acknowledge_every_s=100.0)
    (unit,) = of(Generated, lander.handle(0.0, submit(b"x" * 5000, lifetime_s=1e6)))
    actions, times, now = lander.handle(0.0, up(20)), [], 0.0
    for _ in range(4):
        after = taken(lander, now, 20, actions)
        (wake,) = of(WakeAt, after)
        times.append(wake.t - now)
        assert of(Resent, lander.handle(wake.t - 0.001, Wake(wake.t - 0.001))) == []
        actions = lander.handle(wake.t, Wake(wake.t))
        assert of(Resent, actions) == [Resent(unit.id)]
        assert len(sent(actions)) == 1
        now = wake.t
    there = lander.router.route(10, 40, 0.0, volume(5000)).arrival + 100.0
    answer = lander.router.route(40, 10, there, volume(200)).arrival
    assert times[0] == pytest.approx(answer + 1000.0, abs=1.0)
    assert [b - a for a, b in pairwise(times)] == pytest.approx([1000.0, 2000.0, 4000.0], abs=1.0)


def test_an_acknowledged_payload_is_not_sent_again():
    lander, centre = node(10), node(40)
    lander.handle(0.0, submit(b"x"))
    out = lander.handle(0.0, up(20))
    taken(lander, 0.1, 20, out)
    consumed(centre, 2.0, centre.handle(2.0, came(*wires(out), neighbour=30)))
    lander.handle(5.0, came(*wires(centre.handle(2.0, up(30))), neighbour=20))
    assert of(Resent, lander.handle(1e5, Wake(1e5))) == []
    assert kept(lander.store.vault) == 0


def test_a_copy_of_what_was_delivered_is_acknowledged_again():
    """The acknowledgement was lost on the way: the source asks by sending again."""
    centre = node(40, acknowledge_every_s=10.0)
    consumed(centre, 0.0, centre.handle(0.0, came(picture(), neighbour=30)))
    (record,) = of(Generated, centre.handle(4000.0, came(picture(), neighbour=30)))
    assert acknowledgement.unpack(record.payload) == {1: [(0, 1)]}


# Through a restart -------------------------------------------------------------------------------------------------


def restarted(number: int, vault: Memory, **settings) -> Node:
    vault.crash()
    return node(number, vault, **settings)


def commit(one: Node) -> None:
    one.flush()
    one.store.vault.commit()


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


def damage(one: Node, which: int = 0) -> None:
    key = [key for key, _, _ in one.store.vault.records()][which]
    one.store.vault.damage(key)


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


# Status reports (RFC 9171 section 6.1) -----------------------------------------------------------------------------

ASKS = {"reception": REPORT_RECEPTION, "forwarding": REPORT_FORWARDING, "delivery": REPORT_DELIVERY,
        "deletion": REPORT_DELETION}  # fmt: skip


def told_of(actions) -> list[bytes]:
    return [note.payload for note in of(Generated, actions) if note.administrative and note.destination == Eid(10)]


@pytest.mark.parametrize("times", [False, True])
@pytest.mark.parametrize("fragment", [False, True])
@pytest.mark.parametrize("what", list(ASKS))
def test_status_reports_are_as_the_rfc_writes_them(what, fragment, times):
    flags = ASKS[what] | (STATUS_TIME if times else 0) | (FRAGMENT if fragment else 0)
    place = {"offset": 10, "total": 17} if fragment else {}
    asked = picture(flags=flags, report_to=Eid(10), lifetime_ms=100_000, **place)
    rest = picture(b"0123456789", flags=flags, report_to=Eid(10), lifetime_ms=100_000, offset=0, total=17)
    now, reason = 5.25, 0
    if what == "delivery":
        one = node(40, acknowledge_every_s=1e6)
        actions = one.handle(now, came(*([rest, asked] if fragment else [asked]), neighbour=30))
        records = told_of(consumed(one, now, actions))
        asked = rest if fragment else asked  # told of the first piece
    else:
        one = node(20)
        actions = one.handle(1.0 if what != "reception" else now, came(asked))
        records = told_of(actions)
        if what == "forwarding":
            records = told_of(taken(one, now, 30, one.handle(2.0, up(30))))
        elif what == "deletion":
            damage(one)
            now, reason = 5.25, 4
            records = told_of(one.handle(now, up(30)))
    time_ms = EPOCH_MS + 5250
    items = [[False], [False], [False], [False]]
    # a record that has gone bad no longer tells whether times were asked for
    stamped = times and what != "deletion"
    items[list(ASKS).index(what)] = [True, time_ms] if stamped else [True]
    body = [items, reason, [2, [10, 1]], [EPOCH_MS, 0]]
    if fragment:
        body += [asked.primary.offset, len(asked.payload)]
    assert records == [cbor2.dumps([1, body], canonical=True)]


def test_reports_are_made_only_where_asked_for_and_never_about_reports():
    for flags, to in ((0, Eid(10)), (REPORT_RECEPTION | ADMINISTRATIVE, Eid(10)), (REPORT_RECEPTION, Eid(0))):
        assert told_of(node(20).handle(0.0, came(picture(flags=flags, report_to=to)))) == []


@pytest.mark.parametrize("flags", [REPORT_BUNDLE, 0])
def test_a_block_that_is_not_known_may_ask_to_be_told_of(flags):
    asks = picture(report_to=Eid(10)).with_block(222, b"?", flags)
    told = [report.unpack(record) for record in told_of(node(20).handle(1.0, came(asks)))]
    assert told == ([report.Report(report.RECEIVED, asks.id, Reason.UNSUPPORTED)] if flags else [])
    nobody = picture().with_block(222, b"?", flags)
    assert told_of(node(20).handle(1.0, came(nobody))) == []


@pytest.mark.parametrize(
    ("bundle", "reason"),
    [
        (picture().with_block(HOP_COUNT, cbor2.dumps([30, 31])), Reason.HOPS),
        (picture().with_block(222, b"?", DELETE_BUNDLE), Reason.UNSUPPORTED),
        (picture().with_block(AGE, cbor2.dumps(4_000_000)), Reason.LIFETIME),
    ],
)
def test_deletion_is_reported_with_its_reason(bundle, reason):
    asks = Bundle(bundle.primary._replace(flags=REPORT_DELETION, report_to=Eid(10)), bundle.blocks)
    (record,) = told_of(node(20).handle(1.0, came(asks)))
    assert report.unpack(record) == report.Report(report.DELETED, asks.id, reason)
    assert cbor2.loads(record) == [1, [[[False], [False], [False], [True]], int(reason), [2, [10, 1]], [EPOCH_MS, 0]]]


def test_a_reporter_without_a_clock_tells_no_time():
    relay = node(20)
    relay.clock.error_s = None
    asks = picture(flags=REPORT_RECEPTION | STATUS_TIME, report_to=Eid(10))
    (record,) = told_of(relay.handle(5.0, came(asks)))
    assert cbor2.loads(record)[1][0][0] == [True]


@hypothesis_settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 3), st.sampled_from(list(Reason)), st.integers(0, 2**53), st.none() | st.integers(0, 2**40),
    st.sampled_from([Eid(10, 1), Eid(2**33 + 7, 3), Eid(0, 0, "//lander/x")]),
)  # fmt: skip
def test_what_a_report_says_is_what_is_read(what, reason, time_ms, offset, source):
    said = report.Report(what, BundleId(source, EPOCH_MS, 9), reason, time_ms, offset, 12 if offset is not None else 0)
    assert report.unpack(report.pack(said)) == said


@pytest.mark.parametrize("record", [b"", b"\x82\x01\x80", cbor2.dumps([1, [[[1]] * 4, 0]]), cbor2.dumps([1, 2])])
def test_a_damaged_report_is_named(record):
    with pytest.raises(DamagedBundle, match="administrative record"):
        report.unpack(record)


@pytest.mark.parametrize(("teller", "ends"), [(40, True), (20, False)])
def test_only_a_destination_refuses_for_good(teller, ends):
    lander = node(10)
    (unit,) = of(Generated, lander.handle(0.0, submit(b"x")))
    taken(lander, 0.1, 20, lander.handle(0.0, up(20)))
    record = report.pack(report.Report(report.DELETED, unit.id, Reason.HOPS))
    admin = picture(record, destination=Eid(10), source=Eid(teller), flags=ADMINISTRATIVE)
    actions = lander.handle(5.0, came(admin, neighbour=20))
    assert [(note.id, "hops" in note.why) for note in of(Rejected, actions)] == ([(unit.id, True)] if ends else [])
    assert [stored.id for stored in lander.store] == ([] if ends else [unit.id])
    assert of(Resent, actions) == of(Transmit, actions) == []


@pytest.mark.parametrize(("teller", "ends"), [(40, True), (20, False), (11, False)])
def test_only_a_destination_acknowledges(teller, ends):
    lander = node(10)
    (unit,) = of(Generated, lander.handle(0.0, submit(b"x")))
    taken(lander, 0.1, 20, lander.handle(0.0, up(20)))
    admin = picture(acknowledgement.pack({1: [(0, 1)]}), destination=Eid(10), source=Eid(teller), flags=ADMINISTRATIVE)
    actions = lander.handle(5.0, came(admin, neighbour=20))
    assert of(Acknowledged, actions) == ([Acknowledged(unit.id)] if ends else [])
    assert [stored.id for stored in lander.store] == ([] if ends else [unit.id])


# Security ----------------------------------------------------------------------------------------------------------

COMMANDS = Eid(10, 3)
RULES = (Rule(Pattern(), Pattern(10, 3)),)


def guard(seed: int = 1) -> Guard:
    key = derive(seed, Kind.HMAC, Pattern(40), Pattern(10), EPOCH_MS - 1, EPOCH_MS + 10**9)
    return Guard(RULES, Keys([key]), EPOCH_MS)


def command(source: Node, payload: bytes = b"drive 0.5 m") -> list[bytes]:
    source.handle(0.0, submit(payload, Priority.EXPEDITED, to=COMMANDS))
    return wires(source.handle(0.0, up(30)))


def test_a_signed_command_is_delivered_in_the_clear():
    for payload, settings in ((b"drive 0.5 m", {}), (bytes(range(256)) * 8, {"fragment_octets": 300})):
        orders, lander = command(node(40, guard=guard(), **settings), payload), node(10, guard=guard())
        assert len(orders) == (7 if settings else 1)
        (deliver,) = of(Deliver, lander.handle(5.0, came(*orders, neighbour=20)))
        assert (deliver.destination, deliver.payload) == (COMMANDS, payload)


@pytest.mark.parametrize(("by", "why", "reason"), [(None, "unsigned", 12), (guard(2), "altered or wrong key", 15)])
def test_a_command_without_the_right_signature_is_refused_and_its_source_is_told(by, why, reason):
    centre, lander = node(40, guard=by), node(10, guard=guard())
    orders = command(centre)
    unit = unpack(orders[0]).id
    actions = lander.handle(5.0, came(*orders, neighbour=20))
    assert of(Deliver, actions) == []
    assert of(Rejected, actions) == [Rejected(unit, why)]
    assert of(Accept, actions)  # the relay is rid of it
    (told,) = sent(lander.handle(5.0, up(20)))
    assert report.unpack(told.payload) == report.Report(report.DELETED, unit, reason)
    assert [note.id for note in of(Rejected, centre.handle(9.0, came(told, neighbour=30)))] == [unit]
    assert [stored for stored in centre.store if stored.own] == []
    assert [stored for stored in lander.store if not stored.flags & ADMINISTRATIVE] == []


def test_a_repeated_command_is_refused_whoever_brings_it():
    lander, (order,) = node(10, guard=guard()), command(node(40, guard=guard()))
    consumed(lander, 5.0, lander.handle(5.0, came(order, neighbour=20)))
    again = lander.handle(500.0, came(order, neighbour=20, ticket=2))
    assert (of(Deliver, again), [note.why for note in of(Rejected, again)]) == ([], ["came before"])
    bundle = unpack(order)
    renamed = Bundle(bundle.primary._replace(sequence=77), bundle.blocks)
    posing = lander.handle(600.0, came(renamed, neighbour=20, ticket=3))
    assert (of(Deliver, posing), len(of(Rejected, posing))) == ([], 1)


def test_a_repeated_command_is_refused_after_a_restart():
    vault = Memory()
    lander, (order,) = node(10, vault, guard()), command(node(40, guard=guard()))
    consumed(lander, 5.0, lander.handle(5.0, came(order, neighbour=20)))
    commit(lander)
    vault.crash()
    again = node(10, vault, guard()).handle(500.0, came(order, neighbour=20))
    assert (of(Deliver, again), [note.why for note in of(Rejected, again)]) == ([], ["came before"])


@pytest.mark.parametrize("committed", [False, True])
def test_a_command_that_was_let_in_but_not_taken_when_the_power_went_is_let_in_once(committed):
    vault, (order,) = Memory(), command(node(40, guard=guard()))
    lander = node(10, vault, guard())
    commit(lander)
    lander.handle(5.0, came(order, neighbour=20))
    if committed:
        commit(lander)
    vault.crash()
    lander = node(10, vault, guard())
    actions = lander.handle(9.0, Wake(9.0)) + lander.handle(9.0, came(order, neighbour=20, ticket=2))
    assert len(of(Deliver, actions)) == 1
    consumed(lander, 9.0, actions)
    commit(lander)
    vault.crash()
    lander = node(10, vault, guard())
    later = lander.handle(10.0, Wake(10.0)) + lander.handle(10.0, came(order, neighbour=20, ticket=3))
    assert of(Deliver, later) == []


# Bookings of the router ---------------------------------------------------------------------------------------------


def two_passes() -> Router:
    """1 to 2 always; 2 to 3 in a narrow pass of 1000 octets, then in a wide one."""
    plan = (
        both_ways(1, 2, 0, 1000, 8000, 8000) + both_ways(2, 3, 100, 200, 80, 80) + both_ways(2, 3, 300, 400, 8e4, 8e4)
    )
    return Router(ContactPlan(plan), lambda a, b, t: 0.0)


def test_a_route_tells_how_much_fits_through():
    route = two_passes().route(1, 3, 0.0, 500)
    assert route.arrival == 150.0  # 500 octets at 80 bit/s from 100 on
    assert route.volume == 1000.0
    assert [contact.start for contact in route.contacts] == [0, 100]


def test_what_is_booked_is_not_given_twice():
    router = two_passes()
    route = router.route(1, 3, 0.0, 600)
    router.book(route, 600, Priority.STANDARD)
    assert router.route(1, 3, 0.0, 400, Priority.STANDARD).arrival == 200.0
    assert router.route(1, 3, 0.0, 400, Priority.STANDARD).volume == 400.0
    assert router.route(1, 3, 0.0, 401, Priority.STANDARD).arrival == pytest.approx(300.0 + 401 / 1e4)


def test_lower_priorities_do_not_stand_in_the_way_of_higher_ones():
    router = two_passes()
    router.book(router.route(1, 3, 0.0, 1000), 1000, Priority.BULK)
    assert router.route(1, 3, 0.0, 1000, Priority.STANDARD).arrival == 200.0
    assert router.route(1, 3, 0.0, 1000, Priority.BULK).arrival > 300.0
    router.book(router.route(1, 3, 0.0, 900, Priority.EXPEDITED), 900, Priority.EXPEDITED)
    assert router.route(1, 3, 0.0, 101, Priority.STANDARD).arrival > 300.0
    assert router.route(1, 3, 0.0, 100, Priority.EXPEDITED).arrival == 200.0


def test_a_node_books_what_it_sends_and_picks_the_later_station_for_the_rest():
    """From 1 two stations lead to 4; the earlier one has room for one bundle only."""
    plan = both_ways(1, 2, 0, 1e4, 8e5, 8e5) + both_ways(1, 3, 0, 1e4, 8e5, 8e5)
    plan += both_ways(2, 4, 10, 20, 1200, 1200) + both_ways(3, 4, 50, 100, 8e4, 8e4)
    one = Node(1, Router(ContactPlan(plan), lambda a, b, t: 0.0), EPOCH_MS, Settings())
    for _ in range(3):
        one.handle(0.0, submit(bytes(1000), to=Eid(4, 1)))
    by = {neighbour: one.handle(0.0, LinkUp(neighbour, 8e5, 1e4)) for neighbour in (2, 3)}
    assert {neighbour: len(sent(actions)) for neighbour, actions in by.items()} == {2: 1, 3: 2}


# What a forwarder does to the bytes --------------------------------------------------------------------------------


def test_a_forwarded_bundle_has_good_checksums_and_one_hop_more_each_time():
    data = picture().pack()
    for hop in range(1, 4):
        data = forwarded(data, 20 + hop, 1000 * hop)
        bundle = unpack(data)
        assert cbor2.loads(bundle.block(HOP_COUNT).data) == [30, hop]
        assert cbor2.loads(bundle.block(AGE).data) == 1000 * hop
        assert bundle.block(PREVIOUS_NODE).data == Eid(20 + hop).pack()
    assert bundle.payload == b"picture"
