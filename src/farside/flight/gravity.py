"""The Moon's gravity field as a series of solid spherical harmonics, and its pull.

Potential at r, of fully normalised coefficients C and S (Heiskanen and Moritz 1967; geodesy's 4 pi)::

    U = GM/R sum over n, m of  C[n, m] V[n, m] + S[n, m] W[n, m]
    V + i W = N[n, m] (R/r)^(n + 1) P[n, m](sin latitude) exp(i m longitude)

V and W follow from x, y, z by a recursion that has no singular place (Cunningham 1970, Celestial Mechanics 2, 207;
normalised as by Montenbruck and Gill 2000, section 3.2), good to degrees of several hundred. Each axis of the pull is
again such a series, of one degree more: its coefficients are made once, and the kernel sums three series.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import yaml
from numba import njit
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput

Array = NDArray[np.float64]

_BELOW_LAST_BIT = 42.0
"""Terms smaller than exp(-42) of the first are left out."""


@dataclass(frozen=True, eq=False)
class GravityField:
    """A gravity field in MOON_PA, without tides.

    gm: km3/s2. radius: reference radius, km. c, s: fully normalised coefficients, (degree + 1, degree + 1), row n,
    column m; c[0, 0] is 1. source: where it is from, for messages. Raises BadInput for numbers that are no field.
    """

    gm: float
    radius: float
    c: Array
    s: Array
    source: str = "gravity"

    def __post_init__(self) -> None:
        for name in ("gm", "radius"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise BadInput(self.source, name, getattr(self, name), "a number above 0")
        for name in ("c", "s"):
            values = np.array(getattr(self, name), np.float64)
            if values.ndim != 2 or values.shape[0] != values.shape[1] or values.shape != np.shape(self.c):
                raise BadInput(self.source, name, values.shape, "two square arrays of one size, degree + 1")
            if not np.isfinite(values).all():
                raise BadInput(self.source, name, "NaN or infinity", "coefficients that are numbers")
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    @property
    def degree(self) -> int:
        """Highest degree."""
        return len(self.c) - 1

    def to_degree(self, degree: int) -> GravityField:
        """The same field without its terms above ``degree``. Raises BadInput for more than there are."""
        if not 0 <= degree <= self.degree:
            raise BadInput(self.source, "degree", degree, f"0 to {self.degree}, the highest it has")
        return GravityField(
            self.gm, self.radius, self.c[: degree + 1, : degree + 1], self.s[: degree + 1, : degree + 1], self.source
        )

    def acceleration(self, r: ArrayLike) -> Array:
        """Pull at positions from the Moon's centre in MOON_PA, km, shape (..., 3): km/s2 in MOON_PA, same shape."""
        flat = np.asarray(r, np.float64).reshape(-1, 3)
        out = np.empty_like(flat)
        _pulls(self.series, self.gm, self.radius, np.ascontiguousarray(flat), out)
        return out.reshape(np.shape(r))

    @cached_property
    def series(self) -> Array:
        """What the kernel sums: a row for each (m, n >= m) of V and W, m by m.

        Columns: the two factors of the recursion, then the coefficients of V and W for each axis of the pull.
        """
        top = self.degree + 2
        n, m = np.mgrid[0:top, 0:top].astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            up = np.sqrt((2 * n - 1) * (2 * n + 1) / ((n - m) * (n + m)))
            back = np.sqrt((2 * n + 1) * (n + m - 1) * (n - m - 1) / ((2 * n - 3) * (n + m) * (n - m)))
            across = np.sqrt((2 * m + 1) / (2 * m))  # from V[m - 1, m - 1] to V[m, m]
        across[1, 1] = math.sqrt(3.0)
        across[0, 0] = 1.0
        first, second = np.where(n == m, across, up), np.where(n > m + 1, back, 0.0)
        columns = [first, second, *_gradient(self.c, self.s)]
        order, degree = np.triu_indices(top)
        return np.ascontiguousarray(np.stack([column[degree, order] for column in columns], 1))


def normalisation(degree: int) -> Array:
    """Factors N (degree + 1, degree + 1) by which P[n, m] is multiplied; C of P is N times C of the normalised P."""
    n, m = np.mgrid[0 : degree + 1, 0 : degree + 1]
    factorials = np.array([math.lgamma(k + 1) for k in range(2 * degree + 1)])
    below = n >= m
    ratio = np.where(below, factorials[np.maximum(n - m, 0)] - factorials[n + m], 0.0)
    return np.where(below, np.sqrt((2 - (m == 0)) * (2 * n + 1)) * np.exp(0.5 * ratio), 0.0)


