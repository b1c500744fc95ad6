"""Image arrays as both dialects describe them: headerless samples, last index fastest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.instruments.label import Element

_AXES = ("Line", "Sample", "Band")
_TYPES = {
    "UnsignedByte": "u1",
    "SignedByte": "i1",
    "UnsignedLSB2": "<u2",
    "UnsignedMSB2": ">u2",
    "SignedLSB2": "<i2",
    "SignedMSB2": ">i2",
    "UnsignedLSB4": "<u4",
    "SignedLSB4": "<i4",
    "UnsignedLSB8": "<u8",
    "SignedLSB8": "<i8",
    "IEEE754LSBSingle": "<f4",
    "IEEE754LSBDouble": "<f8",
}
_NAMES = {np.dtype(code): name for name, code in _TYPES.items()}
_BY_NAME = {name.lower(): np.dtype(code) for name, code in _TYPES.items()}
_ARRAYS = ("array_2d_image", "array_3d_image")
_ORDER = "last index fastest"
_DIGITS = 12
"""No count in a label has as many."""
_SHORT = 80
"""Characters of a label's text that a message quotes."""
_LONGEST = 255
"""Octets that a file's name may have."""


@dataclass(frozen=True)
class Layout:
    """Where an image lies in its file: shape (line, sample[, band]), type of a sample, octets before the first one."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int

    @property
    def octets(self) -> int:
        """Length a file has to have at least."""
        return self.offset + math.prod(self.shape) * self.dtype.itemsize


def array_element(shape: tuple[int, ...], dtype: np.dtype[Any], unit: str, offset: int = 0) -> Element:
    """Array_2D_Image or Array_3D_Image of this shape, axes Line, Sample[, Band]."""
    axes = tuple(
        Element("Axis_Array", (
            Element("axis_name", name), Element("elements", str(n)), Element("sequence_number", str(i + 1)),
        ))
        for i, (name, n) in enumerate(zip(_AXES, shape, strict=False))
    )  # fmt: skip
    return Element(f"Array_{len(shape)}D_Image", (
        Element("offset", str(offset), "byte"),
        Element("axes", str(len(shape))),
        Element("axis_index_order", "Last Index Fastest"),
        Element("Element_Array", (Element("data_type", _NAMES[dtype]), Element("unit", unit))),
        *axes,
    ))  # fmt: skip


def plain_array(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], offset: int) -> Element:
    """Array of any number of axes, which are only numbered."""
    axes = tuple(
        Element("Axis_Array", (
            Element("axis_name", f"Axis {i + 1}"), Element("elements", str(n)), Element("sequence_number", str(i + 1)),
        ))
        for i, n in enumerate(shape)
    )  # fmt: skip
    return Element("Array", (
        Element("name", name),
        Element("offset", str(offset), "byte"),
        Element("axes", str(len(shape))),
        Element("axis_index_order", "Last Index Fastest"),
        Element("Element_Array", (Element("data_type", _NAMES[dtype]),)),
        *axes,
    ))  # fmt: skip


def read_plain_arrays(label: Element, path: Path) -> dict[str, NDArray[Any]]:
    """All plain arrays that a label describes, by name. Raises DamagedFile for a missing or cut file."""
    area = label.find("File_Area_Observational")
    found: dict[str, NDArray[Any]] = {}
    if not path.is_file():
        raise DamagedFile(path, "the data file of this label is missing")
    length = path.stat().st_size
    for array in (e for e in (area.children() if area else ()) if e.tag == "Array"):
        axes = sorted(
            (_count(a, "sequence_number", path, n + 1), _count(a, "elements", path))
            for n, a in enumerate(a for a in array.children() if a.tag == "Axis_Array")
        )
        kind, offset = array.text("Element_Array", "data_type") or "", _count(array, "offset", path, 0)
        if kind not in _TYPES:
            raise DamagedFile(path, f"samples of type {_quoted(kind)}, expected one of {', '.join(_TYPES)}")
        dtype = np.dtype(_TYPES[kind])
        shape = tuple(n for _, n in axes)
        count = math.prod(shape)
        if length < offset + count * dtype.itemsize:
            raise DamagedFile(path, f"cut short: {length} bytes of {offset + count * dtype.itemsize}")
        found[array.text("name") or ""] = np.fromfile(path, dtype, count, offset=offset).reshape(shape)
    if not found:
        raise DamagedFile(path, "its label describes no array")
    return found


def data_name(label: Element) -> str:
    """Name of the data file that a label names, without the folders of whoever wrote it; empty where it names none."""
    said = (label.text("File_Area_Observational", "File", "file_name") or "").strip()
    name = PureWindowsPath(said).name
    return name if name != ".." and len(name.encode()) <= _LONGEST else ""


def image_layout(label: Element, path: Path) -> Layout:
    """How the image that a label describes lies in its data file ``path``, which is not opened.

    Axis counts are believed, file_size is not (some real ones are nonsense). Raises DamagedFile for an array this
    reader does not know, or whose samples are in another order than (Line, Sample[, Band]).
    """
    area = label.find("File_Area_Observational")
    array = next((e for e in area.children() if e.tag.lower() in _ARRAYS), None) if area else None
    if array is None:
        raise DamagedFile(path, "its label describes no image array")
    found = [
        (_count(a, "sequence_number", path, n + 1), (a.text("axis_name") or "").strip(), _count(a, "elements", path))
        for n, a in enumerate(a for a in array.children() if a.tag.lower() == "axis_array")
    ]
    axes = sorted(found, key=lambda axis: axis[0])
    names, shape = [name for _, name, _ in axes], tuple(n for _, _, n in axes)
    if [n.lower() for n in names] != [n.lower() for n in _AXES[: len(names)]] or not 2 <= len(names) <= 3:
        raise DamagedFile(path, f"axes {_quoted(names)}, expected Line, Sample[, Band]")
    if (said := array.text("axes")) and said.strip() != str(len(axes)):
        raise DamagedFile(path, f"its label says axes {_quoted(said)} and describes {len(axes)}")
    if min(shape) < 1:
        raise DamagedFile(path, f"axes of {' x '.join(map(str, shape))} samples, expected 1 at least")
    if (array.text("axis_index_order") or _ORDER).strip().lower() != _ORDER:
        raise DamagedFile(
            path, f"axis_index_order {_quoted(array.text('axis_index_order'))}, expected Last Index Fastest"
        )
    kind = (array.text("Element_Array", "data_type") or "").strip()
    if kind.lower() not in _BY_NAME:
        raise DamagedFile(path, f"samples of type {_quoted(kind)}, expected one of {', '.join(_TYPES)}")
    return Layout(shape, _BY_NAME[kind.lower()], _count(array, "offset", path, 0))


def read_array(label: Element, path: Path) -> NDArray[Any]:
    """The image that a label describes, read from ``path``.

    Raises DamagedFile for a missing or cut file, and as ``image_layout`` does.
    """
    layout = image_layout(label, path)
    if not path.is_file():
        raise DamagedFile(path, "the data file of this label is missing")
    if (length := path.stat().st_size) < layout.octets:
        raise DamagedFile(path, f"cut short: {length} bytes of {layout.octets}")
    # read, not mapped: a map keeps its file open, and a film has more frames than a process may have files
    count = math.prod(layout.shape)
    return np.fromfile(path, layout.dtype, count, offset=layout.offset).reshape(layout.shape)


def described_octets(label: Element) -> int | None:
    """Length that the arrays and tables of a label, of any instrument, ask of its data file; None if it says none."""
    area = label.find("File_Area_Observational")
    ends = [end for part in (area.children() if area else ()) if (end := _end(part)) is not None]
    return max(ends, default=None)


def _end(part: Element) -> int | None:
    try:
        offset = int(part.text("offset") or 0)
        if (dtype := _BY_NAME.get((part.text("Element_Array", "data_type") or "").lower())) is not None:
            axes = [int(a.text("elements") or "") for a in part.children() if a.tag.lower() == "axis_array"]
            return offset + math.prod(axes) * dtype.itemsize if axes else None
        record = next(e for e in part.children() if e.tag.lower().startswith("record_"))
        return offset + int(part.text("records") or "") * int(record.text("record_length") or "")
    except (ValueError, StopIteration):
        return None


def _count(element: Element, field: str, path: Path, unsaid: int | None = None) -> int:
    """A whole number from 0 in an element; ``unsaid`` where there is none."""
    text = (element.text(field) or "").strip()
    if not text and unsaid is not None:
        return unsaid
    if not (text.isascii() and text.isdigit() and len(text) < _DIGITS):
        raise DamagedFile(path, f"its label says {field} {_quoted(text)}, expected a whole number")
    return int(text)


def _quoted(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
