"""Labels of the Chang'e dialect: from an observation's attributes to label elements, and back from any spelling.

The templates (chang_e.yaml and each instrument's label.yaml) are the only place where a field of a label is named;
writing fills them, reading looks in a label for the elements they fill, tolerant of the spellings that are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from farside.instruments.instrument import CAMERAS


@dataclass(frozen=True)
class Element:
    """One element of a label: its tag, unit attribute, and either text or child elements."""

    tag: str
    content: str | tuple[Element, ...]
    unit: str | None = None

    def text(self, *path: str) -> str | None:
        """Text of the first descendant reached by these tags, compared in lower case, or None."""
        found = self.find(*path)
        return found.content if found is not None and isinstance(found.content, str) else None

    def find(self, *path: str) -> Element | None:
        """First descendant reached by these tags, compared in lower case, or None."""
        if not path:
            return self
        for child in self.children():
            if child.tag.lower() == path[0].lower() and (found := child.find(*path[1:])) is not None:
                return found
        return None

    def children(self) -> tuple[Element, ...]:
        """Child elements; none for a leaf."""
        return self.content if isinstance(self.content, tuple) else ()


_ALIASES = {
    "principal_point_coordinate": "principle_point_coordinate",
    "mast_angle_pitch": "mast_angel_pitch",
    "mast_angle_yaw": "mast_angel_yaw",
    "yawing": "mast_angel_yaw",
    "solar_incidence_angle": "lander_solar_incidence_angel",
    "solar_azimuth_angle": "lander_solar_azimuth_angle",
    "rover_location_xyz": "rover_locationxyz",
}
"""Spellings in other real labels (image-products 1.3) of what the templates call otherwise, in lower case."""
_PARENT_ALIASES = {
    ("principle_point_coordinate", "x"): "x0",
    ("principle_point_coordinate", "y"): "y0",
    ("rotation_angle", "pitch"): "mast_angel_pitch",
}
_FIELD = re.compile(r"\{(\w+)(?:\[(\d)\])?(?::([^}]*))?\}")
_KEY = re.compile(r"(\S+?)(?: \[(.+)\])?")


def level2_elements(attrs: Mapping[Any, Any], host: str = "CE4La", wavelength: str = "Visible") -> tuple[Element, ...]:
    """Identification_Area, Reference_List and Observation_Area of a level-2 label for these attributes.

    host: the archive's name of the vehicle; wavelength: PDS4's name of the range. Raises KeyError for an attribute the
    label needs and the observation lacks.
    """
    words = {
        "MISSION_AREA": _mission_area(attrs["instrument"]),
        "OBSERVING_SYSTEM": f"Observing System for {host}",
        "HOST": host,
        "WAVELENGTH": wavelength,
    }
    return tuple(_fill(_template("chang_e.yaml"), words, attrs))


def read_attrs(label: Element, instruments: tuple[str, ...] = tuple(CAMERAS)) -> dict[str, Any]:
    """Attributes that the elements of a label give, whatever the case and known spellings of their names.

    instruments: those whose labels it may be.
    """
    attrs: dict[str, Any] = {}
    patterns = _patterns(instruments)
    for parent, leaf in _leaves(label):
        tag = _ALIASES.get(leaf.tag.lower(), leaf.tag.lower())
        above = _ALIASES.get(parent.lower(), parent.lower())
        tag = _PARENT_ALIASES.get((above, tag), tag)
        if (template := patterns.get((above, tag))) and isinstance(leaf.content, str):
            _parse(template, leaf.content, attrs)
        if (above, tag) == ("principle_point_coordinate", "x0") and leaf.unit:
            attrs["principal_point_unit"] = leaf.unit
    return {k: _listed(v) for k, v in attrs.items()}


def _mission_area(instrument: str) -> dict[str, Any]:
    return _template(f"{CAMERAS.get(instrument, instrument)}/label.yaml")


@cache
def _template(path: str) -> dict[str, Any]:
    """A template below this package."""
    text = (files("farside.instruments") / path).read_text(encoding="utf-8")
    # BaseLoader keeps every scalar the string it is in the label
    template: dict[str, Any] = yaml.load(text, yaml.BaseLoader)
    return template


def _fill(template: dict[str, Any], words: Mapping[str, Any], attrs: Mapping[Any, Any]) -> Iterator[Element]:
    """Elements of a template: a value that is one of ``words`` stands for what it says, {fields} for attributes."""
    for key, value in template.items():
        tag, unit = _split(key)
        value = words.get(value, value) if isinstance(value, str) else value
        if isinstance(value, dict):
            yield Element(tag, tuple(_fill(value, words, attrs)), unit)
        else:
            yield Element(tag, value.format(**attrs), unit)


@cache
def _patterns(instruments: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """(parent, leaf) in lower case to the template text of that leaf, over these instruments."""
    found: dict[tuple[str, str], str] = {}

    def walk(parent: str, template: dict[str, Any]) -> None:
        for key, value in template.items():
            tag = _split(key)[0].lower()
            if isinstance(value, dict):
                walk(tag, value)
            elif "{" in value:
                found[parent, tag] = value

    walk("", _template("chang_e.yaml"))
    for name in instruments:
        walk("mission_area", _mission_area(name))
    return found


def _split(key: str) -> tuple[str, str | None]:
    match = _KEY.fullmatch(key)
    assert match is not None
    return match[1], match[2]


def _leaves(element: Element) -> Iterator[tuple[str, Element]]:
    for child in element.children():
        if child.children():
            yield from _leaves(child)
        else:
            yield element.tag, child


def _parse(template: str, text: str, attrs: dict[str, Any]) -> None:
    """Put the values that ``text`` holds at the fields of ``template`` into ``attrs``, if it fits the template."""
    fields = list(_FIELD.finditer(template))
    pattern, end = "", 0
    for field in fields:
        pattern += re.escape(template[end : field.start()]) + ("(.+)" if field[3] is None else r"\s*([-+0-9.eE]+)\s*")
        end = field.end()
    match = re.fullmatch(pattern + re.escape(template[end:]), text.strip())
    if match is None:
        return
    for field, value in zip(fields, match.groups(), strict=True):
        try:
            number: Any = value if field[3] is None else float(value)
        except ValueError:
            continue
        if field[2] is None:
            attrs.setdefault(field[1], number)
        else:
            attrs.setdefault(field[1], {})[int(field[2])] = number


def _listed(value: Any) -> Any:
    return [value[i] for i in sorted(value)] if isinstance(value, dict) else value
