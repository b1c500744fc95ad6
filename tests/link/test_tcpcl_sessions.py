"""Two TCPCL sessions against each other, and against a peer that does not keep the rules."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.link.convergence import messages as wire
from farside.link.convergence.tcpcl import (
    Bundles,
    Close,
    End,
    Give,
    Gone,
    Octets,
    Opened,
    Secured,
    Session,
    StartTls,
    State,
    Terms,
    Up,
    Write,
)
from farside.link.ltp import Accept, Lost, Refuse, Taken, Wake, WakeAt


class Pair:
    """Node 1 (active) and 2 (passive) with a stream each way, handed over in pieces of any size."""

    def __init__(self, one=(), two=(), seed=0, accept=lambda n, bundles: True) -> None:
        self.rng, self.accept = random.Random(seed), accept
        self.sessions = {
            1: Session(Terms(me=1, active=True, **dict(one))),
            2: Session(Terms(me=2, active=False, **dict(two))),
        }
        self.now = 0.0
        self.streams = {1: b"", 2: b""}  # on the way to
        self.up, self.got, self.taken, self.lost, self.closed = {}, {1: [], 2: []}, [], [], {}
        self.wakes = {1: [], 2: []}
        self.tls, self.names = [], {1: (), 2: ()}
        self.held: list[tuple[int, int]] = []
        self.wire = b""

    def open(self) -> Pair:
        for n in (1, 2):
            self.tell(n, Opened())
        self.settle()
        return self

    def tell(self, n: int, event) -> None:
        for action in self.sessions[n].handle(self.now, event):
            match action:
                case Write(data):
                    self.streams[3 - n] += data
                    self.wire += data
                case Up(node):
                    self.up[n] = node
                case StartTls():
                    self.tls.append(n)
                case Bundles(ticket, bundles):
                    answer = self.accept(n, bundles)
                    if answer is None:
                        self.held.append((n, ticket))
                    else:
                        self.got[n] += bundles if answer else ()
                        self.tell(n, Accept(ticket) if answer else Refuse(ticket))
                case Taken(tokens):
                    self.taken += tokens
                case Lost(tokens):
                    self.lost += tokens
                case WakeAt(t):
                    self.wakes[n].append(t)
                case Close(why):
                    self.closed[n] = why

    def settle(self) -> None:
        """Hand over all that is on its way."""
        for _ in range(100_000):
            if len(self.tls) == 2:
                self.tls = []
                for n in (2, 1):
                    self.tell(n, Secured(self.names[n]))
            ready = [n for n in (1, 2) if self.streams[n] and n not in self.tls]
            if not ready:
                return
            n = self.rng.choice(ready)
            size = self.rng.choice((1, 3, 20, 100, 5000))
            data, self.streams[n] = self.streams[n][:size], self.streams[n][size:]
            self.tell(n, Octets(data))
        raise AssertionError("the two never stop talking")

    def run_until(self, t: float) -> None:
        while (soonest := min((w, n) for n in (1, 2) for w in [*self.wakes[n], 1e9]))[0] <= t:
            self.now, n = soonest
            self.wakes[n].remove(self.now)
            self.tell(n, Wake(self.now))
            self.settle()
        self.now = t


@given(
    seed=st.integers(0, 2**32),
    sizes=st.lists(st.integers(1, 4000), max_size=12),
    segment_mru=st.sampled_from([7, 100, 1 << 20]),
)
@settings(max_examples=80, deadline=None)
def test_bundles_go_both_ways_in_order_and_are_taken(seed, sizes, segment_mru):
    pair = Pair(two={"segment_mru": segment_mru}, seed=seed).open()
    assert pair.up == {1: 2, 2: 1}
    bundles = [random.Random(k).randbytes(size) for k, size in enumerate(sizes)]
    pair.tell(1, Give(tuple((("a", k), bundle) for k, bundle in enumerate(bundles))))
    pair.tell(2, Give(tuple((("b", k), bundle) for k, bundle in enumerate(bundles))))
    pair.settle()
    assert pair.got == {1: bundles, 2: bundles}
    assert sorted(pair.taken) == sorted((side, k) for side in "ab" for k in range(len(bundles)))
    assert not pair.lost and not pair.closed
    assert pair.sessions[1].waiting == pair.sessions[2].waiting == 0


def test_last_acknowledgement_waits_for_accept():
    pair = Pair(accept=lambda n, bundles: None, two={"segment_mru": 4}).open()
    before = len(pair.wire)
    pair.tell(1, Give((("a", b"0123456789"),)))
    pair.settle()
    acks = [m for m in _messages(pair.wire[before:]) if isinstance(m, wire.Ack)]
    assert acks == [wire.Ack(2, 0, 4), wire.Ack(0, 0, 8)] and not pair.taken
    (held,) = pair.held
    pair.tell(held[0], Accept(held[1]))
    pair.settle()
    assert pair.taken == ["a"]
    assert _messages(pair.wire[before:])[-1] == wire.Ack(1, 0, 10)


def _messages(stream: bytes) -> list:
    parser = wire.Parser(1 << 20)
    parser.feed(wire.Contact(0).pack())
    return parser.feed(stream)


def test_refused_bundles_are_lost_for_the_sender():
    pair = Pair(accept=lambda n, bundles: False).open()
    pair.tell(1, Give((("a", b"x"), ("b", b"y"))))
    pair.settle()
    assert sorted(pair.lost) == ["a", "b"] and not pair.taken


def test_bundle_longer_than_the_peer_takes_is_lost_at_once():
    pair = Pair(two={"transfer_mru": 5}).open()
    pair.tell(1, Give((("a", b"123456"), ("b", b"12345"))))
    pair.settle()
    assert pair.lost == ["a"] and pair.taken == ["b"]


def test_tls_comes_before_the_session_where_both_can():
    pair = Pair(one={"can_tls": True}, two={"can_tls": True}).open()
    assert pair.up == {1: 2, 2: 1}
    plain = Pair(one={"can_tls": True}).open()
    assert plain.up == {1: 2, 2: 1} and not plain.tls


@pytest.mark.parametrize("strict", [1, 2])
def test_no_session_without_tls_where_one_insists(strict):
    sides = {1: {}, 2: {}}
    sides[strict] = {"can_tls": True, "must_tls": True}
    pair = Pair(one=sides[1], two=sides[2]).open()
    assert not pair.up and "TLS" in pair.closed[strict]


def test_certificate_must_speak_for_the_node():
    tls = {"can_tls": True}
    pair = Pair(one=tls, two=tls)
    pair.names[1] = ("ipn:7.0",)
    pair.open()
    assert 1 not in pair.up and "certificate" in pair.closed[1]


def test_wrong_neighbour_is_named():
    pair = Pair(one={"expects": 9}).open()
    assert 1 not in pair.up and pair.closed[1] == "the peer is ipn:2.0, not ipn:9.0"


def test_octets_before_tls_end_the_session():
    session = Session(Terms(me=1, active=True, can_tls=True))
    session.handle(0.0, Opened())
    actions = session.handle(0.0, Octets(wire.Contact(1).pack() + wire.Init(0, 1, 1, "ipn:2.0").pack()))
    assert not any(isinstance(a, StartTls) for a in actions) and isinstance(actions[-1], Close)


def test_keepalive_keeps_an_idle_session():
    pair = Pair(one={"keepalive_s": 10}, two={"keepalive_s": 30}).open()
    before = len(pair.wire)
    pair.run_until(100.0)
    assert not pair.closed
    assert pair.wire[before:] == b"\x04" * (len(pair.wire) - before) and 18 <= len(pair.wire) - before <= 22


def test_silent_peer_is_given_up_after_two_keepalives():
    session = Session(Terms(me=2, active=False, keepalive_s=30))
    session.handle(0.0, Opened())
    session.handle(5.0, Octets(wire.Contact(0).pack() + wire.Init(10, 1 << 20, 1 << 20, "ipn:1.0").pack()))
    session.handle(6.0, Give((("a", b"x"),)))
    said = [action for t in (16.0, 24.9) for action in session.handle(t, Wake(t)) if not isinstance(action, WakeAt)]
    assert said == [Write(b"\x04")]
    term, close, lost = session.handle(25.0, Wake(25.0))
    assert term == Write(b"\x05\x00\x01") and "nothing for 20 s" in close.why and lost == Lost(("a",))


def test_no_keepalive_where_one_wants_none():
    pair = Pair(one={"keepalive_s": 0}).open()
    before = len(pair.wire)
    pair.run_until(1000.0)
    assert len(pair.wire) == before and not pair.closed


def test_session_that_never_comes_about_is_given_up():
    pair = Pair()
    pair.tell(2, Opened())
    pair.run_until(40.0)
    assert "too long" in pair.closed[2]


def test_end_lets_what_is_under_way_finish():
    pair = Pair(accept=lambda n, bundles: None).open()
    pair.tell(1, Give((("a", b"x"),)))
    pair.settle()
    pair.tell(1, End())
    pair.settle()
    assert not pair.closed
    (held,) = pair.held
    pair.tell(held[0], Accept(held[1]))
    pair.settle()
    assert pair.taken == ["a"] and pair.closed == {1: "", 2: ""}
    pair.tell(1, Give((("b", b"y"),)))
    assert pair.lost == ["b"]


def test_lost_connection_loses_what_was_not_acknowledged():
    pair = Pair(accept=lambda n, bundles: None).open()
    pair.tell(1, Give((("a", b"x"), ("b", b"y"))))
    pair.tell(1, Gone())
    assert pair.lost == ["a", "b"] and pair.sessions[1].state is State.CLOSED


def passive() -> Session:
    session = Session(Terms(me=2, active=False))
    session.handle(0.0, Opened())
    session.handle(0.0, Octets(wire.Contact(0).pack() + wire.Init(0, 1 << 20, 1 << 20, "ipn:1.0").pack()))
    assert session.state is State.UP
    return session


def said(session: Session, *messages) -> list:
    actions = session.handle(1.0, Octets(b"".join(m if isinstance(m, bytes) else m.pack() for m in messages)))
    return [m for a in actions if isinstance(a, Write) for m in _messages(a.data)] + [
        a for a in actions if isinstance(a, Close | Bundles)
    ]


def test_messages_at_the_wrong_time_are_rejected():
    assert said(passive(), wire.Ack(3, 0, 1)) == [wire.Reject(3, 2)]
    assert said(passive(), wire.Refuse(2, 0)) == [wire.Reject(3, 3)]
    assert said(passive(), wire.Segment(1, 0, b"x")) == [wire.Reject(3, 1)]
    assert said(passive(), wire.Init(0, 1, 1, "ipn:1.0")) == [wire.Reject(3, 7)]


def test_unknown_message_is_rejected_and_ends_the_session():
    reject, term, close = said(passive(), b"\x2a")
    assert reject == wire.Reject(1, 0x2A) and isinstance(term, wire.Terminate) and isinstance(close, Close)


def test_unknown_critical_extension_refuses_the_transfer_and_no_other():
    session = passive()
    answers = said(
        session,
        wire.Segment(2, 0, b"x", (wire.Item(1, 99, b""),)),
        wire.Segment(1, 0, b"y"),
        wire.Segment(3, 1, b"z", (wire.Item(0, 99, b""),)),
    )
    assert answers == [wire.Refuse(5, 0), Bundles(0, (b"z",))]


def test_transfer_longer_than_told_is_refused_at_its_first_octet():
    session = passive()
    huge = wire.Item(0, 1, (1 << 40).to_bytes(8, "big"))
    assert said(session, wire.Segment(2, 0, b"x", (huge,))) == [wire.Refuse(2, 0)]


def test_other_version_is_told_so():
    session = Session(Terms(me=2, active=False))
    session.handle(0.0, Opened())
    actions = session.handle(0.0, Octets(b"dtn!\x03\x00"))
    assert b"".join(a.data for a in actions if isinstance(a, Write)) == b"dtn!\x04\x00\x05\x00\x02"
    assert "version 3" in actions[-1].why


@given(st.lists(st.binary(max_size=80), max_size=12), st.booleans())
def test_any_octets_leave_a_session_standing_or_closed(pieces, started):
    session = passive() if started else Session(Terms(me=2, active=False))
    if not started:
        session.handle(0.0, Opened())
    for piece in pieces:
        session.handle(1.0, Octets(piece))
    assert session.state in State
