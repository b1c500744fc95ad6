"""The blocks that tell of a bundle's journey: hops, age, priority and the node before (RFC 9171 section 4.4)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import cbor2

from farside.link.bundle import (
    AGE,
    CONFIDENTIALITY,
    DELETE_BUNDLE,
    DISCARD_BLOCK,
    HOP_COUNT,
    INTEGRITY,
    PAYLOAD,
    PREVIOUS_NODE,
    QUALITY,
    REPLICATE,
    REPORT_BUNDLE,
    Block,
    Bundle,
    DamagedBundle,
    rewrite,
)
from farside.link.eid import Eid

HOP_LIMIT = 30
MOST_ORDINAL = 254
_KNOWN = frozenset({PAYLOAD, PREVIOUS_NODE, AGE, HOP_COUNT, INTEGRITY, CONFIDENTIALITY, QUALITY})


class Priority(IntEnum):
    """Class of a bundle: a higher one always leaves first."""

    BULK = 0
    STANDARD = 1
    EXPEDITED = 2


_SINGLE = (PREVIOUS_NODE, AGE, HOP_COUNT, QUALITY)
_PRIORITIES = tuple(Priority)


class Unwelcome(DamagedBundle):
    """An intact bundle that must not go on: too many hops, or it needs what is not known here."""

    def __init__(self, why: str, reason: int) -> None:
        """reason: code of a status report (see report.py)."""
        super().__init__(why)
        self.reason = reason


class Journey(NamedTuple):
    """Hops made and allowed, age in ms as told by the node before (None: it tells none), priority and rank within
    it.
    """

    hops: int = 0
    hop_limit: int = HOP_LIMIT
    age_ms: int | None = None
    priority: Priority = Priority.STANDARD
    ordinal: int = 0

    def blocks(self, by: int | None = None) -> tuple[Block, ...]:
        """Extension blocks of a new bundle, copied to each of its fragments; by: the node that sends it."""
        name = () if by is None else (Block(PREVIOUS_NODE, 5, Eid(by).pack(), REPLICATE),)
        return (
            *name,
            Block(HOP_COUNT, 2, cbor2.dumps([self.hop_limit, self.hops]), REPLICATE),
            Block(AGE, 3, cbor2.dumps(self.age_ms or 0), REPLICATE),
            Block(QUALITY, 4, cbor2.dumps([0, int(self.priority), self.ordinal, 0]), REPLICATE),
        )


def read_journey(bundle: Bundle) -> Journey:
    """What a bundle tells of its journey; what it does not tell is as at a source. Raises DamagedBundle."""
    hops, limit, age, priority, ordinal = 0, HOP_LIMIT, None, int(Priority.STANDARD), 0
    try:
        if (content := bundle.content(HOP_COUNT)) is not None:
            limit, hops = _numbers(content, 2)
        if (content := bundle.content(AGE)) is not None:
            age = _number(cbor2.loads(content))
        if (content := bundle.content(QUALITY)) is not None:
            _, priority, ordinal, *_ = _numbers(content, 3)
    except (ValueError, TypeError, LookupError, EOFError, RecursionError, MemoryError, cbor2.CBORError) as error:
        raise DamagedBundle(f"extension block: {error}") from None
    return Journey(hops, limit, age, _PRIORITIES[min(priority, 2)], min(ordinal, MOST_ORDINAL))


def processable(bundle: Bundle) -> tuple[Bundle, Journey]:
    """The bundle as a node may handle it, without blocks that must go where they are not understood, and its journey.

    Blocks of unknown type stay unless their flags say otherwise. Raises Unwelcome for a bundle that must not go on,
    DamagedBundle for one whose journey cannot be read.
    """
    types = bundle.types()
    if len(set(types)) < len(types) and any(types.count(type_) > 1 for type_ in _SINGLE):
        raise DamagedBundle("two blocks of a kind of which there is one at most")
    if not _KNOWN.issuperset(types):
        for block in [block for block in bundle.blocks if block.type not in _KNOWN]:
            if block.flags & DELETE_BUNDLE:
                raise Unwelcome(f"needs block type {block.type}, which is not known here", 11)
            if block.flags & DISCARD_BLOCK:
                bundle = bundle.without(block)
    journey = read_journey(bundle)
    if journey.hops > journey.hop_limit:
        raise Unwelcome(f"{journey.hops} hops where {journey.hop_limit} are allowed", 9)
    return bundle, journey


def wants_report(bundle: Bundle) -> bool:
    """Whether a block that is not known here asks that its bundle's report-to endpoint be told so."""
    if _KNOWN.issuperset(bundle.types()):
        return False
    return any(block.flags & REPORT_BUNDLE for block in bundle.blocks if block.type not in _KNOWN)


def aged(data: bytes, age_ms: int) -> bytes:
    """A bundle's bytes with another age in its age block, if it has one."""
    return rewrite(data, lambda type_, _: cbor2.dumps(age_ms) if type_ == AGE else None, {}, 0)


def forwarded(data: bytes, by: int, age_ms: int) -> bytes:
    """A bundle's bytes as node ``by`` sends it on: one hop further, of age ``age_ms``, with its name on it."""
    name = Eid(by).pack()
    age = cbor2.dumps(age_ms)

    def change(type_: int, content: bytes) -> bytes | None:
        if type_ == AGE:
            return age
        if type_ == PREVIOUS_NODE:
            return name
        if type_ == HOP_COUNT:
            limit, hops = cbor2.loads(content)
            return bytes(cbor2.dumps([limit, hops + 1]))
        return None

    return rewrite(data, change, {PREVIOUS_NODE: name}, 0)


def _numbers(content: bytes, least: int) -> list[int]:
    numbers: Any = cbor2.loads(content)
    if not isinstance(numbers, list) or len(numbers) < least:
        raise ValueError(f"{len(content)} octets that are no list of {least}")
    return [_number(number) for number in numbers]


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise ValueError(f"{type(value).__name__} where a number from 0 belongs")
    return value
