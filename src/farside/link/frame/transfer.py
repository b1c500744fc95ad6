"""Transfer frames of telemetry (TM, CCSDS 132.0-B-3) and of advanced orbiting systems (AOS, 732.0-B-4).

    TM   | version 00, spacecraft 10 b, channel 3, OCF 1 | master 8 | count 8 | flags 2, order 1, 11, pointer 11 | data
    AOS  | version 01, spacecraft 8 b, channel 6 | count 24 | signalling 8 | spare 5, pointer 11 | data
                                                                  ... | operational control 4 octets | FECF 2 octets |

The pointer says where in the data the first packet starts. The frame error control field (FECF) is CRC-16 0x1021, start
0xFFFF, no reflection. TM tells in its header whether an operational control field (OCF) follows; AOS does not.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import NamedTuple

import fastcrc

from farside.link.frame.damaged import DamagedUnit

NO_START = 0x7FF
"""First header pointer of a frame in which no packet starts."""
ONLY_IDLE = 0x7FE
"""First header pointer of a frame that only fills."""
OCF_OCTETS, FECF_OCTETS = 4, 2
_TM, _AOS = Struct(">HBBH"), Struct(">HIH")
_SEGMENT_LENGTH = 0b11 << 11
_SECONDARY, _SYNC = 1 << 15, 1 << 14


class Service(IntEnum):
    """Kind of frame, by its version number."""

    TM = 0
    AOS = 1


HEADER_OCTETS = {Service.TM: _TM.size, Service.AOS: _AOS.size}
COUNTS = {Service.TM: 1 << 8, Service.AOS: 1 << 24}
"""Frames of a virtual channel are counted modulo this."""
CHANNELS = {Service.TM: 8, Service.AOS: 64}
SPACECRAFT = {Service.TM: 1 << 10, Service.AOS: 1 << 8}
IDLE_CHANNEL = {Service.TM: 7, Service.AOS: 63}
"""Virtual channel of frames that only fill: set by the standard for AOS, a custom for TM."""


class Frame(NamedTuple):
    """A transfer frame. channel: virtual channel. number: count of that channel. master: TM's count of all channels."""

    service: Service
    spacecraft: int
    channel: int
    number: int
    pointer: int
    data: bytes
    master: int = 0
    ocf: bytes = b""

    def pack(self, fecf: bool = True) -> bytes:
        """The frame's octets, with its check sum or without."""
        if self.service == Service.TM:
            identity = self.spacecraft << 4 | self.channel << 1 | bool(self.ocf)
            header = _TM.pack(identity, self.master, self.number, _SEGMENT_LENGTH | self.pointer)
        else:
            identity = Service.AOS << 14 | self.spacecraft << 6 | self.channel
            header = _AOS.pack(identity, self.number << 8, self.pointer)
        body = b"".join((header, self.data, self.ocf))
        return body + int(fastcrc.crc16.ibm_3740(body)).to_bytes(2, "big") if fecf else body


def read_frame(octets: bytes, fecf: bool = True, ocf: bool = False) -> Frame:
    """The frame that ``octets`` are.

    fecf: whether it ends with its check sum. ocf: whether an AOS frame has an operational control field. Raises
    DamagedUnit for a wrong check sum, an unknown version, and a TM frame whose data are not packets.
    """
    end = len(octets) - FECF_OCTETS * fecf
    if end < _AOS.size + OCF_OCTETS:
        raise DamagedUnit(f"{len(octets)} octets are too few for a transfer frame")
    if fecf and int(fastcrc.crc16.ibm_3740(octets[:end])) != int.from_bytes(octets[end:], "big"):
        raise DamagedUnit("a transfer frame with a wrong check sum")
    version = octets[0] >> 6
    if version == Service.TM:
        identity, master, count, status = _TM.unpack_from(octets)
        if status & _SYNC:
            raise DamagedUnit("a transfer frame that does not hold packets")
        spacecraft, channel, ocf = identity >> 4, identity >> 1 & 7, bool(identity & 1)
        start = _TM.size + ((octets[_TM.size] & 0x3F) + 1 if status & _SECONDARY else 0)
        pointer = status & NO_START
    elif version == Service.AOS:
        identity, signalled, pointer = _AOS.unpack_from(octets)
        spacecraft, channel, master, count = identity >> 6 & 0xFF, identity & 0x3F, 0, signalled >> 8
        start, pointer = _AOS.size, pointer & NO_START
    else:
        raise DamagedUnit(f"a transfer frame of unknown version {version}")
    stop = end - OCF_OCTETS * ocf
    if start > stop or (pointer < ONLY_IDLE and start + pointer >= stop):
        raise DamagedUnit(f"a transfer frame of {len(octets)} octets whose first packet starts outside")
    return Frame(Service(version), spacecraft, channel, count, pointer, octets[start:stop], master, octets[stop:end])
