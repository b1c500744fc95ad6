"""When Earth and Moon stand before the Sun at each relay, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from farside.flight.charts.style import COLOURS, INK, date_axis, dates, dress, figure, key
from farside.flight.windows import Span

_BODIES = {"moon": ("by the Moon", COLOURS[0], "o"), "earth": ("by the Earth", COLOURS[1], "D")}


def eclipses(relays: Mapping[str, Mapping[str, Sequence[Span]]], start: float, stop: float) -> Any:
    """Figure of eclipses by relay and body ("earth", "moon"): spans in which any of the Sun is covered."""
    made = figure(14.0, 1.2 + 2.2 * len(relays), "Eclipses of the Sun at the relays: any of it covered")
    panels = made.subplots(len(relays), 1, squeeze=False, sharex=True)[:, 0]
    for ax, (name, found) in zip(panels, relays.items(), strict=True):
        longest = 0.0
        for body, (words, colour, sign) in _BODIES.items():
            spans = np.array(found[body], float).reshape(-1, 2)
            hours = np.diff(spans)[:, 0] / 3600.0
            longest = max(longest, float(hours.max(initial=0.0)))
            x = dates(np.array([start, *spans.mean(axis=1), stop]))[1:-1]
            said = f"{words}: {len(spans)}" + (f", {hours.sum():.1f} h in all" if len(spans) else "")
            ax.vlines(x, 0.0, hours, color=colour, lw=1.2)
            ax.plot(x, hours, sign, color=colour, ms=4, label=said)
        dress(ax)
        ax.set_ylabel(f"{name}\nlength, h", color=INK)
        ax.set_ylim(0.0, 1.35 * longest or 1.0)
        key(ax, loc="upper right", ncols=2)
    date_axis(panels[-1])
    panels[-1].set_xlabel("UTC", color=INK)
    edges = dates(np.array([start, stop]))
    panels[-1].set_xlim(edges[0], edges[-1])
    return made
