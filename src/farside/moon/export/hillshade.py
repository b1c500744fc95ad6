"""A picture of a plot: relief shaded by a low Sun, tinted by elevation."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.moon.export.plot import Plot
from farside.work import atomic_write

SIDE = 1024
"""Pixels of relief along the picture's side, at most."""
SUN_AZIMUTH_DEG, SUN_ELEVATION_DEG = 315.0, 20.0


def shade(height: NDArray[np.floating], post_m: float) -> NDArray[np.float64]:
    """Brightness 0..1 of a grey Lambert surface under the Sun; rows from the north."""
    south, east = np.gradient(np.asarray(height, float), post_m)
    azimuth, elevation = math.radians(SUN_AZIMUTH_DEG), math.radians(SUN_ELEVATION_DEG)
    sun = math.sin(azimuth) * math.cos(elevation), math.cos(azimuth) * math.cos(elevation), math.sin(elevation)
    light = (-east * sun[0] + south * sun[1] + sun[2]) / np.sqrt(1 + east**2 + south**2)
    return np.clip(light, 0.0, 1.0)


def draw(path: Path, plot: Plot, height: NDArray[np.floating], title: str, about: str) -> None:
    """Write a PNG of elevations (rows from the north) of the whole plot, any number of them."""
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    light = shade(height, plot.size_m / height.shape[0])
    low, high = np.percentile(height, [0.5, 99.5])
    scale = Normalize(low, max(high, low + 1e-3))
    tint = colormaps["cividis"](scale(height))[..., :3]
    picture = np.clip(light[..., None] / math.sin(math.radians(SUN_ELEVATION_DEG)) * 0.55, 0, 1) * (0.35 + 0.65 * tint)
    unit, factor = ("km", 1e-3) if plot.size_m >= 3000 else ("m", 1.0)
    half = 0.5 * plot.size_m * factor
    figure = Figure(figsize=(9.0, 8.0), layout=ConstrainedLayoutEngine(rect=(0, 0.02, 1, 0.98)))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(picture, extent=(-half, half, -half, half), interpolation="lanczos")
    axes.set(xlabel=f"east ({unit})", ylabel=f"north ({unit})")
    axes.set_title(title, loc="left")
    bar = figure.colorbar(ScalarMappable(scale, "cividis"), ax=axes, shrink=0.8)
    bar.set_label("elevation above the 1737.4 km sphere (m)")
    figure.text(0.01, 0.005, f"{about}; Sun from {SUN_AZIMUTH_DEG:.0f}°, {SUN_ELEVATION_DEG:.0f}° high",
                fontsize=8, color="0.35")  # fmt: skip
    with atomic_write(path) as part:
        figure.savefig(part, format="png", dpi=120, metadata={"Software": None})
