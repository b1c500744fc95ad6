"""All housekeeping that farside's vehicles send: table by table, each from the packets of one APID."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.instruments import biosphere, commanding, gnc, relay_hk, rover_hk
from farside.instruments.biosphere.packet import packet as biosphere_packet
from farside.instruments.commanding.packet import PACKET as COMMANDING
from farside.instruments.gnc.packet import PACKET as GNC
from farside.instruments.packet import split
from farside.instruments.relay_hk.packet import PACKET as RELAY
from farside.instruments.rover_hk.packet import PACKET as ROVER

Columns = dict[str, NDArray[Any]]

TABLES: dict[str, tuple[int, Callable[[bytes], Columns]]] = {
    "gnc": (GNC.apid, gnc.unpack_packets),
    "rover": (ROVER.apid, rover_hk.unpack_packets),
    "relay": (RELAY.apid, relay_hk.unpack_packets),
    "biosphere": (biosphere_packet().apid, biosphere.unpack_packets),
    "commands": (COMMANDING.apid, commanding.unpack_packets),
}
"""Table name to APID and decoder."""


def sort_packets(data: bytes) -> dict[str, bytes]:
    """A run of space packets by table, every packet checked. Raises DamagedFile for packets that are not ours."""
    known = {apid: (table, decode) for table, (apid, decode) in TABLES.items()}
    found = {}
    for apid, packets in split(data).items():
        if apid not in known:
            raise DamagedFile("telemetry", f"packets of APID {apid:#x}, which nobody aboard sends")
        table, decode = known[apid]
        decode(packets)
        found[table] = packets
    return found


def unpack_table(table: str, packets: bytes) -> Columns:
    """Columns of a table from its packets, in their order. Raises DamagedFile."""
    return TABLES[table][1](packets)
