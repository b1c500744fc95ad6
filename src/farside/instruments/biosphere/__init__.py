"""The sealed biological experiment: its sensors and their packets, its cameras and their records."""

from farside.instruments.biosphere.kind import KIND
from farside.instruments.biosphere.layout import from_bytes, product_id, to_bytes
from farside.instruments.biosphere.packet import Field, fields, pack_packet, unpack_packets
from farside.instruments.biosphere.payload import camera, numbers, view
from farside.instruments.biosphere.record import pack, unpack
from farside.instruments.biosphere.view import View

__all__ = [
    "KIND",
    "Field",
    "View",
    "camera",
    "fields",
    "from_bytes",
    "numbers",
    "pack",
    "pack_packet",
    "product_id",
    "to_bytes",
    "unpack",
    "unpack_packets",
    "view",
]
