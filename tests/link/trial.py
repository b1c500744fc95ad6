"""A trial: data both ways through a network with faults, and what became of every octet of them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import simpy
from small_network import T0, both_ways, light_time

from farside.link import BundleId, ContactPlan, Fault, Network, Priority, Settings, StoreFull
from farside.link.events import Deliver
from farside.link.line import Loss

SPAN_S = 6 * 3600.0
"""Data are made for so long; this is when faults are drawn."""
LANDER, ROVER, RELAY, STATIONS, CENTRE = 10, 11, 20, (30, 31), 40
KEPT_TWICE = {number: Settings(copies=2) for number in (LANDER, ROVER, CENTRE)}
PASS_S, HANDOVER_S = 3600.0, 300.0
EVERYWHERE = (LANDER, ROVER, RELAY, *STATIONS, CENTRE)
H = 3600.0
DOWN, UP = (LANDER, RELAY), (RELAY, LANDER)


def lines(kind: str, amount: float, *ends: tuple[int, int], stop: float = SPAN_S) -> list[Fault]:
    return [Fault(kind, pair, 0.0, stop, amount) for pair in ends]


def nodes(kind: str, amount: float, *numbers: int, start: float = 0.0, stop: float = SPAN_S) -> list[Fault]:
    return [Fault(kind, (number,), start, stop, amount) for number in numbers]


SPELLS = [(H * k + 900.0 * j, number) for k in range(6) for j, number in enumerate((LANDER, RELAY, 30, CENTRE))]
CASES: dict[str, tuple[list[Fault], list[Fault]]] = {
    "frame-loss": (lines("frame-loss", 0.01, DOWN), lines("frame-loss", 0.4, DOWN, UP, (20, 30), (30, 20))),
    "bit-errors": (lines("bit-errors", 1e-6, DOWN), lines("bit-errors", 2e-5, DOWN) + lines("bit-errors", 1e-3, UP)),
    "burst-loss": (lines("burst-loss", 0.1, DOWN), lines("burst-loss", 0.8, DOWN, UP)),
    "duplicate": (lines("duplicate", 0.3, DOWN), lines("duplicate", 1.0, DOWN, UP, (20, 30), (30, 20), (30, 40))),
    "reorder": (lines("reorder", 5.0, DOWN), lines("reorder", 600.0, DOWN, UP)),
    "cut": (
        [Fault("cut", DOWN, H, 2 * H)],
        [Fault("cut", DOWN, 600.0 * k, 600.0 * k + 590.0) for k in range(36)],  # ten seconds in ten minutes
    ),
    "slow-link": ([Fault("slow-link", DOWN, H, 3 * H, 1e3)], lines("slow-link", 125.0, DOWN, UP)),
    "outage": (nodes("outage", 0.0, RELAY, start=H, stop=2 * H), nodes("outage", 0.0, RELAY, start=H, stop=49 * H)),
    "missed-pass": (
        nodes("missed-pass", 0.0, 30, start=H / 2, stop=3 * H),
        nodes("missed-pass", 0.0, RELAY, start=H / 2),
    ),
    "handover": (nodes("handover", 900.0, 30), nodes("handover", 3200.0, RELAY)),
    "contact-late": (lines("contact-late", 1200.0, (20, 30)), lines("contact-late", 86_400.0, (20, 30))),
    "contact-short": (lines("contact-short", 1200.0, (20, 30)), lines("contact-short", 3290.0, (20, 30))),
    "contact-slow": (
        lines("contact-slow", 0.3, DOWN),
        lines("contact-slow", 0.01, (20, 30), (20, 31)) + lines("contact-slow", 0.1, DOWN),
    ),
    "power-loss": (
        nodes("power-loss", 0.0, RELAY, start=2 * H, stop=2 * H + 1800.0),
        [Fault("power-loss", (number,), t, t + 300.0) for t, number in SPELLS],
    ),
    "corrupt-record": (
        [Fault("corrupt-record", (RELAY,), H * k - 5.0, H * k, 3.0) for k in range(1, 7)],
        [Fault("corrupt-record", (n,), 97.0 * k, 97.0 * k + 1, 1e6) for k in range(1, 220) for n in EVERYWHERE],
    ),
    "store-full": (nodes("store-full", 0.0, RELAY, start=H, stop=2 * H), nodes("store-full", 0.0, RELAY, *STATIONS)),
    "clock-off": (
        nodes("clock-off", 5.0, LANDER),
        nodes("clock-off", 1e8, LANDER) + nodes("clock-off", -1e8, RELAY) + nodes("clock-off", 3e7, CENTRE),
    ),
    "clock-absent": (nodes("clock-absent", 0.0, LANDER), nodes("clock-absent", 0.0, *EVERYWHERE)),
}
"""Each kind of fault alone: as it may well happen, and in a harsh form."""


def plan(days: float) -> ContactPlan:
    """Lander and rover always see the relay; the stations see it by turns, an hour each."""
    contacts = both_ways(LANDER, RELAY, 0.0, math.inf, 555e3, 125) + both_ways(ROVER, RELAY, 0.0, math.inf, 285e3, 125)
    for k in range(round(days * 86400.0 / PASS_S)):
        contacts += both_ways(RELAY, STATIONS[k % 2], k * PASS_S, (k + 1) * PASS_S - HANDOVER_S, 2e6, 1000)
    for station in STATIONS:
        contacts += both_ways(station, CENTRE, 0.0, math.inf, 1e7, 1e6)
    return ContactPlan(contacts)


@dataclass
class Trial:
    """Payloads sent and heard (with the times), and at how many of the instants looked at the account was open.

    created: when a payload was made, as its delivery tells. arrived: octets out of each line. died: nodes that
    lost their power in the middle of a write, and when. again: payloads that a node handed over once more, though it
    had not died just when the application took the first (its agent would hide it). turned_away: payloads that a
    source had no room for, at first.
    """

    network: Network
    sent: dict[bytes, float] = field(default_factory=dict)
    heard: list[tuple[bytes, float]] = field(default_factory=list)
    created: dict[bytes, float] = field(default_factory=dict)
    arrived: Counter[tuple[int, int]] = field(default_factory=Counter)
    died: list[tuple[int, float]] = field(default_factory=list)
    handed_over: dict[tuple[int, BundleId], float] = field(default_factory=dict)
    again: int = 0
    looked: int = 0
    open: int = 0
    turned_away: int = 0
    most_used: dict[int, int] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Octets that were sent and not heard."""
        return sum(map(len, self.sent.keys() - {payload for payload, _ in self.heard}))

    @property
    def wrong(self) -> int:
        """Octets that were heard and not sent."""
        return sum(len(payload) for payload, _ in self.heard if payload not in self.sent)

    @property
    def twice(self) -> int:
        """Payloads handed over more than once."""
        return len(self.heard) - len({payload for payload, _ in self.heard}) + self.again

    @property
    def deaths(self) -> int:
        """How often a node died in the middle of a write."""
        return len(self.died)

    @property
    def left(self) -> int:
        """Octets that a node has not forgotten, and nodes that are dead."""
        nodes = self.network.nodes
        return sum(node.store.used for node in nodes.values()) + len(self.network.plan.nodes) - len(nodes)

    @property
    def faultless(self) -> bool:
        """Whether all was delivered, once and as it was sent, and every account closes and every store is empty."""
        return not (self.lost or self.wrong or self.twice or self.open or self.left)

    @property
    def latency(self) -> float:
        """Seconds from sending to delivery, on average."""
        return sum(t - self.sent[payload] for payload, t in self.heard if payload in self.sent) / len(self.heard)

    @property
    def notes(self) -> Counter[str]:
        """How often nodes refused, dropped, resent, evicted."""
        return Counter(type(note).__name__ for _, _, note in self.network.notes)

    @property
    def digest(self) -> str:
        """Of all that was heard, and when."""
        return hashlib.sha256(repr([(hashlib.sha256(p).digest(), t) for p, t in self.heard]).encode()).hexdigest()

    def line(self, sender: int, receiver: int) -> tuple[int, int]:
        """Octets that left on a line, and how many of them control."""
        line = self.network.hop(sender, receiver).line(sender)
        return line.octets, line.control_octets


