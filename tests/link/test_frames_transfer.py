"""Transfer frames, randomizer, Reed-Solomon code and what the codes lose."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
import reedsolo
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.ccsds.tm_frame import TmTransferFrame

from farside.errors import BadInput
from farside.link.frame import (
    Channel,
    DamagedUnit,
    Frame,
    Service,
    bit_error_rate,
    codes,
    frame_loss,
    read_frame,
    required_ebn0_db,
    word_error,
)
from farside.link.frame import reed_solomon as rs
from farside.link.frame.randomizer import randomized, sequence

GOLDEN = Frame(Service.TM, 0x1A2, 1, 9, 0, bytes(range(16)), master=5)
DATA = bytes(range(200)) * 6

frames = st.one_of(
    st.builds(
        Frame,
        st.just(Service.TM),
        st.integers(0, 1023),
        st.integers(0, 7),
        st.integers(0, 255),
        st.one_of(st.integers(0, 99), st.sampled_from([0x7FE, 0x7FF])),
        st.binary(min_size=100, max_size=200),
        st.integers(0, 255),
        st.one_of(st.just(b""), st.binary(min_size=4, max_size=4)),
    ),
    st.builds(
        Frame,
        st.just(Service.AOS),
        st.integers(0, 255),
        st.integers(0, 63),
        st.integers(0, 2**24 - 1),
        st.one_of(st.integers(0, 99), st.sampled_from([0x7FE, 0x7FF])),
        st.binary(min_size=100, max_size=200),
        st.just(0),
        st.one_of(st.just(b""), st.binary(min_size=4, max_size=4)),
    ),
)


def test_a_frame_has_its_bits_and_check_sum_at_their_places():
    octets = bytes.fromhex("1a2205091800000102030405060708090a0b0c0d0e0fee64")
    assert GOLDEN.pack() == octets
    assert read_frame(octets) == GOLDEN


def test_an_aos_frame_has_its_bits_at_their_places():
    frame = Frame(Service.AOS, 0xA2, 63, 0x010203, 0x7FE, bytes(8))
    assert frame.pack(fecf=False)[:8].hex() == "68bf0102030007fe"


@given(frames, st.booleans())
def test_frames_come_back(frame, fecf):
    assert read_frame(frame.pack(fecf), fecf, bool(frame.ocf)) == frame


@given(frames.filter(lambda frame: frame.service == Service.TM))
def test_spacepackets_reads_the_same_frame(frame):
    octets = frame.pack()
    other = TmTransferFrame.unpack(octets, len(octets), has_error_control_field=True)
    head = other.primary_header
    assert (head.master_channel_id.spacecraft_id, head.vc_id) == (frame.spacecraft, frame.channel)
    assert (head.master_ch_frame_count, head.vc_frame_count) == (frame.master, frame.number)
    assert head.frame_datafield_status.first_header_pointer == frame.pointer
    assert head.frame_datafield_status.segment_len_id == 3
    assert (other.data_field, other.op_ctrl_field or b"") == (frame.data, frame.ocf)


def test_a_secondary_header_is_passed_over():
    octets = bytearray(GOLDEN.pack(fecf=False))
    octets[4] |= 0x80
    octets[6:6] = b"\x02ab"
    assert read_frame(bytes(octets), fecf=False).data == bytes(range(16))


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (GOLDEN.pack()[:11], "too few"),
        (GOLDEN.pack()[:-1] + b"x", "check sum"),
        (b"\xc0" + GOLDEN.pack(fecf=False)[1:], "version 3"),
        (GOLDEN.pack(fecf=False)[:4] + b"\x58" + bytes(17), "does not hold packets"),
    ],
)
def test_what_is_no_frame_is_refused(octets, why):
    with pytest.raises(DamagedUnit, match=why):
        read_frame(octets, fecf="check" in why)


def test_a_pointer_outside_the_frame_is_refused():
    with pytest.raises(DamagedUnit, match="outside"):
        read_frame(GOLDEN._replace(pointer=16).pack())


def test_random_sequence_is_the_published_one():
    assert sequence(10).tobytes().hex() == "ff480ec09a0d70bc8e2c"
    assert (sequence(510)[:255] == sequence(510)[255:]).all()
    assert randomized(randomized(DATA)) == DATA


def test_check_symbols_are_the_published_ones():
    message = bytes(range(223))
    codec = reedsolo.RSCodec(nsym=32, nsize=255, fcr=112, prim=0x187, generator=0xAD)
    conventional = "2fbd4fb4748494b9acd554627212eeb3ebed41191de1d36320ea49290b25abcf"
    assert bytes(codec.encode(message)[223:]).hex() == conventional
    dual = "4ffb92dd557ec67f27fb8982cf58f8fd028ad117fcef6b2793d0418826578651"
    assert rs.encode(message)[223:].hex() == dual


def test_dual_basis_is_the_trace_basis():
    exp, x = [], 1
    for _ in range(255):
        exp.append(x)
        x = x << 1 ^ (0x187 if x & 0x80 else 0)
    log = {value: k for k, value in enumerate(exp)}

    def trace(u: int) -> int:
        total = 0
        for k in range(8):
            total ^= exp[log[u] * 2**k % 255] if u else 0
        return total

    for u in range(256):
        bits = [trace(exp[(log[u] + 117 * i) % 255] if u else 0) for i in range(8)]
        assert rs.to_dual()[u] == int("".join(map(str, bits)), 2)
    assert (rs.from_dual()[rs.to_dual()] == np.arange(256)).all()


@given(st.binary(min_size=223, max_size=223), st.sampled_from(rs.INTERLEAVES))
@settings(max_examples=20, deadline=None)
def test_codewords_vanish_at_the_roots_of_the_generator(message, interleave):
    exp, x = [], 1
    for _ in range(255):
        exp.append(x)
        x = x << 1 ^ (0x187 if x & 0x80 else 0)
    log = {value: k for k, value in enumerate(exp)}
    frame = bytes(b ^ k for k in range(interleave) for b in message)
    block = np.frombuffer(rs.encode(frame), np.uint8).reshape(255, interleave)
    for word in rs.from_dual()[block].T.tolist():
        for j in range(112, 144):
            value = 0
            for symbol in word:
                value = (exp[(log[value] + 11 * j) % 255] if value else 0) ^ symbol
            assert value == 0


@given(st.sampled_from(rs.INTERLEAVES), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_sixteen_wrong_octets_in_each_codeword_are_mended(interleave, seed):
    dice = np.random.default_rng(seed)
    frame = dice.bytes(223 * interleave)
    block = np.frombuffer(rs.encode(frame), np.uint8).reshape(255, interleave).copy()
    for k in range(interleave):
        places = dice.choice(255, dice.integers(0, 17), replace=False)
        block[places, k] ^= dice.integers(1, 256, len(places), np.uint8)
    assert rs.decode(block.tobytes()) == frame


def test_a_burst_of_eighty_octets_is_mended_and_one_more_is_told():
    block = bytearray(rs.encode(DATA[:1115]))
    block[300:380] = bytes(b ^ 0xFF for b in block[300:380])
    assert rs.decode(bytes(block)) == DATA[:1115]
    block[380] ^= 0xFF
    with pytest.raises(DamagedUnit, match="more than 16"):
        rs.decode(bytes(block))


@pytest.mark.parametrize("service", Service)
@pytest.mark.parametrize("interleave", [0, *rs.INTERLEAVES])
def test_an_access_unit_has_marker_and_block(service, interleave):
    channel = Channel(7, service, interleave, ocf=True)
    frame = Frame(service, 7, 3, 77, 0, DATA[:1] * channel.data_octets, ocf=b"clcw")
    unit = channel.access_unit(frame)
    assert unit[:4].hex() == "1acffc1d"
    assert len(unit) == 4 + channel.block_octets == 4 + (255 * interleave or 1115)
    assert channel.read(unit[4:]) == frame
    with pytest.raises(DamagedUnit, match="spacecraft 7"):
        Channel(8, service, interleave, ocf=True).read(unit[4:])


@pytest.mark.parametrize(
    ("field", "settings"),
    [
        ("spacecraft", {"spacecraft": 1024}),
        ("spacecraft", {"spacecraft": 256, "service": Service.AOS}),
        ("interleave", {"spacecraft": 1, "interleave": 6}),
        ("uncoded_octets", {"spacecraft": 1, "uncoded_octets": 2049}),
        ("fecf", {"spacecraft": 1, "interleave": 0, "fecf": False}),
    ],
)
def test_channels_that_the_standards_do_not_allow_are_named(field, settings):
    with pytest.raises(BadInput, match=field):
        Channel(**settings)


@pytest.mark.parametrize(
    ("code", "required"),
    [
        ("none", (9.59, 10.53)),
        ("rs", (6.29, 6.49)),
        ("conv", (4.2, 4.8)),
        ("conv-rs", (2.4, 2.6)),
        ("ldpc-7/8", (3.8, 3.9)),
    ],
)
def test_required_ebn0_is_that_of_the_table(code, required):
    digits = 0.05 if code == "conv" else 0.0051
    for db, error in zip(required, (1e-5, 1e-6), strict=True):
        assert required_ebn0_db(code, error) == pytest.approx(db, abs=digits)
        assert bit_error_rate(code, required_ebn0_db(code, error)) == pytest.approx(error, rel=1e-6)


def test_word_errors_are_those_of_the_table():
    assert word_error([0.0281, 0.0190, 0.0135]) == pytest.approx([1e-3, 1e-5, 1e-7], rel=0.05)


def test_word_errors_are_a_sum_of_binomial_chances():
    for p in (0.01, 0.05, 0.2):
        assert word_error(p) == pytest.approx(sum(comb(255, i) * p**i * (1 - p) ** (255 - i) for i in range(17, 256)))


@pytest.mark.parametrize("code", codes())
def test_a_stronger_signal_loses_fewer_frames(code):
    loss = frame_loss(code, np.linspace(-3, 14, 200))
    assert (np.diff(loss) <= 0).all()
    assert (loss[0], loss[-1]) == (1.0, pytest.approx(0.0, abs=1e-8))


def test_a_frame_is_lost_if_any_of_its_words_is():
    one, five = frame_loss("rs", 6.3, interleave=1), frame_loss("rs", 6.3, interleave=5)
    assert five == pytest.approx(1 - (1 - one) ** 5)
    assert frame_loss("none", 9.0, octets=100) == pytest.approx(1 - (1 - bit_error_rate("none", 9.0)) ** 800)


def test_lost_frames_of_the_model_are_those_of_the_decoder():
    """Random bit errors at the rate of the model, through the real code: losses agree within their scatter."""
    ebn0_db, tries, dice = 6.0, 150, np.random.default_rng(5)
    error = float(bit_error_rate("none", ebn0_db + 10 * np.log10(223 / 255)))
    block = np.unpackbits(np.frombuffer(rs.encode(bytes(223)), np.uint8))
    lost = 0
    for _ in range(tries):
        received = np.packbits(block ^ (dice.random(block.size) < error)).tobytes()
        try:
            assert rs.decode(received) == bytes(223)
        except DamagedUnit:
            lost += 1
    expected = float(frame_loss("rs", ebn0_db, interleave=1))
    assert abs(lost / tries - expected) < 3 * np.sqrt(expected * (1 - expected) / tries) + 1 / tries


def test_codes_that_cannot_be_computed_are_named():
    with pytest.raises(BadInput, match="code"):
        frame_loss("turbo-1/2-8920", 2.0)
    assert required_ebn0_db("turbo-1/2-8920", 1e-6) == 1.0
    with pytest.raises(BadInput, match="all that is known"):
        required_ebn0_db("turbo-1/2-8920", 1e-5)
    with pytest.raises(BadInput, match="bit_error"):
        required_ebn0_db("none", 0.5)
