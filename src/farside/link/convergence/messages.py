"""Messages of the TCP convergence layer, version 4, as they travel (RFC 9174 sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from struct import error as TooShort
from typing import NamedTuple

from farside.link.convergence.gather import BrokenProtocol, Gather

MAGIC, VERSION = b"dtn!", 4
CAN_TLS = 0x01
"""Flag of the contact header."""
SEGMENT, ACK, REFUSE, KEEPALIVE, TERMINATE, REJECT, INIT = 1, 2, 3, 4, 5, 6, 7
"""Message types."""
END, START = 0x01, 0x02
"""Flags of a transfer segment and of its acknowledgement."""
REPLY = 0x01
"""Flag of a termination: it answers one."""
CRITICAL = 0x01
"""Flag of an extension item: who does not know it must give up."""
TRANSFER_LENGTH = 1
"""Extension item of a transfer: its length in octets, 64 bits."""
COMPLETED, NO_RESOURCES, NOT_ACCEPTABLE, EXTENSION_FAILURE, SESSION_TERMINATING = 1, 2, 4, 5, 6
"""Why a transfer is refused."""
IDLE, VERSION_MISMATCH, BUSY, CONTACT_FAILURE, RESOURCES = 1, 2, 3, 4, 5
"""Why a session ends (0: no reason told)."""
UNKNOWN_TYPE, UNSUPPORTED, UNEXPECTED = 1, 2, 3
"""Why a message is rejected."""
MOST_EXTENSIONS = 1 << 16
"""Octets of extension items that are read."""

_CONTACT = Struct(">4sBB")
_WHOLE = Struct(">BBQIQ")  # segment that starts a transfer, up to its data, without extensions
_LATER = Struct(">BBQQ")  # segment that does not
_START = Struct(">BBQI")
_LENGTH, _ID_LENGTH, _ITEM = Struct(">Q"), Struct(">BBQQ"), Struct(">BHH")
_REFUSE, _TERMINATE, _REJECT = Struct(">BBQ"), Struct(">BBB"), Struct(">BBB")
_INIT = Struct(">BHQQH")
_SIZE = Struct(">I")


class Item(NamedTuple):
    """Extension item of a session or a transfer."""

    flags: int
    type: int
    value: bytes


class Contact(NamedTuple):
    """First octets of each side."""

    flags: int
    version: int = VERSION

    def pack(self) -> bytes:
        """Octets on the wire."""
        return _CONTACT.pack(MAGIC, self.version, self.flags)


class Init(NamedTuple):
    """What a side can do. keepalive in s (0: none); mru: octets that it takes, of a segment and of a transfer."""

    keepalive: int
    segment_mru: int
    transfer_mru: int
    node: str
    items: tuple[Item, ...] = ()

    def pack(self) -> bytes:
        """Octets on the wire."""
        node = self.node.encode()
        fixed = _INIT.pack(INIT, self.keepalive, self.segment_mru, self.transfer_mru, len(node))
        return fixed + node + _pack_items(self.items)


class Segment(NamedTuple):
    """Part of a transfer; extension items with the first one only."""

    flags: int
    transfer: int
    data: bytes
    items: tuple[Item, ...] = ()

    def pack(self) -> bytes:
        """Octets on the wire."""
        if not self.flags & START:
            return _LATER.pack(SEGMENT, self.flags, self.transfer, len(self.data)) + self.data
        if not self.items:
            return _WHOLE.pack(SEGMENT, self.flags, self.transfer, 0, len(self.data)) + self.data
        head = _START.pack(SEGMENT, self.flags, self.transfer, 0)[:-4]
        return head + _pack_items(self.items) + _LENGTH.pack(len(self.data)) + self.data


class Ack(NamedTuple):
    """So many octets of a transfer have come, in segments with these flags at last."""

    flags: int
    transfer: int
    length: int

    def pack(self) -> bytes:
        """Octets on the wire."""
        return _ID_LENGTH.pack(ACK, *self)


class Refuse(NamedTuple):
    """A transfer is not wanted."""

    reason: int
    transfer: int

    def pack(self) -> bytes:
        """Octets on the wire."""
        return _REFUSE.pack(REFUSE, *self)


class Keepalive(NamedTuple):
    """Nothing, but said."""

    def pack(self) -> bytes:
        """Octets on the wire."""
        return bytes((KEEPALIVE,))


class Terminate(NamedTuple):
    """No new transfers; the session ends when those under way are done."""

    flags: int
    reason: int

    def pack(self) -> bytes:
        """Octets on the wire."""
        return _TERMINATE.pack(TERMINATE, *self)


class Reject(NamedTuple):
    """A message of a type was not understood, or came at a wrong time."""

    reason: int
    type: int

    def pack(self) -> bytes:
        """Octets on the wire."""
        return _REJECT.pack(REJECT, *self)


class Broken(NamedTuple):
    """Not a message: the stream cannot be read on. reason: for a Reject of the message type."""

    why: str
    reason: int = UNSUPPORTED
    type: int = 0


Message = Contact | Init | Segment | Ack | Refuse | Keepalive | Terminate | Reject | Broken


def whole_transfers(first: int, bundles: list[bytes]) -> bytes:
    """Bundles as transfers of one segment each, numbered from ``first``."""
    parts: list[bytes] = []
    pack = _WHOLE.pack
    for transfer, bundle in enumerate(bundles, first):
        parts += (pack(SEGMENT, START | END, transfer, 0, len(bundle)), bundle)
    return b"".join(parts)


def transfer_in_parts(transfer: int, bundle: bytes, most: int) -> Iterator[bytes]:
    """One bundle in segments of at most ``most`` octets of data."""
    length = (Item(0, TRANSFER_LENGTH, _LENGTH.pack(len(bundle))),)
    for at in range(0, len(bundle), most):
        flags = (START if at == 0 else 0) | (END if at + most >= len(bundle) else 0)
        yield Segment(flags, transfer, bundle[at : at + most], length if at == 0 and not flags & END else ()).pack()


class Parser:
    """Finds the messages in a stream; the contact header is the first. segment_mru: octets of data that we take."""

    def __init__(self, segment_mru: int) -> None:
        self._mru, self._rest = segment_mru, Gather()
        self._contact_due = True
        self._broken = False

    @property
    def pending(self) -> int:
        """Octets that are no whole message yet."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[Message]:
        """Messages that are whole with these octets. After the contact header it stops: ``feed(b"")`` goes on."""
        data = self._rest.add(data)
        messages: list[Message] = []
        at, need = 0, 1
        try:
            while at < len(data) and not self._broken:
                due = self._contact_due
                message, at = self._contact(data, at) if due else self._message(data, at)
                messages.append(message)
                if due:
                    break
        except _More as more:
            need = more.need
        except BrokenProtocol as broken:
            messages.append(self._break(broken.why, UNSUPPORTED, data[at]))
        if not self._broken:
            self._rest.keep(data[at:], need)
        return messages

    def _contact(self, data: bytes, at: int) -> tuple[Message, int]:
        if not MAGIC.startswith(data[at : at + 4]):
            return self._break(f"the stream begins with {data[at : at + 4]!r}, not {MAGIC!r}"), at
        _, version, flags = _read(_CONTACT, data, at, 0)
        self._contact_due = False
        return Contact(flags, version), at + _CONTACT.size

    def _break(self, why: str, reason: int = UNSUPPORTED, kind: int = 0) -> Broken:
        self._broken = True
        return Broken(why, reason, kind)

    def _message(self, data: bytes, at: int) -> tuple[Message, int]:
        match data[at]:
            case 1:
                return self._segment(data, at)
            case 2:
                _, flags, transfer, length = _read(_ID_LENGTH, data, at, at)
                return Ack(flags, transfer, length), at + _ID_LENGTH.size
            case 3:
                _, reason, transfer = _read(_REFUSE, data, at, at)
                return Refuse(reason, transfer), at + _REFUSE.size
            case 4:
                return Keepalive(), at + 1
            case 5:
                _, flags, reason = _read(_TERMINATE, data, at, at)
                return Terminate(flags, reason), at + _TERMINATE.size
            case 6:
                _, reason, type_ = _read(_REJECT, data, at, at)
                return Reject(reason, type_), at + _REJECT.size
            case 7:
                return _init(data, at)
            case other:
                return self._break(f"a message of type {other}", UNKNOWN_TYPE, other), at

    def _segment(self, data: bytes, begin: int) -> tuple[Segment, int]:
        items: tuple[Item, ...] = ()
        if len(data) - begin < 2:
            raise _More(2)
        if not data[begin + 1] & START:
            _, flags, transfer, length = _read(_LATER, data, begin, begin)
            at = begin + _LATER.size
        else:
            _, flags, transfer, extensions, length = _read(_WHOLE, data, begin, begin)
            at = begin + _WHOLE.size
            if extensions:
                items, at = _items(data, begin + _START.size - 4, begin)
                (length,) = _read(_LENGTH, data, at, begin)
                at += 8
        if length > self._mru:
            raise BrokenProtocol("TCPCL", f"a segment of {length} octets; the limit told was {self._mru}")
        end = at + length
        if end > len(data):
            raise _More(end - begin)
        return Segment(flags, transfer, data[at:end], items), end


