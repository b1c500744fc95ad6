"""Labels of Chang'e 3: PDS3, at the head of the data file, read into the elements of the later missions' labels.

    PDS_VERSION_ID = PDS3
    RECORD_BYTES   = 4704
    LABEL_RECORDS  = 2
    ^IMAGE         = 3                  the image begins with the third record
    OBJECT         = IMAGE
      LINES        = 1728 ...
    END_OBJECT     = IMAGE
    END

The syntax is that of the Object Description Language (PDS Standards Reference 3.8, chapter 12); the keywords are those
of chapter A.19 (IMAGE) and of the PDS data dictionary.
"""

from __future__ import annotations

import re
from pathlib import Path

from farside.errors import DamagedFile
from farside.instruments import Element

_MARK = b"PDS_VERSION_ID"
_LONGEST = 1 << 20
"""Octets in which a label has to end; real ones take some thousand."""
_END = re.compile(rb"^[ \t]*END[ \t]*\r?$", re.MULTILINE)
_STATEMENT = re.compile(
    r"^[ \t]*(?P<key>\^?[A-Za-z]\w*(?::\w+)?)[ \t]*=\s*"
    r"(?P<value>\"[^\"]*\"|'[^'\n]*'|\([^)]*\)|\{[^}]*\}|[^\n<\"'({][^\n<]*|)[ \t]*(?:<(?P<unit>[^>\n]*)>)?[ \t]*$",
    re.MULTILINE,
)
_AXES = {
    "": ("Line", "Sample"),
    "SAMPLE_INTERLEAVED": ("Line", "Sample", "Band"),
    "LINE_INTERLEAVED": ("Line", "Band", "Sample"),
    "BAND_SEQUENTIAL": ("Band", "Line", "Sample"),
}
"""BAND_STORAGE_TYPE, empty for a single band, to the order of the axes, the fastest one last."""
_SIZES = {"Line": "LINES", "Sample": "LINE_SAMPLES", "Band": "BANDS"}
_LSB, _MSB = ("LSB_", "PC_", "VAX_"), ("", "MSB_", "SUN_", "MAC_")
_TYPES = {
    **{(f"{order}UNSIGNED_INTEGER", "8"): "UnsignedByte" for order in (*_LSB, *_MSB)},
    **{(f"{order}UNSIGNED_INTEGER", "16"): "UnsignedLSB2" for order in _LSB},
    **{(f"{order}UNSIGNED_INTEGER", "16"): "UnsignedMSB2" for order in _MSB},
    **{(f"{order}INTEGER", "16"): "SignedLSB2" for order in _LSB},
    **{(f"{order}INTEGER", "16"): "SignedMSB2" for order in _MSB},
}
"""SAMPLE_TYPE and SAMPLE_BITS to the data type of PDS4."""


def is_attached(path: Path) -> bool:
    """Whether a file begins with a PDS3 label."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MARK)) == _MARK
    except OSError:
        return False


def from_pds3(path: Path) -> Element:
    """The label at the head of a data file, as the elements of a PDS4 label of the same image. Raises DamagedFile."""
    statements = _statements(path)
    first: dict[str, tuple[str, str | None]] = {}
    for key, value, unit in statements:
        first.setdefault(key, (value, unit))
    said = {key: value for key, (value, _) in first.items()}
    return Element("Product_Observational", (
        Element("Observation_Area", (
            Element("Time_Coordinates", (
                Element("start_date_time", said.get("START_TIME", "")),
                Element("stop_date_time", said.get("STOP_TIME", "")),
            )),
            Element("Target_Identification", (Element("name", said.get("TARGET_NAME", "")),)),
            Element("Mission_Area", (
                Element("instrument_id", said.get("INSTRUMENT_ID", "")),
                Element("Work_Mode_Parm", (Element("exposure_time", *first.get("EXPOSURE_DURATION", ("", None))),)),
            )),
        )),
        Element("File_Area_Observational", (
            Element("File", (
                Element("file_name", path.name),
                Element("creation_date_time", said.get("PRODUCT_CREATION_TIME", "")),
            )),
            _image(path, said, first.get("^IMAGE", ("", None))),
        )),
    ))  # fmt: skip


def _image(path: Path, said: dict[str, str], pointer: tuple[str, str | None]) -> Element:
    if said.get("LINE_PREFIX_BYTES", "0") != "0" or said.get("LINE_SUFFIX_BYTES", "0") != "0":
        raise DamagedFile(path, "an image with bytes around its lines, expected none")
    bands = said.get("BANDS", "1")
    storage = said.get("BAND_STORAGE_TYPE", "BAND_SEQUENTIAL").upper() if bands != "1" else ""
    if storage not in _AXES:
        raise DamagedFile(path, f"BAND_STORAGE_TYPE {storage!r}, expected one of {', '.join(filter(None, _AXES))}")
    kind = said.get("SAMPLE_TYPE", "").upper(), said.get("SAMPLE_BITS", "")
    if kind not in _TYPES:
        raise DamagedFile(path, f"samples of type {kind[0]!r} of {kind[1]!r} bits, expected 8 or 16 bit integers")
    axes = _AXES[storage]
    return Element(f"Array_{len(axes)}D_Image", (
        Element("offset", str(_offset(path, said.get("RECORD_BYTES", ""), *pointer)), "byte"),
        Element("axes", str(len(axes))),
        Element("axis_index_order", "Last Index Fastest"),
        Element("Element_Array", (Element("data_type", _TYPES[kind]), Element("unit", "data number"))),
        *(Element("Axis_Array", (
            Element("axis_name", name),
            Element("elements", said.get(_SIZES[name], "")),
            Element("sequence_number", str(n + 1)),
        )) for n, name in enumerate(axes)),
    ))  # fmt: skip


def _offset(path: Path, record: str, pointer: str, unit: str | None) -> int:
    """Octets before the image: its pointer counts from 1, records or, where it says so, bytes."""
    step = "1" if unit and unit.strip().upper() in ("BYTE", "BYTES") else record
    if not (pointer.isdigit() and step.isdigit() and int(pointer) >= 1):
        raise DamagedFile(path, f"^IMAGE {pointer!r} in records of {record!r} bytes, expected a place in this file")
    return (int(pointer) - 1) * int(step)


def _statements(path: Path) -> list[tuple[str, str, str | None]]:
    """Keyword in capitals, value without quotes, and unit of every statement of a label, in its order."""
    try:
        with path.open("rb") as file:
            octets = file.read(_LONGEST)
    except OSError as error:
        raise DamagedFile(path, f"the label cannot be read: {error.strerror}") from error
    end = _END.search(octets)
    if end is None:
        raise DamagedFile(path, "its PDS3 label has no END: cut short")
    text = re.sub(
        r"/\*.*?\*/", " ", octets[: end.start()].decode("utf-8", "replace").replace("\r", ""), flags=re.DOTALL
    )
    return [(m["key"].upper(), m["value"].strip().strip("\"'").strip(), m["unit"]) for m in _STATEMENT.finditer(text)]
