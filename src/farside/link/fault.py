"""Faults: what goes wrong on a link or at a node, when, and how badly.

    Fault("cut", (10, 20), 3600.0, 7200.0)              # nothing passes between 10 and 20 for an hour
    Fault("bit-errors", (10, 20), 0.0, 86400.0, 1e-6)   # from 10 to 20, a bit in a million

What happens to contacts is worked out beforehand (``contacts_as_they_are``); the rest is done as it comes by line.py
and network.py. Chance is drawn from the network's seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from farside.errors import BadInput
from farside.link.contact import Contact, ContactPlan


class Kind(NamedTuple):
    """What a kind of fault strikes (2: a link from one node to another, 1: a node), and what its amount is."""

    strikes: int
    amount: str
    least: float
    most: float


INFINITY = float("inf")
PASS_S = 86400.0
"""No pass lasts longer; of a longer contact (a ground line) a missed pass takes so much away."""
KINDS = {
    "frame-loss": Kind(2, "share of frames lost", 0.0, 0.5),
    "bit-errors": Kind(2, "share of bits turned over", 0.0, 1e-3),
    "burst-loss": Kind(2, "share of time in bursts of a second in which all is lost", 0.0, 0.9),
    "duplicate": Kind(2, "share of segments that come twice", 0.0, 1.0),
    "reorder": Kind(2, "segments come up to so many seconds late, each its own", 0.0, 600.0),
    "cut": Kind(2, "none: nothing passes, either way", 0.0, INFINITY),
    "slow-link": Kind(2, "bit/s from the first node to the second", 1.0, INFINITY),
    "outage": Kind(1, "none: nothing passes to or from the node, which goes on working", 0.0, INFINITY),
    "missed-pass": Kind(1, "none: contacts of the node that begin meanwhile do not take place", 0.0, INFINITY),
    "handover": Kind(1, "contacts of the node that begin meanwhile begin so many seconds late", 0.0, 86400.0),
    "contact-late": Kind(2, "seconds by which contacts begin later than planned, either way", 0.0, 86400.0),
    "contact-short": Kind(2, "seconds by which contacts end earlier than planned, either way", 0.0, 86400.0),
    "contact-slow": Kind(2, "share of the planned rate that contacts have, either way", 0.01, 1.0),
    "power-loss": Kind(1, "none: the node dies in the middle of a write and comes back at the end", 0.0, INFINITY),
    "corrupt-record": Kind(
        1, "records in its store that go bad at the beginning, of each bundle one at most", 0.0, INFINITY
    ),
    "store-full": Kind(1, "none: its store takes no more than is in it", 0.0, INFINITY),
    "clock-off": Kind(1, "seconds by which its clock is ahead", -1e9, 1e9),
    "clock-absent": Kind(1, "none: it has no clock", 0.0, INFINITY),
}
"""All kinds: fourteen troubles, some of which come in several forms."""


class Fault(NamedTuple):
    """A fault of a kind at a link or a node from ``start`` to ``stop`` (mission time, s), with its amount."""

    kind: str
    nodes: tuple[int, ...]
    start: float
    stop: float
    amount: float = 0.0

    def at(self, t: float) -> bool:
        """Whether it lasts at a time."""
        return self.start <= t < self.stop


def check(faults: Iterable[Fault], plan: ContactPlan) -> None:
    """Raises BadInput for a fault that no network of this plan can have."""
    nodes = set(plan.nodes)
    for fault in faults:
        kind = KINDS.get(fault.kind)
        if kind is None:
            raise BadInput("faults", "kind", fault.kind, f"one of {', '.join(KINDS)}")
        if len(fault.nodes) != kind.strikes or not nodes.issuperset(fault.nodes):
            where = "a link (two nodes)" if kind.strikes == 2 else "a node"
            raise BadInput("faults", fault.kind, fault.nodes, f"{where} of {', '.join(map(str, sorted(nodes)))}")
        if kind.strikes == 2 and fault.nodes[1] not in plan.receivers(fault.nodes[0]):
            raise BadInput("faults", fault.kind, fault.nodes, "two nodes that the contact plan joins")
        if not fault.stop > fault.start:
            raise BadInput("faults", fault.kind, fault.stop, f"an end after its start, {fault.start}")
        if not kind.least <= fault.amount <= kind.most:
            raise BadInput("faults", fault.kind, fault.amount, f"{kind.amount}: from {kind.least:g} to {kind.most:g}")


def contacts_as_they_are(plan: ContactPlan, faults: Sequence[Fault]) -> list[tuple[Contact, Contact]]:
    """What becomes of each planned contact: (planned, actual), none or several pieces of it, in order of start."""
    pieces = [(planned, actual) for planned in plan for actual in _actual(planned, faults)]
    return sorted(pieces, key=lambda pair: (pair[1].start, pair[1].sender, pair[1].receiver))


def _actual(contact: Contact, faults: Sequence[Fault]) -> list[Contact]:
    ends = {contact.sender, contact.receiver}
    start, end, rate, gone = contact.start, contact.end, contact.rate_bps, []
    for fault in faults:
        nodes, begins = set(fault.nodes), fault.at(contact.start)
        if nodes == ends and fault.kind == "cut":
            gone.append((fault.start, fault.stop))
        elif nodes == ends and fault.start < contact.end and contact.start < fault.stop:
            start += fault.amount if fault.kind == "contact-late" else 0.0
            end -= fault.amount if fault.kind == "contact-short" else 0.0
            rate *= fault.amount if fault.kind == "contact-slow" else 1.0
        elif nodes & ends and fault.kind == "outage":
            gone.append((fault.start, fault.stop))
        elif nodes & ends and begins and fault.kind == "missed-pass":
            gone.append((contact.start, contact.start + PASS_S))
        elif nodes & ends and begins and fault.kind == "handover":
            start += fault.amount
    pieces = [Contact(contact.sender, contact.receiver, a, b, rate) for a, b in _without((start, end), gone)]
    for fault in faults:
        if fault.kind == "slow-link" and fault.nodes == (contact.sender, contact.receiver):
            pieces = [slowed for piece in pieces for slowed in _slowed(piece, fault)]
    return pieces


def _slowed(contact: Contact, fault: Fault) -> list[Contact]:
    """A contact in up to three pieces: before, during and after a fault that slows it down."""
    changes = [t for t in (fault.start, fault.stop) if contact.start < t < contact.end]
    rates = [
        min(contact.rate_bps, fault.amount) if fault.at(t) else contact.rate_bps for t in (contact.start, *changes)
    ]
    spans = pairwise((contact.start, *changes, contact.end))
    return [contact._replace(start=a, end=b, rate_bps=rate) for (a, b), rate in zip(spans, rates, strict=True)]


def _without(span: tuple[float, float], gone: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What is left of a span without others."""
    left, (start, end) = [], span
    for a, b in sorted(gone):
        if a > start:
            left.append((start, min(a, end)))
        start = max(start, b)
    left.append((start, end))
    return [(a, b) for a, b in left if b > a]


