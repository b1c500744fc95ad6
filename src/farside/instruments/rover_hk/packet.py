"""Rover housekeeping as CCSDS space packets of fixed length, packed one by one and unpacked by the thousand.

| version, type, flag, APID 16 b | sequence 2 + 14 b | length 16 b | P-field | seconds 32 b | 2^-16 s 16 b | fields |
|------------------- primary header (6 octets) -------------------|----- secondary header (7) -----|
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.geometry import t_to_tai, tai_to_t

_LAYOUT: dict[str, Any] = yaml.safe_load(
    (files("farside.instruments.rover_hk") / "rover_hk.yaml").read_text(encoding="utf-8")
)

MODES: tuple[str, ...] = tuple(_LAYOUT["modes"])
"""Names of the mode numbers."""

REFUSALS: tuple[str, ...] = tuple(_LAYOUT["refusals"])
"""Names of the reasons for which a command was refused."""

_NAMED = {"mode": MODES, "refusal": REFUSALS}
_PACKET = np.dtype(
    [("identification", ">u2"), ("sequence", ">u2"), ("length", ">u2"), ("code", "u1"), ("s", ">u4"), ("fine", ">u2")]
    + [(f["name"], ">" + f["type"], (f["count"],) if "count" in f else ()) for f in _LAYOUT["fields"]]
)
_IDENTIFICATION = 0x0800 | _LAYOUT["apid"]  # version 0, telemetry, secondary header present
_UNSEGMENTED = 0xC000
_LENGTH = _PACKET.itemsize - 7  # octets after the primary header, less one
_J2000_TAI_1958 = 1_325_419_200
"""TAI seconds from 1958-01-01 00:00:00 to 2000-01-01 12:00:00."""


@dataclass(frozen=True)
class Sample:
    """One housekeeping sample, as the rover believes it.

    t: TDB s past J2000. position_m: site frame; quaternion: rover frame -> site frame, scalar first. charge: 0 to 1.
    mode: one of MODES; refusal: one of REFUSALS.
    """

    t: float
    position_m: tuple[float, float, float]
    quaternion: tuple[float, float, float, float]
    rocker_rad: float
    bogies_rad: tuple[float, float]
    speed_mps: float
    odometer_m: float
    panel_w: float
    load_w: float
    charge: float
    body_c: float
    mode: str
    accepted: int = 0
    refused: int = 0
    refusal: str = "none"


def pack_packet(sample: Sample, count: int) -> bytes:
    """The space packet of a sample; ``count`` numbers the packets of this source (carried modulo 16384)."""
    packet = np.zeros((), _PACKET)
    ticks = round((t_to_tai(sample.t) + _J2000_TAI_1958) * 65536)
    packet["identification"], packet["sequence"], packet["length"] = (
        _IDENTIFICATION,
        _UNSEGMENTED | count % 16384,
        _LENGTH,
    )
    packet["code"], packet["s"], packet["fine"] = _LAYOUT["time_code"], ticks >> 16, ticks & 0xFFFF
    for field in _LAYOUT["fields"]:
        name = field["name"]
        value = getattr(sample, name)
        packet[name] = _NAMED[name].index(value) if name in _NAMED else value
    return packet.tobytes()


def unpack_packets(data: bytes) -> dict[str, NDArray[Any]]:
    """Columns of a run of packets, each of length n: ``t`` (TDB s past J2000), ``count`` and the fields of the YAML.

    Vectors are (n, k); ``mode`` and ``refusal`` hold indices. Raises DamagedFile for anything else.
    """
    if len(data) % _PACKET.itemsize:
        raise DamagedFile(
            "rover telemetry", f"{len(data)} octets are no whole number of {_PACKET.itemsize}-octet packets"
        )
    packets = np.frombuffer(data, _PACKET)
    good = (packets["identification"] == _IDENTIFICATION) & (packets["sequence"] >= _UNSEGMENTED)
    good &= (packets["length"] == _LENGTH) & (packets["code"] == _LAYOUT["time_code"])
    for name, names in _NAMED.items():
        good &= packets[name] < len(names)
    if not good.all():
        raise DamagedFile("rover telemetry", f"packet {int(np.argmin(good))} of {len(packets)} is not one of ours")
    tai = packets["s"].astype(float) - _J2000_TAI_1958 + packets["fine"] / 65536.0
    columns = {
        "t": np.array([tai_to_t(s) for s in tai.tolist()]),
        "count": packets["sequence"].astype(np.int64) % 16384,
    }
    for field in _LAYOUT["fields"]:
        values = packets[field["name"]]
        columns[field["name"]] = values.astype(np.float64 if field["type"] == "f4" else np.int64)
    return columns
