"""Unloading the wheels: how fast sunlight fills them, what emptying them costs, and how long the propellant lasts.

A craft whose dish stands on one side is turned by sunlight. Wheels take the turn up until thrusters take it from them.
Those push the craft as well, unless they fire in pairs (Ma et al. 2020, J. Astronautics 41, 389): most of that is known
beforehand; what is not stands in ``KeepingErrors.unloading_mm_s``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Self

from farside.errors import BadInput
from farside.flight.perturbed import SUNLIGHT_PRESSURE
from farside.flight.stationkeeping.numbers import numbers, values

GRAVITY_M_S2 = 9.80665
_DAY_S, _YEAR_DAYS = 86_400.0, 365.25


@dataclass(frozen=True)
class Wheels:
    """Wheels, thrusters and propellant of a relay; what each number means is said in stationkeeping.yaml.

    Raises BadInput for a number that is not above 0 (``offset_m`` and ``way_m_s`` may be 0), and for a way that takes
    all propellant.
    """

    mass_kg: float
    area_m2: float
    cr: float
    offset_m: float
    capacity_n_m_s: float
    unloading_days: float
    lever_m: float
    isp_s: float
    propellant_kg: float
    way_m_s: float
    flown_g: float
    flown_days: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = (
                getattr(self, field.name),
                "0 or more" if field.name in ("offset_m", "way_m_s") else "above 0",
            )
            if not (math.isfinite(value) and (value > 0.0 or (value == 0.0 and least == "0 or more"))):
                raise BadInput("stationkeeping", f"wheels.{field.name}", value, least)
        if self.left_kg <= 0.0:
            most = -self.exhaust_m_s * math.log1p(-min(self.propellant_kg / self.mass_kg, 1.0 - 1e-9))
            raise BadInput("stationkeeping", "wheels.way_m_s", self.way_m_s, f"less than {most:.0f}, all propellant")

    @classmethod
    def queqiao(cls, **changed: float) -> Self:
        """Those of stationkeeping.yaml, but for the numbers given."""
        return cls(**{**values("wheels"), **changed})

    @property
    def exhaust_m_s(self) -> float:
        """Momentum that a kilogram of propellant gives, N s."""
        return self.isp_s * GRAVITY_M_S2

    @property
    def station_kg(self) -> float:
        """Mass when it comes to its orbit (Tsiolkovsky)."""
        return self.mass_kg * math.exp(-self.way_m_s / self.exhaust_m_s)

    @property
    def left_kg(self) -> float:
        """Propellant left then."""
        return self.propellant_kg - (self.mass_kg - self.station_kg)

    @property
    def torque_n_m(self) -> float:
        """Turn by sunlight at 1 au, face on and always the same way, the worst case."""
        return SUNLIGHT_PRESSURE * self.cr * self.area_m2 * self.offset_m

    @property
    def days_to_fill(self) -> float:
        """From empty wheels to full ones; infinite where sunlight does not turn the craft."""
        return self.capacity_n_m_s / self.torque_n_m / _DAY_S if self.torque_n_m else math.inf

    @property
    def days_between(self) -> float:
        """From one unloading to the next: the rhythm of the flight, or sooner where the wheels are full by then."""
        return min(self.unloading_days, self.days_to_fill)

    @property
    def impulse_n_s(self) -> float:
        """What thrusters on their lever give to take one interval's turn from the wheels."""
        return self.torque_n_m * self.days_between * _DAY_S / self.lever_m

    @property
    def push_mm_s(self) -> float:
        """Change of velocity by one unloading where thrusters do not fire in pairs."""
        return self.impulse_n_s / self.station_kg * 1e3

    @property
    def unloading_kg_year(self) -> float:
        """Propellant of all unloadings of a year."""
        return self.impulse_n_s / self.exhaust_m_s * _YEAR_DAYS / self.days_between

    @property
    def flown_kg_year(self) -> float:
        """Propellant a year as it is said to be flown, orbit and wheels together."""
        return self.flown_g * 1e-3 / self.flown_days * _YEAR_DAYS

    def upkeep_kg_year(self, upkeep_m_s: float) -> float:
        """Propellant of a year's stationkeeping of so many m/s."""
        return self.station_kg * -math.expm1(-upkeep_m_s / self.exhaust_m_s)


@dataclass(frozen=True)
class Line:
    """One line of a budget; basis: published, assumed, given (by the caller) or computed."""

    name: str
    value: float
    unit: str
    basis: str
    source: str


_UNITS = {
    "capacity_n_m_s": "N m s",
    "way_m_s": "m/s",
    "area_m2": "m2",
    "cr": "",
    "unloading_days": "d",
    "flown_days": "d",
}


def unloading_budget(upkeep_m_s: float, **changed: float) -> list[Line]:
    """Days between unloadings, propellant a year and life of a relay that spends ``upkeep_m_s`` a year on its orbit.

    changed: numbers of Queqiao's ``Wheels`` to replace. Raises BadInput for a negative upkeep or an impossible number.
    """
    if not (upkeep_m_s >= 0.0 and math.isfinite(upkeep_m_s)):
        raise BadInput("stationkeeping", "upkeep_m_s", upkeep_m_s, "0 or more, m/s a year")
    wheels = Wheels.queqiao(**changed)
    upkeep = wheels.upkeep_kg_year(upkeep_m_s)
    year = upkeep + wheels.unloading_kg_year
    lines = []
    for name, number in numbers("wheels").items():
        basis, source = ("assumed" if number.assumed else "published"), number.source
        if name in changed:
            basis, source = "given", ""
        unit = _UNITS.get(name, name.rsplit("_", 1)[-1])
        lines.append(Line(name, getattr(wheels, name), unit, basis, source))
    computed = (
        ("upkeep_m_s", upkeep_m_s, "m/s a year", "stationkeeping of the orbit"),
        ("torque_n_m", wheels.torque_n_m, "N m", "of sunlight at 1 au, face on"),
        ("days_to_fill", wheels.days_to_fill, "d", "wheels from empty to full"),
        ("days_between", wheels.days_between, "d", "from unloading to unloading"),
        ("push_mm_s", wheels.push_mm_s, "mm/s", "of one unloading by thrusters that are not paired"),
        ("unloading_kg_year", wheels.unloading_kg_year, "kg a year", "propellant for the wheels"),
        ("upkeep_kg_year", upkeep, "kg a year", "propellant for the orbit"),
        ("left_kg", wheels.left_kg, "kg", "propellant on arrival"),
        ("life_years", wheels.left_kg / year if year else math.inf, "years", "with what is computed here"),
        ("flown_kg_year", wheels.flown_kg_year, "kg a year", "propellant as said to be flown"),
        ("flown_life_years", wheels.left_kg / wheels.flown_kg_year, "years", "with what is said to be flown"),
    )
    return lines + [Line(name, value, unit, "computed", what) for name, value, unit, what in computed]
