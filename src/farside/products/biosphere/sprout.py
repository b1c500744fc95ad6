"""First sprout and growth from the pictures: green that stays, its area, and the instant from which it was there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import t_to_utc, utc_to_t
from farside.instruments.biosphere import numbers, view
from farside.products.biosphere.balance import named_source, soft_reflectance
from farside.products.provenance import provenance

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

QUIET_S = 86400.0
"""No seed comes up within a day: the pictures of the first day are the background (at least MIN_QUIET of them)."""
MIN_QUIET = 3
SIGMAS, LEAST_GREEN = 5.0, 0.15
"""Green is this many sigmas and at least this much above the background's excess green,
or above grey where the background is redder than that."""
SMOOTH_PX, DARK = 1.3, 0.02
"""Blur against noise before colours are compared, and the reflectance below which there is no colour."""
LEAST_MM2, LEAST_PX = 1.5, 8
"""Smallest patch that counts: both must be met."""
AREA_ERROR = 0.08
"""Relative error of the area of a patch: perspective of raised leaves and the edge of the mask; from twin runs."""
COARSEST = 2
"""Binning beyond which compression noise looks like sprouts (4: one in four was two to four frames off)."""
GRID_S = 300.0
"""Step of the change point's grid."""
HELD = 3
"""Pictures that must be green one after another, fewer only at the end."""
TELLING_S = 90000.0
"""How long after the first green picture others tell when it began (HELD of them at least)."""

LAW_ERROR = 0.25
"""How far a cubic's foot lies from where leaves really begin (1 sigma), in gaps between the last picture without green
and the first with it; from twin runs: with it 16 of 18 intervals held the truth, without it 12."""
_90 = 1.645


def growth(frames: Sequence[xr.Dataset]) -> xr.Dataset:
    """Green area over time, dims (frame), and in the attributes the time of the first sprout with its 90 % interval.

    frames: level-1 pictures of the seed bed (camera "a") of one size. Variables: t (TDB s past J2000), area_mm2 with
    variance area_mm2_variance, patches. Attributes first_sprout_utc, _low_utc and _high_utc are empty where nothing
    sprouted. The area is what is seen, at the distance of the soil: stems count, and what stands nearer looks larger.
    Patches that are too small to count are not in it; the variance allows for them. Raises BadInput for too few
    pictures, too coarse ones, another camera or sizes that differ.
    """
    import xarray as xr

    film = sorted(frames, key=lambda f: f.attrs["start_utc"])
    if len(film) <= MIN_QUIET:
        raise BadInput("biosphere growth", "frames", len(film), f"more than {MIN_QUIET} pictures")
    if {f.attrs["camera"] for f in film} != {"a"} or len({f["dn"].shape for f in film}) > 1:
        raise BadInput("biosphere growth", "frames", "several cameras or sizes", "pictures of camera a, of one size")
    if film[0].attrs["binning"] > COARSEST:
        raise BadInput(
            "biosphere growth", "binning", film[0].attrs["binning"], f"pictures binned {COARSEST} x {COARSEST} at most"
        )
    t = np.array([utc_to_t(f.attrs["start_utc"]) for f in film])
    binning = int(film[0].attrs["binning"])
    masks = lasting(green_masks([excess_green(soft_reflectance(f, SMOOTH_PX)) for f in film], t, binning))
    pixel = np.nan_to_num(view("a", binning).pixel_area())
    area = np.array([float(pixel[m].sum()) for m in masks])
    patches = np.array([_count(m) for m in masks])
    floor = max(LEAST_MM2, LEAST_PX * float(np.median(pixel)))
    variance = floor**2 + (AREA_ERROR * area) ** 2
    attrs: dict[str, Any] = {"first_sprout_utc": "", "first_sprout_low_utc": "", "first_sprout_high_utc": ""}
    if (when := change_point(t, area, variance)) is not None:
        names = ("first_sprout_utc", "first_sprout_low_utc", "first_sprout_high_utc")
        attrs = {name: t_to_utc(value, 0) for name, value in zip(names, when, strict=True)}
    attrs["provenance"] = provenance("growth", map(named_source, film), sigmas=SIGMAS, least_mm2=LEAST_MM2)
    return xr.Dataset(
        {
            "t": ("frame", t, {"units": "s", "description": "TDB past J2000"}),
            "area_mm2": ("frame", area, {"units": "mm2"}),
            "area_mm2_variance": ("frame", variance, {"units": "mm4"}),
            "patches": ("frame", patches),
        },
        attrs=attrs,
    )


