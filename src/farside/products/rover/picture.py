"""The map of the rover's way: seen from above, north up, the lander in the middle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import t_to_utc
from farside.products.rover.way import Leg
from farside.work import atomic_write

PAPER, INK, QUIET = "#11151c", "#e6e9ee", "#8b94a3"
BLUE, ORANGE = "#56b4e9", "#e69f00"
"""Okabe and Ito 2008: told apart by all kinds of colour vision."""
PADS_M = 2.35
"""The lander's four pads stand this far from its middle (published leg span 4.7 m)."""
ROVER_M = (1.0, 1.5)


def write_map(rover: Mapping[str, NDArray[Any]], way: Sequence[Leg], path: Path) -> Path:
    """Write the way by dead reckoning as PNG, the same bytes for the same telemetry; return ``path``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 7.2), dpi=120, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_facecolor(PAPER)
    _lander(axes)
    on_ground = np.flatnonzero(rover["odometer_m"] > 0.0)
    first = max(int(on_ground[0]) - 1, 0) if len(on_ground) else len(rover["t"]) - 1
    x, y = rover["position_m"][first:, :2].T
    axes.plot(x[:1], y[:1], "o", color=INK, ms=5)
    axes.annotate("off the ramp", (x[0], y[0]), (8, 4), textcoords="offset points", color=INK, fontsize=9)
    for n, leg in enumerate(way, 1):
        _leg(axes, rover, leg, n)
    _rover(axes, rover["position_m"][-1], rover["quaternion"][-1])
    axes.set_aspect("equal")
    axes.margins(0.12)
    axes.grid(color=QUIET, alpha=0.25, linewidth=0.6)
    axes.tick_params(colors=QUIET)
    for side in axes.spines.values():
        side.set_color(QUIET)
    axes.set_xlabel("east of the lander, m", color=INK)
    axes.set_ylabel("north of the lander, m", color=INK)
    legend = axes.legend(loc="lower left", facecolor=PAPER, edgecolor=QUIET, labelcolor=INK, fontsize=9)
    legend.set_visible(bool(way))
    with atomic_write(path) as part:
        figure.savefig(part, format="png", metadata={"Software": None})
    return path


def _lander(axes: Any) -> None:
    from matplotlib.patches import Circle

    for bearing in np.radians([45.0, 135.0, 225.0, 315.0]):
        pad = PADS_M * np.sin(bearing), PADS_M * np.cos(bearing)
        axes.plot([0.0, pad[0]], [0.0, pad[1]], color=QUIET, lw=2)
        axes.add_patch(Circle(pad, 0.24, color=QUIET, lw=0))
    axes.add_patch(Circle((0.0, 0.0), 1.3, facecolor=PAPER, edgecolor=QUIET, lw=2, zorder=2))
    axes.text(0.0, 0.0, "lander", color=INK, ha="center", va="center", fontsize=9, zorder=3)


def _leg(axes: Any, rover: Mapping[str, NDArray[Any]], leg: Leg, number: int) -> None:
    x, y = rover["position_m"][leg.samples, :2].T
    day = t_to_utc(float(rover["t"][leg.samples][0]), 0)[:16].replace("T", " ")
    label = f"{number}: {day} UTC, {leg.way_m:.1f} m by dead reckoning"
    axes.plot([leg.start[0], *x[1:]], [leg.start[1], *y[1:]], color=BLUE, lw=1.8, label=label)
    middle = len(x) // 2
    axes.annotate(f"{number}", (x[middle], y[middle]), (6, 5), textcoords="offset points", color=BLUE, fontsize=12)
    if leg.fixed is not None:
        axes.plot(*np.vstack([leg.reckoned, leg.fixed]).T, color=ORANGE, lw=1.2)
        label = f"{number}: it stood {leg.miss_m:.2f} m off, by the next fix"
        axes.plot(*leg.fixed, "+", color=ORANGE, ms=10, mew=2, label=label)


def _rover(axes: Any, position: NDArray[np.float64], quaternion: NDArray[np.float64]) -> None:
    """The rover where it stands now: its outline, and a line ahead."""
    w, x, y, z = quaternion
    ahead = np.array([2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z)])
    ahead = ahead / np.hypot(*ahead)
    right = np.array([ahead[1], -ahead[0]])
    across, along = (0.5 * side for side in ROVER_M)
    corners = [(-across, -along), (across, -along), (across, along), (-across, along), (-across, -along)]
    outline = np.array([position[:2] + a * right + b * ahead for a, b in corners])
    axes.plot(*outline.T, color=INK, lw=1.4)
    axes.plot(*np.array([position[:2], position[:2] + 1.4 * ahead]).T, color=INK, lw=1.4)
