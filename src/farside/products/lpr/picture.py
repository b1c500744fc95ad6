"""The radargram as a picture: time section above, depth section with layers below, metres and nanoseconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.products.lpr.section import SD_90
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

INK, PAPER = "#d8dee6", "#10141a"
ORANGE, BLUE = "#e69f00", "#56b4e9"
"""Okabe and Ito's colours, told apart by everybody."""


def write_picture(product: xr.Dataset, path: Path) -> Path:
    """Write a radargram as PNG, 1600 x 1800, the same bytes every time; return ``path``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((16, 18), dpi=100, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(3, 1, height_ratios=[6, 8, 1.5], sharex=True)
    a = product.attrs
    frequency = "60 MHz" if a["mode"] == "1" else "500 MHz"
    figure.suptitle(
        f"Lunar Penetrating Radar, channel {a['mode']} ({frequency}), sequence {a['sequence_id']}, {a['start_utc']}",
        color=INK, fontsize=14,
    )  # fmt: skip
    _time(grid[0], product)
    _depth(grid[1], product)
    _pose(grid[2], product)
    for axes in grid:
        axes.set_facecolor(PAPER)
        axes.tick_params(colors=INK)
        for spine in axes.spines.values():
            spine.set_color(INK)
        for label in (axes.xaxis.label, axes.yaxis.label, axes.title):
            label.set_color(INK)
    with atomic_write(path) as part:
        figure.savefig(part, format="png", facecolor=PAPER, metadata={"Software": None})
    return path


def _edges(product: xr.Dataset) -> tuple[float, float]:
    x = product["distance_m"].to_numpy()
    half = 0.5 * (x[-1] - x[0]) / max(len(x) - 1, 1) or 0.5
    return float(x[0] - half), float(x[-1] + half)


def _levelled(image: Any) -> Any:
    """An image (trace, row) over its usual size around each row, so that near and far are seen alike."""
    rms = np.sqrt((image.astype(float) ** 2).mean(axis=0))
    window = max(image.shape[1] // 12, 3)
    usual = np.convolve(np.pad(rms, window, "edge"), np.ones(2 * window + 1) / (2 * window + 1), "valid")
    return image / np.maximum(usual, 1e-12)


def _time(axes: Any, product: xr.Dataset) -> None:
    time = product["time_ns"].to_numpy()
    last = float(product.attrs["noise_from_ns"])
    left, right = _edges(product)
    axes.imshow(
        _levelled(product["amplitude"].to_numpy()[:, time <= last]).T, cmap="gray", vmin=-2.5, vmax=2.5, aspect="auto",
        extent=(left, right, last, 0.0), interpolation="antialiased",
    )  # fmt: skip
    axes.set_ylabel("two-way time (ns)")
    axes.set_title("echoes, background removed, spreading and loss made good", fontsize=11)


def _depth(axes: Any, product: xr.Dataset) -> None:
    image, depth = product["migrated"].to_numpy(), product["depth_m"].to_numpy()
    left, right = _edges(product)
    axes.imshow(
        _levelled(image).T, cmap="gray", vmin=-2.5, vmax=2.5, aspect="auto",
        extent=(left, right, depth[-1], 0.0), interpolation="antialiased",
    )  # fmt: skip
    x = product["distance_m"].to_numpy()
    for k in range(product.sizes["layer"]):
        line, low, high = (product[f"layer_{name}_m"].to_numpy()[k] for name in ("depth", "low", "high"))
        bar = left + (right - left) * (0.985 - 0.02 * k)  # intervals side by side, where deep ones overlap
        middle = float(np.median(line))
        reach = [[middle - float(np.median(low))], [float(np.median(high)) - middle]]
        axes.errorbar([bar], [middle], yerr=reach, color=ORANGE, capsize=4, linewidth=2)
        axes.plot(x, line, color=ORANGE, linewidth=1.6)
        axes.annotate(
            f"{np.median(line):.1f} m ({np.median(low):.1f} to {np.median(high):.1f})", (x[0], line[0]), (6, 6),
            textcoords="offset points", color=ORANGE, fontsize=11,
            bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.7, "pad": 2},
        )  # fmt: skip
    a = product.attrs
    scale, sd = a["index_scale"], a["index_scale_sd"]
    mean = float((np.sqrt(product["permittivity"].to_numpy()[depth <= 12.0]).mean()) ** 2)
    axes.set_ylim(depth[-1], 0.0)
    axes.set_ylabel("depth (m)")
    axes.set_title(
        f"migrated; permittivity of the upper 12 m {mean:.2f} ± {SD_90 * 2 * sd * mean:.2f} at 90 % "
        f"(index x {scale:.3f}, {a['diffractions']} diffractions)",
        fontsize=11,
    )  # fmt: skip


def _pose(axes: Any, product: xr.Dataset) -> None:
    x, position = product["distance_m"].to_numpy(), product["position"].to_numpy()
    yaw = product["attitude"].to_numpy()[:, 2].astype(float)
    yaw_deg = np.degrees(yaw) if product.attrs["attitude_unit"] == "rad" else yaw
    axes.plot(x, position[:, 0], color=BLUE, label="north (m)")
    axes.plot(x, position[:, 1], color=ORANGE, label="east (m)")
    axes.set_ylabel("position (m)")
    axes.set_xlabel("distance along the way (m)")
    twin = axes.twinx()
    twin.plot(x, yaw_deg, color=INK, linestyle=":", label="yaw (deg)")
    twin.set_ylabel("yaw (deg)", color=INK)
    twin.tick_params(colors=INK)
    lines = axes.get_lines() + twin.get_lines()
    names = [line.get_label() for line in lines]
    axes.legend(lines, names, loc="upper right", ncols=3, facecolor=PAPER, labelcolor=INK, fontsize=9)
