"""One of the two nodes of benchmarks/agent.py: ``python -m benchmarks.agent_node source|sink …`` prints a JSON line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from farside.link import Contact, ContactPlan, Eid, Node, Priority, Router, Settings
from farside.link.events import Deliver, Submit
from farside.link.live import Driver, collect_seldom
from farside.link.sockets import Address, tcpcl_client, tcpcl_server
from farside.link.vault import Disk

RATE_BPS = 1e11
TOGETHER = 64
"""Data units that the application of the source hands over at once."""
AHEAD, AHEAD_OCTETS = 16_000, 256 << 20
"""Bundles, and octets at most, that the source keeps on their way."""


def driver(number: int, folder: Path, deliver: Callable[[Deliver, Callable[[], None]], None]) -> Driver:
    plan = ContactPlan([Contact(1, 2, -1.0, 1e9, RATE_BPS), Contact(2, 1, -1.0, 1e9, RATE_BPS)])
    settings = Settings(acknowledge_every_s=0.2, fragment_octets=1 << 20, batch_octets=2 << 20)
    vault = Disk(folder)
    start = time.time()
    node = Node(number, Router(plan, lambda a, b, t: 0.0), 800_000_000_000, settings, vault)
    made = Driver(node, vault, lambda: time.time() - start, deliver)
    for contact in plan:
        if contact.sender == number:
            made.contact_begins(contact)
    return made


async def sink(folder: Path, count: int, port: int) -> None:
    """Deliver ``count`` data units to an application that only counts."""
    left, done = count, asyncio.Event()

    def deliver(action: Deliver, consumed: Callable[[], None]) -> None:
        nonlocal left
        consumed()
        left -= 1
        if not left:
            done.set()

    node = driver(2, folder, deliver)
    server = tcpcl_server(node, 2, Address("127.0.0.1", port), RATE_BPS)
    await server.open()
    print("listening", flush=True)
    await done.wait()
    await node.committed()
    print(json.dumps({"at": time.time(), "cpu_s": time.process_time()}), flush=True)
    await asyncio.sleep(2.0)  # the last acknowledgement
    await server.close()
    await node.close()


async def source(folder: Path, count: int, octets: int, port: int) -> None:
    """Submit ``count`` data units as fast as the way takes them."""
    node = driver(1, folder, lambda action, consumed: None)
    client = tcpcl_client(node, 1, 2, Address("127.0.0.1", port), RATE_BPS)
    payload, store, most = os.urandom(octets), node.node.store, min(AHEAD * octets, AHEAD_OCTETS)
    while 2 not in node.adapters:
        await asyncio.sleep(0.01)
    start = time.time()
    for first in range(0, count, TOGETHER):
        node.tell(*[Submit(Eid(2, 1), payload, Priority.STANDARD, 3600.0)] * min(TOGETHER, count - first))
        await asyncio.sleep(0)
        while store.used > most:
            await asyncio.sleep(0.002)
    print(json.dumps({"at": start, "cpu_s": time.process_time()}), flush=True)
    while store.used:
        await asyncio.sleep(0.05)
    await client.close()
    await node.close()


if __name__ == "__main__":
    collect_seldom()
    role, where, numbers = sys.argv[1], Path(sys.argv[2]), [int(word) for word in sys.argv[3:]]
    asyncio.run(sink(where, *numbers) if role == "sink" else source(where, *numbers))
