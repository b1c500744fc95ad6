"""A payload on its way as packets in frames: how much has been sent, and which of its packets are torn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.link.frame import PACKET_HEADER
from farside.link.ranges import Ranges
from farside.link.thin.account import Entry

SEGMENT_OCTETS = 4096
"""Of a payload in one packet, assumed."""
SECONDARY_OCTETS = 7
"""Secondary header of every packet: when the payload was handed over (CUC: P-field, 4 octets of s, 2 of fractions)."""
_PACKET = PACKET_HEADER + SECONDARY_OCTETS + SEGMENT_OCTETS


class Outgoing:
    """A payload as a run of octets of packets. wire: how many there are. sent: how many have left."""

    def __init__(self, entry: Entry, payload: bytes, created: float, expires: float, ordinal: int) -> None:
        self.entry, self.payload, self.created, self.expires, self.ordinal = entry, payload, created, expires, ordinal
        self.packets = max(1, -(-len(payload) // SEGMENT_OCTETS))
        self.wire = len(payload) + self.packets * (PACKET_HEADER + SECONDARY_OCTETS)
        self.sent = 0
        self._torn = Ranges()

    @property
    def left(self) -> int:
        """Octets of packets that have not been sent."""
        return self.wire - self.sent

    def send(self, octets: int, begins: int, size: int, lost: NDArray[np.int64]) -> None:
        """Send its next octets.

        begins: where they begin in a row of frames that hold ``size`` octets each. lost: which of these are, ascending.
        """
        end = begins + octets
        k = np.searchsorted(lost, (begins // size, (end - 1) // size + 1))
        for run in _runs(lost[k[0] : k[1]]):
            start = max(int(run[0]) * size, begins) - begins + self.sent
            stop = min((int(run[1]) + 1) * size, end) - begins + self.sent
            self._torn.add(start // _PACKET, (stop - 1) // _PACKET + 1)
        self.sent += octets

    @property
    def received_octets(self) -> int:
        """Octets of payload in packets that are not torn, once all has been sent."""
        last = len(self.payload) - (self.packets - 1) * SEGMENT_OCTETS
        torn = self._torn.count * SEGMENT_OCTETS
        return len(self.payload) - torn + (SEGMENT_OCTETS - last if self.packets - 1 in self._torn else 0)

    @property
    def whole(self) -> bool:
        """Whether no packet is torn."""
        return not self._torn.count


def _runs(numbers: NDArray[np.int64]) -> list[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    if not numbers.size:
        return []
    breaks = np.flatnonzero(np.diff(numbers) > 1)
    firsts, lasts = numbers[np.append(0, breaks + 1)], numbers[np.append(breaks, numbers.size - 1)]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))
