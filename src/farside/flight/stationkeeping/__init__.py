"""Stationkeeping: burns that hold a relay on its orbit, what they cost, and what unloading its wheels costs."""

from farside.flight.stationkeeping.crossing import AxisCrossing
from farside.flight.stationkeeping.errors import KeepingErrors
from farside.flight.stationkeeping.maintain import maintain
from farside.flight.stationkeeping.strategy import Strategy
from farside.flight.stationkeeping.target_points import TargetPoints
from farside.flight.stationkeeping.unloading import Line, Wheels, unloading_budget
from farside.flight.stationkeeping.unstable import UnstableDirection
from farside.flight.stationkeeping.upkeep import Upkeep
from farside.flight.stationkeeping.usual import usual_strategy

__all__ = [
    "AxisCrossing",
    "KeepingErrors",
    "Line",
    "Strategy",
    "TargetPoints",
    "UnstableDirection",
    "Upkeep",
    "Wheels",
    "maintain",
    "unloading_budget",
    "usual_strategy",
]
