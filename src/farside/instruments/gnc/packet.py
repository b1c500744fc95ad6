"""GNC housekeeping as space packets (see instruments.packet); fields and numbers are in gnc.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.instruments.packet import Packet, widened

_LAYOUT: dict[str, Any] = yaml.safe_load((files("farside.instruments.gnc") / "gnc.yaml").read_text(encoding="utf-8"))

PHASES: tuple[str, ...] = tuple(_LAYOUT["phases"])
"""Names of the phase numbers."""

PACKET = Packet.of(_LAYOUT)


@dataclass(frozen=True)
class Sample:
    """One housekeeping sample, as the vehicle believes it.

    t: TDB s past J2000. Vectors are in the site frame; quaternion: lander frame -> site frame, scalar first.
    phase: one of PHASES.
    """

    t: float
    altitude_m: float
    position_m: tuple[float, float, float]
    velocity_mps: tuple[float, float, float]
    quaternion: tuple[float, float, float, float]
    thrust_n: float
    mass_kg: float
    phase: str


def pack_packet(sample: Sample, count: int) -> bytes:
    """The space packet of a sample; ``count`` numbers the packets of this source (carried modulo 16384)."""
    return PACKET.pack(sample.t, {**vars(sample), "phase": PHASES.index(sample.phase)}, count)


def unpack_packets(data: bytes) -> dict[str, NDArray[Any]]:
    """Columns of a run of packets, each of length n: ``t`` (TDB s past J2000), ``count`` and the fields of gnc.yaml.

    Vectors are (n, 3) or (n, 4); ``phase`` holds indices into PHASES. Raises DamagedFile for anything else.
    """
    columns = widened(PACKET.unpack(data))
    if (columns["phase"] >= len(PHASES)).any():
        first, n = int(np.argmax(columns["phase"] >= len(PHASES))), len(columns["t"])
        raise DamagedFile("gnc telemetry", f"packet {first} of {n} is not one of ours")
    return columns
