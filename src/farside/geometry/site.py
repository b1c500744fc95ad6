"""A place on the Moon and its level frames.

Two orders of axes are in use::

    SITE_ENU   x east,  y north, z up      maps, terrain, rays, the lander
    ROVER_NED  x north, y east,  z down    rover positions in the records of the Chang'e radar
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput

Array = NDArray[np.float64]

MOON_RADIUS_M = 1_737_400.0
"""Reference sphere of all heights (IAU/LOLA convention)."""


_FROM_ENU = {
    "SITE_ENU": np.eye(3),
    "ROVER_NED": np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]),
}
LEVEL_FRAMES = tuple(_FROM_ENU)
"""Names of the level frames."""


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
    def enu(self) -> LevelFrame:
        """The frame SITE_ENU of this place: east, north, up."""
        return LevelFrame("SITE_ENU", self)

    @property
    def ned(self) -> LevelFrame:
        """The frame ROVER_NED of this place: north, east, down."""
        return LevelFrame("ROVER_NED", self)

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


def site_at(lat_deg: float, lon_deg: float, source: str) -> Site:
    """The site that somebody asked for, its longitude from 0 to 360 degrees. Raises BadInput; source: who asks."""
    if not -90 <= lat_deg <= 90:
        raise BadInput(source, "--lat", lat_deg, "a latitude from -90 to 90 degrees")
    if not -180 <= lon_deg <= 360:
        raise BadInput(source, "--lon", lon_deg, "an east longitude from -180 to 360 degrees")
    return Site(lat_deg, lon_deg % 360.0)


@dataclass(frozen=True)
class LevelFrame:
    """The axes of a level frame at a site: "SITE_ENU" or "ROVER_NED". Raises BadInput for another name."""

    name: str
    site: Site

    def __post_init__(self) -> None:
        if self.name not in _FROM_ENU:
            raise BadInput("geometry", "frame", self.name, f"a level frame: {', '.join(LEVEL_FRAMES)}")

    def __str__(self) -> str:
        return f"{self.name} at {self.site.lat_deg:g} N {self.site.lon_deg:g} E"

    @property
    def axes(self) -> Array:
        """The frame's axes as rows in MOON_ME, shape (3, 3): ``v_level = axes @ v_me``."""
        return _FROM_ENU[self.name] @ self.site.axes

    def rotation_to(self, other: LevelFrame) -> Array:
        """Rotation (3, 3) to another level frame: ``v_other = rotation @ v``. At one place it swaps and mirrors."""
        if other.site == self.site:
            return _FROM_ENU[other.name] @ _FROM_ENU[self.name].T
        return other.axes @ self.axes.T
