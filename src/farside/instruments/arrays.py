"""Image arrays as both dialects describe them: headerless samples, last index fastest."""

from __future__ import annotations

from pathlib import Path
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
    "UnsignedLSB4": "<u4",
    "SignedLSB4": "<i4",
    "UnsignedLSB8": "<u8",
    "SignedLSB8": "<i8",
    "IEEE754LSBSingle": "<f4",
    "IEEE754LSBDouble": "<f8",
}
_NAMES = {np.dtype(code): name for name, code in _TYPES.items()}
_ARRAYS = ("array_2d_image", "array_3d_image")


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
        try:
            axes = sorted(
                (int(a.text("sequence_number") or 0), int(a.text("elements") or 0))
                for a in array.children() if a.tag == "Axis_Array"
            )  # fmt: skip
            dtype, offset = (
                np.dtype(_TYPES[array.text("Element_Array", "data_type") or ""]),
                int(array.text("offset") or 0),
            )
        except (KeyError, ValueError) as error:
            raise DamagedFile(path, f"an array that its label does not describe: {error}") from error
        shape = tuple(n for _, n in axes)
        count = int(np.prod(shape))
        if length < offset + count * dtype.itemsize:
            raise DamagedFile(path, f"cut short: {length} bytes of {offset + count * dtype.itemsize}")
        found[array.text("name") or ""] = np.fromfile(path, dtype, count, offset=offset).reshape(shape)
    if not found:
        raise DamagedFile(path, "its label describes no array")
    return found


def read_array(label: Element, path: Path) -> NDArray[Any]:
    """The image that a label describes, read from ``path``.

    Trusts axis counts and the true file length, never the label's file_size (some real ones are nonsense).
    Raises DamagedFile for a missing or cut file, or an array this reader does not know.
    """
    area = label.find("File_Area_Observational")
    array = next((e for e in area.children() if e.tag.lower() in _ARRAYS), None) if area else None
    if array is None:
        raise DamagedFile(path, "its label describes no image array")
    axes = sorted(
        (int(a.text("sequence_number") or 0), a.text("axis_name") or "", int(a.text("elements") or 0))
        for a in array.children() if a.tag.lower() == "axis_array"
    )  # fmt: skip
    names, shape = [name for _, name, _ in axes], tuple(n for _, _, n in axes)
    kind = array.text("Element_Array", "data_type") or ""
    if [n.lower() for n in names] != [n.lower() for n in _AXES[: len(names)]] or not 2 <= len(names) <= 3:
        raise DamagedFile(path, f"axes {names}, expected Line, Sample[, Band]")
    if kind not in _TYPES:
        raise DamagedFile(path, f"samples of type {kind!r}, expected one of {', '.join(_TYPES)}")
    offset, dtype = int(array.text("offset") or 0), np.dtype(_TYPES[kind])
    needed = offset + int(np.prod(shape)) * dtype.itemsize
    if not path.is_file():
        raise DamagedFile(path, "the data file of this label is missing")
    if (length := path.stat().st_size) < needed:
        raise DamagedFile(path, f"cut short: {length} bytes of {needed}")
    # read, not mapped: a map keeps its file open, and a film has more frames than a process may have files
    return np.fromfile(path, dtype, int(np.prod(shape)), offset=offset).reshape(shape)
