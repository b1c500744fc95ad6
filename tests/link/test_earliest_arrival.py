"""Contact plans and earliest-arrival routes against all loop-free routes counted out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.link import Contact, ContactPlan, Router

TUTORIAL = [
    (0, 1, 2, 0, 60), (2, 2, 3, 0, 60), (4, 1, 3, 0, 60), (6, 3, 4, 0, 30),
    (8, 1, 5, 10, 20), (10, 4, 5, 0, 10), (12, 4, 5, 30, 40), (14, 4, 5, 50, 60),
]  # fmt: skip
"""The public contact-graph tutorial: (id, from, to, start, end), each link also the other way; light time 1 s."""


def tutorial() -> list[Contact]:
    links = [(a, b, start, end) for _, a, b, start, end in TUTORIAL]
    return [Contact(*pair, start, end, 1e6) for a, b, start, end in links for pair in ((a, b), (b, a))]


def one_second(sender: int, receiver: int, t: float) -> float:
    return 1.0


def loop_free(contacts, here, there, t, octets=0, seen=()):
    """Arrival times of all loop-free contact sequences, by brute force."""
    if here == there:
        yield t
    else:
        for c in contacts:
            sent = max(t, c.start) + 8 * octets / c.rate_bps
            if c.sender == here and c.receiver not in (*seen, here) and sent <= c.end and c.end > t:
                yield from loop_free(contacts, c.receiver, there, sent + 1.0, octets, (*seen, here))


def test_the_tutorial_has_its_seven_routes():
    assert sorted(loop_free(tutorial(), 1, 5, 0.0)) == [3, 4, 11, 31, 31, 51, 51]


def test_the_earliest_of_them_is_taken():
    route = Router(ContactPlan(tutorial()), one_second).route(1, 5, 0.0, 0)
    assert route.arrival == 3.0
    assert [(c.sender, c.receiver) for c in route.contacts] == [(1, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize(("t", "arrival"), [(5.0, 8.0), (9.0, 11.0), (15.0, 16.0), (25.0, 31.0), (35.0, None)])
def test_later_departures_take_the_next_best_route(t, arrival):
    route = Router(ContactPlan(tutorial()), one_second).route(1, 5, t, 0)
    assert (route and route.arrival) == arrival


@st.composite
def plans(draw):
    contacts = []
    pairs = draw(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), max_size=10, unique=True))
    for a, b in pairs:
        edges = sorted(draw(st.lists(st.integers(0, 60), max_size=6, unique=True)))
        rate = draw(st.sampled_from([8.0, 80.0]))
        contacts += [Contact(a, b, s, e, rate) for s, e in zip(edges[::2], edges[1::2], strict=False) if a != b]
    return contacts


@settings(deadline=None)
@given(plans(), st.integers(0, 40), st.integers(0, 100))
def test_no_loop_free_route_is_earlier(contacts, t, octets):
    route = Router(ContactPlan(contacts), one_second).route(1, 5, float(t), octets)
    best = min(loop_free(contacts, 1, 5, float(t), octets), default=None)
    assert (route and route.arrival) == best


def test_ties_go_to_fewest_hops_then_lowest_node():
    direct = [Contact(1, 5, 0, 9, 1e6), Contact(1, 2, 0, 9, 1e6), Contact(2, 5, 0, 9, 1e6)]
    at_once = Router(ContactPlan(direct), lambda a, b, t: 0.0)
    assert len(at_once.route(1, 5, 0.0, 0).contacts) == 1
    two_ways = [Contact(a, b, 0, 9, 1e6) for a, b in ((1, 3), (3, 5), (1, 2), (2, 5))]
    route = Router(ContactPlan(two_ways), lambda a, b, t: 0.0).route(1, 5, 0.0, 0)
    assert route.contacts[0].receiver == 2


def test_a_bundle_too_long_for_a_contact_takes_the_next():
    plan = ContactPlan([Contact(1, 2, 0, 10, 8.0), Contact(1, 2, 20, 120, 8.0)])
    assert plan.next_contact(1, 2, 0.0, 10).start == 0
    assert plan.next_contact(1, 2, 1.0, 10).start == 20
    assert plan.next_contact(1, 2, 0.0, 101) is None


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        ([Contact(1, 2, 5, 5, 1.0)], "end after the start"),
        ([Contact(1, 2, 0, math.nan, 1.0)], "end after the start"),
        ([Contact(1, 2, 0, 5, 0.0)], "above 0 bit/s"),
        ([Contact(1, 2, 0, 5, 1.0), Contact(1, 2, 4, 6, 1.0)], "start after the contact before"),
    ],
)
def test_impossible_contacts_are_named(contacts, expected):
    with pytest.raises(BadInput, match=expected):
        ContactPlan(contacts)