def field_of(
    rows: Iterable[tuple[int, int, float, float]], gm: float, radius: float, degree: int, normalised: bool, source: str
) -> GravityField:
    """A field from rows (n, m, C, S); rows above ``degree`` are left out, those that are missing are 0 (C[0, 0]: 1)."""
    c, s = np.zeros((degree + 1, degree + 1)), np.zeros((degree + 1, degree + 1))
    c[0, 0] = 1.0
    for n, m, cosine, sine in rows:
        if n <= degree:
            c[n, m], s[n, m] = cosine, sine
    if not normalised:
        factors = normalisation(degree)
        c, s = (np.divide(x, factors, out=np.zeros_like(x), where=factors > 0.0) for x in (c, s))
    return GravityField(gm, radius, c, s, source)


@cache
def moon_gravity() -> GravityField:
    """The Moon's field to degree 6 that comes with farside (gravity.yaml: source, and how well it is known)."""
    path = Path(__file__).parent / "gravity.yaml"
    with path.open(encoding="utf-8") as file:
        known = yaml.safe_load(file)
    rows = known["coefficients"]
    gm, radius = known["gm_km3_s2"]["value"], known["radius_km"]["value"]
    return field_of(rows, gm, radius, max(row[0] for row in rows), False, path.name)


def _gradient(c: Array, s: Array) -> list[Array]:
    """Coefficients (degree + 2, degree + 2) of V and W in R^2/GM times the pull's axes: x of V, x of W, y, y, z, z.

    Cunningham's derivatives of V and W (Montenbruck and Gill 2000, eq. 3.33), with the factors of normalised terms.
    """
    degree = len(c) - 1
    xv, xw, yv, yw, zv, zw = (np.zeros((degree + 2, degree + 2)) for _ in range(6))
    n, m = np.mgrid[0 : degree + 1, 0 : degree + 1].astype(float)
    ratio = (2 * n + 1) / (2 * n + 3)
    below = n >= m
    higher = np.where(below, np.sqrt(np.where(m == 0, 2.0, 1.0) * ratio * (n + m + 1) * (n + m + 2)), 0.0) / 2.0
    same = np.where(below, np.sqrt(ratio * np.maximum((n + m + 1) * (n - m + 1), 0.0)), 0.0)
    lower = np.where(below, np.sqrt(np.where(m == 1, 2.0, 1.0) * ratio * np.maximum((n - m + 1) * (n - m + 2), 0.0)), 0)
    lower = lower / 2.0
    # to order m + 1
    xv[1:, 1:] -= higher * c
    xw[1:, 1:] -= higher * s
    yw[1:, 1:] -= higher * c
    yv[1:, 1:] += higher * s
    # to order m
    zv[1:, :-1] -= same * c
    zw[1:, :-1] -= same * s
    # to order m - 1
    back = lower[:, 1:]
    xv[1:, :-2] += back * c[:, 1:]
    xw[1:, :-2] += back * s[:, 1:]
    yw[1:, :-2] -= back * c[:, 1:]
    yv[1:, :-2] += back * s[:, 1:]
    return [xv, xw, yv, yw, zv, zw]


@njit(cache=True, nogil=True, error_model="numpy")
def pull(series: np.ndarray, gm: float, radius: float, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Pull (km/s2) of a field's ``series`` at x, y, z (km), all in the field's frame."""
    r2 = x * x + y * y + z * z
    near = radius * radius / r2
    x, y, z = x * radius / r2, y * radius / r2, z * radius / r2
    top = int(math.sqrt(2.0 * series.shape[0])) - 1  # rows are (top + 1)(top + 2)/2
    last = top
    if near < 1.0:
        last = min(top, 1 + int(2.0 * _BELOW_LAST_BIT / -math.log(near)))
    vm, wm = math.sqrt(near), 0.0
    ax = ay = az = 0.0
    row = 0
    for m in range(last + 1):
        if m > 0:
            f = series[row, 0]
            vm, wm = f * (x * vm - y * wm), f * (x * wm + y * vm)
        v, w, v1, w1 = vm, wm, 0.0, 0.0
        for k in range(row, row + last - m + 1):
            if k > row:
                up, back = series[k, 0] * z, series[k, 1] * near
                v, v1 = up * v - back * v1, v
                w, w1 = up * w - back * w1, w
            ax += series[k, 2] * v + series[k, 3] * w
            ay += series[k, 4] * v + series[k, 5] * w
            az += series[k, 6] * v + series[k, 7] * w
        row += top - m + 1
    scale = gm / (radius * radius)
    return scale * ax, scale * ay, scale * az


@njit(cache=True, nogil=True, error_model="numpy")
def _pulls(series: np.ndarray, gm: float, radius: float, r: np.ndarray, out: np.ndarray) -> None:
    for i in range(r.shape[0]):
        out[i, 0], out[i, 1], out[i, 2] = pull(series, gm, radius, r[i, 0], r[i, 1], r[i, 2])
