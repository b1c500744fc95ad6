"""Endpoint identifiers: who a bundle is for and from (RFC 9171 section 4.2.5.1, ipn scheme by RFC 9758)."""

from __future__ import annotations

from typing import NamedTuple

from farside.link import cbor

_DTN, _IPN = 1, 2


class Eid(NamedTuple):
    """Endpoint ``ipn:node.service``; service 0 is the node's own administrative endpoint.

    node: fully qualified node number (allocator in the upper 32 bits). dtn: text of a foreign ``dtn:`` endpoint, for
    which node and service are 0. The null endpoint is ``Eid(0, 0)``.
    """

    node: int
    service: int = 0
    dtn: str = ""

    def __str__(self) -> str:
        if self.dtn or not self.node:
            return f"dtn:{self.dtn or 'none'}"
        allocator, node = divmod(self.node, 1 << 32)
        return f"ipn:{allocator}.{node}.{self.service}" if allocator else f"ipn:{node}.{self.service}"

    def pack(self) -> bytes:
        """CBOR form."""
        if self.dtn:
            text = self.dtn.encode()
            return b"\x82\x01" + cbor.head(cbor.TEXT, len(text)) + text
        if not self.node:
            return b"\x82\x01\x00"
        allocator, node = divmod(self.node, 1 << 32)
        if allocator:
            return b"\x82\x02\x83" + cbor.uint(allocator) + cbor.uint(node) + cbor.uint(self.service)
        return b"\x82\x02\x82" + cbor.uint(node) + cbor.uint(self.service)


NOBODY = Eid(0)
"""The null endpoint, ``dtn:none``."""


def read_eid(data: bytes, at: int) -> tuple[Eid, int]:
    """Endpoint at offset ``at`` of ``data`` and the offset after it. Raises cbor.NotCbor."""
    count, at = cbor.read(data, at, cbor.ARRAY)
    scheme, at = cbor.read_uint(data, at)
    if count != 2 or scheme not in (_DTN, _IPN):
        raise cbor.NotCbor(f"octet {at}: endpoint of unknown scheme {scheme}")
    major, value, after = cbor.read_head(data, at)
    if scheme == _DTN and major == cbor.UINT and value == 0:
        return NOBODY, after
    if scheme == _DTN and major == cbor.TEXT and value and after + value <= len(data):
        try:
            return Eid(0, 0, data[after : after + value].decode()), after + value
        except UnicodeDecodeError:
            raise cbor.NotCbor(f"octet {at}: endpoint name is not UTF-8") from None
    if scheme == _IPN and major == cbor.ARRAY and value in (2, 3):
        numbers = []
        for _ in range(value):
            number, after = cbor.read_uint(data, after)
            numbers.append(number)
        *allocator, node, service = numbers
        return Eid((allocator[0] << 32 | node) if allocator else node, service), after
    raise cbor.NotCbor(f"octet {at}: malformed endpoint")
