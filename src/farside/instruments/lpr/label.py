"""Labels of radar products: written as the real ones are, and compared with the data they describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from farside.errors import DamagedFile
from farside.instruments.label import Element
from farside.instruments.lpr.radar import Channel, radar

if TYPE_CHECKING:
    import xarray as xr

HEAD_OCTETS = 114
"""Octets of a record before its echoes."""
_MISSION = ("Observation_Area", "Mission_Area")
_TABLE = ("File_Area_Observational", "Table_Binary")
_TEXTS = {
    "start_utc": ("Observation_Area", "Time_Coordinates", "start_date_time"),
    "stop_utc": ("Observation_Area", "Time_Coordinates", "stop_date_time"),
    "modification_date": (
        "Identification_Area", "Modification_History", "Modification_Detail", "modification_date",
    ),
    "level": (*_MISSION, "product_level"),
    "sequence_id": (*_MISSION, "sequence_id"),
    "creation_utc": ("File_Area_Observational", "File", "creation_date_time"),
}  # fmt: skip
_NUMBERS = {
    "lander_lon_deg": (*_MISSION, "Lander_Location", "longitude"),
    "lander_lat_deg": (*_MISSION, "Lander_Location", "latitude"),
}


def label_elements(observation: xr.Dataset) -> tuple[Element, ...]:
    """All elements of the label of a level-2B observation, its file area included; needs ``product_id``."""
    attrs = {str(k): v for k, v in observation.attrs.items()}
    channel = radar().channel(attrs["mode"])
    fields = {
        "modification_date": attrs["stop_utc"][:10],
        "lander_lon_deg": radar().lander_lon_deg,
        "lander_lat_deg": radar().lander_lat_deg,
        **channel.model_dump(),
        **attrs,
    }
    return (*_fill(_yaml("label.yaml"), fields), _file_area(attrs, channel, observation.sizes["trace"]))


def read_label(label: Element) -> dict[str, Any]:
    """Attributes that a radar label gives; what it lacks or garbles is left out."""
    attrs: dict[str, Any] = {name: text for name, path in _TEXTS.items() if (text := label.text(*path))}
    for name, path in _NUMBERS.items():
        try:
            attrs[name] = float(label.text(*path) or "")
        except ValueError:
            continue
    if file_name := label.text("File_Area_Observational", "File", "file_name"):
        attrs["product_id"] = file_name.rsplit(".", 1)[0]
    return attrs


def check_label(label: Element, name: str, octets: int, length: int, records: int, mode: str, start_utc: str) -> None:
    """Compare a label with the data: file size, record length and count, channel, first time. Raises DamagedFile."""
    found = {
        "file_size": (label.text("File_Area_Observational", "File", "file_size"), octets),
        "record_length": (label.text(*_TABLE, "Record_Binary", "record_length"), length),
        "records": (label.text(*_TABLE, "records"), records),
        "start_date_time": (label.text(*_TEXTS["start_utc"]), start_utc),
        "product": ((label.text(*_MISSION, "product_id") or "").partition("LPR-")[2].partition("_")[0], mode),
    }
    for field, (said, data) in found.items():
        if said and str(said).strip() != str(data):
            raise DamagedFile(name, f"its label says {field} {said}, the data {data}")


def _file_area(attrs: Mapping[str, Any], channel: Channel, records: int) -> Element:
    length = HEAD_OCTETS + 4 * channel.samples + 1
    number = 1 if channel.mark == 0x11 else 2
    rows = _yaml("table.yaml")["fields"]
    fields, at = [], 1
    for i, (name, octets, kind, form, unit, text) in enumerate(rows):
        text = text.format(verb=channel.label_verb, frame=channel.frame, number=number)
        fields.append(_field(i + 1, name, at, kind, octets, form, unit, text))
        at += int(octets)
    echo = f"There are {channel.samples} echoes, with a sample interval of {channel.interval_ns:g}ns."
    group = Element("Group_Field_Binary", (
        Element("name", "ECHO_DATA"),
        Element("group_number", "1"),
        Element("repetitions", str(channel.samples)),
        Element("fields", "1"),
        Element("groups", "0"),
        Element("group_location", str(at), "byte"),
        Element("group_length", str(4 * channel.samples), "byte"),
        _field(1, "ECHO_DATA", 1, "IEEE754LSBSingle", "4", "F.6", "none", echo),
    ))  # fmt: skip
    quality = _field(len(rows) + 1, "QUALITY_STATE", length, "UnsignedByte", "1", "None", "none", "")
    file_name = f"{attrs['product_id']}.{attrs['level']}"
    return Element("File_Area_Observational", (
        Element("File", (
            Element("file_name", file_name),
            Element("local_identifier", "None"),
            Element("creation_date_time", str(attrs.get("creation_utc", attrs["stop_utc"]))),
            Element("file_size", str(records * length), "byte"),
            Element("records", str(records)),
        )),
        Element("Table_Binary", (
            Element("offset", "0", "byte"),
            Element("records", str(records)),
            Element("Record_Binary", (
                Element("fields", str(len(rows) + 1)),
                Element("groups", "1"),
                Element("record_length", str(length), "byte"),
                *fields, group, quality,
            )),
        )),
    ))  # fmt: skip


def _field(number: int, name: str, at: int, kind: str, octets: str, form: str, unit: str, text: str) -> Element:
    return Element("Field_Binary", (
        Element("name", name),
        Element("field_number", str(number)),
        Element("field_location", str(at), "byte"),
        Element("data_type", kind),
        Element("field_length", str(octets), "byte"),
        Element("field_format", form),
        Element("unit", unit),
        Element("description", text),
    ))  # fmt: skip


@cache
def _yaml(name: str) -> dict[str, Any]:
    # BaseLoader keeps every scalar the string it is in the label
    text: dict[str, Any] = yaml.load(
        (files("farside.instruments.lpr") / name).read_text(encoding="utf-8"), yaml.BaseLoader
    )
    return text


def _fill(template: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[Element]:
    for key, value in template.items():
        tag, _, unit = key.partition(" ")
        content = tuple(_fill(value, fields)) if isinstance(value, dict) else value.format(**fields)
        yield Element(tag, content, unit.strip("[]") or None)
