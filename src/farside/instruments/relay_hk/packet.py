"""Relay housekeeping as space packets (see instruments.packet); fields and numbers are in relay_hk.yaml."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml
from numpy.typing import NDArray

from farside.instruments.packet import Packet, widened

_LAYOUT: dict[str, Any] = yaml.safe_load(
    (files("farside.instruments.relay_hk") / "relay_hk.yaml").read_text(encoding="utf-8")
)
PACKET = Packet.of(_LAYOUT)

ORBIT_ERROR_M: float = _LAYOUT["orbit_error_m"]
"""Error of the orbit known on board along each axis, 1 sigma."""


def pack_packet(t: float, position_km: NDArray[Any], velocity_mps: NDArray[Any], count: int) -> bytes:
    """The space packet of a state at ``t`` (TDB s past J2000), (3,) each; ``count`` numbers it modulo 16384."""
    return PACKET.pack(t, {"position_km": position_km, "velocity_mps": velocity_mps}, count)


def unpack_packets(data: bytes) -> dict[str, NDArray[Any]]:
    """Columns of packets: ``t``, ``count``, ``position_km`` and ``velocity_mps`` (n, 3). Raises DamagedFile."""
    return widened(PACKET.unpack(data))
