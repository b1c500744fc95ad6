"""The experiment on one page: temperatures, air, light and green area over time, each with its 90 % band."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import utc_to_t
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

INK, GRID, PAPER = "#dfe3ea", "#3a4150", "#14171d"
COLOURS = {"blue": "#56b4e9", "orange": "#e69f00", "green": "#2fbf8f", "rose": "#cc79a7", "yellow": "#f0e442"}
"""Okabe and Ito (2008), told apart by colour-blind eyes."""
_BAND = 1.645
_DAY = 86400.0


def write_picture(product: xr.Dataset, path: str | Path) -> Path:
    """Write the charts of a product as PNG, the same bytes for the same product; return the path."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    style: dict[Any, Any] = {
        "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "font.size": 9,
        "axes.facecolor": PAPER, "axes.edgecolor": GRID, "grid.color": GRID, "grid.linewidth": 0.6,
        "legend.frameon": False, "legend.fontsize": 8, "legend.borderaxespad": 0.0,
    }  # fmt: skip
    with mpl.rc_context(style):
        figure = Figure((9.6, 10.8), facecolor=PAPER, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(5, 1, sharex=True)
        start = float(product["t"].to_numpy()[0])
        day = (product["t"].to_numpy() - start) / _DAY
        _climate(axes, product, day)
        _area(axes[4], product, start)
        for axis in axes:
            axis.grid(True)
            axis.spines[["top", "right"]].set_visible(False)
            if axis.get_legend_handles_labels()[1]:
                axis.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)
        axes[4].set_xlabel(f"days after {product.attrs['start_utc'][:16]} UTC")
        with atomic_write(path) as part:
            figure.savefig(part, format="png", dpi=100, metadata={"Software": None})
    return path


def _climate(axes: Any, product: xr.Dataset, day: NDArray[np.float64]) -> None:
    for name, label, colour in (("soil", "soil", "orange"), ("air", "air", "blue"), ("wall", "wall", "rose")):
        _draw(axes[0], product, day, f"{name}_temperature_k", label, colour, offset=-273.15)
    axes[0].set_ylabel("temperature, °C")
    _draw(axes[1], product, day, "pressure_pa", "pressure, kPa", "blue", scale=1e-3)
    axes[1].set_ylabel("pressure, kPa")
    _draw(axes[2], product, day, "co2", "carbon dioxide", "orange", scale=100.0)
    axes[2].set_ylabel("CO₂, %")
    other = axes[2].twinx()
    _draw(other, product, day, "o2", "oxygen", "blue", scale=100.0)
    other.set_ylabel("O₂, %")
    other.spines[["top"]].set_visible(False)
    other.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0))
    _draw(axes[3], product, day, "light_umol_m2_s", "light on the bed", "yellow")
    axes[3].set_ylabel("PPFD, µmol m⁻² s⁻¹")


def _area(axis: Any, product: xr.Dataset, start: float) -> None:
    axis.set_ylabel("green area, mm²")
    if "area_mm2" not in product:
        return
    day = (product["frame_t"].to_numpy() - start) / _DAY
    _draw(axis, product, day, "area_mm2", "green in the pictures", "green")
    axis.plot(day, product["area_mm2"], ".", ms=3, color=COLOURS["green"])
    if product.attrs["first_sprout_utc"]:
        when, low, high = (
            (utc_to_t(product.attrs[f"first_sprout_{key}utc"]) - start) / _DAY for key in ("", "low_", "high_")
        )
        axis.axvspan(low, high, color=COLOURS["yellow"], alpha=0.35, lw=0)
        label = f"first sprout {product.attrs['first_sprout_utc'][:16].replace('T', ' ')}"
        axis.axvline(when, color=COLOURS["yellow"], lw=1.2, label=label)


def _draw(
    axis: Any, product: xr.Dataset, day: NDArray[np.float64], name: str, label: str, colour: str,
    scale: float = 1.0, offset: float = 0.0,
) -> None:  # fmt: skip
    value = product[name].to_numpy() * scale + offset
    band = _BAND * np.sqrt(product[f"{name}_variance"].to_numpy()) * scale
    axis.fill_between(day, value - band, value + band, color=COLOURS[colour], alpha=0.25, lw=0)
    axis.plot(day, value, color=COLOURS[colour], lw=1.3, label=label)
