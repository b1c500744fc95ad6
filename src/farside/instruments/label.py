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


def level2_elements(attrs: Mapping[Any, Any]) -> tuple[Element, ...]:
    """Identification_Area, Reference_List and Observation_Area of a level-2 label for these attributes.

    Raises KeyError for an attribute the label needs and the observation lacks.
    """
    outer, missions = _templates()
    return tuple(_fill(outer, missions[attrs["instrument"]], attrs))


def read_attrs(label: Element) -> dict[str, Any]:
    """Attributes that the elements of a label give, whatever the case and known spellings of their names."""
    attrs: dict[str, Any] = {}
    patterns = _patterns()
    for parent, leaf in _leaves(label):
        tag = _ALIASES.get(leaf.tag.lower(), leaf.tag.lower())
        above = _ALIASES.get(parent.lower(), parent.lower())
        tag = _PARENT_ALIASES.get((above, tag), tag)
        if (template := patterns.get((above, tag))) and isinstance(leaf.content, str):
            _parse(template, leaf.content, attrs)
        if (above, tag) == ("principle_point_coordinate", "x0") and leaf.unit:
            attrs["principal_point_unit"] = leaf.unit
    return {k: _listed(v) for k, v in attrs.items()}


@cache
def _templates() -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    room = files("farside.instruments")
    # BaseLoader keeps every scalar the string it is in the label
    outer = yaml.load((room / "chang_e.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    missions = {
        name: yaml.load((room / name / "label.yaml").read_text(encoding="utf-8"), yaml.BaseLoader) for name in CAMERAS
    }
    return outer, missions


def _fill(template: dict[str, Any], mission: dict[str, Any], attrs: Mapping[Any, Any]) -> Iterator[Element]:
    for key, value in template.items():
        tag, unit = _split(key)
        if value == "MISSION_AREA":
            value = mission
        if isinstance(value, dict):
            yield Element(tag, tuple(_fill(value, mission, attrs)), unit)
        else:
            yield Element(tag, value.format(**attrs), unit)


@cache
def _patterns() -> dict[tuple[str, str], str]:
    """(parent, leaf) in lower case to the template text of that leaf, over all instruments."""
    outer, missions = _templates()
    found: dict[tuple[str, str], str] = {}

    def walk(parent: str, template: dict[str, Any]) -> None:
        for key, value in template.items():
            tag = _split(key)[0].lower()
            if isinstance(value, dict):
                walk(tag, value)
            elif "{" in value:
                found[parent, tag] = value

    walk("", outer)
    for mission in missions.values():
        walk("mission_area", mission)
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
