"""One node alone: what leaves, what a neighbour refuses, and what is sent again."""

from __future__ import annotations

from itertools import pairwise

import cbor2
import pytest
from one_node import (
    EPOCH_MS,
    came,
    consumed,
    kept,
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
from small_network import both_ways

from farside.link import (
    Bundle,
    ContactPlan,
    Eid,
    Node,
    Priority,
    Router,
    Settings,
    acknowledgement,
    unpack,
)
from farside.link.bundle import (
    AGE,
    FRAGMENT,
    HOP_COUNT,
    PREVIOUS_NODE,
    Block,
)
from farside.link.events import (
    Generated,
    LinkDown,
    LinkUp,
    Lost,
    Ready,
    Resent,
    Submit,
    Taken,
    Transmit,
    Wake,
    WakeAt,
)
from farside.link.journey import forwarded
from farside.link.route import volume

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
