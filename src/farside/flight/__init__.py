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
from farside.flight.plume import BlastZone
from farside.flight.profile import Profile, descent_profile
from farside.flight.relay import RelayOrbit, halo_covering, halo_span, solve_halo
from farside.flight.rest import rest_pose
from farside.flight.windows import Answer, Question, Span, ask, crossings, gaps, overlap, spans, union

__all__ = [
    "Answer",
    "BlastZone",
    "Descent",
    "Halo",
    "LightTime",
    "Profile",
    "Question",
    "RelayOrbit",
    "Span",
    "State",
    "Station",
    "ask",
    "crossings",
    "descent_profile",
    "fly_descent",
    "gaps",
    "halo_covering",
    "halo_span",
    "overlap",
    "relay_elevation",
    "relay_station_s",
    "rest_pose",
    "site_relay_s",
    "solve_halo",
    "southern_halo",
    "spans",
    "station_elevation",
    "stations",
    "union",
]
