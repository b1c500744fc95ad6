"""The visible and near-infrared imaging spectrometer: what it is, its raw record and its level-2 files."""

from farside.instruments.vnis.kind import KIND
from farside.instruments.vnis.label import label_attrs, label_elements
from farside.instruments.vnis.layout import from_bytes, to_bytes
from farside.instruments.vnis.mount import BODY, angles, footprint, rays
from farside.instruments.vnis.observation import MODES, counts, product_name, vnis_observation
from farside.instruments.vnis.record import pack, unpack
from farside.instruments.vnis.spec import Vnis, load_vnis

__all__ = [
    "BODY",
    "KIND",
    "MODES",
    "Vnis",
    "angles",
    "counts",
    "footprint",
    "from_bytes",
    "label_attrs",
    "label_elements",
    "load_vnis",
    "pack",
    "product_name",
    "rays",
    "to_bytes",
    "unpack",
    "vnis_observation",
]
