"""LTP over UDP: a segment each datagram, at the rate of the link."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from farside.link.bundle import DamagedBundle, split
from farside.link.convergence.udp import OVERHEAD, Pace
from farside.link.ltp import (
    Accept,
    Arrived,
    Engine,
    Event,
    LinkDown,
    LinkUp,
    Lost,
    Ready,
    Refuse,
    Segments,
    Send,
    SendBlock,
    Sent,
    Taken,
    Wake,
    WakeAt,
)
from farside.link.sockets.adapter import Adapter, Batch, Driver
from farside.link.sockets.address import Address
from farside.link.sockets.datagrams import Datagrams

PORT = 1113


class LtpAdapter(Adapter):
    """One side of LTP with a neighbour. A batch travels as one block.

    memory: ``adapter.memory`` from before a restart; keep it with the commit of whatever is accepted. damaged: blocks
    that came whole and hold no bundles; they are answered, for to send them again would not help, and forgotten.
    """

    def __init__(
        self,
        driver: Driver,
        me: int,
        neighbour: int,
        local: Address,
        remote: Address,
        link: LinkUp | None,
        memory: bytes = b"",
    ) -> None:
        super().__init__(driver, neighbour)
        self.damaged = 0
        self._engine = Engine(me, neighbour, memory, wrap=OVERHEAD)
        self._link = link
        self._pace = Pace(link.out_bps if link else 1.0)
        self._datagrams = Datagrams(local, remote, self._pace, self._heard)
        self._open = False
        self._sending = False

    @property
    def local(self) -> Address:
        """The own address, with its port once it is open."""
        return self._datagrams.local

    @property
    def memory(self) -> bytes:
        """What must outlast a power loss (see ltp.Engine.memory)."""
        return self._engine.memory()

    async def open(self) -> LtpAdapter:
        """Bind, and begin with the link given. Raises BadInput where an address cannot be used."""
        await self._datagrams.open()
        self._open = True
        if self._link:
            self.set_link(self._link)
        return self

    def set_link(self, link: LinkUp | None) -> None:
        """A contact begins or changes, or (None) ends; sessions then stand still. ``until`` is in the loop's time."""
        was, self._link = self._link, link
        if link is None and was is None:
            return
        if link is None:
            self._datagrams.forget()
            self._tell(LinkDown())
            self.driver.down(self, "no contact")
        else:
            self._pace.rate_bps = link.out_bps
            self._tell(link)
            self.driver.up(self, link.out_bps)

    def send(self, batch: Batch) -> None:
        """Carry a batch as one block."""
        self._sending = True
        try:
            self._tell(SendBlock(tuple(batch)))
        finally:
            self._sending = False

    def accept(self, ticket: int) -> None:
        """The block is kept, and the peer is told."""
        self._tell(Accept(ticket))

    def refuse(self, ticket: int) -> None:
        """The block is not kept, and the peer is told."""
        self._tell(Refuse(ticket))

    async def close(self) -> None:
        """Close the socket; blocks under way count as lost."""
        if self._open:
            self._open = False
            self._datagrams.close()
            if tokens := self._engine.unfinished:
                self.driver.lost(self, tokens)
            self.driver.down(self, "closed")

    def _heard(self, segments: list[bytes]) -> None:
        self._tell(Segments(tuple(segments)))

    def _tell(self, event: Event) -> None:
        if not self._open:
            return
        loop = asyncio.get_running_loop()
        for action in self._engine.handle(loop.time(), event):
            match action:
                case Send(control, data):
                    self._datagrams.send(control, data, lambda: self._tell(Sent()))
                case Arrived(ticket, data):
                    self._arrived(ticket, data)
                case Taken(tokens):
                    self._call(self.driver.taken, tokens)
                case Lost(tokens):
                    self._call(self.driver.lost, tokens)
                case Ready():
                    self._call(self.driver.ready)
                case WakeAt(t):
                    loop.call_at(t, self._tell, Wake(t))

    def _call(self, tell: Callable[..., None], *what: Any) -> None:
        """Tell the driver now, or, where it is inside ``send``, soon."""
        if self._sending:
            asyncio.get_running_loop().call_soon(tell, self, *what)
        else:
            tell(self, *what)

    def _arrived(self, ticket: int, data: bytes) -> None:
        try:
            bundles = split(data)
        except DamagedBundle:
            self.damaged += 1
            self._tell(Accept(ticket))
            return
        self.driver.received(self, ticket, bundles)
