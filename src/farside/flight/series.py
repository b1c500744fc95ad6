"""A propagated path as Chebyshev series on pieces of equal length."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from farside.flight.perturbed import SCALE, Propagator, Spacecraft
from farside.sky import Segment

Array = NDArray[np.float64]

_TERMS = 18


def as_series(times: Array, nodes: Array, spacecraft: Spacecraft, middles: Array, length: float) -> Segment:
    """Series of the Moon-centred position, km, on pieces of ``length`` seconds about their ``middles`` (m,).

    times (n + 1,), nodes (n + 1, 6): ends of arcs that join, scaled. Each series goes through the integrated path at
    its own Chebyshev nodes.
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
    for record, piece in zip(records, places, strict=True):
        record[2:] = chebyshev.chebfit(x, piece, _TERMS - 1).T.ravel()
    return Segment(float(times[0]), float(times[-1]), float(times[0]), length, records)
