"""Map projections of panoramas: azimuth and elevation to pixels and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


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


def direction(az: ArrayLike, el: ArrayLike) -> Array:
    """East, north, up unit vectors (..., 3) of azimuths (clockwise from north) and elevations, radians."""
    az, el = np.broadcast_arrays(np.asarray(az, float), np.asarray(el, float))
    return np.stack([np.sin(az) * np.cos(el), np.cos(az) * np.cos(el), np.sin(el)], axis=-1)


def azel(enu: ArrayLike) -> tuple[Array, Array]:
    """Azimuth (clockwise from north, in [0, 2 pi)) and elevation, radians, of east, north, up vectors (..., 3)."""
    v = np.asarray(enu, float)
    az = np.arctan2(v[..., 0], v[..., 1]) % (2.0 * np.pi)
    return az, np.arctan2(v[..., 2], np.hypot(v[..., 0], v[..., 1]))
