"""Verdicts on commands as space packets (see instruments.packet); the layout is in commanding.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.instruments.packet import Packet

PACKET = Packet.of(
    yaml.safe_load((files("farside.instruments.commanding") / "commanding.yaml").read_text(encoding="utf-8"))
)
_TEXTS = ("vehicle", "command", "reason")


@dataclass(frozen=True)
class Verdict:
    """A command at ``t`` (TDB s past J2000) and why it was refused; ``reason`` is empty where it was accepted."""

    t: float
    vehicle: str
    command: str
    reason: str


def pack_packet(verdict: Verdict, count: int) -> bytes:
    """The space packet of a verdict; texts that are too long are cut, ``count`` numbers it modulo 16384."""
    texts = {name: getattr(verdict, name).encode("ascii", "replace") for name in _TEXTS}
    return PACKET.pack(verdict.t, {**texts, "refused": bool(verdict.reason)}, count)


def unpack_packets(data: bytes) -> dict[str, NDArray[Any]]:
    """Columns (n,) of a run of packets: ``t``, ``count``, ``vehicle``, ``command``, ``refused`` (0 or 1), ``reason``.

    Raises DamagedFile for anything else than whole packets of ours.
    """
    columns = PACKET.unpack(data)
    try:
        texts = {name: np.char.decode(columns[name], "ascii").astype(object) for name in _TEXTS}
    except UnicodeDecodeError as error:
        raise DamagedFile("commanding telemetry", f"a text that is not ASCII: {error}") from error
    refused = columns["refused"].astype(np.int64)
    return {"t": columns["t"], "count": columns["count"], "refused": refused, **texts}
