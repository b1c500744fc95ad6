"""Lines of azimuth and elevation over the picture of a panorama, with the horizon."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Overhead, PanoramaMap

Rgb = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""Left, upper, right and lower edge."""

BLUE, ORANGE = (86, 180, 233), (230, 159, 0)
"""Told apart by everybody (Okabe & Ito 2008)."""
AZIMUTHS_DEG = range(0, 360, 30)
ELEVATIONS_DEG = range(-80, 90, 10)
NAMES = {0: "N", 90: "E", 180: "S", 270: "W"}
STEP_DEG = 0.25
"""Lines are drawn in pieces so long."""


def graticule(picture: Rgb, grid: PanoramaMap, north: bool) -> Rgb:
    """The picture (line, sample, 3) of a panorama in ``grid``, at any size, with its lines: blue, the horizon orange.

    north: azimuth counts from there; otherwise its lines have numbers only.
    """
    from PIL import Image, ImageDraw

    lines, samples = picture.shape[:2]
    per = samples / grid.width
    out = Image.fromarray(picture)
    draw = ImageDraw.Draw(out)
    width = max(1, round(max(lines, samples) / 4000))
    font = _font(max(11, round(min(max(lines, samples) / 120, lines / 12))))
    around, up = np.arange(0.0, 360.0 + STEP_DEG, STEP_DEG), np.arange(-89.0, 89.0 + STEP_DEG, STEP_DEG)

    def place(az: NDArray[Any] | float, el: NDArray[Any] | float) -> NDArray[np.float64]:
        column, row = grid.pixel(np.radians(az), np.radians(el))
        return np.stack(np.broadcast_arrays((column + 0.5) * per - 0.5, (row + 0.5) * per - 0.5), axis=-1)

    elevations = [el for el in ELEVATIONS_DEG if not isinstance(grid, Overhead) or el + 90.0 < grid.reach_deg]
    for el in elevations:
        _line(draw, place(around, float(el)), samples, lines, ORANGE if el == 0 else BLUE, width + (el == 0))
    for az in AZIMUTHS_DEG:
        _line(draw, place(float(az), up), samples, lines, BLUE, width)
    taken: list[Box] = []
    for az in AZIMUTHS_DEG:
        spot = place(float(az), up)
        inside = spot[(np.abs(spot - [samples / 2, lines / 2]) < [samples / 2 - 1, lines / 2 - 1]).all(axis=1)]
        if len(inside):
            said = NAMES.get(az, f"{az}°") if north else f"{az}°"
            _say(draw, inside[-1], said, font, taken, (samples, lines))
    for el in reversed(elevations):  # from above they crowd towards the nadir
        at = place(45.0 if isinstance(grid, Overhead) else grid.az_left_deg + 1.0, float(el))
        if ((at > 0) & (at < [samples, lines])).all():
            _say(draw, at, f"{el}°".replace("-", "−"), font, taken, (samples, lines))
    return np.asarray(out)


def _line(
    draw: Any, spots: NDArray[np.float64], samples: int, lines: int, colour: tuple[int, int, int], width: int
) -> None:
    """A line through spots, broken where it leaves the picture or leaps from one end to the other."""
    near = ((spots > -samples) & (spots < 2 * samples)).all(axis=1)
    inside = near & (spots[:, 1] > -lines) & (spots[:, 1] < 2 * lines)
    whole = inside[:-1] & inside[1:] & (np.abs(np.diff(spots[:, 0])) < samples / 2)
    for k in np.flatnonzero(whole):
        draw.line([tuple(spots[k]), tuple(spots[k + 1])], colour, width)


def _say(draw: Any, at: NDArray[np.float64], text: str, font: Any, taken: list[Box], size: tuple[int, int]) -> None:
    """Words just right of and below a spot, held inside the picture, on a dark ground that lets them be read; none
    where it would cover ground that is taken.
    """
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    pad = max(2, (bottom - top) // 5)
    x = float(np.clip(at[0] + pad, 0, size[0] - (right - left) - 3 * pad))
    y = float(np.clip(at[1] + pad, 0, size[1] - (bottom - top) - 3 * pad))
    box = x, y, x + right - left + 2 * pad, y + bottom - top + 2 * pad
    if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
        return
    taken.append(box)
    draw.rectangle(box, (0, 0, 0))
    draw.text((x + pad - left, y + pad - top), text, (255, 255, 255), font=font)


def _font(size: int) -> Any:
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)
