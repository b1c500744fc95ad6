"""The frame that turns with Earth and Moon and breathes with their distance, in which a halo orbit nearly closes.

x from Earth to Moon, z along the Moon's orbital angular momentum, lengths in units of the Moon's distance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.flight.cr3bp import TU_S
from farside.sky import position, velocity

Array = NDArray[np.float64]


def rotating_rows(t: Array) -> tuple[Array, Array]:
    """Rows (n, 6) that give y, and (n, 6) that give vx, of Moon-centred ICRF states (LU, LU/TU) at times (n,).

    y: distance from the plane of the Earth-Moon line and the Moon's orbit normal, LU; vx: velocity along the line as
    the breathing frame sees it, at the scale of the moment, LU/TU: L d(x/L)/dt with L the Moon's distance.
    """
    r, v = -position("earth", t), -velocity("earth", t)
    distance = np.linalg.norm(r, axis=1, keepdims=True)
    ex = r / distance
    away = np.sum(ex * v, axis=1, keepdims=True)
    turning = (v - away * ex) / distance
    normal = np.cross(r, v)
    ey = np.cross(normal / np.linalg.norm(normal, axis=1, keepdims=True), ex)
    y_row = np.hstack([ey, np.zeros_like(ey)])
    vx_row = np.hstack([(turning - away / distance * ex) * TU_S, ex])
    return y_row, vx_row
