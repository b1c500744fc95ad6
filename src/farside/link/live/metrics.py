"""What a node is doing, in Prometheus' text format, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from farside.link.live.driver import Driver
from farside.link.sockets import Address
from farside.link.sockets.address import unusable
from farside.link.store import State

COUNTERS = {
    "generated": "Data units taken in from applications here, and administrative records made",
    "delivered": "Data units given to applications here",
    "kept": "Bundles stored that came from neighbours",
    "forwarded": "Bundles safely with a neighbour",
    "acknowledged": "Own data units that their destination has acknowledged",
    "resent": "Own data units sent again",
    "expired": "Data units whose lifetime ended here",
    "evicted": "Bundles that made room for more urgent ones",
    "rejected": "Data units refused by security",
    "dropped": "Bundles thrown away: copies, or damaged",
    "pushedback": "Batches of neighbours not taken: no room, or damaged on the way",
    "bundles_sent": "Bundles given to links",
    "octets_sent": "Octets given to links",
    "bundles_received": "Bundles that came from links",
    "octets_received": "Octets that came from links",
}


class _Collector(Collector):
    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def collect(self) -> Iterator[Metric]:
        driver, store = self._driver, self._driver.node.store
        for name, text in COUNTERS.items():
            yield CounterMetricFamily(f"farside_{name}", text, value=driver.counts[name])
        yield GaugeMetricFamily("farside_store_octets", "Payload octets in the store", value=store.used)
        yield GaugeMetricFamily(
            "farside_store_free_octets", "Payload octets that still fit", value=max(store.space_left, 0.0)
        )
        states = GaugeMetricFamily("farside_bundles", "Bundles in the store", labels=["state"])
        counts = dict.fromkeys(State, 0)
        for stored in store:
            counts[stored.state] += 1
        for state, count in counts.items():
            states.add_metric([state.name.lower()], count)
        yield states
        links = GaugeMetricFamily("farside_link_up", "Whether a neighbour can be reached", labels=["neighbour"])
        for neighbour in sorted({*driver.node.router.plan.receivers(driver.node.number), *driver.adapters}):
            links.add_metric([str(neighbour)], float(neighbour in driver.adapters))
        yield links
        yield GaugeMetricFamily(
            "farside_store_failing", "Whether the store cannot be written", value=bool(driver.failed)
        )


async def serve_metrics(driver: Driver, address: Address) -> Callable[[], Awaitable[None]]:
    """Answer every GET with the metrics; returns what ends it. Raises BadInput where the address cannot be had."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(driver))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5.0)
            body = generate_latest(registry)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # whoever asked has gone, or asks for something else
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(answer, address.host or None, address.port)
    except OSError as error:
        raise unusable(address, error) from None

    async def end() -> None:
        server.close()

    return end
