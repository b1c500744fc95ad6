"""A block on its way in."""

from __future__ import annotations

from enum import Enum, auto

from farside.link.ltp.segment import Report, Session, sdnv
from farside.link.ltp.spans import Spans, merge

PIECE_COST = 200
"""Octets of memory that a piece takes beside its data."""


class State(Enum):
    """Whether a block is still coming, waits for Accept, or is kept and only has to be reported."""

    COMING = auto()
    HERE = auto()
    KEPT = auto()


class Incoming:
    """One session of a receiver. serial: of the report before its first one."""

    def __init__(self, session: Session, serial: int) -> None:
        self.session = session
        self.state = State.COMING
        self.length: int | None = None  # of the block, once its end has come
        self.checkpoint = 0  # newest serial
        self.reach = 0  # end of what the newest checkpoint covers
        self.serial = serial
        self.tries = 0  # reports sent in vain
        self.cost = 0  # octets of memory
        self.cancelled = False
        self.reported = False  # whether a report waits for its acknowledgement
        self._pieces: dict[int, bytes | memoryview] = {}
        self._octets = 0
        self._report: Report | None = None

    def add(self, offset: int, data: bytes | memoryview) -> None:
        """Keep a piece."""
        old = self._pieces.get(offset, b"")
        if len(data) > len(old):
            self._pieces[offset] = data
            self._octets += len(data) - len(old)
            self.cost += len(data) - len(old) + (0 if old else PIECE_COST)

    def ask(self, serial: int, end: int) -> None:
        """A checkpoint has come that covers what lies before ``end``."""
        if serial >= self.checkpoint:
            self.checkpoint, self.reach = serial, end

    @property
    def complete(self) -> bool:
        """Whether every octet has come."""
        return self.length is not None and self._octets >= self.length and self.claims() == [(0, self.length)]

    def claims(self) -> Spans:
        """What has come."""
        return merge((at, at + len(data)) for at, data in self._pieces.items())

    def block(self) -> bytes:
        """The whole block; its pieces are forgotten."""
        parts, stop = [], 0
        for at in sorted(self._pieces):
            data = self._pieces[at]
            if at + len(data) > stop:
                parts.append(data[stop - at :])
                stop = at + len(data)
        self._pieces.clear()
        self.cost = 0
        return b"".join(parts)

    def report(self, room: int) -> bytes:
        """Say what is here, in about ``room`` octets; the same report again where nothing has changed since.

        Where there are more claims than room, its scope ends before the first that does not fit.
        """
        if self.state is State.KEPT:
            assert self.length is not None
            upper, claims = self.length, [(0, self.length)]
        else:
            upper, claims = self._fit(self.length or self.reach, room)
        last = self._report
        if last is None or (last.checkpoint, last.upper, last.claims) != (self.checkpoint, upper, claims):
            self.serial += 1
            self._report = last = Report(self.session, self.serial, self.checkpoint, upper, 0, claims)
        return last.pack()

    def _fit(self, upper: int, room: int) -> tuple[int, Spans]:
        fits: Spans = []
        for start, stop in self.claims():
            if start >= upper:
                break
            stop = min(stop, upper)
            room -= len(sdnv(start)) + len(sdnv(stop - start))
            if fits and room < 0:
                return start, fits
            fits.append((start, stop))
        return upper, fits
