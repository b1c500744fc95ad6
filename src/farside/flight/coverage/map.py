"""How much of the time, and with what longest gap, relays stand over each cell of a region.

A relay at distance d from the Moon's centre stands higher than m over a level horizon on the sphere of radius R where
the angle between its nadir and the place is at most::

    lambda = acos(R cos(m) / d) - m

so a place asks only whether the cosine of that angle is above cos(lambda). Between samples the difference of the two
is taken as straight: its zeros are the changes. Light time and aberration are left out: the relay and the Moon travel
together, and what is left turns its direction by v/c of its way about the Moon, 2 arcseconds at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.coverage.region import Region
from farside.flight.relay import RelayOrbit
from farside.flight.views import MOON_SPIN
from farside.geometry import MOON_RADIUS_M, time_text
from farside.sky import moon_rotation

Array = NDArray[np.float64]

_RADIUS_KM = MOON_RADIUS_M * 1e-3
_TURN = 0.1  # rad between samples at most, of the relay about the Moon's centre
_STEPS_S = 20.0, 1800.0
_BLOCK = 4096  # samples at a time: they stay in the cache of a core while all cells pass


@dataclass(frozen=True)
class Coverage:
    """Cells of a region under relays between ``start`` and ``stop`` (TDB s past J2000).

    share (k,): of the time with a relay over ``mask_deg``; longest_gap_s (k,): longest time without; in the order of
    ``region.up``. step_s: between samples; passes and gaps shorter than that may be missing.
    """

    region: Region
    start: float
    stop: float
    mask_deg: float
    step_s: float
    share: Array
    longest_gap_s: Array

    @property
    def mean_share(self) -> float:
        """Share of the time, mean over the area."""
        return float(self.region.area @ self.share)

    @property
    def always(self) -> float:
        """Share of the area that has a relay all the time."""
        return float(self.region.area @ (self.longest_gap_s == 0.0))


def coverage_map(
    orbits: Sequence[RelayOrbit],
    region: Region,
    start: float,
    stop: float,
    mask_deg: float = 5.0,
    step_s: float | None = None,
) -> Coverage:
    """Coverage of a region by any of ``orbits`` from start to stop (TDB s past J2000), level horizon at height 0.

    mask_deg: elevation below which a relay does not count. step_s: between samples; None: so that no relay goes by more
    than 0.1 rad round the Moon, 20 s to 30 min. Raises BadInput outside an orbit, for no orbit, a mask outside 0 to 90
    deg or a stop that is not after start.
    """
    if not orbits:
        raise BadInput("coverage", "orbits", "none", "one relay or more")
    if not 0.0 <= mask_deg < 90.0:
        raise BadInput("coverage", "mask", mask_deg, "0 deg or more, below 90")
    if not stop > start:
        raise BadInput("coverage", "stop", time_text(stop), f"a time after {time_text(start)}")
    if step_s is None:
        step_s = min(_own_step(orbit) for orbit in orbits)
    n = max(2, int(np.ceil((stop - start) / step_s)) + 1)
    h = (stop - start) / (n - 1)
    up, mask = np.ascontiguousarray(region.up), float(np.radians(mask_deg))
    cells = len(up)
    # difference at the last sample, since when it has been so, seconds seen, longest gap
    state = np.zeros((cells, 4))
    state[:, 0] = np.nan
    for first in range(0, n, _BLOCK):
        s = np.arange(first, min(first + _BLOCK, n)) * h
        to_me = moon_rotation(start + s)
        nadir, least = np.empty((len(s), len(orbits), 3)), np.empty((len(s), len(orbits)))
        for k, orbit in enumerate(orbits):
            r = orbit.position(np.minimum(start + s, stop))
            d = np.linalg.norm(r, axis=-1)
            nadir[:, k] = np.einsum("nij,nj->ni", to_me, r) / d[:, None]
            least[:, k] = np.cos(np.arccos(_RADIUS_KM * np.cos(mask) / d) - mask)
        _follow(up, nadir, least, s, h, state)
    _finish(stop - start, state)
    return Coverage(region, start, stop, mask_deg, h, state[:, 2] / (stop - start), state[:, 3].copy())


def _own_step(orbit: RelayOrbit) -> float:
    nearest, _, speed = orbit.extremes
    return float(np.clip(_TURN / (speed / nearest + MOON_SPIN), *_STEPS_S))


@njit(cache=True, nogil=True, error_model="numpy")
def _follow(up: np.ndarray, nadir: np.ndarray, least: np.ndarray, s: np.ndarray, h: float, state: np.ndarray) -> None:
    """Carry the state (k, 4) of cells ``up`` (k, 3) through samples at s (n,), h apart.

    nadir (n, m, 3), least (n, m): of m relays, unit vectors and cosines of the angles within which they are seen.
    """
    for c in range(up.shape[0]):
        x, y, z = up[c, 0], up[c, 1], up[c, 2]
        before, since, seen, gap = state[c, 0], state[c, 1], state[c, 2], state[c, 3]
        for i in range(s.shape[0]):
            now = -2.0
            for k in range(least.shape[1]):
                over = x * nadir[i, k, 0] + y * nadir[i, k, 1] + z * nadir[i, k, 2] - least[i, k]
                now = max(now, over)
            if (now > 0.0) != (before > 0.0) and before == before:
                change = s[i] - h * now / (now - before)
                if now > 0.0:
                    gap = max(gap, change - since)
                else:
                    seen += change - since
                since = change
            before = now
        state[c, 0], state[c, 1], state[c, 2], state[c, 3] = before, since, seen, gap


@njit(cache=True, nogil=True, error_model="numpy")
def _finish(length: float, state: np.ndarray) -> None:
    """Close what is open at the end."""
    for c in range(state.shape[0]):
        if state[c, 0] > 0.0:
            state[c, 2] += length - state[c, 1]
        else:
            state[c, 3] = max(state[c, 3], length - state[c, 1])
