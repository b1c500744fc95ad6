"""Things made of triangles: a mesh with named parts, and the shapes vehicles are put together from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mesh:
    """Triangles in a local frame.

    vertices: (n, 3) metres. faces: (m, 3) vertex numbers, counter-clockwise seen from outside. part: (m,) number of
    the part each triangle belongs to, an index into ``parts``.
    """

    vertices: Array
    faces: NDArray[np.int64]
    part: NDArray[np.int64]
    parts: tuple[str, ...]

    def normals(self) -> Array:
        """Unit outward normals of the triangles, (m, 3)."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        n = np.cross(b - a, c - a)
        return n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-30)


def merge(pieces: list[tuple[str, Array, NDArray[np.int64]]]) -> Mesh:
    """One mesh from (part name, vertices, faces); pieces of the same name form one part."""
    names = tuple(dict.fromkeys(name for name, _, _ in pieces))
    offsets = np.cumsum([0] + [len(v) for _, v, _ in pieces])
    return Mesh(
        np.concatenate([v for _, v, _ in pieces]),
        np.concatenate([f + o for (_, _, f), o in zip(pieces, offsets[:-1], strict=True)]),
        np.concatenate([np.full(len(f), names.index(name)) for name, _, f in pieces]),
        names,
    )


Shape = tuple[Array, NDArray[np.int64]]


def prism(outline: ArrayLike, low: float, high: float, taper: float = 1.0) -> Shape:
    """Solid over an outline (n, 2), counter-clockwise and in view of its middle, from z = low to z = high.

    taper scales the upper outline.
    """
    ring = np.asarray(outline, float)
    lower = np.column_stack([ring, np.full(len(ring), low)])
    upper = np.column_stack([ring * taper, np.full(len(ring), high)])
    shapes = [_fan(upper), _fan(lower[::-1])]
    for k in range(len(ring)):
        q = (k + 1) % len(ring)
        shapes.append(_quad(lower[k], lower[q], upper[q], upper[k]))
    return join(shapes)


def box(size: ArrayLike, centre: ArrayLike) -> Shape:
    """Axis-aligned box of the given edge lengths (3,) about a centre (3,)."""
    sx, sy, sz = np.asarray(size, float) / 2
    cx, cy, cz = np.asarray(centre, float)
    outline = [(cx - sx, cy - sy), (cx + sx, cy - sy), (cx + sx, cy + sy), (cx - sx, cy + sy)]
    return prism(outline, cz - sz, cz + sz)


def tube(start: ArrayLike, end: ArrayLike, radius: float, end_radius: float | None = None, sides: int = 12) -> Shape:
    """Closed round bar, or cone frustum, from ``start`` to ``end`` (3,)."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    axis = (b - a) / np.linalg.norm(b - a)
    u = np.cross(axis, [0.0, 0.0, 1.0] if abs(axis[2]) < 0.9 else [1.0, 0.0, 0.0])
    u /= np.linalg.norm(u)
    w = np.cross(axis, u)
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * w
    lower, upper = a + radius * ring, b + (radius if end_radius is None else end_radius) * ring
    sides_of = [_quad(lower[k], lower[(k + 1) % sides], upper[(k + 1) % sides], upper[k]) for k in range(sides)]
    return join([_fan(upper), _fan(lower[::-1]), *sides_of])


def lathe(profile: ArrayLike, sides: int = 24) -> Shape:
    """Surface of revolution about z of a profile (n, 2) of radius and height, listed upwards: outside faces out.

    It is closed where the profile begins and ends on the axis, or where it ends in its first point (a ring).
    """
    r, z = np.asarray(profile, float).T
    angle = np.arange(sides) * 2 * np.pi / sides
    up = np.broadcast_to(z[:, None], (len(z), sides))
    rings = np.stack([np.outer(r, np.cos(angle)), np.outer(r, np.sin(angle)), up])
    k = np.arange(sides)
    q = (k + 1) % sides
    faces = []
    for i in range(len(z) - 1):
        a, b, c, d = i * sides + k, i * sides + q, (i + 1) * sides + q, (i + 1) * sides + k
        if r[i] > 0.0:  # on the axis this triangle has no area
            faces.append(np.column_stack([a, b, c]))
        if r[i + 1] > 0.0:
            faces.append(np.column_stack([a, c, d]))
    return rings.reshape(3, -1).T, np.concatenate(faces)


def star(radius: float, low: float, high: float, turn_rad: float = 0.0) -> Shape:
    """Solid five-pointed star, a regular pentagram's outline, from z = low to z = high; turned from one point at +y."""
    angle = np.pi / 2 + turn_rad + np.arange(10) * np.pi / 5
    inner = np.sin(np.radians(18.0)) / np.sin(np.radians(126.0))
    r = radius * np.where(np.arange(10) % 2 == 0, 1.0, inner)
    return prism(np.column_stack([r * np.cos(angle), r * np.sin(angle)]), low, high)


def mirrored(shape: Shape, axis: str) -> Shape:
    """The shape's mirror image across the plane through the origin that is perpendicular to a coordinate axis."""
    flip = np.ones(3)
    flip["xyz".index(axis)] = -1.0
    return shape[0] * flip, shape[1][:, ::-1]


def moved(shape: Shape, rotation: ArrayLike | None = None, by: ArrayLike = (0.0, 0.0, 0.0)) -> Shape:
    """The shape turned by a rotation (3, 3), then shifted by (3,) metres."""
    v = shape[0] if rotation is None else shape[0] @ np.asarray(rotation, float).T
    return v + np.asarray(by, float), shape[1]


def turn(axis: str, angle_deg: float) -> Array:
    """Rotation (3, 3) about a coordinate axis, right-handed."""
    k = "xyz".index(axis)
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    out = np.eye(3)
    a, b = (k + 1) % 3, (k + 2) % 3
    out[a, a] = out[b, b] = c
    out[b, a], out[a, b] = s, -s
    return out


def join(shapes: list[Shape]) -> Shape:
    """Several shapes as one."""
    offsets = np.cumsum([0] + [len(v) for v, _ in shapes])
    faces = [f + o for (_, f), o in zip(shapes, offsets[:-1], strict=True)]
    return np.concatenate([v for v, _ in shapes]), np.concatenate(faces)


def open_edges(vertices: Array, faces: NDArray[np.int64]) -> Array:
    """Middles (n, 3) of the edges that are not shared by exactly two triangles; equal vertices count as one.

    None: the surface is closed.
    """
    # -0.0 is 0.0
    places, same = np.unique(vertices + 0.0, axis=0, return_inverse=True)
    corners = same.reshape(-1)[faces]
    edges = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    distinct, count = np.unique(edges, axis=0, return_counts=True)
    return places[distinct[count != 2]].mean(axis=1)


def _fan(ring: Array) -> Shape:
    """Flat polygon, seen counter-clockwise and in view of its middle, about that."""
    n = len(ring)
    k = np.arange(n)
    return np.vstack([ring, ring.mean(axis=0)]), np.column_stack([k, (k + 1) % n, np.full(n, n)])


def _quad(a: Array, b: Array, c: Array, d: Array) -> Shape:
    """Quadrilateral a b c d, seen counter-clockwise."""
    return np.array([a, b, c, d]), np.array([[0, 1, 2], [0, 2, 3]])
