"""TCPCL version 4 over sockets, with TLS by the files of both sides."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from typing import Any

from farside.link.convergence.tcpcl import (
    Bundles,
    Close,
    End,
    Event,
    Give,
    Gone,
    Octets,
    Opened,
    Secured,
    Session,
    StartTls,
    Terms,
    Up,
    Write,
)
from farside.link.ltp import Accept, Lost, Refuse, Taken, Wake, WakeAt
from farside.link.sockets.adapter import Batch, Driver
from farside.link.sockets.address import Address
from farside.link.sockets.connection import Connection, Server
from farside.link.sockets.tls import Tls, names

WINDOW = 64 << 20
"""Octets on their way and not yet acknowledged, from which on no more is asked for."""
HANDSHAKE_S = 10.0


class TcpclAdapter(Connection):
    """One side of a session, over one connection after the other. host: what was dialled; None on the server's side."""

    def __init__(
        self,
        driver: Driver,
        terms: Terms,
        rate_bps: float,
        context: ssl.SSLContext | None = None,
        host: str | None = None,
    ) -> None:
        super().__init__(driver, terms.expects, rate_bps)
        self._terms, self._context, self._host = replace(terms, can_tls=context is not None), context, host
        self._session = Session(self._terms)
        self._securing: asyncio.Task[None] | None = None
        self._early: list[bytes] | None = None  # what came through TLS before we were told that it is there
        self._owes_ready = False

    def send(self, batch: Batch) -> None:
        """Carry a batch."""
        if not self.is_up:
            tokens = [token for token, _ in batch]
            asyncio.get_running_loop().call_soon(self.driver.lost, self, tokens)
            return
        self._owes_ready = True
        self._tell(Give(tuple(batch)), later=True)
        self.written()

    def accept(self, ticket: int) -> None:
        """They are kept, and the peer is told."""
        if ticket in self._unkept:
            self._tell(Accept(ticket))
            self.kept(ticket)

    def refuse(self, ticket: int) -> None:
        """They are not kept, and the peer is told."""
        if ticket in self._unkept:
            self._tell(Refuse(ticket))
            self.kept(ticket)

    def opened(self) -> None:
        """The session can begin."""
        self._session = Session(self._terms, self._session.next_ticket)
        self._owes_ready, self._early = False, None
        self._tell(Opened())

    def data_received(self, data: bytes) -> None:
        """Octets from the peer."""
        if self._early is None:
            self._tell(Octets(data))
        else:
            self._early.append(data)

    def drained(self) -> None:
        """All that was written has left; more can come, unless too much is not yet acknowledged."""
        if self._owes_ready and not self._full and self._session.waiting < WINDOW:
            self._owes_ready = False
            self.driver.ready(self)

    def ended(self) -> list[Any]:
        """What was not acknowledged is lost."""
        if self._securing:
            self._securing.cancel()
        actions = self._session.handle(asyncio.get_running_loop().time(), Gone())
        return [token for action in actions if isinstance(action, Lost) for token in action.tokens]

    def finish(self) -> None:
        """End the session; the connection closes with it."""
        self._tell(End())

    def _tell(self, event: Event, later: bool = False) -> None:
        """Tell the session. later: the driver is inside a call of its own, so answers wait for the event loop."""
        loop = asyncio.get_running_loop()
        for action in self._session.handle(loop.time(), event):
            match action:
                case Write(data):
                    if self.transport:
                        self.transport.write(data)
                case Bundles(ticket, bundles):
                    self.hand_up(ticket, bundles)
                case Taken(tokens):
                    self.driver.taken(self, tokens)
                    self.drained()
                case Lost(tokens):
                    if later:
                        loop.call_soon(self.driver.lost, self, tokens)
                    else:
                        self.driver.lost(self, tokens)
                case WakeAt(t):
                    loop.call_at(t, self._wake, self._session, t)
                case StartTls():
                    self._secure()
                case Up(node):
                    self.neighbour = node
                    self.begin()
                case Close(why):
                    self.hang_up(why or "the session ended")

    def _wake(self, session: Session, t: float) -> None:
        if session is self._session and self.transport:
            self._tell(Wake(t))

    # TLS -----------------------------------------------------------------------------------------------------------

    def _secure(self) -> None:
        assert self.transport is not None
        self.transport.pause_reading()
        self._early = []
        self._securing = asyncio.get_running_loop().create_task(self._handshake(self.transport))

    async def _handshake(self, plain: asyncio.Transport) -> None:
        assert self._context is not None
        try:
            secure = await asyncio.get_running_loop().start_tls(
                plain,
                self,
                self._context,
                server_side=not self._terms.active,
                server_hostname=self._host,
                ssl_handshake_timeout=HANDSHAKE_S,
            )
        except (OSError, ssl.SSLError) as error:
            self._why = f"TLS: {getattr(error, 'verify_message', '') or getattr(error, 'reason', '') or error}"
            plain.abort()
            self.connection_lost(None)
            return
        if secure is None:  # the connection went away meanwhile
            return
        self.use(secure)
        nodes, hosts = names(secure.get_extra_info("ssl_object").getpeercert(binary_form=True))
        if self._terms.active and not nodes and (self._host or "").lower() not in hosts:
            self.hang_up(f"TLS: the peer's certificate names no node id, and not {self._host}")
            return
        early, self._early = b"".join(self._early or ()), None
        self._tell(Secured(nodes))
        if early:
            self._tell(Octets(early))


def tcpcl_client(
    driver: Driver, me: int, neighbour: int, address: Address, rate_bps: float, tls: Tls | None = None, **terms: Any
) -> TcpclAdapter:
    """Dial a neighbour, again and again; with ``tls`` it must be secured. terms: further ones of tcpcl.Terms."""
    context = tls.context(server=False) if tls else None
    own = Terms(me, active=True, expects=neighbour, must_tls=tls is not None, **terms)
    adapter = TcpclAdapter(driver, own, rate_bps, context, address.host or "localhost")
    adapter.dial(address)
    return adapter


def tcpcl_server(
    driver: Driver, me: int, address: Address, rate_bps: float, tls: Tls | None = None, **terms: Any
) -> Server:
    """Listen for neighbours; ``await server.open()``. With ``tls`` sessions must be secured."""
    context = tls.context(server=True) if tls else None
    own = Terms(me, active=False, must_tls=tls is not None, **terms)
    return Server(address, lambda: TcpclAdapter(driver, own, rate_bps, context))
