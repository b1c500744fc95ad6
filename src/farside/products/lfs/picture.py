"""The dynamic spectrum as a picture: frequency in MHz against UTC, the ridge on it, the sky's spectrum beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import t_to_utc
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

PAPER, INK, SKY, RIDGE = "#0b0e14", "#e6e6e6", "#56b4e9", "#e69f00"
"""Dark paper; blue and orange of a palette that everybody tells apart (Okabe and Ito 2008)."""
ROWS, COLUMNS = 200, 400


def write_picture(product: xr.Dataset, path: Path) -> Path:
    """Write the picture of a dynamic spectrum as PNG, whole or not at all; return ``path``.

    The same product gives the same bytes.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.8, 6.4), dpi=100, layout="constrained", facecolor=PAPER)
    FigureCanvasAgg(figure)
    spectrum, sky = figure.subplots(1, 2, width_ratios=[4, 1], sharey=True)
    _draw_spectrum(figure, spectrum, product)
    _draw_sky(sky, product)
    for axes in (spectrum, sky):
        axes.set_facecolor(PAPER)
        axes.tick_params(colors=INK, which="both")
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            text.set_color(INK)
        for spine in axes.spines.values():
            spine.set_color(INK)
    with atomic_write(path) as part:
        figure.savefig(part, format="png", metadata={"Software": None}, facecolor=PAPER)
    return path


def _draw_spectrum(figure: Any, axes: Any, product: xr.Dataset) -> None:
    time, mhz = product["time"].to_numpy(), product["frequency"].to_numpy() * 1e-6
    start, minutes = time[0], (time - time[0]) / 60.0
    edges = np.geomspace(mhz[0], mhz[-1], ROWS + 1)
    above, shown_minutes = _binned(_above_quiet(product), mhz, edges, minutes)
    image = 10.0 * np.log10(np.maximum(above, 1e-3))
    mesh = axes.pcolormesh(shown_minutes, edges, image, cmap="cividis", vmin=0.0, vmax=_top(image), rasterized=True)
    bar = figure.colorbar(mesh, ax=axes, pad=0.01)
    bar.set_label("above the quiet background, dB", color=INK)
    bar.ax.tick_params(colors=INK)
    axes.set_yscale("log")
    axes.set_ylim(edges[0], edges[-1])
    axes.set_xlim(shown_minutes[0], shown_minutes[-1])
    axes.set_ylabel("frequency, MHz")
    axes.set_xlabel(f"UTC, {product.attrs['start_utc'][:10]}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:g}".lstrip("0.")[0] in "235" else "")
    axes.xaxis.set_major_formatter(lambda value, _: t_to_utc(start + 60.0 * value, 0)[11:19])
    _draw_ridge(axes, product, start)


def _above_quiet(product: xr.Dataset) -> Array:
    """Power (time, frequency) over that of the quiet background: 1 where nothing bursts."""
    variance = product["variance"].to_numpy()
    seen = np.isfinite(variance).any(axis=0)
    quiet = np.full(len(seen), np.nan)
    quiet[seen] = np.sqrt(np.nanmedian(variance[:, seen], axis=0) * product.attrs["looks"])
    return 1.0 + product["flux"].to_numpy() / quiet


def _draw_ridge(axes: Any, product: xr.Dataset, start: float) -> None:
    a = product.attrs
    if "drift_exponent" not in a:
        axes.set_title("no burst")
        return
    when, mhz = (product["ridge_time"].to_numpy() - start) / 60.0, product["ridge_frequency"].to_numpy() * 1e-6
    error = product["ridge_time_error"].to_numpy() / 60.0
    axes.errorbar(
        when, mhz, xerr=2.0 * error, fmt="o", ms=4, color=RIDGE, ecolor=RIDGE, elinewidth=1, label="ridge ±2σ"
    )
    f = np.geomspace(mhz.min(), mhz.max(), 200) * 1e6
    fitted = a["drift_t0_s"] + a["drift_c_s"] * (f / a["drift_f0_hz"]) ** (1.0 - a["drift_exponent"])
    axes.plot(fitted / 60.0, f * 1e-6, color="#ffffff", lw=1, zorder=3, label="df/dt ∝ −f$^α$")
    axes.legend(loc="upper right", facecolor=PAPER, edgecolor=INK, labelcolor=INK)
    low, high = a["drift_exponent_interval"]
    axes.set_title(f"Type III burst: drift exponent α = {a['drift_exponent']:.2f} (95 %: {low:.2f} to {high:.2f})")


def _draw_sky(axes: Any, product: xr.Dataset) -> None:
    mhz = product["frequency"].to_numpy() * 1e-6
    sky = product["brightness"].to_numpy() * 1e20
    error = 2e20 * np.sqrt(product["brightness_variance"].to_numpy())
    good = np.isfinite(sky)
    axes.fill_betweenx(mhz[good], (sky - error)[good], (sky + error)[good], color=SKY, alpha=0.35, lw=0)
    axes.plot(sky[good], mhz[good], color=SKY, lw=1)
    axes.set_xlim(0.0, 1.3 * float(np.nanpercentile(sky + error, 98)))
    axes.set_xlabel("10$^{-20}$ W m$^{-2}$ Hz$^{-1}$ sr$^{-1}$")
    axes.set_title("quiet sky ±2σ")


def _binned(values: Array, mhz: Array, edges: Array, minutes: Array) -> tuple[Array, Array]:
    """Means in log-spaced rows and at most COLUMNS columns, and the columns' edges.

    A row without a channel takes the nearest one.
    """
    step = -(-len(minutes) // COLUMNS)
    kept = len(minutes) // step * step
    columns = values[:kept].reshape(-1, step, len(mhz))
    good = np.isfinite(columns)
    columns = np.where(good, columns, 0.0).sum(axis=1)
    count = good.sum(axis=1)
    rows = np.empty((len(edges) - 1, len(columns)))
    place = np.searchsorted(edges, mhz, side="right") - 1
    middle = np.sqrt(edges[:-1] * edges[1:])
    for i in range(len(rows)):
        inside = np.flatnonzero(place == i)
        if not inside.size:
            inside = np.array([int(np.argmin(np.abs(mhz - middle[i])))])
        n = count[:, inside].sum(axis=1)
        rows[i] = np.where(n > 0, columns[:, inside].sum(axis=1) / np.maximum(n, 1), np.nan)
    width = float(np.median(np.diff(minutes))) if len(minutes) > 1 else 1.0
    return rows, minutes[0] + width * step * np.arange(len(columns) + 1)


def _top(image: Array) -> float:
    return max(3.0, float(np.nanpercentile(image, 99.5)))
