"""What adapters over TCP share: dialling again, telling when all has left, not reading faster than it is kept."""

from __future__ import annotations

import asyncio
import socket
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from farside.link.sockets.adapter import Adapter, Driver
from farside.link.sockets.address import Address, unusable

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
"""Time before a client dials again; it doubles with each failure."""
MOST_UNKEPT = 64 << 20
"""Octets handed up and not yet accepted, from which on nothing more is read."""
CLOSING_S = 5.0
"""Time for what was written to leave when a connection closes."""


class Connection(Adapter, asyncio.Protocol):
    """One TCP connection after the other, to or from one neighbour."""

    def __init__(self, driver: Driver, neighbour: int | None, rate_bps: float) -> None:
        super().__init__(driver, neighbour)
        self.rate_bps = rate_bps
        self.transport: asyncio.Transport | None = None
        self.is_up = False
        self._closing = False
        self._why = ""
        self._ended = asyncio.Event()
        self._ended.set()
        self._dialling: asyncio.Task[None] | None = None
        self._full = False  # written octets wait in the transport
        self._unkept: dict[int, int] = {}  # octets by ticket
        self._reading = True

    # For the kinds of connection ----------------------------------------------------------------------------------

    @abstractmethod
    def opened(self) -> None:
        """A connection is there."""

    @abstractmethod
    def ended(self) -> list[Any]:
        """It is gone; returns the tokens that were lost with it."""

    @abstractmethod
    def drained(self) -> None:
        """All that was written has left."""

    def begin(self) -> None:
        """Tell the driver that bundles can go."""
        self.is_up = True
        self.driver.up(self, self.rate_bps)

    def hand_up(self, ticket: int, bundles: Sequence[bytes]) -> None:
        """Give bundles to the driver; stop reading when it has too many in hand."""
        self._unkept[ticket] = sum(map(len, bundles))
        self.driver.received(self, ticket, bundles)
        if self.transport and self._reading and sum(self._unkept.values()) > MOST_UNKEPT:
            self._reading = False
            self.transport.pause_reading()

    def kept(self, ticket: int) -> None:
        """The driver has answered for a ticket."""
        self._unkept.pop(ticket, None)
        if self.transport and not self._reading and sum(self._unkept.values()) <= MOST_UNKEPT:
            self._reading = True
            self.transport.resume_reading()

    def hang_up(self, why: str) -> None:
        """Close the connection once what was written has left, or soon."""
        self._why = self._why or why
        if self.transport:
            self.transport.close()
            asyncio.get_running_loop().call_later(CLOSING_S, self.transport.abort)

    # asyncio.Protocol ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection is there."""
        assert isinstance(transport, asyncio.Transport)
        self._ended.clear()
        self._unkept.clear()
        self._reading, self._full, self._why = True, False, ""
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.use(transport)
        self.opened()

    def use(self, transport: asyncio.Transport) -> None:
        """Write and read through this transport from now on."""
        self.transport = transport
        transport.set_write_buffer_limits(high=0)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        if self.transport is None:
            return
        self.transport = None
        why = self._why or (str(error) if error else "the peer closed the connection")
        lost, was_up, self.is_up = self.ended(), self.is_up, False
        if lost:
            self.driver.lost(self, lost)
        if was_up or self._why or error:
            self.driver.down(self, why)
        self._ended.set()

    def pause_writing(self) -> None:
        """Octets wait in the transport."""
        self._full = True

    def resume_writing(self) -> None:
        """No octets wait any more."""
        self._full = False
        self.drained()

    def written(self) -> None:
        """After writing: tell soon that all has left, unless the transport still holds some."""
        if not self._full:
            asyncio.get_running_loop().call_soon(self._drained_now, self.transport)

    def _drained_now(self, transport: asyncio.Transport | None) -> None:
        if transport is self.transport and transport is not None and not self._full:
            self.drained()

    # Dialling ------------------------------------------------------------------------------------------------------

    def dial(self, address: Address) -> None:
        """Connect, and connect again whenever the connection is gone, until closed."""
        self._dialling = asyncio.get_running_loop().create_task(self._dial(address))

    async def _dial(self, address: Address) -> None:
        loop, wait = asyncio.get_running_loop(), FIRST_WAIT_S
        while not self._closing:
            try:
                await loop.create_connection(lambda: self, address.host or "localhost", address.port)
            except OSError as error:
                self.driver.down(self, f"{address}: {error.strerror or error}")
            else:
                begun = loop.time()
                await self._ended.wait()
                if loop.time() - begun > LONGEST_WAIT_S:
                    wait = FIRST_WAIT_S
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_S)

    async def close(self) -> None:
        """Stop dialling, and close the connection."""
        self._closing = True
        if self._dialling:
            self._dialling.cancel()
            await asyncio.gather(self._dialling, return_exceptions=True)
        if self.transport:
            self.finish()
            await self._ended.wait()

    def finish(self) -> None:
        """End what runs over the connection, and then it."""
        self.hang_up("closed")


class Server:
    """Listens, and makes an adapter of each connection that comes."""

    def __init__(self, address: Address, accept: Callable[[], Connection]) -> None:
        self.address, self._accept = address, accept
        self._adapters: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> Server:
        """Begin to listen. Raises BadInput where the address cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._connection, self.address.host or None, self.address.port)
        except OSError as error:
            raise unusable(self.address, error) from None
        self.address = Address(self.address.host, self._server.sockets[0].getsockname()[1])
        return self

    def _connection(self) -> Connection:
        adapter = self._accept()
        self._adapters = {other for other in self._adapters if other.transport} | {adapter}
        return adapter

    async def close(self) -> None:
        """Stop listening, and close every connection."""
        if self._server:
            self._server.close()
        await asyncio.gather(*(adapter.close() for adapter in self._adapters))
