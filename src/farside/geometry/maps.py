"""Map projections of panoramas: azimuth and elevation to pixels and back.

    Equirectangular   rows even in elevation: the projection of record
    Cylinder          rows even in its tangent: what is upright and straight stays so
    Overhead          seen from above the eye, north up: the nadir in the middle

Columns and rows count from 0 at pixel centres. Where ``turn`` is not 0 the map goes on after as many columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LEVEL_DEG = 89.9
"""Level ground is mapped up to this angle from the nadir: the horizon is infinitely far away."""


@dataclass(frozen=True)
class Equirectangular:
    """Plate carree panorama: square pixels of ``scale_deg``, azimuth clockwise from north to the right, elevation up.

    az_left_deg: azimuth of the left edge (of the first column, not of its centre). el_top_deg: elevation of the upper
    edge. Columns and rows count from 0 at pixel centres: column = ((az - az_left) mod 360)/s - 0.5,
    row = (el_top - el)/s - 0.5.
    """

    width: int
    height: int
    scale_deg: float
    az_left_deg: float
    el_top_deg: float

    @classmethod
    def around(cls, width: int, el_top_deg: float, el_bottom_deg: float, az_left_deg: float) -> Equirectangular:
        """Full circle in ``width`` columns, with as many rows as reach down to el_bottom_deg."""
        scale = 360.0 / width
        return cls(width, int(np.ceil((el_top_deg - el_bottom_deg) / scale - 1e-9)), scale, az_left_deg, el_top_deg)

    @property
    def turn(self) -> int:
        """Columns of the full circle."""
        return round(360.0 / self.scale_deg)

    def pixel(self, az: ArrayLike, el: ArrayLike) -> tuple[Array, Array]:
        """Column and row (fractional, from 0) of azimuths and elevations in radians.

        Columns lie in [-0.5, 360/scale - 0.5); rows and columns outside the map are returned as they are.
        """
        column = ((np.degrees(az) - self.az_left_deg) % 360.0) / self.scale_deg - 0.5
        row = (self.el_top_deg - np.degrees(el)) / self.scale_deg - 0.5
        return column, row

    def azel(self, column: ArrayLike, row: ArrayLike) -> tuple[Array, Array]:
        """Azimuth in [0, 2 pi) and elevation, radians, of columns and rows (from 0 at pixel centres)."""
        az = (self.az_left_deg + (np.asarray(column, float) + 0.5) * self.scale_deg) % 360.0
        el = self.el_top_deg - (np.asarray(row, float) + 0.5) * self.scale_deg
        return np.radians(az), np.radians(el)

    def directions(self, rows: slice = slice(None)) -> Array:
        """East, north, up unit vectors of all pixel centres in ``rows``, shape (rows, width, 3)."""
        az, _ = self.azel(np.arange(self.width), 0.0)
        _, el = self.azel(0.0, np.arange(self.height)[rows])
        return direction(az[None, :], el[:, None])


@dataclass(frozen=True)
class Cylinder:
    """The panorama on an upright cylinder around the eye, unrolled: square pixels of ``scale_deg`` at the horizon.

    column = ((az - az_left) mod 360)/s - 0.5, row = (tan el_top - tan el)/s - 0.5, s in radians there.
    """

    width: int
    height: int
    scale_deg: float
    az_left_deg: float
    el_top_deg: float

    @classmethod
    def around(cls, width: int, el_top_deg: float, el_bottom_deg: float, az_left_deg: float) -> Cylinder:
        """Full circle in ``width`` columns, with as many rows as reach down to el_bottom_deg."""
        rise = np.tan(np.radians(el_top_deg)) - np.tan(np.radians(el_bottom_deg))
        return cls(width, int(np.ceil(rise * width / (2.0 * np.pi) - 1e-9)), 360.0 / width, az_left_deg, el_top_deg)

    @property
    def turn(self) -> int:
        """Columns of the full circle."""
        return round(360.0 / self.scale_deg)

    def pixel(self, az: ArrayLike, el: ArrayLike) -> tuple[Array, Array]:
        """Column and row (fractional, from 0) of azimuths and elevations in radians."""
        column = ((np.degrees(az) - self.az_left_deg) % 360.0) / self.scale_deg - 0.5
        row = (np.tan(np.radians(self.el_top_deg)) - np.tan(el)) / np.radians(self.scale_deg) - 0.5
        return column, row

    def azel(self, column: ArrayLike, row: ArrayLike) -> tuple[Array, Array]:
        """Azimuth in [0, 2 pi) and elevation, radians, of columns and rows (from 0 at pixel centres)."""
        az = (self.az_left_deg + (np.asarray(column, float) + 0.5) * self.scale_deg) % 360.0
        rise = np.tan(np.radians(self.el_top_deg)) - (np.asarray(row, float) + 0.5) * np.radians(self.scale_deg)
        return np.radians(az), np.arctan(rise)


@dataclass(frozen=True)
class Overhead:
    """Seen from above the eye, ``width`` pixels square: azimuth 0 up, clockwise.

    reach_deg: angle from the nadir at the middle of each edge. level: distances from the middle are as on level ground
    (the angle's tangent, at most LEVEL_DEG); otherwise they are the angle itself, and the horizon is a circle.
    """

    width: int
    reach_deg: float
    level: bool

    @property
    def height(self) -> int:
        """Rows: as many as columns."""
        return self.width

    @property
    def turn(self) -> int:
        """0: the map does not go on beyond its edges."""
        return 0

    @property
    def scale(self) -> float:
        """One pixel: in units of the eye's height on level ground, in radians otherwise."""
        reach = np.radians(self.reach_deg)
        return float(np.tan(reach) if self.level else reach) / (0.5 * self.width)

    def pixel(self, az: ArrayLike, el: ArrayLike) -> tuple[Array, Array]:
        """Column and row (fractional, from 0) of azimuths and elevations in radians."""
        nadir = 0.5 * np.pi + np.asarray(el, float)
        if self.level:
            nadir = np.tan(np.minimum(nadir, np.radians(LEVEL_DEG)))
        middle, rho = 0.5 * (self.width - 1), nadir / self.scale
        return middle + rho * np.sin(az), middle - rho * np.cos(az)

    def azel(self, column: ArrayLike, row: ArrayLike) -> tuple[Array, Array]:
        """Azimuth in [0, 2 pi) and elevation, radians, of columns and rows (from 0 at pixel centres)."""
        middle = 0.5 * (self.width - 1)
        x, y = np.asarray(column, float) - middle, middle - np.asarray(row, float)
        rho = np.hypot(x, y) * self.scale
        nadir = np.arctan(rho) if self.level else np.minimum(rho, np.pi)
        return np.arctan2(x, y) % (2.0 * np.pi), nadir - 0.5 * np.pi


PanoramaMap = Equirectangular | Cylinder | Overhead


def direction(az: ArrayLike, el: ArrayLike) -> Array:
    """East, north, up unit vectors (..., 3) of azimuths (clockwise from north) and elevations, radians."""
    az, el = np.asarray(az, float), np.asarray(el, float)
    level = np.cos(el)
    return np.stack(np.broadcast_arrays(np.sin(az) * level, np.cos(az) * level, np.sin(el)), axis=-1)


def azel(enu: ArrayLike) -> tuple[Array, Array]:
    """Azimuth (clockwise from north, in [0, 2 pi)) and elevation, radians, of east, north, up vectors (..., 3)."""
    v = np.asarray(enu, float)
    az = np.arctan2(v[..., 0], v[..., 1]) % (2.0 * np.pi)
    return az, np.arctan2(v[..., 2], np.hypot(v[..., 0], v[..., 1]))
