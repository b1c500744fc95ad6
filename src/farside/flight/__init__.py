"""Motion: the relay's orbit, powered descent, windows and contacts."""

from farside.flight.contacts import (
    LightTime,
    Station,
    relay_elevation,
    relay_station_s,
    site_relay_s,
    station_elevation,
    stations,
)
from farside.flight.descent import Descent, State, fly_descent
from farside.flight.halo import Halo, southern_halo
from farside.flight.profile import Profile, descent_profile
from farside.flight.relay import RelayOrbit, solve_halo
from farside.flight.rest import rest_pose
from farside.flight.windows import events, windows

__all__ = [
    "Descent",
    "Halo",
    "LightTime",
    "Profile",
    "RelayOrbit",
    "State",
    "Station",
    "descent_profile",
    "events",
    "fly_descent",
    "relay_elevation",
    "relay_station_s",
    "rest_pose",
    "site_relay_s",
    "solve_halo",
    "southern_halo",
    "station_elevation",
    "stations",
    "windows",
]
