"""LTP between two engines: whatever the link does, every block arrives and is known to have arrived."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ltp_channel import Channel

from farside.link.ltp import (
    Accept,
    Engine,
    LinkUp,
    Malformed,
    Segments,
    Send,
    SendBlock,
    Sent,
    Taken,
    Wake,
    WakeAt,
    segment_size,
    unpack,
)
from farside.link.ltp.segment import Report


def block(number: int, octets: int) -> bytes:
    return random.Random(number).randbytes(octets)


def test_block_arrives_whole_and_is_taken():
    channel = Channel()
    channel.link_up()
    data = block(1, 1_000_000)
    channel.send(1, ("a", data[:600_000]), ("b", data[600_000:]))
    channel.run()
    assert channel.kept[2] == [data]
    assert channel.taken == ["a", "b"] and not channel.lost
    assert channel.ready == {1: 1, 2: 0}
    assert channel.engines[1].waiting == 0


def test_report_of_a_whole_megabyte_is_short():
    channel = Channel()
    channel.link_up()
    channel.send(1, ("a", block(1, 1_000_000)))
    channel.run()
    assert channel.octets[2][0] <= 25


def test_segment_never_holds_a_slow_link_long():
    for bps in (125, 1000, 1400, 50e3, 555e3, 2e6):
        assert 8 * segment_size(bps) / bps < 7
    assert segment_size(555e3) == 8192


def test_data_given_at_once_is_a_second_of_link_time():
    engine = Engine(1, 2)
    engine.handle(0.0, LinkUp(555e3, 125.0, 0.2))
    (send,) = [a for a in engine.handle(0.0, SendBlock((("a", bytes(1_000_000)),))) if isinstance(a, Send)]
    assert 0.8 < 8 * sum(map(len, send.data)) / 555e3 <= 1.0


def test_nothing_is_begun_that_the_contact_would_cut():
    engine = Engine(1, 2)
    engine.handle(0.0, LinkUp(555e3, 125.0, 0.2, until=0.5))
    (send,) = [a for a in engine.handle(0.0, SendBlock((("a", bytes(1_000_000)),))) if isinstance(a, Send)]
    assert 0.3 < 8 * sum(map(len, send.data)) / 555e3 <= 0.5


def test_lost_segments_are_sent_again_and_no_others():
    lost = iter([3, 50, 51])
    state = {"next": next(lost), "k": -1}

    def fate(now, sender, segment):
        if sender == 1 and segment[0] == 0:
            state["k"] += 1
            if state["k"] == state["next"]:
                state["next"] = next(lost, None)
                return []
        return [0.0]

    channel = Channel(fate=fate)
    channel.link_up()
    data = block(2, 1_000_000)
    channel.send(1, ("a", data))
    channel.run()
    assert channel.kept[2] == [data] and channel.taken == ["a"]
    assert channel.engines[1].counts.refilled_octets == 3 * 8192


@given(
    seed=st.integers(0, 2**32),
    loss=st.sampled_from([0.0, 0.02, 0.1, 0.3]),
    copies=st.sampled_from([0.0, 0.1, 0.5]),
    disorder=st.sampled_from([0.0, 0.01, 3.0]),
    bps=st.sampled_from([(555e3, 125.0), (125.0, 555e3), (2e6, 1000.0), (1e6, 1e6)]),
    sizes=st.lists(st.integers(1, 60_000), min_size=1, max_size=8),
)
@settings(max_examples=120, deadline=None)
def test_every_block_arrives_once_over_any_link(seed, loss, copies, disorder, bps, sizes):
    rng = random.Random(seed)

    def fate(now, sender, segment):
        n = 0 if rng.random() < loss else 1 + (rng.random() < copies)
        return [rng.random() * disorder for _ in range(n)]

    channel = Channel(bps=bps, fate=fate)
    channel.link_up()
    blocks = [block(k, max(1, min(n, int(bps[0] / 8 * 30)))) for k, n in enumerate(sizes)]
    for k, data in enumerate(blocks):
        channel.send(1, (k, data))
        channel.send(2, (~k, data[:500]))
    channel.run()
    for at, expected in ((2, blocks), (1, [data[:500] for data in blocks])):
        assert len(channel.kept[at]) == len(set(channel.kept[at])) or len(set(expected)) < len(expected)
        tokens = [k if at == 2 else ~k for k in range(len(blocks))]
        for token, data in zip(tokens, expected, strict=True):
            assert (token in channel.taken) != (token in channel.lost)
            if token in channel.taken:
                assert data in channel.kept[at]
    assert len(channel.taken) + len(channel.lost) == 2 * len(blocks)
    if loss <= 0.1:
        assert not channel.lost
        assert sorted(channel.kept[2]) == sorted(blocks)
    assert channel.engines[1].waiting == channel.engines[2].waiting == 0


@given(seed=st.integers(0, 2**32), outages=st.lists(st.tuples(st.floats(0.1, 9), st.floats(0.1, 4000)), max_size=5))
@settings(max_examples=60, deadline=None)
def test_outages_cost_no_block_and_nothing_is_sent_in_them(seed, outages):
    rng = random.Random(seed)
    channel = Channel(fate=lambda now, sender, segment: [0.0] if rng.random() > 0.02 else [])
    blocks = [block(k, 300_000) for k in range(3)]
    channel.link_up()
    for k, data in enumerate(blocks):
        channel.send(1, (k, data))
    t = 0.0
    for before, gap in outages:
        channel.at(t + before, channel.link_down)
        channel.at(t + before + gap, channel.link_up)
        t += before + gap
    channel.run()
    assert sorted(channel.kept[2]) == sorted(blocks)
    assert sorted(channel.taken) == [0, 1, 2] and not channel.lost


def test_session_goes_on_after_an_outage_where_it_stopped():
    channel = Channel()
    channel.link_up()
    data = block(3, 1_000_000)
    channel.send(1, ("a", data))
    channel.at(7.0, channel.link_down)
    channel.at(7.0 + 48 * 3600, channel.link_up)
    channel.run()
    assert channel.kept[2] == [data] and channel.taken == ["a"]
    assert channel.octets[1][1] < 1_000_000 + 75_000  # one burst twice, and headers
    assert channel.engines[1].counts.asked_again == 0


@given(
    seed=st.integers(0, 2**32),
    who=st.sampled_from([1, 2]),
    t=st.floats(0.01, 12.0),
    loss=st.sampled_from([0.0, 0.05]),
    disorder=st.sampled_from([0.0, 2.0]),
)
@settings(max_examples=120, deadline=None)
def test_power_loss_on_one_side_neither_loses_nor_doubles(seed, who, t, loss, disorder):
    rng = random.Random(seed)
    channel = Channel(
        bps=(555e3, 2000.0),
        fate=lambda now, sender, segment: [rng.random() * disorder] if rng.random() > loss else [],
    )
    channel.link_up()
    blocks = {k: block(k, 200_000) for k in range(3)}
    for k, data in blocks.items():
        channel.send(1, (k, data))

    def power_loss():
        channel.restart(who)
        if who == 1:  # the node above sends again what it does not know to be taken
            for k, data in blocks.items():
                if k not in channel.taken:
                    channel.send(1, (k, data + b"again"))

    channel.at(t, power_loss)
    channel.run()
    assert sorted(channel.taken) == [0, 1, 2]
    for k, data in blocks.items():
        assert channel.kept[2].count(data) <= 1 and channel.kept[2].count(data + b"again") <= 1
        assert data in channel.kept[2] or data + b"again" in channel.kept[2], k
    assert not channel.engines[2]._incoming
    if who == 2:
        assert sorted(channel.kept[2]) == sorted(blocks.values())


def test_refused_block_is_lost_for_the_sender_and_can_come_again():
    answers = iter([False, True])
    channel = Channel(accept=lambda n, data: next(answers))
    channel.link_up()
    data = block(4, 50_000)
    channel.send(1, ("a", data))
    channel.run()
    assert channel.lost == ["a"] and not channel.taken and not channel.kept[2]
    channel.send(1, ("a", data))
    channel.run()
    assert channel.taken == ["a"] and channel.kept[2] == [data]


@given(seed=st.integers(0, 2**32), loss=st.sampled_from([0.0, 0.1]), slow=st.sampled_from([0.05, 3.0, 20.0]))
@settings(max_examples=60, deadline=None)
def test_slow_or_refused_acceptance_neither_doubles_nor_loses(seed, loss, slow):
    rng = random.Random(seed)
    channel = Channel(
        bps=(1e6, 2000.0),
        fate=lambda now, sender, segment: [0.0] if rng.random() > loss else [],
        accept=lambda n, data: rng.random() < 0.7,
    )
    channel.accept_s = lambda: rng.random() * slow
    channel.link_up()
    blocks = {k: block(k, 100_000) for k in range(4)}
    for k, data in blocks.items():
        channel.send(1, (k, data))
    channel.run()
    assert channel.handed_up == 4
    assert sorted(channel.taken + channel.lost) == list(blocks)
    assert {blocks[k] for k in channel.taken} <= set(channel.kept[2])
    if slow < 10.0:  # else the sender may rightly have given up a block that was kept late
        assert sorted(blocks[k] for k in channel.taken) == sorted(channel.kept[2])


def test_completing_report_waits_for_accept():
    engine = Engine(2, 1)
    engine.handle(0.0, LinkUp(1e6, 1e6, 0.2))
    sender = Engine(1, 2)
    sender.handle(0.0, LinkUp(1e6, 1e6, 0.2))
    (send,) = [a for a in sender.handle(0.0, SendBlock((("a", b"x" * 100),))) if isinstance(a, Send)]
    held = engine.handle(1.0, Segments(send.data))
    assert [type(a).__name__ for a in held] == ["Arrived"]
    again = engine.handle(1.5, Segments(send.data))  # the sender asks again: neither a second block nor an answer
    assert again == []
    (answer, _) = engine.handle(2.0, Accept(held[0].ticket))
    assert unpack(answer.control[0]).claims == [(0, 100)]


def test_silent_peer_is_given_up_in_the_end():
    channel = Channel(fate=lambda now, sender, segment: [])
    channel.link_up()
    channel.send(1, ("a", block(5, 20_000)))
    channel.run()
    assert channel.lost == ["a"]
    assert channel.engines[1].counts.asked_again == 5


def test_lost_report_does_not_hang_the_sender():
    """ION issue 14: of several reports about one checkpoint one is lost, and the sender waits for ever."""
    sender = Engine(1, 2)
    sender.handle(0.0, LinkUp(1e6, 1e6, 0.1))
    (send,) = [a for a in sender.handle(0.0, SendBlock((("a", bytes(30_000)),))) if isinstance(a, Send)]
    first = unpack(send.data[-1])
    (wake,) = [a.t for a in sender.handle(0.3, Sent()) if isinstance(a, WakeAt)]
    half = Report(first.session, 9, first.checkpoint, 15_000, 0, [(0, 15_000)])  # the other half's report is lost
    sender.handle(1.0, Segments((half.pack(),)))
    sends = []
    while not sends:
        actions = sender.handle(wake, Wake(wake))
        sends = [a for a in actions if isinstance(a, Send)]
        wake = min([a.t for a in actions if isinstance(a, WakeAt)], default=wake)
    (again,) = map(unpack, sends[0].data)
    assert again.checkpoint == first.checkpoint + 1 and again.report == 0 and again.offset + len(again.data) == 30_000
    rest = Report(first.session, 10, again.checkpoint, 30_000, 0, [(0, 30_000)])
    assert Taken(("a",)) in sender.handle(wake + 1, Segments((rest.pack(),)))


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_garbage_is_counted_and_harms_nothing(garbage):
    engine = Engine(1, 2)
    engine.handle(0.0, LinkUp(1e6, 1e6, 0.1))
    engine.handle(0.1, Segments(tuple(garbage)))
    peer = Engine(2, 1)
    peer.handle(0.0, LinkUp(1e6, 1e6, 0.1))
    (send,) = [a for a in peer.handle(0.2, SendBlock((("a", b"whole"),))) if isinstance(a, Send)]
    assert any(type(a).__name__ == "Arrived" for a in engine.handle(0.3, Segments(send.data)))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_damaged_real_segments_harm_nothing(seed):
    """Octets changed at random in the segments of real sessions: no error, no endless timer."""
    rng = random.Random(seed)

    def fate(now, sender, segment):
        return [0.0] if rng.random() > 0.05 else []

    channel = Channel(bps=(1e6, 1e6), fate=fate)
    plain = channel._arrive

    def arrive(n, leaves, delay, segment):
        if rng.random() < 0.1:
            broken = bytearray(segment)
            broken[rng.randrange(min(len(broken), 16))] = rng.randrange(256)
            segment = bytes(broken)
        plain(n, leaves, delay, segment)

    channel._arrive = arrive
    channel.link_up()
    for k in range(3):
        channel.send(1, (k, block(k, 40_000)))
    channel.run()
    assert len(channel.taken) + len(channel.lost) == 3


def test_reports_keep_to_a_quarter_of_the_link():
    """Blocks far too small for the way back: what is owed waits, and comes in the end."""
    channel = Channel(bps=(555e3, 125.0))
    channel.link_up()
    for k in range(40):
        channel.send(1, (k, block(k, 8_000)))
    channel.run(until=60.0)
    assert 8 * channel.octets[2][0] <= 0.25 * 125 * 60 + 8 * 160
    channel.run()
    assert len(channel.kept[2]) == 40
    assert sorted(channel.taken + channel.lost) == list(range(40))


def test_malformed_memory_is_refused():
    with pytest.raises(Malformed):
        Engine(1, 2, b"\x81")
