"""Labels of the Chang'e dialect: from an observation's attributes to label elements, and back from any spelling.

The templates (chang_e.yaml and each instrument's label.yaml) are the only place where a field of a label is named;
writing fills them, reading looks in a label for the elements they fill, tolerant of the spellings that are known.
What only other people's labels have stands in elsewhere.yaml.
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
from farside.instruments.sense import sensible
from farside.instruments.units import convert, is_pixel


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
    "yawing": "mastangleyaw",
    "solarincidenceangle": "landersolarincidenceangle",
    "solarazimuthangle": "landersolarazimuthangle",
}
"""Names in other real labels (image-products 1.3) of what the templates call otherwise, as ``_spelled``."""
_PARENT_ALIASES = {
    ("principalpointcoordinate", "x"): "x0",
    ("principalpointcoordinate", "y"): "y0",
    ("rotationangle", "pitch"): "mastanglepitch",
    ("rotationangle", "yaw"): "mastangleyaw",
}
_POINT = ("x0", "y0")
"""The principal point, which labels give in millimetres or in pixels."""
_NOTHING = frozenset(("", "none", "null", "nil", "n/a", "na", "unk", "unknown", "nan"))
"""What stands in an element that says nothing."""
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

    instruments: those whose labels it may be, the likeliest first. Numbers are in the attributes' units, whatever unit
    the label says. What is empty, incomplete, of an unknown unit or nonsense is left out.
    """
    return read_label(label, instruments)[0]


def read_label(label: Element, instruments: tuple[str, ...]) -> tuple[dict[str, Any], list[str]]:
    """As ``read_attrs``; and the names of the attributes that the label says something of that had to be left out."""
    found: dict[str, Any] = {}
    said: set[str] = set()
    point: dict[str, str] = {}
    known = _leaves_known(instruments)
    for parent, leaf in _leaves(label):
        if not isinstance(leaf.content, str) or leaf.content.lower() in _NOTHING:
            continue
        above, tag = _spelled(parent), _spelled(leaf.tag)
        for template in known.get((above, _PARENT_ALIASES.get((above, tag), tag)), ()):
            said.update(field.name for field in template.fields)
            if not (values := template.parse(leaf.content, leaf.unit)):
                continue
            for field, value in values:
                if field.place is None:
                    found.setdefault(field.name, value)
                else:
                    found.setdefault(field.name, {}).setdefault(field.place, value)
                if field.name in _POINT and leaf.unit:
                    point.setdefault(field.name, "pixel" if is_pixel(leaf.unit) else "mm")
            break
    places = _places(instruments)
    attrs = {k: v for k, v in ((k, _listed(v, places.get(k, 0))) for k, v in found.items()) if v is not None}
    if len(set(point.values())) > 1:  # half in pixels is none
        attrs = {k: v for k, v in attrs.items() if k not in _POINT}
    elif point:
        attrs["principal_point_unit"] = next(iter(point.values()))
    attrs = {k: v for k, v in attrs.items() if sensible(k, v)}
    return attrs, sorted(said - set(attrs))


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


@dataclass(frozen=True)
class _Field:
    """A field of a template: the attribute, and which of its numbers where it has several."""

    name: str
    place: int | None
    number: bool


@dataclass(frozen=True)
class _Template:
    """The text of a leaf with its fields, as a pattern, and the unit of its numbers."""

    pattern: re.Pattern[str]
    fields: tuple[_Field, ...]
    unit: str | None

    def parse(self, text: str, unit: str | None) -> list[tuple[_Field, Any]]:
        """Fields and their values in a leaf's text; none where it does not fit."""
        match = self.pattern.fullmatch(text)
        if match is None:
            return []
        values = [
            (field, self._value(field, said, unit)) for field, said in zip(self.fields, match.groups(), strict=True)
        ]
        return [] if any(value is None for _, value in values) else values

    def _value(self, field: _Field, text: str, unit: str | None) -> Any:
        if not field.number:
            return text
        try:
            number = float(text)
        except ValueError:
            return None
        if field.name in _POINT:
            return number if is_pixel(unit) else convert(number, unit, "mm")
        return convert(number, unit, self.unit)


@cache
def _leaves_known(instruments: tuple[str, ...]) -> dict[tuple[str, str], tuple[_Template, ...]]:
    """(parent, leaf), as ``_spelled``, to what may stand in that leaf over these instruments, the first one's first."""
    found: dict[tuple[str, str], dict[str, _Template]] = {}

    def walk(parent: str, template: dict[str, Any]) -> None:
        for key, value in template.items():
            tag, unit = _split(key)
            tag = _spelled(tag)
            if isinstance(value, dict):
                walk(tag, value)
            elif "{" in value:
                found.setdefault((parent, tag), {}).setdefault(f"{value} {unit}", _compiled(value, unit))

    walk("", _template("chang_e.yaml"))
    for name in instruments:
        walk("missionarea", _mission_area(name))
    walk("", _template("elsewhere.yaml"))
    return {place: tuple(templates.values()) for place, templates in found.items()}


@cache
def _places(instruments: tuple[str, ...]) -> dict[str, int]:
    """Attributes whose numbers stand in leaves of their own, one each, to how many there are."""
    singles = (t.fields[0] for known in _leaves_known(instruments).values() for t in known if len(t.fields) == 1)
    count: dict[str, int] = {}
    for field in singles:
        if field.place is not None:
            count[field.name] = max(count.get(field.name, 0), field.place + 1)
    return count


def _compiled(template: str, unit: str | None) -> _Template:
    pattern, end, fields = "", 0, []
    for field in _FIELD.finditer(template):
        number = field[3] is not None
        pattern += re.escape(template[end : field.start()]) + (r"\s*([-+0-9.eE]+)\s*" if number else "(.+)")
        fields.append(_Field(field[1], int(field[2]) if field[2] else None, number))
        end = field.end()
    return _Template(re.compile(pattern + re.escape(template[end:]), re.DOTALL), tuple(fields), unit)


@cache
def _spelled(tag: str) -> str:
    """A tag without what labels differ in: case, underscores, "angel" for angle and "principle" for principal."""
    plain = re.sub(r"[^a-z0-9]", "", tag.lower()).replace("angel", "angle").replace("principle", "principal")
    return _ALIASES.get(plain, plain)


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


def _listed(value: Any, places: int) -> Any:
    """Numbers by place as a list, None where one is missing; anything else as it is."""
    if not isinstance(value, dict):
        return value
    whole = sorted(value) == list(range(max(places, len(value))))
    return [value[i] for i in sorted(value)] if whole else None
