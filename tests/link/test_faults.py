"""What goes wrong on links and at nodes, and that nothing is lost by it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
import simpy
from small_network import T0, both_ways, contacts, light_time
from trial import (
    CASES,
    CENTRE,
    DOWN,
    EVERYWHERE,
    KEPT_TWICE,
    LANDER,
    RELAY,
    SPAN_S,
    SPELLS,
    STREAMS,
    UP,
    H,
    Trial,
    lines,
    nodes,
    plan,
    trial,
)

from farside.errors import BadInput
from farside.link import FAULTS, ContactPlan, Fault, Network, Priority, Settings, StoreFull, bp_time, draw_faults
from farside.link.fault import check, contacts_as_they_are
from farside.link.line import FRAME_OCTETS, Line
from farside.link.security import Guard, Keys, Kind, Pattern, Rule, derive


@pytest.fixture(scope="module")
def quiet() -> Trial:
    """The same data without faults."""
    return trial()


def sent_more(by: float) -> Callable[[Trial, Trial], bool]:
    return lambda t, quiet: t.line(*DOWN)[0] > by * quiet.line(*DOWN)[0]


def later(by_s: float) -> Callable[[Trial, Trial], bool]:
    return lambda t, quiet: t.latency > quiet.latency + by_s


def doubled(t: Trial, quiet: Trial) -> bool:
    return t.arrived[DOWN] > 1.2 * t.line(*DOWN)[0] and abs(quiet.arrived[DOWN] - quiet.line(*DOWN)[0]) == 0


def off_by(t: Trial) -> float:
    """Largest difference between when the lander's payloads were made and when they say they were."""
    return max(abs(t.created[payload] - at) for payload, at in t.sent.items() if payload.startswith(b"10-"))


EFFECTS: dict[str, Callable[[Trial, Trial], bool]] = {
    "frame-loss": sent_more(1.02),
    "bit-errors": sent_more(1.02),
    "burst-loss": sent_more(1.05),
    "duplicate": doubled,
    "reorder": sent_more(1.05),
    "cut": later(200.0),
    "slow-link": later(200.0),
    "outage": later(200.0),
    "missed-pass": later(200.0),
    "handover": later(50.0),
    "contact-late": later(50.0),
    "contact-short": later(50.0),
    "contact-slow": later(1.0),
    "power-loss": lambda t, quiet: t.deaths >= len([f for f in t.network.faults if f.kind == "power-loss"]) // 2,
    "corrupt-record": lambda t, quiet: t.notes["Dropped"] > 0 and t.notes["Resent"] > 0,
    "store-full": lambda t, quiet: t.notes["PushedBack"] > 10 and later(200.0)(t, quiet),
    "clock-off": lambda t, quiet: off_by(quiet) < 0.0011 and abs(off_by(t) - t.network.faults[0].amount) < 0.0011,
    "clock-absent": lambda t, quiet: any(id_.created_ms == 0 for id_ in t.network.ledger.entries) and off_by(t) < 60.0,
}


def test_without_faults_all_is_delivered_at_once(quiet):
    assert quiet.faultless
    assert quiet.notes == {}
    assert quiet.latency < 20.0
    assert len(quiet.sent) == sum(count for *_, count in STREAMS)


def test_every_kind_of_fault_is_tried():
    assert CASES.keys() == EFFECTS.keys() == FAULTS.keys()


@pytest.mark.parametrize("form", ["alone", "harsh"])
@pytest.mark.parametrize("kind", FAULTS)
def test_nothing_is_lost_changed_or_delivered_twice_under(kind, form, quiet):
    faults = CASES[kind][form == "harsh"]
    tried = trial(faults, days=4.0)
    assert (tried.lost, tried.wrong, tried.twice) == (0, 0, 0)
    assert tried.open == 0, "the account does not close"
    assert tried.left == 0, "a store never empties"
    assert len(tried.sent) == len(quiet.sent)
    assert EFFECTS[kind](tried, quiet), "the fault did nothing"


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_in_a_mixture_of_faults(seed):
    faults = draw_faults(np.random.default_rng(seed), plan(1.0), SPAN_S, 4 + seed % 8)
    tried = trial(faults, seed, days=10.0)
    assert tried.faultless, (tried.lost, tried.wrong, tried.twice, tried.open, tried.left, faults)


