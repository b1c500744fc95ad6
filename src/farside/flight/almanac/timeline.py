"""The almanac as a picture: the Sun's course over the skyline, and under it a lane for each thing that is so or not.

Passes of a relay over a station are shorter than a day. Over months a lane would be a comb; there each day becomes a
column of its twenty-four hours instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.flight.almanac.almanac import Almanac, Lane
from farside.flight.charts import FAINT, INK, PAPER, save
from farside.flight.windows import Span
from farside.geometry import azel, t_to_utc
from farside.sky import sun_direction

Array = NDArray[np.float64]

SUN, LINK, GROUND, ECLIPSE = "#e69f00", "#56b4e9", "#5b5347", "#f0e442"
"""Orange, blue and yellow of a palette that everybody tells apart (Okabe and Ito 2008)."""
HABITS = {"rest": "#8a5f00", "nap": "#0b0e14"}
_LABELS = {
    "sun.limb": ("Sun up", SUN),
    "earth": ("Earth up", LINK),
    "relay": ("Relay up", LINK),
    "home": ("Site – Earth", LINK),
}
LONG_DAYS = 45.0
"""Spans from here on draw stations day by day."""
_SAMPLES = 3000
_QUARTERS = 96
_LEAST = 0.0022  # of the width: an eclipse stays visible over a year


def draw(almanac: Almanac, path: Path) -> Path:
    """Write the picture as PNG or SVG by the name of the file, whole or not at all. Raises BadInput for other names."""
    return save(_figure(almanac), path)


def _figure(a: Almanac) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    rows = _rows(a)
    heights = [2.6, *(0.62 if by_day else 0.34 for *_, by_day in rows)]
    layout = ConstrainedLayoutEngine(h_pad=0.03, hspace=0.0, rect=(0.0, 0.0, 1.0, 0.987))
    figure = Figure(figsize=(14.0, 1.4 + sum(heights)), dpi=110, layout=layout, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    _draw_sun(axes[0], a)
    for ax, (label, lanes, colour, by_day) in zip(axes[1:], rows, strict=True):
        (_draw_days if by_day else _draw_bars)(ax, a, lanes, colour)
        ax.set_ylabel(label, rotation=0, ha="right", va="center", color=INK, labelpad=8)
        ax.text(1.006, 0.5, _said(a, lanes[0]), transform=ax.transAxes, color=INK, va="center", fontsize=9)
    locator = AutoDateLocator(minticks=4, maxticks=13)
    axes[-1].xaxis.set_major_locator(locator)
    axes[-1].xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes[-1].set_xlim(*_date(a, np.array([a.start, a.stop])))
    for ax in axes:
        _dress(ax)
    for ax in axes[:-1]:
        ax.tick_params(bottom=False)
    axes[-1].set_xlabel("UTC", color=INK)
    axes[-1].xaxis.get_offset_text().set_color(INK)
    figure.legend(loc="outside lower left", ncols=4, frameon=False, labelcolor=INK, fontsize=9)
    start, stop = (t_to_utc(t, 0)[:16].replace("T", " ") for t in (a.start, a.stop))
    axes[0].set_title(f"{a.place.title}, {start} to {stop} UTC", color=INK, loc="left", fontsize=14, pad=24)
    under = f"{a.ground}, eye {a.place.eye_m:g} m" + ("" if a.relay == "none" else f"; relay: {a.relay}")
    axes[0].text(0.0, 1.035, under, transform=axes[0].transAxes, color=INK, alpha=0.75, fontsize=9, in_layout=False)
    return figure


def _rows(a: Almanac) -> list[tuple[str, list[Lane], str, bool]]:
    """Label, lanes drawn over each other, colour, and whether it is drawn day by day."""
    long = a.stop - a.start > LONG_DAYS * 86_400.0
    rows: list[tuple[str, list[Lane], str, bool]] = []
    for lane in a.lanes:
        if lane.key in _LABELS:
            label, colour = _LABELS[lane.key]
            rows.append((label, [lane], colour, long and lane.key == "home"))
        elif lane.group == "station":
            rows.append((f"{lane.title.split(' sees')[0]} – relay", [lane], LINK, long))
        elif lane.group == "eclipse" and (seen := a.with_the_sun_up(lane)).spans:
            rows.append((f"Eclipse at the {lane.key.split('.')[1]} ({lane.title.split()[0]})", [seen], ECLIPSE, False))
        elif lane.group == "hidden" and lane.spans:
            rows.append((f"Behind the Moon for {lane.key.split('.')[1].capitalize()}", [lane], ECLIPSE, False))
        elif lane.key.endswith(".awake"):
            others = [a.by_key.get(lane.key.removesuffix("awake") + habit) for habit in HABITS]
            rows.append((lane.title, [lane, *(other for other in others if other)], SUN, False))
    return rows


def _draw_sun(ax: Any, a: Almanac) -> None:
    t = np.linspace(a.start, a.stop, _SAMPLES)
    az, el = azel(sun_direction(a.site, t))
    sun, skyline, x = np.degrees(el), np.degrees(a.horizon.elevation_at(az)), _date(a, t)
    low, high = min(float(sun.min()), -3.0), max(float(sun.max()), float(skyline.max()) + 3.0)
    low, high = low - 0.06 * (high - low), high + 0.08 * (high - low)
    ax.fill_between(x, low, skyline, color=GROUND, alpha=0.55, lw=0, label="ground at the Sun's azimuth")
    ax.fill_between(x, skyline, sun, where=(sun > skyline).tolist(), color=SUN, alpha=0.22, lw=0, interpolate=True)
    ax.plot(x, sun, color=SUN, lw=1.6, label="Sun's centre")
    ax.axhline(0.0, color=INK, lw=0.7, ls=(0, (4, 4)), alpha=0.7)
    ax.set_ylim(low, high)
    ax.set_ylabel("elevation, deg", color=INK)
    if any(lane.key.endswith(".rest") for lane in a.lanes):
        for habit, shade in HABITS.items():
            ax.fill_between([], [], [], facecolor=shade, edgecolor=SUN, label=f"vehicle's noon {habit}")


def _draw_bars(ax: Any, a: Almanac, lanes: Sequence[Lane], colour: str) -> None:
    """Bars of the first lane; the others lie on it, darker and darker."""
    for depth, lane in enumerate(lanes):
        spans = _visible(a, lane.spans) if colour == ECLIPSE else list(lane.spans)
        bars = [(float(x), float(w)) for x, w in zip(*_starts_widths(a, spans), strict=True)]
        height = 0.8 - 0.24 * depth
        shade = HABITS.get(lane.key.rsplit(".", 1)[-1], colour)
        ax.broken_barh(bars, (0.5 - height / 2.0, height), facecolors=shade, lw=0, zorder=2)
    ax.set_ylim(0.0, 1.0)
    ax.set_yticks([])


def _draw_days(ax: Any, a: Almanac, lanes: Sequence[Lane], colour: str) -> None:
    """A column for each day from 0 h below to 24 h above, by quarters of an hour."""
    from matplotlib.colors import LinearSegmentedColormap

    first = np.floor(_date(a, np.array([a.start]))[0])
    days = int(np.ceil(_date(a, np.array([a.stop]))[0] - first))
    edges = np.concatenate([_date(a, np.array(span)) for span in lanes[0].spans]) if lanes[0].spans else np.empty(0)
    quarter = first + (np.arange(days * _QUARTERS) + 0.5) / _QUARTERS
    so = (np.searchsorted(edges, quarter) % 2).astype(float).reshape(days, _QUARTERS)
    shades = LinearSegmentedColormap.from_list("lane", [PAPER, colour])
    ax.imshow(so.T, extent=(first, first + days, 0.0, 24.0), origin="lower", aspect="auto", cmap=shades, vmin=0, vmax=1,
              interpolation="nearest", zorder=2)  # fmt: skip
    ax.set_ylim(0.0, 24.0)
    ax.set_yticks([0, 12, 24], ["0 h", "12", "24"], fontsize=7)


def _dress(ax: Any) -> None:
    ax.set_facecolor(PAPER)
    ax.tick_params(colors=INK, which="both", length=3)
    for spine in ax.spines.values():
        spine.set_color(FAINT)
    ax.grid(visible=True, axis="x", color=FAINT, lw=0.6)
    ax.set_axisbelow(True)


def _said(a: Almanac, lane: Lane) -> str:
    """How much of the span, at the right end of a lane."""
    if not lane.spans:
        return "never"
    share = 100.0 * lane.total_s / (a.stop - a.start)
    hours = lane.total_s / 3600.0
    if share > 99.95:
        return "always"
    return f"{share:.1f} %" if share >= 1.0 else f"{hours:.1f} h"


def _visible(a: Almanac, spans: Sequence[Span]) -> list[Span]:
    """Spans, widened about their middle to what the eye can see."""
    least = _LEAST * (a.stop - a.start)
    return [(0.5 * (s + e) - 0.5 * max(e - s, least), 0.5 * (s + e) + 0.5 * max(e - s, least)) for s, e in spans]


def _starts_widths(a: Almanac, spans: Sequence[Span]) -> tuple[Array, Array]:
    edges = _date(a, np.array(spans, float).reshape(-1, 2))
    return edges[:, 0], edges[:, 1] - edges[:, 0]


def _date(a: Almanac, t: Array) -> Array:
    """Matplotlib's dates (days of UTC); a leap second inside the span is spread over it."""
    first, last = (np.datetime64(t_to_utc(edge, 3).removesuffix("Z")) for edge in (a.start, a.stop))
    begin = (first - np.datetime64("1970-01-01T00:00:00.000")) / np.timedelta64(1, "D")
    return begin + (t - a.start) / (a.stop - a.start) * float((last - first) / np.timedelta64(1, "D"))
