"""A file on its way out: cfdp-py's source handler, and what it lacks.

* A handler sends one file. It hands out one data unit a call, but all that a request for missing data asks for at once.
* A Finished that overtakes the acknowledgement of the end of file, or comes where that was lost, is refused by the
  handler, and so is each later one: it stands for that acknowledgement, which is given to the handler first.
* It does not say when it wants to be called again; the timer is one of its own.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from cfdppy import PutRequest
from cfdppy.exceptions import InvalidNakPdu, PduIgnoredForSource
from cfdppy.handler.source import SourceHandler, TransactionStep
from spacepackets.cfdp import ConditionCode, Direction
from spacepackets.cfdp.pdu import AckPdu, DirectiveType, TransactionStatus
from spacepackets.cfdp.pdu.helper import GenericPduPacket
from spacepackets.seqcount import ProvidesSeqCount

from farside.link.cfdp.clock import left
from farside.link.cfdp.machine import Faults, NoCheckTimer, OneFile, Peer, Watch, entity_field, local, remote, width

_FILE = Path("file")
_SENDING = {
    TransactionStep.IDLE,
    TransactionStep.TRANSACTION_START,
    TransactionStep.SENDING_METADATA,
    TransactionStep.SENDING_FILE_DATA,
}


class _Sequence(ProvidesSeqCount):  # type: ignore[misc]
    """The one sequence number of a file."""

    max_bit_width = 32

    def __init__(self, number: int) -> None:
        self._number = number

    def get_and_increment(self) -> int:
        return self._number


class Sending:
    """One file for ``peer``; key: its transaction (source entity, sequence number).

    heard: when there was last word of it, by the clock of contact; told: whether its end has been made known.
    """

    def __init__(self, entity: int, peer: Peer, sequence: int, name: str, data: bytes, heard: float) -> None:
        self.peer, self.name, self.key, self.heard = peer, name, (entity, sequence), heard
        self.told = False
        self._faults, self._watch = Faults(), Watch(OneFile(data, exists=True))
        self._handler = SourceHandler(
            local(entity, peer, self._faults), self._watch, remote(entity, peer), NoCheckTimer(), _Sequence(sequence)
        )
        destination = entity_field(peer.entity, width(entity, peer.entity))
        self._handler.put_request(PutRequest(destination, _FILE, Path(name), None, None))

    @property
    def has_more(self) -> bool:
        """Whether the file has not left whole."""
        return self._step in _SENDING and self.ended is None

    @property
    def ended(self) -> str | None:
        """None while it is under way; "" when the peer has the file; or why it was given up."""
        return self._watch.ended if self._watch.ended is not None else self._faults.why

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do."""
        return self.ended is not None

    def step(self, now: float) -> list[bytes]:
        """Send what comes next, or again after a timer ran out."""
        self._handler.state_machine()
        return self._drain()

    def take(self, pdu: GenericPduPacket) -> list[bytes]:
        """Hear the peer; what to answer."""
        sent: list[bytes] = []
        finished = pdu.directive_type == DirectiveType.FINISHED_PDU
        if finished and self._step == TransactionStep.WAITING_FOR_EOF_ACK:
            conf = self._handler.pdu_conf
            ack = AckPdu(conf, DirectiveType.EOF_PDU, ConditionCode.NO_ERROR, TransactionStatus.ACTIVE)
            ack.pdu_header.direction = Direction.TOWARDS_SENDER
            self._handler.state_machine(ack)
            sent += self._drain()
        with suppress(PduIgnoredForSource, InvalidNakPdu):  # said twice, or asks for what is not there
            self._handler.state_machine(pdu)
        return sent + self._drain()

    def due(self, now: float) -> float | None:
        """In how many seconds of contact it wants ``step``; None: it only waits for its peer."""
        waits = self._step == TransactionStep.WAITING_FOR_EOF_ACK
        return left(self._handler._params.positive_ack_params.ack_timer) if waits else None

    @property
    def _step(self) -> TransactionStep:
        """The step it is in, or will be in when what was asked for again has left."""
        step = self._handler.step
        if step == TransactionStep.RETRANSMITTING:
            return self._handler._params.ack_params.step_before_retransmission
        return step

    def _drain(self) -> list[bytes]:
        sent = []
        while holder := self._handler.get_next_packet():
            sent.append(bytes(holder.pdu.pack()))
        return sent
