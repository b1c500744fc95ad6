"""Space packets of housekeeping (CCSDS 133.0-B-2), packed one by one and unpacked by the thousand.

| version, type, flag, APID 16 b | sequence 2 + 14 b | length 16 b | P-field | seconds 32 b | 2^-16 s 16 b | fields |
|------------------- primary header (6 octets) -------------------|----- secondary header (7) -----|

Every kind of packet has an application identifier (APID), a fixed length, and fields without gaps, big-endian. The
secondary header is a time code (CUC, CCSDS 301.0-B-4): TAI since 1958.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.geometry import t_to_tai, tai_to_t

HEADER = (
    ("identification", ">u2"), ("sequence", ">u2"), ("length", ">u2"), ("code", "u1"), ("s", ">u4"), ("fine", ">u2")
)  # fmt: skip
PRIMARY = 6
UNSEGMENTED = 0xC000
J2000_TAI_1958 = 1_325_419_200
"""TAI seconds from 1958-01-01 00:00:00 to 2000-01-01 12:00:00."""


class Packet:
    """A kind of packet: its name for people, APID, time code and fields (name, NumPy type[, shape])."""

    def __init__(self, name: str, apid: int, time_code: int, fields: Sequence[tuple[Any, ...]]) -> None:
        self.name, self.apid, self.time_code = name, apid, time_code
        self.fields = [field[0] for field in fields]
        self.dtype = np.dtype([*HEADER, *fields])
        self._identification = 0x0800 | apid  # version 0, telemetry, secondary header present
        self._length = self.dtype.itemsize - PRIMARY - 1

    @classmethod
    def of(cls, layout: Mapping[str, Any]) -> Packet:
        """The packet of an instrument's YAML: ``name``, ``apid``, ``time_code``, ``fields``."""
        fields = [(f["name"], ">" + f["type"], (f["count"],) if "count" in f else ()) for f in layout["fields"]]
        return cls(layout["name"], layout["apid"], layout["time_code"], fields)

    def pack(self, t: float, values: Mapping[str, Any], count: int) -> bytes:
        """The packet of field values at ``t`` (TDB s past J2000); ``count`` numbers it, modulo 16384."""
        packet = np.zeros((), self.dtype)
        ticks = round((t_to_tai(t) + J2000_TAI_1958) * 65536)
        packet["identification"], packet["length"] = self._identification, self._length
        packet["sequence"] = UNSEGMENTED | count % 16384
        packet["code"], packet["s"], packet["fine"] = self.time_code, ticks >> 16, ticks & 0xFFFF
        for name in self.fields:
            packet[name] = values[name]
        return packet.tobytes()

    def unpack(self, data: bytes) -> dict[str, NDArray[Any]]:
        """Columns of a run of packets: ``t`` (TDB s past J2000), ``count``, and the fields as they stand.

        Raises DamagedFile for anything else than whole packets of this kind.
        """
        what, size = f"{self.name} telemetry", self.dtype.itemsize
        if len(data) % size:
            raise DamagedFile(what, f"{len(data)} octets are no whole number of {size}-octet packets")
        packets = np.frombuffer(data, self.dtype)
        good = (packets["identification"] == self._identification) & (packets["sequence"] >= UNSEGMENTED)
        good &= (packets["length"] == self._length) & (packets["code"] == self.time_code)
        if not good.all():
            raise DamagedFile(what, f"packet {int(np.argmin(good))} of {len(packets)} is not one of ours")
        tai = packets["s"].astype(float) - J2000_TAI_1958 + packets["fine"] / 65536.0
        columns = {
            "t": np.array([tai_to_t(s) for s in tai.tolist()]),
            "count": packets["sequence"].astype(np.int64) % 16384,
        }
        return columns | {name: packets[name] for name in self.fields}


def widened(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The same columns as native float64 and int64 (octets stay octets)."""
    kinds = {"f": np.float64, "i": np.int64, "u": np.int64}
    return {name: v.astype(kinds.get(v.dtype.kind, v.dtype)) for name, v in columns.items()}


def split(data: bytes) -> dict[int, bytes]:
    """A run of space packets of any kind by APID, each in its order. Raises DamagedFile."""
    found: dict[int, bytearray] = {}
    at = 0
    while at < len(data):
        if len(data) - at < PRIMARY + 1:
            raise DamagedFile("telemetry", f"{len(data) - at} octets are too few for a packet")
        end = at + PRIMARY + 1 + int.from_bytes(data[at + 4 : at + 6], "big")
        if end > len(data):
            raise DamagedFile("telemetry", f"the packet at octet {at} is cut short")
        found.setdefault(int.from_bytes(data[at : at + 2], "big") & 0x7FF, bytearray()).extend(data[at:end])
        at = end
    return {apid: bytes(packets) for apid, packets in found.items()}
