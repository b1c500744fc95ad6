"""A node notices clocks that cannot both be right, says so once, and counts lifetimes by age."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_network import light_time

from farside.link import Contact, ContactPlan, Eid, Node, Priority, Router, Settings, bp_time
from farside.link.events import ClockDiffers, Expired, LinkUp, Received, Submit, Transmit

PLAN = ContactPlan(Contact(a, b, 0.0, 1e6, 1e9) for a, b in ((10, 20), (20, 40), (40, 20), (20, 10)))
LIFETIME_S = 3600.0


def node(number: int, clock_s: float | None = 0.0) -> Node:
    made = Node(number, Router(PLAN, light_time), bp_time(0.0), Settings())
    made.clock.error_s = clock_s
    return made


def sent(by: Node, now: float, to: int, *events) -> tuple[bytes, ...]:
    """What leaves for a neighbour when its link opens."""
    for event in events:
        by.handle(now, event)
    actions = by.handle(now, LinkUp(to, 1e9, 1e6))
    return tuple(data for action in actions if isinstance(action, Transmit) for _, data in action.bundles)


def bundle(source_clock_s: float | None, at: float = 1000.0, count: int = 1) -> tuple[bytes, ...]:
    submits = [Submit(Eid(40, 1), b"%d" % k, Priority.STANDARD, LIFETIME_S) for k in range(count)]
    return sent(node(10, source_clock_s), at, 20, *submits)


def told(actions) -> list[ClockDiffers]:
    return [action for action in actions if isinstance(action, ClockDiffers)]


@pytest.mark.parametrize("hours", [3.0, -3.0])
def test_hours_are_told_once_for_each_source(hours):
    here = node(20)
    first, second, third = bundle(hours * 3600.0, count=3)
    actions = here.handle(1001.0, Received(10, 1, (first, second)))
    (note,) = told(actions)
    assert note.source == 10
    assert note.seconds == pytest.approx(-hours * 3600.0, abs=2.0)
    assert not told(here.handle(1002.0, Received(10, 2, (third,))))


def test_who_is_wrong_is_not_assumed():
    """A clock here that is ahead looks like one there that is behind."""
    (note,) = told(node(20, 7200.0).handle(1001.0, Received(10, 1, bundle(0.0))))
    assert note.seconds == pytest.approx(7200.0, abs=2.0)


@given(st.floats(-55.0, 55.0))
def test_less_than_a_minute_is_no_matter(seconds):
    assert not told(node(20).handle(1001.0, Received(10, 1, bundle(seconds))))


def test_no_clock_contradicts_nothing():
    assert not told(node(20).handle(1001.0, Received(10, 1, bundle(None))))
    assert not told(node(20, None).handle(1001.0, Received(10, 1, bundle(9e9))))


def test_a_long_wait_that_was_counted_is_no_matter():
    source = node(10)
    source.handle(0.0, Submit(Eid(40, 1), b"patient", Priority.STANDARD, 86400.0))
    arrived = Received(10, 1, sent(source, 40_000.0, 20))
    assert not told(node(20).handle(40_001.0, arrived))


@pytest.mark.parametrize("hours", [3.0, -3.0])
def test_a_lifetime_is_counted_by_age_then(hours):
    relay = node(20)
    relay.handle(1000.0, Received(10, 1, bundle(hours * 3600.0)))
    assert len(list(relay.store)) == 1
    arrived = Received(20, 1, sent(relay, 1000.0 + LIFETIME_S - 10.0, 40))
    centre = node(40)
    actions = centre.handle(1000.0 + LIFETIME_S - 9.0, arrived)
    assert told(actions) and not any(isinstance(action, Expired) for action in actions)
    late = node(20)
    late.handle(1000.0, Received(10, 1, bundle(hours * 3600.0)))
    assert any(isinstance(action, Expired) for action in late.handle(1001.0 + LIFETIME_S, LinkUp(40, 1e9, 1e6)))
