"""A halo family followed member by member.

A family is a curve in the space of (x0, z0, vy0, half period), on which three numbers vanish after half a revolution:
y, vx and vz. It branches off the planar Lyapunov orbits where those lose their vertical stability (Breakwell and
Brown 1979, Celestial Mechanics 20, 389) and is followed from there by pseudo-arclength continuation (Keller 1977):
along the tangent, then back to the curve at right angles to it. So it passes every fold, where an amplitude, a period
or a Jacobi constant turns round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.flight.cr3bp import LU_KM, MOON, MU, OUTWARD, TU_S, flow, jacobi_constant, libration_point, propagate

Array = NDArray[np.float64]

QUANTITIES = ("z_amplitude_km", "period_days", "jacobi", "perilune_km")
"""What is told of each member, in this order."""

_FIRST_STEP, _LONGEST_STEP, _SHORTEST_STEP = 0.004, 0.015, 1e-7
_SHARPEST_TURN = 0.15  # rad between the tangents of neighbours
_CLOSED = 1e-14  # times the growth of errors: ten times rounding, to which one more step takes it
_IN_PLANE = 1e-6  # LU


@dataclass(frozen=True)
class Member:
    """A northern orbit of a family and the way on along it.

    x: (x0, z0, vy0, half period), LU and TU; tangent: its rate of change along the curve, of length 1, away from the
    plane; values, slopes: the `QUANTITIES` and their rates along the curve. Shapes (4,).
    """

    x: Array
    tangent: Array
    values: Array
    slopes: Array


def continuation(point: str) -> Iterator[Member]:
    """Members one after the other from the planar end on, and on below the Moon's surface, as long as there are any."""
    member, step = bifurcation(point), _FIRST_STEP
    yield member
    while step > _SHORTEST_STEP:
        try:
            member = _beyond(member, step)
        except _Lost:
            step /= 2.0
            continue
        yield member
        step = min(1.3 * step, _LONGEST_STEP)


def bifurcation(point: str) -> Member:
    """The planar Lyapunov orbit in which a halo family begins. Raises BadInput for a point other than L1 and L2.

    It is the least one on which a body displaced upwards at the far apex comes to rest, vertically, half a revolution
    later: dvz/dz0 = 0 there. The orbits grow from the linear motion about the point (Richardson 1980, Celestial
    Mechanics 22, 241).
    """
    from scipy.optimize import brentq

    centre, away, step = libration_point(point), OUTWARD[point], 0.002
    # the linear motion: U_xx = 1 + 2 c, U_yy = 1 - c
    c = (1.0 - MU) / abs(centre + MU) ** 3 + MU / abs(centre - 1.0 + MU) ** 3
    rate = math.sqrt((2.0 - c + math.sqrt(9.0 * c * c - 8.0 * c)) / 2.0)
    start = np.array([centre + away * step, -away * step * (rate * rate + 1.0 + 2.0 * c) / 2.0, math.pi / rate])

    def grown(orbit: Array, x0: float) -> tuple[Array, float]:
        guess = np.array([x0, orbit[1] * (x0 - centre) / (orbit[0] - centre), orbit[2]])
        return _planar(guess)

    orbit, upright = _planar(start)
    while True:
        larger, upright_larger = grown(orbit, orbit[0] + away * step)
        if upright * upright_larger < 0.0:
            break
        orbit, upright = larger, upright_larger
    x0 = brentq(lambda x: grown(orbit, x)[1], orbit[0], larger[0], xtol=1e-15)
    (x0, vy0, half), _ = grown(orbit, x0)
    return _member(np.array([x0, 0.0, vy0, half]), np.array([0.0, 1.0, 0.0, 0.0]))


