"""How charts look: dark paper, colours that everybody tells apart, and the same bytes each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import t_to_utc
from farside.work import atomic_write

Array = NDArray[np.float64]

PAPER, INK, FAINT = "#0b0e14", "#e6e6e6", "#39414f"
GREY = "#8a8f98"
COLOURS = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00")
"""Of relays, in order (Okabe and Ito 2008)."""
KINDS = ("png", "svg")
_DPI = 110


def figure(width: float, height: float, title: str) -> Any:
    """An empty figure, inches, with its title over it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), dpi=_DPI, layout="constrained", facecolor=PAPER)
    FigureCanvasAgg(made)
    made.suptitle(title, color=INK, fontsize=13, x=0.01, ha="left")
    return made


def dress(ax: Any, xlabel: str = "", ylabel: str = "") -> None:
    """Ink, grid and the names of the axes with their units."""
    ax.set_facecolor(PAPER)
    ax.tick_params(colors=INK, which="both", length=3, labelsize=9)
    for spine in ax.spines.values():
        spine.set_color(FAINT)
    ax.grid(visible=True, color=FAINT, lw=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel(xlabel, color=INK)
    ax.set_ylabel(ylabel, color=INK)


def key(ax: Any, **where: Any) -> None:
    """The legend of what has a label."""
    ax.legend(frameon=False, labelcolor=INK, fontsize=9, **where)


def dates(t: Array) -> Array:
    """Matplotlib's dates (days of UTC since 1970) of rising times t (n,), TDB s past J2000.

    A leap second between the first and the last is spread over all of them.
    """
    epoch, day = np.datetime64("1970-01-01T00:00:00.000"), np.timedelta64(1, "D")
    first, last = (
        float((np.datetime64(t_to_utc(float(edge), 3).removesuffix("Z")) - epoch) / day) for edge in (t[0], t[-1])
    )
    span = float(t[-1] - t[0])
    return first + (t - t[0]) * ((last - first) / span if span else 0.0)


def date_axis(ax: Any) -> None:
    """Ticks at round dates."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    ax.xaxis.get_offset_text().set_color(INK)


def save(made: Any, path: Path) -> Path:
    """Write a figure as PNG or SVG by the name of the file, whole or not at all. Raises BadInput for other names."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise BadInput("chart", "path", str(path), "a name that ends in .png or .svg")
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "farside", "svg.fonttype": "path"}):
        settle(made)
        metadata = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
        with atomic_write(path) as part:
            made.savefig(part, format=kind, metadata=metadata, facecolor=PAPER)
    return path


def settle(made: Any) -> None:
    """Lay the panels out once, on round numbers: the solver's last bits change from run to run."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if not isinstance(made.get_layout_engine(), ConstrainedLayoutEngine):
        return  # it has been done
    made.draw_without_rendering()
    made.set_layout_engine("none")
    for ax in made.axes:
        ax.set_position(np.round(ax.get_position().bounds, 6))
