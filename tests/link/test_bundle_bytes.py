"""Bundles byte for byte: what ION and bplib write, what is refused, and independent decoding."""

from __future__ import annotations

import cbor2
import fastcrc
import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_network import example

from farside.link import Bundle, DamagedBundle, Eid, unpack
from farside.link.bundle import FRAGMENT, HOP_COUNT, PAYLOAD, QUALITY, Block, Primary
from farside.link.checksum import Crc, intact, seal
from farside.link.journey import Priority, read_journey

ION = bytes.fromhex(
    "9f8907184001820282020182028203018202820301821b000000c5972c52871907d11a000493e0427a0985060210004582028203008518c1"
    "0301004584000100008507040100410085010101004303476fff"
)
"""Written by ION 4.1.3: CRC-16 on the primary, previous node, quality of service, age, payload."""
BPLIB_IN = bytes.fromhex(
    "9f8907000282028218c818408202820a01820100821b000000c597381049071a0036ee8044dc88af92860a0200014482181e00423d7886070300"
    "01431905dc426e9e8601010001476661727369646542700aff"
)
"""Payload "farside" from ipn:10.1 to ipn:200.64, as given to NASA bplib 7.0."""
BPLIB_OUT = bytes.fromhex(
    "9f8907000282028218c818408202820a01820100821b000000c597381049071a0036ee8044dc88af92860a0200014482181e014221c386070300"
    "01431905dc426e9e8601010001476661727369646542700aff"
)
"""The same bundle as bplib forwarded it: hop count 1, that block's checksum new."""

numbers = st.one_of(st.integers(0, 30), st.integers(0, 2**64 - 1))
small = st.integers(0, 2**32 - 1)
eids = st.one_of(
    st.tuples(st.integers(1, 2**64 - 1), small).map(lambda pair: Eid(*pair)),
    st.just(Eid(0)),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).map(lambda name: Eid(0, 0, name)),
)
crcs = st.sampled_from(Crc)


@st.composite
def bundles(draw) -> Bundle:
    payload = draw(st.binary(max_size=300))
    flags = draw(st.integers(0, 2**21 - 1))
    offset = draw(small) if flags & FRAGMENT else 0
    total = offset + len(payload) + draw(small) if flags & FRAGMENT else 0
    primary = Primary(
        draw(eids),
        draw(eids),
        draw(numbers),
        draw(numbers),
        draw(numbers),
        flags,
        draw(eids),
        draw(crcs),
        offset,
        total,
    )
    types = draw(st.lists(st.integers(2, 300), max_size=4))
    extensions = [Block(t, n, draw(st.binary(max_size=40)), draw(small), draw(crcs)) for n, t in enumerate(types, 2)]
    return Bundle(primary, (*extensions, Block(PAYLOAD, 1, payload, 0, draw(crcs))))


@pytest.mark.parametrize("data", [ION, BPLIB_IN, BPLIB_OUT])
def test_bundles_of_other_agents_come_out_as_they_came_in(data):
    bundle = unpack(data)
    assert bundle.pack() == data
    assert Bundle(bundle.primary, bundle.blocks).pack() == data


def test_an_ion_bundle_says_what_its_sender_meant():
    bundle = unpack(ION)
    assert (str(bundle.primary.source), str(bundle.primary.destination)) == ("ipn:3.1", "ipn:2.1")
    assert bundle.payload == b"\x03Go"
    assert bundle.block(QUALITY).data == cbor2.dumps([0, 1, 0, 0])
    assert read_journey(bundle).priority is Priority.STANDARD


def test_forwarding_changes_the_bytes_bplib_changes():
    assert unpack(BPLIB_IN).with_block(HOP_COUNT, cbor2.dumps([30, 1])).pack() == BPLIB_OUT
    assert unpack(BPLIB_OUT).payload == b"farside"


def test_checksums_have_their_published_check_values():
    assert fastcrc.crc16.ibm_sdlc(b"123456789") == 0x906E
    assert google_crc32c.value(b"123456789") == 0xE3069283
    assert intact(Crc.CASTAGNOLI, seal(Crc.CASTAGNOLI, b"\x81\x01"), 0, 7)


def test_every_flipped_bit_is_noticed():
    data = example().pack()
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DamagedBundle):
            unpack(bytes(changed))


def test_every_cut_is_noticed():
    data = example().pack()
    for length in range(len(data)):
        with pytest.raises(DamagedBundle):
            unpack(data[:length])
    with pytest.raises(DamagedBundle, match="octets where the end mark belongs"):
        unpack(data + b"\xff")


@pytest.mark.parametrize(
    "change",
    [
        lambda items: items[:1] + items[2:],  # no payload
        lambda items: items,  # payload not last
        lambda items: [items[0], items[1], items[1]],  # two payloads
        lambda items: [items[0], [*items[2][:1], 1, *items[2][2:]], items[1]],  # two blocks with number 1
        lambda items: [[6, *items[0][1:]], items[1]],  # version 6
        lambda items: [[*items[0][:4], [3, 0], *items[0][5:]], items[1]],  # unknown endpoint scheme
    ],
)
def test_bundles_that_break_a_rule_are_refused(change):
    primary = example().primary._replace(crc=Crc.NONE)
    bundle = Bundle(primary, (Block(PAYLOAD, 1, b"x", 0, Crc.NONE),))
    items = cbor2.loads(bundle.pack())
    items.append([200, 2, 0, 0, b""])
    broken = b"\x9f" + b"".join(cbor2.dumps(item) for item in change(items)) + b"\xff"
    with pytest.raises(DamagedBundle):
        unpack(broken)


def test_an_array_of_known_length_is_not_a_bundle():
    with pytest.raises(DamagedBundle, match="indefinite"):
        unpack(cbor2.dumps(cbor2.loads(BPLIB_IN)))


@settings(deadline=None)
@given(bundles())
def test_a_general_cbor_reader_finds_the_same_items(bundle):
    primary, *blocks = cbor2.loads(bundle.pack())
    p = bundle.primary
    assert primary[:3] == [7, p.flags, p.crc]
    assert primary[6:8] == [[p.created_ms, p.sequence], p.lifetime_ms]
    assert [block[:5] for block in blocks] == [[b.type, b.number, b.flags, b.crc, b.data] for b in bundle.blocks]


@settings(deadline=None)
@given(bundles())
def test_every_bundle_survives_the_way_through_bytes(bundle):
    assert unpack(bundle.pack()) == bundle


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.binary(max_size=60).map(lambda tail: BPLIB_IN[:40] + tail)))
def test_noise_is_refused_and_never_crashes(data):
    with pytest.raises(DamagedBundle):
        unpack(data)


@pytest.mark.parametrize(
    ("eid", "text"),
    [
        (Eid(10, 1), "ipn:10.1"),
        (Eid(5 << 32 | 7, 2), "ipn:5.7.2"),
        (Eid(0), "dtn:none"),
        (Eid(0, 0, "//base/in"), "dtn://base/in"),
    ],
)
def test_endpoints_read_as_the_field_writes_them(eid, text):
    assert str(eid) == text
