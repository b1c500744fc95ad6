"""Motion of a relay about the Moon among Earth, Sun and sunlight, with the positions of DE440.

Moon-centred ICRF axes::

    a = -GM_moon r/r^3 + sum over Earth and Sun of GM [(b - r)/|b - r|^3 - b/b^3] - k (s - r)/|s - r|^3

with b the body, s the Sun, and k the push of sunlight on a ball. Left out: the Moon's oblateness (1e-9 m/s2 at
50,000 km), the planets, the Earth's oblateness.

DE440 gives the Earth and Moon as polynomials on granules of four days (the Sun's are longer), so on each granule both
bodies are exactly polynomials of degree 12 in time. The integrator is handed their coefficients, stops at each edge and
gets the next set: its accelerations are those of the ephemeris, without any look-up inside a step.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from farside.flight.cr3bp import LU_KM, TU_S
from farside.sky import AU_KM, GM_EARTH, GM_MOON, GM_SUN, position, segment

Array = NDArray[np.float64]

SUNLIGHT_PRESSURE = 4.56e-6
"""Pressure of sunlight on a black plate at 1 au, N/m2."""
SCALE = np.array([LU_KM] * 3 + [LU_KM / TU_S] * 3)
"""km and km/s of one unit of a scaled state."""

_TERMS = 13
# column k: the powers of T_k
_TO_POWERS = np.stack(
    [np.pad(chebyshev.cheb2poly(u[: k + 1]), (0, _TERMS - 1 - k)) for k, u in enumerate(np.eye(_TERMS))], 1
)
_EARTH, _SUN, _MIDDLE, _RATE, _PUSH = 0, 3 * _TERMS, 6 * _TERMS, 6 * _TERMS + 1, 6 * _TERMS + 2


@dataclass(frozen=True)
class Spacecraft:
    """What sunlight pushes on: mass, area facing the Sun and its radiation pressure coefficient (1 black, 2 mirror)."""

    mass_kg: float
    area_m2: float
    cr: float

    @property
    def push(self) -> float:
        """Acceleration by sunlight times the square of the Sun's distance, km3/s2."""
        return SUNLIGHT_PRESSURE * self.cr * self.area_m2 / self.mass_kg * 1e-3 * AU_KM**2


class Propagator:
    """Integrates scaled states (LU, LU/TU) about the Moon by Taylor series of order 20 (heyoka).

    t0: epoch the integrator counts from, TDB s past J2000. variations: carry the state transition matrix along.
    """

    def __init__(self, spacecraft: Spacecraft, t0: float, variations: bool) -> None:
        self._integrator = deepcopy(_integrator(variations))
        self._variations = variations
        self._t0 = t0
        self._edges = segment("moon")
        self.fly(spacecraft)

    def fly(self, spacecraft: Spacecraft) -> None:
        """Fly this craft from now on."""
        self._push = spacecraft.push * TU_S**2 / LU_KM**3

    def run(self, state: Array, start: float, stop: float) -> tuple[Array, Array]:
        """State (6,) and state transition matrix (6, 6) at stop > start (TDB s past J2000)."""
        self._begin(state, start)
        t = start
        while t < stop:
            t = min(stop, self._enter_granule(t))
            self._integrator.propagate_until((t - self._t0) / TU_S)
        return self._integrator.state[:6].copy(), self._integrator.state[6:].reshape(6, 6).copy()

    def sample(self, state: Array, start: float, times: Array) -> Array:
        """States (n, 6) at increasing times, each at or after start."""
        self._begin(state, start)
        samples = np.empty((len(times), 6))
        t, done = start, 0
        while done < len(times):
            edge = self._enter_granule(t)
            while done < len(times) and times[done] <= edge:
                self._integrator.propagate_until((times[done] - self._t0) / TU_S)
                samples[done] = self._integrator.state[:6]
                done += 1
            if done < len(times):
                self._integrator.propagate_until((edge - self._t0) / TU_S)
                t = edge
        return samples

    def _begin(self, state: Array, start: float) -> None:
        self._integrator.time = (start - self._t0) / TU_S
        self._integrator.state[:6] = state
        if self._variations:
            self._integrator.state[6:] = np.eye(6).ravel()

    def _enter_granule(self, t: float) -> float:
        """Load the bodies' polynomials of the granule that begins at or before t; return where it ends."""
        index = int((t - self._edges.init) // self._edges.length)
        start = self._edges.init + index * self._edges.length
        middle, half = start + self._edges.length / 2.0, self._edges.length / 2.0
        pars = self._integrator.pars
        pars[_EARTH:_MIDDLE] = _granule(middle, half)
        pars[_MIDDLE], pars[_RATE], pars[_PUSH] = (middle - self._t0) / TU_S, TU_S / half, self._push
        return start + self._edges.length


def rates(states: Array, times: Array, spacecraft: Spacecraft) -> Array:
    """Rates of change (n, 6) of scaled states (n, 6) at times (n,), TDB s past J2000: velocity, and the equation above.

    In the three-body problem's units, as the states are.
    """
    r = states[:, :3] * LU_KM
    pull = -GM_MOON * r / np.linalg.norm(r, axis=1, keepdims=True) ** 3
    for body, gm, push in (("earth", GM_EARTH, 0.0), ("sun", GM_SUN, spacecraft.push)):
        b = position(body, times)
        d = b - r
        near, far = (np.linalg.norm(x, axis=1, keepdims=True) ** 3 for x in (d, b))
        pull = pull + (gm - push) * d / near - gm * b / far
    return np.hstack([states[:, 3:], pull * TU_S**2 / LU_KM])


@cache
def _granule(middle: float, half: float) -> Array:
    """Power series of Earth, then Sun, from the Moon on one granule, in LU: (2 x 13 x 3,), lowest degree first."""
    x = np.cos(np.pi * (np.arange(_TERMS) + 0.5) / _TERMS)
    fits = [chebyshev.chebfit(x, position(body, middle + half * x) / LU_KM, _TERMS - 1) for body in ("earth", "sun")]
    return np.concatenate([(_TO_POWERS @ fit).ravel() for fit in fits])


@cache
def _integrator(variations: bool) -> Any:
    import heyoka as hy

    r = hy.make_vars("x", "y", "z")
    v = hy.make_vars("vx", "vy", "vz")
    tau = (hy.time - hy.par[_MIDDLE]) * hy.par[_RATE]

    def body(offset: int) -> list[Any]:
        series = []
        for axis in range(3):
            value = hy.par[offset + 3 * (_TERMS - 1) + axis]
            for k in range(_TERMS - 2, -1, -1):
                value = value * tau + hy.par[offset + 3 * k + axis]
            series.append(value)
        return series

    gm_moon, gm_earth, gm_sun = (gm * TU_S**2 / LU_KM**3 for gm in (GM_MOON, GM_EARTH, GM_SUN))
    acceleration = [-gm_moon * q * hy.sum([p * p for p in r]) ** -1.5 for q in r]
    for gm, b, push in ((gm_earth, body(_EARTH), 0.0), (gm_sun, body(_SUN), hy.par[_PUSH])):
        d = [b[k] - r[k] for k in range(3)]
        near, far = hy.sum([q * q for q in d]) ** -1.5, hy.sum([q * q for q in b]) ** -1.5
        acceleration = [acceleration[k] + (gm - push) * d[k] * near - gm * b[k] * far for k in range(3)]
    system = [*zip(r, v, strict=True), *zip(v, acceleration, strict=True)]
    if variations:
        system = hy.var_ode_sys(system, args=hy.var_args.vars, order=1)
    return hy.taylor_adaptive(system, tol=1e-15, compact_mode=True)
