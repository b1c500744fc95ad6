"""The file service of one entity: files to and from its peers, each a transaction of its own."""

from __future__ import annotations

import copy
import struct
from collections import OrderedDict, deque
from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count
from math import inf
from pathlib import PurePosixPath
from typing import Final

from spacepackets.cfdp import ConditionCode, Direction, TransmissionMode
from spacepackets.cfdp.defs import InvalidCrcError, UnsupportedCfdpVersionError
from spacepackets.cfdp.pdu import (
    AckPdu,
    DirectiveType,
    EofPdu,
    FileDataPdu,
    FinishedPdu,
    MetadataPdu,
    TransactionStatus,
)
from spacepackets.cfdp.pdu.helper import GenericPduPacket, PduFactory
from spacepackets.cfdp.tlv.defs import TlvTypeMissmatchError

from farside.errors import BadInput
from farside.link.cfdp.clock import JUST_RUN_OUT, ContactClock, reading
from farside.link.cfdp.events import Action, Arrived, Delivered, Event, Failed, Pdu, Put, Send
from farside.link.cfdp.machine import Peer
from farside.link.cfdp.receiving import Receiving, acknowledgement
from farside.link.cfdp.sending import Sending
from farside.link.events import LinkDown, LinkUp, Ready, Wake, WakeAt

_BURST: Final = 1 << 16
"""Octets given to a link at once."""
_REMEMBERED: Final = 10_000
"""Files that have ended whose late data units are still known for what they are."""
_MOST_OPEN: Final = 1000
"""Files that come in at once."""

_ROUNDING: Final = 1e-6
"""Seconds by which a clock of contact may be behind what was reckoned by it, for mission times are large."""
_DAMAGE = (ValueError, IndexError, struct.error, InvalidCrcError, UnsupportedCfdpVersionError, TlvTypeMissmatchError)
"""What spacepackets raises for damaged octets; it is not documented and was found by trial."""

Transaction = Sending | Receiving


class _Link:
    """The way to a peer. room: octets it takes now; files: on their way out, in order; timers: when, by its clock."""

    def __init__(self, peer: Peer) -> None:
        self.peer, self.clock, self.room = peer, ContactClock(), 0
        self.queue: deque[bytes] = deque()
        self.files: deque[Sending] = deque()
        self.timers: list[tuple[float, int, tuple[int, int]]] = []
        self.timed: dict[tuple[int, int], float] = {}


