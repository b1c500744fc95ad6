"""A frame laid into the map where it belongs, for matching."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Equirectangular, PanoramaMap, azel, direction
from farside.products.panorama.placing import Placing

Array = NDArray[np.float64]
Light = NDArray[np.float32]

UPRIGHT = np.eye(3)
"""Maps of the lander frame itself."""

STEP = 4
"""Projection is computed at every 4th pixel and interpolated. Measured for TCAM binned 2x2 and 8x8: at most 0.05 px off
beside the lander's horizon, where the surface bends, and below 0.002 px elsewhere."""
MARGIN_PX = 2
"""Pixels left out at each edge of a frame, where demosaicking had no neighbours (real 2C frames show it)."""
SOME_TH = 16
"""Reduction is looked at in so many rows and columns."""


class Patch(NamedTuple):
    """Part of the map: grey values and where there are any, (rows, columns) each; its rows and columns of the map."""

    grey: NDArray[np.uint8]
    seen: NDArray[np.bool_]
    rows: tuple[int, int]
    columns: tuple[int, int]


def warped(grey: NDArray[np.uint8], placing: Placing, k: int, grid: Equirectangular) -> Patch:
    """Frame k, (line, sample), in the map."""
    import cv2

    rows, columns = bounds(placing, k, grid)
    x, y = pixels(placing, k, grid, rows, columns)
    value = cv2.remap(grey, x - np.float32(1), y - np.float32(1), cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
    camera, m = placing.camera, MARGIN_PX + 1
    inside = [cv2.inRange(at, m, size - m) for at, size in ((x, camera.width), (y, camera.height))]  # type: ignore[call-overload]
    seen = cv2.bitwise_and(*inside) != 0
    return Patch(value.astype(np.uint8, copy=False), seen, rows, columns)


def bounds(
    placing: Placing, k: int, grid: PanoramaMap, turn: Array = UPRIGHT
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns that frame k covers of a map of the lander frame turned by ``turn`` (3, 3); columns may run over
    the ends of a map that goes on there.
    """
    column, row = grid.pixel(*azel(placing.edge(k) @ turn.T))
    if grid.turn:
        column = column[-1] + np.remainder(column - column[-1] + 0.5 * grid.turn, grid.turn) - 0.5 * grid.turn
        columns = int(np.floor(column.min())) - 1, int(np.ceil(column.max())) + 2
    else:
        columns = _within(column, grid.width)
    return _within(row, grid.height), columns


def _within(at: Array, length: int) -> tuple[int, int]:
    """First pixel and the one after the last, of ``length``, that places lie in."""
    return int(np.clip(np.floor(at.min()) - 1, 0, length)), int(np.clip(np.ceil(at.max()) + 2, 0, length))


def pixels(
    placing: Placing, k: int, grid: PanoramaMap, rows: tuple[int, int], columns: tuple[int, int],
    turn: Array = UPRIGHT,
) -> tuple[Light, Light]:  # fmt: skip
    """Sample and line (from 1) of frame k at every pixel of these rows and columns of the map."""
    import cv2

    height, width = rows[1] - rows[0], columns[1] - columns[0]
    ny, nx = -(-height // STEP) + 2, -(-width // STEP) + 2
    # cv2.resize puts coarse sample k at fine position STEP k + (STEP - 1)/2; one more sample lies beyond each end
    half = (STEP - 1) / 2
    across, down = columns[0] + STEP * (np.arange(nx) - 1) + half, rows[0] + STEP * (np.arange(ny) - 1) + half
    at = placing.pixel(k, direction(*grid.azel(across[None, :], down[:, None])) @ turn)
    fine = [cv2.resize(np.nan_to_num(at[..., c], nan=-1e6).astype(np.float32), (nx * STEP, ny * STEP)) for c in (0, 1)]
    return tuple(f[STEP : STEP + height, STEP : STEP + width] for f in fine)  # type: ignore[return-value]


def reduction(i: Light, j: Light, most: int) -> int:
    """How many pixels of a frame, a side, come to lie in one of the map, of samples and lines at each of its pixels; no
    more than ``most``, which it has.
    """
    if min(i.shape) < 2:
        return 1
    step = max(1, min(i.shape) // SOME_TH)
    some = np.s_[:-1:step, :-1:step]
    across = [at[:-1:step, 1::step] - at[some] for at in (i, j)]
    down = [at[1::step, :-1:step] - at[some] for at in (i, j)]
    area = np.abs(across[0] * down[1] - across[1] * down[0])
    return min(max(1, round(float(np.sqrt(np.median(area))))), most)
