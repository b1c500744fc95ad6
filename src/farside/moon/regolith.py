"""Relief of the regolith below half a metre: what feet, wheels and close cameras meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.moon.noise import octaves

Array = NDArray[np.floating]

LONGEST_M = 0.5
SHORTEST_M = 0.006
HURST = 0.7
"""Within 0.60 to 0.85 as measured at the Chang'e 4 site from millimetres to decimetres (Guo et al. 2021)."""
AMPLITUDE_M = 0.0195
"""Of the longest waves; gives the median slope of 10 degrees at 7 mm that Guo et al. (2021) measured."""


def weights(resolution_m: float) -> Array:
    """Weights of the octaves from LONGEST_M down, as seen at a resolution."""
    return octaves(LONGEST_M, AMPLITUDE_M, HURST, resolution_m, SHORTEST_M)