class _More(Exception):
    """A message is not whole. need: its octets, as far as known."""

    def __init__(self, need: int) -> None:
        self.need = need


def _read(form: Struct, data: bytes, at: int, begin: int) -> tuple:  # type: ignore[type-arg]
    try:
        return form.unpack_from(data, at)
    except TooShort:
        raise _More(at + form.size - begin) from None


def _init(data: bytes, begin: int) -> tuple[Init, int]:
    _, keepalive, segment_mru, transfer_mru, length = _read(_INIT, data, begin, begin)
    at = begin + _INIT.size + length
    items, at = _items(data, at, begin)
    try:
        node = data[begin + _INIT.size : begin + _INIT.size + length].decode()
    except UnicodeDecodeError:
        raise BrokenProtocol("TCPCL", "a node id that is not UTF-8") from None
    return Init(keepalive, segment_mru, transfer_mru, node, items), at


def _items(data: bytes, at: int, begin: int) -> tuple[tuple[Item, ...], int]:
    (size,) = _read(_SIZE, data, at, begin)
    if size > MOST_EXTENSIONS:
        raise BrokenProtocol("TCPCL", f"{size} octets of extensions; the limit is {MOST_EXTENSIONS}")
    at += 4
    end = at + size
    if end > len(data):
        raise _More(end - begin)
    items = []
    while at < end:
        if end - at < _ITEM.size:
            raise BrokenProtocol("TCPCL", "extensions end inside an item")
        flags, type_, length = _ITEM.unpack_from(data, at)
        at += _ITEM.size + length
        if at > end:
            raise BrokenProtocol("TCPCL", "an extension item runs past the others")
        items.append(Item(flags, type_, data[at - length : at]))
    return tuple(items), end


def _pack_items(items: tuple[Item, ...]) -> bytes:
    packed = b"".join(_ITEM.pack(item.flags, item.type, len(item.value)) + item.value for item in items)
    return _SIZE.pack(len(packed)) + packed
