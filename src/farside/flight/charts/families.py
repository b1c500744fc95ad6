"""The southern halo families of L1 and L2 about the Moon, coloured by how fast an error grows on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from farside.flight.charts.style import COLOURS, GREY, INK, PAPER, dress, figure, key, save
from farside.flight.cr3bp import LU_KM, MOON, OUTWARD, TU_S, libration_point
from farside.flight.family import halo_family, halo_orbit
from farside.flight.halo import Halo
from farside.geometry import MOON_RADIUS_M

_EVERY = 2  # of the members of a family
_PHASES = np.linspace(0.0, 1.0, 721)
_SIDES = {"from the side": (0, 2), "from the Earth": (1, 2), "from the north": (0, 1)}
_AXES = ("x, away from the Earth", "y, along the Moon's way", "z, north")
_MARKERS = {"L1": "s", "L2": "o"}


def families_chart(path: Path) -> Path:
    """Draw the southern halo families as PNG or SVG by the name of the file, five seconds' work; return ``path``.

    Rotating frame, thousands of km about the Moon's centre in the units of `farside.flight.cr3bp`; and period against
    perilune. Raises BadInput for other names.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, LogNorm

    orbits = [orbit for point in OUTWARD for orbit in _members(point)]
    stability = np.array([orbit.stability for orbit in orbits])
    # the darkest fifth of the map would drown in the paper
    bright = ListedColormap(colormaps["cividis"](np.linspace(0.2, 1.0, 256)))
    shades = ScalarMappable(LogNorm(1.0, float(stability.max())), bright)
    made = figure(13.0, 10.6, "Southern halo families of L1 and L2; the northern are their mirror images")
    panels = made.subplots(2, 2).ravel()
    for orbit, colour in zip(orbits, shades.to_rgba(stability), strict=True):
        _draw(panels, orbit, color=colour, lw=0.9)
    for name, (orbit, colour) in _marked().items():
        _draw(panels, orbit, color=colour, lw=2.0, label=name, zorder=4)
    for ax, (title, (a, b)) in zip(panels, _SIDES.items(), strict=False):
        _places(ax, a, b)
        ax.set_aspect("equal", adjustable="datalim")
        ax.set_title(title, color=GREY, fontsize=10, loc="left")
        dress(ax, f"{_AXES[a]}, 1000 km", f"{_AXES[b]}, 1000 km")
    panels[3].set_xscale("log")
    panels[3].axvline(MOON_RADIUS_M * 1e-6, color=GREY, lw=1.0, ls="--")
    panels[3].set_title("squares L1, discs L2; dashed: the Moon's surface", color=GREY, fontsize=10, loc="left")
    panels[3].set_xticks([2, 5, 10, 20, 50], labels=["2", "5", "10", "20", "50"])
    panels[3].set_xticks([], minor=True)
    dress(panels[3], "perilune, 1000 km", "period, days")
    key(panels[3], loc="lower right")
    bar = made.colorbar(shades, ax=panels, fraction=0.03, pad=0.01, aspect=45, format=lambda value, _: f"{value:g}")
    bar.set_label("stability index: 1 is neutral, else half the growth of an error in a revolution", color=INK)
    bar.ax.tick_params(colors=INK, which="both")
    return save(made, path)


def _members(point: str) -> list[Halo]:
    family = halo_family(point)
    return [family.halo(member, "southern") for member in (*family.members[:-1:_EVERY], family.members[-1])]


def _marked() -> dict[str, tuple[Halo, str]]:
    """Members to point out, each with its colour: Queqiao's, and the lunar Gateway's (Zimovan Spreen 2021)."""
    return {
        "Queqiao": (halo_orbit(z_amplitude_km=13_000.0), COLOURS[0]),
        "9:2 near-rectilinear": (halo_orbit(period_days=1.50206 * TU_S / 86_400.0), COLOURS[5]),
    }


def _draw(panels: Any, orbit: Halo, **style: Any) -> None:
    r = (orbit.states(_PHASES)[:, :3] - MOON) * LU_KM * 1e-3
    for ax, (a, b) in zip(panels, _SIDES.values(), strict=False):
        ax.plot(r[:, a], r[:, b], **style)
    marker = {"marker": _MARKERS[orbit.point], "ls": "", "ms": 4.0 * style.get("lw", 1.0) ** 0.8}
    panels[3].plot(orbit.perilune_km * 1e-3, orbit.period_days, **{**style, **marker})


def _places(ax: Any, a: int, b: int) -> None:
    """The Moon to scale, and the libration points where the side shows them."""
    from matplotlib.patches import Circle

    ax.add_patch(Circle((0.0, 0.0), MOON_RADIUS_M * 1e-6, facecolor=GREY, edgecolor=PAPER, lw=0.5, zorder=5))
    for point in OUTWARD:
        place = np.array([libration_point(point) - MOON[0], 0.0, 0.0]) * LU_KM * 1e-3
        if a == 0:
            ax.plot(place[a], place[b], "+", color=INK, ms=8, zorder=5)
            ax.annotate(point, (place[a], place[b]), (4, 4), textcoords="offset points", color=INK, fontsize=9)
