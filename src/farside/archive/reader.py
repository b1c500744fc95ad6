"""Reading files into observations: level 1 as farside writes it, level 2 as the Chang'e archive does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside.archive.arrays import read_array
from farside.archive.dictionary import read_acquisition
from farside.archive.xml import from_xml
from farside.errors import BadInput, DamagedFile
from farside.instruments import INSTRUMENTS, Element, ProductName, load, observation, read_attrs

if TYPE_CHECKING:
    import xarray as xr

_LABEL = re.compile(r".*\.(2[ABC]L|xml)", re.IGNORECASE)


def read(path: str | Path) -> xr.Dataset:
    """The observation of a product, given its label or its data file.

    Raises DamagedFile for what cannot be read, BadInput for a file that is not a product at all.
    """
    label_path = _label_of(Path(path))
    label = from_xml(label_path)
    file_name = (label.text("File_Area_Observational", "File", "file_name") or "").strip()
    if not file_name:
        raise DamagedFile(label_path, "the label names no data file")
    dn = read_array(label, label_path.parent / file_name)
    acquisition = label.find("Observation_Area", "Mission_Area", "Camera_Acquisition")
    if acquisition is not None:
        return observation(dn, **read_acquisition(acquisition))
    return observation(dn, **_level2_attrs(label, label_path))


def labels(folder: str | Path) -> list[Path]:
    """Labels of all single frames in a folder and those below it, in the order of their names.

    Names sort by camera, index and time, so each sequence comes in the order it was taken.
    """
    return sorted(p for p in Path(folder).rglob("*") if _LABEL.fullmatch(p.name) and _is_frame(p.stem))


def read_all(folder: str | Path, damaged: list[DamagedFile] | None = None) -> Iterator[xr.Dataset]:
    """The observations of every product in a folder; what cannot be read is skipped and put into ``damaged``."""
    for path in labels(folder):
        try:
            yield read(path)
        except DamagedFile as error:
            if damaged is not None:
                damaged.append(error)


def _is_frame(product: str) -> bool:
    try:
        ProductName.parse(product)
    except BadInput:
        return False
    return True


def _label_of(path: Path) -> Path:
    if _LABEL.fullmatch(path.name):
        return path
    for candidate in (path.with_name(path.name + "L"), path.with_suffix(".xml")):
        if candidate.is_file():
            return candidate
    raise BadInput(
        path, "", path.name, "an image product with its label beside it (NAME.2C with NAME.2CL, or NAME.xml)"
    )


def _level2_attrs(label: Element, path: Path) -> dict[str, Any]:
    attrs = read_attrs(label)
    try:
        name = ProductName.parse(label.text("File_Area_Observational", "File", "file_name") or "")
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
        "bits": 8,
        "bayer": "",
        "binning": _binning(camera, attrs.get("pixel_size_um")),
    }
    creation = label.text("File_Area_Observational", "File", "creation_date_time")
    return attrs | ({"creation_utc": creation} if creation else {})


def _binning(camera: str, pixel_um: float | None) -> int:
    """Detector pixels in one sample, along an axis, from the pixel size that the label gives."""
    if not pixel_um or camera not in INSTRUMENTS:
        return 1
    return round(pixel_um / load(camera).detector.pixel_um)
