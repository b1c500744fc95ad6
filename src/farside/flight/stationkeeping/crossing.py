"""Burns that make the craft cross the x-z plane ahead at a right angle, as halo orbits do (Folta et al. 2014).

A path that leaves a halo orbit shows it first in vx, its velocity along the Earth-Moon line, where it crosses the x-z
plane of the rotating frame: a path for which that is right several crossings ahead stays so long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.perturbed import SCALE, Propagator
from farside.flight.stationkeeping.reference import Reference
from farside.flight.stationkeeping.rotating import rotating_rows

Array = NDArray[np.float64]

_SPREAD = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
_QUARTIC = np.linalg.inv(np.vander(_SPREAD, increasing=True))  # values at the spread to coefficients, lowest first
_REACH = 0.1  # of the Moon's distance: how far from the plane a path may be when the orbit crosses it
_LEVER = 0.125  # of a revolution: a burn closer to a crossing cannot change it
_SETTLED = 1e-8 / SCALE[3]  # 0.01 mm/s
_NEAR = 3e-7 / SCALE[3]  # 0.3 mm/s, on the way: about what becomes a metre a second over a revolution
_TRIES = 8


@dataclass(frozen=True)
class AxisCrossing:
    """The least burn for which vx at the last of the next ``crossings`` of the x-z plane is as aimed at.

    right_angle: aim at zero, as ARTEMIS did (Folta et al. 2014, Acta Astronautica 94, 421); else at the orbit's own vx
    there (Guzzetti et al. 2017, for near-rectilinear orbits), which holds closer with few crossings.
    Found by differential correction in the full model: one crossing after the other, for a departure that was not yet
    corrected may have left before it comes to the last. The first step is by the orbit's state transition matrix, the
    further ones by the secant. Raises BadInput for less than one crossing.
    """

    crossings: int = 3
    right_angle: bool = True

    def __post_init__(self) -> None:
        if self.crossings < 1:
            raise BadInput("stationkeeping", "crossings", self.crossings, "1 or more (3 hold a halo orbit)")

    @property
    def ahead(self) -> float:
        """See Strategy."""
        return 0.5 * (self.crossings + 1)

    def guide(self, reference: Reference, times: Array) -> CrossingGuide:
        """See Strategy. Raises BadInput for an orbit that ends before the last crossing."""
        revolution = reference.revolution_s
        first = np.searchsorted(reference.crossings, times + _LEVER * revolution)
        ahead = first[:, None] + np.arange(self.crossings)
        used = np.arange(ahead.min(), ahead.max() + 1)
        if used[-1] >= len(reference.crossings) - 1:  # the last one may be too near the end to look past it
            raise BadInput(
                "stationkeeping", "crossings", self.crossings, "fewer: the orbit ends before the last of them"
            )
        crossed = reference.crossings[used]
        reach = _REACH * np.linalg.norm(reference.states(crossed)[:, :3], axis=1) / np.abs(_y_rate(reference, crossed))
        spread = crossed[:, None] + reach[:, None] * _SPREAD
        y_rows, vx_rows = (rows.reshape(*spread.shape, 6) for rows in rotating_rows(spread.ravel()))
        states = reference.states(spread)
        y, vx = np.sum(y_rows * states, axis=-1), np.sum(vx_rows * states, axis=-1)
        own, slopes = np.array([_cross(*pair) for pair in zip(y, vx, strict=True)]).T
        rows = vx_rows[:, 2] - slopes[:, None] * y_rows[:, 2]
        ahead -= used[0]
        senses = np.empty((*ahead.shape, 6))
        for k, t in enumerate(times.tolist()):
            matrices = reference.transitions(t, crossed[ahead[k]])
            senses[k] = np.einsum("ni,nij->nj", rows[ahead[k]], matrices)
        aims = own[ahead]
        if self.right_angle:
            aims[:, -1] = 0.0
        return CrossingGuide(times, ahead, senses[:, :, 3:], aims, spread, y_rows, vx_rows)


@dataclass(frozen=True)
class CrossingGuide:
    """Burns at times (n,), each for the crossings ``ahead`` (n, c) of it.

    levers: (n, c, 3), change of vx there with the burn; aims: (n, c), vx to be had. spread: (m, 5), times about each
    crossing; y_rows, vx_rows: (m, 5, 6), see ``rotating_rows``. All in LU and TU but times, TDB s past J2000.
    """

    times: Array
    ahead: NDArray[np.intp]
    levers: Array
    aims: Array
    spread: Array
    y_rows: Array
    vx_rows: Array

    def burn(self, index: int, state: Array, model: Propagator) -> Array:
        """See Guide."""
        burn, start, final = np.zeros(3), float(self.times[index]), self.ahead[index, -1]
        for crossing, lever, aim in zip(self.ahead[index], self.levers[index], self.aims[index], strict=True):
            slope = float(np.linalg.norm(lever))
            along = lever / slope
            amount = float(along @ burn)
            settled = _SETTLED if crossing == final else _NEAR
            before = (amount, 0.0)
            for attempt in range(_TRIES):
                kicked = np.concatenate([state[:3], state[3:] + amount * along])
                path = model.sample(kicked, start, self.spread[crossing])
                y, vx = (np.sum(rows[crossing] * path, axis=-1) for rows in (self.y_rows, self.vx_rows))
                miss = _cross(y, vx)[0] - float(aim)
                if attempt and miss != before[1]:
                    slope = (miss - before[1]) / (amount - before[0])
                before, step = (amount, miss), -miss / slope
                amount += step
                if abs(step) < settled:
                    break
            burn = amount * along
        return burn


def _y_rate(reference: Reference, t: Array) -> Array:
    """Velocity through the x-z plane (n,), LU/s, at times t (n,)."""
    h = 30.0
    before, after = (np.sum(rotating_rows(u)[0] * reference.states(u), axis=1) for u in (t - h, t + h))
    return (after - before) / (2.0 * h)


def _cross(y: Array, vx: Array) -> tuple[float, float]:
    """Value of vx where y is zero, and its slope over y there, both from their values (5,) at ``_SPREAD``.

    A path that crosses outside is judged where it comes nearest.
    """
    quartics = _QUARTIC @ np.stack([y, vx], axis=1)
    rates = quartics[1:] * np.arange(1.0, 5.0)[:, None]
    x = 0.0
    for _ in range(6):
        powers = x ** np.arange(5.0)
        x = float(np.clip(x - (powers @ quartics[:, 0]) / (powers[:4] @ rates[:, 0]), -1.0, 1.0))
    powers = x ** np.arange(5.0)
    y_rate, vx_rate = powers[:4] @ rates
    return float(powers @ quartics[:, 1]), float(vx_rate / y_rate)
