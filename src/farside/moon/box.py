"""A box of latitude and longitude: south, north, west, east in degrees, MOON_ME; it may reach over the date line."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M, Site

Array = NDArray[np.floating]
Box = tuple[float, float, float, float]


def box_site(box: Box) -> Site:
    """Middle of a box, on the 1737.4 km sphere. Raises BadInput for a box without inside or off the Moon."""
    south, north, west, east = box
    if not (-90.0 <= south < north <= 90.0 and math.isfinite(west) and 0.0 < east - west <= 360.0):
        raise BadInput("moon", "box", box, "south, north, west, east in degrees, north above south, east above west")
    return Site(0.5 * (south + north), 0.5 * (west + east) % 360.0)


def box_radius(box: Box) -> float:
    """Distance (m) along the sphere from the middle of a box within which all of it lies."""
    south, north, west, east = box
    middle = box_site(box).up
    lat, lon = np.meshgrid(np.linspace(south, north, 65), np.linspace(west, east, 65))
    corner = np.stack([Site(a, b).up for a, b in zip(lat.ravel(), lon.ravel(), strict=True)])
    return 1.001 * MOON_RADIUS_M * float(np.arccos(np.clip(corner @ middle, -1.0, 1.0)).max())


def in_box(box: Box, lat_deg: Array, lon_deg: Array) -> NDArray[np.bool_]:
    """Which places lie in a box."""
    south, north, west, east = box
    return (lat_deg >= south) & (lat_deg < north) & ((lon_deg - west) % 360.0 < east - west)