def test_the_account_closes_at_every_instant_of_a_mixture():
    """Looked at after each event of two hours, with deaths, full stores, damage and a source that evicts."""
    faults = [
        *lines("frame-loss", 0.05, DOWN, UP, (20, 30)),
        *[Fault("power-loss", (number,), t, t + 60.0) for t, number in SPELLS],
        Fault("store-full", (RELAY,), 1000.0, 2500.0),
        *[Fault("corrupt-record", (RELAY,), 500.0 * k, 500.0 * k + 1, 5.0) for k in range(1, 20)],
    ]
    env = simpy.Environment()
    settings = {**KEPT_TWICE, LANDER: Settings(capacity=1e6, evict=True, copies=2), RELAY: Settings(capacity=5e5)}
    network = Network(env, plan(1.0), light_time, T0, settings, faults=faults, seed=3)
    dice = np.random.default_rng(0)

    def speak():
        for k in range(150):
            with suppress(StoreFull):
                network.agent(LANDER).send((CENTRE, 1), dice.bytes(int(dice.integers(60_000))), Priority(k % 3), 3000.0)
            yield env.timeout(40.0)

    env.process(speak())
    instants = 0
    while env.peek() < 3 * H:
        env.step()
        balance, instants = network.balance(), instants + 1
        assert balance.closes, (env.now, balance)
    assert instants > 2000
    assert min(balance.delivered, balance.evicted) > 0
    told = {type(note).__name__ for _, _, note in network.notes}
    assert {"Dropped", "Resent", "Evicted", "PushedBack"} <= told


# Power -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_power_lost_at_random_points_loses_nothing(seed):
    dice = np.random.default_rng((seed, 99))
    times = np.sort(dice.uniform(0.0, SPAN_S - 1000.0, 8))
    faults = [Fault("power-loss", (int(dice.choice(EVERYWHERE)),), t, t + 900.0) for t in times]
    tried = trial(faults, seed)
    assert tried.faultless
    assert tried.deaths >= 5  # one that has nothing to write does not die in the middle of it


def test_what_lasts_goes_on_after_a_restart():
    env = simpy.Environment()
    faults = [
        Fault("clock-off", (LANDER,), 0.0, 2000.0, 7.0),
        Fault("store-full", (RELAY,), 0.0, 2000.0),
        *nodes("power-loss", 0.0, LANDER, RELAY, start=100.0, stop=200.0),
    ]
    network = Network(env, plan(1.0), light_time, T0, faults=faults)
    env.run(until=50.0)
    first = dict(network.nodes)
    network.agent(LANDER).send((CENTRE, 1), bytes(5000))
    env.run(until=150.0)
    assert LANDER not in network.nodes
    env.run(until=300.0)
    assert network.nodes[LANDER] is not first[LANDER]
    assert network.nodes[LANDER].clock.error_s == 7.0
    env.run(until=2500.0)
    assert network.nodes[LANDER].clock.error_s == 0.0
    assert math.isinf(network.nodes[RELAY].store.capacity)


@pytest.mark.parametrize("seed", range(3))
def test_signed_commands_survive_losses_of_power_and_are_carried_out_once(seed):
    dice = np.random.default_rng((seed, 5))
    faults = [
        Fault("power-loss", (int(dice.choice((LANDER, RELAY, 30, CENTRE))),), t, t + 300.0)
        for t in dice.uniform(0.0, 3 * H, 16)
    ]
    epoch_ms = bp_time(T0)
    key = derive(1, Kind.HMAC, Pattern(CENTRE), Pattern(LANDER), epoch_ms - 1, epoch_ms + 10**9)
    guards = {n: Guard((Rule(Pattern(), Pattern(LANDER, 3)),), Keys([key]), epoch_ms) for n in (LANDER, CENTRE)}
    env, heard = simpy.Environment(), []
    network = Network(env, plan(1.0), light_time, T0, KEPT_TWICE, guards, faults=faults, seed=seed)
    network.agent(LANDER).on_delivery(lambda source, _c, payload, _t: heard.append((source.node, payload)))
    orders = [b"order %d" % k for k in range(30)]

    def operators():
        for order in orders:
            while True:
                with suppress(StoreFull):  # the centre is dead just now
                    network.agent(CENTRE).send((LANDER, 3), order, Priority.EXPEDITED)
                    break
                yield env.timeout(60.0)
            yield env.timeout(300.0)

    def stranger():
        yield env.timeout(2 * H)
        network.agent(31).send((LANDER, 3), b"open the hatch", Priority.EXPEDITED)

    env.process(operators())
    env.process(stranger())
    env.run(until=12 * H)
    assert sorted(heard) == sorted((CENTRE, order) for order in orders)
    whys = {note.why for _, number, note in network.notes if type(note).__name__ == "Rejected" and number == LANDER}
    assert whys <= {"no key", "unsigned", "came before"}
    assert whys & {"no key", "unsigned"}
    assert network.balance().closes
    assert network.balance().rejected == len(b"open the hatch")
    assert all(node.store.used == 0 for node in network.nodes.values())


