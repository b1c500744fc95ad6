"""How a state shows in the frame that turns with Earth and Moon and breathes with their distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.flight.cr3bp import TU_S
from farside.flight.rotating import rotating_axes
from farside.sky import velocity

Array = NDArray[np.float64]


def rotating_rows(t: Array) -> tuple[Array, Array]:
    """Rows (n, 6) that give y, and (n, 6) that give vx, of Moon-centred ICRF states (LU, LU/TU) at times (n,).

    y: distance from the plane of the Earth-Moon line and the Moon's orbit normal, LU; vx: velocity along the line as
    the breathing frame sees it, at the scale of the moment, LU/TU: L d(x/L)/dt with L the Moon's distance.
    """
    axes, distance = rotating_axes(t)
    ex, ey, v = axes[:, :, 0], axes[:, :, 1], -velocity("earth", t)
    away = np.sum(ex * v, axis=1, keepdims=True)
    turning = v - 2.0 * away * ex  # of the axis, v - away ex, and of the scale
    y_row = np.hstack([ey, np.zeros_like(ey)])
    vx_row = np.hstack([turning / distance[:, None] * TU_S, ex])
    return y_row, vx_row
