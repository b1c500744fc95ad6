r"""Days by the Sun: when vehicles wake, rest at noon and sleep.

A span begins where the Sun rises through one angle and ends where it sinks through another, over a level horizon::

            .-------. noon
      nap  /         \
     rest /           \ gets up
    wake /             \ sleep
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from farside.flight.rover import yutu2
from farside.flight.windows import Answer, Span

Array = NDArray[np.float64]
Angle = Field(ge=-5, lt=90)


class Vehicle(BaseModel):
    """Elevations of the Sun (degrees) by which a vehicle lives.

    wake_deg, quiet_deg, nap_deg count rising, sleep_deg and nap_until_deg falling. From quiet_deg on it neither drives
    nor takes pictures; it lies down at nap_deg, or at noon where the Sun stays below that, both until nap_until_deg.
    Without the last it has no noon rest. error_deg: scatter of what was logged, 1 sigma.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    wake_deg: float = Angle
    sleep_deg: float = Angle
    quiet_deg: float = Field(default=90.0, ge=0, le=90)
    nap_deg: float = Field(default=90.0, ge=0, le=90)
    nap_until_deg: float | None = Field(default=None, ge=0, lt=90)
    error_deg: float = Field(default=0.0, ge=0)

    @property
    def angles(self) -> tuple[float, ...]:
        """All elevations that decide something, degrees."""
        until = () if self.nap_until_deg is None else (self.quiet_deg, self.nap_deg, self.nap_until_deg)
        return (self.wake_deg, self.sleep_deg, *until)

    def habits(self, sun: Course) -> list[Habit]:
        """What it does while the Sun follows a course."""
        rises, sinks = sun.rises(self.wake_deg), sun.sinks(self.sleep_deg)
        # a Sun too low for the second angle ends the day where it sinks through the first
        sinks = np.union1d(sinks, sun.sinks(min(self.wake_deg, self.sleep_deg)))
        habits = [Habit("awake", "awake", "wakes", "goes to sleep", between(rises, sinks, sun.stop))]
        if self.nap_until_deg is not None:
            until = sun.sinks(self.nap_until_deg)
            rest, nap = sun.rises(self.quiet_deg), sun.rises(self.nap_deg)
            at_noon = sun.noon[(sun.noon_deg > self.quiet_deg) & (sun.noon_deg <= self.nap_deg)]
            lies_down = np.union1d(nap, at_noon)
            words = "stops driving and imaging for noon", "ends its noon rest"
            habits.append(Habit("rest", "noon rest", *words, between(rest, until, sun.stop)))
            # it gets up when the rest ends: one event is enough
            habits.append(Habit("nap", "nap", "lies down for its noon nap", "", between(lies_down, until, sun.stop)))
        return habits


class Habit(NamedTuple):
    """Something a vehicle does: ``key``, ``title``, how its begin and end are told (or not), and when it does it."""

    key: str
    title: str
    begins: str
    ends: str
    spans: list[Span]


class Course(NamedTuple):
    """The Sun's course over a level horizon until ``stop``: noons (times and degrees), and when it is above angles."""

    noon: Array
    noon_deg: Array
    above: Mapping[float, Answer]
    stop: float

    def rises(self, angle: float) -> Array:
        """Times at which it rises through an angle (degrees)."""
        return self.above[angle].begins

    def sinks(self, angle: float) -> Array:
        """Times at which it sinks through an angle (degrees)."""
        return self.above[angle].ends


@cache
def chang_e_4_vehicles() -> tuple[Vehicle, Vehicle]:
    """The lander of Chang'e 4 and Yutu-2."""
    with (Path(__file__).parent / "vehicles.yaml").open(encoding="utf-8") as file:
        spec: dict[str, dict[str, Any]] = yaml.safe_load(file)
    rules = yutu2().rules
    angles = {name: getattr(rules, name) for name in type(rules).model_fields if name in Vehicle.model_fields}
    return Vehicle(**spec["lander"]), Vehicle(**spec["rover"], **angles)


def between(rises: Array, sinks: Array, stop: float) -> list[Span]:
    """From each rise to the next sinking; a span still open ends at ``stop``. Rises inside a span belong to it."""
    spans: list[Span] = []
    for start in rises.tolist():
        if not spans or start >= spans[-1][1]:
            later = sinks[sinks > start]
            spans.append((start, float(later[0]) if len(later) else stop))
    return spans
