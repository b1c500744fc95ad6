"""The lunar penetrating radar: its published numbers, its raw record, and the real level-2B file with its traps."""

from farside.instruments.lpr.clock import clock_of, t_of, utc_of
from farside.instruments.lpr.dielectric import carrier_density, regolith_permittivity
from farside.instruments.lpr.kind import KIND
from farside.instruments.lpr.label import label_elements, read_label
from farside.instruments.lpr.layout import from_bytes, to_bytes
from farside.instruments.lpr.observation import product_id, soundings
from farside.instruments.lpr.radar import Channel, Radar, radar
from farside.instruments.lpr.record import pack, unpack

__all__ = [
    "KIND",
    "Channel",
    "Radar",
    "carrier_density",
    "clock_of",
    "from_bytes",
    "label_elements",
    "pack",
    "product_id",
    "radar",
    "read_label",
    "regolith_permittivity",
    "soundings",
    "t_of",
    "to_bytes",
    "unpack",
    "utc_of",
]
