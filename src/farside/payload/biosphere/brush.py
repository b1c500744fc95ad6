"""The moving parts of the scene: leaves, stalks, grains and their shadows, painted as shapes with soft edges."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from farside.instruments.biosphere import View, numbers
from farside.payload.biosphere.bed import Canvas, lights

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Box = tuple[slice, slice]

SHADE = 0.8
"""Share of the pipe's light that a shadow takes."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """A flat blade: base, unit vectors along and across it, length and width in mm, colour; notched at its tip."""

    base: Array
    along: Array
    across: Array
    length: float
    width: float
    colour: Array

    @property
    def corners(self) -> Array:
        """Base, tip and the point at the base half a width across, (3, 3)."""
        return np.array([self.base, self.base + self.length * self.along, self.base + 0.5 * self.width * self.across])


@dataclass(frozen=True, eq=False)
class Stalk:
    """A round body along points (n, 3), mm, with a radius at each, (n,), and a colour at each, (n, 3)."""

    points: Array
    radius: Array
    colour: Array


def cast_shadow(canvas: Canvas, eye: View, thing: Leaf | Stalk) -> None:
    """Darken the soil where a thing keeps the pipe's light away; the higher it is, the softer."""
    if isinstance(thing, Leaf):
        corners = eye.project(_on_soil(thing.corners))[:, :2]
        soft = 1.0 + 0.12 * float(thing.corners[:, 2].mean()) * eye.focal_px / 115.0
        box, alpha, _ = _blade(canvas, corners, soft)
    else:
        points = eye.project(_on_soil(thing.points))
        wide = np.maximum(thing.radius * eye.focal_px / points[:, 2], 0.3)
        soft = 1.0 + 0.06 * float(thing.points[:, 2].mean()) * eye.focal_px / 115.0
        box, alpha, _, _ = _rod(canvas, points[:, :2], wide, soft)
        alpha = alpha / np.float32(np.sqrt(soft))
    if alpha.size:
        canvas.pipe[box] *= 1.0 - np.float32(SHADE) * alpha


def paint_leaf(canvas: Canvas, eye: View, leaf: Leaf) -> None:
    """Paint a leaf: a midrib and a curved blade that lets a third of the light through."""
    corners = eye.project(leaf.corners)[:, :2]
    box, alpha, (u, v) = _blade(canvas, corners, 1.0)
    if not alpha.size:
        return
    normal = np.cross(leaf.along, leaf.across)
    normal *= np.sign(normal @ (eye.position - leaf.base)) or 1.0
    bent = normal + 0.45 * v[..., None] * leaf.across - 0.3 * (u - 0.5)[..., None] * leaf.along
    bent /= np.linalg.norm(bent, axis=-1, keepdims=True)
    where = leaf.base + 0.5 * leaf.length * leaf.along
    front, lamp = lights(eye, where, bent)
    through, _ = lights(eye, where, -bent)
    broad = min(1.0, float(np.linalg.norm(corners[2] - corners[0])) / 6.0)
    veins = np.exp(-(((np.abs(v) - 0.75 * u + 0.15) % 0.45 - 0.22) ** 2) / 0.004) * (np.abs(v) > 0.08)
    rib = np.exp(-((v / 0.09) ** 2)) * (1.0 - 0.6 * u) + 0.35 * broad * veins
    colour = leaf.colour * (1.0 + 0.35 * rib - 0.12 * (1.0 - np.abs(v)) * (1.0 - rib))[..., None]
    canvas.paint(box, alpha, colour.astype(np.float32), front + np.float32(0.4) * through, lamp)


