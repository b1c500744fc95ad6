"""What the descent engine does to the ground: its plume sweeps fines away and smooths the surface, which brightens it.

Orbiters see such a zone around the landers of the Moon, some ten per cent brighter than its surroundings and tens of
metres wide (Clegg et al. 2014, Icarus 227, 176; Clegg-Watkins et al. 2016, Icarus 273, 84).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float32]

REACH = 2.5
"""Nothing is left of it so many radii out."""


@dataclass(frozen=True)
class BlastZone:
    """Ground brightened by a plume.

    east_m, north_m: where the engine stopped, from the site. gain: by how much the middle is brighter, as a share.
    radius_m: where exp(-1) of that is left.
    """

    east_m: float
    north_m: float
    gain: float
    radius_m: float

    def on(self, albedo: Grid, post_m: float) -> Grid:
        """A copy of one level of albedo factors with the zone in it; the same where it is none of its posts' business.

        albedo: (n + 1, n + 1), row = north rising, column = east rising, centred on the site, ``post_m`` apart.
        """
        n = albedo.shape[0] - 1
        axis = (np.arange(n + 1) - n / 2) * post_m
        east, north = (np.abs(axis - middle) < REACH * self.radius_m for middle in (self.east_m, self.north_m))
        if not (east.any() and north.any()):
            return albedo
        across, up = axis[east] - self.east_m, axis[north] - self.north_m
        share = np.exp(-(across**2 + up[:, None] ** 2) / self.radius_m**2)
        # down to nothing at the rim, so that the window does not show
        edge = np.exp(-(REACH**2))
        share = np.maximum(share - edge, 0.0) / (1.0 - edge)
        out = albedo.copy()
        out[np.ix_(north, east)] *= (1.0 + self.gain * share).astype(np.float32)
        return out