def _planar(guess: Array) -> tuple[Array, float]:
    """The planar orbit (x0, vy0, half period) with the x0 of a guess, and its dvz/dz0 after half a revolution."""
    x0, vy0, half = guess
    for _ in range(20):
        end, stm = propagate(np.array([x0, 0.0, 0.0, 0.0, vy0, 0.0]), half)
        jacobian = np.column_stack([stm[[1, 3], 4], flow(end)[[1, 3]]])
        vy0, half = np.array([vy0, half]) - np.linalg.solve(jacobian, end[[1, 3]])
        if np.abs(end[[1, 3]]).max() < _CLOSED * np.abs(stm).max():
            return np.array([x0, vy0, half]), float(stm[5, 2])
    raise _Lost


class _Lost(ArithmeticError):
    """Newton's method found no orbit from a guess, or one of another part of the family."""


def between(before: Member, after: Member, zero: Callable[[Member], float]) -> Member:
    """The member between two neighbours at which a function of members is zero; it has opposite signs at the two."""
    from scipy.optimize import brentq

    gap = before.tangent @ (after.x - before.x)
    return _beyond(before, brentq(lambda s: zero(_beyond(before, s)), 0.0, gap, xtol=1e-15))


def _beyond(member: Member, s: float) -> Member:
    """The member a distance ``s`` on along the tangent. Raises _Lost where that leads too far from the curve."""
    if s == 0.0:
        return member
    start = member.x + s * member.tangent
    x = start
    for _ in range(8):
        _, stm, residual, jacobian = _half_revolution(x)
        aside = member.tangent @ (x - start)
        x = x - np.linalg.solve(np.vstack([jacobian, member.tangent]), np.append(residual, aside))
        if np.abs(residual).max() < _CLOSED * np.abs(stm).max():
            after = _member(x, member.tangent)
            if after.tangent @ member.tangent > math.cos(_SHARPEST_TURN):
                return after
            break
    raise _Lost


def _member(x: Array, towards: Array) -> Member:
    """What is to know of the closed orbit x; of its tangent's two senses, the one nearer to ``towards``."""
    end, stm, _, jacobian = _half_revolution(x)
    # two tangents where the family leaves the plane: only ``towards`` leads out of it
    tangent = np.linalg.svd(jacobian)[2][-1] if x[1] != 0.0 else towards
    tangent = tangent if tangent @ towards > 0.0 else -tangent
    start = _state(x)
    from_moon, rate = end[:3] - MOON, flow(start)
    perilune = np.linalg.norm(from_moon)
    away_rate = from_moon @ (stm[:3, [0, 2, 4]] @ tangent[:3] + end[3:] * tangent[3]) / perilune
    # gradient of the Jacobi constant by x0, z0, vy0: twice that of the effective potential, and that of -v^2
    steepness = 2.0 * np.array([rate[3] - 2.0 * x[2], rate[5], -x[2]])
    days = 2.0 * TU_S / 86_400.0
    return Member(
        x,
        tangent,
        np.array([x[1] * LU_KM, x[3] * days, jacobi_constant(start), perilune * LU_KM]),
        np.array([tangent[1] * LU_KM, tangent[3] * days, steepness @ tangent[:3], away_rate * LU_KM]),
    )


def _half_revolution(x: Array) -> tuple[Array, Array, Array, Array]:
    """State (6,) and transition matrix (6, 6) after it; what must vanish (3,) and its rates by the unknowns (3, 4).

    Those are y, vx and vz / z0: vz itself vanishes in the plane whether a halo is near or not, and so tells nothing.
    """
    end, stm = propagate(_state(x), x[3])
    crossing = [1, 3, 5]
    residual = end[crossing]
    jacobian = np.column_stack([stm[np.ix_(crossing, [0, 2, 4])], flow(end)[crossing]])
    z0 = x[1]
    if z0 != 0.0:
        residual[2] /= z0
        # two numbers that differ by z0 squared: near the plane nothing but rounding
        jacobian[2, 1] = jacobian[2, 1] - residual[2] if abs(z0) > _IN_PLANE else 0.0
        jacobian[2] /= z0
    return end, stm, residual, jacobian


def _state(x: Array) -> Array:
    return np.array([x[0], 0.0, x[1], 0.0, x[2], 0.0])
