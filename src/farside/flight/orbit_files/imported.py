"""The course of an orbit that a file gives: parts that follow each other, each about a centre of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.orbit_files.table import StateTable
from farside.flight.relay import Interpolant
from farside.geometry import time_text
from farside.sky import position, segment, velocity

Array = NDArray[np.float64]

_TOUCHING_S = 1e-3
_FAR, _TURN = 3.0, 0.5  # rad: from the far end of an ellipse to the next it is at least 0.7
MOON = 301
CENTRES = {MOON: "Moon", 399: "Earth", 3: "Earth-Moon barycentre", 0: "solar system barycentre", 10: "Sun"}
"""What an orbit may be given about, by SPICE's number."""
_BARYCENTRE = 3
_BODIES = {399: "earth", 0: "ssb", 10: "sun"}


@dataclass(frozen=True)
class Part:
    """A stretch of an orbit from start to stop (TDB s past J2000), about a body of CENTRES."""

    start: float
    stop: float
    centre: int
    course: Interpolant

    def value(self, t: Array) -> Array:
        """Positions (n, 3) from the Moon's centre, km."""
        places = self.course.value(t)
        if self.centre == _BARYCENTRE:
            return places - segment("moon").value(t)
        return places if self.centre == MOON else places + position(_BODIES[self.centre], t)

    def rate(self, t: Array) -> Array:
        """Velocities (n, 3) about the Moon's centre, km/s."""
        speeds = self.course.rate(t)
        if self.centre == _BARYCENTRE:
            return speeds - segment("moon").rate(t)
        return speeds if self.centre == MOON else speeds + velocity(_BODIES[self.centre], t)

    def gap(self) -> tuple[float, float] | None:
        """Where a table lacks states: between two of them that are ``_FAR`` times as far apart as their neighbours,
        and the orbit about the Moon turns by more than ``_TURN``. None: nowhere, or no table.
        """
        if not isinstance(self.course, StateTable) or len(self.course.times) < 4:
            return None
        times = self.course.times
        times = times[max(np.searchsorted(times, self.start, side="right") - 2, 0) :]
        times = times[: np.searchsorted(times, self.stop) + 2]
        r, v = self.value(times), self.rate(times)
        turn = np.linalg.norm(np.cross(r, v), axis=1) / np.einsum("ni,ni->n", r, r)
        steps = np.diff(times)
        beside = np.maximum(np.append(0.0, steps[:-1]), np.append(steps[1:], 0.0))
        wide = (steps > _FAR * beside) & (steps * np.maximum(turn[:-1], turn[1:]) > _TURN)
        if not wide.any():
            return None
        k = int(np.argmax(wide))
        return float(times[k]), float(times[k + 1])


@dataclass(frozen=True)
class Imported:
    """Parts of an orbit in the order of their precedence: where two cover a time, the later one holds."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, path: Path, parts: Sequence[Part]) -> Imported:
        """The orbit of these parts. Raises BadInput where they, or the states of one, leave a gap."""
        for part in parts:
            if part.start > part.stop:
                span = f"{time_text(part.start)} to {time_text(part.stop)}"
                raise BadInput(path, "coverage", span, "segments that begin before they end")
            if gap := part.gap():
                between = " and ".join(map(time_text, gap))
                expected = "states close enough to tell the way between them: a gap stands between two segments"
                raise BadInput(path, "states", f"none between {between}", expected)
        runs: list[list[float]] = []
        for start, stop in sorted((part.start, part.stop) for part in parts):
            if runs and start <= runs[-1][1] + _TOUCHING_S:
                runs[-1][1] = max(stop, runs[-1][1])
            else:
                runs.append([start, stop])
        if len(runs) > 1:
            spans = ", ".join(f"{time_text(start)} to {time_text(stop)}" for start, stop in runs)
            raise BadInput(path, "coverage", spans, "segments that follow each other without a gap")
        return cls(tuple(parts))

    @cached_property
    def start(self) -> float:
        """First time covered, TDB s past J2000."""
        return min(part.start for part in self.parts)

    @cached_property
    def stop(self) -> float:
        """Last time covered, TDB s past J2000."""
        return max(part.stop for part in self.parts)

    @property
    def pieces(self) -> int:
        """Number of polynomials."""
        return sum(part.course.pieces for part in self.parts)

    def value(self, t: Array) -> Array:
        """Positions (n, 3) from the Moon's centre at times (n,), km, ICRF axes."""
        return self._each(t, Part.value)

    def rate(self, t: Array) -> Array:
        """Velocities (n, 3) about the Moon's centre at times (n,), km/s, ICRF axes."""
        return self._each(t, Part.rate)

    def _each(self, t: Array, quantity: Callable[[Part, Array], Array]) -> Array:
        out = np.empty((len(t), 3))
        left = np.ones(len(t), bool)
        for part in reversed(self.parts):
            mine = left & (t >= part.start - _TOUCHING_S) & (t <= part.stop + _TOUCHING_S)
            if mine.any():
                out[mine] = quantity(part, t[mine])
            left &= ~mine
        return out
