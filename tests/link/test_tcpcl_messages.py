"""TCPCL messages octet by octet, laid out by hand from RFC 9174, and streams cut anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.link.convergence import messages as wire
from farside.link.convergence.messages import (
    Ack,
    Broken,
    Contact,
    Init,
    Item,
    Keepalive,
    Parser,
    Refuse,
    Reject,
    Segment,
    Terminate,
    transfer_in_parts,
    whole_transfers,
)

GOLDEN = {
    "contact header": (Contact(1), "64746e21 04 01"),
    "session": (
        Init(30, 1 << 20, 1 << 26, "ipn:10.0"),
        "07 001e 0000000000100000 0000000004000000 0008 69706e3a31302e30 00000000",
    ),
    "session with an extension": (
        Init(0, 1, 2, "", (Item(0, 0xABCD, b"xyz"),)),
        "07 0000 0000000000000001 0000000000000002 0000 00000008 00 abcd 0003 78797a",
    ),
    "whole transfer": (Segment(3, 7, b"\xca\xfe"), "01 03 0000000000000007 00000000 0000000000000002 cafe"),
    "first of several": (
        Segment(2, 8, b"\xca", (Item(0, 1, (3).to_bytes(8, "big")),)),
        "01 02 0000000000000008 0000000d 00 0001 0008 0000000000000003 0000000000000001 ca",
    ),
    "one between": (Segment(0, 8, b"\xfe"), "01 00 0000000000000008 0000000000000001 fe"),
    "last": (Segment(1, 8, b"\xff"), "01 01 0000000000000008 0000000000000001 ff"),
    "acknowledgement": (Ack(3, 7, 2), "02 03 0000000000000007 0000000000000002"),
    "refusal": (Refuse(2, 7), "03 02 0000000000000007"),
    "keepalive": (Keepalive(), "04"),
    "termination": (Terminate(1, 3), "05 01 03"),
    "rejection": (Reject(1, 0x2A), "06 01 2a"),
}


def parsed(data: bytes, cuts: list[int], mru: int = 1 << 16) -> list[wire.Message]:
    parser, messages = Parser(mru), []
    for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
        fresh = parser.feed(data[start:stop])
        while fresh:
            messages += fresh
            fresh = parser.feed(b"") if isinstance(fresh[-1], Contact) else []
    return messages


@pytest.mark.parametrize(("message", "octets"), GOLDEN.values(), ids=GOLDEN)
def test_messages_are_as_the_standard_lays_them_out(message, octets):
    data = bytes.fromhex(octets)
    assert message.pack() == data
    start = b"" if isinstance(message, Contact) else Contact(0).pack()
    assert parsed(start + data, [])[-1] == message


def test_bundles_become_transfers():
    assert whole_transfers(7, [b"\xca\xfe", b"\x01"]) == (
        Segment(3, 7, b"\xca\xfe").pack() + Segment(3, 8, b"\x01").pack()
    )
    parts = b"".join(transfer_in_parts(8, b"\xca\xfe\xff", 1))
    assert parts == b"".join(bytes.fromhex(GOLDEN[name][1]) for name in ("first of several", "one between", "last"))


ITEMS = st.lists(st.builds(Item, st.integers(0, 255), st.integers(0, 65535), st.binary(max_size=9)), max_size=3).map(
    tuple
)
U64 = st.integers(0, 2**64 - 1)
MESSAGES = st.one_of(
    st.builds(Init, st.integers(0, 65535), U64, U64, st.text(max_size=12), ITEMS),
    st.builds(Segment, st.sampled_from([2, 3]), U64, st.binary(max_size=300), ITEMS),
    st.builds(Segment, st.sampled_from([0, 1]), U64, st.binary(max_size=300), st.just(())),
    st.builds(Ack, st.integers(0, 3), U64, U64),
    st.builds(Refuse, st.integers(0, 255), U64),
    st.just(Keepalive()),
    st.builds(Terminate, st.integers(0, 1), st.integers(0, 5)),
    st.builds(Reject, st.integers(1, 3), st.integers(0, 255)),
)


@given(st.lists(MESSAGES, max_size=8), st.data())
@settings(deadline=None)
def test_any_cuts_of_the_stream_give_the_same_messages(messages, data):
    stream = Contact(0).pack() + b"".join(message.pack() for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    assert parsed(stream, cuts) == [Contact(0), *messages]
    assert parsed(stream, list(range(1, len(stream)))) == [Contact(0), *messages]


@given(st.binary(max_size=200), st.booleans())
def test_any_octets_are_messages_or_named_broken(octets, after_contact):
    messages = parsed((Contact(0).pack() if after_contact else b"") + octets, [])
    assert all(not isinstance(message, Broken) for message in messages[:-1])


@pytest.mark.parametrize(
    "octets",
    [
        "48545450",  # no contact header
        "64746e21 04 00 2a",  # a type that is not used
        "64746e21 04 00 01 03 0000000000000007 00000000 ffffffffffffffff",  # longer than we take
        "64746e21 04 00 01 03 0000000000000007 ffffffff 0000000000000000",  # endless extensions
        "64746e21 04 00 01 03 0000000000000007 00000003 00 00 00 0000000000000000",  # half an item
        "64746e21 04 00 01 03 0000000000000007 00000005 00 0001 0009 0000000000000000",  # an item past the others
        "64746e21 04 00 07 001e 0000000000100000 0000000004000000 0001 ff 00000000",  # a node id that is no text
    ],
)
def test_what_cannot_be_read_is_named_and_ends_the_stream(octets):
    messages = parsed(bytes.fromhex(octets), [])
    assert isinstance(messages[-1], Broken) and messages[-1].why
    parser = Parser(1 << 16)
    parser.feed(bytes.fromhex(octets))
    parser.feed(b"")
    assert parser.feed(Keepalive().pack()) == []
