"""The UDP convergence layer over sockets: a datagram each, nothing said back."""

from __future__ import annotations

import asyncio

from farside.link.convergence import udp
from farside.link.sockets.adapter import Adapter, Batch, Driver
from farside.link.sockets.address import Address
from farside.link.sockets.datagrams import Datagrams


class UdpAdapter(Adapter):
    """Datagrams to a neighbour at a rate, and from anybody at the own address. longest: octets of a bundle."""

    def __init__(
        self,
        driver: Driver,
        neighbour: int,
        local: Address,
        remote: Address,
        rate_bps: float,
        longest: int = udp.LONGEST,
    ) -> None:
        super().__init__(driver, neighbour)
        self.rate_bps, self._longest = rate_bps, min(longest, udp.LONGEST)
        self._datagrams = Datagrams(local, remote, udp.Pace(rate_bps), self._heard)
        self._ticket = 0
        self._open = False

    @property
    def local(self) -> Address:
        """The own address, with its port once it is open."""
        return self._datagrams.local

    async def open(self) -> UdpAdapter:
        """Bind. Raises BadInput where an address cannot be used."""
        await self._datagrams.open()
        self._open = True
        self.driver.up(self, self.rate_bps)
        return self

    def send(self, batch: Batch) -> None:
        """Carry a batch; a bundle that fits no datagram is lost."""
        fits = [entry for entry in batch if self._open and len(entry[1]) <= self._longest]
        tokens = [token for token, _ in fits]
        soon = asyncio.get_running_loop().call_soon
        if len(fits) < len(batch):
            left = {id(entry) for entry in fits}
            soon(self.driver.lost, self, [entry[0] for entry in batch if id(entry) not in left])
        if fits:
            self._datagrams.send((), [bundle for _, bundle in fits], lambda: self._left(tokens))
        elif self._open:
            soon(self.driver.ready, self)

    def accept(self, ticket: int) -> None:
        """Kept; the sender is not told."""

    def refuse(self, ticket: int) -> None:
        """Not kept; the sender is not told."""

    async def close(self) -> None:
        """Close the socket."""
        if self._open:
            self._open = False
            self._datagrams.close()
            self.driver.down(self, "closed")

    def _left(self, tokens: list[object]) -> None:
        self.driver.taken(self, tokens)
        self.driver.ready(self)

    def _heard(self, bundles: list[bytes]) -> None:
        self._ticket += 1
        self.driver.received(self, self._ticket, bundles)
