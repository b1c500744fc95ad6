"""The numbers of stationkeeping.yaml, each with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Number:
    """A value, where it comes from, and whether it is assumed."""

    value: float
    source: str
    assumed: bool = False


@cache
def numbers(group: str) -> dict[str, Number]:
    """Numbers of one group: errors, rhythm or wheels."""
    with (Path(__file__).parent / "stationkeeping.yaml").open(encoding="utf-8") as file:
        return {name: Number(**entry) for name, entry in yaml.safe_load(file)[group].items()}


def values(group: str) -> dict[str, float]:
    """The same, values only."""
    return {name: number.value for name, number in numbers(group).items()}
