"""What an engine must not forget in a power loss: how often it has started, and which blocks it has closed."""

from __future__ import annotations

from farside.link.ltp.segment import Malformed, read_sdnv, sdnv

KEPT, REFUSED = 0, 1
"""What became of a block that came."""
CLOSED = 512
"""Blocks that are remembered; older ones are long done with."""
SESSIONS = 1 << 20
"""Session numbers of one start: the numbers of different starts do not meet."""
REPORTS, STARTS_APART = 64, 200
"""Report numbers kept apart between starts, and between how many."""


class Memory:
    """Starts, and the fate of the latest blocks from the peer. packed: as ``pack`` gave it; b"" for the first start."""

    def __init__(self, packed: bytes = b"") -> None:
        self._fates: dict[int, int] = {}
        self.starts = 0
        if packed:
            self._unpack(packed)
            self.starts += 1

    @property
    def first_session(self) -> int:
        """Session number before the first of this start."""
        return self.starts * SESSIONS

    @property
    def first_report(self) -> int:
        """Report serial before the first of a session."""
        return self.starts % STARTS_APART * REPORTS

    def fate(self, number: int) -> int | None:
        """What became of a block; None for one that is not closed."""
        return self._fates.get(number)

    def close(self, number: int, fate: int) -> None:
        """A block was kept or refused."""
        self._fates[number] = fate
        if len(self._fates) > CLOSED:
            del self._fates[next(iter(self._fates))]

    def pack(self) -> bytes:
        """SDNVs: starts, then number and fate of each block, in the order of closing."""
        return sdnv(self.starts) + b"".join(sdnv(number << 1 | fate) for number, fate in self._fates.items())

    def _unpack(self, packed: bytes) -> None:
        try:
            self.starts, at = read_sdnv(packed, 0)
            while at < len(packed):
                field, at = read_sdnv(packed, at)
                self._fates[field >> 1] = field & 1
        except IndexError:
            raise Malformed("its memory ends inside a number") from None
