"""Signatures: the Block Integrity Block with HMAC-SHA-2, security context 1 (RFC 9173 section 3)."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from farside.link import cbor
from farside.link.bundle import CONFIDENTIALITY, FRAGMENT, INTEGRITY, Block, Bundle
from farside.link.checksum import Crc
from farside.link.eid import Eid
from farside.link.security.block import (
    SCOPES,
    Scope,
    SecurityBlock,
    Values,
    covered,
    encrypted,
    next_number,
    numbered,
    read_security_block,
    signed,
    with_security,
)
from farside.link.security.refused import Refused, Why
from farside.link.security.wrap import unwrapped

CONTEXT = 1
HASHES = {5: "sha256", 6: "sha384", 7: "sha512"}
"""Name of the hash for each SHA variant."""
_VARIANT, _WRAPPED, _SCOPE, _TAG = 1, 2, 3, 1
_PLACE = Scope.PRIMARY | Scope.TARGET
_DEFAULTS: Values = {_VARIANT: 6, _SCOPE: int(Scope.ALL)}


def sign(
    bundle: Bundle,
    secret: bytes,
    source: Eid,
    *,
    targets: Sequence[int] = (1,),
    variant: int = 5,
    scope: Scope = Scope.ALL,
    wrapped: bytes = b"",
    number: int = 0,
) -> Bundle:
    """Copy with a block that signs the blocks ``targets`` (0 is the primary block), whose checksums go (section 3.8.1).

    secret: the HMAC key; wrapped: the same under a key-encryption key, to travel along. number: of the new block, 0 for
    the next free one. Raises Refused for a fragment and for a target that is signed, encrypted or a security block.
    """
    if bundle.primary.flags & FRAGMENT:
        raise Refused(Why.FRAGMENT, "security belongs to whole bundles")
    taken = signed(bundle).keys() | encrypted(bundle).keys()
    taken |= {block.number for block in bundle.blocks if block.type in (INTEGRITY, CONFIDENTIALITY)}
    if taken & set(targets):
        raise Refused(Why.CONFLICT, f"block {min(taken & set(targets))} cannot be signed")
    own = Block(INTEGRITY, number or next_number(bundle), b"", 0, bundle.primary.crc)
    bundle = _without_checksums(bundle, targets)
    parameters: dict[int, int | bytes] = {_VARIANT: variant, _SCOPE: int(scope)}
    if wrapped:
        parameters = {_VARIANT: variant, _WRAPPED: wrapped, _SCOPE: int(scope)}
    tags = [hmac.digest(secret, text(bundle, scope, target, own), HASHES[variant]) for target in targets]
    security = SecurityBlock(tuple(targets), CONTEXT, source, parameters, tuple({_TAG: tag} for tag in tags))
    return with_security(bundle, own._replace(data=security.pack()))


def verify(bundle: Bundle, own: Block, secret: bytes) -> SecurityBlock:
    """Check every signature of the integrity block ``own``; returns what it says.

    secret: the HMAC key, or the key-encryption key where a wrapped one travels along. Raises Refused, DamagedBundle.
    """
    security = read_security_block(own.data)
    parameters = {**_DEFAULTS, **security.parameters}
    variant, scope = parameters[_VARIANT], parameters[_SCOPE]
    if security.context != CONTEXT or parameters.keys() - {_VARIANT, _WRAPPED, _SCOPE}:
        raise Refused(Why.UNKNOWN, f"integrity block {own.number}")
    if variant not in HASHES or scope not in SCOPES:
        raise Refused(Why.UNKNOWN, f"integrity block {own.number} with SHA variant {variant!r}, scope {scope!r}")
    secret = unwrapped(secret, parameters.get(_WRAPPED))
    for target, result in zip(security.targets, security.results, strict=True):
        tag = hmac.digest(secret, text(bundle, int(scope), target, own), HASHES[int(variant)])
        found = result.get(_TAG)
        if len(result) != 1 or not isinstance(found, bytes) or not hmac.compare_digest(tag, found):
            raise Refused(Why.ALTERED, f"signature of block {target}")
    return security


def binds(security: SecurityBlock) -> bool:
    """Whether its signatures hold for this bundle and place only: primary block and target's header are covered."""
    scope = security.parameters.get(_SCOPE, _DEFAULTS[_SCOPE])
    return isinstance(scope, int) and scope & _PLACE == _PLACE


def brings_key(security: SecurityBlock) -> bool:
    """Whether a wrapped key travels along."""
    return _WRAPPED in security.parameters


def text(bundle: Bundle, scope: int, number: int, own: Block) -> bytes:
    """Integrity-protected plaintext of block ``number`` (section 3.7); the primary block is a byte string (A.3.2)."""
    data = numbered(bundle, number).data if number else bundle.wire
    return covered(bundle, scope, number, own) + cbor.byte_string(data)


def _without_checksums(bundle: Bundle, targets: Sequence[int]) -> Bundle:
    blocks = tuple(b._replace(crc=Crc.NONE) if b.number in targets else b for b in bundle.blocks)
    return Bundle(bundle.primary._replace(crc=Crc.NONE), blocks) if 0 in targets else bundle.having(blocks)
