"""The local data dictionary: what a level-1 label says of an observation beyond the PDS4 core classes.

A camera's frame is described term by term; other instruments' headers, which differ in every field, stand whole in one
element as the JSON object that the instrument sent.

PDS4 lets a mission describe its own terms in the Mission_Area if their schema is at hand; ours is made from the table
below and written into the bundle's ``xml_schema`` folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from farside.errors import DamagedFile
from farside.instruments import Element

NAMESPACE = "urn:farside:pds4:v1"
SCHEMA_FILE = "FARSIDE_1Q00_1000.xsd"

ACQUISITION: dict[str, tuple[type, str]] = {
    "instrument": (str, "Camera, by the name farside gives it."),
    "mode": (str, "Operating mode, as in the product's name."),
    "index": (int, "Number of the frame within its observing sequence."),
    "sequence_id": (str, "Observing sequence."),
    "level": (str, "Processing level."),
    "start_utc": (str, "Start of the exposure, UTC."),
    "stop_utc": (str, "End of the exposure, UTC."),
    "exposure_ms": (float, "Exposure time in milliseconds."),
    "exposure_mode": (str, "AUTOMATIC where the camera metered, MANUAL where the exposure was commanded."),
    "light": (str, "Of a calibration frame: dark, flat (an even source) or chart; scenery says nothing."),
    "binning": (int, "Detector pixels, along each axis, in one sample."),
    "bits": (int, "Bits of a sample at the sensor."),
    "bayer": (str, "Colour filters of the first four pixels, row by row; empty for a monochrome camera."),
    "temperature_c": (float, "Temperature of the camera, degrees Celsius."),
    "compression_ratio": (float, "On-board compression ratio."),
    "codec": (str, "On-board compression of a frame that lost nothing by it."),
    "mast_yaw_deg": (float, "Mast yaw as read back on board, degrees."),
    "mast_pitch_deg": (float, "Mast pitch as read back on board, degrees."),
    "product_id": (str, "Name of the product without its level."),
}
"""Attribute to (type, meaning), in the order of the label. A frame leaves out those it does not have."""

_XSD_TYPES = {str: "xs:string", int: "xs:integer", float: "xs:double"}


def acquisition_element(attrs: Mapping[Any, Any]) -> Element:
    """The Camera_Acquisition element of a frame."""
    parts = (Element(f"farside:{name}", _text(attrs[name])) for name in ACQUISITION if name in attrs)
    return Element("farside:Camera_Acquisition", tuple(parts))


def header_element(attrs: Mapping[Any, Any]) -> Element:
    """The Instrument_Header element of an observation that is no camera's."""
    text = json.dumps({str(k): v for k, v in attrs.items()}, sort_keys=True)
    return Element("farside:Instrument_Header", (Element("farside:json", text),))


def read_header(element: Element) -> dict[str, Any]:
    """Attributes from an Instrument_Header element. Raises DamagedFile."""
    try:
        attrs = json.loads(element.text("json") or "")
    except ValueError as error:
        raise DamagedFile("Instrument_Header", f"not JSON: {error}") from error
    if not isinstance(attrs, dict) or "instrument" not in attrs:
        raise DamagedFile("Instrument_Header", "no header of an instrument")
    return attrs


def read_acquisition(element: Element) -> dict[str, Any]:
    """Attributes from a Camera_Acquisition element. Raises DamagedFile."""
    attrs: dict[str, Any] = {}
    for child in element.children():
        if child.tag in ACQUISITION and isinstance(child.content, str):
            kind, _ = ACQUISITION[child.tag]
            try:
                attrs[child.tag] = kind(child.content)
            except ValueError as error:
                raise DamagedFile(child.tag, f"{child.content!r} is no {kind.__name__}") from error
    return attrs


def schema() -> bytes:
    """The dictionary's XML schema."""
    elements = "".join(
        f'\t\t\t<xs:element name="{name}" type="{_XSD_TYPES[kind]}" minOccurs="0">\n'
        f"\t\t\t\t<xs:annotation><xs:documentation>{text}</xs:documentation></xs:annotation>\n\t\t\t</xs:element>\n"
        for name, (kind, text) in ACQUISITION.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified" '
        f'targetNamespace="{NAMESPACE}">\n'
        '\t<xs:element name="Camera_Acquisition">\n\t\t<xs:complexType><xs:sequence>\n'
        f"{elements}\t\t</xs:sequence></xs:complexType>\n\t</xs:element>\n"
        '\t<xs:element name="Instrument_Header">\n\t\t<xs:complexType><xs:sequence>\n'
        '\t\t\t<xs:element name="json" type="xs:string">\n\t\t\t\t<xs:annotation><xs:documentation>The header of the '
        "record as the instrument sent it, a JSON object.</xs:documentation></xs:annotation>\n\t\t\t</xs:element>\n"
        "\t\t</xs:sequence></xs:complexType>\n\t</xs:element>\n</xs:schema>\n"
    ).encode()


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)
