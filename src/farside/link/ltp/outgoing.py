"""A block on its way out.

A round is a set of octets and the checkpoint after them. The first round is the whole block; each report opens another
with what is missing. The checkpoint is always the segment that ends the block, and in a block of several segments it
holds the last octet alone: cheap to repeat, seldom lost, and it tells even a receiver that has forgotten everything
how long the block is. So the reports of our own receiver speak of the whole block, and the newest one is the truth:
what the receiver claimed before a power loss and does not claim now is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from farside.link.ltp.segment import BUNDLES, DATA, END_OF_BLOCK, Report, Session, sdnv
from farside.link.ltp.spans import Spans, merge, subtract

CHECKPOINT_ONLY = (0, 0)
"""Stands for the checkpoint in the list of what a burst holds."""


class Outgoing:
    """One session of a sender. size: octets of data in a segment of the first round."""

    def __init__(self, session: Session, tokens: Sequence[Any], block: bytes, size: int) -> None:
        self.session, self.tokens, self.block = session, tuple(tokens), block
        self.tail = len(block) - 1 if len(block) > size else 0  # where the checkpoint's data begin
        self.todo: Spans = [(0, self.tail)] if self.tail else []
        self.owes_checkpoint = True
        self.first_round = True
        self.serial = 1  # of the newest round's checkpoint
        self.answering = 0  # serial of the report that opened the round
        self.answered = 0  # newest checkpoint that a report was about
        self.held: Spans = []
        self.rounds: dict[int, Spans] = {1: self.todo}  # what each unanswered round holds
        self.tries = 0  # checkpoints sent in vain
        self.stuck = 0  # rounds that brought nothing
        self._view = memoryview(block)
        self._data_head, self._last_head = (session.pack(kind) + sdnv(BUNDLES) for kind in (DATA, END_OF_BLOCK))

    @property
    def has_work(self) -> bool:
        """Whether there is something to send now."""
        return self.owes_checkpoint or bool(self.todo)

    @property
    def whole(self) -> bool:
        """Whether the receiver holds and has accepted all of it."""
        return self.held == [(0, len(self.block))]

    def take(self, size: int, wrap: int, room: int, into: list[bytes]) -> tuple[int, Spans]:
        """Cut segments of at most ``size`` octets of data into ``into`` while they fit into ``room`` octets.

        wrap: octets that the driver puts around each. Returns the room that is left and the ranges taken; the
        checkpoint comes last, as CHECKPOINT_ONLY.
        """
        taken: Spans = []
        head, view = self._data_head, self._view
        while self.todo:
            start, stop = self.todo[0]
            at = start
            while at < stop:
                end = min(at + size, stop)
                segment = b"".join((head, sdnv(at), sdnv(end - at), view[at:end]))
                if len(segment) + wrap > room:
                    break
                room -= len(segment) + wrap
                into.append(segment)
                at = end
            if at > start:
                taken.append((start, at))
            if at < stop:
                self.todo[0] = at, stop
                return room, taken
            del self.todo[0]
        segment = self.checkpoint()
        if self.owes_checkpoint and len(segment) + wrap <= room:
            into.append(segment)
            room -= len(segment) + wrap
            taken.append(CHECKPOINT_ONLY)
            self.owes_checkpoint = False
        return room, taken

    def checkpoint(self) -> bytes:
        """The segment that ends the block, and the newest round."""
        last = self._view[self.tail :]
        numbers = (self.tail, len(last), self.serial, self.answering)
        return b"".join((self._last_head, *map(sdnv, numbers), last))

    def put_back(self, taken: Spans) -> None:
        """What a burst held has not left: send it again."""
        self.todo = merge(self.todo, taken)
        self.owes_checkpoint = True

    def ask_again(self) -> None:
        """The checkpoint's timer has run out: repeat it, or ask anew where it was answered and octets are open."""
        self.tries += 1
        if self.answered == self.serial:
            self._open_round(0)
        self.owes_checkpoint = True

    def report(self, report: Report) -> bool:
        """Take in what the receiver holds; returns False for one that says nothing new.

        Only what was sent up to the checkpoint that the report is about can be missing; later rounds are on their way.
        """
        if not self.answered <= report.checkpoint <= self.serial or report.upper > len(self.block):
            return False
        before = sum(stop - start for start, stop in self.held)
        scope = [(report.lower, report.upper)]
        self.held = merge(subtract(self.held, scope), report.claims)
        self.tries = 0
        if sum(stop - start for start, stop in self.held) > before:
            self.stuck = 0
        elif report.checkpoint > self.answered:
            self.stuck += 1
        if report.checkpoint > self.answered:
            self.answered = report.checkpoint
            self.rounds = {serial: sent for serial, sent in self.rounds.items() if serial > self.answered}
        missing = subtract(subtract(scope, report.claims), merge(*self.rounds.values()))
        if missing:
            if not (self.owes_checkpoint and self.serial > self.answered):
                self._open_round(report.serial)
            gaps = subtract(missing, [(self.tail, len(self.block))])
            self.rounds[self.serial] = merge(self.rounds[self.serial], gaps)
            self.todo = merge(self.todo, gaps)
            self.owes_checkpoint = True
        return True

    def _open_round(self, answering: int) -> None:
        self.serial += 1
        self.answering = answering
        self.rounds[self.serial] = []
