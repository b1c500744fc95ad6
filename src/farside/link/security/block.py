"""The abstract security block: what every BPSec block says of its operations (RFC 9172 section 3.6).

targets | context | flags | security source | parameters | results of each target        (a CBOR sequence)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from itertools import count

from farside.link import cbor
from farside.link.bundle import CONFIDENTIALITY, INTEGRITY, Block, Bundle, DamagedBundle
from farside.link.eid import Eid, read_eid
from farside.link.security.refused import Refused, Why

Values = Mapping[int, int | bytes]
"""Parameters or results by id, in the order they are written. Contexts 1 and 2 know integers and byte strings only."""
_MOST = 64
"""More targets or parameters than this are refused unread."""
_BLOCK_FLAGS = 0x17
"""The assigned ones; the others count as 0 in what is covered (RFC 9172 section 4)."""


class Scope(IntFlag):
    """What an operation covers besides its target's data (RFC 9173 sections 3.3.3 and 4.3.4)."""

    NOTHING = 0
    PRIMARY = 1
    TARGET = 2
    SECURITY = 4
    ALL = 7


SCOPES = range(8)
"""Every value that a scope can have."""


@dataclass(frozen=True)
class SecurityBlock:
    """Operations of one service and one context; ``results`` holds one set a target, in order of the targets."""

    targets: tuple[int, ...]
    context: int
    source: Eid
    parameters: Values = field(default_factory=dict)
    results: tuple[Values, ...] = ()

    def pack(self) -> bytes:
        """Block-type-specific data."""
        parts = [cbor.head(cbor.ARRAY, len(self.targets)), *map(cbor.uint, self.targets), cbor.uint(self.context)]
        parts += [cbor.uint(bool(self.parameters)), self.source.pack()]
        if self.parameters:
            parts.append(_pack_values(self.parameters))
        return b"".join((*parts, cbor.head(cbor.ARRAY, len(self.results)), *map(_pack_values, self.results)))


def read_security_block(data: bytes) -> SecurityBlock:
    """Read a block of context 1 or 2. Raises DamagedBundle."""
    try:
        return _read(data)
    except cbor.NotCbor as error:
        raise DamagedBundle(f"security block: {error}") from None


def _read(data: bytes) -> SecurityBlock:
    number, at = _read_count(data, 0)
    targets = []
    for _ in range(number):
        target, at = cbor.read_uint(data, at)
        targets.append(target)
    context, at = cbor.read_uint(data, at)
    if context not in (1, 2):
        raise DamagedBundle(f"security block of context {context}, which is not known here")
    flags, at = cbor.read_uint(data, at)
    if flags > 1:
        raise DamagedBundle(f"security block with context flags {flags}")
    source, at = read_eid(data, at)
    parameters: Values = {}
    if flags:
        parameters, at = _read_values(data, at)
    sets, at = _read_count(data, at)
    results = []
    for _ in range(sets):
        values, at = _read_values(data, at)
        results.append(values)
    if at != len(data) or not targets or len(results) != len(targets) or len(set(targets)) < len(targets):
        raise DamagedBundle(f"security block with targets {targets}, {sets} results, {len(data) - at} octets after it")
    return SecurityBlock(tuple(targets), context, source, parameters, tuple(results))


def covered(bundle: Bundle, scope: int, number: int, own: Block) -> bytes:
    """What an operation of security block ``own`` covers besides the data of block ``number``.

    RFC 9173 sections 3.7 and 4.7. The primary block is block 0, of which there is no header and no second copy.
    """
    parts = [cbor.uint(scope & Scope.ALL)]
    if scope & Scope.PRIMARY and number:
        parts.append(bundle.wire)
    if scope & Scope.TARGET and number:
        parts.append(_header(numbered(bundle, number)))
    if scope & Scope.SECURITY:
        parts.append(_header(own))
    return b"".join(parts)


def numbered(bundle: Bundle, number: int) -> Block:
    """The block with a number. Raises Refused if there is none."""
    for block in bundle.blocks:
        if block.number == number:
            return block
    raise Refused(Why.CONFLICT, f"no block {number} to be protected")


def encrypted(bundle: Bundle) -> dict[int, Block]:
    """Which blocks are encrypted: by number, the confidentiality block of each. Raises Refused, DamagedBundle.

    It may be neither the primary block nor another confidentiality block (RFC 9172 section 3.8).
    """
    return _operations(bundle, [b for b in bundle.blocks if b.type == CONFIDENTIALITY], (CONFIDENTIALITY,), False)


def signed(bundle: Bundle) -> dict[int, Block]:
    """Which blocks are signed: by number (0 is the primary block), the integrity block of each.

    Raises Refused, DamagedBundle. It may be no security block (RFC 9172 section 3.7). Integrity blocks that are
    encrypted cannot be read.
    """
    hidden = encrypted(bundle)
    blocks = [b for b in bundle.blocks if b.type == INTEGRITY and b.number not in hidden]
    return _operations(bundle, blocks, (INTEGRITY, CONFIDENTIALITY), True)


def _operations(bundle: Bundle, blocks: list[Block], forbidden: tuple[int, ...], primary: bool) -> dict[int, Block]:
    allowed = {b.number for b in bundle.blocks if b.type not in forbidden} | ({0} if primary else set())
    found: dict[int, Block] = {}
    for block in blocks:
        for target in read_security_block(block.data).targets:
            if target in found or target not in allowed:
                raise Refused(Why.CONFLICT, f"block {block.number} may not protect block {target}")
            found[target] = block
    return found


def with_security(bundle: Bundle, block: Block) -> Bundle:
    """Copy with one more security block, behind those it has and before the others."""
    at = next(
        (k for k, other in enumerate(bundle.blocks) if other.type not in (INTEGRITY, CONFIDENTIALITY)),
        len(bundle.blocks),
    )
    return bundle.having((*bundle.blocks[:at], block, *bundle.blocks[at:]))


def next_number(bundle: Bundle) -> int:
    """The lowest block number that is free: a stranger may have used the highest there is."""
    taken = {block.number for block in bundle.blocks}
    return next(number for number in count(2) if number not in taken)


def _header(block: Block) -> bytes:
    return cbor.uint(block.type) + cbor.uint(block.number) + cbor.uint(block.flags & _BLOCK_FLAGS)


def _pack_values(values: Values) -> bytes:
    parts = [cbor.head(cbor.ARRAY, len(values))]
    for key, value in values.items():
        parts += [b"\x82", cbor.uint(key), cbor.uint(value) if isinstance(value, int) else cbor.byte_string(value)]
    return b"".join(parts)


def _read_count(data: bytes, at: int) -> tuple[int, int]:
    number, at = cbor.read(data, at, cbor.ARRAY)
    if number > _MOST:
        raise DamagedBundle(f"security block: a list of {number}")
    return number, at


def _read_values(data: bytes, at: int) -> tuple[Values, int]:
    number, at = _read_count(data, at)
    values: dict[int, int | bytes] = {}
    for _ in range(number):
        pair, at = cbor.read(data, at, cbor.ARRAY)
        key, at = cbor.read_uint(data, at)
        if pair != 2 or key in values:
            raise DamagedBundle(f"security block: parameter or result {key} is malformed or there twice")
        major, value, after = cbor.read_head(data, at)
        if major == cbor.UINT:
            values[key], at = value, after
        else:
            values[key], at = cbor.read_bytes(data, at)
    return values, at
