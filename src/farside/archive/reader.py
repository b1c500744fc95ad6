"""Reading files into observations: level 1 as farside writes it, level 2 as the Chang'e archive does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside.archive.dictionary import read_acquisition, read_header
from farside.archive.pds3 import from_pds3, is_attached
from farside.archive.xml import from_xml
from farside.errors import BadInput, DamagedFile
from farside.instruments import (
    CAMERAS,
    Arrays,
    Element,
    Kind,
    ProductName,
    data_name,
    kind,
    kind_of_id,
    names,
    read_array,
    read_plain_arrays,
)

if TYPE_CHECKING:
    import xarray as xr

_IDENTITY = re.compile(r"[^_]+_[^_]+_([A-Za-z0-9]+?)[-_]")
"""The instrument in a product's name."""
_SOURCE = "source"
"""Under this word xarray, too, keeps the file that a dataset was read from."""
_SHORT = 160
"""Characters of somebody else's message that are worth a line."""
LABEL = re.compile(r".*\.(2[ABC]L|xml)", re.IGNORECASE)
"""A label in a file of its own, by its name."""
DATA = re.compile(r".*\.2[ABC]", re.IGNORECASE)
"""A level-2 data file, by its name."""


def read(path: str | Path) -> xr.Dataset:
    """The observation of a product, given its label or its data file.

    Raises DamagedFile for what cannot be read, BadInput for a file that is not a product at all.
    """
    label_path = label_of(Path(path))
    found = _observation(label_path)
    found.encoding[_SOURCE] = str(label_path.absolute())
    return found


def place_of(observation: xr.Dataset) -> Path | None:
    """The label of the file that an observation was read from, None for one that was made here.

    What is made of an observation, whatever way, is to be made a new one: it has no file.
    """
    source = observation.encoding.get(_SOURCE)
    return None if source is None else Path(source)


def _observation(label_path: Path) -> xr.Dataset:
    label = read_label(label_path)
    attrs = read_acquired(label, label_path)
    if attrs is not None:
        if not (file_name := data_name(label)):
            raise DamagedFile(label_path, "the label names no data file")
        data = label_path.with_name(file_name)
        camera = attrs.get("instrument") in CAMERAS
        return _restored(
            {"dn": read_array(label, data)} if camera else read_plain_arrays(label, data), attrs, label_path
        )
    return _instrument_of(label, label_path).decode(label, label_path)


def read_acquired(label: Element, path: Path) -> dict[str, Any] | None:
    """What a level-1 label says of its observation; None for a label of another level. Raises DamagedFile."""
    area = label.find("Observation_Area", "Mission_Area")
    camera = area.find("Camera_Acquisition") if area else None
    header = area.find("Instrument_Header") if area else None
    if camera is None and header is None:
        return None
    try:
        attrs = read_acquisition(camera) if camera else read_header(header) if header else {}
    except DamagedFile as error:
        raise DamagedFile(path, f"{error.path}: {error.why}") from error
    if attrs.get("instrument") not in names():
        raise DamagedFile(
            path, f"its label is of instrument {attrs.get('instrument')!r}, expected one of {', '.join(names())}"
        )
    return attrs


def _restored(arrays: Arrays, attrs: dict[str, Any], path: Path) -> xr.Dataset:
    try:
        return kind(str(attrs.get("instrument"))).restore(arrays, attrs)
    except (BadInput, KeyError, ValueError, TypeError) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0][:_SHORT]  # xarray quotes whole arrays
        raise DamagedFile(path, f"label and data do not fit together: {why}") from error


def _instrument_of(label: Element, path: Path) -> Kind:
    """The instrument of a level-2 product, by its name, else by its label; unknown cameras are read like known ones."""
    match = _IDENTITY.match(path.name)
    # some labels have their Mission_Area outside the Observation_Area
    said = [label.text(*place, "Mission_Area", "instrument_id") for place in (("Observation_Area",), ())]
    for identity in (match[1] if match else "", *filter(None, said)):
        try:
            return kind_of_id(identity)
        except BadInput:
            continue
    return kind("tcam")


def labels(folder: str | Path) -> list[Path]:
    """Labels of all products of level 1 and 2 in a folder and those below it, in the order of their names.

    Names sort by camera, index and time, so each sequence comes in the order it was taken. A label at the head of its
    data file (Chang'e 3) is the data file.
    """
    return sorted(p for p in Path(folder).rglob("*") if is_label(p) and _is_product(p.stem))


def is_label(path: Path) -> bool:
    """Whether a file is a label by its name, or a level-2 data file that begins with one and has none beside it."""
    if LABEL.fullmatch(path.name):
        return True
    return bool(DATA.fullmatch(path.name)) and not path.with_name(path.name + "L").exists() and is_attached(path)


def read_label(path: Path) -> Element:
    """The elements of a label, in a file of its own or at the head of its data file. Raises DamagedFile."""
    return from_pds3(path) if DATA.fullmatch(path.name) else from_xml(path)


def read_all(folder: str | Path, damaged: list[DamagedFile] | None = None) -> Iterator[xr.Dataset]:
    """The observations of every product in a folder; what cannot be read is skipped and put into ``damaged``."""
    for path in labels(folder):
        try:
            yield read(path)
        except DamagedFile as error:
            if damaged is not None:
                damaged.append(error)


def _is_product(name: str) -> bool:
    match = _IDENTITY.match(name)
    if match is None:
        return False
    try:
        kind_of_id(match[1])
    except BadInput:
        return _is_frame(name)
    return True


def _is_frame(product: str) -> bool:
    try:
        ProductName.parse(product)
    except BadInput:
        return False
    return True


def label_of(path: Path) -> Path:
    """The file that holds the label of a product, given that or its data file. Raises BadInput where there is none."""
    if is_label(path):
        return path
    for candidate in (path.with_name(path.name + "L"), path.with_suffix(".xml")):
        if candidate.is_file():
            return candidate
    raise BadInput(path, "", path.name, "a product with its label beside it (NAME.2C with NAME.2CL, or NAME.xml)")
