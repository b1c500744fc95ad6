"""How high the lander stands over the plane that its film shows.

Steps from frame to frame tell heights over the plane that fits the ground around best; the lander stands on its four
pads. Between the two lies what relief is under the pads, and the film shows that, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.products.lcam.chain import Chain
from farside.products.lcam.ortho import WIDTHS_M, relief_of
from farside.products.lcam.priors import priors
from farside.products.lcam.relief_map import ReliefMap
from farside.products.lcam.sight import MOUNT, Sights
from farside.products.lcam.trajectory import Stand, Telemetry, Trajectory, trajectory

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


def way_down(frames: Sequence[xr.Dataset], found: Chain, telemetry: Telemetry) -> Trajectory:
    """The descent, over the point of rest wherever the film shows the ground under the pads; see ``trajectory``."""
    level = trajectory(found, telemetry)
    relief = relief_of(Sights(frames, found, level), min(WIDTHS_M))
    stand = stand_on(relief, level.rotation[-1] @ MOUNT.T) if relief else None
    return level if stand is None else trajectory(found, telemetry, stand=stand)


def stand_on(relief: ReliefMap, axes: Array) -> Stand | None:
    """How high a lander with these axes (3, 3) stands on four pads; None where that is not known better than before."""
    (east, north), before = relief.places, priors().touchdown
    under = []
    for x, y, _ in priors().pads @ axes.T:
        away = np.where(np.isfinite(relief.height), np.hypot(east - x, north - y), np.inf)
        post = np.unravel_index(away.argmin(), away.shape)
        if away[post] > 0.5 * relief.window_m:
            return None
        under.append((relief.height[post], relief.sigma[post], relief.shared[post]))
    height, sigma, shared = np.array(under).T
    # that of the point of rest is in what is shared, and here it is what is sought
    variance = np.mean(shared**2) - before**2 + np.mean(sigma**2 - shared**2) / len(under)
    return Stand(float(height.mean()), float(np.sqrt(variance))) if variance < before**2 else None
