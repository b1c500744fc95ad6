"""System noise: the receiver's own, and the Moon's warmth as far as it fills the beam."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_VARIANCE = 1.0 / (8.0 * np.log(2.0))
"""Of a Gaussian beam, over its width at half power squared."""


def moon_share(beam_deg: float, off_deg: ArrayLike, radius_deg: ArrayLike) -> Array:
    """Share (0 to 1) of the power of a Gaussian beam that falls on a disc, its centre ``off_deg`` beside the axis.

    The integral of a round normal distribution over a disc is a noncentral chi-squared distribution of two degrees
    (Marcum 1950). Side lobes are left out.
    """
    from scipy.special import chndtr

    variance = _VARIANCE * beam_deg**2
    return np.asarray(chndtr(np.square(radius_deg) / variance, 2.0, np.square(off_deg) / variance), float)
