"""STCP over sockets: who sends dials, who receives listens."""

from __future__ import annotations

import asyncio
from typing import Any

from farside.link.convergence import BrokenProtocol, stcp
from farside.link.sockets.adapter import Batch, Driver
from farside.link.sockets.address import Address
from farside.link.sockets.connection import Connection, Server

KEEPALIVE_S = 15.0
"""Time without a bundle after which a sender shows that it is there."""


class StcpSender(Connection):
    """Sends to a neighbour. A bundle counts as taken when the operating system has it."""

    def __init__(self, driver: Driver, neighbour: int, address: Address, rate_bps: float) -> None:
        super().__init__(driver, neighbour, rate_bps)
        self._address = address
        self._leaving: list[Any] = []
        self._sent_at = 0.0

    def open(self) -> StcpSender:
        """Begin to dial."""
        self.dial(self._address)
        return self

    def send(self, batch: Batch) -> None:
        """Carry a batch."""
        if self.transport is None or self.transport.is_closing():
            tokens = [token for token, _ in batch]
            asyncio.get_running_loop().call_soon(self.driver.lost, self, tokens)
            return
        self._leaving += [token for token, _ in batch]
        self._sent_at = asyncio.get_running_loop().time()
        self.transport.write(stcp.pack([bundle for _, bundle in batch]))
        self.written()

    def accept(self, ticket: int) -> None:
        """Nothing is received."""

    refuse = accept

    def opened(self) -> None:
        """The neighbour listens."""
        self._keep_alive(self.transport)
        self.begin()

    def drained(self) -> None:
        """The batch has left."""
        if self._leaving:
            tokens, self._leaving = self._leaving, []
            self.driver.taken(self, tokens)
            self.driver.ready(self)

    def ended(self) -> list[Any]:
        """What had not left is lost."""
        tokens, self._leaving = self._leaving, []
        return tokens

    def _keep_alive(self, transport: asyncio.Transport | None) -> None:
        if transport is None or transport is not self.transport or transport.is_closing():
            return
        loop = asyncio.get_running_loop()
        if loop.time() - self._sent_at >= KEEPALIVE_S:
            transport.write(stcp.KEEPALIVE)
        loop.call_later(KEEPALIVE_S, self._keep_alive, transport)


class StcpReceiver(Connection):
    """One connection of a sender; nothing can be sent over it, so its rate is 0 and its neighbour not known."""

    def __init__(self, driver: Driver, longest: int = stcp.LONGEST) -> None:
        super().__init__(driver, None, 0.0)
        self._splitter = stcp.Splitter(longest)
        self._ticket = 0

    def opened(self) -> None:
        """A sender has dialled."""
        self.begin()

    def data_received(self, data: bytes) -> None:
        """Hand up what has become whole."""
        try:
            bundles = self._splitter.feed(data)
        except BrokenProtocol as error:
            self.hang_up(str(error))
            return
        if bundles:
            self._ticket += 1
            self.hand_up(self._ticket, bundles)

    def send(self, batch: Batch) -> None:
        """Nothing can be sent."""
        asyncio.get_running_loop().call_soon(self.driver.lost, self, [token for token, _ in batch])

    def accept(self, ticket: int) -> None:
        """They are kept; the sender is not told."""
        self.kept(ticket)

    refuse = accept

    def drained(self) -> None:
        """Nothing is written."""

    def ended(self) -> list[Any]:
        """Nothing was on its way out."""
        return []


def stcp_server(driver: Driver, address: Address, longest: int = stcp.LONGEST) -> Server:
    """Listen for senders; ``await server.open()``."""
    return Server(address, lambda: StcpReceiver(driver, longest))
