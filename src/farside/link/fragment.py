"""Cutting a payload into bundles and putting it together again (RFC 9171 sections 5.8 and 5.9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from farside.link.bundle import DO_NOT_FRAGMENT, FRAGMENT, REPLICATE, Bundle
from farside.link.ranges import Ranges


def fragments(bundle: Bundle, octets: int) -> Iterator[Bundle]:
    """Cut a bundle so that no payload is longer than ``octets``; one that is short enough stays as it is.

    A fragment can be cut again. Extension blocks go with the first piece, those marked REPLICATE with every piece.
    """
    primary, payload = bundle.primary, bundle.payload
    if len(payload) <= octets or primary.flags & DO_NOT_FRAGMENT:
        yield bundle
        return
    *extensions, last = bundle.blocks
    for start in range(0, len(payload), octets):
        piece = replace(primary, flags=primary.flags | FRAGMENT, offset=primary.offset + start, total=bundle.total)
        kept = [block for block in extensions if start == 0 or block.flags & REPLICATE]
        yield Bundle(piece, (*kept, replace(last, data=payload[start : start + octets])))


class Reassembly:
    """The pieces of one payload that have come so far, in any order, overlapping or repeated."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.here = Ranges()
        self._pieces: dict[int, bytes] = {}

    def add(self, offset: int, payload: bytes) -> None:
        """Take in the octets from ``offset`` on."""
        if len(payload) > len(self._pieces.get(offset, b"")):
            self._pieces[offset] = payload
            self.here.add(offset, offset + len(payload))

    @property
    def whole(self) -> bool:
        """Whether every octet is here."""
        return self.here.count == self.total

    def payload(self) -> bytes:
        """The whole payload. Pieces are laid down in order of offset; where they overlap they say the same."""
        whole = bytearray(self.total)
        for offset, piece in sorted(self._pieces.items()):
            whole[offset : offset + len(piece)] = piece
        return bytes(whole)
