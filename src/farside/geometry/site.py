"""A place on the Moon and its local frame: east, north, up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOON_RADIUS_M = 1_737_400.0
"""Reference sphere of all heights (IAU/LOLA convention)."""


@dataclass(frozen=True)
class Site:
    """A point on the Moon: planetocentric latitude, east longitude (degrees), height above the 1737.4 km sphere (m).

    Its local frame is east, north, up with the origin at the point itself; Moon-fixed vectors are MOON_ME.
    """

    lat_deg: float
    lon_deg: float
    height_m: float = 0.0

    @property
    def up(self) -> Array:
        """Unit vector away from the Moon's centre, MOON_ME, shape (3,)."""
        lat, lon = np.radians([self.lat_deg, self.lon_deg])
        return np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])

    @property
    def axes(self) -> Array:
        """Rows east, north, up in MOON_ME, shape (3, 3): ``v_enu = axes @ v_me``."""
        lon = np.radians(self.lon_deg)
        east = np.array([-np.sin(lon), np.cos(lon), 0.0])
        return np.stack([east, np.cross(self.up, east), self.up])

    @property
    def position_m(self) -> Array:
        """The point in MOON_ME, metres, shape (3,)."""
        return (MOON_RADIUS_M + self.height_m) * self.up

    def to_enu(self, r_me: Array) -> Array:
        """MOON_ME positions (..., 3) in metres to site east, north, up in metres."""
        return (np.asarray(r_me) - self.position_m) @ self.axes.T

    def from_enu(self, r_enu: Array) -> Array:
        """Site east, north, up (..., 3) in metres to MOON_ME positions in metres."""
        return np.asarray(r_enu) @ self.axes + self.position_m

    def geodetic(self, r_enu: Array) -> tuple[Array, Array, Array]:
        """Site positions (..., 3) to latitude, east longitude (degrees, 0-360) and height above the sphere (m)."""
        r = self.from_enu(r_enu)
        radius = np.linalg.norm(r, axis=-1)
        lat = np.degrees(np.arcsin(r[..., 2] / radius))
        lon = np.degrees(np.arctan2(r[..., 1], r[..., 0])) % 360.0
        return lat, lon, radius - MOON_RADIUS_M
