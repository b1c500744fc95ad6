"""Where a panorama shows the horizon, against where the terrain has it.

        sky, dark           edge: half the brightness of the ground just below it
------------------- edge
        ground, sunlit      true: the highest elevation of the relief along that azimuth
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.moon import skyline
from farside.products import grid_of

if TYPE_CHECKING:
    import xarray as xr

    from farside.moon import Relief

Array = NDArray[np.float64]

COLUMNS = 300
BELOW_DEG = 5.0
"""The edge is looked for down to so far below the lowest true horizon."""
LIT = 0.25
"""Ground is lit where it has this share of the column's median brightness ..."""
RUN = 4
"""... in so many rows on end: sharpened noise in the sky has fewer."""


def horizon_errors(mosaic: xr.Dataset, eye: Array, relief: Relief) -> Array:
    """Elevation shown less true elevation of the horizon, in pixels, at evenly spread columns of a mosaic, shape (n,).

    mosaic: north-oriented panorama; only the rows above the ground are read. eye: its eye in the site frame, m. Columns
    that show no horizon where one could be count with the whole height looked through.
    """
    grid = grid_of(mosaic)
    columns = np.unique(np.linspace(0, grid.width - 1, COLUMNS).round().astype(int))
    az, _ = grid.azel(columns, 0.0)
    true, _ = skyline(relief, eye, az)
    _, lowest = grid.pixel(0.0, true.min() - np.radians(BELOW_DEG))
    rows = int(np.clip(np.ceil(lowest), 1, grid.height))
    light = mosaic["image"].to_numpy()[:rows][:, columns].sum(axis=2, dtype=float)
    shown = np.array([edge_row(column) for column in light.T])
    return np.where(np.isnan(shown), float(rows), grid.pixel(0.0, true)[1] - shown)


def edge_row(column: Array) -> float:
    """Row (fractional, from 0) where a column of light goes from dark above to half the ground's; NaN: nowhere."""
    some = column[column > 0.0]
    if not some.size:
        return np.nan
    lit = np.convolve(column > LIT * np.median(some), np.ones(RUN), "valid") > RUN - 0.5
    first = int(lit.argmax())
    if not lit[first]:
        return np.nan
    half = 0.5 * float(np.median(column[first + 2 : first + 7]))
    row = first
    while row > 0 and column[row] > half:
        row -= 1
    above = column[row:] > half
    row += int(above.argmax())
    if not above.any() or row == 0:
        return np.nan
    return row - (column[row] - half) / (column[row] - column[row - 1])
