"""How a vehicle lies, from its housekeeping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def attitude_at(columns: Mapping[str, NDArray[Any]], t: float) -> NDArray[np.float64]:
    """Rotation (3, 3) from the vehicle's frame to east, north, up by the last telemetry before ``t``.

    columns: ``t`` and ``quaternion`` (n, 4), scalar first, in the order of time.
    """
    from scipy.spatial.transform import Rotation

    k = max(int(np.searchsorted(columns["t"], t)) - 1, 0)
    return Rotation.from_quat(columns["quaternion"][k].astype(float), scalar_first=True).as_matrix()
