"""Cameras as instruments: their frames in level-2 files of the Chang'e archive."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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
    attrs.setdefault("exposure_mode", camera.exposure.mode)
    attrs["instrument_id"] = camera.id
    attrs["lens"] = _words(camera)
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
        _with_statistics(array_element(dn.shape, dn.dtype, "data number"), dn, attrs["level"]),
    ))  # fmt: skip
    return Encoded(dn.tobytes(), (*elements, area))


def _words(camera: Instrument) -> str:
    """A lens as its label has it: its model and coefficients."""
    lens = camera.optics.lens
    return " ".join(f"{name} {value:g}" if name != "model" else value for name, value in lens or ())


def _with_statistics(array: Element, dn: NDArray[Any], level: str) -> Element:
    """The array's element with the statistics of its samples, as labels of level 2B have them (and others do not)."""
    if level.upper() != "2B":
        return array
    numbers = {"maximum": dn.max(), "minimum": dn.min(), "mean": dn.mean(), "standard_deviation": dn.std()}
    said = Element("Object_Statistics", tuple(Element(name, f"{value:.6f}") for name, value in numbers.items()))
    return Element(array.tag, (*array.children(), said))


def decode(label: Element, path: Path) -> xr.Dataset:
    """The frame of a level-2 label that lies at ``path``. Raises DamagedFile."""
    file_name = (label.text("File_Area_Observational", "File", "file_name") or "").strip()
    if not file_name:
        raise DamagedFile(path, "the label names no data file")
    return observation(read_array(label, path.parent / file_name), **_attrs(label, path, file_name))


def _attrs(label: Element, path: Path, file_name: str) -> dict[str, Any]:
    try:
        name = ProductName.parse(file_name)
    except BadInput as error:
        raise DamagedFile(path, f"the label names {error.value!r}, not a product of the archive") from error
    camera = name.camera.lower()
    # where templates differ, the last one is believed: its own
    attrs = read_attrs(label, tuple(sorted(CAMERAS, key=lambda other: other == camera)))
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
    detector = load(camera, name.mode).detector
    return {"bits": detector.bits, "bayer": detector.bayer}


def _binning(camera: str, pixel_um: float | None) -> int:
    """Detector pixels in one sample, along an axis, from the pixel size that the label gives."""
    if not pixel_um or camera not in CAMERAS:
        return 1
    return round(pixel_um / load(camera).detector.pixel_um)
