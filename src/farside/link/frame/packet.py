"""Space packets (CCSDS 133.0-B-2): headers, long payloads in segments, counting, and finding what is missing.

    | version 3 b, type 1, secondary header 1, APID 11 | flags 2, count 14 | octets after the header, less 1: 16 | data

Names and rare headers come from the library spacepackets; the header of each packet is packed here, for the library
needs 4 us for one and a lunar day has two million.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from spacepackets.ccsds.spacepacket import PacketId, PacketType, SequenceFlags

from farside.errors import BadInput
from farside.link.frame.damaged import DamagedUnit

HEADER = 6
MOST_DATA = 65_536
"""Octets of data (secondary header included) that one packet can hold; it has to hold one."""
COUNTS = 1 << 14
IDLE_APID = 0x7FF
_HEADER = Struct(">HHH")


class Packet(NamedTuple):
    """A space packet. number: its count, modulo 16384. data: secondary header, if there is one, and user data."""

    apid: int
    number: int
    data: bytes
    flags: SequenceFlags = SequenceFlags.UNSEGMENTED
    kind: PacketType = PacketType.TM
    secondary: bool = False

    def pack(self) -> bytes:
        """The packet's octets. Raises BadInput for data that do not fit into one packet."""
        if not 1 <= len(self.data) <= MOST_DATA:
            raise BadInput("space packet", "data", f"{len(self.data)} octets", f"1 to {MOST_DATA} octets")
        identity = PacketId(self.kind, self.secondary, self.apid).raw()
        return _HEADER.pack(identity, self.flags << 14 | self.number, len(self.data) - 1) + self.data


def read_packet(octets: bytes) -> Packet:
    """The one packet that ``octets`` are. Raises DamagedUnit."""
    if len(octets) <= HEADER:
        raise DamagedUnit(f"{len(octets)} octets are too few for a space packet")
    identity, sequence, length = _HEADER.unpack_from(octets)
    if identity >> 13 or HEADER + length + 1 != len(octets):
        raise DamagedUnit(f"{len(octets)} octets that are no space packet of {HEADER + length + 1}")
    flags = SequenceFlags(sequence >> 14)
    kind = PacketType(identity >> 12 & 1)
    return Packet(identity & 0x7FF, sequence & 0x3FFF, octets[HEADER:], flags, kind, bool(identity >> 11 & 1))


def idle_packet(octets: int) -> bytes:
    """An idle packet of 7 to 65,542 octets. Raises BadInput for another length."""
    return Packet(IDLE_APID, 0, bytes(octets - HEADER)).pack()


class Segmenter:
    """Makes packets of payloads of any length and counts them for each APID.

    octets: the most user data in one packet. kind: telemetry or commands.
    """

    def __init__(self, octets: int = 4096, kind: PacketType = PacketType.TM) -> None:
        if not 1 <= octets <= MOST_DATA:
            raise BadInput("space packets", "octets", octets, f"1 to {MOST_DATA} octets of data a packet")
        self._octets, self._kind = octets, kind
        self._counts: dict[int, int] = {}

    def packets(self, apid: int, payload: bytes, secondary: bytes = b"") -> list[bytes]:
        """The packets of a payload, each with the same secondary header.

        Raises BadInput for an APID that is none or idle's, for a payload without an octet to send, and for a secondary
        header that does not fit beside the data.
        """
        if not 0 <= apid < IDLE_APID:
            raise BadInput("space packets", "apid", apid, f"0 to {IDLE_APID - 1}")
        if not payload and not secondary:
            raise BadInput("space packets", "payload", payload, "at least one octet: a packet cannot be empty")
        if len(secondary) + self._octets > MOST_DATA:
            expected = f"at most {MOST_DATA - self._octets} octets beside {self._octets} of data"
            raise BadInput("space packets", "secondary", f"{len(secondary)} octets", expected)
        identity = PacketId(self._kind, bool(secondary), apid).raw()
        count = self._counts.get(apid, 0)
        starts = range(0, max(len(payload), 1), self._octets)
        packets: list[bytes] = []
        for start in starts:
            first, last = start == 0, start == starts[-1]
            data = payload[start : start + self._octets]
            sequence = (first << 14 | last << 15) | (count + len(packets)) % COUNTS
            length = len(secondary) + len(data) - 1
            packets.append(b"".join((_HEADER.pack(identity, sequence, length), secondary, data)))
        self._counts[apid] = (count + len(packets)) % COUNTS
        return packets


class Gap(NamedTuple):
    """Packets of an APID that did not come: how many, and the count of the first (the number is modulo 16384)."""

    apid: int
    first: int
    missing: int


class Whole(NamedTuple):
    """A payload of which every packet came."""

    apid: int
    secondary: bytes
    payload: bytes


class Assembler:
    """Puts payloads together again. A payload of which a packet is missing is given up and counted.

    secondary: octets of the secondary header, in packets that have one. gaps: what was found missing, in order.
    incomplete: payloads of which something came but not all; two in a row count as one where both the last packet of
    one and the first of the next are missing and no secondary header tells them apart.
    """

    def __init__(self, secondary: int = 0) -> None:
        self._secondary = secondary
        self._next: dict[int, int] = {}
        self._open: dict[int, list[bytes]] = {}  # secondary header, then pieces
        self._torn: dict[int, bytes] = {}  # secondary header of the payload given up last
        self.gaps: list[Gap] = []
        self.incomplete = 0

    def feed(self, octets: bytes) -> Whole | None:
        """Take in one packet; returns the payload that it makes whole. Raises DamagedUnit for what is no packet."""
        packet = read_packet(octets)
        apid, size = packet.apid, self._secondary if packet.secondary else 0
        head, data = packet.data[:size], packet.data[size:]
        expected = self._next.get(apid, packet.number)
        self._next[apid] = (packet.number + 1) % COUNTS
        if missing := (packet.number - expected) % COUNTS:
            self.gaps.append(Gap(apid, expected, missing))
            self._give_up(apid)
        if packet.flags & SequenceFlags.FIRST_SEGMENT:
            self._give_up(apid)
            self._torn.pop(apid, None)
            self._open[apid] = [head]
        elif self._open.get(apid, [head])[0] != head:
            self._give_up(apid)
        if apid not in self._open:  # a payload whose start is missing
            self.incomplete += self._torn.get(apid) != head
            self._torn[apid] = head
            return None
        self._open[apid].append(data)
        if packet.flags & SequenceFlags.LAST_SEGMENT:
            return Whole(apid, head, b"".join(self._open.pop(apid)[1:]))
        return None

    def _give_up(self, apid: int) -> None:
        if apid in self._open:
            self._torn[apid] = self._open.pop(apid)[0]
            self.incomplete += 1
