"""Expectations: numbers of the mission as flown, or bounds a product must keep, each with its source."""

from __future__ import annotations

from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from farside.geometry import utc_to_t
from farside.score.table import Row, Value, Verdict


class Fact(BaseModel):
    """One expectation: a value within a tolerance, or bounds.

    Values are numbers in ``unit``, or UTC strings where the unit is UTC (the tolerance is then in seconds).
    full_size_only: means nothing at a quality that takes fewer or smaller pictures. group: where it stands, if not with
    the other facts of its file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    name: str
    unit: str = ""
    expected: Value | None = None
    tolerance: float = 0.0
    at_least: Value | None = None
    at_most: Value | None = None
    digits: int = 0
    full_size_only: bool = False
    group: str = ""
    source: str

    @model_validator(mode="after")
    def _says_what_it_expects(self) -> Fact:
        if (self.expected is None) == (self.at_least is None and self.at_most is None):
            raise ValueError(f"{self.key}: either an expected value or bounds")
        return self

    def judge(self, group: str, measured: Value | None, applies: bool = True) -> Row:
        """The row of this fact for a measured value; a value that is missing though it applies is off."""
        verdict: Verdict = "off"
        if not applies:
            verdict = "not applicable"
        elif measured is not None and self._within(self._number(measured)):
            verdict = "ok"
        shown = self._text(measured) if measured is not None else "missing" if applies else "–"
        expected, tolerance = self._expectation()
        return Row(self.group or group, self.name, measured, shown, expected, tolerance, verdict, self.source)

    def _within(self, x: float) -> bool:
        if self.expected is not None:
            return abs(x - self._number(self.expected)) <= self.tolerance * (1.0 + 1e-9)
        above = self.at_least is None or x >= self._number(self.at_least)
        return above and (self.at_most is None or x <= self._number(self.at_most))

    def _number(self, value: Value) -> float:
        return utc_to_t(value) if isinstance(value, str) else float(value)

    def _text(self, value: Value) -> str:
        if isinstance(value, str):
            return value.replace("T", " ").replace(".000Z", "Z")
        return f"{value:.{self.digits}f} {self.unit}".rstrip()

    def _expectation(self) -> tuple[str, str]:
        if self.expected is not None:
            unit = "s" if self.unit == "UTC" else self.unit
            return self._text(self.expected), f"± {self.tolerance:g} {unit}".rstrip() if self.tolerance else "exactly"
        low = [f"≥ {self._text(self.at_least)}"] if self.at_least is not None else []
        high = [f"≤ {self._text(self.at_most)}"] if self.at_most is not None else []
        return ", ".join(low + high), ""


class Facts(BaseModel):
    """A file of expectations: what they are held against, and the mission they belong to (None: any)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    group: str
    mission: str | None = None
    facts: tuple[Fact, ...]

    def judge(self, measured: dict[str, Value | None], mission: str, full_size: bool) -> list[Row]:
        """Rows of all facts, given what was measured under their keys.

        None: it should be there and is missing. No such key: there was nothing to measure, so the fact does not apply.
        """
        ours = self.mission in (None, mission)
        return [
            fact.judge(
                self.group,
                measured.get(fact.key),
                ours and fact.key in measured and (full_size or not fact.full_size_only),
            )
            for fact in self.facts
        ]


class _Loader(yaml.SafeLoader):
    """YAML without implicit timestamps: times stay UTC strings."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for key, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_facts(name: str) -> Facts:
    """The facts of NAME.yaml in this package."""
    text = (files("farside.score") / f"{name}.yaml").read_text(encoding="utf-8")
    return Facts.model_validate(yaml.load(text, Loader=_Loader))
