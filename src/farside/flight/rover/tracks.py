"""Wheel tracks pressed into the ground that the cameras see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farside.flight.rover.vehicle import Rover, Wheels, yutu2

Array = NDArray[np.float64]
Grid = NDArray[np.float32]

RIB = 0.5
"""Share of the depth by which the ribs between the prints of the lugs stand out."""


def imprint(
    height: Grid, albedo: Grid, post_m: float, tracks: Sequence[Array], rover: Rover | None = None
) -> tuple[Grid, Grid]:
    """Copies of one level of the relief with tracks: lowered by the sinkage, ribbed by the lugs, and darker.

    height, albedo: (n + 1, n + 1), row = north rising, column = east rising, centred on the site, ``post_m`` apart.
    tracks: polylines (k, 2), east and north, m. Ground that several wheels cross is pressed once. Levels whose posts
    are farther apart than a wheel is wide keep their height.
    """
    wheels = (rover or yutu2()).wheels
    if post_m > wheels.width_m:
        return height, albedo
    depth = np.zeros(height.shape, np.float32)
    for track in tracks:
        _press(depth, post_m, np.asarray(track, float), wheels)
    return height - depth, np.where(depth > 0.0, albedo * np.float32(wheels.track_albedo), albedo)


def _press(depth: Grid, post_m: float, track: Array, wheels: Wheels) -> None:
    """Deepen a map of depths (m) under one wheel's track, in place."""
    step = np.hypot(*np.diff(track, axis=0).T)
    if not len(step):
        return
    way = np.append(0.0, np.cumsum(step))
    s = np.arange(0.0, way[-1], 0.5 * post_m)
    x, y = np.interp(s, way, track[:, 0]), np.interp(s, way, track[:, 1])
    segment = np.clip(np.searchsorted(way, s, side="right") - 1, 0, len(step) - 1)
    ahead = np.diff(track, axis=0)[segment] / step[segment, None]
    lug = 2.0 * np.pi * wheels.radius_m / wheels.lugs
    ribbed = 1.0 - RIB * (0.5 + 0.5 * np.cos(2.0 * np.pi * s / lug)) if post_m < 0.5 * lug else np.ones_like(s)
    pressed = (wheels.sinkage_m * ribbed).astype(np.float32)
    n = depth.shape[0] - 1
    half = 0.5 * (wheels.width_m - post_m)  # a post stands for half its spacing on either side
    for aside in np.linspace(-half, half, 1 + int(np.ceil(4.0 * half / post_m))):
        i = np.rint((y - aside * ahead[:, 0]) / post_m).astype(int) + n // 2
        j = np.rint((x + aside * ahead[:, 1]) / post_m).astype(int) + n // 2
        on = (i >= 0) & (i <= n) & (j >= 0) & (j <= n)
        np.maximum.at(depth, (i[on], j[on]), pressed[on])
