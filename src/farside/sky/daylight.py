"""How much of the Sun stands over a site: its disc above the skyline, and not behind the Earth."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.geometry import Site, azel, direction
from farside.physics import COLUMN_X, SOLAR_CONSTANT_W_M2, light_above, limb_darkening
from farside.sky.apparent import site_motion, sun_direction, sun_distance_au
from farside.sky.eclipse import sunlight_past
from farside.sky.ephemeris import AU_KM, SUN_RADIUS_KM
from farside.sky.orientation import moon_fixed

Array = NDArray[np.float64]
Skyline = Callable[[Array], Array]
"""Elevation of the ground's edge at azimuths (n, k), radians both, in the same shape."""


class Sunlight(NamedTuple):
    """Sunlight at a site.

    share: of the Sun's light, 0 to 1, shape of t. towards: unit vectors east, north, up to the middle of what is seen
    of the disc, (*t.shape, 3). flux: W m-2 facing it, shape of t.
    """

    share: Array
    towards: Array
    flux: Array


def local_solar_time(lon_deg: float, t: ArrayLike) -> Array:
    """Hours of the lunar day at an east longitude, 0 to 24, 12 when the Sun stands over its meridian, shape of t."""
    to_sun = moon_fixed("sun", t)
    noon = np.degrees(np.arctan2(to_sun[..., 1], to_sun[..., 0]))
    return (12.0 + (lon_deg - noon) / 15.0) % 24.0


def flat_skyline(azimuth: Array) -> Array:
    """The skyline of a plain: elevation 0 all round, for an eye on the ground."""
    return np.zeros_like(azimuth)


def sunlight(site: Site, t: ArrayLike, skyline: Skyline = flat_skyline, wavelength_nm: float | None = None) -> Sunlight:
    """Sunlight at a site at times t, of the limb-darkened disc above ``skyline`` and past the Earth.

    wavelength_nm: of the limb darkening, None for the Sun's whole energy. The disc stands where it is seen, with light
    time and aberration. Where Earth and skyline cover it at once, their shares are multiplied.
    """
    times = np.asarray(t, float)
    flat = times.ravel()
    distance = sun_distance_au(flat)
    radius = np.arcsin(SUN_RADIUS_KM / (distance * AU_KM))
    azimuth, elevation = azel(sun_direction(site, flat))
    up = _above(skyline, azimuth, elevation, radius, limb_darkening(wavelength_nm))
    seen = np.flatnonzero(up[0] > 0.0)
    share = up[0]
    share[seen] *= sunlight_past("earth", site_motion(site), flat[seen], wavelength_nm)
    middle = direction(azimuth, elevation + up[1] * radius)
    flux = share * SOLAR_CONSTANT_W_M2 / distance**2
    return Sunlight(share.reshape(times.shape), middle.reshape(*times.shape, 3), flux.reshape(times.shape))


def _above(skyline: Skyline, azimuth: Array, elevation: Array, radius: Array, law: Array) -> tuple[Array, Array]:
    """Share of a disc's light above the skyline, and how high the middle of that light is, in radii of the disc."""
    radius = np.broadcast_to(radius, elevation.shape)[:, None]
    sideways = COLUMN_X * radius / np.cos(elevation)[:, None]
    return light_above((skyline(azimuth[:, None] + sideways) - elevation[:, None]) / radius, law)
