"""Relays side by side: bars of what one wants much of, and of what one wants little of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from farside.flight.charts.style import COLOURS, INK, dress, figure

_COLUMNS = 3


def comparison(names: Sequence[str], bars: Mapping[str, Sequence[float]]) -> Any:
    """Figure of bars by what they are (with its unit), each a value for every name; NaN where there is none."""
    rows = -(-len(bars) // _COLUMNS)
    made = figure(14.0, 0.6 + rows * (1.0 + 0.42 * len(names)), "Relays compared")
    panels = made.subplots(rows, _COLUMNS, squeeze=False, sharey=True).ravel()
    y = np.arange(len(names))[::-1]
    for ax, (words, values) in zip(panels, bars.items(), strict=False):
        known = np.nan_to_num(np.array(values, float))
        ax.barh(y, known, 0.62, color=[COLOURS[k % len(COLOURS)] for k in range(len(names))])
        dress(ax, words)
        ax.set_yticks(y, names)
        share = "%" in words
        ax.set_xlim(0.0, 122.0 if share else 1.22 * float(known.max()) or 1.0)
        if share:
            ax.set_xticks(range(0, 101, 20))
        for place, value, real in zip(y, known, values, strict=True):
            told = f" {value:,.1f}" if np.isfinite(real) else " unknown"
            ax.text(value, place, told, color=INK, va="center", fontsize=9)
    for ax in panels[len(bars) :]:
        ax.set_visible(False)
    return made
