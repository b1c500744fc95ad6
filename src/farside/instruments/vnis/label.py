"""The label of a level-2 file: written in the dialect of the Chang'e archive, and read back from any letter case."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from farside.instruments.label import Element, level2_elements, read_attrs
from farside.instruments.names import ProductName
from farside.instruments.vnis.layout import COLUMNS
from farside.instruments.vnis.observation import MODES
from farside.instruments.vnis.spec import load_vnis

if TYPE_CHECKING:
    import xarray as xr

_FILE = ("File_Area_Observational", "File")
_AXES = ("Band", "Line", "Sample")
_UNSAID: dict[str, Any] = {
    "calibration": "archive",
    **dict.fromkeys(("rover_lon_deg", "rover_lat_deg", "lander_lon_deg", "lander_lat_deg"), math.nan),
    **dict.fromkeys(("rover_position_m", "center_position_m", "center_vector"), (math.nan,) * 3),
    **dict.fromkeys(
        ("emission_deg", "look_azimuth_deg", "phase_deg", "sun_incidence_deg", "sun_azimuth_deg"), math.nan
    ),
}
"""What stands in a label for what was not in the one the observation came with."""


def label_elements(observation: xr.Dataset, octets: int) -> tuple[Element, ...]:
    """Everything below the root of the label of a file this long. Raises KeyError for an attribute that it needs."""
    a = {"modification_date": observation.attrs["stop_utc"][:10], **_UNSAID, **observation.attrs}
    shape = observation["radiance"].shape
    imaged = MODES[a["mode"]] == "VIS"
    area = Element("File_Area_Observational", (
        Element("File", (
            Element("file_name", f"{a['product_id']}.{a['level']}"),
            Element("local_identifier", "None"),
            Element("creation_date_time", str(a.get("creation_utc", a["stop_utc"]))),
            Element("file_size", str(octets), "byte"),
            Element("records", str(1 if imaged else shape[0])),
        )),
        _cube(shape) if imaged else _table(shape[0], octets),
    ))  # fmt: skip
    return (*level2_elements(a, load_vnis().host, "Near Infrared"), area)


def label_attrs(label: Element) -> dict[str, Any]:
    """Attributes that a label and the file name in it give; what is missing or no number is left out.

    Raises BadInput for a file name that is none of the archive's.
    """
    file_name = (label.text(*_FILE, "file_name") or "").strip()
    name = ProductName.parse(file_name)
    said = read_attrs(label, (load_vnis().name,))
    whole = {key: value for key, value in said.items() if not isinstance(value, list) or len(value) == 3}
    return {"calibration": _UNSAID["calibration"], **whole} | {
        "instrument": load_vnis().name,
        "mode": name.mode,
        "index": name.index,
        "sequence_id": name.sequence_id,
        "level": name.level,
        "product_id": file_name.rsplit(".", 1)[0],
    }


def _cube(shape: tuple[int, ...]) -> Element:
    axes = (
        Element("Axis_Array", (
            Element("axis_name", name), Element("elements", str(n)), Element("sequence_number", str(i + 1)),
        ))
        for i, (name, n) in enumerate(zip(_AXES, shape, strict=True))
    )  # fmt: skip
    return Element("Array_3D_Spectrum", (
        Element("offset", "0", "byte"),
        Element("axes", "3"),
        Element("axis_index_order", "Last Index Fastest"),
        Element("Element_Array", (Element("data_type", "IEEE754LSBSingle"), Element("unit", "W/m**2/sr/nm"))),
        *axes,
    ))  # fmt: skip


def _table(records: int, octets: int) -> Element:
    starts = [1 + sum(c.width + 1 for c in COLUMNS[:n]) for n in range(len(COLUMNS))]
    fields = (
        Element("Field_Character", (
            Element("name", column.name),
            Element("field_number", str(n + 1)),
            Element("field_location", str(start), "byte"),
            Element("data_type", column.data_type),
            Element("field_length", str(column.width), "byte"),
            Element("unit", column.unit),
        ))
        for n, (column, start) in enumerate(zip(COLUMNS, starts, strict=True))
    )  # fmt: skip
    return Element("Table_Character", (
        Element("offset", "0", "byte"),
        Element("records", str(records)),
        Element("record_delimiter", "Carriage-Return Line-Feed"),
        Element("Record_Character", (
            Element("fields", str(len(COLUMNS))),
            Element("groups", "0"),
            Element("record_length", str(octets // records), "byte"),
            *fields,
        )),
    ))  # fmt: skip
