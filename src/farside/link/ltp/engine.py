"""The Licklider Transmission Protocol between two nodes, as one machine without clock or socket (RFC 5326).

    SendBlock  ->  Send, Send, ...  ->  Ready, and later Taken or Lost
    Segments   ->  Arrived  ->  Accept  ->  Send (the report that completes the block)

Engine numbers are node numbers; blocks are red from end to end. The engine keeps the link filled, a burst at a time,
old sessions first. While there is no link its timers stand still, and all sessions go on when it is back.

Two link rates can differ by four thousand, so a receiver spends at most ``share`` of its own link on reports: what is
owed waits, and what has come meanwhile goes into the same report.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from typing import Any

from farside.link.ltp.events import (
    Accept,
    Action,
    Arrived,
    Event,
    LinkDown,
    LinkUp,
    Lost,
    Ready,
    Refuse,
    Segments,
    Send,
    SendBlock,
    Sent,
    Taken,
    Wake,
    WakeAt,
)
from farside.link.ltp.incoming import Incoming, State
from farside.link.ltp.memory import KEPT, REFUSED, Memory
from farside.link.ltp.outgoing import CHECKPOINT_ONLY, Outgoing
from farside.link.ltp.segment import (
    BUNDLES,
    BY_CLIENT,
    BY_SYSTEM,
    CANCEL_BY_RECEIVER,
    CANCEL_BY_SENDER,
    END_OF_RED,
    RECEIVER_CANCEL_ACK,
    SENDER_CANCEL_ACK,
    TOO_MANY_ROUNDS,
    TOO_MANY_TRIES,
    Cancel,
    CancelAck,
    Data,
    Malformed,
    Report,
    ReportAck,
    Session,
    read_sdnv,
    sdnv,
    unpack,
)
from farside.link.ltp.spans import Spans
from farside.link.ltp.timers import Timers

BURST_S, LONGEST_BURST = 1.0, 1 << 20
"""Link time and octets of what the driver is given at once."""
SEGMENT_S, SHORTEST_SEGMENT, LONGEST_SEGMENT = 0.12, 96, 8192
"""Link time of a segment, and octets of its data at least and at most: 6 s at 125 bit/s, 8 kB from 546 kbit/s on."""
MARGIN_S = 0.5
"""What a timer allows beyond the times it knows: accepting a block, and the driver's own delays."""
SHORT = 32
"""Octets of an ordinary report, for timers."""
REPORT_S, REPORT_ROOM = 4.0, (48, 1000)
"""Link time of a report's claims at most; octets of them whatever the rate, at least and at most."""
TRIES = 5
"""Times that something is sent again without an answer, each after twice the time; rounds without progress are twice
as many."""
QUIET_S = 600.0
"""Link time after which a block that does not go on is given up by its receiver."""
LONGEST_BLOCK, MOST_COMING, MOST_SESSIONS = 64 << 20, 256 << 20, 1024
"""Octets of a block; octets and number of unfinished blocks that a receiver keeps."""
WINDOW = 64 << 20
"""Octets of unfinished blocks from which on a sender asks for no more."""
REPORTS_S = 30.0
"""A sender asks for no more, either, while the peer's share of the way back needs so long to report what is open: many
small blocks would wait for their reports, be asked for, and be given up."""

_OUT, _IN = 0, 1
_Key = tuple[int, int]


@dataclass
class Counts:
    """What has happened, for the people who watch: segments, or sessions."""

    malformed: int = 0
    asked_again: int = 0
    reports: int = 0
    report_octets: int = 0
    refilled_octets: int = 0
    given_up: int = 0


@dataclass
class _CancelWait:
    segment: bytes
    tries: int = 0


