"""STCP, as ION and HDTN speak it: over TCP, each bundle after its length in four octets; length 0 keeps alive.

It goes one way and says nothing back: a bundle counts as taken when its bytes have left.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct

from farside.link.convergence.gather import BrokenProtocol, Gather

KEEPALIVE = b"\0\0\0\0"
LONGEST = 64 << 20
"""Octets of a bundle that a receiver takes."""
_LENGTH = Struct(">I")


def pack(bundles: Iterable[bytes]) -> bytes:
    """Bundles as they travel, one after the other."""
    parts: list[bytes] = []
    for bundle in bundles:
        parts += (_LENGTH.pack(len(bundle)), bundle)
    return b"".join(parts)


class Splitter:
    """Finds the bundles in a stream. longest: octets of a bundle at most."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest, self._rest = longest, Gather()

    def feed(self, data: bytes) -> list[bytes]:
        """Bundles that are whole with these octets. Raises BrokenProtocol for one that is too long."""
        data = self._rest.add(data)
        bundles, at, end, length_at = [], 0, len(data), _LENGTH.unpack_from
        need = 4
        while end - at >= 4:
            (length,) = length_at(data, at)
            stop = at + 4 + length
            if stop > end:
                if length > self._longest:
                    raise BrokenProtocol("STCP", f"a bundle of {length} octets; the limit is {self._longest}")
                need = 4 + length
                break
            if length:
                bundles.append(data[at + 4 : stop])
            at = stop
        self._rest.keep(data[at:], need)
        return bundles
