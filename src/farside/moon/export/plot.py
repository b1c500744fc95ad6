"""A plot: a square piece of ground around a site, as a map of posts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M, Site, site_at

Array = NDArray[np.floating]

LARGEST_M = 1_000_000.0
"""A wider square lies too far round the Moon for one tangent plane."""
MOST = 100_000
"""Posts along a side."""

_WKT = """PROJCRS["Moon orthographic {lat} {lon}",
 BASEGEOGCRS["Moon (2015) - Sphere / Ocentric",
  DATUM["Moon (2015) - Sphere",ELLIPSOID["Moon (2015) - Sphere",{radius},0,LENGTHUNIT["metre",1]]],
  PRIMEM["Reference Meridian",0,ANGLEUNIT["degree",0.0174532925199433]],ID["IAU",30100,2015]],
 CONVERSION["Orthographic",METHOD["Orthographic"],
  PARAMETER["Latitude of natural origin",{lat},ANGLEUNIT["degree",0.0174532925199433]],
  PARAMETER["Longitude of natural origin",{lon},ANGLEUNIT["degree",0.0174532925199433]],
  PARAMETER["False easting",0,LENGTHUNIT["metre",1]],PARAMETER["False northing",0,LENGTHUNIT["metre",1]]],
 CS[Cartesian,2],AXIS["easting",east,ORDER[1],LENGTHUNIT["metre",1]],
 AXIS["northing",north,ORDER[2],LENGTHUNIT["metre",1]]]"""


@dataclass(frozen=True)
class Plot:
    """n x n posts, ``post_m`` apart, on the orthographic map of the 1737.4 km sphere about the site.

    Row 0 is the northernmost, column 0 the westernmost; posts are the centres of pixels. The site's height is that of
    the ground in the middle: origin of the site frame (east, north, up) that meshes are in.
    """

    site: Site
    post_m: float
    n: int

    @property
    def size_m(self) -> float:
        """Side of the square."""
        return self.n * self.post_m

    @property
    def crs(self) -> Any:
        """The map's coordinate system, as rasterio has it."""
        from rasterio.crs import CRS

        place = {"lat": self.site.lat_deg, "lon": self.site.lon_deg, "radius": f"{MOON_RADIUS_M:.0f}"}
        return CRS.from_wkt(_WKT.format(**place))

    @property
    def transform(self) -> Any:
        """Column and row of pixel corners to map coordinates, north up."""
        from rasterio import Affine

        half = 0.5 * self.size_m
        return Affine(self.post_m, 0.0, -half, 0.0, -self.post_m, half)

    def east(self, column: Array) -> Array:
        """Map coordinate (m) of columns, fractional from 0 at the westernmost posts."""
        return (column + 0.5 - 0.5 * self.n) * self.post_m

    def north(self, row: Array) -> Array:
        """Map coordinate (m) of rows, fractional from 0 at the northernmost posts."""
        return (0.5 * self.n - row - 0.5) * self.post_m

    def enu(self, east: Array, north: Array, elevation: Array) -> Array:
        """Site frame positions (..., 3) of map coordinates and elevations above the sphere (m), shapes together."""
        up = np.sqrt(MOON_RADIUS_M**2 - east**2 - north**2)
        grown = 1 + elevation / MOON_RADIUS_M
        return np.stack([east * grown, north * grown, up * grown - MOON_RADIUS_M - self.site.height_m], -1)

    def direction(self, east: Array, north: Array) -> Array:
        """Vectors (..., 3) in MOON_ME of map coordinates, shapes together, to the map's sphere."""
        up = np.sqrt(MOON_RADIUS_M**2 - east**2 - north**2)
        return np.stack(np.broadcast_arrays(east, north, up), -1) @ self.site.axes

    def map(self, me: Array) -> tuple[Array, Array]:
        """Map coordinates (m) of directions or positions in MOON_ME, (..., 3)."""
        unit = me / np.linalg.norm(me, axis=-1, keepdims=True)
        return MOON_RADIUS_M * unit @ self.site.axes[0], MOON_RADIUS_M * unit @ self.site.axes[1]


def plot_at(lat_deg: float, lon_deg: float, size_m: float, post_m: float, source: str) -> Plot:
    """A square of about ``size_m`` (a whole number of posts) on the bare sphere. Raises BadInput; source: who asks."""
    site = site_at(lat_deg, lon_deg, source)
    if not 0 < size_m <= LARGEST_M:
        raise BadInput(source, "--size-m", size_m, f"a side above 0 and up to {LARGEST_M / 1000:.0f} km")
    if not 0.005 <= post_m <= size_m / 2:
        raise BadInput(source, "--post-m", post_m, "from 0.005 m to half the side")
    n = math.ceil(size_m / post_m - 1e-9)
    if n > MOST:
        raise BadInput(source, "--post-m", post_m, f"{size_m / MOST:g} m or more: {MOST} posts along a side at most")
    return Plot(site, post_m, n)
