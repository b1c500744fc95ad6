"""The truth table: every crater and every rock of a plot, one row each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import population as pop
from farside.moon import rocks as rk
from farside.moon.craters import Craters
from farside.moon.export.plot import Plot
from farside.moon.moon import Moon
from farside.work import atomic_write

if TYPE_CHECKING:
    import pyarrow as pa

Array = NDArray[np.floating]
Columns = dict[str, Array | NDArray[np.str_] | NDArray[np.integer]]

_AT_ONCE = 2000
"""Things expected in a block: what is gathered at a time."""
_WIDEST_M = 2000.0
"""Side of a block, at most: large rocks are few, but the craters they came from are not."""
_ROW_GROUP = 65_536


def write_table(path: Path, pieces: Iterator[Columns], about: dict[str, str]) -> int:
    """Write pieces of a table as Parquet or CSV, as the file's name says; returns the number of rows."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    rows, waiting = 0, []
    with atomic_write(path) as part:
        writer: Any = None

        def put(tables: list[pa.Table]) -> None:
            nonlocal writer
            table = pa.concat_tables(tables)
            if writer is None and path.suffix == ".csv":
                writer = pyarrow.csv.CSVWriter(part, table.schema)
            elif writer is None:
                writer = pyarrow.parquet.ParquetWriter(part, table.schema.with_metadata(about), compression="zstd")
            writer.write_table(table)

        for columns in pieces:
            waiting.append(pa.table(columns))
            rows += waiting[-1].num_rows
            if sum(table.num_rows for table in waiting) >= _ROW_GROUP:
                put(waiting)
                waiting = []
        if waiting or writer is None:
            put(waiting)
        writer.close()
    return rows


def read_table(path: Path) -> dict[str, Array]:
    """The numbers of a table by column."""
    import pyarrow.csv
    import pyarrow.parquet

    read = pyarrow.csv.read_csv if path.suffix == ".csv" else pyarrow.parquet.read_table
    return {name: np.array(column) for name, column in read(path).to_pydict().items()}


def craters(moon: Moon, plot: Plot, from_m: float, count: Callable[[int, int], None]) -> Iterator[Columns]:
    """Craters of at least ``from_m`` whose rim reaches into the plot, in pieces.

    depth_m: rim to floor; k: degradation kappa t / R^2 (0 fresh, 0.3 all but gone); drawn: share that is added to the
    elevation file's own; source: procedural, named or catalogue. Craters that a file shows in full are not listed.
    """
    # of the large ones few reach far: they are looked for once, the small ones block by block
    large = 50.0 * from_m
    yield _crater_rows(plot, moon.craters(plot.site, 0.72 * plot.size_m, large), math.inf, None)
    side = math.sqrt(_AT_ONCE / pop.EQUILIBRIUM) * from_m
    for square, done, total in _blocks(plot, side, 0.5 * large):
        found = moon.craters(square.site(plot), 0.72 * square.side, from_m)
        yield _crater_rows(plot, found, large, square)
        count(done, total)


def stones(moon: Moon, plot: Plot, from_m: float, count: Callable[[int, int], None]) -> Iterator[Columns]:
    """Rocks of at least ``from_m`` whose middle lies in the plot, in pieces.

    elevation_m: of the ground under the middle; height_m: above it; turn_deg: about the vertical; shape: which one.
    """
    side = min(_WIDEST_M, math.sqrt(_AT_ONCE / float(rk.count(from_m))))
    for square, done, total in _blocks(plot, side, 0.0):
        site = square.site(plot)
        found = moon.rocks(site, 0.72 * square.side, from_m)
        lat, lon, height = site.geodetic(found.position.astype(float))
        east, north = plot.map(site.from_enu(found.position.astype(float)))
        inside = square.holds(east, north) & plot_holds(plot, east, north)
        columns = {
            "lat_deg": lat, "lon_deg": lon, "elevation_m": height, "map_east_m": east, "map_north_m": north,
            "diameter_m": found.diameter, "height_m": found.height, "turn_deg": np.degrees(found.turn),
            "shape": found.shape,
        }  # fmt: skip
        yield {name: values[inside] for name, values in columns.items()}
        count(done, total)


def plot_holds(plot: Plot, east: Array, north: Array) -> NDArray[np.bool_]:
    """Which map coordinates lie in the plot."""
    half = 0.5 * plot.size_m
    return (east >= -half) & (east < half) & (north >= -half) & (north < half)


class _Square:
    """A square of the map: its south-west corner and side (m)."""

    def __init__(self, east: float, north: float, side: float) -> None:
        self.east, self.north, self.side = east, north, side

    def site(self, plot: Plot) -> Site:
        """Its middle on the sphere."""
        x, y = self.east + 0.5 * self.side, self.north + 0.5 * self.side
        up = math.sqrt(MOON_RADIUS_M**2 - x * x - y * y)
        me = np.array([x, y, up]) @ plot.site.axes
        return Site(math.degrees(math.asin(me[2] / MOON_RADIUS_M)), math.degrees(math.atan2(me[1], me[0])) % 360.0)

    def holds(self, east: Array, north: Array) -> NDArray[np.bool_]:
        x, y = east - self.east, north - self.north
        return (x >= 0) & (x < self.side) & (y >= 0) & (y < self.side)


def _blocks(plot: Plot, side: float, margin: float) -> Iterator[tuple[_Square, int, int]]:
    """Squares of about ``side`` that cover the plot and a margin, with how many are done then, and of how many."""
    width = plot.size_m + 2 * margin
    along = max(1, math.ceil(width / side))
    step = width / along
    for k in range(along * along):
        i, j = divmod(k, along)
        yield _Square(-0.5 * width + j * step, -0.5 * width + i * step, step), k + 1, along * along


def _crater_rows(plot: Plot, found: Craters, below_m: float, square: _Square | None) -> Columns:
    lat, lon = np.radians(found.lat_deg), np.radians(found.lon_deg)
    east, north = plot.map(np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1))
    half = 0.5 * (plot.size_m + found.diameter_m)
    keep = (np.abs(east) < half) & (np.abs(north) < half) & (found.diameter_m < below_m)
    if square is not None:
        keep &= square.holds(east, north)
    found = found.where(keep)
    return {
        "lat_deg": found.lat_deg, "lon_deg": found.lon_deg, "map_east_m": east[keep], "map_north_m": north[keep],
        "diameter_m": found.diameter_m, "depth_m": found.depth_m, "k": found.degradation, "drawn": found.drawn,
        "source": found.source,
    }  # fmt: skip
