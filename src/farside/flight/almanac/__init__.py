"""The almanac of a site: when Sun, Earth and relay are in view, eclipses, and the days of vehicles."""

from farside.flight.almanac.almanac import Almanac, Event, Lane
from farside.flight.almanac.compute import GROUPS, almanac
from farside.flight.almanac.place import RELAYS, Antenna, Place, Position, builtin_sites, load_site, place_from
from farside.flight.almanac.rules import Vehicle, chang_e_4_vehicles

__all__ = [
    "GROUPS",
    "RELAYS",
    "Almanac",
    "Antenna",
    "Event",
    "Lane",
    "Place",
    "Position",
    "Vehicle",
    "almanac",
    "builtin_sites",
    "chang_e_4_vehicles",
    "load_site",
    "place_from",
]