def trial(
    faults: Sequence[Fault] = (),
    seed: int = 0,
    days: float = 3.0,
    settings: dict[int, Settings] | None = None,
    look_s: float = 600.0,
    frame_loss: Loss = lambda sender, receiver, t: 0.0,
) -> Trial:
    """Send for six hours, then run on until every store is empty, for ``days`` at most."""
    env = simpy.Environment()
    network = Network(
        env, plan(days), light_time, T0, {**KEPT_TWICE, **(settings or {})}, None, frame_loss, faults, seed
    )
    result = Trial(network)
    _watch(result)
    speaking = talk(result, seed)
    at = 0.0
    while at < days * 86400.0:
        at += look_s
        env.run(until=at)
        result.looked += 1
        result.open += not network.balance().closes
        for number, node in network.nodes.items():
            result.most_used[number] = max(result.most_used.get(number, 0), node.store.used)
        if all(process.triggered for process in speaking) and not result.left and _over(faults, at):
            break
    return result


STREAMS = (
    (LANDER, CENTRE, 700_000, Priority.BULK, 12),
    (ROVER, CENTRE, 60_000, Priority.STANDARD, 18),
    (LANDER, CENTRE, 500, Priority.EXPEDITED, 36),
    (CENTRE, LANDER, 150, Priority.EXPEDITED, 8),
    (CENTRE, ROVER, 400, Priority.STANDARD, 4),
)
"""From, to, octets on average, priority and number of payloads in the time that data are made."""


