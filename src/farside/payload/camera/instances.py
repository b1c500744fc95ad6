"""Bodies as shapes that stand in many places: each stone is kept once, however many lie about.

Two trees, one in the other: the outer one holds the boxes of the instances in the site frame; in its leaves the ray is
turned into the shape's own frame and goes down the shape's tree. Directions keep the length they have there, so that
distances are the site's::

    site:  x = forward @ local + position        local:  (inverse @ (x - position))
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.camera.bvh import Bvh, build_tree, enter, hit_mesh, inverse, nearer
from farside.payload.camera.kernel import INLINE, KERNEL

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

OUTER_LEAF = 1
"""Most instances of a leaf of the outer tree."""


class Shapes(NamedTuple):
    """The trees of all shapes, end to end.

    boxes .. corners: as in bvh.Bvh. normals: (triangles, 3) outward. material: (triangles,) row of the palette.
    """

    boxes: Floats
    link: Ints
    held: Ints
    corners: Floats
    normals: Floats
    material: Ints


class Instances(NamedTuple):
    """Shapes in their places, in the order of the outer tree.

    boxes, link, held: the outer tree. roots, bases, ends: (n,) first node, first triangle and one past the last
    triangle of the shape. forward, inverse: (n, 3, 3) shape to site, and back. positions: (n, 3) metres. body: (n,)
    what it is called in the picture (from 2). number: (n,) which of that body's it is.
    """

    boxes: Floats
    link: Ints
    held: Ints
    roots: NDArray[np.int64]
    bases: NDArray[np.int64]
    ends: NDArray[np.int64]
    forward: Array
    inverse: Array
    positions: Array
    body: Ints
    number: Ints


class Placed(NamedTuple):
    """Where shapes stand: shape, body, number (n,), forward (n, 3, 3) shape to site, positions (n, 3) metres."""

    shape: Ints
    body: Ints
    number: Ints
    forward: Array
    positions: Array


def join_shapes(trees: list[Bvh], normals: list[Floats], materials: list[Ints]) -> tuple[Shapes, NDArray[np.int64]]:
    """All shapes end to end, and (shapes, 3): first node, first triangle and one past the last one of each."""
    if not trees:
        none = np.zeros(0, np.int32)
        empty = Shapes(np.zeros((0, 6), np.float32), none, none, np.zeros((0, 9), np.float32),
                       np.zeros((0, 3), np.float32), none)  # fmt: skip
        return empty, np.zeros((0, 3), np.int64)
    nodes = np.cumsum([0] + [len(t.link) for t in trees])
    triangles = np.cumsum([0] + [len(t.order) for t in trees])
    joined = Shapes(
        np.concatenate([t.boxes for t in trees]),
        np.concatenate([t.link for t in trees]),
        np.concatenate([t.held for t in trees]),
        np.concatenate([t.corners for t in trees]),
        np.concatenate(normals).astype(np.float32),
        np.concatenate(materials).astype(np.int32),
    )
    return joined, np.stack([nodes[:-1], triangles[:-1], triangles[1:]], axis=1).astype(np.int64)


def place(shapes: Shapes, ranges: NDArray[np.int64], placed: Placed) -> Instances:
    """Instances with their outer tree; ranges as from ``join_shapes``."""
    n = len(placed.shape)
    mine = ranges[placed.shape]
    low, high = np.empty((n, 3), np.float32), np.empty((n, 3), np.float32)
    _bounds(shapes.corners, mine, placed.forward, placed.positions, low, high)
    boxes, link, held, order = build_tree(low, high, OUTER_LEAF)
    first_node, first, end = np.ascontiguousarray(mine[order].T)
    forward = np.ascontiguousarray(placed.forward[order], float)
    return Instances(
        boxes, link, held, first_node, first, end, forward, np.linalg.inv(forward), placed.positions[order],
        placed.body[order].astype(np.int32), placed.number[order].astype(np.int32),
    )  # fmt: skip


@njit(**KERNEL)
def _bounds(corners, ranges, forward, positions, low, high):  # type: ignore[no-untyped-def]
    """Fill low and high (n, 3) with the instances' boxes in the site frame."""
    for n in range(low.shape[0]):
        for a in range(3):
            least, most = np.inf, -np.inf
            for k in range(ranges[n, 1], ranges[n, 2]):
                at = 0.0
                for b in range(3):
                    at += forward[n, a, b] * corners[k, b]
                second, third = at, at
                for b in range(3):
                    second += forward[n, a, b] * corners[k, 3 + b]
                    third += forward[n, a, b] * corners[k, 6 + b]
                least = min(least, min(at, min(second, third)))
                most = max(most, max(at, max(second, third)))
            low[n, a] = positions[n, a] + least
            high[n, a] = positions[n, a] + most


