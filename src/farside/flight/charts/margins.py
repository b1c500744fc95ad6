"""Link margins over time: a panel for each hop, a thin line for each rate, a thick one for the rate in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.flight.charts.style import COLOURS, GREY, INK, date_axis, dates, dress, figure

Array = NDArray[np.float64]

_APART = 0.1  # of a panel's height: a line of text


class Curves(NamedTuple):
    """Margins of a hop: its rates in words, times (n,) in TDB s past J2000, margins in dB (rates, n), and which rate is
    in use (n,; 0 for none, 1 for the first). NaN where a line is to break.
    """

    rates: Sequence[str]
    t: Array
    margins: Array
    used: Array


def margins(title: str, hops: Mapping[str, Curves], start: float, stop: float, wanted_db: float) -> Any:
    """Figure of hops by name, from start to stop (TDB s past J2000)."""
    made = figure(14.0, 1.0 + 2.0 * len(hops), title)
    panels = made.subplots(len(hops), 1, squeeze=False, sharex=True)[:, 0]
    for ax, (name, curves) in zip(panels, hops.items(), strict=True):
        x = dates(np.concatenate([[start], curves.t, [stop]]))[1:-1]
        for k, curve in enumerate(curves.margins):
            colour = COLOURS[k % len(COLOURS)]
            ax.plot(x, curve, color=colour, lw=0.7, alpha=0.75)
            ax.plot(x, np.where(curves.used == k + 1, curve, np.nan), color=colour, lw=2.6, solid_capstyle="butt")
        ax.axhline(wanted_db, color=INK, lw=0.8, ls=(0, (4, 4)), alpha=0.8)
        dress(ax)
        ax.set_ylabel(f"{name}\nmargin, dB", color=INK)
        _name_rates(ax, curves)
    panels[0].set_title(
        "thick: the rate in use; dashed: the margin that is wanted", color=GREY, fontsize=10, loc="left"
    )
    date_axis(panels[-1])
    panels[-1].set_xlabel("UTC", color=INK)
    panels[-1].set_xlim(*dates(np.array([start, stop])))
    return made


def _name_rates(ax: Any, curves: Curves) -> None:
    """Each rate's name at the right, as high as its line ends, but no two over each other."""
    low, high = ax.get_ylim()
    ends = [float(curve[np.isfinite(curve)][-1]) if np.isfinite(curve).any() else low for curve in curves.margins]
    place = -np.inf
    for k in np.argsort(ends):
        place = max((ends[k] - low) / (high - low), place + _APART)
        ax.annotate(curves.rates[k], (1.0, place), xycoords="axes fraction", xytext=(6, 0), textcoords="offset points",
                    color=COLOURS[k % len(COLOURS)], va="center", fontsize=9)  # fmt: skip