def excess_green(rgb: Floats) -> Floats:
    """2 g - r - b with r + g + b = 1 (Woebbecke 1995), (line, sample); 0 where it is too dark to tell."""
    total = rgb.sum(axis=-1)
    dark = total < 3 * DARK
    return np.where(dark, 0.0, 3.0 * rgb[..., 1] / np.where(dark, 1.0, total) - 1.0).astype(np.float32)


def green_masks(index: Sequence[Floats], t: Array, binning: int) -> list[Mask]:
    """Where each picture is greener than the background and the patch is large enough, (line, sample) each.

    index: excess green of each picture; t: their times, (n,). Background: median and scatter of the first day.
    """
    import cv2

    quiet = max(MIN_QUIET, int((t < t[0] + QUIET_S).sum()))
    early = np.stack(index[:quiet])
    usual = np.median(early, axis=0)
    scatter = 1.4826 * np.median(np.abs(early - usual), axis=0)
    scatter = np.maximum(scatter, np.median(scatter))
    limit = np.maximum(usual, 0.0) + np.maximum(SIGMAS * scatter, LEAST_GREEN)
    elsewhere = ~_card(binning)
    least = LEAST_MM2 / float(np.nanmedian(view("a", binning).pixel_area()))
    out = []
    for one in index:
        mask = (cv2.medianBlur(one, 3) > limit) & elsewhere
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
        keep = stats[:, cv2.CC_STAT_AREA] >= max(least, LEAST_PX)
        keep[0] = False
        out.append(keep[labels])
    return out


def lasting(masks: Sequence[Mask]) -> list[Mask]:
    """The masks without patches that are gone in either of the next two pictures."""
    import cv2

    around = np.ones((7, 7), np.uint8)
    grown = [cv2.dilate(m.astype(np.uint8), around) > 0 for m in masks]
    out = []
    for k, mask in enumerate(masks):
        later = grown[k + 1 : k + 3]
        stays = mask.copy()
        for g in later:
            stays &= g
        if not later and k:
            stays &= grown[k - 1]
        _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        alive = np.zeros(int(labels.max()) + 1, bool)
        alive[np.unique(labels[stays])] = True
        alive[0] = False
        out.append(alive[labels])
    return out


def change_point(t: Array, area: Array, variance: Array) -> tuple[float, float, float] | None:
    """When the area began to grow: mean, 5 and 95 percentile (s), or None where it never does.

    Bayesian on a grid with a flat prior: nothing before t0, a cubic of t - t0 with coefficients >= 0 after; normal
    errors of the given variance, evaluated at the best curve for each t0; then widened by LAW_ERROR.
    """
    from scipy.optimize import nnls

    green = area > 0.0
    held = np.array([green[k : k + HELD].all() for k in range(len(green))])
    if not held.any() or held[0]:
        return None
    first = int(np.argmax(held))
    end = max(first + HELD, int(np.searchsorted(t, t[first] + TELLING_S)))
    t, area, error = t[:end], area[:end], np.sqrt(variance[:end])
    grid = np.arange(t[0], t[first] + GRID_S, GRID_S)
    fit = np.empty(len(grid))
    for k, t0 in enumerate(grid):
        tau = np.maximum(t - t0, 0.0) / 86400.0
        basis = np.stack([(t >= t0).astype(float), tau, tau**2, tau**3], axis=1) / error[:, None]
        fit[k] = nnls(basis, area / error)[1] ** 2
    weight = np.exp(-0.5 * (fit - fit.min()))
    share = np.cumsum(weight) / weight.sum()
    low, high = np.interp([0.05, 0.95], share, grid)
    when, blur = float(weight @ grid / weight.sum()), _90 * LAW_ERROR * (t[first] - t[first - 1])
    return (
        when,
        when - float(np.hypot(when - low, blur)),
        min(when + float(np.hypot(high - when, blur)), float(t[first])),
    )


def _count(mask: Mask) -> int:
    import cv2

    return int(cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0]) - 1


@lru_cache(maxsize=4)
def _card(binning: int) -> Mask:
    """Where the grey card lies in the picture, with a margin."""
    card = numbers()["card"]
    x, y = np.moveaxis(view("a", binning).on_soil(), -1, 0)
    half = np.array(card["size_mm"]) / 2 + 1.5
    return np.asarray((np.abs(x - card["centre_mm"][0]) < half[0]) & (np.abs(y - card["centre_mm"][1]) < half[1]))
