"""The network of bundles in virtual time: a lunation's data, acknowledgements on 125 bit/s, faults, and thin mode.

CPU seconds are those of this process, so that other work on the machine does not count. The trials are those of the
tests (``tests/link/trial.py``), more of them.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simpy

from benchmarks.claim import Claim
from farside.link import ContactPlan, Fault, Network, Priority, draw_faults
from farside.link.contact import Contact
from farside.link.fault import contacts_as_they_are
from farside.link.thin import ThinNetwork

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "link"))
from small_network import T0, both_ways, light_time
from trial import CASES, DOWN, EVERYWHERE, SPAN_S, UP, Trial, lines, nodes, plan, talk, trial

DAY, LUNATION = 86_400.0, 29.53
SUNSET, SUNRISE = 7.38 * DAY, 22.15 * DAY
UNITS, UNIT = 1600, 1_250_000
"""2 GB of science in files as long as those of Chang'e 4 are on average (1.2 MB)."""
MIXTURES, DEATHS = 200, 200


@dataclass(frozen=True)
class Month:
    """What a lunation cost and what came of it. digest: of what was delivered, and when."""

    cpu_s: float
    wall_s: float
    delivered: int
    intact: bool
    digest: str


def month() -> Month:
    """Lander to relay by day, relay to one of two stations for ten hours each, stations to the centre always.

    Two gigabytes in the two halves of a day with the night of 14.8 d between them; all octets go through codec,
    checksums, Licklider segments and the stores of four nodes.
    """
    cpu, wall = time.process_time(), time.perf_counter()
    contacts: list[Contact] = []
    for a, b in ((0.0, SUNSET), (SUNRISE, LUNATION * DAY)):
        contacts += both_ways(10, 20, a, b, 555e3, 125)
    for day in range(30):
        contacts += both_ways(20, 30, day * DAY, day * DAY + 36_000, 2e6, 1000)
        contacts += both_ways(20, 31, day * DAY + 43_200, day * DAY + 79_200, 2e6, 1000)
    for station in (30, 31):
        contacts += both_ways(station, 40, 0.0, LUNATION * DAY, 1e7, 1e6)
    env = simpy.Environment()
    network = Network(env, ContactPlan(contacts), light_time, T0)
    whole = hashlib.sha256()
    network.agent(40).on_delivery(lambda s, c, payload, t: whole.update(payload + repr((s, c, t)).encode()))
    pool = np.random.default_rng(1).bytes(4 * UNIT)

    def instruments() -> Iterator[simpy.Event]:
        half = UNITS // 2
        for k in range(UNITS):
            # the first day's last files are made after sunset and stay on board through the night
            day, at = divmod(k, half)
            begin, end = (SUNRISE, LUNATION * DAY - 3600.0) if day else (0.0, SUNSET + DAY / 4)
            yield env.timeout(begin + at / half * (end - begin) - env.now)
            start = k * 2053 % (3 * UNIT)
            network.agent(10).send((40, 1), k.to_bytes(8, "big") + pool[start : start + UNIT - 8], Priority.BULK)

    env.process(instruments())
    env.run(until=LUNATION * DAY)
    entries = [entry for entry in network.ledger.entries.values() if not entry.administrative]
    balance = network.balance()
    slept = sum(e.generated_s < SUNRISE < (e.delivered_s or 0.0) for e in entries)
    intact = all(entry.intact for entry in entries) and balance.closes and len(entries) == UNITS and slept > 0
    return Month(time.process_time() - cpu, time.perf_counter() - wall, balance.delivered, intact, whole.hexdigest())


def lunation() -> Iterator[Claim]:
    """One lunation, twice."""
    first, again = month(), month()
    cpu, wall = max(first.cpu_s, again.cpu_s), max(first.wall_s, again.wall_s)
    yield Claim("lunation: 2 GB over 3 hops, CPU", cpu, "s", 60.0, f"{LUNATION * DAY / wall:.0f} x real time")
    yield Claim("lunation: wall, machine shared with others", wall, "s", 60.0)
    yield Claim("lunation: delivered intact", first.delivered / 1e9 * first.intact, "GB", 2.0, least=True)
    yield Claim("lunation: runs of two that differ", float(first.digest != again.digest), "", 0.0)


def forward_link(seconds: float = 6 * 3600.0) -> Iterator[Claim]:
    """A lander that always has more to send, for six hours, at frame loss 1e-3 on every line."""
    contacts = both_ways(10, 20, 0.0, seconds, 555e3, 125) + both_ways(20, 30, 0.0, 2 * seconds, 2e6, 1000)
    contacts += both_ways(30, 40, 0.0, 2 * seconds, 1e7, 1e6)
    env = simpy.Environment()
    network = Network(env, ContactPlan(contacts), light_time, T0, frame_loss=lambda a, b, t: 1e-3, seed=1)
    for _ in range(round(1.1 * 555e3 * seconds / 8 / UNIT)):
        network.agent(10).send((40, 1), bytes(UNIT), Priority.BULK)
    heard: list[tuple[float, int]] = []
    network.agent(40).on_delivery(lambda s, c, payload, t: heard.append((t, len(payload))))
    env.run(until=seconds)
    came = sum(octets for _, octets in heard)
    up = network.hop(10, 20).line(20).octets
    share = came * 8 / seconds / 555e3
    yield Claim("network goodput at frame loss 1e-3 / 555 kbit/s", share, "", 0.9, f"{came / 1e6:.0f} MB", True)
    load = up * 8 / seconds / 125.0
    yield Claim("all reports and acknowledgements / forward link", load, "", 0.25, f"{up} octets on 125 bit/s")


