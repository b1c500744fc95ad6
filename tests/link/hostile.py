"""What strangers may send: every reader of received bytes, what it is fed with first, and what must hold for all.

Each target takes any bytes. It may refuse them by the errors its docstring names and by nothing else, and what it does
read has to be what was written. The tests mutate the seeds; the benchmark ``fuzz_bundles`` lets a fuzzer do it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import cbor2
import fastcrc

from farside.link import acknowledgement, frame, ltp, report
from farside.link.bundle import (
    AGE,
    CONFIDENTIALITY,
    FRAGMENT,
    HOP_COUNT,
    INTEGRITY,
    PAYLOAD,
    PREVIOUS_NODE,
    QUALITY,
    Block,
    Bundle,
    BundleId,
    DamagedBundle,
    Primary,
    split,
    unpack,
)
from farside.link.checksum import Crc
from farside.link.convergence import BrokenProtocol, Parser, stcp, tcpcl
from farside.link.convergence import messages as wire
from farside.link.eid import Eid
from farside.link.fragment import fragments
from farside.link.journey import Journey, Priority, forwarded, processable, read_journey
from farside.link.security import Guard, Keys, Kind, Pattern, Refused, Rule, derive, read_security_block
from farside.link.security.keys import Key

EARTH, MOON = Eid(40, 1), Eid(10, 2)
KEYS = [derive(1, kind, Pattern(40), Pattern(10), 0, 2**45) for kind in Kind]
KEYS.append(Key("rfc", Kind.HMAC, bytes.fromhex("1a2b" * 8), Pattern(), Pattern(), 0, 2**45))
KEYS.append(Key("rfc", Kind.AES, b"qwertyuiopasdfgh" * 2, Pattern(), Pattern(), 0, 2**45))
KEYS.append(Key("rfc", Kind.KEK, b"abcdefghijklmnop", Pattern(), Pattern(), 0, 2**45))


def guard(*, sign: bool = True, encrypt: bool = True, require: bool = False) -> Guard:
    return Guard((Rule(Pattern(), Pattern(), sign, encrypt, require),), Keys(KEYS), 599_796_600_000)


def read_bundle(data: bytes) -> None:
    """A bundle, and all that a node does with it: unpack (DamagedBundle), examine (Refused), forward, cut."""
    try:
        bundle = unpack(data)
    except DamagedBundle:
        return
    assert bundle.pack() == data
    again = unpack(Bundle(bundle.primary, bundle.blocks).pack())
    assert again == bundle
    with suppress(Refused):
        guard().examine(1.0, bundle)
    try:
        bundle, journey = processable(bundle)
    except DamagedBundle:
        return
    assert max(journey.hops, journey.hop_limit, journey.age_ms or 0) < 2**64
    sent = unpack(forwarded(bundle.pack(), 20, 1234))
    assert read_journey(sent).age_ms == (None if journey.age_ms is None else 1234)
    assert (sent.primary, sent.payload) == (bundle.primary, bundle.payload)
    if len(bundle.payload) <= 4096:
        pieces = [unpack(piece.pack()) for piece in fragments(bundle, 1 + len(bundle.payload) // 3)]
        assert b"".join(piece.payload for piece in pieces) == bundle.payload


def read_made(data: bytes) -> None:
    """A bundle made as ``data`` say: whole, with right checksums, and otherwise anything that its fields can hold."""
    octets = iter(data)

    def octet() -> int:
        return next(octets, 0)

    def number() -> int:
        """A small number, mostly, or one about a power of two."""
        kind = octet()
        return kind if kind < 128 else max(min((1 << kind % 65) + octet() % 3 - 1, 2**64 - 1), 0)

    flags, crc = number(), Crc(octet() % 3)
    ends = [Eid(number() + 1, number()) for _ in range(3)]
    offset, total = (number(), 2**64 - 1) if flags & FRAGMENT else (0, 0)
    primary = Primary(ends[0], ends[1], number(), number(), number(), flags, ends[2], crc, offset, total)
    blocks = {}
    for _ in range(octet() % 8):
        type_, own = _TYPES[octet() % len(_TYPES)], number()
        content = bytes(octet() for _ in range(octet() % 80))
        blocks[own] = Block(type_, own, content, number(), Crc(octet() % 3))
    blocks.pop(1, None)
    payload = Block(PAYLOAD, 1, bytes(octet() for _ in range(octet())), number(), Crc(octet() % 3))
    read_bundle(Bundle(primary, (*blocks.values(), payload)).pack())


_TYPES = (AGE, HOP_COUNT, QUALITY, PREVIOUS_NODE, INTEGRITY, CONFIDENTIALITY, 200)


def read_stream(data: bytes) -> None:
    """A concatenation of bundles (DamagedBundle)."""
    try:
        parts = split(data)
    except DamagedBundle:
        return
    assert b"".join(parts) == data


def read_security(data: bytes) -> None:
    """The data of a security block (DamagedBundle), and the same on a bundle that is examined (Refused)."""
    with suppress(DamagedBundle):
        assert read_security_block(data).pack() == data
    plain = Bundle(Primary(MOON, EARTH, 599_796_600_000, 0, 1000, 0), (Block(PAYLOAD, 1, data[-20:]),))
    for type_ in (INTEGRITY, CONFIDENTIALITY):
        try:
            guard(require=True).examine(0.5, Bundle(plain.primary, (Block(type_, 2, data), *plain.blocks)))
        except Refused:
            continue
        raise AssertionError("a forged bundle was let in")


def read_record(data: bytes) -> None:
    """An administrative record (DamagedBundle)."""
    with suppress(DamagedBundle):
        for service, ranges in acknowledgement.unpack(data).items():
            numbers = [number for pair in ranges for number in pair]
            assert all(type(number) is int and 0 <= number < 2**65 for number in (service, *numbers))
            assert all(start <= stop for start, stop in ranges)
    with suppress(DamagedBundle):
        told = report.unpack(data)
        if told:
            numbers = [told.what, told.reason, told.time_ms, told.octets, told.offset or 0, *told.id[1:]]
            assert all(type(number) is int and 0 <= number < 2**64 for number in numbers)
            told.id.source.pack()


def read_segment(data: bytes) -> None:
    """An LTP segment (Malformed)."""
    try:
        segment = ltp.unpack(data)
    except ltp.Malformed:
        return
    assert ltp.unpack(segment.pack()) == segment


def run_ltp(data: bytes) -> None:
    """LTP segments one after the other, each behind its length in one octet, to an engine with a block under way."""
    engine = ltp.Engine(10, 20)
    engine.handle(0.0, ltp.LinkUp(1e6, 1e6, 0.2))
    engine.handle(0.0, ltp.SendBlock(((1, bytes(300)),)))
    now, at = 1.0, 0
    while at < len(data):
        size = data[at]
        for action in engine.handle(now, ltp.Segments((data[at + 1 : at + 1 + size],))):
            if isinstance(action, ltp.Arrived):
                engine.handle(now, ltp.Accept(action.ticket))
        at, now = at + 1 + size, now + 0.25
        engine.handle(now, ltp.Wake(now))


def run_tcpcl(data: bytes) -> None:
    """A TCPCL stream in two pieces to a session that has sent a bundle (Broken, Close)."""
    session = tcpcl.Session(tcpcl.Terms(me=10, active=False))
    session.handle(0.0, tcpcl.Opened())
    half = data[0] % len(data) if data else 0
    for now, part in enumerate((data[:half], data[half:]), 1):
        for action in session.handle(float(now), tcpcl.Octets(part)):
            if isinstance(action, tcpcl.Bundles):
                session.handle(float(now), ltp.Accept(action.ticket))
            if isinstance(action, tcpcl.Up):
                session.handle(float(now), tcpcl.Give(((1, b"farside"),)))
    session.handle(100.0, ltp.Wake(100.0))


def read_tcpcl(data: bytes) -> None:
    """TCPCL messages behind a contact header: what is read packs to what was there (Broken)."""
    parser = Parser(1000)
    header = wire.Contact(0).pack()
    messages = [*parser.feed(header + data), *parser.feed(b"")]
    assert messages[0] == wire.Contact(0)
    at = 0
    for message in messages[1:]:
        if isinstance(message, wire.Broken):
            return
        octets = message.pack()
        assert data[at : at + len(octets)] == octets
        at += len(octets)
    assert at + parser.pending == len(data)


def read_stcp(data: bytes) -> None:
    """An STCP stream (BrokenProtocol)."""
    splitter = stcp.Splitter(longest=1000)
    with suppress(BrokenProtocol):
        for part in (data[:5], data[5:]):
            assert all(splitter.feed(part))


def read_frames(data: bytes) -> None:
    """Packets, transfer frames and streams of them (DamagedUnit)."""
    with suppress(frame.DamagedUnit):
        assert frame.read_packet(data).pack() == data
    with suppress(frame.DamagedUnit):
        unit = frame.read_encapsulation(data)
        assert unit.data in data
    for ocf in (False, True):
        with suppress(frame.DamagedUnit):
            assert frame.read_frame(data, fecf=False, ocf=ocf).data in data
    with suppress(frame.DamagedUnit):
        packets, rest = frame.split(data)
        assert b"".join(packets) + rest == data
    for service in frame.Service:
        channel = frame.Channel(7, service, interleave=0, uncoded_octets=24, randomize=False)
        deframer, stream = frame.Deframer(channel), b""
        for at in range(0, len(data), 22):  # each piece as a frame with its check sum right
            body = data[at : at + 22].ljust(22, b"\0")
            stream += frame.MARKER + body + int(fastcrc.crc16.ibm_3740(body)).to_bytes(2, "big")
        deframer.feed(stream + data)


class Target(NamedTuple):
    """A reader, and what it is fed with first."""

    read: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def _bundle(crc: Crc, flags: int = 0, payload: bytes = b"farside", source: Eid = EARTH) -> Bundle:
    fragment = (3, 1000) if flags & FRAGMENT else (0, 0)
    primary = Primary(MOON, source, 599_796_600_000, 7, 86_400_000, flags, Eid(0), crc, *fragment)
    blocks = (*Journey(priority=Priority.EXPEDITED, age_ms=5).blocks(), Block(200, 9, b"?", 0x10), Block(201, 10, b""))
    return Bundle(primary, tuple(b._replace(crc=crc) for b in (*blocks, Block(PAYLOAD, 1, payload))))


def _bundles() -> tuple[bytes, ...]:
    plain = [_bundle(crc, flags) for crc in Crc for flags in (0, FRAGMENT)]
    plain += [_bundle(Crc.NONE, source=Eid(5 << 32 | 7, 1)), _bundle(Crc.NONE, source=Eid(0, 0, "//earth/commands"))]
    safe = [guard(encrypt=hide).protect(0.0, _bundle(Crc.NONE)) for hide in (False, True)]
    ion = (
        "9f8907184001820282020182028203018202820301821b000000c5972c52871907d11a000493e0427a0985060210004582028203008518"
        "c10301004584000100008507040100410085010101004303476fff"
    )
    rfc = (
        "9f88070000820282010282028202018202820201820018281a000f4240850c02010058508101020182028202018482014c5477656c7665"
        "3132313231328202018203581869c411276fecddc4780df42c8a2af89296fabf34d7fae7008204008181820150efa4b5ac0108e3816c56"
        "06479801bc04850101000058233a09c1e63fe23a7f66a59c7303837241e070b02619fc59c5214a22f08cd70795e73e9aff"
    )
    made = [bundle.pack() for bundle in (*plain, *safe)]
    nobody = [made[0].replace(MOON.pack(), bytes.fromhex("82028200") + service) for service in (b"\0", b"\2")]
    return (*made, *nobody, bytes.fromhex(ion), bytes.fromhex(rfc))


def _orders() -> tuple[bytes, ...]:
    primary = bytes((0, 2, 9, 2, 39, 1, 0, 0, 5, 0, 99))
    blocks = [
        bytes((k, k + 2, len(c), *c, 1, 2)) for k, c in enumerate((b"\x05", b"\x82\x18\x1e\x00", b"\x84\0\1\0\0"))
    ]
    safe = [bytes((4 + k, 9 + k, len(data), *data, 0, 2)) for k, data in enumerate(_security())]
    ends = bytes((7, *b"farside", 0, 2))
    return (primary + b"\3" + b"".join(blocks) + ends, primary + b"\2" + b"".join(safe) + ends)


def _security() -> tuple[bytes, ...]:
    safe = guard(encrypt=False).protect(0.0, _bundle(Crc.NONE)), guard(sign=False).protect(0.0, _bundle(Crc.NONE))
    return tuple(block.data for bundle in safe for block in bundle.blocks if block.type in (INTEGRITY, CONFIDENTIALITY))


def _records() -> tuple[bytes, ...]:
    told = report.Report(2, BundleId(EARTH, 599_796_600_000, 7), 0, 599_796_601_000, 0, 100)
    return (
        acknowledgement.pack({1: [(0, 5), (7, 9)], 2: [(2**40, 2**40 + 1)]}),
        report.pack(told),
        report.pack(told._replace(offset=None, time_ms=0)),
    )


def _segments() -> tuple[bytes, ...]:
    engine = ltp.Engine(20, 10)
    actions = engine.handle(0.0, ltp.LinkUp(1e6, 1e6, 0.2))
    actions += engine.handle(0.0, ltp.SendBlock(((1, b"farside" * 30),)))
    sent = [s for a in actions if isinstance(a, ltp.Send) for s in (*a.control, *a.data)]
    other = ("08140105012c00010064", "091401 05", "0c140100", "0d1401 00", "0e0a0102", "0f0a0100")
    return tuple(s for s in sent if len(s) < 256) + tuple(map(bytes.fromhex, other))


def _tcpcl() -> tuple[bytes, ...]:
    init = wire.Init(30, 1000, 100_000, "ipn:20.0").pack()
    bundle = _bundle(Crc.NONE).pack()
    parts = b"".join(wire.transfer_in_parts(0, bundle, 40))
    others = (wire.Ack(0, 0, 7), wire.Refuse(2, 0), wire.Keepalive(), wire.Reject(1, 4), wire.Terminate(0, 1))
    return (init + parts, init + b"".join(other.pack() for other in others), init + wire.whole_transfers(0, [bundle]))


def _frames() -> tuple[bytes, ...]:
    packets = (frame.Packet(5, 1, b"\0" * 9), frame.Packet(5, 2, b"housekeeping"))
    inside = b"".join(packet.pack() for packet in packets) + frame.encapsulate(4, b"bundle")
    tm, aos = (frame.Frame(service, 7, 1, 0, 0, inside[:16]) for service in frame.Service)
    rest = frame.Frame(tm.service, 7, 1, 1, 0, inside[16:32])
    return (
        packets[0].pack(),
        frame.encapsulate(4, b"x" * 300),
        tm.pack(False) + rest.pack(False),
        aos.pack(False),
        inside,
    )


_LTP, _TCPCL = _segments(), _tcpcl()
TARGETS: dict[str, Target] = {
    "bundle": Target(read_bundle, _bundles()),
    "made bundle": Target(read_made, _orders()),
    "stream": Target(read_stream, (b"".join(_bundles()[:3]), *_bundles()[4:6])),
    "security block": Target(read_security, _security()),
    "administrative record": Target(read_record, _records()),
    "LTP segment": Target(read_segment, _LTP),
    "LTP engine": Target(run_ltp, tuple(bytes((len(a), *a, len(b), *b)) for a in _LTP for b in _LTP)),
    "TCPCL messages": Target(read_tcpcl, _TCPCL),
    "TCPCL session": Target(run_tcpcl, tuple(wire.Contact(0).pack() + stream for stream in _TCPCL)),
    "STCP stream": Target(read_stcp, (stcp.pack([b"farside", b"x" * 300]) + stcp.KEEPALIVE,)),
    "frames and packets": Target(read_frames, _frames()),
}

JUNK: tuple[bytes, ...] = (
    *(bytes((major << 5 | 27,)) + b"\xff" * 8 for major in range(7)),  # the longest lengths, of every kind
    *(bytes((major << 5 | 26,)) + b"\x7f\xff\xff\xff" for major in range(7)),
    *(bytes((head,)) for head in (0x00, 0x9F, 0xBF, 0x5F, 0xFF, 0x80, 0x40, 0xF6, 0xF7, 0xE0, 0xFC)),
    *(head * 500 for head in (b"\x81", b"\x9f", b"\xa1", b"\xc6", b"\xd8\x1c", b"\x82\x01")),  # deep
    *map(cbor2.dumps, (2**64, -1, 2**200, 1.5, float("nan"), "text", {1: 2}, None, True, [1, [2]], 2**64 - 1)),
    b"\xc2\x58\xc8" + b"\xff" * 200,  # a number of 1600 bits
    b"\xff" * 9 + b"\x7f",  # SDNVs
    b"\x80" * 30,
)
"""Pieces that readers stumble over."""


def extension_blocks(data: bytes) -> list[bytes]:
    """Bundles that carry ``data`` as each of the blocks that a node looks into."""
    types = (AGE, HOP_COUNT, QUALITY, PREVIOUS_NODE, INTEGRITY, CONFIDENTIALITY, PAYLOAD)
    made = []
    for type_ in types:
        extra = (Block(type_, 2, data),) if type_ != PAYLOAD else ()
        primary = Primary(MOON, EARTH, 599_796_600_000, 7, 86_400_000)
        made.append(Bundle(primary, (*extra, Block(PAYLOAD, 1, data if not extra else b"x"))).pack())
    return made