class Engine:
    """One node's side of LTP towards one peer. me, peer: node numbers.

    memory: what ``memory()`` gave before a power loss, b"" at the first start. share: part of the own link that
    reports may take. wrap: octets that the driver puts around each segment.
    """

    def __init__(self, me: int, peer: int, memory: bytes = b"", share: float = 0.25, wrap: int = 0) -> None:
        self.me, self.peer, self.share, self.wrap = me, peer, share, wrap
        self.counts = Counts()
        self._memory = Memory(memory)
        self._link: LinkUp | None = None
        self._timers: Timers[_Key] = Timers()
        self._asked = float("inf")  # wake-up that is under way

        self._number = self._memory.first_session
        self._outgoing: dict[int, Outgoing] = {}
        self._work: list[int] = []  # sessions with something to send, urgent ones first, then the oldest
        self._urgent: set[int] = set()
        self._first_rounds: set[int] = set()  # sessions whose first round has not been handed out
        self._burst: list[tuple[int, Spans]] | None = None  # what the driver is sending
        self._waiting = 0  # octets of unfinished blocks
        self._owes_ready = False

        self._incoming: dict[int, Incoming] = {}
        self._coming = 0  # octets of memory for unfinished blocks
        self._heads = _no_head(peer)  # header of the latest data segment, and its session
        self._owed: dict[int, None] = {}  # sessions to report
        self._credit, self._credited = 0.0, 0.0  # octets that reports may take, and since when
        self._control: dict[tuple[int, int, int], bytes] = {}
        self._cancels: dict[_Key, _CancelWait] = {}

    def memory(self) -> bytes:
        """What must outlast a power loss. It changes when a block is accepted or refused, and when the engine starts.

        Keep it with the commit that holds an accepted block, and before anything is sent after a start. Without it
        a restart hands up again what was accepted but not yet reported; if it is lost altogether, session numbers come
        again, and a peer that remembers them takes new blocks for old ones.
        """
        return self._memory.pack()

    @property
    def waiting(self) -> int:
        """Octets of blocks that are not yet taken."""
        return self._waiting

    @property
    def unfinished(self) -> tuple[Any, ...]:
        """Tokens of all blocks that are neither taken nor lost."""
        return tuple(token for session in self._outgoing.values() for token in session.tokens)

    def handle(self, now: float, event: Event) -> list[Action]:
        """Take one event at mission time ``now`` (s); returns what is to be done, in order."""
        actions: list[Action] = []
        match event:
            case Sent():
                self._sent(now)
            case Segments(segments):
                self._receive(now, segments, actions)
            case SendBlock(batch, urgent):
                self._send_block(batch, urgent)
            case Accept(ticket):
                self._accept(now, ticket)
            case Refuse(ticket):
                self._refuse(now, ticket)
            case LinkUp():
                self._link_up(now, event)
            case LinkDown():
                self._link_down(now)
            case Wake(t):
                if t >= self._asked:
                    self._asked = float("inf")
        for key in self._timers.due(now):
            self._time_out(now, key, actions)
        self._transmit(now, actions)
        self._wake(now, actions)
        return actions

    # Link ----------------------------------------------------------------------------------------------------------

    def _link_up(self, now: float, link: LinkUp) -> None:
        self._earn(now)
        self._link = link
        if self._credit == 0:
            self._credit = self._most_credit()
        self._timers.thaw(now, lambda key: QUIET_S if key[0] == _IN else self._patience(0))

    def _link_down(self, now: float) -> None:
        self._earn(now)
        self._link = None
        self._timers.freeze(now)
        for number, taken in self._burst or ():
            if session := self._outgoing.get(number):
                session.put_back([span for span in taken if span != CHECKPOINT_ONLY])
                self._has_work(session)
        self._burst = None

    def _patience(self, tries: int) -> float:
        """Seconds until an answer must be here: both ways, and control waiting for a burst on each side."""
        if self._link is None:
            return QUIET_S
        seconds = 2 * self._link.light_s + MARGIN_S
        for bps in (self._link.out_bps, self._link.back_bps):
            seconds += _link_time(SHORT + self.wrap, bps) + max(_link_time(segment_size(bps), bps), BURST_S)
        return seconds * 2.0**tries

    def _most_credit(self) -> float:
        out_bps = self._link.out_bps if self._link else 0.0
        return max(4.0 * SHORT, BURST_S * self.share * out_bps / 8)

    def _earn(self, now: float) -> None:
        """Let reports have their share of the link time since it was last counted."""
        if self._link:
            earned = (now - self._credited) * self.share * self._link.out_bps / 8
            self._credit = min(self._credit + earned, self._most_credit())
        self._credited = now

    # Sending -------------------------------------------------------------------------------------------------------

    def _send_block(self, batch: tuple[tuple[Any, bytes], ...], urgent: bool) -> None:
        block = b"".join([data for _, data in batch])
        if not 0 < len(block) <= LONGEST_BLOCK:
            raise ValueError(f"a block of {len(block)} octets; it must have 1 to {LONGEST_BLOCK}")
        self._number += 1
        size = segment_size(self._link.out_bps if self._link else 0.0)
        session = Outgoing(Session(self.me, self._number), [token for token, _ in batch], block, size)
        self._outgoing[self._number] = session
        if urgent:
            self._urgent.add(self._number)
        self._first_rounds.add(self._number)
        self._waiting += len(block)
        self._owes_ready = True
        self._has_work(session)

    def _has_work(self, session: Outgoing) -> None:
        number = session.session.number
        if session.has_work and number not in self._work:
            insort(self._work, number, key=lambda n: (n not in self._urgent, n))

    def _sent(self, now: float) -> None:
        burst, self._burst = self._burst, None
        for number, taken in burst or ():
            session = self._outgoing.get(number)
            if session and taken[-1] == CHECKPOINT_ONLY and session.answered < session.serial:
                self._timers.start((_OUT, number), now, self._patience(session.tries))

    def _make_burst(self, now: float) -> tuple[bytes, ...]:
        link = self._link
        if link is None or link.out_bps <= 0 or self._burst is not None or not self._work:
            return ()
        size, wrap = segment_size(link.out_bps), self.wrap
        room = max(min(BURST_S * link.out_bps / 8, LONGEST_BURST), size + SHORT + wrap)
        room = int(min(room, (link.until - now) * link.out_bps / 8))
        burst: list[tuple[int, Spans]] = []
        segments: list[bytes] = []
        while self._work:
            session = self._outgoing[self._work[0]]
            room, taken = session.take(size, wrap, room, segments)
            if taken:
                burst.append((self._work[0], taken))
                if not session.first_round:
                    self.counts.refilled_octets += sum(stop - start for start, stop in taken)
            if session.has_work:
                break
            session.first_round = False
            self._first_rounds.discard(self._work.pop(0))
        if segments:
            self._burst = burst
        return tuple(segments)

    def _report_arrived(self, now: float, report: Report, actions: list[Action]) -> None:
        number = report.session.number
        self._control[9, number, report.serial] = ReportAck(report.session, report.serial).pack()
        session = self._outgoing.get(number)
        if session is None:
            if report.claims != [(report.lower, report.upper)]:  # forgotten here, waited for there
                self._control[CANCEL_BY_SENDER, number, 0] = Cancel(report.session, CANCEL_BY_SENDER, BY_SYSTEM).pack()
            return
        if not session.report(report):
            return
        self._timers.stop((_OUT, number))
        if session.whole:
            self._close(session)
            actions.append(Taken(session.tokens))
        elif session.stuck > 2 * TRIES:
            self._give_up(now, session, TOO_MANY_ROUNDS, actions)
        elif session.has_work:
            self._has_work(session)
        else:  # the newest checkpoint is on its way, or octets are open that no report has spoken of
            self._timers.start((_OUT, number), now, self._patience(0))

    def _give_up(self, now: float, session: Outgoing, reason: int, actions: list[Action]) -> None:
        self._close(session)
        self._cancel(now, Cancel(session.session, CANCEL_BY_SENDER, reason))
        self.counts.given_up += 1
        actions.append(Lost(session.tokens))

    def _close(self, session: Outgoing) -> None:
        number = session.session.number
        del self._outgoing[number]
        if number in self._work:
            self._work.remove(number)
        self._first_rounds.discard(number)
        self._urgent.discard(number)
        self._timers.stop((_OUT, number))
        self._waiting -= len(session.block)

    # Receiving -----------------------------------------------------------------------------------------------------

    def _receive(self, now: float, segments: tuple[bytes, ...], actions: list[Action]) -> None:
        touched: dict[int, None] = {}
        for octets in segments:
            head, session = self._heads
            try:
                if octets.startswith(head) and session.state is State.COMING:  # more data of the same block
                    self._piece(session, octets, len(head))
                    touched[session.session.number] = None
                    continue
                segment = unpack(octets)
            except (Malformed, IndexError):
                self.counts.malformed += 1
                continue
            match segment:
                case Data() if segment.session.engine == self.peer:
                    self._data_arrived(now, segment, octets)
                    touched[segment.session.number] = None
                case Report() if segment.session.engine == self.me:
                    self._report_arrived(now, segment, actions)
                case ReportAck() if segment.session.engine == self.peer:
                    self._report_known(now, segment)
                case Cancel():
                    self._cancelled(now, segment, actions)
                case CancelAck():
                    self._cancels.pop((segment.kind - 1, segment.session.number), None)
                    self._timers.stop((segment.kind - 1, segment.session.number))
                case _:
                    self.counts.malformed += 1
        for number in touched:
            self._look(now, number, actions)

    def _piece(self, session: Incoming, octets: bytes, at: int) -> None:
        """Keep the data of a segment without checkpoint whose offset stands at ``at``."""
        offset, at = read_sdnv(octets, at)
        length, at = read_sdnv(octets, at)
        if not length or at + length != len(octets):
            raise Malformed(f"{length} octets of data where {len(octets) - at} follow")
        self._keep(session, offset, memoryview(octets)[at:])

    def _keep(self, session: Incoming, offset: int, data: bytes | memoryview) -> None:
        if offset + len(data) > (session.length or LONGEST_BLOCK):
            raise Malformed(f"octets {offset} to {offset + len(data)} of a block of {session.length or LONGEST_BLOCK}")
        before = session.cost
        session.add(offset, data)
        self._coming += session.cost - before

    def _data_arrived(self, now: float, data: Data, octets: bytes) -> None:
        number = data.session.number
        fate = self._memory.fate(number)
        session = self._incoming.get(number)
        end = data.offset + len(data.data)
        if data.client != BUNDLES or end > LONGEST_BLOCK:
            self.counts.malformed += 1
            return
        if fate == REFUSED:
            if data.kind:
                self._cancel(now, Cancel(data.session, CANCEL_BY_RECEIVER, BY_CLIENT))
            return
        if session is None:
            if fate == KEPT and not data.kind:
                return
            session = self._incoming[number] = Incoming(data.session, self._memory.first_report)
            if fate == KEPT:
                session.state, session.length = State.KEPT, end
        if session.state is State.COMING:
            try:
                self._keep(session, data.offset, data.data)
            except Malformed:
                self.counts.malformed += 1
                return
            if data.kind >= END_OF_RED:
                session.length = end
            if not data.kind and octets.endswith(data.data):
                head = data.session.pack(0) + sdnv(BUNDLES)
                self._heads = (head, session) if octets.startswith(head) else self._heads
        if data.kind:
            session.ask(data.checkpoint, end)
            session.tries = 0
            if session.state is not State.HERE:
                self._owed[number] = None

    def _look(self, now: float, number: int, actions: list[Action]) -> None:
        """After data: hand the block up if it is whole, else see to its timer and to the room it takes."""
        session = self._incoming.get(number)
        if session is None or session.state is not State.COMING:
            return
        if session.complete:
            self._coming -= session.cost
            session.state = State.HERE
            self._owed.pop(number, None)
            self._timers.stop((_IN, number))
            actions.append(Arrived(number, session.block()))
            return
        if not session.reported:
            self._timers.start((_IN, number), now, QUIET_S)
        while self._coming > MOST_COMING or len(self._incoming) > MOST_SESSIONS:
            coming = [n for n, other in self._incoming.items() if other.state is State.COMING]
            if not coming:
                break
            self._drop(now, coming[0], BY_SYSTEM)

    def _accept(self, now: float, ticket: int) -> None:
        session = self._incoming[ticket]
        self._memory.close(ticket, KEPT)
        if session.cancelled:
            self._forget(ticket)
            return
        session.state = State.KEPT
        session.tries = 0
        if session.checkpoint:
            self._owed[ticket] = None

    def _refuse(self, now: float, ticket: int) -> None:
        self._memory.close(ticket, REFUSED)
        self._drop(now, ticket, BY_CLIENT)

    def _forget(self, number: int) -> Incoming:
        session = self._incoming.pop(number)
        self._coming -= session.cost
        self._owed.pop(number, None)
        self._timers.stop((_IN, number))
        if self._heads[1] is session:
            self._heads = _no_head(self.peer)
        return session

    def _drop(self, now: float, number: int, reason: int) -> None:
        session = self._forget(number)
        self._cancel(now, Cancel(session.session, CANCEL_BY_RECEIVER, reason))

    def _report_known(self, now: float, ack: ReportAck) -> None:
        session = self._incoming.get(ack.session.number)
        if session is None or ack.serial != session.serial:
            return
        if session.state is State.KEPT:
            self._forget(ack.session.number)
        elif session.reported:
            session.reported = False
            self._timers.start((_IN, ack.session.number), now, QUIET_S)

    # Both ----------------------------------------------------------------------------------------------------------

    def _cancel(self, now: float, cancel: Cancel) -> None:
        key = cancel.kind, cancel.session.number
        self._cancels[key] = _CancelWait(cancel.pack())
        self._control[cancel.kind, cancel.session.number, 0] = self._cancels[key].segment
        self._timers.start(key, now, self._patience(0))

    def _cancelled(self, now: float, cancel: Cancel, actions: list[Action]) -> None:
        number = cancel.session.number
        by_sender = cancel.kind == CANCEL_BY_SENDER
        if cancel.session.engine != (self.peer if by_sender else self.me):
            self.counts.malformed += 1
            return
        kind = SENDER_CANCEL_ACK if by_sender else RECEIVER_CANCEL_ACK
        self._control[kind, number, 0] = CancelAck(cancel.session, kind).pack()
        if by_sender and (incoming := self._incoming.get(number)):
            if incoming.state is State.HERE:
                incoming.cancelled = True
                return
            self._forget(number)
        elif not by_sender and (outgoing := self._outgoing.get(number)):
            self._close(outgoing)
            self.counts.given_up += 1
            actions.append(Lost(outgoing.tokens))

    def _time_out(self, now: float, key: _Key, actions: list[Action]) -> None:
        kind, number = key
        if kind == _OUT:
            session = self._outgoing[number]
            if session.has_work:  # it will ask when the link lets it
                return
            if session.tries >= TRIES:
                self._give_up(now, session, TOO_MANY_TRIES, actions)
                return
            session.ask_again()
            self.counts.asked_again += 1
            self._has_work(session)
        elif kind == _IN:
            self._report_unanswered(now, self._incoming[number])
        else:
            wait = self._cancels[key]
            wait.tries += 1
            if wait.tries > TRIES:
                del self._cancels[key]
                return
            self._control[kind, number, 0] = wait.segment
            self._timers.start(key, now, self._patience(wait.tries))

    def _report_unanswered(self, now: float, session: Incoming) -> None:
        number = session.session.number
        if session.reported and session.tries < TRIES:
            session.tries += 1
            self._owed[number] = None
        elif session.state is State.KEPT:  # the sender knows, or has gone; if it asks, it is answered
            self._forget(number)
        elif session.reported:
            session.reported = False
            self._timers.start((_IN, number), now, QUIET_S)
        else:
            self._drop(now, number, BY_SYSTEM)

    # What goes out -------------------------------------------------------------------------------------------------

    def _transmit(self, now: float, actions: list[Action]) -> None:
        link = self._link
        if link is None:
            return
        control: tuple[bytes, ...] = ()
        if link.out_bps > 0:
            if self._owed:
                self._report(now, link)
            if self._control:
                control = tuple(self._control.values())
                self._control.clear()
        data = self._make_burst(now)
        if control or data:
            actions.append(Send(control, data))
        if self._owes_ready and not self._first_rounds and self._waiting < WINDOW and self._reports_keep_up(link):
            self._owes_ready = False
            actions.append(Ready())

    def _reports_keep_up(self, link: LinkUp) -> bool:
        """Whether the peer, taken to have the same share for reports, can soon report every open block."""
        return len(self._outgoing) * _link_time(SHORT, self.share * link.back_bps) <= REPORTS_S or link.back_bps <= 0

    def _report(self, now: float, link: LinkUp) -> None:
        self._earn(now)
        least, most = REPORT_ROOM
        room = int(min(max(least, REPORT_S * link.out_bps / 8), most))
        while self._owed and self._credit >= 0:
            number = next(iter(self._owed))
            del self._owed[number]
            session = self._incoming[number]
            report = session.report(room)
            self._control[8, number, 0] = report
            self._credit -= len(report) + self.wrap
            self.counts.reports += 1
            self.counts.report_octets += len(report)
            session.reported = True
            self._timers.start((_IN, number), now, self._patience(session.tries))

    def _wake(self, now: float, actions: list[Action]) -> None:
        t = self._timers.next
        if self._owed and self._link and self._link.out_bps > 0:
            t = min(t, now - self._credit * 8 / (self.share * self._link.out_bps) + 1e-6)
        if t < self._asked:
            self._asked = t
            actions.append(WakeAt(t))


def segment_size(bps: float) -> int:
    """Octets of data in a segment on a link of a rate: cheap to handle, yet never long in the way of others."""
    return int(min(max(SEGMENT_S * bps / 8, SHORTEST_SEGMENT), LONGEST_SEGMENT))


def _link_time(octets: int, bps: float) -> float:
    return 8 * octets / bps if bps > 0 else float("inf")


def _no_head(peer: int) -> tuple[bytes, Incoming]:
    return b"\xff", Incoming(Session(peer, 0), 0)
