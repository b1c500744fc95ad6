"""The rover's housekeeping: where it went, what it lived on."""

from farside.products.rover.desk import RoverDesk
from farside.products.rover.way import Leg, legs, off_the_ramp

__all__ = ["Leg", "RoverDesk", "legs", "off_the_ramp"]