def actual_plan(plan: ContactPlan, faults: Sequence[Fault]) -> ContactPlan:
    """The contacts as they truly take place, for whoever only needs these; a node without power has none."""
    dark = [fault._replace(kind="outage") if fault.kind == "power-loss" else fault for fault in faults]
    return ContactPlan(actual for _, actual in contacts_as_they_are(plan, dark))


def draw(rng: np.random.Generator, plan: ContactPlan, duration: float, count: int) -> list[Fault]:
    """A mixture of ``count`` faults of any kind in the first ``duration`` seconds, each as bad as it may well be."""
    links = sorted({(contact.sender, contact.receiver) for contact in plan})
    names, faults = list(KINDS), []
    for _ in range(count):
        name = names[rng.integers(len(names))]
        strikes = KINDS[name].strikes
        nodes = links[rng.integers(len(links))] if strikes == 2 else (plan.nodes[rng.integers(len(plan.nodes))],)
        start = float(rng.uniform(0.0, duration))
        length = float(min(rng.exponential(duration / 10.0), duration / 2.0))
        faults.append(Fault(name, nodes, start, start + max(length, 1.0), _amount(rng, name)))
    return faults


def _amount(rng: np.random.Generator, kind: str) -> float:
    typical = {
        "frame-loss": 10.0 ** rng.uniform(-4.0, -1.0),
        "bit-errors": 10.0 ** rng.uniform(-8.0, -5.0),
        "burst-loss": rng.uniform(0.0, 0.5),
        "duplicate": rng.uniform(0.0, 0.5),
        "reorder": rng.uniform(0.0, 20.0),
        "slow-link": 125.0,
        "handover": rng.uniform(0.0, 900.0),
        "contact-late": rng.uniform(0.0, 1800.0),
        "contact-short": rng.uniform(0.0, 1800.0),
        "contact-slow": 0.5,
        "corrupt-record": float(rng.integers(1, 6)),
        "clock-off": rng.uniform(-5.0, 5.0),
    }
    return float(typical.get(kind, 0.0))
