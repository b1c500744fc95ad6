"""The blocks that tell of a bundle's journey: hops, age, priority and the node before (RFC 9171 section 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import cbor2

from farside.link.bundle import (
    AGE,
    DELETE_BUNDLE,
    DISCARD_BLOCK,
    HOP_COUNT,
    PAYLOAD,
    PREVIOUS_NODE,
    QUALITY,
    REPLICATE,
    Block,
    Bundle,
    DamagedBundle,
)
from farside.link.eid import Eid

HOP_LIMIT = 30
_KNOWN = frozenset({PAYLOAD, PREVIOUS_NODE, AGE, HOP_COUNT, QUALITY})


class Priority(IntEnum):
    """Class of a bundle: a higher one always leaves first."""

    BULK = 0
    STANDARD = 1
    EXPEDITED = 2


@dataclass(frozen=True, slots=True)
class Journey:
    """Hops made and allowed, age in ms as told by the node before, and priority."""

    hops: int = 0
    hop_limit: int = HOP_LIMIT
    age_ms: int = 0
    priority: Priority = Priority.STANDARD

    def blocks(self) -> tuple[Block, ...]:
        """Extension blocks of a new bundle, copied to each of its fragments."""
        return (
            Block(HOP_COUNT, 2, cbor2.dumps([self.hop_limit, self.hops]), REPLICATE),
            Block(AGE, 3, cbor2.dumps(self.age_ms), REPLICATE),
            Block(QUALITY, 4, cbor2.dumps([0, int(self.priority), 0, 0]), REPLICATE),
        )


def read_journey(bundle: Bundle) -> Journey:
    """What a bundle tells of its journey; what it does not tell is as at a source. Raises DamagedBundle."""
    try:
        limit, hops = _content(bundle, HOP_COUNT, [HOP_LIMIT, 0])
        age = _content(bundle, AGE, 0)
        quality = _content(bundle, QUALITY, [0, Priority.STANDARD])[1]
        numbers = [int(number) for number in (hops, limit, age, quality)]
    except (ValueError, TypeError, LookupError, EOFError, cbor2.CBORError) as error:
        raise DamagedBundle(f"extension block: {error}") from None
    if min(numbers) < 0:
        raise DamagedBundle("extension block with a negative number")
    hops, limit, age, quality = numbers
    return Journey(hops, limit, age, Priority(min(quality, Priority.EXPEDITED)))


def processable(bundle: Bundle) -> Bundle:
    """The bundle as a node may handle it, without blocks that must go where they are not understood.

    Blocks of unknown type stay unless their flags say otherwise. Raises DamagedBundle for a bundle that must not go on.
    """
    for block in bundle.blocks:
        if block.type not in _KNOWN and block.flags & DELETE_BUNDLE:
            raise DamagedBundle(f"needs block type {block.type}, which is not known here")
        if block.type not in _KNOWN and block.flags & DISCARD_BLOCK:
            bundle = bundle.without(block)
    journey = read_journey(bundle)
    if journey.hops > journey.hop_limit:
        raise DamagedBundle(f"{journey.hops} hops where {journey.hop_limit} are allowed")
    return bundle


def forwarded(bundle: Bundle, by: int, age_ms: int) -> Bundle:
    """The bundle as node ``by`` sends it on: one hop further, of age ``age_ms``, with its name on it."""
    journey = read_journey(bundle)
    return (
        bundle.with_block(HOP_COUNT, cbor2.dumps([journey.hop_limit, journey.hops + 1]), REPLICATE)
        .with_block(AGE, cbor2.dumps(age_ms), REPLICATE)
        .with_block(PREVIOUS_NODE, Eid(by).pack())
    )


def _content(bundle: Bundle, type_: int, missing: Any) -> Any:
    block = bundle.block(type_)
    return missing if block is None else cbor2.loads(block.data)
