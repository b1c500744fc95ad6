"""SPICE kernels of an orbit (SPK), read and written: types 2, 3, 9 and 13 (NAIF, SPK required reading).

    2    Chebyshev series of the position, pieces of equal length      3    of position and velocity, each its own
    9    states, Lagrange polynomials                                  13   states, Hermite polynomials

Frame J2000 of these files is the ICRF. An orbit is written as what it is: a series as type 2, a table as 9 or 13; what
is read back are the same numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.flight.orbit_files.daf import SpkArray, write_spk_file
from farside.flight.orbit_files.imported import CENTRES, MOON, Imported, Part
from farside.flight.orbit_files.table import StateTable
from farside.flight.relay import Interpolant, RelayOrbit
from farside.geometry import time_text
from farside.sky import Segment

Array = NDArray[np.float64]

_ICRF = 1
_TABLES = {9: False, 13: True}
"""Types of tables, and whether their polynomials are Hermite's."""
_SUMMARY_OCTETS = 40
_DIRECTORY = 100  # every so many epochs one stands in the directory
RELAY_ID = -301_900
"""What a relay is called in an SPK unless it has a number of its own: NAIF gives none to a craft that is a design."""


@dataclass(frozen=True)
class SeriesPair:
    """Type 3: series of the position, and of the velocity by itself."""

    position: Segment
    velocity: Segment

    @property
    def pieces(self) -> int:
        """Number of polynomials."""
        return self.position.pieces

    def value(self, t: Array) -> Array:
        """Positions (n, 3), km."""
        return self.position.value(t)

    def rate(self, t: Array) -> Array:
        """Velocities (n, 3), km/s."""
        return self.velocity.value(t)


def read_spk(path: Path, target: str | None) -> Imported:
    """The orbit of ``target`` (its number); None takes the only spacecraft. Raises BadInput, DamagedFile."""
    found = list(_segments(path))
    ids = sorted({segment.target for segment in found})
    craft = [code for code in ids if code < 0] if target is None else [code for code in ids if str(code) == target]
    if len(craft) != 1:
        raise BadInput(path, "target", target, f"one of {', '.join(map(str, ids))}")
    return Imported.of(path, [_part(path, segment) for segment in found if segment.target == craft[0]])


def write_spk(orbit: RelayOrbit, path: Path | str, *, target: int = RELAY_ID, name: str = "relay") -> None:
    """Write an orbit as an SPK; target: number of the spacecraft, negative. Raises BadInput."""
    if not -(2**31) <= target < 0:
        raise BadInput("spk", "target", target, "a spacecraft's number, below 0")
    if not (name.strip() and name.isascii() and name.isprintable()):
        raise BadInput("spk", "name", name, "characters of ASCII")
    series = orbit.series
    parts = series.parts if isinstance(series, Imported) else (Part(orbit.start, orbit.stop, MOON, series),)
    arrays = [SpkArray(part.start, part.stop, target, part.centre, _ICRF, *_packed(part.course)) for part in parts]
    comment = [f"Orbit of {name}, {time_text(orbit.start)} to {time_text(orbit.stop)}.", "Axes: ICRF. Times: TDB."]
    write_spk_file(Path(path), name, comment, arrays)


def _segments(path: Path) -> Iterator[SpkArray]:
    """All segments of a kernel, their data memory-mapped."""
    from jplephem.daf import DAF

    try:
        with path.open("rb") as file:
            daf = DAF(file)
            most = path.stat().st_size // _SUMMARY_OCTETS
            for number, (_, (start, stop, target, centre, frame, kind, first, last)) in enumerate(daf.summaries()):
                if number > most:
                    raise ValueError("its summaries lead in a circle")
                yield SpkArray(start, stop, target, centre, frame, kind, daf.map_array(first, last))
    except (OSError, ValueError, TypeError, AssertionError, struct.error) as error:
        raise DamagedFile(path, f"cannot be read as a kernel ({error})") from error


def _part(path: Path, segment: SpkArray) -> Part:
    span = f"{time_text(segment.start)} to {time_text(segment.stop)}"
    if segment.frame != _ICRF:
        raise BadInput(path, f"frame of {span}", segment.frame, "1 (J2000, the ICRF)")
    if segment.centre not in CENTRES:
        known = ", ".join(f"{code} ({body})" for code, body in CENTRES.items())
        raise BadInput(path, f"centre of {span}", segment.centre, f"one of {known}")
    if segment.kind not in (2, 3, *_TABLES):
        raise BadInput(path, f"type of {span}", segment.kind, "2, 3, 9 or 13")
    try:
        if not np.isfinite(segment.data).all():
            raise ValueError("not all of its numbers are finite")
        read = _table if segment.kind in _TABLES else _series
        return Part(segment.start, segment.stop, segment.centre, read(segment))
    except (ValueError, IndexError) as error:
        raise DamagedFile(path, f"segment {span} of type {segment.kind} is damaged ({error})") from error


def _series(segment: SpkArray) -> Interpolant:
    init, length, size, count = segment.data[-4:]
    records = np.array(segment.data[:-4], np.float64).reshape(int(count), int(size))
    quantities = 3 if segment.kind == 2 else 6
    if (records.shape[1] - 2) % quantities or not length > 0.0:
        raise ValueError("record size")
    half = 2 + (records.shape[1] - 2) // (quantities // 3)
    span = segment.start, segment.stop, float(init), float(length)
    place = Segment(*span, records[:, :half])
    if segment.kind == 2:
        return place
    return SeriesPair(place, Segment(*span, np.hstack([records[:, :2], records[:, half:]])))


def _table(segment: SpkArray) -> StateTable:
    count, window = int(segment.data[-1]), int(segment.data[-2]) + 1
    states = np.array(segment.data[: 6 * count], np.float64).reshape(count, 6)
    times = np.array(segment.data[6 * count : 7 * count], np.float64)
    if not (2 <= window <= count and len(times) == count and (np.diff(times) > 0.0).all()):
        raise ValueError("window or epochs")
    return StateTable(times, states, window, _TABLES[segment.kind])


def _packed(course: Interpolant) -> tuple[int, Array]:
    """SPK type and data of a course."""
    if isinstance(course, StateTable):
        count = len(course.times)
        directory = course.times[_DIRECTORY - 1 : count - 1 : _DIRECTORY]
        tail = [course.window - 1.0, float(count)]
        data = np.concatenate([course.states.ravel(), course.times, directory, tail])
        return (13 if course.hermite else 9), data
    if isinstance(course, SeriesPair):
        place = course.position
        return 3, _series_data(place, np.hstack([place.records, course.velocity.records[:, 2:]]))
    assert isinstance(course, Segment)
    return 2, _series_data(course, course.records)


def _series_data(segment: Segment, records: Array) -> Array:
    tail = [segment.init, segment.length, float(records.shape[1]), float(len(records))]
    return np.concatenate([records.ravel(), tail])
