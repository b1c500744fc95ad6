"""What each frame of a panorama says of the light in coarse cells of the map, to be compared with what others say.

The mean over a cell hardly knows how sharp a frame is, nor that it lies a fraction of a pixel beside its place. What is
left of such things, and of noise and gains, is the slack within which two frames say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from farside.geometry import PanoramaMap, direction
from farside.products.full_scale import burnt
from farside.products.panorama.blend import SATURATED_WEIGHT, Noise
from farside.products.panorama.gains import Gains, radius2
from farside.products.panorama.placing import Placing
from farside.products.panorama.warp import MARGIN_PX, reduction

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Light = NDArray[np.float32]
Bits = NDArray[np.bool_]

CELL_PX = 8
"""Side of a cell, pixels of the map."""
FINER = 4
"""Frames are reduced to so many pixels a side of a cell first."""
DARK_DN = 4.0
"""Light of fewer counts is as good as none."""
ZERO_DN = 0.3
"""Error of the count that no light makes."""
PLACED_PX = 0.1
"""Frames may be so far beside their places, pixels of the map (1 sigma): as ties miss."""
REACH = 0.75
"""A frame says something of a cell whose middle is so many of its sides inside."""


@dataclass(frozen=True)
class Cells:
    """The cells of a map: down and around (rows, columns), columns as even as whole ones can be.

    pitch: columns of the map a cell.
    """

    grid: PanoramaMap
    rows: int
    columns: int

    @classmethod
    def of(cls, grid: PanoramaMap) -> Self:
        """Cells of CELL_PX, or as many as go around."""
        return cls(grid, -(-grid.height // CELL_PX), max(1, round(grid.width / CELL_PX)))

    @property
    def pitch(self) -> float:
        """Columns of the map in a cell."""
        return self.grid.width / self.columns

    def within(self, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[int, int, int, int]:
        """First row, one after the last, first column, one after the last of the cells in these of the map; columns
        may run over its ends.
        """
        left = int(np.floor(columns[0] / self.pitch))
        right = min(int(np.ceil(columns[1] / self.pitch)), left + self.columns)
        return rows[0] // CELL_PX, -(-rows[1] // CELL_PX), left, right

    def directions(self, top: int, bottom: int, left: int, right: int) -> Array:
        """Unit vectors (rows, columns, 3) of the middles of cells, in the frame of the map."""
        across = (np.arange(left, right) + 0.5) * self.pitch - 0.5
        down = (np.arange(top, bottom) + 0.5) * CELL_PX - 0.5
        return direction(*self.grid.azel(across[None, :], down[:, None]))

    def spread(self, values: Light, rows: tuple[int, int], first: int, columns: tuple[int, int]) -> Light:
        """Values of the cells within rows from ``first`` on and these columns of the map, at its pixels in ``rows``,
        linear between the middles of cells. Empty where there are none.
        """
        import cv2

        if not values.size:
            return values
        top, _, left, _ = self.within((first, rows[1]), columns)
        across = (np.arange(*columns) + 0.5) / self.pitch - left - 0.5
        down = (np.arange(*rows) + 0.5) / CELL_PX - top - 0.5
        shape = len(down), len(across)
        x, y = (np.broadcast_to(v.astype(np.float32), shape) for v in (across, down[:, None]))
        return np.asarray(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


@dataclass(frozen=True)
class Look:
    """What a frame says of cells from row ``top`` and column ``left`` (which may be over an end) on.

    light: (rows, columns, 3) logarithms of light, that which is as good as none added. slack: (rows, columns) standard
    error of these but for the gain's. weight: (rows, columns) as in ``blend``, 0 where it says nothing. burnt: (rows,
    columns) where some of it is burnt, and light may be more.
    """

    light: Light
    slack: Light
    weight: Light
    burnt: Bits
    top: int
    left: int


def look(
    frame: xr.Dataset, full: int, gain: Light, dark: Light, gains: Gains, placing: Placing, k: int, cells: Cells,
    rows: tuple[int, int], columns: tuple[int, int], turn: Array,
) -> Look:  # fmt: skip
    """What frame k of a placing, whose counts end at ``full``, says of these rows and columns of the map.

    gain: (3,) light of a count. dark: (3,) that is as good as none. turn: (3, 3) from the lander frame to the map's.
    """
    import cv2

    top, bottom, left, right = cells.within(rows, columns)
    at = placing.pixel(k, cells.directions(top, bottom, left, right) @ turn)
    i, j = (np.nan_to_num(at[..., c], nan=-1e6).astype(np.float32) for c in (0, 1))
    whole = frame.compute()
    side = reduction(i, j, min(whole["dn"].shape[:2]))
    dn, over = _means(whole["dn"].to_numpy(), saturated(whole, full), i, j, side)
    camera, a = placing.camera, frame.attrs
    margin = REACH * side + MARGIN_PX + 1
    edge = np.minimum(np.minimum(i, camera.width + 1 - i), np.minimum(j, camera.height + 1 - j))
    share = np.maximum(edge - np.float32(MARGIN_PX + 1), 0) * np.float32(2.0 / min(camera.width, camera.height))
    weight = np.where(edge > margin, share * share, np.float32(0))
    r2 = np.minimum(radius2(camera, i, j), np.float32(1)).astype(np.float32)
    per_dn = gain * gains.light(k, r2)[..., None]
    light = np.log(dn * per_dn + dark)
    noise = Noise.of(a["instrument"], str(a.get("mode", "")), full, int(a.get("binning", 1)), side)
    scatter = np.sqrt(dn * np.float32(noise.per_count) + np.float32(noise.least + ZERO_DN**2)) * per_dn / np.exp(light)
    steps: Any = [
        cv2.Sobel(light, cv2.CV_32F, *way, ksize=1, scale=0.5 * PLACED_PX / CELL_PX) for way in ((1, 0), (0, 1))
    ]
    slope = np.hypot(*steps)
    weight[over] *= np.float32(SATURATED_WEIGHT)
    return Look(light, np.hypot(scatter, slope).max(axis=2), weight, over, top, left)


def saturated(frame: xr.Dataset, full: int) -> Bits:
    """Where any band of a frame whose counts end at ``full`` is there, (line, sample); empty where none is."""
    dn = frame["dn"].to_numpy()
    if dn.itemsize == 1 and dn.max() < full:
        return np.zeros((0, 0), bool)
    over = burnt(frame)
    return over if over.ndim == 2 else over[..., 0] | over[..., 1] | over[..., 2]


def _means(dn: NDArray[Any], over: Bits, i: Light, j: Light, side: int) -> tuple[Light, Bits]:
    """Means (rows, columns, 3) of counts over ``side`` pixels around samples i and lines j (from 1), and where one is
    ``over`` full scale.
    """
    import cv2

    n = max(1, side // FINER)
    u, v = ((at - np.float32(0.5)) / np.float32(n) - np.float32(0.5) for at in (i, j))
    lines, samples = (length // n for length in dn.shape[:2])

    def mean(layer: NDArray[Any]) -> Light:
        small = cv2.resize(layer[: lines * n, : samples * n], (samples, lines), interpolation=cv2.INTER_AREA)
        box = cv2.blur(small.astype(np.float32), (FINER + 1, FINER + 1))
        return np.asarray(cv2.remap(box, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    some = mean(over.astype(np.float32)) > 0 if over.size else np.zeros(i.shape, bool)
    light = mean(dn)
    return light if light.ndim == 3 else np.repeat(light[..., None], 3, axis=2), some