def paint_stalk(canvas: Canvas, eye: View, stalk: Stalk) -> None:
    """Paint a round body, lit from its two lights and darker towards its edges."""
    points = eye.project(stalk.points)
    wide = np.maximum(stalk.radius * eye.focal_px / points[:, 2], 0.35)
    box, alpha, place, side = _rod(canvas, points[:, :2], wide, 1.0)
    if not alpha.size:
        return
    colour = np.stack([np.interp(place, np.arange(len(points)), c) for c in stalk.colour.T], axis=-1)
    up = np.sqrt(np.clip(1.0 - side**2, 0.05, 1.0)).astype(np.float32)
    middle = stalk.points[len(points) // 2]
    pipe, lamp = lights(eye, middle, np.array([0.0, -0.3, 0.954]))
    canvas.paint(box, alpha, colour.astype(np.float32), (0.35 + 0.65 * up) * pipe, (0.2 + 0.8 * up) * lamp)


def _on_soil(points: Array) -> Array:
    """Where the pipe's light through points (n, 3) falls on the soil."""
    source = np.array(numbers()["light_pipe_mm"])
    share = source[2] / np.maximum(source[2] - points[:, 2], 1.0)
    return source + share[:, None] * (points - source)


def _box(canvas: Canvas, low: Array, high: Array) -> tuple[Box, Floats, Floats]:
    """The box of pixels between two corners (sample, line), within the picture, and its sample and line numbers."""
    lines, samples = canvas.pipe.shape
    i0, i1 = (int(np.clip(f(v), 0, samples)) for f, v in ((np.floor, low[0]), (np.ceil, high[0] + 1.0)))
    j0, j1 = (int(np.clip(f(v), 0, lines)) for f, v in ((np.floor, low[1]), (np.ceil, high[1] + 1.0)))
    x, y = np.meshgrid(np.arange(i0, i1, dtype=np.float32), np.arange(j0, j1, dtype=np.float32))
    return (slice(j0, j1), slice(i0, i1)), x, y


def _blade(canvas: Canvas, corners: Array, soft: float) -> tuple[Box, Floats, tuple[Floats, Floats]]:
    """Coverage of a blade whose corners are at (3, 2) pixels, and the place along (0..1) and across (-1..1) it."""
    base, tip, side = corners
    axes = np.stack([tip - base, side - base], axis=1)
    extent = np.abs(axes).sum(axis=1) + soft
    box, x, y = _box(canvas, base - extent, base + extent)
    if abs(np.linalg.det(axes)) < 0.05:  # seen edge-on
        axes = axes + 0.3 * np.array([[-axes[1, 0], 0.0], [axes[0, 0], 0.0]])[:, ::-1] / (
            np.linalg.norm(axes[:, 0]) + 1e-9
        )
    back = np.linalg.inv(axes) if abs(np.linalg.det(axes)) > 1e-6 else np.zeros((2, 2))
    u = (back[0, 0] * (x - base[0]) + back[0, 1] * (y - base[1])).astype(np.float32)
    v = (back[1, 0] * (x - base[0]) + back[1, 1] * (y - base[1])).astype(np.float32)
    c = np.clip(u, 0.0, 1.0)
    profile = np.sqrt(np.maximum(c * (1.0 - 0.92 * c**3), 0.0)) * np.float32(1.25)
    end = 1.0 - 0.16 * np.exp(-((v / 0.3) ** 2))
    across = float(np.linalg.norm(axes[:, 1]))
    along = float(np.linalg.norm(axes[:, 0]))
    inside = np.minimum((profile - np.abs(v)) * across, np.minimum(u, end - u) * along)
    return box, np.clip(0.5 + inside / soft, 0.0, 1.0).astype(np.float32), (u, v)


def _rod(canvas: Canvas, points: Array, wide: Array, soft: float) -> tuple[Box, Floats, Floats, Floats]:
    """Coverage of a rod along points (n, 2) of half-widths (n,) in pixels, the place along it and -1..1 across it."""
    margin = float(wide.max()) + soft + 1.0
    box, x, y = _box(canvas, points.min(axis=0) - margin, points.max(axis=0) + margin)
    best = np.full(x.shape, np.inf, np.float32)
    place, half = np.zeros_like(best), np.ones_like(best)
    for k, (a, b) in enumerate(pairwise(points)):
        d = b - a
        s = np.clip(((x - a[0]) * d[0] + (y - a[1]) * d[1]) / max(float(d @ d), 1e-9), 0.0, 1.0).astype(np.float32)
        w = wide[k] + s * (wide[k + 1] - wide[k])
        outside = np.hypot(x - a[0] - s * d[0], y - a[1] - s * d[1]) - w
        nearer = outside < best
        best = np.where(nearer, outside, best).astype(np.float32)
        place, half = np.where(nearer, k + s, place), np.where(nearer, w, half)
    side = np.clip(1.0 + best / half, 0.0, 1.0).astype(np.float32)
    return box, np.clip(0.5 - best / soft, 0.0, 1.0).astype(np.float32), place, side
