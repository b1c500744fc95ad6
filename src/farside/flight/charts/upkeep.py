"""What keeping a relay on its orbit took: burns and departures over time, and what a year of it costs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.flight.charts.style import COLOURS, GREY, INK, date_axis, dates, dress, figure, key
from farside.flight.stationkeeping import Upkeep

Array = NDArray[np.float64]

_BLUE, _ORANGE = COLOURS[0], COLOURS[1]


def upkeep(kept: Upkeep, title: str = "Stationkeeping") -> Any:
    """Figure of the trials of one strategy: size of burns, distance from the orbit, velocity spent a year."""
    facts = kept.summary()
    made = figure(13.0, 6.4, f"{title}: {facts['trials']} trials, {facts['lost']} lost")
    grid = made.add_gridspec(2, 2, width_ratios=(2.0, 1.0))
    burns, away = made.add_subplot(grid[0, 0]), made.add_subplot(grid[1, 0])
    # fmin passes over the NaN of a trial that was kept
    sizes = np.where(kept.burn_times > np.fmin(kept.lost_at, kept.stop)[:, None], np.nan, kept.sizes)
    _over_time(burns, kept.burn_times, sizes)
    dress(burns, "", "size of burn, m/s")
    _over_time(away, kept.times, kept.departures)
    dress(away, "UTC", "distance from the orbit, km")
    for ax in (burns, away):
        ax.set_ylim(bottom=0.0)
        ax.set_xlim(*dates(np.array([kept.start, kept.stop])))
        date_axis(ax)
    key(burns, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)
    _costs(made.add_subplot(grid[:, 1]), kept.cost, facts)
    return made


def _over_time(ax: Any, t: Array, values: Array) -> None:
    """Median, band of nine trials in ten, and the largest of all, among the trials not yet lost."""
    flown = np.isfinite(values).any(axis=0)
    x, values = dates(t)[flown], values[:, flown]
    low, middle, high = np.nanpercentile(values, (5, 50, 95), axis=0)
    ax.fill_between(x, low, high, color=_BLUE, alpha=0.35, lw=0, label="nine trials in ten")
    ax.plot(x, middle, color=_BLUE, lw=1.4, label="median")
    ax.plot(x, np.nanmax(values, axis=0), ".", color=_ORANGE, ms=3, label="largest of all trials")


def _costs(ax: Any, cost: Array, facts: dict[str, float]) -> None:
    """How often a year costs so much; trials lost have no cost and stand in the title."""
    kept = cost[np.isfinite(cost)]
    if len(kept):
        ax.hist(kept, bins=max(5, int(np.sqrt(2 * len(kept)))), color=_BLUE, alpha=0.8)
        ax.axvline(facts["cost_mean_m_s"], color=_ORANGE, lw=1.6)
        said = f"mean {facts['cost_mean_m_s']:.2f} ± {facts['cost_std_m_s']:.2f} m/s"
        ax.set_title(said, color=INK, fontsize=10, loc="right")
        ax.yaxis.get_major_locator().set_params(integer=True)
    else:
        ax.text(0.5, 0.5, "no trial kept the orbit", transform=ax.transAxes, color=GREY, ha="center")
        ax.set_xticks([])
        ax.set_yticks([])
    dress(ax, "velocity spent a year, m/s", "trials")
