"""Map projections of the Moon: the sphere of 1737.4 km on flat paper and back.

    Cylindrical                  equirectangular, true to scale along one parallel: global mosaics, most site maps
    Azimuthal "stereographic"    conformal: the poles, craters that stay round
              "orthographic"     the globe as somebody far away sees it
              "equal_area"       densities of craters and rocks
              "equidistant"      ranges and bearings from a site

Formulas: Snyder 1987, Map projections, a working manual, USGS Professional Paper 1395; equation numbers below are his.
Coordinates are metres east (x) and north (y) of the centre, heights do not enter. The ``proj`` and ``wkt`` texts are
what GIS programs read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.geometry.site import MOON_RADIUS_M, Site

Array = NDArray[np.float64]

_SPHERE = (
    'GEOGCS["Moon (2015) - Sphere / Ocentric",DATUM["Moon (2015) - Sphere",'
    f'SPHEROID["Moon (2015) - Sphere",{MOON_RADIUS_M:.0f},0]],PRIMEM["Reference Meridian",0],'
    'UNIT["degree",0.0174532925199433]]'
)


@dataclass(frozen=True)
class Cylindrical:
    """Equirectangular: x = R (lon - lon0) cos(lat_ts), y = R lat (12-1, 12-2).

    lat_ts_deg: latitude of true scale. lon0_deg: east longitude of x = 0; maps reach half a turn to either side.
    Raises BadInput for a latitude of true scale at or beyond a pole.
    """

    lat_ts_deg: float = 0.0
    lon0_deg: float = 0.0

    def __post_init__(self) -> None:
        if not abs(self.lat_ts_deg) < 90.0:
            raise BadInput("projection", "lat_ts_deg", self.lat_ts_deg, "a latitude between -90 and 90 degrees")

    def xy(self, lat: ArrayLike, lon: ArrayLike) -> tuple[Array, Array]:
        """Metres x and y of planetocentric latitudes and east longitudes in radians, of their common shape."""
        lat, lon = np.broadcast_arrays(np.asarray(lat, float), np.asarray(lon, float))
        east = (lon - np.radians(self.lon0_deg) + np.pi) % (2.0 * np.pi) - np.pi
        return MOON_RADIUS_M * east * np.cos(np.radians(self.lat_ts_deg)), MOON_RADIUS_M * lat

    def latlon(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """Latitude and east longitude in [0, 2 pi), radians, of metres x and y; NaN beyond a pole (12-5, 12-6)."""
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        lat = y / MOON_RADIUS_M
        lon = np.radians(self.lon0_deg) + x / (MOON_RADIUS_M * np.cos(np.radians(self.lat_ts_deg)))
        good = np.abs(lat) <= np.pi / 2.0
        return np.where(good, lat, np.nan), np.where(good, lon % (2.0 * np.pi), np.nan)

    @property
    def proj(self) -> str:
        """The PROJ string."""
        return _proj("eqc", lat_ts=self.lat_ts_deg, lat_0=0.0, lon_0=self.lon0_deg)

    @property
    def wkt(self) -> str:
        """The well-known text (OGC 01-009, as GDAL writes it)."""
        parameters = {"standard_parallel_1": self.lat_ts_deg, "central_meridian": self.lon0_deg}
        return _wkt("Equirectangular", parameters)


class _Law(NamedTuple):
    """How an azimuthal projection stretches: with u the cosine and c the angle from the centre.

    scale(u, c): k', distance on the map over R sin(c). angle(rho): c of a distance rho on the map, in units of R.
    reach: largest c on the map. names: in PROJ and in WKT, and how WKT calls its centre.
    """

    scale: Callable[[Array, Array], Array]
    angle: Callable[[Array], Array]
    reach: float
    names: tuple[str, str, str, str]


_LAWS = {
    # 21-4, 21-15
    "stereographic": _Law(
        lambda u, c: 2.0 / (1.0 + u),
        lambda rho: 2.0 * np.arctan(0.5 * rho),
        np.pi,
        ("stere", "Stereographic", "latitude_of_origin", "central_meridian"),
    ),
    # 20-3, 20-19
    "orthographic": _Law(
        lambda u, c: np.ones_like(u),
        np.arcsin,
        np.pi / 2.0,
        ("ortho", "Orthographic", "latitude_of_origin", "central_meridian"),
    ),
    # 24-2, 24-16
    "equal_area": _Law(
        lambda u, c: np.sqrt(2.0 / (1.0 + u)),
        lambda rho: 2.0 * np.arcsin(0.5 * rho),
        np.pi,
        ("laea", "Lambert_Azimuthal_Equal_Area", "latitude_of_center", "longitude_of_center"),
    ),
    # 25-2, 25-15
    "equidistant": _Law(
        lambda u, c: 1.0 / np.sinc(c / np.pi),
        lambda rho: np.where(rho <= np.pi, rho, np.nan),
        np.pi,
        ("aeqd", "Azimuthal_Equidistant", "latitude_of_center", "longitude_of_center"),
    ),
}


@dataclass(frozen=True)
class Azimuthal:
    """A projection round a centre in which azimuths from the centre are true; x east and y north there.

    kind: "stereographic", "orthographic", "equal_area" or "equidistant". At a pole y points along lon0 + 180 deg (north
    pole) or lon0 (south pole). Raises BadInput for another kind and for a latitude beyond a pole.
    """

    kind: str
    lat0_deg: float
    lon0_deg: float

    def __post_init__(self) -> None:
        if self.kind not in _LAWS:
            raise BadInput("projection", "kind", self.kind, f"one of {', '.join(_LAWS)}")
        if not abs(self.lat0_deg) <= 90.0:
            raise BadInput("projection", "lat0_deg", self.lat0_deg, "a latitude from -90 to 90 degrees")

    def xy(self, lat: ArrayLike, lon: ArrayLike) -> tuple[Array, Array]:
        """Metres x and y of planetocentric latitudes and east longitudes in radians, of their common shape.

        NaN for what the map cannot show: the far half of the orthographic one, and the point opposite the centre.
        """
        lat, lon = np.broadcast_arrays(np.asarray(lat, float), np.asarray(lon, float))
        # east, north and cosine of the angle from the centre (5-3): vectors keep their digits at the poles and nearby
        v = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
        e, n, u = np.moveaxis(np.einsum("ij,...j->...i", self._axes, v), -1, 0)
        c = np.arctan2(np.hypot(e, n), u)
        law = _LAWS[self.kind]
        shown = (c <= law.reach) & (c < np.pi - 1e-12)
        with np.errstate(divide="ignore", invalid="ignore"):
            k = np.where(shown, MOON_RADIUS_M * law.scale(u, c), np.nan)
            return k * e, k * n

    def latlon(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """Latitude and east longitude in [0, 2 pi), radians, of metres x and y; NaN off the Moon (20-14 to 20-18)."""
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        rho = np.hypot(x, y) / MOON_RADIUS_M
        with np.errstate(divide="ignore", invalid="ignore"):
            c = _LAWS[self.kind].angle(rho)
            stretch = np.where(rho > 0.0, np.sin(c) / rho, 1.0) / MOON_RADIUS_M
        v = np.einsum("ji,...j->...i", self._axes, np.stack([x * stretch, y * stretch, np.cos(c)], axis=-1))
        lat = np.arctan2(v[..., 2], np.hypot(v[..., 0], v[..., 1]))
        return lat, np.arctan2(v[..., 1], v[..., 0]) % (2.0 * np.pi)

    @property
    def _axes(self) -> Array:
        return Site(self.lat0_deg, self.lon0_deg).axes

    @property
    def proj(self) -> str:
        """The PROJ string."""
        return _proj(_LAWS[self.kind].names[0], lat_0=self.lat0_deg, lon_0=self.lon0_deg)

    @property
    def wkt(self) -> str:
        """The well-known text (OGC 01-009, as GDAL writes it)."""
        _, name, lat, lon = _LAWS[self.kind].names
        parameters = {lat: self.lat0_deg, lon: self.lon0_deg}
        if self.kind == "stereographic":
            parameters["scale_factor"] = 1.0
            name = "Polar_Stereographic" if abs(self.lat0_deg) == 90.0 else name
        return _wkt(name, parameters)


def _proj(name: str, **parameters: float) -> str:
    values = " ".join(f"+{key}={value:.15g}" for key, value in parameters.items())
    return f"+proj={name} {values} +R={MOON_RADIUS_M:.0f} +units=m +no_defs"


def _wkt(name: str, parameters: dict[str, float]) -> str:
    values = {**parameters, "false_easting": 0.0, "false_northing": 0.0}
    text = ",".join(f'PARAMETER["{key}",{value:.15g}]' for key, value in values.items())
    return f'PROJCS["Moon {name}",{_SPHERE},PROJECTION["{name}"],{text},UNIT["metre",1]]'
