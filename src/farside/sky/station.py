"""Ground stations on the Earth: where they are and what they see."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.sky.apparent import Motion, aberrate, received_from
from farside.sky.earth import EARTH_SPIN, earth_rotation
from farside.sky.ephemeris import EARTH_RADIUS_KM, position, velocity

Array = NDArray[np.float64]

_FLATTENING = 1.0 / 298.25642  # IERS Conventions 2010, with the radius of EARTH_RADIUS_KM


def itrf_position(lat_deg: float, lon_deg: float, height_m: float) -> Array:
    """Geodetic latitude, east longitude and height above the ellipsoid to ITRF, km, shape (3,)."""
    lat, lon = np.radians([lat_deg, lon_deg])
    e2 = _FLATTENING * (2.0 - _FLATTENING)
    curvature = EARTH_RADIUS_KM / np.sqrt(1.0 - e2 * np.sin(lat) ** 2)
    h = height_m * 1e-3
    across = (curvature + h) * np.cos(lat)
    return np.array([across * np.cos(lon), across * np.sin(lon), (curvature * (1.0 - e2) + h) * np.sin(lat)])


def station_position(lat_deg: float, lon_deg: float, height_m: float, t: ArrayLike, center: str = "moon") -> Array:
    """Geometric position of a station at times t: km, ICRF axes, from "moon", "earth" or "ssb", shape (*t.shape, 3).

    Past the last measurement the Earth's orientation is extrapolated; see ``earth_orientation_error``. Raises BadInput
    before 1962 and after 2050.
    """
    fixed = itrf_position(lat_deg, lon_deg, height_m)
    turned = np.einsum("...ji,j->...i", earth_rotation(t), fixed)
    return turned if center == "earth" else turned + position("earth", t, center)


def station_velocity(lat_deg: float, lon_deg: float, height_m: float, t: ArrayLike) -> Array:
    """Velocity of a station at times t about the Moon's centre: km/s, ICRF axes, shape (*t.shape, 3).

    Of the Earth's turning the rate alone: polar motion, precession and nutation move a station by less than 1 mm/s.
    Raises BadInput as ``station_position``.
    """
    return _carried(itrf_position(lat_deg, lon_deg, height_m), earth_rotation(t)) + velocity("earth", t)


def station_elevation(target: Motion, lat_deg: float, lon_deg: float, height_m: float, t: ArrayLike) -> Array:
    """Apparent elevation of a target above the ellipsoid's horizon at a station, radians, shape of t.

    Light time and stellar aberration applied; refraction is not (a pass limited at 10 deg shifts by about 20 s).
    Raises BadInput as ``station_position``.
    """
    times = np.asarray(t, float)
    flat = times.ravel()
    to_itrf = earth_rotation(flat)
    fixed = itrf_position(lat_deg, lon_deg, height_m)
    observer = position("earth", flat) + np.einsum("nji,j->ni", to_itrf, fixed)
    spin = _carried(fixed, to_itrf)
    r, _ = received_from(target, observer, flat)
    u = aberrate(r, velocity("earth", flat, "ssb") + spin)
    lat, lon = np.radians([lat_deg, lon_deg])
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    sine = np.einsum("j,njk,nk->n", up, to_itrf, u)
    return np.arcsin(np.clip(sine, -1.0, 1.0)).reshape(times.shape)


def _carried(fixed: Array, to_itrf: Array) -> Array:
    """Velocity about the Earth's centre (..., 3), ICRF axes, of a point (3,) of the turning Earth: km/s."""
    return np.einsum("...ji,j->...i", to_itrf, EARTH_SPIN * np.array([-fixed[1], fixed[0], 0.0]))
