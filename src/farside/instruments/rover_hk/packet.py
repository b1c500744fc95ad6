"""Rover housekeeping as space packets (see instruments.packet); fields and numbers are in rover_hk.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.instruments.packet import Packet, widened

_LAYOUT: dict[str, Any] = yaml.safe_load(
    (files("farside.instruments.rover_hk") / "rover_hk.yaml").read_text(encoding="utf-8")
)

MODES: tuple[str, ...] = tuple(_LAYOUT["modes"])
"""Names of the mode numbers."""

REFUSALS: tuple[str, ...] = tuple(_LAYOUT["refusals"])
"""Names of the reasons for which a command was refused."""

_NAMED = {"mode": MODES, "refusal": REFUSALS}
PACKET = Packet.of(_LAYOUT)


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
    numbers = {name: words.index(getattr(sample, name)) for name, words in _NAMED.items()}
    return PACKET.pack(sample.t, {**vars(sample), **numbers}, count)


def unpack_packets(data: bytes) -> dict[str, NDArray[Any]]:
    """Columns of a run of packets, each of length n: ``t``, ``count`` and the fields of rover_hk.yaml.

    Vectors are (n, k); ``mode`` and ``refusal`` hold indices into MODES and REFUSALS. Raises DamagedFile.
    """
    columns = widened(PACKET.unpack(data))
    good = np.logical_and.reduce([columns[name] < len(words) for name, words in _NAMED.items()])
    if not good.all():
        raise DamagedFile("rover telemetry", f"packet {int(np.argmin(good))} of {len(good)} is not one of ours")
    return columns
