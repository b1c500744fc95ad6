"""What an instrument is: its published numbers, its mounting, its raw record and its labels."""

from farside.instruments.arrays import (
    array_element,
    data_name,
    described_octets,
    image_layout,
    plain_array,
    read_array,
    read_plain_arrays,
)
from farside.instruments.beside import FILE as BESIDE
from farside.instruments.camera import data_file
from farside.instruments.instrument import CAMERAS, Band, Camera, Instrument, load
from farside.instruments.kind import Arrays, Encoded, Kind
from farside.instruments.label import Element, level2_elements, read_attrs
from farside.instruments.mounting import camera_pose, point_at
from farside.instruments.names import ProductName
from farside.instruments.observation import MISSION, camera_model, observation, pinhole
from farside.instruments.record import pack
from farside.instruments.registry import kind, kind_of_id, names, product_id, unpack
from farside.instruments.targets import Chart, Flag, Paint, patch_reflectances, targets

__all__ = [
    "BESIDE",
    "CAMERAS",
    "MISSION",
    "Arrays",
    "Band",
    "Camera",
    "Chart",
    "Element",
    "Encoded",
    "Flag",
    "Instrument",
    "Kind",
    "Paint",
    "ProductName",
    "array_element",
    "camera_model",
    "camera_pose",
    "data_file",
    "data_name",
    "described_octets",
    "image_layout",
    "kind",
    "kind_of_id",
    "level2_elements",
    "load",
    "names",
    "observation",
    "pack",
    "patch_reflectances",
    "pinhole",
    "plain_array",
    "point_at",
    "product_id",
    "read_array",
    "read_attrs",
    "read_plain_arrays",
    "targets",
    "unpack",
]
