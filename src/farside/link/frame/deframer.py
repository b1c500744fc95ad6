"""A stream of received octets in, whole packets out, whatever was lost or damaged on the way."""

from __future__ import annotations

from dataclasses import dataclass

from farside.link.frame.channel import MARKER, Channel
from farside.link.frame.damaged import DamagedUnit
from farside.link.frame.split import is_idle, split
from farside.link.frame.transfer import COUNTS, NO_START, ONLY_IDLE, Frame


@dataclass
class _Virtual:
    """A virtual channel: the count its next frame should have, and the octets of the packet that is not whole yet.

    aligned: whether the next octet of data starts a packet or continues ``begun``.
    """

    expected: int
    begun: bytes = b""
    aligned: bool = False


class Deframer:
    """Finds frames by their sync marker, mends or rejects them, and takes their packets out.

    frames: good ones so far. rejected: blocks after a marker that are no good frame. missing: frames that their virtual
    channel's count tells of. torn: packets of which a part came.

    A TM channel counts frames modulo 256: it cannot tell a loss of exactly 256 in a row (or 512, ...), and the packet
    across such a gap can be wrong. AOS counts modulo 2^24.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.frames = self.rejected = self.missing = self.torn = 0
        self._received = bytearray()
        self._virtual: dict[int, _Virtual] = {}

    def feed(self, octets: bytes) -> list[tuple[int, bytes]]:
        """Take received octets, in pieces of any length; returns (virtual channel, packet), without idle packets."""
        received, found = self._received, []
        received += octets
        at, size = 0, len(MARKER) + self.channel.block_octets
        while (at := _find(received, at)) + size <= len(received):
            try:
                frame = self.channel.read(bytes(received[at + len(MARKER) : at + size]))
            except DamagedUnit:  # perhaps the marker was none: the next may stand inside
                self.rejected += 1
                at += 1
                continue
            at += size
            self.frames += 1
            found += [(frame.channel, packet) for packet in self._packets(frame) if not is_idle(packet)]
        del received[:at]
        return found

    def _packets(self, frame: Frame) -> list[bytes]:
        """The packets that a frame makes whole."""
        virtual = self._virtual.setdefault(frame.channel, _Virtual(frame.number))
        modulus = COUNTS[frame.service]
        missing = (frame.number - virtual.expected) % modulus
        virtual.expected = (frame.number + 1) % modulus
        if missing:
            self.missing += missing
            self._tear(virtual)
        if frame.pointer == ONLY_IDLE:
            return []
        start = len(frame.data) if frame.pointer == NO_START else frame.pointer
        try:
            packets = self._continued(virtual, frame.data[:start], frame.pointer != NO_START)
            if frame.pointer != NO_START:
                new, virtual.begun = split(frame.data[start:])
                virtual.aligned = True
                packets += new
        except DamagedUnit:
            self._tear(virtual)
            return []
        return packets

    def _continued(self, virtual: _Virtual, data: bytes, ends: bool) -> list[bytes]:
        """The packet begun before, if ``data`` make it whole; ``ends``: another starts after them."""
        if not virtual.aligned:
            return []
        if not virtual.begun:
            if data:  # they continue a packet that never began
                self._tear(virtual)
            return []
        packets, virtual.begun = split(virtual.begun + data)
        if len(packets) > 1 or (packets and virtual.begun) or (ends and not packets):
            self._tear(virtual)
            return []
        return packets

    def _tear(self, virtual: _Virtual) -> None:
        self.torn += bool(virtual.begun)
        virtual.begun, virtual.aligned = b"", False


def _find(received: bytearray, at: int) -> int:
    """Offset of the next sync marker, or of what may become one."""
    found = received.find(MARKER, at)
    return found if found >= 0 else max(at, len(received) - len(MARKER) + 1)
