"""The same nodes in virtual time and over real sockets: the same is delivered."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
from typing import NamedTuple

import pytest
import simpy
from authority import Authority, node
from small_network import T0

from farside.link import BundleId, Contact, ContactPlan, Eid, Network, Node, Priority, Router, Settings, bp_time
from farside.link.events import Submit
from farside.link.live import Driver
from farside.link.ltp import LinkUp as Carrier
from farside.link.sockets import (
    Address,
    LtpAdapter,
    StcpSender,
    connection,
    stcp_server,
    tcpcl_client,
    tcpcl_server,
)
from farside.link.vault import Disk, Memory

LANDER, RELAY, STATION, CENTRE = 10, 20, 30, 40
PLAN = ContactPlan(
    [
        Contact(LANDER, RELAY, 0.0, 1e5, 2e7),
        Contact(RELAY, LANDER, 0.0, 1e5, 1e6),
        Contact(STATION, CENTRE, 0.0, 1e5, 1e8),
        Contact(CENTRE, STATION, 0.0, 1e5, 1e8),
        # the station sees the relay twice, with a gap in which bundles wait in the relay and in the station
        *(Contact(*way, start, end, 2e7) for start, end in ((0.4, 1.2), (2.2, 1e5)) for way in ((20, 30), (30, 20))),
    ]
)
SETTINGS = Settings(acknowledge_every_s=0.2, resend_after_s=30.0)
LIFETIME_S = 86400.0


class Planned(NamedTuple):
    """Something to send: when, from and to where."""

    t: float
    source: int
    destination: Eid
    payload: bytes
    priority: Priority


def script(seed: int = 1) -> list[Planned]:
    """Data home, commands out, some longer than one bundle, one empty, in all priorities."""
    chance = random.Random(seed)
    planned = []
    for octets in (0, 1, 999, 20_000, 300_000, 700_000, *(chance.randrange(1, 5000) for _ in range(60))):
        source, there = chance.choice(
            [(LANDER, CENTRE), (LANDER, CENTRE), (CENTRE, LANDER), (RELAY, CENTRE), (LANDER, 30)]
        )
        octets = octets if source != CENTRE else min(octets, 5000)
        to, rank = Eid(there, chance.randrange(1, 4)), Priority(chance.randrange(3))
        planned.append(Planned(chance.uniform(0.0, 1.5), source, to, chance.randbytes(octets), rank))
    return sorted(planned, key=lambda p: p.t)


Deliveries = dict[BundleId, tuple[int, str]]
"""Where a data unit came out, and its SHA-256."""


def seen(node_: int, payload: bytes) -> tuple[int, str]:
    return node_, hashlib.sha256(payload).hexdigest()


def in_virtual_time() -> Deliveries:
    env = simpy.Environment()
    settings = dict.fromkeys(PLAN.nodes, SETTINGS)
    network = Network(env, PLAN, lambda *_: 0.0, T0, settings)
    delivered: Deliveries = {}
    made = {}

    def submit(p: Planned) -> None:
        made[network.agent(p.source).send(p.destination, p.payload, p.priority, LIFETIME_S)] = p

    for number in PLAN.nodes:
        network.agent(number).on_delivery(lambda source, created, payload, t, n=number: came.append((n, payload)))
    came: list[tuple[int, bytes]] = []
    for p in script():
        env.timeout(p.t).callbacks.append(lambda _, p=p: submit(p))
    env.run(until=60.0)
    assert len(came) == len(script())
    for entry in network.ledger.entries.values():
        if not entry.administrative:
            assert entry.delivered_s is not None and entry.acknowledged_s is not None
            delivered[entry.id] = entry.destination.node, entry.sha256
    assert not any(list(n.store) for n in network.nodes.values())
    assert {seen(*c) for c in came} == set(delivered.values())
    return delivered


class Live:
    """A node over sockets on this machine. Its clock shows what the script says while it submits, else real time."""

    def __init__(self, number: int, vault) -> None:
        self.number, self.delivered, self.copies = number, {}, 0
        self._pinned: float | None = None
        self._start = asyncio.get_running_loop().time()
        made = Node(number, Router(PLAN, lambda *_: 0.0), bp_time(T0), SETTINGS, vault)
        self.driver = Driver(made, vault, self.clock, self._deliver)
        self.ends = []

    def clock(self) -> float:
        real = asyncio.get_running_loop().time() - self._start
        return real if self._pinned is None else self._pinned

    def submit(self, planned: Planned) -> None:
        self._pinned = planned.t
        self.driver.submit(Submit(planned.destination, planned.payload, planned.priority, LIFETIME_S))
        self._pinned = None

    def _deliver(self, action, done) -> None:
        self.copies += action.id in self.delivered
        self.delivered[action.id] = seen(self.number, action.payload)
        done()

    def follow_the_plan(self) -> None:
        loop = asyncio.get_running_loop()
        for contact in PLAN:
            if contact.sender == self.number:
                loop.call_at(self._start + contact.start, self.driver.contact_begins, contact)
                if contact.end < 100:
                    loop.call_at(self._start + contact.end, self.driver.contact_ends, contact)


def udp_ports(count: int) -> list[Address]:
    """Ports that were free a moment ago."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found = [Address(*one.getsockname()) for one in sockets]
    for one in sockets:
        one.close()
    return found


