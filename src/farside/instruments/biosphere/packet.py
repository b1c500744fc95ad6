"""Sensor telemetry as CCSDS space packets of fixed length, packed one by one and unpacked by the thousand.

| version, type, flag, APID 16 b | sequence 2 + 14 b | length 16 b | P-field | seconds 32 b | 2^-16 s 16 b | counts |
|------------------- primary header (6 octets) -------------------|----- secondary header (7) -----|
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.geometry import t_to_tai, tai_to_t
from farside.instruments.biosphere.payload import numbers

_UNSEGMENTED = 0xC000
_J2000_TAI_1958 = 1_325_419_200
"""TAI seconds from 1958-01-01 00:00:00 to 2000-01-01 12:00:00."""


@dataclass(frozen=True)
class Field:
    """A sensor's place in the packet: a count k means ``offset + scale * k`` in ``unit``.

    noise and accuracy are standard deviations, of a single reading and of the sensor's own constant error.
    """

    name: str
    unit: str
    type: str
    scale: float
    offset: float
    noise: float
    accuracy: float

    def count(self, value: float) -> int:
        """The count nearest to a value, within what the field can hold."""
        top = int(np.iinfo(np.dtype(self.type)).max)
        return int(np.clip(np.rint((value - self.offset) / self.scale), 0, top))


@cache
def fields() -> dict[str, Field]:
    """The sensors by name, in the order of the packet."""
    return {f["name"]: Field(**f) for f in numbers()["fields"]}


def pack_packet(t: float, counts: Mapping[str, int], count: int) -> bytes:
    """The space packet of one reading of all sensors at t (TDB s past J2000); ``count`` numbers it modulo 16384."""
    layout = _layout()
    packet = np.zeros((), layout)
    ticks = round((t_to_tai(t) + _J2000_TAI_1958) * 65536)
    packet["identification"], packet["length"] = _identification(), layout.itemsize - 7
    packet["sequence"] = _UNSEGMENTED | count % 16384
    packet["code"], packet["s"], packet["fine"] = numbers()["time_code"], ticks >> 16, ticks & 0xFFFF
    for name in fields():
        packet[name] = counts[name]
    return packet.tobytes()


def unpack_packets(data: bytes) -> dict[str, NDArray[Any]]:
    """Columns (n,) of a run of packets: ``t`` (TDB s past J2000), ``count``, and each sensor in its unit.

    Raises DamagedFile for anything else than whole packets of ours.
    """
    layout = _layout()
    if len(data) % layout.itemsize:
        raise DamagedFile(
            "biosphere telemetry", f"{len(data)} octets are no whole number of {layout.itemsize}-octet packets"
        )
    packets = np.frombuffer(data, layout)
    good = (packets["identification"] == _identification()) & (packets["sequence"] >= _UNSEGMENTED)
    good &= (packets["length"] == layout.itemsize - 7) & (packets["code"] == numbers()["time_code"])
    if not good.all():
        raise DamagedFile("biosphere telemetry", f"packet {int(np.argmin(good))} of {len(packets)} is not one of ours")
    tai = packets["s"].astype(float) - _J2000_TAI_1958 + packets["fine"] / 65536.0
    columns: dict[str, NDArray[Any]] = {
        "t": np.array([tai_to_t(s) for s in tai.tolist()]),
        "count": packets["sequence"].astype(np.int64) % 16384,
    }
    return columns | {name: f.offset + f.scale * packets[name].astype(float) for name, f in fields().items()}


def _identification() -> int:
    return 0x0800 | int(numbers()["apid"])  # version 0, telemetry, secondary header present


@cache
def _layout() -> np.dtype[Any]:
    head = [
        ("identification", ">u2"), ("sequence", ">u2"), ("length", ">u2"), ("code", "u1"), ("s", ">u4"), ("fine", ">u2")
    ]  # fmt: skip
    return np.dtype(head + [(f.name, ">" + f.type) for f in fields().values()])
