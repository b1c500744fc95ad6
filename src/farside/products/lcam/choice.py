"""The frames that are worth a look: of each decade of height the sharpest one, taken in flight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.instruments import pinhole
from farside.products.flat import lens_falloff
from farside.products.lcam.register import Plate

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

PER_DECADE = 2
LOWEST_M = 1.0
LOOKED_AT = 12
"""Frames of a part of a decade, at most, evenly."""


def sharpest(frames: Sequence[xr.Dataset], height_m: Array) -> list[int]:
    """Numbers of the frames to show, from high to low; height_m (n,): NaN where it is not known.

    Decades are halved. Dust is soft, so that of a height at which there is some the clearest frame is taken.
    """
    flying = np.flatnonzero(height_m > LOWEST_M)
    part = np.floor(PER_DECADE * np.log10(height_m[flying])).astype(int)
    chosen = []
    for which in sorted(set(part.tolist()), reverse=True):
        some = flying[part == which]
        some = some[:: -(-len(some) // LOOKED_AT)]
        chosen.append(int(max(some, key=lambda k: sharpness(frames[k]))))
    return chosen


def sharpness(frame: xr.Dataset) -> float:
    """Root mean square of the band of sizes between noise and light, over the mean brightness."""
    dn = frame["dn"].to_numpy()
    plate = Plate.of(dn, lens_falloff(pinhole(frame)))
    good = plate.fit > 0
    if not good.any():
        return 0.0
    return float(np.sqrt(np.mean(plate.light[good] ** 2)) / max(plate.contrast[0], 1.0))
