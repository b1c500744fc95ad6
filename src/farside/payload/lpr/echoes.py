"""Echoes of a ground along a track: rocks as points, boundaries as rows of lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.instruments.lpr import Channel
from farside.payload.lpr.born import add_echoes
from farside.payload.lpr.ground import STEP_M, Ground, corridor_m
from farside.payload.lpr.wavelet import pulses

Array = NDArray[np.float64]

REACH_M = {500.0: 10.0, 60.0: 60.0}
"""Farthest scatterer in plan, m, by centre frequency in MHz."""


def echoes(ground: Ground, channel: Channel, place: Array) -> NDArray[np.float32]:
    """Echoes (n, samples) of the ground at the places (n, 2) of the antenna, from the transmitter's pulse on.

    Unit: the pulse 1 m from the antenna (see born). Rocks come from a corridor along the track.
    """
    f0, reach = channel.centre_mhz * 1e-3, REACH_M[channel.centre_mhz]
    out = np.zeros((len(place), channel.samples), np.float32)
    table = pulses(f0, channel.interval_ns)
    antenna = np.array([channel.height_m, channel.offset_m / 2.0, reach, channel.interval_ns, f0])
    index, loss = ground.mean_index(), ground.mean_loss()
    through = _through_the_surface(ground)
    rocks = ground.rocks(_prolonged(place, reach, 0.5), corridor_m())
    points = np.column_stack([rocks[:, :3], through * ground.scattering(rocks, f0)])
    add_echoes(out, place, points, False, antenna, index, loss, STEP_M, table[0])
    spacing = 0.02 / f0  # a sixth of the shortest wave in the ground, or less
    track = _prolonged(place, reach, spacing)
    for i in range(len(ground.layers) - 1):
        depth = ground.boundary(i, track)
        strength = np.full(len(track), through * ground.reflection(i) * spacing)
        rows = np.column_stack([track, depth, strength])[(depth > STEP_M) & (depth < ground.depths[-2])]
        add_echoes(out, place, rows, True, antenna, index, loss, STEP_M, table[1])
    return out


def _through_the_surface(ground: Ground) -> float:
    """Share of the field that passes the surface both ways at normal incidence."""
    n = float(np.sqrt(ground.permittivity()[0]))
    return 1.0 - ((n - 1.0) / (n + 1.0)) ** 2


def _prolonged(place: Array, beyond: float, spacing: float) -> Array:
    """Places at even ``spacing`` along a track and straight on for ``beyond`` at both ends, (k, 2)."""
    steps = np.hypot(*np.diff(place, axis=0).T)
    moved = np.concatenate([[True], steps > 1e-6])
    nodes = place[moved]
    if len(nodes) == 1:
        nodes = np.vstack([nodes, nodes[0] + np.array([1e-3, 0.0])])
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(nodes, axis=0).T))])
    at = np.arange(-beyond, s[-1] + beyond, spacing)
    inside = np.column_stack([np.interp(at, s, nodes[:, k]) for k in range(2)])
    back = _heading(nodes[: _within(s, 1.0)])
    ahead = _heading(nodes[-_within(s[-1] - s[::-1], 1.0) :])
    return inside + np.minimum(at, 0.0)[:, None] * back + np.maximum(at - s[-1], 0.0)[:, None] * ahead


def _within(s: Array, length: float) -> int:
    return max(2, int(np.searchsorted(s, length)))


def _heading(nodes: Array) -> Array:
    way = nodes[-1] - nodes[0]
    return way / max(float(np.hypot(*way)), 1e-9)
