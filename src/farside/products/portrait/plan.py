"""Elevation models and changes seen from above, with their scale in metres."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.products.colour import linear_srgb
from farside.products.portrait.change import RAISED, SUNK
from farside.products.tone import lit, shown
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

PAPER, INK, QUIET = "#11151c", "#e6e9ee", "#8b94a3"
BLUE, ORANGE = "#56b4e9", "#e69f00"
"""Okabe and Ito 2008: told apart by all kinds of colour vision."""
WIDTH_IN, HEIGHT_IN, DPI = 12.0, 6.5, 100
ENDS = (1.0, 99.0)
"""Percentiles of the heights that colours end at."""


def write_plan(product: xr.Dataset, path: Path) -> Path:
    """Write heights (cividis) and orthophoto of an elevation model side by side as PNG; return ``path``."""
    height = product["height"].to_numpy()
    figure, (left, right) = _sheet(product, ("height", "orthophoto"))
    low, high = np.nanpercentile(height, ENDS)
    drawn = left.imshow(height, cmap="cividis", vmin=low, vmax=high, extent=_extent(product), interpolation="nearest")
    bar = figure.colorbar(drawn, ax=left, shrink=0.8)
    bar.set_label("height, m", color=INK)
    bar.ax.tick_params(colors=QUIET)
    right.imshow(_photo(product), extent=_extent(product), interpolation="nearest")
    return _saved(figure, path)


def write_change(product: xr.Dataset, after: xr.Dataset, path: Path) -> Path:
    """Write what has changed on the later day's orthophoto, raised orange and sunk blue, beside the difference."""
    figure, (left, right) = _sheet(product, ("later height less earlier", "changed: orange raised, blue sunk"))
    difference, sigma = product["difference"].to_numpy(), product["sigma"].to_numpy()
    most = 4.0 * float(np.nanmedian(sigma)) if np.isfinite(sigma).any() else 1.0
    drawn = left.imshow(
        difference, cmap="cividis", vmin=-most, vmax=most, extent=_extent(product), interpolation="nearest"
    )
    bar = figure.colorbar(drawn, ax=left, shrink=0.8)
    bar.set_label("difference, m", color=INK)
    bar.ax.tick_params(colors=QUIET)
    right.imshow(_photo(after), extent=_extent(after), interpolation="nearest")
    changed = product["changed"].to_numpy()
    marks = np.zeros((*changed.shape, 4))
    for what, colour in ((RAISED, ORANGE), (SUNK, BLUE)):
        marks[changed == what] = [*(int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5)), 1.0]
    right.imshow(marks, extent=_extent(product), interpolation="nearest")
    for place in json.loads(product.attrs["places"]):
        radius = np.sqrt(place["area_m2"] / np.pi)
        _ring(right, place["x_m"], place["y_m"], 2.0 * radius + 0.1, ORANGE if place["height_m"] > 0 else BLUE)
    right.set_xlim(left.get_xlim())
    right.set_ylim(left.get_ylim())
    return _saved(figure, path)


def _sheet(product: xr.Dataset, titles: tuple[str, str]) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    east = product.attrs["frame"].startswith("east")
    names = ("east of the rover, m", "north of the rover, m") if east else ("to the right, m", "ahead, m")
    both = figure.subplots(1, 2)
    for axes, title in zip(both, titles, strict=True):
        axes.set_facecolor("black")
        axes.set_title(title, color=INK, fontsize=11)
        axes.set_xlabel(names[0], color=INK)
        axes.set_ylabel(names[1], color=INK)
        axes.tick_params(colors=QUIET)
        for side in axes.spines.values():
            side.set_color(QUIET)
    return figure, both


def _extent(product: xr.Dataset) -> tuple[float, float, float, float]:
    """West, east, south, north of all squares."""
    a = product.attrs
    lines, samples = product[next(iter(product.data_vars))].shape[:2]
    half = 0.5 * a["post_m"]
    return (
        a["west_m"] - half, a["west_m"] + (samples - 0.5) * a["post_m"],
        a["north_m"] - (lines - 0.5) * a["post_m"], a["north_m"] + half,
    )  # fmt: skip


def _photo(product: xr.Dataset) -> NDArray[np.uint8]:
    """The orthophoto in sRGB, its bright ground nearly white."""
    light = product["image"].to_numpy() * np.float32(product["image"].attrs["scale"])
    nothing = np.zeros(light.shape[:2], bool)
    srgb = linear_srgb(light, nothing, product.attrs["instrument"], product.attrs["mode"])
    pixels = lit(srgb, nothing)
    return shown(srgb / np.float32(np.percentile(pixels, 99.0) if pixels.size else 1.0))


def _ring(axes: Any, x: float, y: float, radius: float, colour: str) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle((x, y), radius, fill=False, edgecolor=colour, lw=1.2))


def _saved(figure: Any, path: Path) -> Path:
    with atomic_write(path) as part:
        figure.savefig(part, format="png", metadata={"Software": None})
    return path
