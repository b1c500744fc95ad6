"""The strategy that holds an orbit, chosen by how departures from it grow."""

from __future__ import annotations

from farside.flight.perturbed import Spacecraft
from farside.flight.relay import RelayOrbit, queqiao_craft
from farside.flight.stationkeeping.crossing import AxisCrossing
from farside.flight.stationkeeping.reference import Reference


def usual_strategy(orbit: RelayOrbit, spacecraft: Spacecraft | None = None) -> AxisCrossing:
    """Three crossings at right angles for a halo orbit; six with the orbit's own vx for a near-rectilinear one.

    Departures from those grow so slowly that only crossings far ahead tell them; and the real ones cross obliquely.
    spacecraft: what sunlight pushes on; None takes Queqiao. Raises BadInput for an orbit of less than a revolution.
    """
    calm = Reference(orbit, queqiao_craft() if spacecraft is None else spacecraft).calm
    return AxisCrossing(6, right_angle=False) if calm else AxisCrossing()
