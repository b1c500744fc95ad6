"""Rocks: a few irregular stones, scaled, turned and half buried."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from farside.payload.mesh import Mesh
from farside.work import rng

Array = NDArray[np.float64]

SHAPES = 24
FINE, MEDIUM, COARSE = 3, 2, 1
"""Subdivisions of an icosahedron: 1280, 320 and 80 triangles."""
FINE_RAD, MEDIUM_RAD = 0.02, 0.004
"""Rocks that look larger than this from a camera at the site get so many triangles."""
EYE_M = 2.2


@dataclass(frozen=True)
class Rocks:
    """Stones in the site frame, each one of a few shapes, scaled, turned and put in its place.

    shape: (n,) below SHAPES. detail: (n,) subdivisions. scale: (n, 3) along its own axes, metres. turned: (n,) azimuth,
    radians. position: (n, 3) of its middle, metres.
    """

    shape: NDArray[np.int64]
    detail: NDArray[np.int64]
    scale: Array
    turned: Array
    position: Array

    @classmethod
    def lying(cls, base: Array, diameter: Array, height: Array, turned: Array, shape: NDArray[np.int64]) -> Self:
        """Rocks that lie on the ground.

        base: (n, 3) centre of each rock's footprint, metres. diameter, height: (n,) metres, height what stands out of
        the ground. turned: (n,) azimuth, radians. shape: (n,) any integers. What looks large from the site has more
        triangles.
        """
        angle = diameter / np.sqrt(base[:, 0] ** 2 + base[:, 1] ** 2 + EYE_M**2)
        detail = np.where(angle > FINE_RAD, FINE, np.where(angle > MEDIUM_RAD, MEDIUM, COARSE))
        scale, lift = stand(diameter, height)
        position = base + lift[:, None] * np.array([0.0, 0.0, 1.0])
        return cls(np.asarray(shape, np.int64) % SHAPES, detail, scale, np.asarray(turned, float), position)

    def forward(self) -> Array:
        """Shape to site, (n, 3, 3): scaled, then turned about the vertical."""
        c, s = np.cos(self.turned), np.sin(self.turned)
        matrix = np.zeros((len(self.turned), 3, 3))
        matrix[:, 0, 0], matrix[:, 0, 1] = c * self.scale[:, 0], -s * self.scale[:, 1]
        matrix[:, 1, 0], matrix[:, 1, 1] = s * self.scale[:, 0], c * self.scale[:, 1]
        matrix[:, 2, 2] = self.scale[:, 2]
        return matrix

    def mesh(self) -> Mesh:
        """All of them triangle by triangle. Raises ValueError for no rocks."""
        vertices, faces, count = [], [], 0
        for number, detail, matrix, at in zip(self.shape, self.detail, self.forward(), self.position, strict=True):
            shaped, triangles = stone(int(number), int(detail))
            vertices.append(shaped @ matrix.T + at)
            faces.append(triangles + count)
            count += len(shaped)
        joined = np.concatenate(faces)
        return Mesh(np.concatenate(vertices), joined, np.zeros(len(joined), np.int64), ("rock",))


def stand(diameter: Array, height: Array) -> tuple[Array, Array]:
    """Scales (n, 3) and lifts (n,) of unit stones that stand ``height`` out of the ground, a third of them under it."""
    return np.column_stack([diameter / 2, diameter / 2, height / 1.33]), 0.33 * height / 1.33


@cache
def stone(number: int, detail: int) -> tuple[Array, NDArray[np.int64]]:
    """Vertices and triangles of one of SHAPES irregular convex-ish stones about the unit sphere.

    Planes are chipped off a sphere, then rounded a little.
    """
    sphere, faces = _icosphere(detail)
    draw = rng(number, "rock shape")
    normals = draw.normal(size=(16, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    cuts = draw.uniform(0.62, 1.0, 16)
    along = sphere @ normals.T
    reach = np.where(along > 1e-3, cuts / np.maximum(along, 1e-3), 2.0)
    # soft minimum: edges are worn, not knife-sharp
    sharpness = 14.0
    radius = -np.log(np.exp(-sharpness * reach).sum(axis=1) + np.exp(-sharpness * 1.15)) / sharpness
    waves = draw.normal(size=(5, 3)) * 6.0
    rough = np.sin(sphere @ waves.T + draw.uniform(0, 2 * np.pi, 5)).sum(axis=1) * 0.012
    chipped = sphere * (radius + rough)[:, None]
    return chipped / np.abs(chipped).max(axis=0), faces


@cache
def _icosphere(detail: int) -> tuple[Array, NDArray[np.int64]]:
    """Unit icosphere: every triangle of an icosahedron split in four ``detail`` times."""
    g = (1 + 5**0.5) / 2
    vertices = [(-1, g, 0), (1, g, 0), (-1, -g, 0), (1, -g, 0), (0, -1, g), (0, 1, g), (0, -1, -g), (0, 1, -g),
                (g, 0, -1), (g, 0, 1), (-g, 0, -1), (-g, 0, 1)]  # fmt: skip
    faces = [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2), (10, 7, 6),
             (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10),
             (8, 6, 7), (9, 8, 1)]  # fmt: skip
    points = [tuple(np.array(v) / np.linalg.norm(v)) for v in vertices]
    for _ in range(detail):
        middle: dict[tuple[int, int], int] = {}

        def between(a: int, b: int, middle: dict[tuple[int, int], int] = middle) -> int:
            key = (min(a, b), max(a, b))
            if key not in middle:
                m = np.add(points[a], points[b])
                middle[key] = len(points)
                points.append(tuple(m / np.linalg.norm(m)))
            return middle[key]

        split = []
        for a, b, c in faces:
            ab, bc, ca = between(a, b), between(b, c), between(c, a)
            split += [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
        faces = split
    return np.array(points), np.array(faces, np.int64)
