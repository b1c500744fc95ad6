"""Motion near the Moon: its whole gravity field, with Earth, Sun and sunlight as in perturbed.py.

Moon-centred ICRF axes; the field turns with MOON_PA (DE421). Left out: tides of the Moon (1e-3 of the pull of J2),
planets, the Earth's oblateness, relativity, and the Moon's shadow, in which sunlight does not push.

Integrated by the Runge-Kutta method of order 8 of Dormand and Prince with its continuous solution of order 7 (Hairer,
Norsett and Wanner 1993, Solving Ordinary Differential Equations I, section II.6), compiled: a field of any degree costs
no new compilation. Steps shrink by themselves where a long ellipse passes the Moon.

Times inside are seconds after the motion's start: a second past J2000 is known to 0.1 us only, which is 0.2 mm of path.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.gravity import GravityField, pull
from farside.flight.perturbed import Spacecraft
from farside.geometry import MOON_RADIUS_M, time_text
from farside.sky import GM_EARTH, GM_SUN, check_epoch, moon_angles, position, segment

Array = NDArray[np.float64]

MOON_KM = MOON_RADIUS_M * 1e-3
_TERMS = 13


class _Forces(NamedTuple):
    """What the kernel reads: series of the field; of Earth and Sun and of the Moon's angles, granule by granule."""

    gravity: Array
    gm: float
    radius: float
    earth: Array
    sun: Array
    bodies_begin: float
    bodies_length: float
    angles: Array
    angles_begin: float
    angles_length: float
    gm_earth: float
    gm_sun: float
    push: float


class _Method(NamedTuple):
    """Coefficients of the method: stages, their weights, two estimates of error, and the continuous solution."""

    a: Array
    b: Array
    c: Array
    e3: Array
    e5: Array
    d: Array
    a_more: Array
    c_more: Array


