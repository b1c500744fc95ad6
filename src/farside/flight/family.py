"""The halo families of L1 and L2, from the plane to the surface of the Moon, and the member one asks for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from farside.errors import BadInput
from farside.flight.continuation import QUANTITIES, Member, between, continuation
from farside.flight.halo import Halo
from farside.geometry import MOON_RADIUS_M

BRANCHES = {"northern": 1.0, "southern": -1.0}
_DIGITS = dict(zip(QUANTITIES, (0, 4, 6, 0), strict=True))  # decimals to which a range is told
_SAME = 1e-11  # of a value: as near as the values of one member computed twice


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
        """The members at which a quantity of `QUANTITIES` turns round, in family order."""
        known = {id(member) for member in self.members}
        return [member for member in self._with_folds[quantity] if id(member) not in known]

    def span(self, quantity: str) -> tuple[float, float]:
        """Least and greatest value of a quantity of `QUANTITIES` in the family."""
        values = [float(member.values[_column(quantity)]) for member in self._with_folds[quantity]]
        return min(values), max(values)

    def having(self, quantity: str, value: float) -> list[Member]:
        """All members with a value of a quantity, in family order; none for a value outside its span."""
        column, members = _column(quantity), self._with_folds[quantity]
        values = [float(member.values[column]) for member in members]
        off = [0.0 if math.isclose(v, value, rel_tol=_SAME) else v - value for v in values]
        found = [members[0]] if off[0] == 0.0 else []
        for (before, off_before), (after, off_after) in pairwise(zip(members, off, strict=True)):
            if off_after == 0.0:
                found.append(after)
            elif off_before * off_after < 0.0:
                found.append(between(before, after, lambda member: float(member.values[column]) - value))
        return found

    @cached_property
    def _with_folds(self) -> dict[str, list[Member]]:
        """The members for each quantity with its folds among them, so that it rises or falls from each to the next."""
        return {quantity: list(_fold_by_fold(self.members, _column(quantity))) for quantity in QUANTITIES}


@cache
def halo_family(point: str) -> HaloFamily:
    """The halo family of L1 or L2 above the Moon's surface: about a second of work, kept for the process's life.

    Raises BadInput for another point.
    """
    members: list[Member] = []
    for member in continuation(point):
        if members and _height(member) < 0.0:
            members.append(between(members[-1], member, _height))
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
    Kilometres and days are those of `farside.flight.cr3bp`: LU 389,703 km, TU 382,981 s. In the sky a TU is 4.348 days
    on average (a month is 2 pi), 2 % less: of Queqiao's 15.10 days here 14.81 remain, and the 9:2 near-rectilinear
    orbit (1.502 TU) has 6.66 here and 6.53 there. Raises BadInput with the family's own range.
    """
    asked = {
        name: value
        for name, value in zip(QUANTITIES, (z_amplitude_km, period_days, jacobi, perilune_km), strict=True)
        if value is not None
    }
    if len(asked) != 1:
        raise BadInput("halo", "", ", ".join(asked) or "no member", f"one of {', '.join(QUANTITIES)}")
    if branch not in BRANCHES:
        raise BadInput("halo", "branch", branch, "northern or southern")
    [(quantity, value)] = asked.items()
    family = halo_family(point)
    found = family.having(quantity, value)
    if not found:
        low, high = _told(family.span(quantity), _DIGITS[quantity])
        raise BadInput("halo", quantity, value, f"{low} to {high}, the {point} family above the Moon's surface")
    if which not in range(len(found)):
        told = "0: one member has" if len(found) == 1 else f"0 to {len(found) - 1}: {len(found)} members have"
        raise BadInput("halo", "which", which, f"{told} this {quantity}")
    return family.halo(found[which], branch)


def _fold_by_fold(members: tuple[Member, ...], column: int) -> Iterator[Member]:
    yield members[0]
    for before, after in pairwise(members):
        if before.slopes[column] * after.slopes[column] < 0.0:
            yield between(before, after, lambda member: float(member.slopes[column]))
        yield after


def _height(member: Member) -> float:
    return float(member.values[_column("perilune_km")]) - MOON_RADIUS_M * 1e-3


def _column(quantity: str) -> int:
    return QUANTITIES.index(quantity)


def _told(span: tuple[float, float], digits: int) -> tuple[str, str]:
    """Both ends of a range in words, rounded inwards: what is told can be asked for."""
    unit = 10.0**digits
    return f"{math.ceil(span[0] * unit) / unit:,.{digits}f}", f"{math.floor(span[1] * unit) / unit:,.{digits}f}"
