"""LTP segments octet by octet, worked out by hand from RFC 5326 section 3 and RFC 6256."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.link.ltp.segment import (
    Cancel,
    CancelAck,
    Data,
    Malformed,
    Report,
    ReportAck,
    Session,
    read_sdnv,
    sdnv,
    unpack,
)
from farside.link.ltp.spans import merge, subtract

HERE = Session(10, 300)  # engine 0a, session 300 = 2 * 128 + 44 = 82 2c

GOLDEN = {
    "data": (Data(HERE, 0, 8192, b"\xca\xfe"), "00 0a 822c 00 01 c000 02 cafe"),
    "checkpoint": (Data(HERE, 1, 0, b"\x01", 1, 0), "01 0a 822c 00 01 00 01 01 00 01"),
    "end of block": (Data(HERE, 3, 16384, b"\xff", 2, 129), "03 0a 822c 00 01 818000 01 02 8101 ff"),
    "report": (
        Report(HERE, 5, 1, 1_000_000, 0, [(0, 8192), (16384, 1_000_000)]),
        "08 0a 822c 00 05 01 bd8440 00 02 00 c000 818000 bc8440",
    ),
    "report of a part": (Report(HERE, 6, 2, 200, 100, [(110, 120)]), "08 0a 822c 00 06 02 8148 64 01 0a 0a"),
    "report acknowledgement": (ReportAck(HERE, 5), "09 0a 822c 00 05"),
    "cancel by sender": (Cancel(HERE, 12, 2), "0c 0a 822c 00 02"),
    "its acknowledgement": (CancelAck(HERE, 13), "0d 0a 822c 00"),
    "cancel by receiver": (Cancel(HERE, 14, 4), "0e 0a 822c 00 04"),
    "and its acknowledgement": (CancelAck(HERE, 15), "0f 0a 822c 00"),
}


@pytest.mark.parametrize(("segment", "octets"), GOLDEN.values(), ids=GOLDEN)
def test_segments_are_as_the_standard_lays_them_out(segment, octets):
    assert segment.pack() == bytes.fromhex(octets)
    assert unpack(bytes.fromhex(octets)) == segment


def test_numbers_of_rfc_6256():
    """RFC 6256 section 2: 0xABC, 0x1234, 0x4234, 0x7F."""
    for value, octets in ((0xABC, "953c"), (0x1234, "a434"), (0x4234, "818434"), (0x7F, "7f")):
        assert sdnv(value) == bytes.fromhex(octets)
        assert read_sdnv(bytes.fromhex(octets), 0) == (value, len(octets) // 2)


def test_extensions_are_passed_over():
    """One header extension (tag 0, two octets) and one trailer extension (tag 1, one octet): counts 0x11."""
    assert unpack(bytes.fromhex("09 0a 822c 11 00 02 aaaa 05 01 01 bb")) == ReportAck(HERE, 5)


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "10 0a 01 00 01 00 01 aa",  # version 1
        "05 0a 01 00",  # a type that is not used
        "00 0a 822c 00 01 00 03 aaaa",  # less data than said
        "00 0a 822c 00 01 00 01 aaaa",  # more
        "00 0a 822c 00 01 00 00",  # none
        "08 0a 822c 00 05 01 0a 00 8fffff7f",  # claims without end
        "08 0a 822c 00 05 01 0a 00 01 05 06",  # a claim past the scope
        "08 0a 822c 00 05 01 20 00 02 05 06 02 02",  # claims out of order
        "00 " + "ff" * 11 + "00",  # an endless number
    ],
)
def test_what_is_no_segment_is_refused(octets):
    with pytest.raises(Malformed):
        unpack(bytes.fromhex(octets))


@given(st.binary(max_size=60))
def test_any_octets_are_a_segment_or_refused(octets):
    try:
        segment = unpack(octets)
    except Malformed:
        return
    assert unpack(segment.pack()) == segment  # what was read can be written


@given(st.integers(0, 2**64))
def test_numbers_come_back(value):
    assert read_sdnv(sdnv(value), 0) == (value, len(sdnv(value)))


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)).map(lambda p: (p[0], p[0] + p[1])), max_size=8)


@given(SPANS, SPANS)
def test_spans_are_sets_of_octets(one, other):
    def octets(spans):
        return {k for start, stop in spans for k in range(start, stop)}

    merged = merge(one, other)
    assert octets(merged) == octets(one) | octets(other)
    assert all(a[1] < b[0] for a, b in pairwise(merged))
    assert octets(subtract(merge(one), merge(other))) == octets(one) - octets(other)
