"""Cameras as instruments: their frames in level-2 files of the Chang'e archive."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import BadInput, DamagedFile
from farside.instruments.arrays import array_element, read_array
from farside.instruments.instrument import CAMERAS, Instrument, load
from farside.instruments.kind import Arrays, Encoded, Kind
from farside.instruments.label import Element, level2_elements, read_attrs
from farside.instruments.names import ProductName, product_id
from farside.instruments.observation import observation
from farside.instruments.record import pack, unpack

if TYPE_CHECKING:
    import xarray as xr


@cache
def camera_kind(name: str) -> Kind:
    """What the house needs to know of a camera. Raises BadInput for one farside does not have."""
    camera = load(name)
    return Kind(name, camera.id, camera.title, camera.host, pack, unpack, product_id, restore, encode, decode)


def restore(arrays: Arrays, attrs: dict[str, Any]) -> xr.Dataset:
    """The frame of a level-1 array ``dn``."""
    return observation(arrays["dn"], **attrs)


def encode(frame: xr.Dataset) -> Encoded:
    """A calibrated frame as octets and label. Raises BadInput for a missing attribute."""
    return encode_image(frame, load(frame.attrs["instrument"]))


def encode_image(frame: xr.Dataset, camera: Instrument) -> Encoded:
    """A calibrated frame of a camera as octets and label. Raises BadInput for a missing attribute."""
    attrs = dict(frame.attrs)
    attrs.setdefault("modification_date", attrs["stop_utc"][:10])
    attrs["instrument_id"] = camera.id
    dn = np.ascontiguousarray(frame["dn"].to_numpy())
    name = f"{attrs['product_id']}.{attrs['level']}"
    try:
        elements = level2_elements(attrs, camera.host)
    except KeyError as error:
        raise BadInput(name, str(error.args[0]), None, "an observation with everything its label says") from error
    area = Element("File_Area_Observational", (
        Element("File", (
            Element("file_name", name),
            Element("local_identifier", "None"),
            Element("creation_date_time", str(attrs.get("creation_utc", attrs["stop_utc"]))),
            Element("file_size", str(dn.nbytes), "byte"),
            Element("records", "1"),
        )),
        array_element(dn.shape, dn.dtype, "data number"),
    ))  # fmt: skip
    return Encoded(dn.tobytes(), (*elements, area))


def decode(label: Element, path: Path) -> xr.Dataset:
    """The frame of a level-2 label that lies at ``path``. Raises DamagedFile."""
    file_name = (label.text("File_Area_Observational", "File", "file_name") or "").strip()
    if not file_name:
        raise DamagedFile(path, "the label names no data file")
    return observation(read_array(label, path.parent / file_name), **_attrs(label, path, file_name))


def _attrs(label: Element, path: Path, file_name: str) -> dict[str, Any]:
    attrs = read_attrs(label)
    try:
        name = ProductName.parse(file_name)
    except BadInput as error:
        raise DamagedFile(path, f"the label names {error.value!r}, not a product of the archive") from error
    camera = name.camera.lower()
    attrs |= {
        "instrument": camera,
        "mode": name.mode,
        "index": name.index,
        "sequence_id": name.sequence_id,
        "level": name.level,
        "product_id": f"{path.name.rsplit('.', 1)[0]}",
        **_samples(camera, name),
        "binning": _binning(camera, attrs.get("pixel_size_um")),
    }
    creation = label.text("File_Area_Observational", "File", "creation_date_time")
    return attrs | ({"creation_utc": creation} if creation else {})


def _samples(camera: str, name: ProductName) -> dict[str, Any]:
    """What the samples of a level are: 2B keeps the sensor's depth and, in colour, its mosaic."""
    if name.level.upper() != "2B" or camera not in CAMERAS:
        return {"bits": 8, "bayer": ""}
    detector = load(camera).detector
    return {"bits": detector.bits, "bayer": detector.bayer if name.mode == load(camera).mode else ""}


def _binning(camera: str, pixel_um: float | None) -> int:
    """Detector pixels in one sample, along an axis, from the pixel size that the label gives."""
    if not pixel_um or camera not in CAMERAS:
        return 1
    return round(pixel_um / load(camera).detector.pixel_um)
