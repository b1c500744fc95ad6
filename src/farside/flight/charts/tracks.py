"""A quantity over time, a row for each relay: the whole span on the left, the first days closer on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.flight.charts.style import COLOURS, GREY, INK, date_axis, dates, dress, figure

Array = NDArray[np.float64]
Curve = tuple[str, Array]
"""What it is, and its values (n,); NaN where there is none."""

_BINS = 1200  # as many as the eye tells apart; a fast relay is drawn as the band between its extremes in each
CLOSE_DAYS = 15.0


def tracks(
    title: str, unit: str, t: Array, relays: Mapping[str, Sequence[Curve]], limits: Sequence[tuple[float, str]] = ()
) -> Any:
    """Figure of curves over times t (n,), TDB s past J2000. limits: level lines with their names."""
    made = figure(14.0, 1.0 + 2.5 * len(relays), title)
    panels = made.subplots(len(relays), 2, squeeze=False, sharex="col", sharey="row", width_ratios=(2.0, 1.0))
    x = dates(t)
    near = t <= t[0] + CLOSE_DAYS * 86_400.0
    for row, (name, curves) in zip(panels, relays.items(), strict=True):
        for colour, (label, values) in zip(COLOURS, curves, strict=False):
            _draw(row[0], x, values, colour, label)
            row[1].plot(x[near], values[near], color=colour, lw=1.2)
        for ax in row:
            for level, _ in limits:
                ax.axhline(level, color=INK, lw=0.8, ls=(0, (4, 4)), alpha=0.7)
            dress(ax)
        row[0].set_ylabel(f"{name}\n{unit}", color=INK)
    for level, words in limits:
        panels[0, 1].annotate(words, (1.0, level), xycoords=("axes fraction", "data"), xytext=(-4, 3),
                              textcoords="offset points", color=GREY, ha="right", fontsize=8)  # fmt: skip
    for ax in panels[-1]:
        date_axis(ax)
        ax.set_xlabel("UTC", color=INK)
    panels[-1, 0].set_xlim(x[0], x[-1])
    panels[-1, 1].set_xlim(x[0], x[near][-1])
    if any(label for curves in relays.values() for label, _ in curves):
        panels[0, 0].legend(frameon=False, labelcolor=INK, fontsize=9, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))
    return made


def _draw(ax: Any, x: Array, values: Array, colour: str, label: str) -> None:
    if len(x) <= 4 * _BINS:
        ax.plot(x, values, color=colour, lw=1.2, label=label)
        return
    edges = np.linspace(0, len(x), _BINS + 1).astype(int)[:-1]
    low, high = (f.reduceat(values, edges) for f in (np.fmin, np.fmax))
    ax.fill_between(x[edges], low, high, color=colour, lw=0.8, label=label)
