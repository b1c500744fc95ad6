"""The Mission_Area of a level-2 label: from attributes to elements, and back from labels of any letter case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from farside.instruments.label import Element

_FIELD = re.compile(r"\{(\w+)(?:\[(\d)\])?(?::[^}]*)?\}")
_KEY = re.compile(r"(\S+?)(?: \[(.+)\])?")


@cache
def _template() -> dict[str, Any]:
    text = (files("farside.instruments.vnis") / "label.yaml").read_text(encoding="utf-8")
    return yaml.load(text, yaml.BaseLoader)


def label_elements(attrs: Mapping[Any, Any]) -> tuple[Element, ...]:
    """Elements of the Mission_Area. Raises KeyError for an attribute that the label needs and is not there."""
    return tuple(_fill(_template(), attrs))


def label_attrs(label: Element) -> dict[str, Any]:
    """Attributes that a label gives, wherever its Mission_Area sits; what is missing or no number is left out."""
    area = label.find("Observation_Area", "Mission_Area") or label.find("Mission_Area") or label
    attrs: dict[str, Any] = {}
    for path, template in _leaves(_template()):
        field, text = _FIELD.fullmatch(template), area.text(*path)
        if field is None or not text:
            continue
        name, index = field[1], field[2]
        if ":" not in template:
            attrs[name] = text.strip()
            continue
        try:
            number = float(text)
        except ValueError:
            continue
        if index is None:
            attrs[name] = number
        else:
            attrs.setdefault(name, {})[int(index)] = number
    for key, tag in (("start_utc", "start_date_time"), ("stop_utc", "stop_date_time")):
        if (text := label.text("Observation_Area", "Time_Coordinates", tag)) is not None:
            attrs[key] = text.strip()
    return {key: _listed(value) for key, value in attrs.items() if not isinstance(value, dict) or len(value) == 3}


def _listed(value: Any) -> Any:
    return [value[i] for i in sorted(value)] if isinstance(value, dict) else value


def _fill(template: dict[str, Any], attrs: Mapping[Any, Any]) -> Iterator[Element]:
    for key, value in template.items():
        tag, unit = _split(key)
        if isinstance(value, dict):
            yield Element(tag, tuple(_fill(value, attrs)), unit)
        else:
            yield Element(tag, value.format(**attrs), unit)


def _leaves(template: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in template.items():
        path = (*above, _split(key)[0])
        if isinstance(value, dict):
            yield from _leaves(value, path)
        else:
            yield path, value


def _split(key: str) -> tuple[str, str | None]:
    match = _KEY.fullmatch(key)
    assert match is not None
    return match[1], match[2]
