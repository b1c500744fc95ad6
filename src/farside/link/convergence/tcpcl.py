"""A session of the TCP convergence layer, version 4, as a machine without socket or clock (RFC 9174).

    active   contact header  ->          <-  contact header   passive
             (TLS, where both can)
             SESS_INIT       ->          <-  SESS_INIT
             transfers       <->  acknowledgements, either way, until SESS_TERM from both

The last acknowledgement of a transfer waits until the bundle is accepted.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from farside.link.convergence import messages as wire
from farside.link.convergence.messages import END, START, Contact, Init, Message, Parser
from farside.link.ltp import Accept, Lost, Refuse, Taken, Wake, WakeAt

PORT = 4556
SEGMENT_MRU, TRANSFER_MRU = 1 << 20, 64 << 20
"""Octets that we take, of a segment and of a bundle."""
SETUP_S, ENDING_S = 30.0, 10.0
"""Time for a session to come about, and to end."""
_NODE = re.compile(r"ipn:(\d{1,20})\.0")


# Events and actions; Accept, Refuse, Wake, Taken, Lost and WakeAt are those of LTP -----------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """The TCP connection is there."""


@dataclass(frozen=True, slots=True)
class Secured:
    """TLS is there. names: node ids that the peer's certificate speaks for; none: it leaves them open."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Octets:
    """Octets have come in; after Secured, as TLS gave them."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Give:
    """Carry a batch of ``(token, bundle)``; only while the session is up."""

    batch: tuple[tuple[Any, bytes], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class End:
    """End the session, when what is under way is done."""

    reason: int = 0


@dataclass(frozen=True, slots=True)
class Gone:
    """The TCP connection is no more."""


Event = Opened | Secured | Octets | Give | Accept | Refuse | End | Gone | Wake


@dataclass(frozen=True, slots=True)
class Write:
    """Write these octets to the connection."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StartTls:
    """Begin TLS, as client where the session is active, and say Secured; read nothing before."""


@dataclass(frozen=True, slots=True)
class Up:
    """The session can carry bundles to and from a node."""

    node: int


@dataclass(frozen=True, slots=True)
class Bundles:
    """Whole bundles have come; answer with Accept or Refuse for all of them."""

    ticket: int
    bundles: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Close:
    """Close the TCP connection, once all is written. why: for people; empty where the session ended well."""

    why: str


Action = Write | StartTls | Up | Bundles | Taken | Lost | WakeAt | Close


class State(Enum):
    """How far a session has come."""

    CONTACT = auto()
    TLS = auto()
    INIT = auto()
    UP = auto()
    ENDING = auto()
    CLOSED = auto()


@dataclass(frozen=True)
class Terms:
    """What one side wants. me: node number; expects: the peer's, or None for any.

    can_tls, must_tls: offer it, insist on it. keepalive_s: 0 for none.
    """

    me: int
    active: bool
    expects: int | None = None
    can_tls: bool = False
    must_tls: bool = False
    keepalive_s: int = 30
    segment_mru: int = SEGMENT_MRU
    transfer_mru: int = TRANSFER_MRU


@dataclass(slots=True)
class _Coming:
    """The transfer that is on its way in."""

    transfer: int
    parts: list[bytes] = field(default_factory=list)
    octets: int = 0


