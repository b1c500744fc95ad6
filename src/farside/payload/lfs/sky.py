"""The radio sky: the Galaxy by its published law, and the waves' directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def galactic_brightness(frequency: ArrayLike) -> Array:
    """Mean brightness of the sky, W m-2 Hz-1 sr-1, at frequencies in Hz (Novaco and Brown 1978; Dulk et al. 2001).

    Galactic and extragalactic emission behind the absorbing disc, tau = 5.0 f^-2.1 (f in MHz); turns over near 3 MHz.
    """
    f = np.asarray(frequency, float) * 1e-6
    tau = 5.0 * f**-2.1
    return 2.48e-20 * f**-0.52 * -np.expm1(-tau) / tau + 1.06e-20 * f**-0.80 * np.exp(-tau)


def transverse(direction: ArrayLike) -> Array:
    """Two unit vectors (2, 3) across a direction (3,) and across each other: the wave's field lies in their plane."""
    towards = np.asarray(direction, float)
    helper = np.eye(3)[int(np.argmin(np.abs(towards)))]
    first = np.cross(towards, helper)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(towards, first)])
