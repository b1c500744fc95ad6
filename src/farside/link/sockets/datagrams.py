"""Datagrams to one address, at the pace of a link, and from anybody, many at a time."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Sequence

from farside.errors import BadInput
from farside.link.convergence.udp import Pace
from farside.link.sockets.address import Address, unusable

BUFFER = 4 << 20
"""Octets that the operating system is asked to hold of what comes."""
_AT_ONCE = 64
"""Datagrams read in one go."""


class Datagrams:
    """A UDP socket. heard: called with what has come; urgent datagrams overtake those that wait for the link."""

    def __init__(self, local: Address, remote: Address, pace: Pace, heard: Callable[[list[bytes]], None]) -> None:
        self.local, self._remote, self._pace, self._heard = local, remote, pace, heard
        self._urgent: deque[bytes] = deque()
        self._waiting: deque[bytes] = deque()
        self._done: Callable[[], None] | None = None
        self._socket: socket.socket | None = None
        self._to: tuple[object, ...] = ()
        self._timer: asyncio.TimerHandle | None = None
        self._blocked = False

    async def open(self) -> None:
        """Bind. Raises BadInput where the own address cannot be had, or the other's has no meaning."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self._remote.host or "localhost", self._remote.port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise BadInput("link", "address", str(self._remote), f"a host that can be found ({error})") from None
        family, kind, proto, _, self._to = found[0]
        own = socket.socket(family, kind, proto)
        own.setblocking(False)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        try:
            everywhere = "::" if family == socket.AF_INET6 else "0.0.0.0"
            own.bind((self.local.host or everywhere, self.local.port))
        except OSError as error:
            own.close()
            raise unusable(self.local, error) from None
        self.local = Address(self.local.host, own.getsockname()[1])
        self._socket = own
        loop.add_reader(own.fileno(), self._readable)

    def close(self) -> None:
        """Stop; what waits is forgotten."""
        if self._socket:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket.fileno())
            loop.remove_writer(self._socket.fileno())
            self._socket.close()
            self._socket = None
        if self._timer:
            self._timer.cancel()

    def send(self, urgent: Sequence[bytes], datagrams: Sequence[bytes], done: Callable[[], None] | None) -> None:
        """Send; ``done`` is called from the event loop when the last of ``datagrams`` has left."""
        self._urgent += urgent
        if datagrams:
            self._waiting += datagrams
            self._done = done
        if self._timer is None and not self._blocked:
            self._timer = asyncio.get_running_loop().call_later(0, self._go_on)

    def forget(self) -> None:
        """What waits for the link is not sent."""
        self._waiting.clear()
        self._urgent.clear()
        self._done = None

    def _go_on(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._socket and (queue := self._urgent or self._waiting):
            if wait := self._pace.wait(now):
                self._timer = loop.call_later(wait, self._go_on)
                return
            try:
                self._socket.sendto(queue[0], self._to)  # type: ignore[arg-type]
            except (BlockingIOError, InterruptedError):
                self._blocked = True
                loop.add_writer(self._socket.fileno(), self._writable)
                return
            except OSError:
                pass  # no way there now: lost, as on any link
            self._pace.send(now, len(queue.popleft()))
        if self._done and not self._waiting:
            done, self._done = self._done, None
            done()

    def _writable(self) -> None:
        assert self._socket is not None
        self._blocked = False
        asyncio.get_running_loop().remove_writer(self._socket.fileno())
        self._go_on()

    def _readable(self) -> None:
        heard: list[bytes] = []
        while self._socket and len(heard) < _AT_ONCE:
            try:
                heard.append(self._socket.recv(1 << 16))
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                continue
        if heard:
            self._heard(heard)
