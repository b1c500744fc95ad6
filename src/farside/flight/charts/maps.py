"""Coverage of a region as maps: share of the time and longest gap, a row for each relay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.flight.charts.style import COLOURS, INK, PAPER, dress, figure
from farside.flight.coverage import Coverage
from farside.geometry import Site

Array = NDArray[np.float64]

_ROW_IN, _WORDS_IN, _WIDTH_IN = 4.6, 0.95, 5.0  # most a row is high, its words, and how wide a map may be
_POLAR_DEG = 60.0  # regions that lie beyond are drawn round the pole


def maps(relays: Mapping[str, Coverage], site: Site | None) -> Any:
    """Figure of maps of one region; the site is marked where it lies inside."""
    first = next(iter(relays.values()))
    region, mask = first.region, first.mask_deg
    polar = bool(np.abs(region.lat_deg).min() >= _POLAR_DEG) and len(set(np.sign(region.lat_deg))) == 1
    lat_deg, lon_deg = len(region.lat_deg) * region.cell_deg[0], len(region.lon_deg) * region.cell_deg[1]
    height = _ROW_IN if polar else min(_ROW_IN, _WORDS_IN + _WIDTH_IN * lat_deg / lon_deg)
    title = f"Coverage of {region.name}, relay over {mask:g} deg, level horizon"
    made = figure(13.0, 0.8 + height * len(relays), title)
    panels = made.subplots(len(relays), 2, squeeze=False, subplot_kw={"projection": "polar"} if polar else None)
    for row, (name, c) in zip(panels, relays.items(), strict=True):
        hours = c.longest_gap_s / 3600.0
        kinds = (
            (row[0], 100.0 * c.share, 100.0, "share of the time, %", "cividis"),
            (row[1], hours, float(hours.max()) or 1.0, "longest gap, h", "cividis_r"),
        )
        for ax, values, top, words, colours in kinds:
            mesh = _draw(ax, c, values, top, colours, polar)
            bar = made.colorbar(mesh, ax=ax, shrink=0.85, pad=0.08 if polar else 0.02)
            bar.set_label(words, color=INK)
            bar.ax.tick_params(colors=INK, labelsize=9)
            _mark(ax, c, site, polar)
        mean = f"{name}: {100.0 * c.mean_share:.1f} % of the time, mean over the area"
        row[0].set_title(mean, color=INK, fontsize=10)
        row[1].set_title(f"{100.0 * c.always:.0f} % of the area without a gap", color=INK, fontsize=10)
    return made


def _draw(ax: Any, c: Coverage, values: Array, top: float, colours: str, polar: bool) -> Any:
    region, grid = c.region, c.region.spread(values)
    lat, lon = (_edges(x, width) for x, width in zip((region.lat_deg, region.lon_deg), region.cell_deg, strict=True))
    if not polar:
        dress(ax, "east longitude, deg", "latitude, deg")
        ax.set_aspect("equal")
        return ax.pcolormesh(lon, lat, grid, cmap=colours, vmin=0.0, vmax=top, rasterized=True)
    dress(ax)
    south = region.lat_deg[0] < 0.0
    ax.set_theta_zero_location("N" if south else "S")
    ax.set_theta_direction(-1 if south else 1)
    away = 90.0 - np.abs(lat)
    mesh = ax.pcolormesh(np.radians(lon), away, grid, cmap=colours, vmin=0.0, vmax=top, rasterized=True)
    ticks = [tick for tick in ax.get_yticks() if tick > 0.0]
    ax.set_yticks(ticks, [f"{90.0 - tick:g}° {'S' if south else 'N'}" for tick in ticks], color=INK)
    return mesh


def _mark(ax: Any, c: Coverage, site: Site | None, polar: bool) -> None:
    if site is None or c.region.index(site.lat_deg, site.lon_deg) is None:
        return
    west = c.region.lon_deg[0] - c.region.cell_deg[1] / 2.0
    lon = west + (site.lon_deg - west) % 360.0
    x, y = (np.radians(lon), 90.0 - abs(site.lat_deg)) if polar else (lon, site.lat_deg)
    ax.plot(x, y, "o", mfc="none", mec=PAPER, mew=4.5, ms=10)
    ax.plot(x, y, "o", mfc="none", mec=COLOURS[5], mew=2.0, ms=10)


def _edges(middles: Array, width: float) -> Array:
    return np.append(middles - width / 2.0, middles[-1] + width / 2.0)