# Full stores -------------------------------------------------------------------------------------------------------


def test_a_full_store_pushes_back_instead_of_dropping():
    """The relay cannot reach Earth for five hours and has room for 2 MB; the lander has room for 3 MB."""
    settings = {LANDER: Settings(capacity=3e6, copies=2), RELAY: Settings(capacity=2e6)}
    tried = trial(nodes("missed-pass", 0.0, RELAY, start=1.0, stop=5 * H), settings=settings)
    assert tried.faultless
    assert tried.notes["PushedBack"] > 10
    assert tried.turned_away > 10
    assert tried.most_used[RELAY] <= 2e6
    assert tried.most_used[LANDER] <= 3e6
    whys = {note.why for _, _, note in tried.network.notes if type(note).__name__ == "Dropped"}
    assert whys <= {"a copy of one that is here"}


def test_a_relay_that_may_evict_does_so_and_still_nothing_is_lost():
    faults = nodes("missed-pass", 0.0, RELAY, start=1.0, stop=5 * H)
    tried = trial(faults, settings={RELAY: Settings(capacity=1e6, evict=True)}, days=6.0)
    assert tried.notes["Evicted"] > 0
    assert not any(note.final for _, _, note in tried.network.notes if type(note).__name__ == "Evicted")
    assert tried.faultless


def test_what_a_source_evicts_is_missing_and_accounted_for():
    env = simpy.Environment()
    settings = {LANDER: Settings(capacity=100_000, reserve=0.0, evict=True)}
    passes = contacts([(30, 0.0, 9000.0)], surface=(1000.0, 9000.0))
    network = Network(env, ContactPlan(passes), light_time, T0, settings)
    bulk = [network.agent(LANDER).send((CENTRE, 1), bytes(30_000 + k), Priority.BULK) for k in range(3)]
    network.agent(LANDER).send((CENTRE, 1), bytes(50_000), Priority.EXPEDITED)
    balance = network.balance()
    assert (balance.evicted, balance.held, balance.closes) == (60_001, 80_002, True)
    env.run(until=9000.0)
    balance = network.balance()
    assert (balance.delivered, balance.evicted, balance.held, balance.closes) == (80_002, 60_001, 0, True)
    gone = [entry.id for entry in network.ledger.entries.values() if entry.evicted_s is not None]
    assert gone == bulk[:2]
    assert all(node.store.used == 0 for node in network.nodes.values())


def test_a_copy_that_arrives_after_its_source_has_evicted_it_counts_once():
    env = simpy.Environment()
    settings = {LANDER: Settings(capacity=100_000, reserve=0.0, evict=True)}
    network = Network(env, ContactPlan(contacts([(30, 5000.0, 9000.0)])), light_time, T0, settings)
    network.agent(LANDER).send((CENTRE, 1), bytes(90_000), Priority.BULK)
    env.run(until=100.0)
    assert network.nodes[RELAY].store.used == 90_000
    network.agent(LANDER).send((CENTRE, 1), bytes(50_000), Priority.EXPEDITED)
    assert network.balance().evicted == 90_000
    assert network.balance().closes
    env.run(until=9000.0)
    balance = network.balance()
    assert (balance.delivered, balance.evicted, balance.closes) == (140_000, 0, True)


# The same again ----------------------------------------------------------------------------------------------------


def test_chance_follows_from_the_seed():
    faults = draw_faults(np.random.default_rng(5), plan(1.0), SPAN_S, 8) + lines("frame-loss", 0.05, DOWN)
    first, again, other = trial(faults, 1), trial(faults, 1), trial(faults, 2)
    assert first.digest == again.digest != other.digest
    tables = [json.dumps(one.network.ledger.table()) for one in (first, again)]
    assert tables[0] == tables[1]


