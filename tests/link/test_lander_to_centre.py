"""The whole way: lander, relay, station, centre, and back."""

from __future__ import annotations

import json
import math
import random
from itertools import pairwise

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from small_network import EARTH_S, GROUND_S, RELAY_S, T0, contacts, light_time

from farside.errors import BadInput
from farside.link import ContactPlan, Network, Priority, Settings, StoreFull

ONE_DAY = [(30, 0.0, 40_000.0), (31, 40_300.0, 86_400.0)]


def listen(network: Network, number: int) -> list:
    heard: list = []
    network.agent(number).on_delivery(lambda *delivery: heard.append(delivery))
    return heard


def passage(row: dict, node: int) -> dict:
    return next(step for step in row["path"] if step["node"] == node)


def test_a_record_needs_its_bits_and_its_light_time(queqiao):
    network = queqiao(ONE_DAY)
    heard = listen(network, 40)
    network.agent(10).send((40, 1), bytes(50_000))
    network.env.run(until=100)
    ((source, created, payload, delivered),) = heard
    (row,) = [row for row in network.ledger.table() if not row["administrative"]]
    wire = {step["node"]: step["wire_octets"] for step in row["path"] if step["sent"]}
    bits = 8 * (wire[10] / 555_000 + wire[20] / 2e6 + wire[30] / 1e7)
    light = RELAY_S + EARTH_S + GROUND_S
    assert (source, created, payload) == ((10, 1, ""), 0.0, bytes(50_000))
    assert bits + light < delivered < 1.005 * bits + light  # segments have heads of their own
    assert all(50_000 < octets < 50_200 for octets in wire.values())


def test_a_long_record_arrives_whole_and_unchanged(queqiao):
    network = queqiao(ONE_DAY)
    heard = listen(network, 40)
    payload = bytes(range(256)) * 3000
    network.agent(10).send((40, 1), payload)
    network.env.run(until=200)
    assert heard[0][2] == payload
    row = network.ledger.table()[0]
    assert row["intact"] is True
    assert row["acknowledged_s"] > row["delivered_s"]
    assert network.agent(10).space_left == math.inf


def test_everything_waits_for_its_window(queqiao):
    network = queqiao([(30, 5000.0, 6000.0)], surface=(1000.0, 2000.0))
    network.agent(10).send((40, 1), bytes(300_000))
    network.env.run(until=10_000)
    row = network.ledger.table()[0]
    lander, relay = passage(row, 10), passage(row, 20)
    assert lander["first_sent_s"] == 1000.0
    assert relay["last_stored_s"] < 2000.0 + RELAY_S
    assert relay["first_sent_s"] == 5000.0
    assert row["delivered_s"] < 6000.0 + EARTH_S + GROUND_S + 1


def test_what_is_left_of_a_pass_goes_with_the_next(queqiao):
    network = queqiao([(30, 0.0, 20.0), (31, 100.0, 200.0)], surface=(0.0, 1e5))
    network.agent(10).send((40, 1), bytes(2_500_000), Priority.BULK)
    network.env.run(until=300)
    row = network.ledger.table()[0]
    assert row["intact"]
    assert passage(row, 30)["sent"] + passage(row, 31)["sent"] == 2_500_000
    assert passage(row, 20)["last_sent_s"] > 100.0


def test_a_command_goes_to_the_station_that_sees_the_relay_next(queqiao):
    network = queqiao([(30, 0.0, 1000.0), (31, 5000.0, 9000.0)])
    heard = listen(network, 10)
    network.env.run(until=2000)
    network.agent(40).send((10, 3), b"sequence" * 40, Priority.EXPEDITED)
    network.env.run(until=9000)
    assert [step["node"] for step in network.ledger.table()[0]["path"]] == [40, 31, 20, 10]
    octets = passage(network.ledger.table()[0], 20)["wire_octets"]
    least = 5000 + 8 * octets / 1000 + EARTH_S + 8 * octets / 125 + RELAY_S
    assert least < heard[0][3] < least + 8 * 0.3 * octets / 125  # short segments, each with its head


def test_telemetry_overtakes_pictures(queqiao):
    network = queqiao(ONE_DAY)
    heard = listen(network, 40)
    network.agent(10).send((40, 1), bytes(5_000_000), Priority.BULK)
    network.env.run(until=10)
    network.agent(10).send((40, 2), b"telemetry", Priority.EXPEDITED)
    network.env.run(until=200)
    assert [delivery[2][:9] for delivery in heard] == [b"telemetry", bytes(9)]
    assert heard[0][3] < 10 + 1.0 + RELAY_S + EARTH_S + 0.6


def test_services_hear_only_their_own(queqiao):
    network = queqiao(ONE_DAY)
    one, both = [], []
    network.agent(40).on_delivery(lambda *d: one.append(d[2]), service=1)
    network.agent(40).on_delivery(lambda *d: both.append(d[2]))
    network.agent(10).send((40, 1), b"one")
    network.agent(10).send((40, 2), b"two")
    network.env.run(until=100)
    assert (one, sorted(both)) == ([b"one"], [b"one", b"two"])


