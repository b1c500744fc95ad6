"""The halo families of L1 and L2, from the plane to the surface of the Moon, and the member one asks for.

A family is a curve in the space of (x0, z0, vy0, half period), on which three numbers vanish after half a revolution:
y, vx and vz. It branches off the planar Lyapunov orbits where those lose their vertical stability (Breakwell and
Brown 1979, Celestial Mechanics 20, 389) and is followed from there by pseudo-arclength continuation (Keller 1977):
along the tangent, then back to the curve at right angles to it. So it passes every fold, where an amplitude, a period
or a Jacobi constant turns round, and ends in near-rectilinear orbits whose perilune grazes the Moon.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.cr3bp import LU_KM, MOON, MU, OUTWARD, TU_S, flow, jacobi_constant, libration_point, propagate
from farside.flight.halo import Halo
from farside.geometry import MOON_RADIUS_M

Array = NDArray[np.float64]

DIGITS = {"z_amplitude_km": 0, "period_days": 4, "jacobi": 6, "perilune_km": 0}
"""What a member may be asked for by, in the order of ``Member.values``, and the decimals to which a range is told."""
BRANCHES = {"northern": 1.0, "southern": -1.0}

_FREE, _CROSSING = [0, 2, 4], [1, 3, 5]
_FIRST_STEP, _LONGEST_STEP, _SHORTEST_STEP = 0.004, 0.015, 1e-7
_SHARPEST_TURN = 0.15  # rad between the tangents of neighbours
_CLOSED = 1e-14
_SAME = 1e-11  # of a value: as near as the values of one member computed twice


@dataclass(frozen=True)
class Member:
    """A northern orbit of a family and the way on along it.

    x: (x0, z0, vy0, half period), LU and TU; tangent: its rate of change along the curve, of length 1, away from the
    plane; values, slopes: the quantities of `DIGITS` and their rates along the curve. Shapes (4,).
    """

    x: Array
    tangent: Array
    values: Array
    slopes: Array


@dataclass(frozen=True)
class HaloFamily:
    """Halo orbits of a point in family order: from the planar orbit to the one that grazes the Moon."""

    point: str
    members: tuple[Member, ...]

    def halo(self, member: Member, branch: str = "northern") -> Halo:
        """The orbit of a member in the northern branch, or its mirror image in the southern."""
        x0, z0, vy0, half = (float(value) for value in member.x)
        return Halo(x0, BRANCHES[branch] * z0, vy0, 2.0 * half, self.point)

    def folds(self, quantity: str) -> list[Member]:
        """The members at which a quantity of `DIGITS` turns round, in family order."""
        known = {id(member) for member in self.members}
        return [member for member in self._with_folds[quantity] if id(member) not in known]

    def span(self, quantity: str) -> tuple[float, float]:
        """Least and greatest value of a quantity of `DIGITS` in the family."""
        values = [float(member.values[_column(quantity)]) for member in self._with_folds[quantity]]
        return min(values), max(values)

    def having(self, quantity: str, value: float) -> list[Member]:
        """All members with a value of a quantity of `DIGITS`, in family order; none for a value outside its span."""
        column, members = _column(quantity), self._with_folds[quantity]
        values = [float(member.values[column]) for member in members]
        off = [0.0 if math.isclose(v, value, rel_tol=_SAME) else v - value for v in values]
        found = [members[0]] if off[0] == 0.0 else []
        for before, after, off_before, off_after in zip(members, members[1:], off, off[1:], strict=False):
            if off_after == 0.0:
                found.append(after)
            elif off_before * off_after < 0.0:
                found.append(_between(before, after, lambda member: float(member.values[column]) - value))
        return found

    @cached_property
    def _with_folds(self) -> dict[str, list[Member]]:
        """The members for each quantity with its folds among them, so that it rises or falls from each to the next."""
        return {quantity: list(_fold_by_fold(self.members, _column(quantity))) for quantity in DIGITS}


@cache
def halo_family(point: str = "L2") -> HaloFamily:
    """The halo family of L1 or L2 above the Moon's surface: about a second of work, kept for the process's life.

    Raises BadInput for another point.
    """
    members: list[Member] = []
    for member in continuation(point):
        if members and _height(member) < 0.0:
            members.append(_between(members[-1], member, _height))
            break
        members.append(member)
    return HaloFamily(point, tuple(members))


def halo_orbit(
    point: str = "L2",
    branch: str = "southern",
    *,
    z_amplitude_km: float | None = None,
    period_days: float | None = None,
    jacobi: float | None = None,
    perilune_km: float | None = None,
    which: int = 0,
) -> Halo:
    """The halo orbit of L1 or L2 asked for by exactly one of its far apex's distance from the plane, its period, its
    Jacobi constant and its least distance from the Moon's centre.

    branch: "southern" (over the Moon's south for most of a revolution) or "northern". Where a family folds, several
    members have the same value: ``which`` counts them from the plane on (0: the first, the one nearest to the plane).
    Kilometres and days are those of `farside.flight.cr3bp`: LU 389,703 km, TU 382,981 s. Raises BadInput with the
    family's own range.
    """
    asked = {
        name: value
        for name, value in zip(DIGITS, (z_amplitude_km, period_days, jacobi, perilune_km), strict=True)
        if value is not None
    }
    if len(asked) != 1:
        raise BadInput("halo", "", ", ".join(asked) or "no member", f"one of {', '.join(DIGITS)}")
    if branch not in BRANCHES:
        raise BadInput("halo", "branch", branch, "northern or southern")
    [(quantity, value)] = asked.items()
    family = halo_family(point)
    found = family.having(quantity, value)
    if not found:
        low, high = _told(family.span(quantity), DIGITS[quantity])
        raise BadInput("halo", quantity, value, f"{low} to {high}, the {point} family above the Moon's surface")
    if which not in range(len(found)):
        told = "0: one member has" if len(found) == 1 else f"0 to {len(found) - 1}: {len(found)} members have"
        raise BadInput("halo", "which", which, f"{told} this {quantity}")
    return family.halo(found[which], branch)


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
        if np.abs(end[[1, 3]]).max() < _CLOSED:
            return np.array([x0, vy0, half]), float(stm[5, 2])
        jacobian = np.column_stack([stm[[1, 3], 4], flow(end)[[1, 3]]])
        vy0, half = np.array([vy0, half]) - np.linalg.solve(jacobian, end[[1, 3]])
    raise _Lost


class _Lost(ArithmeticError):
    """Newton's method found no orbit from a guess, or one of another part of the family."""


def _beyond(member: Member, s: float) -> Member:
    """The member a distance ``s`` on along the tangent. Raises _Lost where that leads too far from the curve."""
    start = member.x + s * member.tangent
    x = start
    for _ in range(8):
        end, stm = propagate(_state(x), x[3])
        rate = flow(end)
        # an error of _CLOSED in time is as much more in place or speed as the Moon pulls harder
        if np.abs(end[_CROSSING]).max() < _CLOSED * max(1.0, np.abs(rate).max()):
            after = _member(x, member.tangent)
            if after.tangent @ member.tangent < math.cos(_SHARPEST_TURN):
                break
            return after
        jacobian = np.column_stack([stm[np.ix_(_CROSSING, _FREE)], rate[_CROSSING]])
        residual = np.append(end[_CROSSING], member.tangent @ (x - start))
        x = x - np.linalg.solve(np.vstack([jacobian, member.tangent]), residual)
    raise _Lost


def _member(x: Array, towards: Array) -> Member:
    """What is to know of the closed orbit x; of its tangent's two senses, the one nearer to ``towards``."""
    start = _state(x)
    end, stm = propagate(start, x[3])
    rate_start, rate_end = flow(start), flow(end)
    jacobian = np.column_stack([stm[np.ix_(_CROSSING, _FREE)], rate_end[_CROSSING]])
    # the plane crosses the family's beginning, where both are tangents: there only ``towards`` leads on
    tangent = towards if x[1] == 0.0 else np.linalg.svd(jacobian)[2][-1]
    tangent = tangent if tangent @ towards > 0.0 else -tangent
    to_moon = end[:3] - MOON
    perilune = np.linalg.norm(to_moon)
    away_rate = to_moon @ (stm[:3, _FREE] @ tangent[:3] + end[3:] * tangent[3]) / perilune
    # gradient of the Jacobi constant by x0, z0, vy0: twice that of the effective potential, and that of -v^2
    steepness = 2.0 * np.array([rate_start[3] - 2.0 * x[2], rate_start[5], -x[2]])
    days = 2.0 * TU_S / 86_400.0
    return Member(
        x,
        tangent,
        np.array([x[1] * LU_KM, x[3] * days, jacobi_constant(start), perilune * LU_KM]),
        np.array([tangent[1] * LU_KM, tangent[3] * days, steepness @ tangent[:3], away_rate * LU_KM]),
    )


def _fold_by_fold(members: tuple[Member, ...], column: int) -> Iterator[Member]:
    yield members[0]
    for before, after in pairwise(members):
        if before.slopes[column] * after.slopes[column] < 0.0:
            yield _between(before, after, lambda member: float(member.slopes[column]))
        yield after


def _between(before: Member, after: Member, zero: Callable[[Member], float]) -> Member:
    """The member between two neighbours at which a function of members is zero, of which it has one there."""
    from scipy.optimize import brentq

    gap = before.tangent @ (after.x - before.x)
    return _beyond(before, brentq(lambda s: zero(_beyond(before, s)), 0.0, gap, xtol=1e-15))


def _state(x: Array) -> Array:
    return np.array([x[0], 0.0, x[1], 0.0, x[2], 0.0])


def _height(member: Member) -> float:
    return float(member.values[_column("perilune_km")]) - MOON_RADIUS_M * 1e-3


def _column(quantity: str) -> int:
    return list(DIGITS).index(quantity)


def _told(span: tuple[float, float], digits: int) -> tuple[str, str]:
    """Both ends of a range in words, rounded inwards: what is told can be asked for."""
    unit = 10.0**digits
    return f"{math.ceil(span[0] * unit) / unit:,.{digits}f}", f"{math.floor(span[1] * unit) / unit:,.{digits}f}"
