"""The bundle: what makes a folder of products a PDS4 archive of its own.

    bundle.xml
    data_raw/       collection_data_raw.xml, .csv       level 1
    data_derived/   collection_data_derived.xml, .csv   level 3
    xml_schema/     our data dictionary
    data_chang_e/   level 2: the Chang'e dialect is not valid PDS4, so these are no members

Products may lie in folders below their collection's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from farside.archive import pds4
from farside.archive.dictionary import SCHEMA_FILE, schema
from farside.archive.layers import COLLECTION as DERIVED
from farside.archive.level1 import COLLECTION as RAW
from farside.archive.xml import from_xml
from farside.errors import BadInput, DamagedFile
from farside.instruments import Element
from farside.work import atomic_write

LEVEL2 = "data_chang_e"
SCHEMA = "xml_schema"
_COLLECTIONS = {RAW: ("Raw", "raw frames"), DERIVED: ("Derived", "derived products")}


@dataclass(frozen=True)
class _Member:
    """What a collection needs to know of one product."""

    lidvid: str
    start_utc: str
    stop_utc: str
    host: str
    instrument: str
    mission: str


def write_bundle(folder: str | Path, title: str) -> Path:
    """Write bundle.xml, the collections of what is in ``folder`` and the data dictionary; return bundle.xml's path.

    Raises BadInput when the folder holds no level-1 or level-3 product, DamagedFile for a label that cannot be read.
    """
    folder = Path(folder)
    members = {name: _members(folder / name) for name in _COLLECTIONS}
    everything = [m for group in members.values() for m in group]
    if not everything:
        raise BadInput(folder, "", str(folder), f"products in {RAW}/ or {DERIVED}/")
    mission = everything[0].mission
    lid = ":".join(everything[0].lidvid.split(":")[:4])
    stop = max(m.stop_utc for m in everything)
    _write_schema(folder / SCHEMA, lid, title, mission, stop)
    entries = [(SCHEMA, "bundle_has_schema_collection")]
    for name, group in members.items():
        if group:
            _write_collection(folder / name, f"{lid}:{name}", title, group)
            entries.append((name, "bundle_has_data_collection"))
    description = f"{title}. Level-2 products, in {LEVEL2}, follow the Chang'e archive's own label dialect."
    return pds4.write_label(folder / "bundle.xml", "Product_Bundle", (
        pds4.identification(lid, title, "Product_Bundle", stop[:4], description),
        Element("Context_Area", (pds4.investigation(mission, "bundle"), pds4.target("bundle"))),
        Element("Bundle", (Element("bundle_type", "Archive"),)),
        *(Element("Bundle_Member_Entry", (
            Element("lid_reference", f"{lid}:{name}"),
            Element("member_status", "Primary"),
            Element("reference_type", kind),
        )) for name, kind in entries),
    ))  # fmt: skip


def _members(folder: Path) -> list[_Member]:
    labels = sorted(p for p in folder.rglob("*.xml") if not p.name.startswith("collection"))
    return [_member(path) for path in labels]


def _member(path: Path) -> _Member:
    label = from_xml(path)
    system = label.find("Observation_Area", "Observing_System")
    parts = {part.text("type"): part.text("name") for part in (system.children() if system else ()) if part.children()}
    found = (
        label.text("Identification_Area", "logical_identifier"),
        label.text("Observation_Area", "Time_Coordinates", "start_date_time"),
        label.text("Observation_Area", "Time_Coordinates", "stop_date_time"),
        parts.get("Host"),
        parts.get("Instrument"),
        label.text("Observation_Area", "Investigation_Area", "Internal_Reference", "lid_reference"),
    )
    lid, *rest = (text or "" for text in found)
    if not lid or not all(rest):
        raise DamagedFile(path, "not the label of a product of ours")
    return _Member(f"{lid}::{label.text('Identification_Area', 'version_id')}", *rest)


def _write_collection(folder: Path, lid: str, title: str, members: Sequence[_Member]) -> None:
    level, kind = _COLLECTIONS[folder.name]
    start, stop = min(m.start_utc for m in members), max(m.stop_utc for m in members)
    context = Element("Context_Area", (
        pds4.times(start, stop),
        pds4.summary(level),
        pds4.investigation(members[0].mission, "collection"),
        pds4.observing_system(members[0].host, sorted({m.instrument for m in members})),
        pds4.target("collection"),
    ))  # fmt: skip
    _write_inventory(folder, lid, f"{title}: {kind}", "Data", (context,), [m.lidvid for m in members], stop)


def _write_schema(folder: Path, lid: str, title: str, mission: str, stop: str) -> None:
    """Write the dictionary, its label and the collection they make up."""
    with atomic_write(folder / SCHEMA_FILE) as part:
        part.write_bytes(schema())
    name = SCHEMA_FILE.lower().replace(".", "_")
    product = f"{lid}:{SCHEMA}:{name}"
    pds4.write_label(folder / f"{name}.xml", "Product_XML_Schema", (
        pds4.identification(product, "Data dictionary of farside", "Product_XML_Schema", stop[:4],
                            "What level-1 labels say of a frame beyond the core classes."),
        Element("File_Area_XML_Schema", (
            pds4.file_element(folder / SCHEMA_FILE, stop),
            Element("XML_Schema", (
                Element("offset", "0", "byte"),
                Element("object_length", str(len(schema())), "byte"),
                Element("parsing_standard_id", "XML Schema Version 1.1"),
            )),
        )),
    ))  # fmt: skip
    context = Element("Context_Area", (pds4.investigation(mission, "collection"), pds4.target("collection")))
    _write_inventory(
        folder, f"{lid}:{SCHEMA}", f"{title}: schemas", "XML Schema", (context,), [f"{product}::1.0"], stop
    )


def _write_inventory(
    folder: Path, lid: str, title: str, kind: str, context: tuple[Element, ...], lidvids: list[str], stop: str
) -> None:
    """Write the inventory (CSV, one product a line) and the label of a collection."""
    table = folder / f"collection_{folder.name}.csv"
    with atomic_write(table) as part:
        part.write_bytes("".join(f"P,{lidvid}\r\n" for lidvid in lidvids).encode("ascii"))
    columns = [("Member Status", "ASCII_String", "1"), ("LIDVID_LID", "ASCII_LIDVID_LID", "255")]
    fields = tuple(
        Element("Field_Delimited", (
            Element("name", name), Element("field_number", str(n + 1)), Element("data_type", data_type),
            Element("maximum_field_length", length, "byte"),
        ))
        for n, (name, data_type, length) in enumerate(columns)
    )  # fmt: skip
    pds4.write_label(table.with_suffix(".xml"), "Product_Collection", (
        pds4.identification(lid, title, "Product_Collection", stop[:4], f"{title}."),
        *context,
        Element("Collection", (Element("collection_type", kind),)),
        Element("File_Area_Inventory", (
            pds4.file_element(table, stop),
            Element("Inventory", (
                Element("offset", "0", "byte"),
                Element("parsing_standard_id", "PDS DSV 1"),
                Element("records", str(len(lidvids))),
                Element("record_delimiter", "Carriage-Return Line-Feed"),
                Element("field_delimiter", "Comma"),
                Element("Record_Delimited", (Element("fields", "2"), Element("groups", "0"), *fields)),
                Element("reference_type", "inventory_has_member_product"),
            )),
        )),
    ))  # fmt: skip
