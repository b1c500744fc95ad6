"""A file on its way in: cfdp-py's destination handler, and what it lacks.

* All handlers of a process share one list of what is missing (a default of a dataclass): each is given its own.
* Where the end of file comes before the metadata, the handler forgets its checksum. So nothing is given to it before
  the metadata, which are asked for until they come.
* It acknowledges an end of file once. Where that acknowledgement was lost, the next one is made here.
* It does not say when it wants to be called again; the timers are its own.
"""

from __future__ import annotations

import copy
from contextlib import suppress

from cfdppy import CfdpState
from cfdppy.exceptions import PduIgnoredForDest
from cfdppy.handler.dest import DestHandler, LostSegmentTracker, TransactionStep
from spacepackets.cfdp import ConditionCode, Direction, PduConfig
from spacepackets.cfdp.pdu import AckPdu, DirectiveType, EofPdu, FileDataPdu, MetadataPdu, NakPdu, TransactionStatus
from spacepackets.cfdp.pdu.helper import GenericPduPacket

from farside.link.cfdp.clock import JUST_RUN_OUT, left
from farside.link.cfdp.machine import UNHEARD, Faults, NoCheckTimer, OneFile, Peer, Watch, local, remote, words


class Receiving:
    """One file from ``peer``; key: its transaction (source entity, sequence number). Times by the clock of contact.

    heard: when there was last word of it; told: whether its end has been made known; name: empty until the metadata
    came.
    """

    def __init__(self, entity: int, peer: Peer, key: tuple[int, int], now: float) -> None:
        self.peer, self.key, self.heard, self.name = peer, key, now, ""
        self.told = False
        self._faults, self._file = Faults(), OneFile()
        self._watch = Watch(self._file)
        self._handler = DestHandler(
            local(entity, peer, self._faults), self._watch, remote(entity, peer), NoCheckTimer()
        )
        self._size = 0
        self._early: list[GenericPduPacket] = []
        self._early_octets = 0
        self._ask_at = now + peer.nak_s  # for the metadata, which may only be late
        self._gone: str | None = None  # why the peer gave up

    @property
    def ended(self) -> str | None:
        """None while it is under way; "" when the file is whole; or why it was given up."""
        return self._watch.ended if self._watch.ended is not None else self._gone

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do: the peer knows how it ended, or cannot be told."""
        told = bool(self.name) and self._handler.state == CfdpState.IDLE
        return self._gone is not None or told or (self.ended is not None and self._faults.why == UNHEARD)

    @property
    def data(self) -> bytes:
        """The file."""
        return bytes(self._file.data)

    def take(self, pdu: GenericPduPacket, now: float) -> list[bytes]:
        """Hear the peer; what to answer."""
        if self.name:
            return self._give(pdu)
        if isinstance(pdu, MetadataPdu):
            return self._begin(pdu)
        if self._early_octets + pdu.packet_len <= self.peer.most_octets:
            self._early.append(pdu)
            self._early_octets += pdu.packet_len
        if isinstance(pdu, EofPdu):
            if pdu.condition_code != ConditionCode.NO_ERROR:
                return self._give_up(pdu)
            self._ask_at = now
        return self.step(now)

    def step(self, now: float) -> list[bytes]:
        """Ask again for what is missing, or tell again how it ended, where a timer ran out."""
        if self.name:
            self._handler.state_machine()
            return self._drain()
        if now + JUST_RUN_OUT < self._ask_at:
            return []
        self._ask_at = now + self.peer.nak_s
        return [bytes(NakPdu(_towards_sender(self._early[0]), 0, 0, [(0, 0)]).pack())]

    def due(self, now: float) -> float | None:
        """In how many seconds of contact it wants ``step``; None: it only waits for its peer."""
        if not self.name:
            return self._ask_at - now
        params = self._handler._params
        if self._handler.step == TransactionStep.WAITING_FOR_MISSING_DATA:
            return left(params.acked_params.procedure_timer)
        if self._handler.step == TransactionStep.WAITING_FOR_FINISHED_ACK:
            return left(params.positive_ack_params.ack_timer)
        return None

    def _begin(self, metadata: MetadataPdu) -> list[bytes]:
        name, self._size = metadata.dest_file_name, metadata.file_size
        if not name or self._size > self.peer.most_octets:
            self._gone = (
                "no file in it" if not name else f"{self._size} octets; at most {self.peer.most_octets} are taken"
            )
            return []
        self.name = name
        self._handler.state_machine(metadata)
        self._handler._params.acked_params.lost_seg_tracker = LostSegmentTracker()
        sent = self._drain()
        for pdu in self._early:
            sent += self._give(pdu)
        self._early.clear()
        return sent

    def _give(self, pdu: GenericPduPacket) -> list[bytes]:
        if isinstance(pdu, MetadataPdu):
            return []
        if isinstance(pdu, FileDataPdu) and pdu.offset + len(pdu.file_data) > self._size:
            return []
        if isinstance(pdu, EofPdu):
            if pdu.condition_code != ConditionCode.NO_ERROR:
                return self._give_up(pdu)
            if self._handler.step != TransactionStep.RECEIVING_FILE_DATA:
                return [acknowledgement(pdu)]
            self._watch.expected = pdu.file_checksum
        with suppress(PduIgnoredForDest, ValueError):  # ValueError: data that lie across the edge of what is missing
            self._handler.state_machine(pdu)
        return self._drain()

    def _give_up(self, eof: EofPdu) -> list[bytes]:
        self._gone = words(eof.condition_code)
        return [acknowledgement(eof)]

    def _drain(self) -> list[bytes]:
        sent = []
        while holder := self._handler.get_next_packet():
            sent.append(bytes(holder.pdu.pack()))
        return sent


def acknowledgement(eof: EofPdu, status: TransactionStatus = TransactionStatus.ACTIVE) -> bytes:
    """The answer to an end of file."""
    return bytes(AckPdu(_towards_sender(eof), DirectiveType.EOF_PDU, eof.condition_code, status).pack())


def _towards_sender(pdu: GenericPduPacket) -> PduConfig:
    """The header of an answer to ``pdu``."""
    conf = copy.copy(pdu.pdu_header.pdu_conf)
    conf.direction = Direction.TOWARDS_SENDER
    return conf
