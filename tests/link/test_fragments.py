"""Fragments: cut anywhere, come in any order, overlap, and still give the same payload once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_network import example

from farside.link.bundle import DO_NOT_FRAGMENT, FRAGMENT, Block, Bundle
from farside.link.fragment import fragments, joined
from farside.link.ranges import Ranges


def carrying(payload: bytes) -> Bundle:
    bundle = example()
    return Bundle(bundle.primary, (*bundle.blocks[:-1], bundle.blocks[-1]._replace(data=payload)))


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=500), st.integers(1, 200), st.integers(1, 60), st.randoms())
def test_pieces_of_pieces_in_any_order_make_the_whole(payload, first, second, random):
    whole = carrying(payload)
    pieces = list(fragments(whole, first)) + [
        again for cut in fragments(whole, first) for again in fragments(cut, second)
    ]
    random.shuffle(pieces)
    assert {(piece.id, piece.total) for piece in pieces} == {(whole.id, len(payload))}
    assert joined(((piece.primary.offset, piece.payload) for piece in pieces), len(payload)) == payload


def test_a_short_payload_or_one_to_keep_whole_is_not_cut():
    bundle = carrying(b"x" * 100)
    assert list(fragments(bundle, 100)) == [bundle]
    kept = Bundle(bundle.primary._replace(flags=DO_NOT_FRAGMENT), bundle.blocks)
    assert list(fragments(kept, 10)) == [kept]


def test_only_replicated_blocks_go_with_every_fragment():
    bundle = carrying(b"x" * 100)
    bundle = Bundle(bundle.primary, (Block(200, 9, b"once"), *bundle.blocks))
    first, *others = fragments(bundle, 30)
    assert first.block(200)
    assert all(other.block(200) is None and other.block(10) for other in others)
    assert [piece.primary.flags & FRAGMENT for piece in (first, *others)] == [1, 1, 1, 1]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=30))
def test_ranges_hold_what_a_set_would(spans):
    ranges, oracle = Ranges(), set()
    for start, length in spans:
        ranges.add(start, start + length)
        oracle.update(range(start, start + length))
    assert {n for start, stop in ranges for n in range(start, stop)} == oracle
    assert ranges.count == len(oracle)
    assert [n in ranges for n in range(80)] == [n in oracle for n in range(80)]
    stops = [stop for _, stop in ranges]
    assert all(stop < start for stop, (start, _) in zip(stops, list(ranges)[1:], strict=False))


@pytest.mark.parametrize("number", [0, 5])
def test_an_empty_set_holds_nothing(number):
    assert number not in Ranges()
