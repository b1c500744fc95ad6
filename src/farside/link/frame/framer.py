"""Octets of packets in, channel access units out.

packets   |---------|--------------------------|----|-----------------|
frames    H....|....H.........H.........H......|....H..  first header pointers: 0, 5, none, none, 7 ...
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from farside.errors import BadInput
from farside.link.frame.channel import Channel
from farside.link.frame.encapsulation import IDLE_OCTET
from farside.link.frame.packet import HEADER, idle_packet
from farside.link.frame.randomizer import sequence
from farside.link.frame.transfer import (
    CHANNELS,
    COUNTS,
    IDLE_CHANNEL,
    NO_START,
    OCF_OCTETS,
    ONLY_IDLE,
    Frame,
    Service,
)

MASTER_COUNTS = 1 << 8


class Framer:
    """Puts packets into frames, each virtual channel's by itself, and numbers them.

    ocf: what the operational control field of the next frames says (4 octets), where the channel has one.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.ocf = bytes(OCF_OCTETS)
        self._waiting: dict[int, bytearray] = {}
        self._starts: dict[int, deque[int]] = {}  # of packets, as offsets into what waits
        self._counts: dict[int, int] = {}
        self._master = 0

    def feed(self, packets: Iterable[bytes], virtual: int = 0) -> list[bytes]:
        """Take whole packets for a virtual channel; returns the access units that are full.

        Raises BadInput for a virtual channel that the service does not have or keeps for idle frames.
        """
        service = self.channel.service
        if not 0 <= virtual < CHANNELS[service] or virtual == IDLE_CHANNEL[service]:
            expected = f"0 to {CHANNELS[service] - 1} but {IDLE_CHANNEL[service]}, which is for idle frames"
            raise BadInput("framer", "virtual channel", virtual, expected)
        waiting = self._waiting.setdefault(virtual, bytearray())
        starts = self._starts.setdefault(virtual, deque())
        for packet in packets:
            starts.append(len(waiting))
            waiting += packet
        return self._frames(virtual)

    def flush(self, virtual: int = 0) -> list[bytes]:
        """Fill up the frame begun in a virtual channel with idle packets; returns it, or nothing if there is none."""
        room = -len(self._waiting.get(virtual, b"")) % self.channel.data_octets
        if not room:
            return []
        return self.feed([idle_packet(room)] if room > HEADER else [IDLE_OCTET] * room, virtual)

    def idle(self) -> bytes:
        """An access unit that only fills."""
        fill = sequence(self.channel.data_octets).tobytes()
        return self._unit(IDLE_CHANNEL[self.channel.service], ONLY_IDLE, fill)

    def _frames(self, virtual: int) -> list[bytes]:
        waiting, starts, size = self._waiting[virtual], self._starts[virtual], self.channel.data_octets
        units = []
        for at in range(0, len(waiting) - size + 1, size):
            pointer = starts[0] - at if starts and starts[0] < at + size else NO_START
            while starts and starts[0] < at + size:
                starts.popleft()
            units.append(self._unit(virtual, pointer, bytes(waiting[at : at + size])))
        used = len(units) * size
        del waiting[:used]
        self._starts[virtual] = deque(start - used for start in starts)
        return units

    def _unit(self, virtual: int, pointer: int, data: bytes) -> bytes:
        channel, count = self.channel, self._counts.get(virtual, 0)
        self._counts[virtual] = (count + 1) % COUNTS[channel.service]
        ocf = self.ocf if channel.ocf else b""
        master = self._master if channel.service == Service.TM else 0
        self._master = (self._master + 1) % MASTER_COUNTS
        return channel.access_unit(
            Frame(channel.service, channel.spacecraft, virtual, count, pointer, data, master, ocf)
        )