def test_drawn_faults_are_ones_that_the_network_can_have():
    kinds = set()
    for seed in range(60):
        faults = draw_faults(np.random.default_rng(seed), plan(1.0), SPAN_S, 10)
        check(faults, plan(1.0))
        assert faults == draw_faults(np.random.default_rng(seed), plan(1.0), SPAN_S, 10)
        kinds |= {fault.kind for fault in faults}
    assert kinds == FAULTS.keys()


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault("gremlins", (10,), 0.0, 1.0), "gremlins"),
        (Fault("cut", (10,), 0.0, 1.0), "a link"),
        (Fault("cut", (10, 40), 0.0, 1.0), "two nodes that the contact plan joins"),
        (Fault("outage", (99,), 0.0, 1.0), "a node of 10"),
        (Fault("cut", (10, 20), 5.0, 5.0), "an end after its start"),
        (Fault("frame-loss", (10, 20), 0.0, 1.0, 0.9), "from 0 to 0.5"),
        (Fault("frame-loss", (10, 20), 0.0, 1.0, math.nan), "from 0 to 0.5"),
    ],
)
def test_a_fault_that_cannot_be_is_named(fault, why):
    with pytest.raises(BadInput) as caught:
        check([fault], plan(1.0))
    assert why in str(caught.value)


# What faults do to contacts ----------------------------------------------------------------------------------------

PASSES = ContactPlan(both_ways(1, 2, 0.0, 100.0, 8.0, 4.0) + both_ways(1, 2, 200.0, 300.0, 8.0, 4.0))


@pytest.mark.parametrize(
    ("fault", "forth", "back"),
    [
        (Fault("cut", (1, 2), 50, 250), [(0, 50, 8), (250, 300, 8)], [(0, 50, 4), (250, 300, 4)]),
        (Fault("cut", (2, 1), 20, 30), [(0, 20, 8), (30, 100, 8), (200, 300, 8)], None),
        (Fault("outage", (2,), 0, 210), [(210, 300, 8)], [(210, 300, 4)]),
        (Fault("missed-pass", (1,), 150, 220), [(0, 100, 8)], [(0, 100, 4)]),
        (Fault("handover", (1,), 150, 220, 30), [(0, 100, 8), (230, 300, 8)], [(0, 100, 4), (230, 300, 4)]),
        (Fault("contact-late", (1, 2), 0, 10, 30), [(30, 100, 8), (200, 300, 8)], None),
        (Fault("contact-short", (1, 2), 0, 10, 30), [(0, 70, 8), (200, 300, 8)], [(0, 70, 4), (200, 300, 4)]),
        (Fault("contact-slow", (1, 2), 250, 260, 0.5), [(0, 100, 8), (200, 300, 4)], [(0, 100, 4), (200, 300, 2)]),
        (Fault("slow-link", (1, 2), 50, 220, 2), [(0, 50, 8), (50, 100, 2), (200, 220, 2), (220, 300, 8)], "whole"),
        (Fault("slow-link", (1, 2), 0, 1000, 6), [(0, 100, 6), (200, 300, 6)], "whole"),
        (Fault("contact-late", (1, 2), 0, 10, 100), [(200, 300, 8)], [(200, 300, 4)]),
    ],
)
def test_contacts_become_what_the_fault_leaves_of_them(fault, forth, back):
    actual = [contact for _, contact in contacts_as_they_are(PASSES, [fault])]
    found = {pair: [(c.start, c.end, c.rate_bps) for c in actual if (c.sender, c.receiver) == pair] for pair in
             ((1, 2), (2, 1))}  # fmt: skip
    assert found[1, 2] == forth
    if back == "whole":
        assert found[2, 1] == [(0, 100, 4), (200, 300, 4)]
    elif back is not None:
        assert found[2, 1] == back
    assert all(planned in list(PASSES) for planned, _ in contacts_as_they_are(PASSES, [fault]))


# What faults do to segments ----------------------------------------------------------------------------------------


class OneLine:
    """A line by itself: bursts of segments go in, and come out with a time."""

    def __init__(self, kind: str, amount: float, frame_loss: float = 0.0) -> None:
        self.out: list[tuple[float, bytes]] = []
        self.due: list[tuple[float, int, Callable[[], object]]] = []
        self.now = 0.0
        faults = [Fault(kind, (1, 2), 0.0, 1e9, amount)] if kind else []
        self.line = Line(
            (1, 2), faults, lambda t: frame_loss, np.random.default_rng(4), lambda t: 0.25,
            lambda t, do: self.due.append((t, len(self.due), do)),
            lambda segments: self.out.extend((self.now, segment) for segment in segments), lambda: None,
        )  # fmt: skip
        self.line.up(0.0, 8e6)

    def send(self, segments: list[bytes], per_burst: int = 100) -> list[tuple[float, bytes]]:
        for k in range(0, len(segments), per_burst):
            self.line.give(self.now, [], segments[k : k + per_burst])
            self.run(until=self.now + 1.0)
        self.run(until=math.inf)
        return self.out

    def run(self, until: float) -> None:
        while self.due and min(self.due)[0] <= until:
            entry = min(self.due)
            self.due.remove(entry)
            self.now = entry[0]
            entry[2]()
        self.now = max(self.now, until) if math.isfinite(until) else self.now


