"""Encryption: the Block Confidentiality Block with AES-GCM, security context 2 (RFC 9173 section 4).

Each block has a confidentiality block of its own, for an initialisation vector must never serve twice under one key
(section 4.3.1; the RFC's example A.4 does just that, erratum 7002). One that encrypts an integrity block therefore
shares no target with it, which section 3.9 of RFC 9172 allows and a literal reading of its section 3.8 does not.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from farside.link.bundle import CONFIDENTIALITY, FRAGMENT, PAYLOAD, REPLICATE, Block, Bundle
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
    with_security,
)
from farside.link.security.refused import Refused, Why
from farside.link.security.wrap import unwrapped

CONTEXT = 2
TAG_OCTETS = 16
VARIANTS = {16: 1, 32: 3}
"""AES variant (A128GCM, A256GCM) by octets of the key."""
_IV, _VARIANT, _WRAPPED, _SCOPE, _TAG = 1, 2, 3, 4, 1
_PLACE = Scope.PRIMARY | Scope.TARGET
_DEFAULTS: Values = {_VARIANT: 3, _SCOPE: int(Scope.ALL)}


def encrypt(
    bundle: Bundle,
    secret: bytes,
    iv: bytes,
    source: Eid,
    *,
    target: int = PAYLOAD,
    scope: Scope = Scope.ALL,
    wrapped: bytes = b"",
    number: int = 0,
) -> Bundle:
    """Copy with block ``target`` encrypted in place, its checksum gone, and a block that says how.

    secret: the AES key, 16 or 32 octets; wrapped: the same under a key-encryption key, to travel along. iv: 12 octets,
    never used before with this key. number: of the new block, 0 for the next free one. An integrity block of the target
    has to be encrypted as well. Raises Refused for a fragment and for a target that is encrypted, the primary block or
    a confidentiality block.
    """
    if bundle.primary.flags & FRAGMENT:
        raise Refused(Why.FRAGMENT, "security belongs to whole bundles")
    plain = numbered(bundle, target)
    if target in encrypted(bundle) or plain.type == CONFIDENTIALITY:
        raise Refused(Why.CONFLICT, f"block {target} cannot be encrypted")
    bundle = _replaced(bundle, plain, plain._replace(crc=Crc.NONE))
    own = Block(
        CONFIDENTIALITY, number or next_number(bundle), b"", REPLICATE if target == PAYLOAD else 0, bundle.primary.crc
    )
    sealed = AESGCM(secret).encrypt(iv, plain.data, covered(bundle, scope, target, own))
    parameters: dict[int, int | bytes] = {_IV: iv, _VARIANT: VARIANTS[len(secret)]}
    parameters |= {_WRAPPED: wrapped} if wrapped else {}
    parameters[_SCOPE] = int(scope)
    security = SecurityBlock((target,), CONTEXT, source, parameters, ({_TAG: sealed[-TAG_OCTETS:]},))
    hidden = plain._replace(crc=Crc.NONE, data=sealed[:-TAG_OCTETS])
    return with_security(_replaced(bundle, numbered(bundle, target), hidden), own._replace(data=security.pack()))


def decrypt(bundle: Bundle, own: Block, secret: bytes) -> Bundle:
    """Copy with every target of the confidentiality block ``own`` in the clear again and ``own`` gone.

    secret: the AES key, or the key-encryption key where a wrapped one came along. Raises Refused, DamagedBundle.
    """
    security = read_security_block(own.data)
    parameters = {**_DEFAULTS, **security.parameters}
    iv, scope = parameters.get(_IV), parameters[_SCOPE]
    if security.context != CONTEXT or parameters.keys() - {_IV, _VARIANT, _WRAPPED, _SCOPE}:
        raise Refused(Why.UNKNOWN, f"confidentiality block {own.number}")
    if not isinstance(iv, bytes) or not 8 <= len(iv) <= 16 or scope not in SCOPES:
        raise Refused(Why.UNKNOWN, f"confidentiality block {own.number} with vector {iv!r}, scope {scope!r}")
    secret = unwrapped(secret, parameters.get(_WRAPPED))
    if VARIANTS.get(len(secret)) != parameters[_VARIANT]:
        raise Refused(Why.WRONG_KEY, f"its length is not that of AES variant {parameters[_VARIANT]!r}")
    clear = bundle
    for target, result in zip(security.targets, security.results, strict=True):
        hidden, tag = numbered(bundle, target), result.get(_TAG, b"")  # a tag may also end the ciphertext
        if len(result) > 1 or not isinstance(tag, bytes) or len(tag) != TAG_OCTETS * len(result):
            raise Refused(Why.UNKNOWN, f"authentication tag of block {target}")
        try:
            plain = AESGCM(secret).decrypt(iv, hidden.data + tag, covered(bundle, int(scope), target, own))
        except InvalidTag:
            raise Refused(Why.ALTERED, f"encrypted block {target}") from None
        clear = _replaced(clear, hidden, hidden._replace(data=plain))
    return clear.without(own)


def binds(security: SecurityBlock) -> bool:
    """Whether its tags hold for this bundle and place only: primary block and target's header are covered."""
    scope = security.parameters.get(_SCOPE, _DEFAULTS[_SCOPE])
    return isinstance(scope, int) and scope & _PLACE == _PLACE


def brings_key(security: SecurityBlock) -> bool:
    """Whether a wrapped key travels along."""
    return _WRAPPED in security.parameters


def _replaced(bundle: Bundle, old: Block, new: Block) -> Bundle:
    return bundle.having(tuple(new if block is old else block for block in bundle.blocks))
