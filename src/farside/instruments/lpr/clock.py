"""The radar's clock: whole seconds and milliseconds of UTC since 2009-12-31T16:00:00, leap seconds not counted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import t_to_utc, utc_to_t

_EPOCH = np.datetime64("2009-12-31T16:00:00.000", "ms")


def clock_of(t: NDArray[np.float64]) -> NDArray[np.int64]:
    """Clock readings in ms of TDB times, (n,), rounded to the millisecond."""
    stamps = np.array([t_to_utc(float(x))[:-1] for x in t], "datetime64[ms]")
    return (stamps - _EPOCH).astype(np.int64)


def utc_of(clock_ms: int) -> str:
    """ISO UTC, to the millisecond, of a clock reading."""
    return f"{_EPOCH + np.timedelta64(int(clock_ms), 'ms')}Z"


def t_of(clock_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """TDB times of rising clock readings, (n,); a leap second among them would be missed."""
    if not clock_ms.size:
        return np.empty(0)
    return utc_to_t(utc_of(int(clock_ms[0]))) + (clock_ms - clock_ms[0]) * 1e-3


def read_time(octets: NDArray[Any]) -> NDArray[np.int64]:
    """Clock readings in ms of TIME fields, (n, 6) octets: four of seconds and two of milliseconds, base 256, MSB first.

    The script published with the processed data takes powers of 255, which puts 2023 off by 59 days.
    """
    o = octets.astype(np.int64)
    return (((o[:, 0] << 24) | (o[:, 1] << 16) | (o[:, 2] << 8) | o[:, 3]) * 1000) + ((o[:, 4] << 8) | o[:, 5])


def write_time(clock_ms: NDArray[np.int64]) -> NDArray[np.uint8]:
    """TIME fields, (n, 6) octets, of clock readings."""
    s, ms = np.divmod(clock_ms, 1000)
    return np.stack([s >> 24, s >> 16, s >> 8, s, ms >> 8, ms], axis=1).astype(np.uint8)