class FileService:
    """Files between ``entity`` and its peers; numbers of entities and sequences as in the data units.

    first_sequence: above that of every file this entity has sent before. refused: data units that were damaged, meant
    for others, or of another kind. Raises BadInput for a Put that cannot be carried out.

    Files to a peer leave one after the other; the next one does not wait for the last one's acknowledgement. Timers run
    in contact only. Nothing is kept for the time after a crash: the names and data of unfinished files are the
    driver's to put again.
    """

    def __init__(self, entity: int, peers: Iterable[Peer], first_sequence: int = 0) -> None:
        self.entity, self.refused = entity, 0
        self._links = {peer.entity: _Link(peer) for peer in peers}
        self._sequence = count(first_sequence)
        self._open: dict[tuple[int, int], Transaction] = {}
        self._ended: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._pushed = count()
        self._wake: float | None = None

    def handle(self, now: float, event: Event) -> list[Action]:
        """Carry out what an event asks for. now: mission time in seconds."""
        out: list[Action] = []
        match event:
            case Put():
                links = [self._put(now, event)]
            case Pdu(octets):
                links = self._hear(now, octets, out)
            case LinkUp(neighbour):
                links = [self._links[neighbour]]
                links[0].clock.start(now)
                links[0].room = _BURST
            case LinkDown(neighbour):
                links = [self._links[neighbour]]
                links[0].clock.stop(now)
            case Ready(neighbour):
                links = [self._links[neighbour]]
                links[0].room = _BURST
            case Wake():
                self._wake = None
                links = list(self._links.values())
        for link in links:
            if link.clock.runs:
                self._run_timers(link, now, out)
                self._flush(link, now, out)
        self._ask_to_wake(now, out)
        return out

    def _put(self, now: float, put: Put) -> _Link:
        where, name = f"file {put.name!r}", put.name
        if put.destination not in self._links:
            raise BadInput(where, "destination", put.destination, f"one of the peers: {sorted(self._links)}")
        if not 0 < len(name.encode()) < 256 or str(PurePosixPath(name)) != name:
            raise BadInput(where, "name", name, "a plain path of 1 to 255 octets, like panorama/0012.raw")
        link = self._links[put.destination]
        file = Sending(self.entity, link.peer, next(self._sequence), name, put.data, link.clock.read(now))
        self._open[file.key] = file
        link.files.append(file)
        return link

    # Hearing ----------------------------------------------------------------------------------------------------------

    def _hear(self, now: float, octets: bytes, out: list[Action]) -> list[_Link]:
        """Give a data unit to the file it belongs to; the link that it concerns."""
        pdu = _unpack(octets)
        if pdu is not None and pdu.transmission_mode == TransmissionMode.ACKNOWLEDGED:
            source, destination = pdu.source_entity_id.value, pdu.dest_entity_id.value
            inward = pdu.direction == Direction.TOWARDS_RECEIVER
            here, there = (destination, source) if inward else (source, destination)
            if here == self.entity and there in self._links:
                link, key = self._links[there], (source, pdu.transaction_seq_num.value)
                with reading(link.clock.read(now)):
                    self._take(link, key, pdu, inward, link.clock.read(now), out)
                return [link]
        self.refused += 1
        return []

    def _take(
        self, link: _Link, key: tuple[int, int], pdu: GenericPduPacket, inward: bool, now: float, out: list[Action]
    ) -> None:
        if key in self._ended:
            link.queue += _again(pdu)
            return
        file = self._open.get(key)
        if file is None and inward and isinstance(pdu, MetadataPdu | FileDataPdu | EofPdu) and self._has_room():
            file = self._open[key] = Receiving(self.entity, link.peer, key, now)
        if isinstance(file, Receiving) and inward:
            link.queue += file.take(pdu, now)
        elif isinstance(file, Sending) and not inward and not isinstance(pdu, FileDataPdu):
            link.queue += file.take(pdu)
        else:
            self.refused += 1
            return
        file.heard = now
        self._settle(link, file, now, out)

    def _has_room(self) -> bool:
        return len(self._open) < _MOST_OPEN

    # Telling and timing; now: by the clock of contact -----------------------------------------------------------------

    def _settle(self, link: _Link, file: Transaction, now: float, out: list[Action]) -> None:
        """Tell once how a file ended; forget it when its peer knows, or see when it wants to be called."""
        if file.ended is not None and not file.told:
            file.told = True
            out.append(_told(file))
        if file.over:
            self._forget(file)
        else:
            self._time(link, file, now)

    def _forget(self, file: Transaction) -> None:
        del self._open[file.key]
        self._ended[file.key] = None
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)

    def _time(self, link: _Link, file: Transaction, now: float) -> None:
        """Set the timer of a file, unless it has one that is early enough."""
        due = file.due(now)
        at = file.heard + link.peer.silence_s if due is None else min(now + due, file.heard + link.peer.silence_s)
        if at < link.timed.get(file.key, inf):
            link.timed[file.key] = at
            heappush(link.timers, (at, next(self._pushed), file.key))

    def _run_timers(self, link: _Link, mission_time: float, out: list[Action]) -> None:
        now = link.clock.read(mission_time)
        with reading(now):
            while link.timers and link.timers[0][0] <= now + _ROUNDING:
                at, _, key = heappop(link.timers)
                file = self._open.get(key)
                if link.timed.get(key) != at:
                    continue  # an earlier one has taken its place
                del link.timed[key]
                if file is None or (isinstance(file, Sending) and file.has_more):
                    continue
                if now + _ROUNDING >= file.heard + link.peer.silence_s:
                    if not file.told:
                        out.append(Failed(link.peer.entity, file.name, "no word from the peer"))
                    self._forget(file)
                    continue
                due = file.due(now)
                if due is not None and due <= JUST_RUN_OUT:
                    link.queue += file.step(now)
                self._settle(link, file, now, out)

    def _flush(self, link: _Link, mission_time: float, out: list[Action]) -> None:
        """Send what waits, then the files, as long as there is room."""
        now = link.clock.read(mission_time)
        while link.room > 0 and (link.queue or link.files):
            if not link.queue:
                file = link.files[0]
                if file.has_more:
                    with reading(now):
                        link.queue += file.step(now)
                if not file.has_more:
                    link.files.popleft()
                    if file.key in self._open:
                        file.heard = now
                        with reading(now):
                            self._settle(link, file, now, out)
                continue
            octets = link.queue.popleft()
            out.append(Send(link.peer.entity, octets))
            link.room -= len(octets)

    def _ask_to_wake(self, now: float, out: list[Action]) -> None:
        times = [
            now + link.timers[0][0] - link.clock.read(now)
            for link in self._links.values()
            if link.clock.runs and link.timers
        ]
        if times and (self._wake is None or min(times) < self._wake or self._wake <= now):
            self._wake = max(now, min(times))
            out.append(WakeAt(self._wake))


def _told(file: Transaction) -> Action:
    """What the driver is told when a file ends."""
    peer = file.peer.entity
    if file.ended:
        return Failed(peer, file.name, file.ended)
    return Arrived(peer, file.name) if isinstance(file, Sending) else Delivered(peer, file.name, file.data)


def _unpack(octets: bytes) -> GenericPduPacket | None:
    """A data unit; None where damage has made something else of it."""
    try:
        pdu = PduFactory.from_raw(octets)
        match pdu:  # these are decoded when they are asked for
            case MetadataPdu():
                pdu.dest_file_name, pdu.source_file_name  # noqa: B018
            case EofPdu() | FinishedPdu():
                ConditionCode(pdu.condition_code)
        return pdu
    except _DAMAGE:
        return None


def _again(pdu: GenericPduPacket) -> list[bytes]:
    """The answer to a peer who does not know yet that a file has ended."""
    if isinstance(pdu, EofPdu):
        return [acknowledgement(pdu, TransactionStatus.TERMINATED)]
    if isinstance(pdu, FinishedPdu):
        conf = copy.copy(pdu.pdu_header.pdu_conf)
        conf.direction = Direction.TOWARDS_RECEIVER
        return [
            bytes(AckPdu(conf, DirectiveType.FINISHED_PDU, pdu.condition_code, TransactionStatus.TERMINATED).pack())
        ]
    return []