class Session:
    """One side of a TCPCL session."""

    def __init__(self, terms: Terms, first_ticket: int = 0) -> None:
        """first_ticket: no number of an earlier session, so that a late answer to that one is not taken for this."""
        self.terms, self.state = terms, State.CONTACT
        self.node: int | None = None
        self.waiting = 0
        """Octets of transfers that are not yet acknowledged."""
        self._parser = Parser(terms.segment_mru)
        self._names: tuple[str, ...] = ()
        self._peer = Init(0, 0, 0, "")
        self._keepalive = 0.0
        self._now = self._heard = self._said = self._deadline = 0.0
        self._asked = float("inf")
        self._next_transfer, self.next_ticket = 0, first_ticket
        self._unacked: dict[int, tuple[Any, int]] = {}  # by transfer: token, octets
        self._coming: _Coming | None = None
        self._refused = -1  # transfer whose later segments are passed over
        self._tickets: dict[int, list[tuple[int, int, int]]] = {}  # flags, transfer, octets to acknowledge
        self._said_end = self._heard_end = False
        self._out: list[bytes] = []
        self._arrived: list[bytes] = []
        self._to_accept: list[tuple[int, int, int]] = []
        self._taken: deque[Any] = deque()
        self._lost: list[Any] = []

    def handle(self, now: float, event: Event) -> list[Action]:
        """Take one event at time ``now`` (s); returns what is to be done, in order."""
        actions: list[Action] = []
        self._now = now
        if self.state is State.CLOSED:
            return [Lost(tuple(token for token, _ in event.batch))] if isinstance(event, Give) else actions
        match event:
            case Octets(data):
                self._heard = now
                self._read(now, data, actions)
            case Give(batch):
                self._give(batch)
            case Accept(ticket):
                self._out += [wire.Ack(*ack).pack() for ack in self._tickets.pop(ticket)]
            case Refuse(ticket):
                for _, transfer, _ in self._tickets.pop(ticket):
                    self._say(wire.Refuse(wire.NO_RESOURCES, transfer))
            case Opened():
                self._heard = self._said = now
                self._deadline = now + SETUP_S
                if self.terms.active:
                    self._say(self._contact())
            case Secured(names):
                self._secured(names)
            case End(reason):
                self._end(now, reason)
            case Gone():
                self._close("the connection was closed", actions)
            case Wake(t):
                if t >= self._asked:
                    self._asked = float("inf")
        self._look_at_clock(now, actions)
        self._flush(actions)
        return actions

    # Coming about --------------------------------------------------------------------------------------------------

    def _contact(self) -> Contact:
        return Contact(wire.CAN_TLS if self.terms.can_tls else 0)

    def _init(self) -> Init:
        terms = self.terms
        return Init(terms.keepalive_s, terms.segment_mru, terms.transfer_mru, f"ipn:{terms.me}.0")

    def _contacted(self, contact: Contact, actions: list[Action]) -> None:
        if not self.terms.active:
            self._say(self._contact())
        both = bool(contact.flags & wire.CAN_TLS) and self.terms.can_tls
        if contact.version != wire.VERSION:
            self._fail(wire.VERSION_MISMATCH, f"the peer speaks version {contact.version}, not 4", actions)
        elif self.terms.must_tls and not both:
            self._fail(wire.CONTACT_FAILURE, "the peer does not offer TLS, which is required here", actions)
        elif not both:
            self._begin_session()
        elif self._parser.pending:
            self._fail(wire.CONTACT_FAILURE, "octets before TLS", actions)
        else:
            self.state = State.TLS
            self._flush_write(actions)
            actions.append(StartTls())

    def _secured(self, names: tuple[str, ...]) -> None:
        if self.state is State.TLS:
            self._names = names
            self._begin_session()

    def _begin_session(self) -> None:
        self.state = State.INIT
        if self.terms.active:
            self._say(self._init())

    def _initiated(self, now: float, init: Init, actions: list[Action]) -> None:
        if not self.terms.active:
            self._say(self._init())
        node = _NODE.fullmatch(init.node)
        unknown = [item.type for item in init.items if item.flags & wire.CRITICAL]
        if unknown:
            self._fail(wire.CONTACT_FAILURE, f"the peer insists on session extension {unknown[0]}", actions)
        elif node is None:
            self._fail(wire.CONTACT_FAILURE, f"the peer calls itself {init.node!r}, not ipn:NODE.0", actions)
        elif self.terms.expects not in (None, int(node[1])):
            self._fail(wire.CONTACT_FAILURE, f"the peer is {init.node}, not ipn:{self.terms.expects}.0", actions)
        elif self._names and init.node not in self._names:
            self._fail(wire.CONTACT_FAILURE, f"the peer's certificate is not one of {init.node}", actions)
        elif not init.segment_mru or not init.transfer_mru:
            self._fail(wire.CONTACT_FAILURE, "the peer takes no octets", actions)
        else:
            self._peer, self.node = init, int(node[1])
            self._keepalive = float(min(init.keepalive, self.terms.keepalive_s))
            self.state, self._deadline = State.UP, float("inf")
            self._flush_write(actions)
            actions.append(Up(self.node))

    def _fail(self, reason: int, why: str, actions: list[Action]) -> None:
        self._say(wire.Terminate(0, reason))
        self._close(why, actions)

    # Reading -------------------------------------------------------------------------------------------------------

    def _read(self, now: float, data: bytes, actions: list[Action]) -> None:
        while self.state is not State.CLOSED:
            messages = self._parser.feed(data)
            for message in messages:
                if self.state is State.CLOSED:
                    break
                if type(message) is wire.Segment and self.state in (State.UP, State.ENDING):
                    self._segment(message, actions)
                else:
                    self._other(now, message, actions)
            if not (messages and isinstance(messages[-1], Contact)) or self.state is State.TLS:
                return
            data = b""

    def _other(self, now: float, message: Message, actions: list[Action]) -> None:
        early = self.state is State.INIT
        match message:
            case Contact():
                self._contacted(message, actions)
            case Init() if early:
                self._initiated(now, message, actions)
            case wire.Ack() if not early:
                self._acknowledged(message)
            case wire.Refuse() if not early:
                self._was_refused(message)
            case wire.Keepalive() | wire.Reject():
                pass
            case wire.Terminate(_, reason):
                self._heard_end = True
                if early:
                    self._close(f"the peer ended the session (reason {reason})", actions)
                elif not self._said_end:
                    self._end(now, reason, wire.REPLY)
            case wire.Broken(why, reason, kind):
                if self.state not in (State.CONTACT, State.TLS):
                    self._say(wire.Reject(reason, kind))
                    self._say(wire.Terminate(0, 0))
                self._close(why, actions)
            case Init():
                self._say(wire.Reject(wire.UNEXPECTED, wire.INIT))
            case _:
                kinds = {wire.Segment: wire.SEGMENT, wire.Ack: wire.ACK, wire.Refuse: wire.REFUSE}
                self._say(wire.Reject(wire.UNEXPECTED, kinds[type(message)]))

    def _segment(self, segment: wire.Segment, actions: list[Action]) -> None:
        flags, transfer, data, items = segment
        if flags & START:
            if self._coming is not None:
                self._say(wire.Reject(wire.UNEXPECTED, wire.SEGMENT))
                self._close("a transfer began inside another", actions)
                return
            if why := self._unwanted(items):
                self._refused = transfer
                self._say(wire.Refuse(why, transfer))
                return
            self._coming = _Coming(transfer)
        if transfer == self._refused:
            return
        coming = self._coming
        if coming is None or coming.transfer != transfer:
            self._say(wire.Reject(wire.UNEXPECTED, wire.SEGMENT))
            return
        if data:
            coming.parts.append(data)
            coming.octets += len(data)
        if coming.octets > self.terms.transfer_mru:
            self._refused, self._coming = transfer, None
            self._say(wire.Refuse(wire.NO_RESOURCES, transfer))
        elif flags & END:
            self._coming = None
            self._arrived.append(data if coming.octets == len(data) else b"".join(coming.parts))
            self._to_accept.append((flags, transfer, coming.octets))
        else:
            self._say(wire.Ack(flags, transfer, coming.octets))

    def _unwanted(self, items: tuple[wire.Item, ...]) -> int:
        if self._said_end:
            return wire.SESSION_TERMINATING
        for item in items:
            if item.type == wire.TRANSFER_LENGTH and len(item.value) == 8:
                if int.from_bytes(item.value, "big") > self.terms.transfer_mru:
                    return wire.NO_RESOURCES
            elif item.flags & wire.CRITICAL:
                return wire.EXTENSION_FAILURE
        return 0

    def _acknowledged(self, ack: wire.Ack) -> None:
        token, octets = self._unacked.get(ack.transfer, (None, -1))
        if octets < 0:
            self._say(wire.Reject(wire.UNEXPECTED, wire.ACK))
        elif ack.flags & END and ack.length == octets:
            del self._unacked[ack.transfer]
            self.waiting -= octets
            self._taken.append(token)

    def _was_refused(self, refuse: wire.Refuse) -> None:
        if refuse.transfer not in self._unacked:
            self._say(wire.Reject(wire.UNEXPECTED, wire.REFUSE))
            return
        token, octets = self._unacked.pop(refuse.transfer)
        self.waiting -= octets
        if refuse.reason == wire.COMPLETED:
            self._taken.append(token)
        else:
            self._lost.append(token)

    # Writing -------------------------------------------------------------------------------------------------------

    def _say(self, message: Message) -> None:
        assert not isinstance(message, wire.Broken)
        self._out.append(message.pack())

    def _give(self, batch: tuple[tuple[Any, bytes], ...]) -> None:
        run: list[bytes] = []
        first = self._next_transfer
        for token, bundle in batch:
            if self.state is not State.UP or len(bundle) > self._peer.transfer_mru:
                self._lost.append(token)
                continue
            transfer = self._next_transfer
            self._next_transfer += 1
            self._unacked[transfer] = token, len(bundle)
            self.waiting += len(bundle)
            if len(bundle) <= self._peer.segment_mru:
                run.append(bundle)
                continue
            if run:
                self._out.append(wire.whole_transfers(first, run))
            self._out += wire.transfer_in_parts(transfer, bundle, self._peer.segment_mru)
            run, first = [], self._next_transfer
        if run:
            self._out.append(wire.whole_transfers(first, run))

    def _end(self, now: float, reason: int, flags: int = 0) -> None:
        if self.state in (State.UP, State.INIT) and not self._said_end:
            self._said_end = True
            self._say(wire.Terminate(flags, reason))
        self.state, self._deadline = State.ENDING, now + ENDING_S

    def _close(self, why: str, actions: list[Action]) -> None:
        self.state = State.CLOSED
        self._lost += [token for token, _ in self._unacked.values()]
        self._unacked.clear()
        self._tickets.clear()
        self.waiting = 0
        self._flush_write(actions)
        actions.append(Close(why))

    def _look_at_clock(self, now: float, actions: list[Action]) -> None:
        if self.state is State.CLOSED:
            return
        if now >= self._deadline:
            self._close(f"the session took too long {'to end' if self.state is State.ENDING else 'to begin'}", actions)
        elif self._keepalive and now >= self._heard + 2 * self._keepalive:
            self._fail(wire.IDLE, f"the peer said nothing for {2 * self._keepalive:.0f} s", actions)
        elif self._keepalive and not self._out and now >= self._said + self._keepalive:
            self._say(wire.Keepalive())

    def _flush(self, actions: list[Action]) -> None:
        self._flush_write(actions)
        if self._taken:
            actions.append(Taken(tuple(self._taken)))
            self._taken.clear()
        if self._lost:
            actions.append(Lost(tuple(self._lost)))
            self._lost.clear()
        if self.state is State.CLOSED:
            return
        if self._arrived:
            actions.append(Bundles(self.next_ticket, tuple(self._arrived)))
            self._tickets[self.next_ticket] = self._to_accept
            self._arrived, self._to_accept = [], []
            self.next_ticket += 1
        idle = not (self._unacked or self._tickets or self._coming)
        if self.state is State.ENDING and idle and (self._heard_end or not self._said_end):
            self._close("", actions)
            return
        t = self._deadline
        if self._keepalive:
            t = min(t, self._said + self._keepalive, self._heard + 2 * self._keepalive)
        if t < self._asked:
            self._asked = t
            actions.append(WakeAt(t))

    def _flush_write(self, actions: list[Action]) -> None:
        if self._out:
            actions.append(Write(b"".join(self._out)))
            self._out.clear()
            self._said = self._now