def crowd(count: int) -> float:
    """CPU microseconds a bundle of 1 kB over three hops, all of them waiting before the first contact."""
    contacts = both_ways(10, 20, 100.0, 1e6, 555e3, 1000) + both_ways(20, 30, 5000.0, 1e6, 2e6, 1000)
    env = simpy.Environment()
    network = Network(env, ContactPlan(contacts + both_ways(30, 40, 0.0, 1e6, 1e7, 1e6)), light_time, T0)
    start = time.process_time()
    for _ in range(count):
        network.agent(10).send((40, 1), bytes(1000), Priority.BULK)
    env.run(until=20_000.0)
    if network.balance().delivered != 1000 * count or network.nodes[10].store.used:
        raise SystemExit(f"{count} bundles waiting: not all were delivered and acknowledged")
    return 1e6 * (time.process_time() - start) / count


def crowds() -> Iterator[Claim]:
    """Nothing a node does may take longer because much is waiting."""
    few, many = crowd(10_000), crowd(100_000)
    yield Claim("CPU a bundle, 100,000 waiting / 10,000 waiting", many / few, "", 1.5, f"{many:.0f} us over 3 hops")


def troubles(name: str, trials: Sequence[Trial]) -> Iterator[Claim]:
    """What must be nothing."""
    data = f"{len(trials)} runs, {sum(sum(map(len, t.sent)) for t in trials) / 1e6:.0f} MB"
    yield Claim(f"{name}: octets lost", sum(t.lost for t in trials), "", 0.0, data)
    yield Claim(f"{name}: octets wrong", sum(t.wrong for t in trials), "", 0.0)
    yield Claim(f"{name}: delivered twice", sum(t.twice for t in trials), "", 0.0)
    looked = f"{sum(t.looked for t in trials)} instants"
    yield Claim(f"{name}: accounts open", sum(t.open for t in trials), "", 0.0, looked)
    yield Claim(f"{name}: octets never forgotten", sum(t.left for t in trials), "", 0.0)


def mixture(seed: int) -> Trial:
    """Four to eleven faults of any kind within six hours."""
    faults = draw_faults(np.random.default_rng(seed), plan(1.0), SPAN_S, 4 + seed % 8)
    return trial(faults, seed, days=10.0)


def deaths() -> list[Trial]:
    """Ten losses of power each, at random points; those that strike a node with nothing to write do not count."""
    trials: list[Trial] = []
    while sum(t.deaths for t in trials) < DEATHS:
        dice = np.random.default_rng((len(trials), 99))
        faults = [
            Fault("power-loss", (int(dice.choice(EVERYWHERE)),), t, t + 900.0)
            for t in np.sort(dice.uniform(0.0, SPAN_S - 1000.0, 10))
        ]
        trials.append(trial(faults, len(trials)))
    return trials


def beside_thin_mode(seed: int = 1) -> Iterator[Claim]:
    """The same data, frame loss of 1e-3 on both space hops, and an hour without the relay."""
    faults = nodes("outage", 0.0, 20, start=7200.0, stop=10_800.0)
    space = (DOWN, UP, *((a, b) for a in (20, 30, 31) for b in (20, 30, 31) if 20 in (a, b) and a != b))
    loss = dict.fromkeys(space, 1e-3)
    bundles = trial(faults + [fault for pair in space for fault in lines("frame-loss", 1e-3, pair)], seed)
    planned = plan(3.0)
    env = simpy.Environment()
    actual = ContactPlan(contact for _, contact in contacts_as_they_are(planned, faults))
    rng = np.random.default_rng(seed)
    thin = Trial(ThinNetwork(env, planned, light_time, T0, loss, rng, actual))  # type: ignore[arg-type]
    talk(thin, seed)
    env.run(until=3 * DAY)
    sent, mine, peer = (sum(map(len, payloads)) / 1e6 for payloads in (
        bundles.sent, {payload for payload, _ in bundles.heard}, {payload for payload, _ in thin.heard}
    ))  # fmt: skip
    if thin.sent.keys() != bundles.sent.keys() or thin.wrong:
        raise SystemExit("thin mode and bundles were not given the same")
    text = f"thin mode: {peer:.2f} MB of {sent:.2f}"
    yield Claim("delivered, frame loss 1e-3 and an hour's outage", mine, "MB", round(sent, 6) - 1e-6, text, True)


def claims() -> Iterator[Claim]:
    yield from lunation()
    yield from forward_link()
    yield from crowds()
    yield from troubles(
        "each fault, alone and harsh", [trial(faults, days=4.0) for c in CASES.values() for faults in c]
    )
    yield from troubles(f"{MIXTURES} mixtures of faults", [mixture(seed) for seed in range(MIXTURES)])
    died = deaths()
    yield Claim("nodes that died in the middle of a write", sum(t.deaths for t in died), "", DEATHS, least=True)
    yield from troubles("power lost", died)
    yield from beside_thin_mode()


if __name__ == "__main__":
    for claim in claims():
        print(claim.line(), flush=True)