@dataclass(frozen=True)
class NearMoon:
    """Motion under ``field``, Earth, Sun and sunlight on ``spacecraft``, from start to stop (TDB s past J2000).

    floor_km: distance from the Moon's centre at which the path ends. tolerance: error of position and velocity in a
    step, as a part of distance and speed. Raises BadInput unless ephemeris and lunar orientation are known from start
    to stop.
    """

    field: GravityField
    spacecraft: Spacecraft
    start: float
    stop: float
    floor_km: float = MOON_KM
    tolerance: float = 1e-14

    def __post_init__(self) -> None:
        check_epoch([self.start, self.stop], "orbit")

    def sample(self, state: Array, after: Array) -> Array:
        """States (n, 6), km and km/s, ICRF, at increasing seconds after start; ``state`` (6,) is that at after[0].

        Raises BadInput when the path comes down to ``floor_km`` before the last of them.
        """
        out = np.empty((len(after), 6))
        met = _integrate(
            np.array(state, float), after, self._forces, _dormand_prince(), self.tolerance, self.floor_km, out
        )
        if met <= after[-1]:
            when = time_text(self.start + met)
            raise BadInput("orbit", "path", f"meets the Moon at {when}", "a path that stays above it, or fewer days")
        return out

    @cached_property
    def _forces(self) -> _Forces:
        grid, angles = segment("moon"), moon_angles()
        begin, length = _granules(grid.init, grid.length, self.start)
        count = 1 + int((self.stop - begin) // length)
        x = np.cos(np.pi * (np.arange(_TERMS) + 0.5) / _TERMS)
        times = begin + length * (np.arange(count)[:, None] + 0.5 * (1.0 + x))
        # exact: on these granules DE440 is polynomials of degree 12
        to_series = np.linalg.inv(chebyshev.chebvander(x, _TERMS - 1))
        earth, sun = (np.einsum("kn,gnj->gjk", to_series, position(body, times)) for body in ("earth", "sun"))
        turning, turning_length = _granules(angles.init, angles.length, self.start)
        first = round((turning - angles.init) / angles.length)
        last = 1 + int((self.stop - angles.init) // angles.length)
        return _Forces(
            gravity=self.field.series,
            gm=self.field.gm,
            radius=self.field.radius,
            earth=np.ascontiguousarray(earth),
            sun=np.ascontiguousarray(sun),
            bodies_begin=begin - self.start,
            bodies_length=length,
            angles=np.array(angles.records[first:last, 2:]).reshape(last - first, 3, -1),
            angles_begin=turning - self.start,
            angles_length=turning_length,
            gm_earth=GM_EARTH,
            gm_sun=GM_SUN,
            push=self.spacecraft.push,
        )


def _granules(init: float, length: float, t: float) -> tuple[float, float]:
    """Begin of the granule that t lies in, and its length."""
    return init + math.floor((t - init) / length) * length, length


@cache
def _dormand_prince() -> _Method:
    from scipy.integrate import DOP853 as m

    return _Method(*(np.ascontiguousarray(x) for x in (m.A, m.B, m.C, m.E3, m.E5, m.D, m.A_EXTRA, m.C_EXTRA)))


@njit(cache=True, nogil=True, error_model="numpy")
def _series(records: np.ndarray, begin: float, length: float, t: float) -> tuple[float, float, float]:
    """Three Chebyshev series at t, from records (granules, 3, terms), by Clenshaw's recurrence."""
    k = min(max(int((t - begin) / length), 0), records.shape[0] - 1)
    x = 2.0 * (t - begin - k * length) / length - 1.0
    c = records[k]
    a1 = a2 = b1 = b2 = c1 = c2 = 0.0
    for n in range(records.shape[2] - 1, 0, -1):
        a1, a2 = c[0, n] + (2.0 * x * a1 - a2), a1
        b1, b2 = c[1, n] + (2.0 * x * b1 - b2), b1
        c1, c2 = c[2, n] + (2.0 * x * c1 - c2), c1
    return c[0, 0] + (x * a1 - a2), c[1, 0] + (x * b1 - b2), c[2, 0] + (x * c1 - c2)


@njit(cache=True, nogil=True, error_model="numpy")
def _derivative(t: float, y: np.ndarray, forces: _Forces, out: np.ndarray) -> None:
    """Write the rate of a state y (6,) to ``out``: velocity, then acceleration."""
    rx, ry, rz = y[0], y[1], y[2]
    phi, theta, psi = _series(forces.angles, forces.angles_begin, forces.angles_length, t)
    cf, sf, ct, st = math.cos(phi), math.sin(phi), math.cos(theta), math.sin(theta)
    cp, sp = math.cos(psi), math.sin(psi)
    # rows of R3(psi) R1(theta) R3(phi), ICRF to MOON_PA
    m00, m01, m02 = cp * cf - sp * ct * sf, cp * sf + sp * ct * cf, sp * st
    m10, m11, m12 = -sp * cf - cp * ct * sf, -sp * sf + cp * ct * cf, cp * st
    m20, m21, m22 = st * sf, -st * cf, ct
    gx, gy, gz = pull(
        forces.gravity,
        forces.gm,
        forces.radius,
        m00 * rx + m01 * ry + m02 * rz,
        m10 * rx + m11 * ry + m12 * rz,
        m20 * rx + m21 * ry + m22 * rz,
    )
    ax = m00 * gx + m10 * gy + m20 * gz
    ay = m01 * gx + m11 * gy + m21 * gz
    az = m02 * gx + m12 * gy + m22 * gz
    for body in range(2):
        if body == 0:
            bx, by, bz = _series(forces.earth, forces.bodies_begin, forces.bodies_length, t)
            gm, push = forces.gm_earth, 0.0
        else:
            bx, by, bz = _series(forces.sun, forces.bodies_begin, forces.bodies_length, t)
            gm, push = forces.gm_sun, forces.push
        dx, dy, dz = bx - rx, by - ry, bz - rz
        near = (dx * dx + dy * dy + dz * dz) ** -1.5
        # 1/d^3 - 1/b^3 without the loss of digits that their difference has (Battin 1999, section 8.4)
        q = (rx * (rx - 2.0 * bx) + ry * (ry - 2.0 * by) + rz * (rz - 2.0 * bz)) / (bx * bx + by * by + bz * bz)
        excess = -q * (3.0 + 3.0 * q + q * q) / (1.0 + (1.0 + q) ** 1.5) * near
        ax += gm * (excess * bx - near * rx) - push * near * dx
        ay += gm * (excess * by - near * ry) - push * near * dy
        az += gm * (excess * bz - near * rz) - push * near * dz
    out[0], out[1], out[2], out[3], out[4], out[5] = y[3], y[4], y[5], ax, ay, az


@njit(cache=True, nogil=True, error_model="numpy")
def _stage(y: np.ndarray, h: float, weights: np.ndarray, k: np.ndarray, count: int, out: np.ndarray) -> None:
    """Write y + h times the weighted sum of the first ``count`` rates k to ``out`` (6,)."""
    for j in range(6):
        total = 0.0
        for i in range(count):
            total += weights[i] * k[i, j]
        out[j] = y[j] + h * total


@njit(cache=True, nogil=True, error_model="numpy")
def _error(h: float, y: np.ndarray, method: _Method, k: np.ndarray, tolerance: float) -> float:
    """Estimated error of a step over what is tolerated (Hairer, Norsett and Wanner 1993, eq. II.10.17)."""
    r, v = y[0] * y[0] + y[1] * y[1] + y[2] * y[2], y[3] * y[3] + y[4] * y[4] + y[5] * y[5]
    fifth = third = 0.0
    for j in range(6):
        e5 = e3 = 0.0
        for i in range(13):
            e5 += method.e5[i] * k[i, j]
            e3 += method.e3[i] * k[i, j]
        scale = r if j < 3 else v
        fifth += e5 * e5 / scale
        third += e3 * e3 / scale
    if fifth == 0.0:
        return 0.0
    return abs(h) * fifth / math.sqrt((fifth + 0.01 * third) * 2.0) / tolerance


@njit(cache=True, nogil=True, error_model="numpy")
def _continue(
    y: np.ndarray, after: np.ndarray, t: float, h: float, forces: _Forces, method: _Method, k: np.ndarray, f: np.ndarray
) -> None:
    """Write the coefficients (7, 6) of the continuous solution on a step from y to ``after`` to ``f``."""
    state = np.empty(6)
    for s in range(3):
        _stage(y, h, method.a_more[s], k, 13 + s, state)
        _derivative(t + method.c_more[s] * h, state, forces, k[13 + s])
    for j in range(6):
        f[0, j] = after[j] - y[j]
        f[1, j] = h * k[0, j] - f[0, j]
        f[2, j] = 2.0 * f[0, j] - h * (k[12, j] + k[0, j])
        for i in range(4):
            total = 0.0
            for s in range(16):
                total += method.d[i, s] * k[s, j]
            f[3 + i, j] = h * total


@njit(cache=True, nogil=True, error_model="numpy")
def _integrate(
    y: np.ndarray,
    times: np.ndarray,
    forces: _Forces,
    method: _Method,
    tolerance: float,
    floor: float,
    out: np.ndarray,
) -> float:
    """Write the states at ``times`` to ``out`` (n, 6), from y at times[0]; return when r fell to floor, else inf."""
    k, f, new = np.empty((16, 6)), np.empty((7, 6)), np.empty(6)
    t, done, n = times[0], 1, times.shape[0]
    h = 1e-2 * math.sqrt((y[0] * y[0] + y[1] * y[1] + y[2] * y[2]) ** 1.5 / forces.gm)
    _derivative(t, y, forces, k[0])
    out[0] = y
    grow = 6.0
    while done < n:
        # to a time that is a number, so that clock and path agree; the last step ends at the last time
        end = min(t + h, times[n - 1])
        h = end - t
        for s in range(1, 12):
            _stage(y, h, method.a[s], k, s, new)
            _derivative(t + method.c[s] * h, new, forces, k[s])
        _stage(y, h, method.b, k, 12, new)
        _derivative(end, new, forces, k[12])
        error = _error(h, new, method, k, tolerance)
        factor = min(grow, max(0.2, 0.9 * max(error, 1e-12) ** -0.125))
        grow = 6.0
        if not error < 1.0:
            h *= min(factor, 0.9)
            grow = 1.0
            continue
        if times[done] <= end:
            _continue(y, new, t, h, forces, method, k, f)
        while done < n and times[done] <= end:
            x = (times[done] - t) / h
            for j in range(6):
                value = f[6, j] * x
                value = (value + f[5, j]) * (1.0 - x)
                value = (value + f[4, j]) * x
                value = (value + f[3, j]) * (1.0 - x)
                value = (value + f[2, j]) * x
                value = (value + f[1, j]) * (1.0 - x)
                out[done, j] = y[j] + (value + f[0, j]) * x
            if out[done, 0] ** 2 + out[done, 1] ** 2 + out[done, 2] ** 2 < floor * floor:
                return times[done]
            done += 1
        if new[0] ** 2 + new[1] ** 2 + new[2] ** 2 < floor * floor:
            return end
        t = end
        h *= factor
        y[:] = new
        k[0] = k[12]
    return math.inf
