"""Where on the Moon the lander stands: the film's own map found again in an orbital one.

The sheet whose posts are nearest to the map's is held against the map by normalised correlation. Its quarters are held
against it one by one, too: what they disagree by is the error. A map of heights is shaded under the Sun of the hour.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Azimuthal, Site
from farside.products.lcam.ortho import Sheet
from farside.sky import sun_direction

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

SEARCH_M = 600.0
"""How far from the place that is given the landing point is sought: maps differ by 444 m at Chang'e 4's (Di 2019)."""
LEAST_PEAK = 0.4
LEAST_LEAD = 1.15
"""The best correlation over the best one elsewhere."""
LEAST_POSTS = 40
"""Of the map along a side of the sheet."""
BAND = 0.04
"""Of the sheet's width: larger things are not compared."""
PEAK_PX = 0.25
"""Least error of a correlation's place, posts: maps are shaded, or lit, otherwise than the film; assumed."""
MOST_POSTS = 2500
"""Of the map along a side of what is searched."""


@dataclass(frozen=True)
class Place:
    """Where the landing point is: planetocentric latitude and east longitude, degrees, in ``frame``.

    sigma_m (2,): east and north; None where nobody says. correlation: with the map, NaN where there is none.
    """

    lat_deg: float
    lon_deg: float
    sigma_m: Array | None
    frame: str
    correlation: float = float("nan")


def find_in_map(sheets: list[Sheet], map_file: Path, near: Site, t: float) -> Place:
    """Find the landing point in an orbital map: a GeoTIFF of brightness (integers) or of heights (real numbers, m).

    near: about where the landing point is. t: TDB s past J2000, for the Sun. Raises BadInput where the map shows
    nothing there, is too coarse for the film's sheets, or does not resemble them.
    """
    pixel = _pixel_m(map_file, near)
    fit = [s for s in sheets if s.width_m / max(pixel, s.spacing_m) >= LEAST_POSTS]
    if not fit:
        widest = (
            f"pixels of {sheets[0].width_m / LEAST_POSTS:.3g} m or smaller" if sheets else "a film that shows ground"
        )
        raise BadInput(str(map_file), "pixel, m", round(pixel, 3), widest)
    sheet = min(fit, key=lambda s: abs(np.log(s.spacing_m / pixel)))
    spacing = max(pixel, sheet.spacing_m, (sheet.width_m + 2.0 * SEARCH_M) / MOST_POSTS)
    template, known = _coarser(sheet, spacing)
    around = _map_around(map_file, near, spacing, len(template) + 2 * int(np.ceil(SEARCH_M / spacing)), t)
    wide = BAND * len(template)
    around, template = _fine(around, wide), _fine(template, wide)
    (right, down), peak, second = _best(around, template, known)
    if peak < LEAST_PEAK or peak < LEAST_LEAD * second:
        raise BadInput(str(map_file), "correlation", round(peak, 2), f"{LEAST_PEAK} or more in one place alone")
    half = len(template) // 2
    quarters = []
    for rows, columns in ((r, c) for r in (slice(half), slice(half, None)) for c in (slice(half), slice(half, None))):
        part, there = template[rows, columns], known[rows, columns]
        y0, x0 = round(down) + (rows.start or 0), round(right) + (columns.start or 0)
        window = around[max(y0 - 3, 0) : y0 + len(part) + 3, max(x0 - 3, 0) : x0 + part.shape[1] + 3]
        if there.mean() > 0.5 and min(np.subtract(window.shape, part.shape)) >= 2:
            (x, y), own, _ = _best(window, part, there)
            if own > LEAST_PEAK:
                quarters.append((x + max(x0 - 3, 0) - x0, y + max(y0 - 3, 0) - y0))
    spread = np.ptp(np.array(quarters), axis=0) / 2.0 if len(quarters) > 1 else np.full(2, 1.0)
    sigma = spacing * np.hypot(PEAK_PX, spread / np.sqrt(max(len(quarters), 1)))
    middle = 0.5 * (len(around) - 1)
    x = (right + 0.5 * (template.shape[1] - 1) - middle) * spacing
    y = -(down + 0.5 * (len(template) - 1) - middle) * spacing
    lat, lon = Azimuthal("equidistant", near.lat_deg, near.lon_deg).latlon(x, y)
    return Place(float(np.degrees(lat)), float(np.degrees(lon)), sigma, f"MOON_ME of the map {map_file.name}", peak)


