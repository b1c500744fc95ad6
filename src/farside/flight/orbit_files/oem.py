"""Orbit ephemeris messages in keyword = value notation (CCSDS 502.0-B-3, section 5), read and written.

Read: any number of segments; centre Moon, Earth, barycentre or Sun; axes ICRF, EME2000 or J2000 (taken as one: they
differ by 0.02 arcseconds, 7 m at the far side's relays); times UTC, TAI, TT or TDB; Lagrange or Hermite polynomials of
the degree the message names, Hermite's of degree 7 where it names none. Accelerations and covariances are passed over.

Written: states at whole seconds TDB and at both ends, so close that polynomials of degree 7 through four of them keep
to the orbit within a tenth of a millimetre: at steps of 0.04 rad of the angle by which relay and sky move on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.flight.orbit_files.imported import MOON, Imported, Part
from farside.flight.orbit_files.table import StateTable
from farside.flight.relay import RelayOrbit
from farside.geometry import tai_to_t, utc_to_t
from farside.sky import GM_MOON
from farside.work import atomic_write

Array = NDArray[np.float64]

_CENTRES = {
    "MOON": MOON,
    "EARTH": 399,
    "EARTH BARYCENTER": 3,
    "EARTH-MOON BARYCENTER": 3,
    "SOLAR SYSTEM BARYCENTER": 0,
    "SSB": 0,
    "SUN": 10,
}
_AXES = ("ICRF", "EME2000", "J2000")
_J2000 = datetime(2000, 1, 1, 12)
_EPOCH = re.compile(r"(\d{4})-(\d\d-\d\d|\d{3})T(\d\d):(\d\d):(\d\d)(\.\d*)?Z?")
_TT_MINUS_TAI_S = 32.184
_DEGREE, _HIGHEST_DEGREE = 7, 27
_STEP, _MONTHLY = 0.04, 5.3e-6
"""Step of written states, rad, and what the sky adds to the relay's rate about the Moon, rad/s: two turns a month."""


@dataclass
class _Block:
    """A segment as it stands: where its metadata begin (line), keywords, and rows of text."""

    line: int
    keys: dict[str, str] = field(default_factory=dict)
    epochs: list[str] = field(default_factory=list)
    states: list[list[float]] = field(default_factory=list)


def read_oem(path: Path, target: str | None) -> Imported:
    """The orbit of ``target`` (OBJECT_NAME or OBJECT_ID); None takes the only one. Raises BadInput, DamagedFile."""
    blocks = list(_blocks(path))
    names = sorted({_key(path, block, "OBJECT_NAME") for block in blocks})
    mine = [b for b in blocks if target is None or target in (b.keys["OBJECT_NAME"], b.keys.get("OBJECT_ID"))]
    if not mine or len({block.keys["OBJECT_NAME"] for block in mine}) > 1:
        raise BadInput(path, "target", target, f"one of {', '.join(names)}")
    return Imported.of(path, [_part(path, block) for block in mine])


def write_oem(orbit: RelayOrbit, path: Path | str, *, name: str = "RELAY", number: str = "2018-045A") -> None:
    """Write an orbit as a message of one segment about the Moon, ICRF axes, TDB.

    name, number: of the spacecraft, as OBJECT_NAME and OBJECT_ID (its international designator). Raises BadInput.
    """
    for key, text in (("name", name), ("number", number)):
        if not (text.strip() and text.isascii() and text.isprintable()):
            raise BadInput("oem", key, text, "characters of ASCII")
    times = _epochs(orbit)
    r, v = orbit.position(times), orbit.velocity(times)
    start, stop = _tdb_text(times[0]), _tdb_text(times[-1])
    meta = {
        "OBJECT_NAME": name, "OBJECT_ID": number, "CENTER_NAME": "MOON", "REF_FRAME": "ICRF", "TIME_SYSTEM": "TDB",
        "START_TIME": start, "STOP_TIME": stop, "INTERPOLATION": "HERMITE", "INTERPOLATION_DEGREE": str(_DEGREE),
    }  # fmt: skip
    with atomic_write(Path(path)) as part, part.open("w", encoding="ascii", newline="\n") as file:
        # the orbit's own first day stands for a date of creation: the same orbit gives the same bytes
        file.write(f"CCSDS_OEM_VERS = 2.0\nCREATION_DATE = {start[:10]}T00:00:00\nORIGINATOR = FARSIDE\n\nMETA_START\n")
        file.writelines(f"{key} = {value}\n" for key, value in meta.items())
        file.write("META_STOP\n\n")
        for t, (x, y, z), (vx, vy, vz) in zip(times.tolist(), r.tolist(), v.tolist(), strict=True):
            file.write(f"{_tdb_text(t)} {x:.9f} {y:.9f} {z:.9f} {vx:.15f} {vy:.15f} {vz:.15f}\n")


def _blocks(path: Path) -> Iterator[_Block]:
    """Segments of a message; damaged lines are told by their number."""
    block, meta, skip = None, False, False
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DamagedFile(path, f"not an orbit ephemeris message in text ({error})") from error
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line or line.startswith("COMMENT"):
            continue
        if line in ("COVARIANCE_START", "COVARIANCE_STOP"):
            skip = line == "COVARIANCE_START"
        elif line == "META_START":
            if block:
                yield block
            block, meta = _Block(number), True
        elif line == "META_STOP":
            meta = False
        elif block is None or skip:
            continue  # the header
        elif meta:
            key, equals, value = line.partition("=")
            if not equals:
                _damaged(path, number, f"{line!r} is no keyword = value")
            block.keys[key.strip().upper()] = value.strip()
        else:
            epoch, *numbers = line.split()
            if len(numbers) not in (6, 9):
                _damaged(path, number, f"{len(numbers)} numbers behind the epoch instead of 6 or 9")
            try:
                block.states.append([float(x) for x in numbers[:6]])
            except ValueError:
                _damaged(path, number, f"{line!r} is no state")
            block.epochs.append(epoch)
    if block is None:
        raise DamagedFile(path, "an orbit ephemeris message without a segment")
    yield block


