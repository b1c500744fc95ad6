"""Which part of the Moon a map of coverage is about: cells of equal width in latitude and longitude, with their areas.

A region is written as a name (far-side, south-pole, ...), a box "south,north,west,east", or the corners of a polygon
"lat,lon lat,lon lat,lon ..."; degrees, planetocentric, east. A box whose west is greater than its east goes across 0 E,
and the sides of a polygon are straight in latitude and longitude.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput

Array = NDArray[np.float64]

NAMED = {
    "far-side": (-90.0, 90.0, 90.0, 270.0),
    "near-side": (-90.0, 90.0, -90.0, 90.0),
    "moon": (-90.0, 90.0, 0.0, 360.0),
    "south-pole": (-90.0, -80.0, 0.0, 360.0),
    "north-pole": (80.0, 90.0, 0.0, 360.0),
    "south-far-side": (-90.0, 0.0, 90.0, 270.0),
}
"""South, north, west, east of regions with a name, degrees."""
CELL_DEG = 2.0
FINEST_DEG, COARSEST_DEG = 0.1, 30.0
_ROUNDED_DEG = 1e-9  # a place on an edge is inside, however the edge was rounded
_WANTED = f"one of {', '.join(NAMED)}, a box south,north,west,east or corners lat,lon lat,lon lat,lon ... in degrees"


@dataclass(frozen=True)
class Region:
    """A grid of cells, and which of them belong to the region.

    lat_deg (m,), lon_deg (n,): middles of rows and columns, rising, longitudes possibly beyond 360; cell_deg: height
    and width of a cell; inside (m, n).
    """

    name: str
    lat_deg: Array
    lon_deg: Array
    cell_deg: tuple[float, float]
    inside: NDArray[np.bool_]

    @property
    def up(self) -> Array:
        """Unit vectors (k, 3) to the cells of the region, MOON_ME, row by row."""
        lat, lon = np.radians(self._columns)
        return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)

    @property
    def area(self) -> Array:
        """Share (k,) of each cell in the area of the region, which is 1."""
        half = np.radians(self.cell_deg[0]) / 2.0
        lat = np.radians(self._columns[0])
        area = np.sin(lat + half) - np.sin(lat - half)
        return area / area.sum()

    def spread(self, values: Array) -> Array:
        """Values (k,) of the cells of the region on the whole grid (m, n); NaN outside."""
        grid = np.full(self.inside.shape, np.nan)
        grid[self.inside] = values
        return grid

    def index(self, lat_deg: float, lon_deg: float) -> int | None:
        """Which cell, in the order of ``up``, holds a place; None where the region does not."""
        south, west = self.lat_deg[0] - self.cell_deg[0] / 2.0, self.lon_deg[0] - self.cell_deg[1] / 2.0
        row = int((lat_deg - south + _ROUNDED_DEG) // self.cell_deg[0])
        row = min(row, len(self.lat_deg) - 1) if lat_deg == 90.0 else row
        column = int((lon_deg - west + _ROUNDED_DEG) % 360.0 // self.cell_deg[1])
        if not (0 <= row < len(self.lat_deg) and column < len(self.lon_deg) and self.inside[row, column]):
            return None
        return int(np.count_nonzero(self.inside.ravel()[: row * len(self.lon_deg) + column]))

    @property
    def _columns(self) -> tuple[Array, Array]:
        lat, lon = np.meshgrid(self.lat_deg, self.lon_deg, indexing="ij")
        return lat[self.inside], lon[self.inside]


def region(words: str, cell_deg: float = CELL_DEG) -> Region:
    """The region that words mean (see above), in cells of about ``cell_deg``.

    Raises BadInput: words that mean no region, degrees out of range, a region without area or smaller than a cell.
    """
    if not FINEST_DEG <= cell_deg <= COARSEST_DEG:
        raise BadInput("region", "cell", cell_deg, f"{FINEST_DEG:g} to {COARSEST_DEG:g} deg")
    name = words.strip()
    if name in NAMED:
        return _box(name, *NAMED[name], cell_deg)
    try:
        rows = [[float(number) for number in part.split(",")] for part in name.split()]
    except ValueError:
        rows = []
    if len(rows) == 1 and len(rows[0]) == 4:
        south, north, west, east = rows[0]
        return _box(name, south, north, west, east, cell_deg)
    if len(rows) >= 3 and all(len(row) == 2 for row in rows):
        return _polygon(name, rows, cell_deg)
    raise BadInput("region", "region", words, _WANTED)


def _box(name: str, south: float, north: float, west: float, east: float, cell_deg: float) -> Region:
    _check(name, [south, north], [west, east])
    wide = (east - west) % 360.0 or 360.0
    if not (south < north and east != west):
        raise BadInput("region", "region", name, "a box with area: south below north, west and east that differ")
    lat, high = _middles(south, north, cell_deg)
    lon, broad = _middles(west % 360.0, west % 360.0 + wide, cell_deg)
    return Region(name, lat, lon, (high, broad), np.ones((len(lat), len(lon)), bool))


def _polygon(name: str, corners: Sequence[Sequence[float]], cell_deg: float) -> Region:
    lat, lon = np.array(corners, float).T
    _check(name, lat, lon)
    # each corner on the shorter way from the one before, so that a polygon may lie across 0 E
    lon = lon[0] + np.concatenate([[0.0], np.cumsum((np.diff(lon) + 180.0) % 360.0 - 180.0)])
    lon = lon + 360.0 * np.ceil(-lon.min() / 360.0)
    if not (lat.max() > lat.min() and lon.max() > lon.min()):
        raise BadInput("region", "region", name, "a polygon with area")
    (rows, high), (columns, broad) = (_middles(float(x.min()), float(x.max()), cell_deg) for x in (lat, lon))
    y, x = np.meshgrid(rows, columns, indexing="ij")
    inside = np.zeros(x.shape, bool)
    for k in range(len(lat)):  # a ray eastwards crosses the outline an odd number of times from inside
        (y0, y1), (x0, x1) = (lat[k - 1], lat[k]), (lon[k - 1], lon[k])
        if y0 != y1:
            inside ^= ((y0 > y) != (y1 > y)) & (x < x0 + (x1 - x0) * (y - y0) / (y1 - y0))
    if not inside.any():
        expected = f"a polygon that holds the middle of a cell of {cell_deg:g} deg; take smaller cells"
        raise BadInput("region", "region", name, expected)
    return Region(name, rows, columns, (high, broad), inside)


def _middles(low: float, high: float, cell_deg: float) -> tuple[Array, float]:
    """Middles of equal cells between two degrees, and their width."""
    n = max(1, round((high - low) / cell_deg))
    width = (high - low) / n
    return np.asarray(low + (np.arange(n) + 0.5) * width, np.float64), width


def _check(name: str, lat: Sequence[float] | Array, lon: Sequence[float] | Array) -> None:
    for value in lat:
        if not -90.0 <= value <= 90.0:
            raise BadInput("region", "region", name, "latitudes from -90 to 90 deg")
    for value in lon:
        if not -180.0 <= value <= 360.0:
            raise BadInput("region", "region", name, "east longitudes from -180 to 360 deg")