def talk(result: Trial, seed: int) -> list[simpy.Process]:
    """Start the applications: they send all streams and hear what comes."""

    def hear(_source: object, created: float, payload: bytes, t: float) -> None:
        result.heard.append((payload, t))
        result.created[payload] = created

    for number in (LANDER, ROVER, CENTRE):
        result.network.agent(number).on_delivery(hear)
    rng = np.random.default_rng((seed, 7))
    return [result.network.env.process(_speak(result, rng, *stream)) for stream in STREAMS]


def _watch(result: Trial) -> None:
    """Count what comes out of each line, deaths, and what nodes hand over; none of it shows elsewhere."""
    network = result.network
    for number in network.plan.nodes:
        agent = network.agent(number)
        agent.delivered = partial(_hand_over, result, agent.delivered, number)
    for hop in network.hops.values():
        for line in map(hop.line, hop.pair):
            line._arrived = partial(_count, result, line.ends, line._arrived)
    network._die = partial(_die, result, network._die)


def _count(result: Trial, ends: tuple[int, int], arrived: Callable, segments: list[bytes]) -> None:
    result.arrived[ends] += sum(map(len, segments))
    arrived(segments)


def _die(result: Trial, die: Callable, number: int) -> None:
    result.died.append((number, result.network.env.now))
    die(number)


def _hand_over(result: Trial, deliver: Callable, number: int, action: Deliver, now: float) -> None:
    first = result.handed_over.get((number, action.id))
    result.again += first is not None and (number, first) not in result.died
    result.handed_over[number, action.id] = now
    deliver(action, now)


def _over(faults: Sequence[Fault], t: float) -> bool:
    return all(fault.stop <= t for fault in faults)


def _speak(result, rng, source, destination, octets, priority, count):
    """Send payloads of about a length; wait where there is no room."""
    env, agent = result.network.env, result.network.agent(source)
    for k in range(count):
        payload = f"{source}-{destination}-{priority}-{k} ".encode() + rng.bytes(int(octets * (0.5 + rng.random())))
        while True:
            try:
                agent.send((destination, 1), payload, priority)
                break
            except StoreFull:
                result.turned_away += 1
                yield env.timeout(300.0)
        result.sent[payload] = env.now
        yield env.timeout(SPAN_S / count * (0.5 + rng.random()))
