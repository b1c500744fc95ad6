"""When something is so: roots of functions of time, and the intervals in which they are positive.

One search serves every question (Sun above a horizon, relay in view of a station, eclipse): a function of many times
at once is sampled on a coarse grid, and all its changes of sign are then refined together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
OfTime = Callable[[Array], Array]

_TOLERANCE_S = 2e-4


def events(f: OfTime, t0: float, t1: float, step_s: float) -> Array:
    """Times between t0 and t1 at which f changes sign, to better than a millisecond, in order, shape (n,).

    f: continuous function of times (m,), TDB s past J2000, to values (m,). step_s: of the coarse grid; two changes
    closer together than this can go unnoticed, so choose it below the shortest interval that matters.
    """
    return _changes(f, t0, t1, step_s)[0]


def windows(f: OfTime, t0: float, t1: float, step_s: float) -> list[tuple[float, float]]:
    """Intervals (start, end) between t0 and t1 in which f > 0, in order; one already open at t0 starts there."""
    times, positive_at_start = _changes(f, t0, t1, step_s)
    edges = [*([t0] if positive_at_start else []), *times.tolist()]
    if len(edges) % 2:
        edges.append(t1)
    return list(zip(edges[::2], edges[1::2], strict=True))


def _changes(f: OfTime, t0: float, t1: float, step_s: float) -> tuple[Array, bool]:
    from scipy.optimize.elementwise import find_root

    grid = np.linspace(t0, t1, max(2, int(np.ceil((t1 - t0) / step_s)) + 1))
    positive = f(grid) > 0.0
    (k,) = np.nonzero(positive[1:] != positive[:-1])
    if len(k) == 0:
        return np.empty(0), bool(positive[0])
    # seconds since t0: a time past J2000 carries only tenths of microseconds
    found = find_root(
        lambda s: f(t0 + s), (grid[k] - t0, grid[k + 1] - t0), tolerances={"xatol": _TOLERANCE_S, "xrtol": 0.0}
    )
    return t0 + np.asarray(found.x, float), bool(positive[0])
