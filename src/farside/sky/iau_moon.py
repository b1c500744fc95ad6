"""The analytic orientation of the Moon, good to about 155 m on the surface, for any date: fallback and cross-check.

The pole and the prime meridian are given as right ascension, declination and angle W (IAU report of 2009, Archinal et
al. 2011; the report of 2015 gives none for the Moon and points to the integrated orientation instead)::

    ICRF to IAU_MOON = R3(W) R1(90 deg - declination) R3(90 deg + right ascension)

which is the rotation a binary PCK stores, with the same three angles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

Array = NDArray[np.float64]

_DAY_S = 86_400.0
_CENTURY_S = 36_525.0 * _DAY_S


@dataclass(frozen=True)
class IauMoon:
    """The series of iau_moon.yaml in radians and seconds.

    start, rate: (13,) of the arguments. a, b, c: (13,) amplitudes of right ascension, declination and meridian.
    poly: (3, 3), row k the coefficients of t^k of 90 deg + right ascension, 90 deg - declination, and W.
    """

    start: Array
    rate: Array
    a: Array
    b: Array
    c: Array
    poly: Array

    def value(self, t: Array) -> Array:
        """Angles phi, theta, psi of the rotation 3-1-3 at times t (n,), radians, shape (n, 3)."""
        angles = self.poly[0] + t[:, None] * (self.poly[1] + t[:, None] * self.poly[2])
        for start, rate, a, b, c in zip(self.start, self.rate, self.a, self.b, self.c, strict=True):
            argument = start + rate * t
            sine = np.sin(argument)
            angles[:, 0] += a * sine
            angles[:, 1] -= b * np.cos(argument)
            angles[:, 2] += c * sine
        return angles

    def state(self, t: Array) -> tuple[Array, Array]:
        """The angles and their time derivatives, radians per second, at times t (n,), shape (n, 3) each."""
        rates = self.poly[1] + 2.0 * t[:, None] * self.poly[2]
        for start, rate, a, b, c in zip(self.start, self.rate, self.a, self.b, self.c, strict=True):
            argument = start + rate * t
            cosine = np.cos(argument)
            rates[:, 0] += rate * a * cosine
            rates[:, 1] += rate * b * np.sin(argument)
            rates[:, 2] += rate * c * cosine
        return self.value(t), rates


@cache
def iau_moon() -> IauMoon:
    """The series as published."""
    with (Path(__file__).parent / "iau_moon.yaml").open(encoding="utf-8") as file:
        tables = yaml.safe_load(file)
    ra, dec, w = tables["right_ascension"], tables["declination"], tables["meridian"]
    poly = np.radians(
        [
            [90.0 + ra["start"], 90.0 - dec["start"], w["start"]],
            [ra["per_century"] / _CENTURY_S, -dec["per_century"] / _CENTURY_S, w["per_day"] / _DAY_S],
            [0.0, 0.0, w["per_day2"] / _DAY_S**2],
        ]
    )
    start, rate = (np.radians([entry[key] for entry in tables["arguments"]]) for key in ("start", "rate"))
    a, b, c = (np.radians(amplitudes) for amplitudes in (ra["sine"], dec["cosine"], w["sine"]))
    return IauMoon(start, rate / _DAY_S, a, b, c, poly)
