"""Editing: which records were taken on the move, and how far along the way each of them is.

The radar sounds on while the rover stands; only records that differ from their neighbours tell something new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.instruments.lpr import radar

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

SHORTEST_RUN = 3
"""Records that make a run, of moving or of standing ones."""
CHANGE = 1.25
"""Neighbours that differ by this factor more than noise does were taken at different places."""
APART = 4.0
"""Two groups are told apart where their means differ by this many standard deviations within them."""
LAG_M = 0.11
"""Way between the neighbours compared; as many records as make it up are averaged on either side."""
WINDOW_NS = {"1": (500.0, 1500.0), "2A": (50.0, 190.0), "2B": (50.0, 190.0)}
"""Where neighbours are compared: after the direct wave, before the noise."""
FARTHER = 1.4
"""Positions cannot be farther apart than this many times the way of the records said to be moving."""
FEWEST = 8
"""Fewer moving records than this show no section: then every record is kept."""


def moving_records(observation: xr.Dataset) -> NDArray[np.bool_]:
    """Whether each record was taken on the move, (trace,).

    The statistic is the root mean square difference of the means of a few records before and after, over noise. Where
    it is no more than noise they were all taken at one place. Where it is everywhere more, two groups are sought by
    ISODATA on its logarithm; where they are not APART, or the heads' positions went farther than the moving ones
    could, there is one, moving if it is above noise.
    """
    dn, mode = observation["dn"], observation.attrs["mode"]
    channel, n = radar().channel(mode), dn.sizes["trace"]
    lag = max(1, round(LAG_M / step_m(mode)))
    if n < 2 * lag:
        return np.zeros(n, bool)
    low, high = WINDOW_NS[mode]
    time = observation["time_ns"].to_numpy()
    seen = np.asarray(dn[:, (time >= low) & (time < high)], np.float64)
    late = np.asarray(dn[:, time > 0.75 * time[-1]], np.float64)
    noise = max(float(np.median(_differences(late, lag))), 1e-3 * channel.noise_counts)
    change = np.log(np.maximum(_differences(seen, lag), 1e-12) / noise)
    still = change < np.log(CHANGE)
    moving = _but_at_one_place(still, lag) if still.any() else _upper_group(change, lag)
    if moving is not None:
        moving = _without_short_runs(moving)
        if _far_enough(observation, moving):
            return moving
    return np.full(n, float(np.median(change)) > np.log(CHANGE))


def _but_at_one_place(still: NDArray[np.bool_], lag: int) -> NDArray[np.bool_]:
    """All records but those taken where the one before was: difference i is of records i to i + 2 lag - 1."""
    moving = np.ones(len(still) + 2 * lag - 1, bool)
    for k in range(1, 2 * lag):
        moving[k : k + len(still)] &= ~still
    return moving


def _upper_group(change: Array, lag: int) -> NDArray[np.bool_] | None:
    """Records of the larger of two groups of changes, None where they are not APART."""
    split = _isodata(change)
    upper, lower = change[change > split], change[change <= split]
    if not upper.size or not lower.size:
        return None
    within = np.sqrt((upper.var() * upper.size + lower.var() * lower.size) / change.size)
    if upper.mean() - lower.mean() <= max(APART * within, np.log(CHANGE)):
        return None
    # difference i lies between records i + lag - 1 and i + lag
    return np.pad(change > split, (lag, lag - 1), mode="edge")


def _far_enough(observation: xr.Dataset, moving: NDArray[np.bool_]) -> bool:
    """Whether the records said to be moving can have gone as far as the heads' positions have."""
    at, chord = _fixes(observation)
    driven = step_m(observation.attrs["mode"]) * np.cumsum(moving)
    return len(at) < 2 or float(chord[-1]) < FARTHER * float(driven[at[-1]] - driven[at[0]]) + 1.0


def _fixes(observation: xr.Dataset) -> tuple[NDArray[np.int64], Array]:
    """Records whose head has a new position, and the way from the first of them along straight lines, m."""
    position = observation["position"].to_numpy().astype(float)
    new = np.concatenate([[position[0].any()], np.any(np.diff(position, axis=0), axis=1)])
    at = np.nonzero(new)[0]
    if not at.size:
        return at, np.zeros(0)
    legs = np.linalg.norm(np.diff(position[at], axis=0), axis=1)
    return at, np.concatenate([[0.0], np.cumsum(legs)])


def step_m(mode: str) -> float:
    """Nominal way between records of a channel on the move, m."""
    r = radar()
    return r.trace_step_m * r.channel(mode).record_interval_s / r.channel("2B").record_interval_s


def _differences(traces: Array, lag: int) -> Array:
    """Root mean square difference of the means of ``lag`` traces before and after each place, (n - 2 lag + 1,)."""
    total = np.concatenate([np.zeros((1, traces.shape[1])), np.cumsum(traces, axis=0)])
    means = (total[lag:] - total[:-lag]) / lag
    return np.asarray(np.std(means[lag:] - means[:-lag], axis=1))


def _isodata(values: Array) -> float:
    """Threshold half way between the means of the values above and below it (Ridler & Calvard 1978)."""
    split = 0.5 * float(values.min() + values.max())
    for _ in range(50):
        upper, lower = values[values > split], values[values <= split]
        if not upper.size or not lower.size:
            return split
        middle = 0.5 * float(upper.mean() + lower.mean())
        if abs(middle - split) < 1e-6:
            return split
        split = middle
    return split


def distance_m(observation: xr.Dataset, moving: NDArray[np.bool_]) -> tuple[Array, float]:
    """Distance along the way of each record, (trace,), m from the first, and the relative error of lengths.

    Moving records are a nominal step apart; where the heads' positions change, the way between two changes is scaled to
    the length between the positions, less the wheels' usual slip. Without two changes of position the nominal step
    stands, and its error.
    """
    r = radar()
    nominal = np.concatenate([[0.0], np.cumsum(step_m(observation.attrs["mode"]) * moving[1:])])
    at, chord = _fixes(observation)
    if len(at) > 1:
        driven = nominal[at] - nominal[at[0]]
        if chord[-1] > 1.0 and driven[-1] > 0:
            scale = (1.0 - r.odometry_slip) * chord[-1] / driven[-1]
            if 0.5 < scale < 2.0:
                return nominal * scale, r.odometry_sd
    return nominal, r.trace_step_sd


def _without_short_runs(moving: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Standing gaps, then moving runs, shorter than SHORTEST_RUN are turned over."""
    out = moving.copy()
    for value in (False, True):
        edges = np.nonzero(np.diff(np.concatenate([[False], out == value, [False]]).astype(int)))[0]
        for first, last in edges.reshape(-1, 2):
            if last - first < SHORTEST_RUN and first > 0 and last < len(out):
                out[first:last] = not value
    return out
