"""Orbits in three projections, about the Moon to scale: turning with the Earth-Moon line, or among the stars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside import sky
from farside.flight.charts.style import COLOURS, GREY, INK, PAPER, dress, figure, key
from farside.flight.relay import RelayOrbit
from farside.geometry import MOON_RADIUS_M

Array = NDArray[np.float64]

_POINTS = 6000  # along each orbit
_DAYS = {"rotating": 120.0, "inertial": 60.0}  # longer spans only paint over themselves
_AXES = {
    "rotating": ("x, from the Earth", "y, along the Moon's way", "z, normal to the Moon's orbit"),
    "inertial": ("X, to the equinox", "Y", "Z, to the Earth's north pole"),
}
_FRAMES = {"rotating": "turning with the Earth-Moon line", "inertial": "among the stars (ICRF axes)"}
_SIDES = ((0, 1), (0, 2), (1, 2))


def orbits(relays: Mapping[str, RelayOrbit], start: float, stop: float, frame: str) -> Any:
    """Figure of orbits about the Moon's centre, thousands of km. frame: "rotating" or "inertial"."""
    end = min(stop, start + _DAYS[frame] * 86_400.0)
    made = figure(14.0, 5.6, f"Orbits about the Moon, {_FRAMES[frame]}, {(end - start) / 86_400.0:.0f} days")
    panels = made.subplots(1, 3)
    t = np.linspace(start, end, _POINTS)
    for colour, (name, orbit) in zip(COLOURS, relays.items(), strict=False):
        r = (rotating(orbit.position(t), t) if frame == "rotating" else orbit.position(t)) * 1e-3
        for ax, (a, b) in zip(panels, _SIDES, strict=True):
            ax.plot(r[:, a], r[:, b], color=colour, lw=0.8, label=name)
            ax.plot(r[0, a], r[0, b], "o", color=colour, ms=4)
    for ax, (a, b) in zip(panels, _SIDES, strict=True):
        _moon(ax)
        ax.set_aspect("equal", adjustable="datalim")
        dress(ax, f"{_AXES[frame][a]}, 1000 km", f"{_AXES[frame][b]}, 1000 km")
    if frame == "rotating":
        for ax in panels[:2]:
            ax.annotate(
                "Earth", xy=(0.03, 0.06), xytext=(0.12, 0.06), xycoords="axes fraction", color=INK, va="center",
                fontsize=9, arrowprops={"arrowstyle": "->", "color": INK},
            )  # fmt: skip
    key(panels[0], loc="upper left")
    said = "dots: where the span begins; the Moon to scale"
    made.text(0.99, 0.985, said, color=GREY, ha="right", va="top", fontsize=9)
    return made


def rotating(r: Array, t: Array) -> Array:
    """Moon-centred ICRF vectors (n, 3) along Earth to Moon, the Moon's way, and its orbit's normal, at t (n,)."""
    moon, way = -sky.position("earth", t), -sky.velocity("earth", t)
    x = moon / np.linalg.norm(moon, axis=1, keepdims=True)
    z = np.cross(moon, way)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    return np.einsum("nij,nj->ni", np.stack([x, np.cross(z, x), z], axis=1), r)


def _moon(ax: Any) -> None:
    from matplotlib.patches import Circle

    ax.add_patch(Circle((0.0, 0.0), MOON_RADIUS_M * 1e-6, facecolor=GREY, edgecolor=PAPER, lw=0.5, zorder=3))
