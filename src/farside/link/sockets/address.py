"""Addresses as people write them: ``host:port``, ``[::1]:4556``, ``:4556`` for all of this machine."""

from __future__ import annotations

import errno
import socket
from typing import NamedTuple

from farside.errors import BadInput

_EXAMPLE = "host:port, such as 127.0.0.1:4556 or [::1]:4556"


class Address(NamedTuple):
    """Host and port; an empty host means every address of this machine."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, source: str = "link", field: str = "address") -> Address:
        """Read an address. Raises BadInput."""
        host, colon, port = text.rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host or not colon:
            raise BadInput(source, field, text, _EXAMPLE)
        if not (port.isascii() and port.isdigit() and int(port) < 1 << 16) or any(map(str.isspace, host)):
            raise BadInput(source, field, text, _EXAMPLE)
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def unusable(address: Address, error: OSError) -> BadInput:
    """What to tell somebody whose own address cannot be had."""
    if error.errno == errno.EADDRINUSE:
        return BadInput("link", "address", str(address), "a free port; something else listens there")
    if error.errno == errno.EACCES:
        return BadInput("link", "address", str(address), "a port this user may listen on (1024 or above)")
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return BadInput("link", "address", str(address), "an address of this machine")
    return BadInput("link", "address", str(address), f"an address to listen on ({error.strerror or error})")
