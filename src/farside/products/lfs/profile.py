"""The light curve of a burst at one frequency: the exciter passes, and what it excited fades."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def profile(t: ArrayLike, width: ArrayLike, decay: ArrayLike) -> Array:
    """Light t seconds after the middle of the exciter has passed (Aubier and Boischot 1972); unit area.

    A Gaussian exciter, exp(-(t / width)^2 / 2), whose light fades as exp(-t / decay); times in s, broadcast together.
    """
    from scipy.special import erfc, erfcx

    t, width, decay = (np.asarray(x, float) for x in (t, width, decay))
    u, k = t / width, width / decay
    z = (k - u) / np.sqrt(2.0)
    # exp(a) erfc(z) either way: far behind the exciter erfc is 1 to 2, before it erfcx keeps the product finite
    far = np.exp(np.minimum(0.5 * k * k - u * k, 0.5 * k * k)) * erfc(np.minimum(z, 0.0))
    near = np.exp(-0.5 * u * u) * erfcx(np.maximum(z, 0.0))
    return 0.5 / decay * np.where(z < 0.0, far, near)
