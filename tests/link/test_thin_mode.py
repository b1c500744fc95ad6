"""Thin mode: telemetry frames end to end, without acknowledgement."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from small_network import EARTH_S, GROUND_S, RELAY_S, T0, contacts, light_time

from farside.errors import BadInput
from farside.link.contact import Contact, ContactPlan
from farside.link.frame import Assembler, Channel, Deframer, Framer, Segmenter
from farside.link.journey import Priority
from farside.link.store import StoreFull
from farside.link.thin import ThinNetwork
from farside.link.timecode import cuc_time

ALL_DAY = [(30, 0.0, 86_400.0)]
FRAME, DATA, RATE = 1115, 1107, 555_000
FRAME_S = 8 * FRAME / RATE
LIGHT_S = RELAY_S + EARTH_S + GROUND_S
REPEATED_S = 8 * FRAME / 2e6 + 8 * FRAME / 1e7


def thin(passes=ALL_DAY, loss=None, seed=1, actual=None, capacity=None, surface=(0.0, math.inf), extra=()):
    plan = ContactPlan([*contacts(passes, surface), *extra])
    dice = np.random.default_rng(seed)
    return ThinNetwork(simpy.Environment(), plan, light_time, T0, loss or {}, dice, actual, capacity)


def listen(network, number, service=None):
    heard = []
    network.agent(number).on_delivery(lambda *delivery: heard.append(delivery), service)
    return heard


def test_a_record_needs_its_frames_and_its_light_time():
    network = thin()
    heard = listen(network, 40)
    network.agent(10).send((40, 1), bytes(50_000))
    network.env.run(until=100)
    ((source, created, payload, delivered),) = heard
    frames = math.ceil((50_000 + 13 * 13) / DATA)  # 13 packets of 4096 octets with 13 of headers
    assert (source, payload) == ((10, 1, ""), bytes(50_000))
    assert created == pytest.approx(0.0, abs=2**-16)
    assert delivered == pytest.approx(frames * FRAME_S + REPEATED_S + LIGHT_S, abs=1e-9)
    assert network.ledger.table()[0]["wire_octets"] == frames * FRAME


def test_the_vehicle_waits_until_the_whole_way_is_open():
    network = thin([(30, 5000.0, 6000.0)], surface=(1000.0, 5500.0))
    network.agent(10).send((40, 1), bytes(300_000))
    network.env.run(until=10_000)
    row = network.ledger.table()[0]
    assert row["first_sent_s"] == pytest.approx(5000.0 - RELAY_S - FRAME_S)
    assert row["intact"]


def test_a_pass_takes_what_fits_and_the_next_one_the_rest():
    network = thin([(30, 0.0, 20.0), (31, 100.0, 200.0)])
    heard = listen(network, 40)
    network.agent(10).send((40, 1), bytes(2_500_000), Priority.BULK)
    network.env.run(until=300)
    row = network.ledger.table()[0]
    assert row["intact"]
    left = 20.0 - 8 * FRAME / 2e6 - RELAY_S - FRAME_S  # latest first bit of a frame
    first = int(left / FRAME_S) + 1
    rest = math.ceil((2_500_000 + 611 * 13 - first * DATA) / DATA)
    start = 100.0 - RELAY_S - FRAME_S
    assert heard[0][3] == pytest.approx(start + rest * FRAME_S + LIGHT_S + REPEATED_S, abs=1e-6)


def test_telemetry_overtakes_pictures():
    network = thin()
    heard = listen(network, 40)
    network.agent(10).send((40, 1), bytes(5_000_000), Priority.BULK)
    network.env.run(until=10)
    network.agent(10).send((40, 2), b"telemetry", Priority.EXPEDITED)
    network.env.run(until=200)
    assert [delivery[2][:9] for delivery in heard] == [b"telemetry", bytes(9)]
    assert heard[0][3] < 10 + 1.0 + LIGHT_S + 0.1


def test_higher_ordinals_leave_first_and_nothing_begun_is_put_off():
    network = thin()
    heard = listen(network, 40)
    for k, ordinal in enumerate((0, 5, 9, 5)):
        network.agent(10).send((40, 1), bytes([k]) * 200_000, ordinal=ordinal)
    network.env.run(until=100)
    assert [delivery[2][0] for delivery in heard] == [0, 2, 1, 3]


def test_a_command_reaches_the_vehicle_at_125_bits_a_second():
    network = thin()
    heard = listen(network, 10)
    network.agent(40).send((10, 3), b"sequence" * 40, Priority.EXPEDITED)
    network.env.run(until=200)
    pace = 8 * 223 / 125
    assert heard[0][3] == pytest.approx(2 * pace + 8 * 223 / 1000 + pace + LIGHT_S, abs=1e-6)


def test_frames_that_meet_a_closed_hop_are_gone_for_ever():
    actual = ContactPlan(contacts([(30, 0.0, 3.0), (30, 6.0, 86_400.0)]))
    network = thin(actual=actual)
    heard = listen(network, 40)
    for k in range(10):
        network.agent(10).send((40, 1), bytes([k]) * 69_000)  # a second each
    network.env.run(until=200)
    rows = network.ledger.table()
    assert [row["intact"] for row in rows] == [True, True, *[False] * 4, *[True] * 4]
    assert len(heard) == 6
    assert rows[4]["received_octets"] == 0
    assert 0 < rows[2]["received_octets"] < 69_000
    assert network.ledger.incomplete == 2
    balance = network.balance()
    assert (balance.lost, balance.delivered, balance.held) == (4 * 69_000, 6 * 69_000, 0)
    assert balance.closes


def test_a_slower_downlink_than_planned_loses_the_excess():
    slow = [c._replace(rate_bps=RATE / 2) if (c.sender, c.receiver) == (20, 30) else c for c in contacts(ALL_DAY)]
    network = thin(actual=ContactPlan(slow))
    for _ in range(100):
        network.agent(10).send((40, 1), bytes(69_000))
    network.env.run(until=1000)
    table = network.ledger.table()
    received = sum(row["received_octets"] for row in table) / 6_900_000
    assert received < 0.25  # every second frame is lost, and a packet needs four or five in a row
    assert not any(row["intact"] for row in table[10:])


def test_two_vehicles_share_the_downlink_that_is_fast_enough_for_both():
    rover = [Contact(11, 20, 0.0, math.inf, 285_000), Contact(20, 11, 0.0, math.inf, 125)]
    network = thin(extra=rover)
    heard = listen(network, 40)
    for _ in range(300):
        network.agent(10).send((40, 1), bytes(69_000))
        network.agent(11).send((40, 1), bytes(35_000))
    network.agent(20).send((40, 2), bytes(500), Priority.EXPEDITED)
    network.env.run(until=1000)
    assert len(heard) == 601


def test_two_vehicles_together_overload_a_slow_downlink():
    rover = [Contact(11, 20, 0.0, math.inf, 285_000), Contact(20, 11, 0.0, math.inf, 125)]
    plan = [c._replace(rate_bps=600_000) if (c.sender, c.receiver) == (20, 30) else c for c in contacts(ALL_DAY)]

    def beside(sender, receiver, t):
        return RELAY_S if 11 in (sender, receiver) else light_time(sender, receiver, t)

    dice = np.random.default_rng(1)
    network = ThinNetwork(simpy.Environment(), ContactPlan([*plan, *rover]), beside, T0, {}, dice)
    for _ in range(100):
        network.agent(10).send((40, 1), bytes(69_000))
        network.agent(11).send((40, 1), bytes(35_000))
    network.env.run(until=1000)
    rows = network.ledger.table()
    for vehicle in ("ipn:10.1", "ipn:11.1"):
        received = [row["received_octets"] / row["octets"] for row in rows if row["source"] == vehicle]
        frame = 600 / 840  # of the frames get through; a packet lies in four or five
        assert np.mean(received[5:90]) == pytest.approx(frame**4.7, abs=0.06)


def test_losses_are_as_many_as_they_should_be():
    chance = 2e-3
    network = thin(loss={(10, 20): chance, (20, 30): chance}, seed=3)
    for _ in range(3000):
        network.agent(10).send((40, 1), bytes(10 * DATA - 3 * 13))  # exactly ten frames
    network.env.run(until=10_000)
    whole = sum(row["intact"] for row in network.ledger.table()) / 3000
    expected = (1 - chance) ** 20
    assert abs(whole - expected) < 4 * math.sqrt(expected * (1 - expected) / 3000)


def test_losses_may_change_with_time():
    network = thin(loss=lambda sender, receiver, t: ((t > 5.0) & (t < 6.0)) * (sender == 20) * 1.0)
    for _ in range(10):
        network.agent(10).send((40, 1), bytes(69_000))
    network.env.run(until=100)
    assert [row["intact"] for row in network.ledger.table()].count(False) == 2


def real(payloads: list[bytes], lost: set[int]) -> tuple[list[bytes], int, int, int]:
    """The same by real packets, frames and code: whole payloads, octets received, incomplete ones, frames sent."""
    channel = Channel(0)
    segmenter, framer, deframer, assembler = Segmenter(), Framer(channel), Deframer(channel), Assembler(secondary=7)
    units = []
    for k, payload in enumerate(payloads):
        units += framer.feed(segmenter.packets(1, payload, cuc_time(T0 + k)))
    units += framer.flush()
    packets = [p for k, unit in enumerate(units) if k not in lost for _, p in deframer.feed(unit)]
    whole = [w.payload for packet in packets if (w := assembler.feed(packet))]
    assembler.feed(segmenter.packets(1, b"", cuc_time(T0 - 1))[0])  # tells that the one before has ended
    return whole, sum(len(packet) - 13 for packet in packets), assembler.incomplete, len(units)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 30_000), min_size=1, max_size=8),
    st.sets(st.integers(0, 120), max_size=25),
    st.integers(0, 99),
)
def test_real_packets_and_frames_give_the_same(sizes, lost, seed):
    dice = np.random.default_rng(seed)
    payloads = [dice.bytes(size) for size in sizes]

    def loss(sender, receiver, t):
        number = np.round((t - (opens - RELAY_S - FRAME_S)) / FRAME_S).astype(int)
        return np.isin(number, list(lost)) * 1.0 if sender == 10 else 0.0

    opens = 10.0  # when all has been handed over, so that there is no idle frame between
    network = thin([(30, opens, 1000.0)], loss)
    heard = listen(network, 40)
    for payload in payloads:
        network.agent(10).send((40, 1), payload)
    network.env.run(until=100)
    rows = network.ledger.table()
    whole, received, incomplete, frames = real(payloads, lost)
    assert [delivery[2] for delivery in heard] == whole
    assert sum(row["received_octets"] for row in rows) == received
    assert network.ledger.incomplete == incomplete
    assert max(row["last_sent_s"] for row in rows) == pytest.approx(opens - RELAY_S + (frames - 1) * FRAME_S)


def test_a_store_is_free_when_all_has_been_sent():
    network = thin(capacity={10: 100_000})
    lander = network.agent(10)
    lander.send((40, 1), bytes(90_000))
    assert lander.space_left == 10_000
    with pytest.raises(StoreFull, match="no room for 20000 octets"):
        lander.send((40, 1), bytes(20_000))
    network.env.run(until=2.0)
    assert lander.space_left == 100_000
    assert network.balance().places == {"10>40": 90_000}


def test_what_expires_before_it_is_sent_leaves_the_store():
    network = thin([(30, 1000.0, 2000.0)], capacity={10: 1000})
    network.agent(10).send((40, 1), bytes(600), lifetime_s=500.0)
    network.agent(10).send((40, 1), bytes(400), name="kept")
    network.env.run(until=600)
    assert network.agent(10).space_left == 600
    network.env.run(until=3000)
    first, second = network.ledger.table()
    assert (first["expired_s"], first["first_sent_s"]) == (500.0, None)
    assert second["intact"]
    assert network.balance().expired == 600


def test_services_hear_only_their_own_and_a_node_hears_itself():
    network = thin()
    one, both = listen(network, 40, 1), listen(network, 40)
    network.agent(10).send((40, 1), b"one")
    network.agent(10).send((40, 2), b"two")
    network.agent(40).send((40, 3), b"three")
    network.env.run(until=100)
    assert [d[2] for d in one] == [b"one"]
    assert sorted(d[2] for d in both) == [b"one", b"three", b"two"]


@pytest.mark.parametrize("destination", [(99, 1), (40, 0)])
def test_a_destination_outside_the_thin_network_is_named(destination):
    with pytest.raises(BadInput, match="a node of the network"):
        thin().agent(10).send(destination, b"")
    with pytest.raises(BadInput, match="node: 99"):
        thin().agent(99)


def test_two_thin_runs_are_the_same_to_the_bit():
    tables = []
    for _ in range(2):
        network = thin(loss={(10, 20): 0.01})
        for k in range(40):
            network.agent(10).send((40, 1 + k % 2), bytes(30_000 + k), Priority(k % 3), name=f"frame {k}")
        network.env.run(until=2000)
        tables.append(json.dumps(network.ledger.table()))
    assert tables[0] == tables[1]


sends = st.tuples(
    st.integers(0, 300),
    st.sampled_from([(10, 40), (10, 40), (40, 10), (20, 40), (40, 40), (10, 30)]),
    st.integers(0, 150_000),
    st.sampled_from(Priority),
    st.sampled_from([3.0, 100.0, 1e6]),
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(sends, max_size=12), st.lists(st.integers(0, 400), min_size=2, max_size=6, unique=True), st.integers(0, 9)
)
def test_the_thin_account_closes_at_every_instant(messages, edges, seed):
    edges = sorted(edges)
    passes = [(30 + k % 2, float(a), float(b)) for k, (a, b) in enumerate(pairwise(edges))]
    network = thin(passes[::2], {(10, 20): 0.01, (20, 30): 0.01}, seed, ContactPlan(contacts(passes[::3])))

    def speak(at, way, octets, priority, lifetime_s):
        yield network.env.timeout(at)
        octets = octets % 400 if way[0] == 40 else octets
        network.agent(way[0]).send((way[1], 1), bytes(octets), priority, lifetime_s)

    for message in messages:
        network.env.process(speak(*message))
    while network.env.peek() < 1000:
        network.env.step()
        assert network.balance().closes
    for row in network.ledger.table():
        assert [row["delivered_s"], row["lost_s"], row["expired_s"]].count(None) >= 2
        assert row["intact"] is not True or row["received_octets"] == row["octets"]
        assert row["intact"] is not False or row["received_octets"] < row["octets"] or not row["octets"]