def _part(path: Path, block: _Block) -> Part:
    place = f"segment of line {block.line}: "
    centre = _key(path, block, "CENTER_NAME").upper()
    if centre not in _CENTRES:
        raise BadInput(path, f"{place}CENTER_NAME", centre, f"one of {', '.join(_CENTRES)}")
    axes = _key(path, block, "REF_FRAME").upper()
    if axes not in _AXES:
        raise BadInput(path, f"{place}REF_FRAME", axes, f"one of {', '.join(_AXES)}")
    times, states = _times(path, block, block.epochs), np.array(block.states)
    if len(times) < 2 or not (np.diff(times) > 0.0).all() or not np.isfinite(states).all():
        raise DamagedFile(path, f"{place}{len(times)} states; two or more at increasing times are needed")
    window, hermite = _polynomials(path, block)
    ends = ("USEABLE_START_TIME", "START_TIME"), ("USEABLE_STOP_TIME", "STOP_TIME")
    start, stop = (
        _times(path, block, [next((block.keys[key] for key in keys if key in block.keys), block.epochs[end])])[0]
        for keys, end in zip(ends, (0, -1), strict=True)
    )
    # what is useable may not reach beyond the states
    start, stop = max(float(start), float(times[0])), min(float(stop), float(times[-1]))
    return Part(start, stop, _CENTRES[centre], StateTable(times, states, min(window, len(times)), hermite))


def _polynomials(path: Path, block: _Block) -> tuple[int, bool]:
    """States that a polynomial goes through, and whether it is Hermite's."""
    place = f"segment of line {block.line}: "
    method = block.keys.get("INTERPOLATION", "HERMITE").upper()
    if method == "LINEAR":
        return 2, False
    if method not in ("LAGRANGE", "HERMITE"):
        raise BadInput(path, f"{place}INTERPOLATION", method, "LAGRANGE, HERMITE or LINEAR")
    text = block.keys.get("INTERPOLATION_DEGREE", str(_DEGREE))
    hermite = method == "HERMITE"
    if not text.isdigit() or not 1 <= int(text) <= _HIGHEST_DEGREE:
        raise BadInput(path, f"{place}INTERPOLATION_DEGREE", text, f"1 to {_HIGHEST_DEGREE}")
    # an even degree of Hermite's is raised by one: a state has a position and a velocity
    return (int(text) // 2 + 1 if hermite else int(text) + 1), hermite


def _times(path: Path, block: _Block, epochs: list[str]) -> Array:
    """TDB s past J2000 of epochs in the segment's time system."""
    system = _key(path, block, "TIME_SYSTEM").upper()
    if system not in ("UTC", "TAI", "TT", "TDB"):
        raise BadInput(path, f"segment of line {block.line}: TIME_SYSTEM", system, "UTC, TAI, TT or TDB")
    try:
        parsed = [_epoch(text) for text in epochs]
        if system == "UTC":
            return np.asarray(utc_to_t([f"{day:%Y-%m-%d}T{clock}" for day, clock, _ in parsed]))
        seconds = np.array([(day - _J2000).total_seconds() + second for day, _, second in parsed])
    except (ValueError, BadInput) as error:
        raise DamagedFile(path, f"segment of line {block.line}: {error}") from error
    if system == "TDB":
        return seconds
    return tai_to_t(seconds - _TT_MINUS_TAI_S if system == "TT" else seconds)


def _epoch(text: str) -> tuple[datetime, str, float]:
    """Day, clock as text, and seconds of the day of an epoch by calendar or by day of the year."""
    match = _EPOCH.fullmatch(text)
    if not match or int(match[3]) > 23 or int(match[4]) > 59 or int(match[5]) > 60:
        raise ValueError(f"{text!r} is no epoch such as 2019-01-03T02:26:00.000 or 2019-003T02:26:00.000")
    year, day, hour, minute, second, fraction = match.groups()
    date = datetime.strptime(f"{year}-{day}", "%Y-%m-%d" if "-" in day else "%Y-%j")
    clock = f"{hour}:{minute}:{second}{fraction or ''}"
    return date, clock, 3600.0 * int(hour) + 60.0 * int(minute) + float(second + (fraction or ""))


def _key(path: Path, block: _Block, key: str) -> str:
    if key not in block.keys:
        raise DamagedFile(path, f"segment of line {block.line} has no {key}")
    return block.keys[key]


def _damaged(path: Path, number: int, why: str) -> NoReturn:
    raise DamagedFile(path, f"line {number}: {why}")


def _epochs(orbit: RelayOrbit) -> Array:
    """Times of the states to write: both ends, and whole seconds between."""
    times = [orbit.start]
    while times[-1] < orbit.stop:
        distance = float(np.linalg.norm(orbit.position(times[-1])))
        step = _STEP / math.hypot(math.sqrt(GM_MOON / distance**3), _MONTHLY)
        times.append(math.ceil(times[-1] + max(step, 1.0)))
    if len(times) > 2 and times[-2] > orbit.stop - 1.0:
        del times[-2]
    return np.array([*times[:-1], orbit.stop])


def _tdb_text(t: float) -> str:
    """TDB of the calendar to a nanosecond."""
    whole = math.floor(t)
    nano = round((t - whole) * 1e9)
    whole, nano = (whole + 1, 0) if nano == 10**9 else (whole, nano)
    return f"{(_J2000 + timedelta(seconds=whole)).isoformat()}.{nano:09d}"
