"""Earth orientation parameters day by day: measured, predicted by the IERS for a year, and carried on from there.

What turns the Earth unevenly cannot be known ahead: winds move the length of the day by a millisecond, the core by
several over decades. Past the last day of the series

* UT1 runs on with the mean rate of the last days, to which its yearly course (UT2) is added;
* the pole goes on with the mean, yearly and Chandler motion fitted to the last years, from where it stood: what the fit
  leaves at the end dies out.

How well that does has been measured by doing it from past days (earth_orientation.yaml).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.geometry import kernel_path, t_to_tt, utc_to_t

Array = NDArray[np.float64]

DAY_S = 86_400.0
ARCSEC = np.pi / 648_000.0
_MJD_J2000 = 51_544.5
_BESSELIAN_2000, _TROPICAL_YEAR = 51_544.03, 365.2422


@dataclass(frozen=True)
class EopSeries:
    """Daily values at 0 h UTC.

    t: TDB s past J2000, shape (n,). values: (n, 3), pole x and y in radians, UT1-TT in seconds.
    measured: how many of the first days are measured; the others are predictions.
    """

    t: Array
    values: Array
    measured: int

    def until(self, t: float) -> Self:
        """What was known at time t: the measured days up to then, and no predictions."""
        n = int(np.searchsorted(self.t[: self.measured], t, side="right"))
        return type(self)(self.t[:n], self.values[:n], n)

    def __call__(self, t: Array) -> Array:
        """Pole x, y (radians) and UT1-TT (s) at times t (n,), shape (n, 3); carried on past the last day."""
        inside = self._spline(np.minimum(t, self.t[-1]))
        days = np.maximum(t - self.t[-1], 0.0) / DAY_S
        beyond = np.column_stack([self._pole(t, days), self._ut1(t, days)])
        return np.where((days > 0.0)[:, None], beyond, inside)

    @cached_property
    def _spline(self) -> Callable[[Array], Array]:
        from scipy.interpolate import CubicSpline

        return CubicSpline(self.t, self.values)

    def _ut1(self, t: Array, days: Array) -> Array:
        """UT1-TT (n,) at times ``days`` after the last."""
        span = int(rule()["ut1"]["rate_days"])
        smooth = self.values[[-1 - span, -1], 2] + _ut2_minus_ut1(self.t[[-1 - span, -1]])
        rate = (smooth[1] - smooth[0]) * DAY_S / (self.t[-1] - self.t[-1 - span])
        return smooth[1] + rate * days - _ut2_minus_ut1(t)

    def _pole(self, t: Array, days: Array) -> Array:
        """Pole x and y (n, 2) at times ``days`` after the last."""
        fade = np.exp(-days / rule()["pole"]["fade_days"])
        coefficients, left = self._pole_fit
        return np.einsum("nk,kj->nj", _pole_terms(t), coefficients) + fade[:, None] * left

    @cached_property
    def _pole_fit(self) -> tuple[Array, Array]:
        """Coefficients (5, 2) of the pole's motion over the last years, and what they leave (2,) on the last day."""
        recent = slice(-int(rule()["pole"]["fit_days"]), None)
        terms, pole = _pole_terms(self.t[recent]), self.values[recent, :2]
        coefficients = np.asarray(np.linalg.lstsq(terms, pole, rcond=None)[0], np.float64)
        return coefficients, pole[-1] - terms[-1] @ coefficients


@cache
def rule() -> dict[str, Any]:
    """Numbers of the extrapolation, from earth_orientation.yaml."""
    with (Path(__file__).parent / "earth_orientation.yaml").open(encoding="utf-8") as file:
        return yaml.safe_load(file)


@cache
def installed_series() -> EopSeries:
    """The series of IERS Bulletin A in the installed astropy-iers-data, from 1973. Raises DamagedFile."""
    return read_finals(kernel_path("astropy_iers_data", "data/finals2000A.all"))


def read_finals(path: Path) -> EopSeries:
    """A file finals2000A of the IERS, measured days and predictions. Raises DamagedFile."""
    lines = [line for line in path.read_text(encoding="ascii").splitlines() if line[57:58] in ("I", "P")]
    columns = ((7, 15), (18, 27), (37, 46), (58, 68))  # MJD, x, y, UT1-UTC: readme.finals2000A, counted from 0
    try:
        mjd, x, y, ut1_utc = np.array([[float(line[a:b]) for a, b in columns] for line in lines]).T
    except ValueError as error:
        raise DamagedFile(path, f"not a table of Earth orientation ({error})") from error
    if len(mjd) < 3000 or np.any(np.diff(mjd) != 1.0):
        raise DamagedFile(path, "not a table of Earth orientation: days are missing")
    t = utc_to_t((mjd.astype(int) - 51_544 + np.datetime64("2000-01-01")).astype(str))
    # UT1-UTC jumps by a second where UTC does: without the jumps it is UT1-TT, but for what TT-UTC was on the first day
    ut1 = ut1_utc - np.concatenate([[0.0], np.cumsum(np.round(np.diff(ut1_utc)))])
    ut1 += (mjd[0] - _MJD_J2000) * DAY_S - t_to_tt(t[0])
    measured = sum(line[16] == "I" and line[57] == "I" for line in lines)
    return EopSeries(t, np.column_stack([x * ARCSEC, y * ARCSEC, ut1]), measured)


def _ut2_minus_ut1(t: Array) -> Array:
    """The yearly course of UT1 by convention, seconds, shape of t."""
    year = 2.0 * np.pi * (t / DAY_S + _MJD_J2000 - _BESSELIAN_2000) / _TROPICAL_YEAR
    a, b, c, d = rule()["ut1"]["ut2_minus_ut1_s"]
    return a * np.sin(year) + b * np.cos(year) + c * np.sin(2.0 * year) + d * np.cos(2.0 * year)


def _pole_terms(t: Array) -> Array:
    """Constant, yearly and Chandler terms (n, 5) of the pole's motion."""
    year, chandler = (2.0 * np.pi * t / (DAY_S * period) for period in rule()["pole"]["periods_days"])
    return np.column_stack([np.ones_like(t), np.cos(year), np.sin(year), np.cos(chandler), np.sin(chandler)])
