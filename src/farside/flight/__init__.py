"""Motion: the relay's orbit, powered descent, windows and contacts."""

from farside.flight.candidates import Candidate, candidate
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
from farside.flight.doppler import (
    Course,
    doppler_hz,
    doppler_rate_hz_s,
    range_rate,
    relay_course,
    site_course,
    station_course,
    two_way_doppler_hz,
)
from farside.flight.eclipses import Eclipse, eclipses
from farside.flight.elliptical import (
    Elements,
    Ellipse,
    elliptical_orbit,
    frozen,
    mean_elements,
    published_ellipse,
)
from farside.flight.family import HaloFamily, halo_family, halo_orbit
from farside.flight.gravity import GravityField, moon_gravity
from farside.flight.gravity_file import read_gravity
from farside.flight.halo import Halo
from farside.flight.orbit_files import read_orbit, write_oem, write_spk
from farside.flight.phases import PhaseTried, free_of_eclipses
from farside.flight.plume import BlastZone
from farside.flight.profile import Profile, descent_profile
from farside.flight.quasi_halo import ephemeris_orbit
from farside.flight.relay import RelayOrbit, halo_covering, halo_span, solve_halo
from farside.flight.rest import rest_pose
from farside.flight.stationkeeping import (
    AxisCrossing,
    KeepingErrors,
    TargetPoints,
    UnstableDirection,
    Upkeep,
    maintain,
    unloading_budget,
    usual_strategy,
)
from farside.flight.windows import Answer, Question, Span, ask, crossings, gaps, overlap, spans, union, within

__all__ = [
    "Answer",
    "AxisCrossing",
    "BlastZone",
    "Candidate",
    "Course",
    "Descent",
    "Eclipse",
    "Elements",
    "Ellipse",
    "GravityField",
    "Halo",
    "HaloFamily",
    "KeepingErrors",
    "LightTime",
    "PhaseTried",
    "Profile",
    "Question",
    "RelayOrbit",
    "Span",
    "State",
    "Station",
    "TargetPoints",
    "UnstableDirection",
    "Upkeep",
    "ask",
    "candidate",
    "crossings",
    "descent_profile",
    "doppler_hz",
    "doppler_rate_hz_s",
    "eclipses",
    "elliptical_orbit",
    "ephemeris_orbit",
    "fly_descent",
    "free_of_eclipses",
    "frozen",
    "gaps",
    "halo_covering",
    "halo_family",
    "halo_orbit",
    "halo_span",
    "maintain",
    "mean_elements",
    "moon_gravity",
    "overlap",
    "published_ellipse",
    "range_rate",
    "read_gravity",
    "read_orbit",
    "relay_course",
    "relay_elevation",
    "relay_station_s",
    "rest_pose",
    "site_course",
    "site_relay_s",
    "solve_halo",
    "spans",
    "station_course",
    "station_elevation",
    "stations",
    "two_way_doppler_hz",
    "union",
    "unloading_budget",
    "usual_strategy",
    "within",
    "write_oem",
    "write_spk",
]
