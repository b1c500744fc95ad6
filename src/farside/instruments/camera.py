"""Cameras as instruments: their frames in level-2 files of the Chang'e archive."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside import __version__
from farside.errors import BadInput, DamagedFile
from farside.instruments.arrays import array_element, data_name, read_array
from farside.instruments.beside import said_beside
from farside.instruments.instrument import CAMERAS, Instrument, load
from farside.instruments.kind import Arrays, Encoded, Kind
from farside.instruments.label import Element, level2_elements, read_label
from farside.instruments.names import ProductName, product_id
from farside.instruments.observation import MISSION, observation
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
    if "reference_frame" in attrs:
        attrs.setdefault("vector_frame", attrs["reference_frame"])
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
    data = data_file(label, path)
    dn = read_array(label, data)
    return observation(dn, **_attrs(label, path, data, dn))


def data_file(label: Element, path: Path) -> Path:
    """The data file of a level-2 label at ``path``: the one of its own name, else the one that it names.

    A label at the head of its data file is in the data file itself. Raises DamagedFile where neither is a name of the
    archive's.
    """
    own, said = path.name[:-1] if path.name[-1:] in "Ll" else path.name, data_name(label)
    names = [name for name in dict.fromkeys((own, said)) if _is_product(name)]
    if not names:
        raise DamagedFile(path, f"the label names {said!r}, not a product of the archive" if said else
                          "the label names no data file")  # fmt: skip
    return next((data for name in names if (data := path.with_name(name)).is_file()), path.with_name(names[0]))


def _is_product(name: str) -> bool:
    try:
        ProductName.parse(name)
    except BadInput:
        return False
    return True


def _attrs(label: Element, path: Path, data: Path, dn: NDArray[Any]) -> dict[str, Any]:
    name = ProductName.parse(data.name)
    camera = name.camera.lower()
    # where templates differ, the first one is believed: its own
    attrs, left_out = read_label(label, tuple(sorted(CAMERAS, key=lambda other: other != camera)))
    if "start_utc" in attrs or name.start_utc:
        attrs.setdefault("start_utc", name.start_utc)
        attrs.setdefault("stop_utc", attrs["start_utc"])
    creation = label.text("File_Area_Observational", "File", "creation_date_time")
    read = {"product": data.name, "label": path.name, "octets": data.stat().st_size}
    samples, assumed = _samples(name, dn)
    known = said_beside(path, name.camera)
    assumed = {field: value for field, value in assumed.items() if field not in attrs | known}
    return attrs | {
        "mission": name.mission,
        "instrument": camera,
        "mode": name.mode,
        "index": name.index,
        "sequence_id": name.sequence_id,
        "level": name.level.upper(),
        "product_id": data.name.rsplit(".", 1)[0],
        **samples,
        **assumed,
        **known,
        "binning": _binning(name, attrs.get("pixel_size_um"), dn.shape[1]),
        "provenance": json.dumps({
            "step": "read", "farside": __version__, "parameters": known, "inputs": [read], "left_out": left_out,
            "assumed": assumed,
        }, sort_keys=True),
        **({"creation_utc": creation} if creation else {}),
    }  # fmt: skip


def _samples(name: ProductName, dn: NDArray[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is known of the samples, and what is assumed of them where nothing says it.

    Of a known camera a flat frame keeps the sensor's mosaic. Its depth is that of Chang'e 4's cameras; of other
    missions' two octets nobody knows how many bits are used, so they have none. Their mosaics are assumed to begin like
    those of Chang'e 4, and colours to weigh as in the instrument's file.
    """
    depth = {"bits": 8} if dn.itemsize == 1 else {}
    if name.camera.lower() not in CAMERAS:
        return depth | ({"bayer": ""} if dn.ndim == 3 else {}), {}
    camera = load(name.camera.lower(), name.mode)
    bayer = camera.detector.bayer if dn.ndim == 2 else ""
    colours = {} if name.level.upper() == "2A" else {"acali": list(camera.acali)}
    if name.mission.upper().startswith(MISSION):
        return {"bits": camera.detector.bits if dn.itemsize > 1 else 8, "bayer": bayer}, colours
    if bayer:
        return depth, colours | {"bayer": bayer}
    # binned or demosaicked; the landing camera of another mission may see colours where Chang'e 4's does not
    plain = dn.ndim == 3 or load(name.camera.lower()).detector.bayer
    return depth | ({"bayer": ""} if plain else {}), colours


def _binning(name: ProductName, pixel_um: float | None, width: int) -> int:
    """Detector pixels in one sample, along an axis: by the pixel size that the label gives, else by the frame's."""
    if name.camera.lower() not in CAMERAS:
        return 1
    detector = load(name.camera.lower()).detector
    n = max(round(pixel_um / detector.pixel_um if pixel_um else detector.width / width), 1)
    # other detectors are no multiples, and what is left of a line in bins is dropped
    fits = abs(pixel_um - n * detector.pixel_um) < 0.1 * detector.pixel_um if pixel_um else detector.width // n == width
    return n if fits else 1