def numbered(count: int, octets: int) -> list[bytes]:
    return [k.to_bytes(4, "big") * (octets // 4) for k in range(count)]


def test_without_a_fault_all_arrives_in_order_when_its_last_bit_has_come():
    given = numbered(300, 1000)
    out = OneLine("", 0.0).send(given)
    assert [segment for _, segment in out] == given
    assert out[0][0] == pytest.approx(0.1 + 0.25)  # 100 segments of 1 ms, and light


@pytest.mark.parametrize("frames", [1, 3])
def test_a_segment_is_lost_with_any_of_its_frames(frames):
    out = OneLine("frame-loss", 0.1, frame_loss=0.05).send(numbered(10_000, frames * FRAME_OCTETS - 1))
    share = (0.9 * 0.95) ** frames
    assert len(out) == pytest.approx(10_000 * share, abs=5 * math.sqrt(10_000 * share * (1 - share)))


def test_turned_bits_lose_segments_and_change_none():
    given = numbered(10_000, 500)
    out = OneLine("bit-errors", 1e-4).send(given)
    share = (1 - 1e-4) ** 4000
    assert len(out) == pytest.approx(10_000 * share, abs=5 * math.sqrt(10_000 * share * (1 - share)))
    assert {segment for _, segment in out} <= set(given)


def test_bursts_of_noise_last_their_share_of_the_time():
    """A segment each tenth of a second for three hours; bursts and gaps are exponential, of 1 s and 3 s."""
    one = OneLine("burst-loss", 0.25)
    for k in range(108_000):
        one.line.give(0.1 * k, [], [b"%06d" % k])
        one.run(until=0.1 * k + 0.0999)
    came = {int(segment) for _, segment in one.out}
    lost = np.array([k not in came for k in range(108_000)])
    bursts = np.flatnonzero(np.diff(lost.astype(int)) == 1).size
    assert lost.mean() == pytest.approx(0.25, abs=0.03)
    assert 0.1 * lost.sum() / bursts == pytest.approx(1.0, abs=0.15)


def test_some_segments_come_twice():
    given = numbered(10_000, 100)
    out = [segment for _, segment in OneLine("duplicate", 0.2).send(given)]
    assert set(out) == set(given)
    assert len(out) == pytest.approx(12_000, abs=5 * math.sqrt(10_000 * 0.2 * 0.8))


def test_each_segment_is_late_by_a_time_of_its_own():
    given = numbered(1000, 100)
    out = OneLine("reorder", 30.0).send(given, per_burst=1000)
    late = np.array([t - out[0][0] for t, _ in out])
    assert sorted(segment for _, segment in out) == sorted(given)
    assert [segment for _, segment in out] != given
    assert late.max() == pytest.approx(30.0, abs=0.5)
    assert late.mean() == pytest.approx(15.0, abs=1.5)


# The slow way back -------------------------------------------------------------------------------------------------


def test_many_small_payloads_do_not_drown_the_way_back():
    """A payload a second, each a block of its own if it could: reports have a quarter of 125 bit/s."""
    env, seconds, late = simpy.Environment(), 1800, []
    network = Network(env, plan(1.0), light_time, T0)
    network.agent(CENTRE).on_delivery(lambda _s, created, _p, t: late.append(t - created))

    def housekeeping():
        for _ in range(seconds):
            network.agent(LANDER).send((CENTRE, 1), bytes(500), Priority.EXPEDITED)
            yield env.timeout(1.0)

    env.process(housekeeping())
    env.run(until=seconds)
    assert len(late) > seconds - 40
    assert max(late) < 40.0
    assert network.hop(*UP).line(RELAY).octets * 8 / seconds < 0.3 * 125  # acknowledgements of deliveries, too
    assert network.hop(*UP).line(LANDER).octets < 3.5 * 500 * seconds
