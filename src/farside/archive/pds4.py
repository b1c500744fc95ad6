"""Valid PDS4 labels (information model 1.26.0.0): the parts that all of ours have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from farside.archive.dictionary import NAMESPACE, SCHEMA_FILE
from farside.archive.xml import to_xml
from farside.instruments import Element
from farside.work import atomic_write

MODEL = "1.26.0.0"
_PDS = "http://pds.nasa.gov/pds4/pds/v1"
_ROOT = (
    f'xmlns="{_PDS}" xmlns:farside="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    f'xsi:schemaLocation="{_PDS} https://pds.nasa.gov/pds4/pds/v1/PDS4_PDS_1Q00.xsd {NAMESPACE} {SCHEMA_FILE}"'
)
_MOON = "urn:nasa:pds:context:target:satellite.earth.moon"


def bundle_lid(product_id: str) -> str:
    """Identifier of the bundle that a product belongs to, from its mission tag.

    CNSA has no registered prefix; PDS4 asks for one of six, hence ``urn:nasa:pds``.
    """
    return f"urn:nasa:pds:farside_{product_id.split('_')[0].lower()}"


def mission_lid(product_id: str) -> str:
    """Identifier of the mission; Chang'e missions are not among the registered context products."""
    return f"urn:nasa:pds:context:investigation:mission.{product_id.split('_')[0].lower()}"


def write_label(path: Path, product_class: str, elements: Iterable[Element]) -> Path:
    """Write a whole label to ``path``, whole or not at all, and return it."""
    with atomic_write(path) as part:
        part.write_bytes(to_xml(product_class, _ROOT, elements))
    return path


def identification(lid: str, title: str, product_class: str, year: str, description: str) -> Element:
    """Identification_Area with a citation."""
    return Element("Identification_Area", (
        Element("logical_identifier", lid),
        Element("version_id", "1.0"),
        Element("title", title),
        Element("information_model_version", MODEL),
        Element("product_class", product_class),
        Element("Citation_Information", (Element("publication_year", year), Element("description", description))),
    ))  # fmt: skip


def times(start_utc: str, stop_utc: str) -> Element:
    """Time_Coordinates."""
    return Element("Time_Coordinates", (Element("start_date_time", start_utc), Element("stop_date_time", stop_utc)))


def summary(level: str) -> Element:
    """Primary_Result_Summary of an image in visible light; level: Raw, Calibrated or Derived."""
    return Element("Primary_Result_Summary", (
        Element("purpose", "Science"),
        Element("processing_level", level),
        Element("Science_Facets", (Element("wavelength_range", "Visible"), Element("discipline_name", "Imaging"))),
    ))  # fmt: skip


def investigation(mission: str, kind: str) -> Element:
    """Investigation_Area; kind: data, collection or bundle."""
    return Element("Investigation_Area", (
        Element("name", mission.rsplit(".", 1)[1].upper()),
        Element("type", "Mission"),
        _reference(mission, f"{kind}_to_investigation"),
    ))  # fmt: skip


def observing_system(host: str, instruments: Iterable[str]) -> Element:
    """Observing_System: the vehicle and its instruments."""
    parts = [("Host", host), *(("Instrument", name) for name in instruments)]
    return Element("Observing_System", tuple(
        Element("Observing_System_Component", (Element("name", name), Element("type", kind))) for kind, name in parts
    ))  # fmt: skip


def target(kind: str) -> Element:
    """Target_Identification: the Moon; kind: data, collection or bundle."""
    return Element("Target_Identification", (
        Element("name", "Moon"), Element("type", "Satellite"), _reference(_MOON, f"{kind}_to_target"),
    ))  # fmt: skip


def file_element(path: Path, created_utc: str) -> Element:
    """File: name, time, size and checksum of a file as it lies on disk."""
    with path.open("rb") as data:
        md5 = hashlib.file_digest(data, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return Element("File", (
        Element("file_name", path.name),
        Element("creation_date_time", created_utc),
        Element("file_size", str(path.stat().st_size), "byte"),
        Element("md5_checksum", md5),
    ))  # fmt: skip


def _reference(lid: str, kind: str) -> Element:
    return Element("Internal_Reference", (Element("lid_reference", lid), Element("reference_type", kind)))
