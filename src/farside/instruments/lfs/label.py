"""The label of a level 2C file: written in the dialect of the Chang'e archive, and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.instruments.label import Element, level2_elements, read_attrs
from farside.instruments.lfs.instrument import load
from farside.instruments.lfs.layout import FIELDS, RECORD, Field, channel_frequencies
from farside.instruments.names import ProductName

if TYPE_CHECKING:
    import xarray as xr

_FILE = ("File_Area_Observational", "File")
_BANDS = ("Observation_Area", "Mission_Area", "Instrument_Parm", "bands")
_UNSAID = {
    "cancel_vector": (np.nan,) * 3,
    "cancel_direction": (np.nan,) * 3,
    "cancelled_db": np.nan,
    "lander_lon_deg": np.nan,
    "lander_lat_deg": np.nan,
}
"""What a real label may not say: then ours says nan, which is read as nothing."""


def label_elements(observation: xr.Dataset) -> tuple[Element, ...]:
    """Everything below the root of the label. Raises KeyError for an attribute that the label needs."""
    a = {**_UNSAID, "modification_date": observation.attrs["stop_utc"][:10], **observation.attrs}
    records = observation.sizes["record"]
    area = Element("File_Area_Observational", (
        Element("File", (
            Element("file_name", f"{a['product_id']}.{a['level']}"),
            Element("local_identifier", "None"),
            Element("creation_date_time", str(a.get("creation_utc", a["stop_utc"]))),
            Element("file_size", str(records * RECORD.itemsize), "byte"),
            Element("records", str(records)),
        )),
        Element("Table_Binary", (
            Element("offset", "0", "byte"),
            Element("records", str(records)),
            Element("Record_Binary", (
                Element("fields", str(sum(f.size == 1 for f in FIELDS))),
                Element("groups", str(sum(f.size > 1 for f in FIELDS))),
                Element("record_length", str(RECORD.itemsize), "byte"),
                *(_field(f) if f.size == 1 else _group(f) for f in FIELDS),
            )),
        )),
    ))  # fmt: skip
    return (*level2_elements(a, load().host, "Radio"), area)


def label_attrs(label: Element) -> dict[str, Any]:
    """Attributes that a label gives; ``band`` is the instrument's own band next to the label's ``bands``.

    Raises BadInput for a file name that is none of the archive's, DamagedFile for bands that are no range.
    """
    attrs = read_attrs(label, (load().name,))
    file_name = (label.text(*_FILE, "file_name") or "").strip()
    name = ProductName.parse(file_name)
    attrs |= {
        "instrument": load().name,
        "mode": name.mode,
        "index": name.index,
        "sequence_id": name.sequence_id,
        "level": name.level,
        "product_id": file_name.rsplit(".", 1)[0],
    }
    if "bands" in attrs:
        said = label.find(*_BANDS)
        attrs["bands"] += f" {said.unit}" if said and said.unit else ""
        top = float(channel_frequencies(attrs["bands"])[-1])
        attrs["band"] = min(load().bands, key=lambda b: abs(np.log(load().bands[b].high_hz / top)))
    if creation := label.text(*_FILE, "creation_date_time"):
        attrs["creation_utc"] = creation
    return attrs


def _field(f: Field, location: int | None = None) -> Element:
    return Element("Field_Binary", (
        Element("name", f.label),
        Element("field_number", str(FIELDS.index(f) + 1)),
        Element("field_location", str(location or _offset(f) + 1), "byte"),
        Element("data_type", f.data_type),
        Element("field_length", str(np.dtype(f.code).itemsize), "byte"),
        Element("unit", f.unit or "none"),
    ))  # fmt: skip


def _group(f: Field) -> Element:
    return Element("Group_Field_Binary", (
        Element("name", f.label),
        Element("repetitions", str(f.size)),
        Element("fields", "1"),
        Element("groups", "0"),
        Element("group_location", str(_offset(f) + 1), "byte"),
        Element("group_length", str(f.size * np.dtype(f.code).itemsize), "byte"),
        _field(f, location=1),
    ))  # fmt: skip


def _offset(f: Field) -> int:
    """Octets of a record before a field."""
    fields = RECORD.fields
    assert fields is not None
    return int(fields[f.name][1])