def check_map(map_file: Path, near: Site) -> None:
    """Raise BadInput for a file that is no map, or none of this place."""
    _pixel_m(map_file, near)


def _pixel_m(path: Path, near: Site) -> float:
    """Ground that a pixel of the map covers near the place."""
    import rasterio
    from rasterio.warp import transform

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # said below
            file = rasterio.open(path)
        with file:
            if file.crs is None:
                raise BadInput(str(path), "map", "no coordinate system", "a GeoTIFF that says where on the Moon it is")
            crs = Azimuthal("equidistant", near.lat_deg, near.lon_deg).wkt
            (x,), (y,) = transform(crs, file.crs, [0.0], [0.0])
            row, column = file.index(x, y)
            if not (0 <= row < file.height and 0 <= column < file.width):
                raise BadInput(str(path), "map", f"nothing at {near.lat_deg} N {near.lon_deg} E", "a map of that place")
            corners = [file.xy(row, column), file.xy(row, column + 1)]
            (x0, x1), (y0, y1) = transform(file.crs, crs, *map(list, zip(*corners, strict=True)))
            return float(np.hypot(x1 - x0, y1 - y0))
    except rasterio.errors.RasterioError as error:
        raise BadInput(str(path), "map", "cannot be read", f"a GeoTIFF ({error})") from error


def _map_around(path: Path, near: Site, spacing: float, count: int, t: float) -> Floats:
    """The map (line, sample), north up, about the place; heights are shaded."""
    import rasterio
    from rasterio.warp import Resampling, reproject

    out = np.full((count, count), np.nan, np.float32)
    half = 0.5 * count * spacing
    with rasterio.open(path) as file:
        heights = np.dtype(file.dtypes[0]).kind == "f"
        reproject(
            rasterio.band(file, 1), out, dst_transform=rasterio.Affine(spacing, 0.0, -half, 0.0, -spacing, half),
            dst_crs=Azimuthal("equidistant", near.lat_deg, near.lon_deg).wkt, dst_nodata=np.nan,
            resampling=Resampling.bilinear,
        )  # fmt: skip
    if heights:
        down, right = np.gradient(out, spacing)
        sun = sun_direction(near, t)
        normal = np.stack([-right, down, np.ones_like(right)], axis=-1)
        out = np.asarray(np.maximum(normal @ sun, 0.0) / np.linalg.norm(normal, axis=-1), np.float32)
    return np.where(np.isfinite(out), out, np.float32(np.nanmean(out) if np.isfinite(out).any() else 0.0))


def _coarser(sheet: Sheet, spacing: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Light of the sheet at this spacing, and where it is known."""
    import cv2

    known = np.isfinite(sheet.light)
    light = np.where(known, sheet.light, np.float32(np.nanmedian(sheet.light)))
    size = round(sheet.width_m / spacing)
    told = {"dsize": (size, size), "interpolation": cv2.INTER_AREA}
    return cv2.resize(light, **told), cv2.resize(known.astype(np.float32), **told) > 0.9  # type: ignore[call-overload,return-value]


def _fine(light: Floats, wide: float) -> Floats:
    """Without what is larger than a Gaussian of this standard deviation: slopes and shades are everywhere."""
    import cv2

    return np.asarray(light - cv2.GaussianBlur(light, (0, 0), wide), np.float32)


def _best(around: Floats, part: Floats, known: NDArray[np.bool_]) -> tuple[tuple[float, float], float, float]:
    """Column and row of the best place for the part's first corner, its correlation, and the best one elsewhere."""
    import cv2

    fit = cv2.matchTemplate(around, part, cv2.TM_CCOEFF_NORMED, mask=known.astype(np.float32))
    fit = np.where(np.isfinite(fit), fit, -1.0).astype(float)
    y, x = np.unravel_index(fit.argmax(), fit.shape)
    peak = float(fit[y, x])
    far = fit.copy()
    reach = max(len(part) // 20, 3)
    far[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = -1.0
    return (x + _finer(np.asarray(fit[y]), int(x)), y + _finer(np.asarray(fit[:, x]), int(y))), peak, float(far.max())


def _finer(values: NDArray[Any], k: int) -> float:
    """Where the parabola through a peak and its neighbours is highest, from the peak."""
    if not 0 < k < len(values) - 1:
        return 0.0
    before, here, after = (float(v) for v in values[k - 1 : k + 2])
    bend = before - 2.0 * here + after
    return 0.5 * (before - after) / bend if bend < 0.0 else 0.0
