"""Charts as a page draws them: few enough points, gaps as gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.control.gallery import Chart
from farside.errors import BadInput

POINTS = 800  # more than a screen has columns to show
GAP = 10.0  # a pause this many times longer than the steps before and after it is no line


def chart_content(chart: Chart) -> dict[str, Any]:
    """The chart as JSON holds it: each series with its own seconds after ``start_utc`` and its values, None in gaps."""
    t, start = _seconds(chart)
    series = []
    for line in chart.series:
        values = np.asarray(line.values, float)
        if values.shape != t.shape:
            raise BadInput(f"chart {chart.title}", line.name, values.shape, f"a value for each of {t.size} times")
        at, kept = thinned(*with_gaps(t, values))
        rounded = [float(f"{v:.6g}") if np.isfinite(v) else None for v in kept.tolist()]
        series.append({"name": line.name, "t": np.round(at, 3).tolist(), "values": rounded})
    return {"title": chart.title, "unit": chart.unit, "text": chart.text, "start_utc": start, "series": series}


def _seconds(chart: Chart) -> tuple[NDArray[np.float64], str]:
    """Seconds (n,) after the first time, and that time as UTC ISO string."""
    utc = np.asarray(chart.utc)
    if utc.dtype.kind != "M":
        utc = np.array([text.rstrip("Z") for text in chart.utc], "datetime64[us]")
    utc = utc.astype("datetime64[ms]")
    if utc.size == 0:
        return np.zeros(0), ""
    t = (utc - utc[0]) / np.timedelta64(1, "s")
    if (np.diff(t) < 0).any():
        raise BadInput(f"chart {chart.title}", "utc", "times that go back", "ascending times")
    return t, f"{utc[0]}Z"


def with_gaps(t: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times and values (m,) with a NaN in the middle of each pause that is long beside its neighbours."""
    step = np.diff(t)
    if step.size < 3:
        return t, values
    longest_beside = np.maximum(np.r_[0.0, step[:-1]], np.r_[step[1:], 0.0])
    at = np.flatnonzero(step > GAP * longest_beside)
    return np.insert(t, at + 1, t[at] + step[at] / 2), np.insert(values, at + 1, np.nan)


def thinned(t: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At most POINTS times and values: of each stretch of equal length the lowest and the highest, or one NaN."""
    if t.size <= POINTS:
        return t, values
    bins = POINTS // 2
    place = np.minimum((bins * (t - t[0]) / max(t[-1] - t[0], 1e-9)).astype(int), bins - 1)
    first = np.flatnonzero(np.diff(place, prepend=-1))
    kept: list[int] = []
    for low, high in zip(first, np.append(first[1:], t.size), strict=True):
        stretch = values[low:high]
        if np.isnan(stretch).all():
            kept.append(int(low))
        else:
            kept.extend(sorted({int(low + np.nanargmin(stretch)), int(low + np.nanargmax(stretch))}))
    return t[kept], values[kept]
