"""Convergence layers over loopback: bundles of 1 kB a second of CPU, both sides in one process, CRC of each looked at.

No store and no node: what these leave of a core is what a durable agent can spend on the rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

from google_crc32c import value

from benchmarks.claim import Claim
from farside.link.sockets import Adapter, Address, StcpSender, stcp_server, tcpcl_client, tcpcl_server

BUNDLES, EACH, OCTETS = 100_352, 256, 1050
HERE = Address("127.0.0.1", 0)
NEEDED = 18_000
"""Bundles a second: four times what ION 4.1.3 does over STCP at 1 kB."""


class End:
    """Gives ``count`` bundles in batches, or takes what comes."""

    def __init__(self, count: int) -> None:
        self.count, self.given, self.left, self.got = count, 0, 0, 0
        self.bundle = bytes(range(256)) * (OCTETS // 256) + bytes(OCTETS % 256)
        self.done = asyncio.Event()

    def up(self, adapter: Adapter, rate_bps: float) -> None:
        if self.count:
            self.ready(adapter)

    def down(self, adapter: Adapter, why: str) -> None:
        self.done.set()

    def ready(self, adapter: Adapter) -> None:
        if self.given < self.count:
            adapter.send([(self.given + k, self.bundle) for k in range(EACH)])
            self.given += EACH

    def taken(self, adapter: Adapter, tokens: Sequence[Any]) -> None:
        self.left += len(tokens)

    def lost(self, adapter: Adapter, tokens: Sequence[Any]) -> None:
        raise AssertionError(f"{len(tokens)} bundles lost over loopback")

    def received(self, adapter: Adapter, ticket: int, bundles: Sequence[bytes]) -> None:
        for bundle in bundles:
            value(bundle)
        self.got += len(bundles)
        adapter.accept(ticket)
        if self.got == BUNDLES:
            self.done.set()


async def rate(kind: str) -> float:
    """Bundles a second of CPU, sender and receiver together."""
    there, here = End(0), End(BUNDLES)
    server = stcp_server(there, HERE) if kind == "STCP" else tcpcl_server(there, 20, HERE, 1e9)
    await server.open()
    start = time.process_time()
    if kind == "STCP":
        client: Adapter = StcpSender(here, 20, server.address, 1e9).open()
    else:
        client = tcpcl_client(here, 10, 20, server.address, 1e9)
    await there.done.wait()
    cpu_s = time.process_time() - start
    assert there.got == BUNDLES, f"{there.got} of {BUNDLES} came"
    await client.close()
    await server.close()
    return BUNDLES / cpu_s


def claims() -> Iterator[Claim]:
    """STCP and TCPCL."""
    for kind in ("STCP", "TCPCL"):
        measured = asyncio.run(rate(kind))
        yield Claim(f"{kind}, 1 kB bundles, both sides on one core", measured, "1/s", NEEDED, least=True)


if __name__ == "__main__":
    for claim in claims():
        print(claim.line())