HERE = Address("127.0.0.1", 0)


async def over_sockets(authority: Authority, vaults) -> tuple[Deliveries, list[Live]]:
    nodes = {number: Live(number, vaults[number]) for number in PLAN.nodes}
    driver = {number: live.driver for number, live in nodes.items()}
    ends = []
    # lander and relay: LTP over UDP
    lander, relay = udp_ports(2)
    for me, there, local, remote, out, back in (
        (LANDER, RELAY, lander, relay, 2e7, 1e6),
        (RELAY, LANDER, relay, lander, 1e6, 2e7),
    ):
        adapter = await LtpAdapter(driver[me], me, there, local, remote, Carrier(out, back, 0.0)).open()
        ends.append(adapter.close)
    # the station dials the relay: TCPCL with TLS
    server = await tcpcl_server(driver[RELAY], RELAY, HERE, 1e9, authority.issue("relay", node(RELAY))).open()
    client = tcpcl_client(
        driver[STATION], STATION, RELAY, server.address, 1e9, authority.issue("station", node(STATION))
    )
    ends += [client.close, server.close]
    # station and centre: STCP, a connection each way
    for me, there in ((STATION, CENTRE), (CENTRE, STATION)):
        ear = await stcp_server(driver[there], HERE).open()
        ends += [StcpSender(driver[me], there, ear.address, 1e8).open().close, ear.close]
    for live in nodes.values():
        live.follow_the_plan()
    start = asyncio.get_running_loop().time()
    for planned in script():
        await asyncio.sleep(max(start + planned.t - asyncio.get_running_loop().time(), 0.0))
        nodes[planned.source].submit(planned)
    delivered: Deliveries = {}
    async with asyncio.timeout(25):
        while any(list(live.driver.node.store) for live in nodes.values()):
            await asyncio.sleep(0.05)
    assert client.transport.get_extra_info("ssl_object").version().startswith("TLSv1")
    for end in ends:
        await end()
    for live in nodes.values():
        await live.driver.close()
        delivered |= live.delivered
    return delivered, list(nodes.values())


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_sockets_deliver_what_virtual_time_delivers(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(connection, "FIRST_WAIT_S", 0.1)
    vaults = {n: Memory() if kind == "memory" else Disk(tmp_path / str(n)) for n in PLAN.nodes}
    expected = in_virtual_time()
    delivered, nodes = asyncio.run(over_sockets(Authority(tmp_path, "authority"), vaults))
    assert len(expected) == len(script())
    assert delivered == expected
    assert all(live.copies == 0 for live in nodes)
    assert sum(live.driver.counts["resent"] for live in nodes) == 0
    assert {(p.destination.node, hashlib.sha256(p.payload).hexdigest()) for p in script()} == set(expected.values())
    for vault in vaults.values():
        assert not list(vault.records()), "every source has forgotten what was acknowledged"
        vault.close()
