"""Cutting a payload into bundles and telling when its pieces are all there (RFC 9171 sections 5.8 and 5.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from farside.link.bundle import DO_NOT_FRAGMENT, FRAGMENT, REPLICATE, Bundle


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
        piece = primary._replace(flags=primary.flags | FRAGMENT, offset=primary.offset + start, total=bundle.total)
        kept = [block for block in extensions if start == 0 or block.flags & REPLICATE]
        yield Bundle(piece, (*kept, last._replace(data=payload[start : start + octets])))


def joined(pieces: Iterable[tuple[int, bytes]], total: int) -> bytes:
    """The whole payload of ``total`` octets from pieces (offset, octets) that cover it; where two overlap they
    agree.
    """
    whole = bytearray(total)
    for offset, piece in pieces:
        whole[offset : offset + len(piece)] = piece
    return bytes(whole)
