"""What an instrument is: its published numbers, its mounting, its raw record and its labels."""

from farside.instruments.instrument import INSTRUMENTS, Band, Instrument, load
from farside.instruments.label import Element, level2_elements, read_attrs
from farside.instruments.mounting import camera_pose
from farside.instruments.names import ProductName, product_id
from farside.instruments.observation import observation, pinhole
from farside.instruments.record import pack, unpack

__all__ = [
    "INSTRUMENTS",
    "Band",
    "Element",
    "Instrument",
    "ProductName",
    "camera_pose",
    "level2_elements",
    "load",
    "observation",
    "pack",
    "pinhole",
    "product_id",
    "read_attrs",
    "unpack",
]