def test_acknowledgements_take_little_of_the_forward_link(queqiao):
    network = queqiao([(30, 0.0, 86_400.0)])

    def camera():
        for _ in range(2000):
            network.agent(10).send((40, 1), bytes(200), Priority.BULK)
            yield network.env.timeout(10)

    network.env.process(camera())
    network.env.run(until=20_000)
    rows = [row for row in network.ledger.table() if row["administrative"]]
    octets = sum(passage(row, 20)["wire_octets"] for row in rows if row["delivered_s"])
    assert 30 <= len(rows) <= 20_000 / 600 + 1
    assert 8 * octets / 20_000 < 0.02 * 125


def test_a_full_store_pushes_back_until_the_centre_has_the_data(queqiao):
    network = queqiao(ONE_DAY, {10: Settings(capacity=100_000)})
    lander = network.agent(10)
    lander.send((40, 1), bytes(90_000))
    assert lander.space_left == 8_000  # a fiftieth of the store is for what is expedited
    with pytest.raises(StoreFull):
        lander.send((40, 1), bytes(20_000))
    network.env.run(until=60)
    assert lander.space_left == 98_000
    assert sum(not row["administrative"] for row in network.ledger.table()) == 1


def test_a_full_relay_refuses_and_takes_it_later(queqiao):
    network = queqiao([(30, 1000.0, 90_000.0)], {20: Settings(capacity=300_000)})
    for k in range(5):
        network.agent(10).send((40, 1), bytes(140_000 + k))
    network.env.run(until=900)
    assert {type(note).__name__ for _, node, note in network.notes if node == 20} == {"PushedBack"}
    assert network.nodes[20].store.used <= 300_000
    assert (network.balance().held, network.balance().closes) == (700_010, True)
    network.env.run(until=9000)
    assert network.balance().delivered == 700_010
    assert network.ledger.dropped == []


def test_two_runs_are_the_same_to_the_bit(queqiao):
    tables = []
    for _ in range(2):
        network = queqiao(ONE_DAY)
        for k in range(20):
            network.agent(10).send((40, 1 + k % 2), bytes(30_000 + k), Priority(k % 3), name=f"frame {k}")
        network.env.run(until=2000)
        tables.append(json.dumps(network.ledger.table()))
    assert tables[0] == tables[1]


@pytest.mark.parametrize("destination", [(99, 1), (40, 0)])
def test_a_destination_outside_the_network_is_named(queqiao, destination):
    with pytest.raises(BadInput, match="a node of the network"):
        queqiao(ONE_DAY).agent(10).send(destination, b"")
    with pytest.raises(BadInput, match="node: 99"):
        queqiao(ONE_DAY).agent(99)


sends = st.tuples(
    st.integers(0, 300),
    st.sampled_from([(10, 40), (10, 40), (40, 10), (20, 40), (40, 40)]),
    st.integers(0, 150_000),
    st.sampled_from(Priority),
    st.sampled_from([3.0, 100.0, 1e6]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(sends, max_size=12), st.lists(st.integers(0, 400), min_size=2, max_size=6, unique=True))
def test_the_account_closes_at_every_instant(messages, edges):
    edges = sorted(edges)
    passes = [(30 + k % 2, float(a), float(b)) for k, (a, b) in enumerate(pairwise(edges))]
    env = simpy.Environment()
    network = Network(env, ContactPlan(contacts(passes[::2])), light_time, T0, {10: Settings(acknowledge_every_s=30)})

    def speak(at, way, octets, priority, lifetime_s):
        yield env.timeout(at)
        octets = octets % 400 if way[0] == 40 else octets
        network.agent(way[0]).send((way[1], 1), bytes(octets), priority, lifetime_s)

    for message in messages:
        env.process(speak(*message))
    while env.peek() < 1000:
        env.step()
        balance = network.balance()
        assert balance.closes
        assert sum(balance.places.values()) >= balance.held  # on its way it is at both ends until the sender hears
    rows = network.ledger.table()
    assert all(row["intact"] for row in rows if row["delivered_s"] is not None)
    assert all(row["delivered_s"] is None or row["expired_s"] is None for row in rows)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=8), st.integers(0, 99))
def test_all_is_delivered_and_forgotten_when_contacts_suffice(sizes, seed):
    env = simpy.Environment()
    network = Network(env, ContactPlan(contacts([(30, 0.0, 1e5)])), light_time, T0)
    dice = random.Random(seed)
    payloads = [dice.randbytes(size) for size in sizes]
    heard = listen(network, 40)
    for payload in payloads:
        network.agent(10).send((40, 1), payload, Priority(dice.randrange(3)))
    env.run(until=2000)
    assert sorted(delivery[2] for delivery in heard) == sorted(payloads)
    assert list(network.nodes[10].store) == []
    assert network.balance().held == 0
