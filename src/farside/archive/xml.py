"""Labels as XML: elements to bytes that never differ between two runs, and any label's bytes to elements."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from farside.errors import DamagedFile
from farside.instruments import Element

_PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'


def to_xml(root: str, attributes: str, elements: Iterable[Element]) -> bytes:
    """A whole label: prolog, root element with its attributes as given, one tab of indent per level."""
    lines = [_PROLOG, f"<{root} {attributes}>\n"]
    for element in elements:
        _write(element, 1, lines)
    lines.append(f"</{root}>\n")
    return "".join(lines).encode("utf-8")


def from_xml(path: Path) -> Element:
    """Read a label, tags without name spaces. Schemas it names are never fetched. Raises DamagedFile."""
    from lxml import etree

    parser = etree.XMLParser(no_network=True, resolve_entities=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(path.read_bytes(), parser)
    except FileNotFoundError:
        raise DamagedFile(path, "no such label") from None
    except OSError as error:
        raise DamagedFile(path, f"the label cannot be read: {error.strerror}") from error
    except (etree.XMLSyntaxError, ValueError) as error:  # ValueError: an encoding nobody knows
        raise DamagedFile(path, f"not XML: {error}") from error
    return _read(root)


def _write(element: Element, depth: int, lines: list[str]) -> None:
    tabs = "\t" * depth
    unit = f' unit="{escape(element.unit)}"' if element.unit else ""
    if isinstance(element.content, tuple):
        lines.append(f"{tabs}<{element.tag}{unit}>\n")
        for child in element.content:
            _write(child, depth + 1, lines)
        lines.append(f"{tabs}</{element.tag}>\n")
    elif element.content:
        lines.append(f"{tabs}<{element.tag}{unit}>{escape(element.content)}</{element.tag}>\n")
    else:
        lines.append(f"{tabs}<{element.tag}{unit} />\n")


def _read(node) -> Element:  # type: ignore[no-untyped-def]  # lxml's element class is private
    tag = node.tag.rpartition("}")[2]
    # an entity is a node without a tag: nothing is fetched or expanded, so it says nothing
    children = tuple(_read(child) for child in node if isinstance(child.tag, str))
    return Element(tag, children or (node.text or "").strip(), node.get("unit"))
