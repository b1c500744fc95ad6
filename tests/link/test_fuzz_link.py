"""Nothing that comes in makes a reader crash, hang or eat memory."""

from __future__ import annotations

import tracemalloc

import pytest
from hostile import JUNK, TARGETS, extension_blocks, read_bundle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PATIENT = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def mutated(draw, seeds):
    """A seed with a few places flipped, cut, doubled or overwritten; sometimes bytes of no origin at all."""
    data = bytearray(draw(st.one_of(st.sampled_from(seeds), st.binary(max_size=100))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, min(8, len(data) - at)))
        new = draw(st.one_of(st.binary(max_size=4), st.sampled_from(JUNK), st.just(bytes(data[at:][:40]))))
        data[at : at + size] = new
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 9)) == 0 else data)


@pytest.mark.parametrize("name", TARGETS)
@PATIENT
@given(data=st.data())
def test_a_reader_reads_or_refuses(name, data):
    target = TARGETS[name]
    target.read(data.draw(mutated(target.seeds)))


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_read(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].read(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_every_cut_and_every_junk_is_read_or_refused(name):
    target = TARGETS[name]
    for seed in target.seeds[:4]:
        for at in range(len(seed)):
            target.read(seed[:at])
            target.read(seed[:at] + JUNK[at % len(JUNK)] + seed[at + 1 :])


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: junk[:6].hex())
def test_extension_blocks_of_any_content_are_read_or_refused(junk):
    for content in (junk, junk * 3, b"\x82" + junk, b"\x82\x00" + junk, b"\x84\x00\x01" + junk + b"\x00"):
        for data in extension_blocks(content):
            read_bundle(data)


@pytest.mark.parametrize("name", TARGETS)
def test_lengths_beyond_all_bounds_take_no_memory(name):
    target = TARGETS[name]
    target.read(target.seeds[0])  # what is made once
    tracemalloc.start()
    try:
        for junk in JUNK:
            for lead in (b"", b"\x9f", target.seeds[0][:1], target.seeds[0][:-4], target.seeds[-1][:-1]):
                target.read(lead + junk + bytes(64))
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", TARGETS)
def test_nesting_without_end_is_refused(name):
    for head in (b"\x81", b"\x9f", b"\xa1\x00", b"\xc6", b"\x82\x01"):
        TARGETS[name].read(head * 200_000)
        TARGETS[name].read(b"\x82\x01" + head * 200_000)
