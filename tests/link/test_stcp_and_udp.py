"""STCP streams cut anywhere, and the pace of datagrams."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.link.convergence import BrokenProtocol, stcp, udp


def test_bundle_follows_its_length_in_four_octets():
    assert stcp.pack([b"\xca\xfe", b"\x01"]) == bytes.fromhex("00000002cafe 00000001 01")


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=12), st.data())
def test_any_cuts_of_the_stream_give_the_same_bundles(bundles, data):
    stream = b"".join(stcp.pack([bundle]) + (stcp.KEEPALIVE if k % 3 == 0 else b"") for k, bundle in enumerate(bundles))
    for cuts in (sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20))), range(1, len(stream))):
        splitter = stcp.Splitter()
        found = []
        for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            found += splitter.feed(stream[start:stop])
        assert found == bundles


def test_bundle_past_the_limit_is_refused_by_its_length():
    splitter = stcp.Splitter(longest=10)
    assert splitter.feed(stcp.pack([bytes(10)])) == [bytes(10)]
    with pytest.raises(BrokenProtocol, match="11 octets"):
        splitter.feed((11).to_bytes(4, "big"))


@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=100), st.sampled_from([64e3, 1e6, 1e9]))
def test_datagrams_keep_to_the_rate_of_the_link(sizes, rate):
    pace, now, sent = udp.Pace(rate), 0.0, 0
    for size in sizes:
        now += pace.wait(now)
        pace.send(now, size)
        sent += 8 * (size + udp.OVERHEAD)
        assert sent - 8 * (size + udp.OVERHEAD) <= rate * (now + 0.01) + 1
    assert pace.wait(now) == pytest.approx(max(sent / rate - now - 0.01, 0.0), abs=1e-6)
