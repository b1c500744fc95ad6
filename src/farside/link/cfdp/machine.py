"""What cfdp-py wants of whoever uses it: a filestore, a user, an answer to faults, configurations."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfdppy import CfdpUserBase, IndicationConfig, LocalEntityConfig, RemoteEntityConfig, RemoteEntityConfigTable
from cfdppy.filestore import FilestoreResult, VirtualFilestore
from cfdppy.mib import CheckTimerProvider, DefaultFaultHandlerBase
from cfdppy.user import TransactionFinishedParams
from spacepackets.cfdp import ChecksumType, ConditionCode, TransmissionMode
from spacepackets.cfdp.pdu.finished import DeliveryCode
from spacepackets.countdown import Countdown
from spacepackets.util import ByteFieldGenerator, UnsignedByteField


@dataclass(frozen=True)
class Peer:
    """How to talk to another entity. Times in seconds of contact.

    pdu_octets: of the longest protocol data unit; ack_s, nak_s: until an end of file, or a request for what is missing,
    is said again: the round trip and what the peer needs; tries: how often; silence_s: without any word from the peer
    after which a file is given up; most_octets: of the longest file that is taken from it.
    """

    entity: int
    ack_s: float
    nak_s: float
    tries: int = 10
    pdu_octets: int = 1024
    silence_s: float = 86400.0
    crc: bool = True
    most_octets: int = 256 << 20


class OneFile(VirtualFilestore):  # type: ignore[misc]
    """A filestore in memory that knows one file, whatever it is called."""

    def __init__(self, data: bytes = b"", exists: bool = False) -> None:
        self.data: bytes | bytearray = data
        self._exists = exists

    def read_data(self, file: Path, offset: int | None, read_len: int) -> bytes:
        """Octets of the file."""
        begin = offset or 0
        return bytes(self.data[begin : begin + read_len])

    def write_data(self, file: Path, data: bytes, offset: int | None) -> None:
        """Change octets of the file, or add to them."""
        assert isinstance(self.data, bytearray)
        begin = offset or 0
        if begin > len(self.data):
            self.data.extend(bytes(begin - len(self.data)))
        self.data[begin : begin + len(data)] = data

    def create_file(self, file: Path) -> FilestoreResult:
        """Begin the file."""
        self.data, self._exists = bytearray(), True
        return FilestoreResult.CREATE_SUCCESS

    def truncate_file(self, file: Path) -> None:
        """Begin the file anew."""
        self.data = bytearray()

    def file_exists(self, path: Path) -> bool:
        """Whether it has begun."""
        return self._exists

    def is_directory(self, path: Path) -> bool:
        """There are none."""
        return False

    def file_size(self, file: Path) -> int:
        """Octets of the file."""
        return len(self.data)

    def filename_from_full_path(self, path: Path) -> str | None:
        """The last part of a name."""
        return path.name

    def calculate_checksum(
        self, checksum_type: ChecksumType, file_path: Path, size_to_verify: int, segment_len: int = 4096
    ) -> bytes:
        """CRC-32 of the first octets of the file."""
        return zlib.crc32(memoryview(self.data)[:size_to_verify]).to_bytes(4, "big")

    def _not_here(self, *args: Any) -> Any:
        raise PermissionError("there is one file only")

    read_from_opened_file = delete_file = rename_file = replace_file = _not_here
    create_directory = remove_directory = list_directory = _not_here


class Watch(CfdpUserBase):  # type: ignore[misc]
    """The user of one file's machine: keeps how it ended.

    ended: None until the other side's verdict (sending) or our own (receiving); then "" if the file is whole, or why
    it is not.
    expected: the checksum that a received file must have.
    """

    def __init__(self, file: OneFile) -> None:
        super().__init__(file)
        self.ended: str | None = None
        self.expected: bytes | None = None

    def transaction_finished_indication(self, params: TransactionFinishedParams) -> None:
        """Judge a file, before the other side is told.

        cfdp-py does not compare checksums of files of which nothing was lost.
        """
        verdict = params.finished_params
        if self.expected is not None and verdict.delivery_code == DeliveryCode.DATA_COMPLETE:
            found = self.vfs.calculate_checksum(ChecksumType.CRC_32, Path(), self.vfs.file_size(Path()))
            if found != self.expected:
                verdict.delivery_code = DeliveryCode.DATA_INCOMPLETE
                verdict.condition_code = ConditionCode.FILE_CHECKSUM_FAILURE
        if self.ended is None:
            whole = verdict.delivery_code == DeliveryCode.DATA_COMPLETE
            self.ended = "" if whole else words(verdict.condition_code)

    def _ignore(self, *args: Any) -> None:
        pass

    transaction_indication = eof_sent_indication = metadata_recv_indication = _ignore
    file_segment_recv_indication = report_indication = suspended_indication = _ignore
    resumed_indication = fault_indication = abandoned_indication = eof_recv_indication = _ignore


class Faults(DefaultFaultHandlerBase):  # type: ignore[misc]
    """Keeps the fault for which a file was given up."""

    def __init__(self) -> None:
        super().__init__()
        self.why: str | None = None

    def notice_of_cancellation_cb(self, transaction_id: Any, cond: ConditionCode, progress: int) -> None:
        """The machine has given up."""
        self.why = words(cond)

    def _ignore(self, transaction_id: Any, cond: ConditionCode, progress: int) -> None:
        pass

    notice_of_suspension_cb = abandoned_cb = ignore_cb = _ignore


class NoCheckTimer(CheckTimerProvider):  # type: ignore[misc]
    """Check timers belong to unacknowledged files, of which the service takes none in (see FileService)."""

    def provide_check_timer(self, *args: Any) -> Countdown:
        """Nobody asks; the library wants one named."""
        raise AssertionError("a check timer for an acknowledged file")


def words(condition: ConditionCode) -> str:
    """A condition code as one says it."""
    return str(condition.name).lower().replace("_", " ")


def width(*numbers: int) -> int:
    """Octets of the shortest field that holds each of ``numbers``."""
    return next(octets for octets in (1, 2, 4, 8) if max(numbers) < 1 << 8 * octets)


def entity_field(entity: int, octets: int) -> UnsignedByteField:
    """An entity's number."""
    return ByteFieldGenerator.from_int(octets, entity)


def local(entity: int, peer: Peer, faults: Faults) -> LocalEntityConfig:
    """Configuration of this entity, for one file."""
    indications = IndicationConfig(False, False, False, True, False, False)
    return LocalEntityConfig(entity_field(entity, width(entity, peer.entity)), indications, faults)


def remote(entity: int, peer: Peer) -> RemoteEntityConfigTable:
    """Configuration of the other entity, for one file: acknowledged, and what is missing is asked for at the end.

    Asking at once would take what comes out of order for lost.
    """
    config = RemoteEntityConfig(
        entity_id=entity_field(peer.entity, width(entity, peer.entity)),
        max_file_segment_len=None,
        max_packet_len=peer.pdu_octets,
        closure_requested=False,
        crc_on_transmission=peer.crc,
        default_transmission_mode=TransmissionMode.ACKNOWLEDGED,
        crc_type=ChecksumType.CRC_32,
        positive_ack_timer_interval_seconds=peer.ack_s,
        positive_ack_timer_expiration_limit=peer.tries,
        immediate_nak_mode=False,
        nak_timer_interval_seconds=peer.nak_s,
        nak_timer_expiration_limit=peer.tries,
    )
    return RemoteEntityConfigTable([config])


UNHEARD = words(ConditionCode.POSITIVE_ACK_LIMIT_REACHED)
"""Why a file is given up whose end was said often enough."""
