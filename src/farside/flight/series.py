"""A propagated path as Chebyshev series on pieces of equal length."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from farside.flight.perturbed import SCALE, Propagator, Spacecraft
from farside.sky import Segment

Array = NDArray[np.float64]

_TERMS = 18


def as_series(
    times: Array, nodes: Array, spacecraft: Spacecraft, middles: Array, length: float, exact: bool = True
) -> Segment:
    """Series of the Moon-centred position, km, on pieces of ``length`` seconds about their ``middles`` (m,).

    times (n + 1,), nodes (n + 1, 6): ends of arcs that join, scaled. Each series goes through the integrated path at
    its own Chebyshev nodes.
    exact: take them where rounding has put them (0.1 us past J2000), which keeps the slope of short pieces clean. The
    reference orbit, by whose bytes flights are compared, was made without.
    """
    x = -np.cos(np.pi * (np.arange(_TERMS) + 0.5) / _TERMS)
    when = (middles[:, None] + 0.5 * length * x).ravel()
    propagator = Propagator(spacecraft, float(times[0]), variations=False)
    arcs = np.searchsorted(when, times)
    path = np.concatenate(
        [propagator.sample(nodes[k], float(times[k]), when[arcs[k] : arcs[k + 1]]) for k in range(len(times) - 1)]
    )
    places = (path * SCALE)[:, :3].reshape(len(middles), _TERMS, 3)
    records = np.empty((len(middles), 2 + 3 * _TERMS))
    records[:, 0], records[:, 1] = middles, 0.5 * length
    for k, record in enumerate(records):
        at = (when[k * _TERMS : (k + 1) * _TERMS] - record[0]) / record[1] if exact else x
        record[2:] = chebyshev.chebfit(at, places[k], _TERMS - 1).T.ravel()
    return Segment(float(times[0]), float(times[-1]), float(times[0]), length, records)
