"""What has changed between two days: heights of the same ground, registered, compared, and judged by their errors.

The Sun has moved between them and every shadow with it, so pictures differ everywhere. Heights come from parallax
alone: what is in shadow on either day has none and is not judged.

The later model is first moved onto the earlier one, by what two stations' labels can err: a shift, tilts and a turn.
What remains over its error is compared with the spread of all of it (a Student t of the scale and tail that its median
and its ninth decile have: few posts change, and no matching errs quite normally). Of the posts that are then called
changed no more than ``false_share`` are so by chance on average (Benjamini & Hochberg 1995).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.products.portrait.elevation import slopes_of
from farside.products.provenance import provenance, source

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

LAYERS = ("height", "sigma")
FALSE_SHARE = 0.01
UNKNOWN, SAME, RAISED, SUNK = range(4)
ROUNDS = 12
LEAST_POSTS = 500
"""Fewer posts in common cannot be registered."""
LEAST_TOGETHER = 3
"""A place that has changed has so many posts at least: no window of the matching is smaller."""
NORMAL_MIDDLE = 0.6745
"""Half of normal errors are smaller than so many standard deviations,"""
NORMAL_NINTH = 1.6449
"""and nine of ten than so many."""
LEAST_DEGREES, MOST_DEGREES = 2.0, 200.0


def change(before: xr.Dataset, after: xr.Dataset, false_share: float = FALSE_SHARE) -> xr.Dataset:
    """Difference of two elevation models of the same place, and where it is more than chance.

    Returns a Dataset on the posts both have, (line, sample): ``difference`` (after less before) and ``sigma`` (float32,
    m, NaN where either is unknown), ``changed`` (uint8: 0 unknown, 1 no change seen, 2 raised, 3 sunk). Attributes:
    ``moved_m`` and ``turned_deg``, how the later model was registered (east, north, up; about x, y, z); ``spread``, of
    differences over their stated errors, ``degrees``, of freedom of their tail; ``false_share``; ``least_m``, the
    smallest difference called changed; ``places``, JSON, each that changed with x_m, y_m, area_m2, height_m (mean).
    Raises BadInput for models on other posts or frames, or with too little in common.
    """
    import xarray as xr

    a, b = before.attrs, after.attrs
    for field in ("frame", "post_m"):
        if a[field] != b[field]:
            raise BadInput("change", field, b[field], f"that of the earlier model, {a[field]}")
    if not 0.0 < false_share < 1.0:
        raise BadInput("change", "false_share", false_share, "a share between 0 and 1")
    one, two, corner = _common(before, after)
    difference, sigma, move = _registered(one, two, a["post_m"], corner)
    score = np.abs(difference / sigma)
    known = np.isfinite(score)
    spread, degrees = _null(score[known])
    changed = np.where(known, SAME, UNKNOWN).astype(np.uint8)
    hit = np.zeros(known.shape, bool)
    hit[known] = _more_than_chance(score[known] / spread, degrees, false_share)
    hit = _large(hit)
    changed[hit] = np.where(difference[hit] > 0.0, RAISED, SUNK)
    attrs: dict[str, Any] = {
        "title": "change of the ground",
        "product_id": str(b["product_id"]).replace("-DEM_", "-CHANGE_"),
        "instrument": b["instrument"],
        "level": "3",
        "sequence_id": b["sequence_id"],
        "start_utc": a["start_utc"],
        "stop_utc": b["stop_utc"],
        "frame": b["frame"],
        "post_m": a["post_m"],
        "west_m": corner[0],
        "north_m": corner[1],
        "moved_m": [move[3], move[4], move[2]],
        "turned_deg": np.degrees([move[0], move[1], move[5]]).tolist(),
        "spread": spread,
        "degrees": degrees,
        "false_share": false_share,
        "least_m": float(np.abs(difference[hit]).min()) if hit.any() else float("nan"),
        "places": json.dumps(_places(hit, difference, a["post_m"], corner)),
        "coverage": float(known.mean()),
        "provenance": provenance("change", [source(before), source(after)], false_share=false_share),
    }
    dims = ("line", "sample")
    return xr.Dataset(
        {
            "difference": (dims, difference.astype(np.float32), {"units": "m"}),
            "sigma": (dims, (sigma * spread).astype(np.float32), {"units": "m"}),
            "changed": (dims, changed, {"units": "1"}),
        },
        attrs=attrs,
    )


def _common(before: xr.Dataset, after: xr.Dataset) -> tuple[Array, Array, tuple[float, float]]:
    """Heights and errors (2, line, sample) of both models on the posts they share, and x, y of the first, m."""
    post = before.attrs["post_m"]
    corners = [(round(d.attrs["west_m"] / post), round(-d.attrs["north_m"] / post)) for d in (before, after)]
    ends = [
        (c[0] + d["height"].shape[1], c[1] + d["height"].shape[0])
        for c, d in zip(corners, (before, after), strict=True)
    ]
    (left, top), (right, bottom) = np.max(corners, axis=0), np.min(ends, axis=0)
    if right <= left or bottom <= top:
        raise BadInput("change", "posts", 0, "two models of the same ground")
    parts = [
        np.stack([d[name].to_numpy()[top - c[1] : bottom - c[1], left - c[0] : right - c[0]] for name in LAYERS])
        for c, d in zip(corners, (before, after), strict=True)
    ]
    return parts[0].astype(float), parts[1].astype(float), (float(left) * post, float(-top) * post)


def _registered(one: Array, two: Array, post_m: float, corner: tuple[float, float]) -> tuple[Array, Array, Array]:
    """Second model less the first once it is moved onto it, the error of that, and the move: turns about x and y (rad),
    up, east, north (m), and turn about z.
    """
    import cv2

    lines, samples = one.shape[1:]
    rows, columns = np.mgrid[0:lines, 0:samples].astype(float)
    x, y = corner[0] + columns * post_m, corner[1] - rows * post_m
    east, north = slopes_of(one[0], post_m)
    design = np.stack([y, -x, np.ones_like(x), -east, -north, east * y - north * x])
    move = np.zeros(6)
    for _ in range(ROUNDS):
        # the spot that has come to lie at a post lay here
        there = (
            (columns - (move[3] - move[5] * y) / post_m).astype(np.float32),
            (rows + (move[4] + move[5] * x) / post_m).astype(np.float32),
        )
        shifted = [np.asarray(cv2.remap(p, *there, cv2.INTER_LINEAR, borderValue=float("nan"))) for p in two]
        height = shifted[0] + move[0] * y - move[1] * x + move[2]
        difference, sigma = height - one[0], np.hypot(one[1], shifted[1])
        known = np.isfinite(difference)
        if known.sum() < LEAST_POSTS:
            raise BadInput("change", "posts", int(known.sum()), f"models with {LEAST_POSTS} posts in common")
        rest = difference[known] / sigma[known]
        scale = max(1.4826 * float(np.median(np.abs(rest))), 1e-9)
        weight = 1.0 / (1.0 + (rest / (2.0 * scale)) ** 2)
        rows_of = design[:, known] / sigma[known]
        step = np.linalg.solve((rows_of * weight) @ rows_of.T + 1e-9 * np.eye(6), rows_of @ (weight * -rest))
        move = move + step
    return difference, sigma, move


def _null(score: Array) -> tuple[float, float]:
    """Scale and degrees of freedom of the Student t whose middle and ninth decile these sizes have."""
    from scipy.optimize import brentq
    from scipy.stats import t

    middle, ninth = np.quantile(score, [0.5, 0.9])
    if middle <= 0.0:  # a model compared with itself
        return 1.0, MOST_DEGREES

    def tail(degrees: float) -> float:
        return float(t.ppf(0.95, degrees) / t.ppf(0.75, degrees) - ninth / middle)

    if tail(MOST_DEGREES) >= 0.0:
        return float(middle) / NORMAL_MIDDLE, MOST_DEGREES
    degrees = LEAST_DEGREES if tail(LEAST_DEGREES) <= 0.0 else float(brentq(tail, LEAST_DEGREES, MOST_DEGREES))
    return float(middle / t.ppf(0.75, degrees)), degrees


def _more_than_chance(score: Array, degrees: float, false_share: float) -> NDArray[np.bool_]:
    """Which sizes are so large that of all chosen no more than ``false_share`` are by chance, on average."""
    from scipy.stats import t

    p = 2.0 * t.sf(score, degrees)
    order = np.argsort(p)
    good = np.nonzero(p[order] <= false_share * np.arange(1, p.size + 1) / p.size)[0]
    chosen = np.zeros(p.size, bool)
    if good.size:
        chosen[order[: good[-1] + 1]] = True
    return chosen


def _large(hit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Places of posts that touch, where they are enough."""
    import cv2

    _, label, stats, _ = cv2.connectedComponentsWithStats(hit.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= LEAST_TOGETHER
    large[0] = False
    return np.asarray(large[label])


def _places(
    hit: NDArray[np.bool_], difference: Array, post_m: float, corner: tuple[float, float]
) -> list[dict[str, float]]:
    """Places that have changed, the largest first."""
    import cv2

    n, label, stats, middles = cv2.connectedComponentsWithStats(hit.astype(np.uint8), connectivity=8)
    out = [
        {
            "x_m": round(float(corner[0] + middles[k][0] * post_m), 3),
            "y_m": round(float(corner[1] - middles[k][1] * post_m), 3),
            "area_m2": round(float(stats[k, cv2.CC_STAT_AREA]) * post_m**2, 5),
            "height_m": round(float(difference[label == k].mean()), 4),
        }
        for k in range(1, n)
    ]
    return sorted(out, key=lambda place: -place["area_m2"])
