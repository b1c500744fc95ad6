"""One node alone: status reports and security."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from one_node import (
    EPOCH_MS,
    came,
    commit,
    consumed,
    damage,
    node,
    of,
    picture,
    sent,
    submit,
    taken,
    up,
    wires,
)

from farside.link import (
    Bundle,
    BundleId,
    DamagedBundle,
    Eid,
    Node,
    Priority,
    acknowledgement,
    report,
    unpack,
)
from farside.link.bundle import (
    ADMINISTRATIVE,
    AGE,
    DELETE_BUNDLE,
    FRAGMENT,
    HOP_COUNT,
    REPORT_BUNDLE,
    REPORT_DELETION,
    REPORT_DELIVERY,
    REPORT_FORWARDING,
    REPORT_RECEPTION,
    STATUS_TIME,
)
from farside.link.events import (
    Accept,
    Acknowledged,
    Deliver,
    Generated,
    Rejected,
    Resent,
    Transmit,
    Wake,
)
from farside.link.report import Reason
from farside.link.security import Guard, Keys, Kind, Pattern, Rule, derive
from farside.link.vault import Memory

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