@njit(**KERNEL)
def hit_instances(shapes, group, stack, ox, oy, oz, dx, dy, dz, reach, any_hit):  # type: ignore[no-untyped-def]
    """Distance, instance and triangle of what the ray meets first before ``reach``, or (reach, -1, -1).

    With ``any_hit`` the first found is enough. stack: (STACK,) int32 scratch.
    """
    found, triangle = -1, -1
    if group.link.size == 0:
        return reach, found, triangle
    boxes, link, held = group.boxes, group.link, group.held
    ix = inverse(dx)
    iy = inverse(dy)
    iz = inverse(dz)
    node = 0
    depth = 0
    if enter(boxes, node, ox, oy, oz, ix, iy, iz, reach) >= 1e30:
        return reach, found, triangle
    while True:
        if held[node] > 0:
            for k in range(link[node], link[node] + held[node]):
                m = group.inverse
                px = ox - group.positions[k, 0]
                py = oy - group.positions[k, 1]
                pz = oz - group.positions[k, 2]
                t, hit = hit_mesh(
                    shapes, group.roots[k], group.bases[k], stack, depth,
                    m[k, 0, 0] * px + m[k, 0, 1] * py + m[k, 0, 2] * pz,
                    m[k, 1, 0] * px + m[k, 1, 1] * py + m[k, 1, 2] * pz,
                    m[k, 2, 0] * px + m[k, 2, 1] * py + m[k, 2, 2] * pz,
                    m[k, 0, 0] * dx + m[k, 0, 1] * dy + m[k, 0, 2] * dz,
                    m[k, 1, 0] * dx + m[k, 1, 1] * dy + m[k, 1, 2] * dz,
                    m[k, 2, 0] * dx + m[k, 2, 1] * dy + m[k, 2, 2] * dz,
                    reach, any_hit,
                )  # fmt: skip
                if hit >= 0:
                    reach, found, triangle = t, k, hit
                    if any_hit:
                        return reach, found, triangle
        else:
            node, depth = nearer(boxes, node + 1, link[node], stack, depth, ox, oy, oz, ix, iy, iz, reach)
            if node >= 0:
                continue
        if depth == 0:
            return reach, found, triangle
        depth -= 1
        node = stack[depth]


@njit(**INLINE)
def corner(shapes, group, n, triangle, k):  # type: ignore[no-untyped-def]
    """Corner k of a triangle of instance n, in the site frame."""
    c, m, p = shapes.corners, group.forward, group.positions
    x, y, z = float(c[triangle, 0]), float(c[triangle, 1]), float(c[triangle, 2])
    if k > 0:
        x, y, z = x + c[triangle, 3 * k], y + c[triangle, 3 * k + 1], z + c[triangle, 3 * k + 2]
    return (
        m[n, 0, 0] * x + m[n, 0, 1] * y + m[n, 0, 2] * z + p[n, 0],
        m[n, 1, 0] * x + m[n, 1, 1] * y + m[n, 1, 2] * z + p[n, 1],
        m[n, 2, 0] * x + m[n, 2, 1] * y + m[n, 2, 2] * z + p[n, 2],
    )


@njit(**INLINE)
def turned_back(inverse_, k, nx, ny, nz):  # type: ignore[no-untyped-def]
    """A normal of the shape as the unit normal in the site frame: the transposed inverse keeps it at right angles."""
    x = inverse_[k, 0, 0] * nx + inverse_[k, 1, 0] * ny + inverse_[k, 2, 0] * nz
    y = inverse_[k, 0, 1] * nx + inverse_[k, 1, 1] * ny + inverse_[k, 2, 1] * nz
    z = inverse_[k, 0, 2] * nx + inverse_[k, 1, 2] * ny + inverse_[k, 2, 2] * nz
    q = 1.0 / math.sqrt(x * x + y * y + z * z)
    return x * q, y * q, z * q
