"""Ephemeris, lunar orientation, apparent directions of Sun, Earth and relay, light time and eclipses."""

from farside.sky.apparent import (
    Motion,
    body_motion,
    direction_to,
    earth_direction,
    light_time,
    received_from,
    site_motion,
    site_velocity,
    sun_direction,
    sun_distance_au,
)
from farside.sky.chebyshev import Segment
from farside.sky.daylight import Skyline, Sunlight, flat_skyline, local_solar_time, sunlight
from farside.sky.earth import earth_orientation_error, earth_rotation
from farside.sky.earthshine import earth_phase, earthshine
from farside.sky.eclipse import solar_eclipse_depth, sunlight_past
from farside.sky.ephemeris import (
    AU_KM,
    GM_EARTH,
    GM_MOON,
    GM_SUN,
    LIGHT_KM_S,
    SUN_RADIUS_KM,
    check_epoch,
    position,
    segment,
    velocity,
)
from farside.sky.frames import FRAMES, rotation
from farside.sky.orientation import moon_angles, moon_fixed, moon_rotation
from farside.sky.station import station_elevation, station_position, station_velocity

__all__ = [
    "AU_KM",
    "FRAMES",
    "GM_EARTH",
    "GM_MOON",
    "GM_SUN",
    "LIGHT_KM_S",
    "SUN_RADIUS_KM",
    "Motion",
    "Segment",
    "Skyline",
    "Sunlight",
    "body_motion",
    "check_epoch",
    "direction_to",
    "earth_direction",
    "earth_orientation_error",
    "earth_phase",
    "earth_rotation",
    "earthshine",
    "flat_skyline",
    "light_time",
    "local_solar_time",
    "moon_angles",
    "moon_fixed",
    "moon_rotation",
    "position",
    "received_from",
    "rotation",
    "segment",
    "site_motion",
    "site_velocity",
    "solar_eclipse_depth",
    "station_elevation",
    "station_position",
    "station_velocity",
    "sun_direction",
    "sun_distance_au",
    "sunlight",
    "sunlight_past",
    "velocity",
]
