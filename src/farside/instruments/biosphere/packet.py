"""Sensor telemetry as space packets (see instruments.packet): a count for every sensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.instruments.biosphere.payload import numbers
from farside.instruments.packet import Packet


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
    return packet().pack(t, counts, count)


def unpack_packets(data: bytes) -> dict[str, NDArray[Any]]:
    """Columns (n,) of a run of packets: ``t`` (TDB s past J2000), ``count``, and each sensor in its unit.

    Raises DamagedFile for anything else than whole packets of ours.
    """
    columns = packet().unpack(data)
    values = {name: f.offset + f.scale * columns[name].astype(float) for name, f in fields().items()}
    return {"t": columns["t"], "count": columns["count"], **values}


@cache
def packet() -> Packet:
    """The kind of packet all sensors share."""
    n = numbers()
    return Packet("biosphere", n["apid"], n["time_code"], [(f.name, ">" + f.type) for f in fields().values()])
