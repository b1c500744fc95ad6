"""Triangle meshes as bounding volume hierarchies: building them and finding what a ray meets.

Binned surface-area heuristic (Wald 2007) over single-precision boxes, depth-first nodes: the left child follows its
parent, ``link`` points to the right one; in a leaf ``held`` things start at ``link``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.camera.kernel import ALLOCATING, INLINE

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

BINS = 16
LEAF = 4
"""Most triangles of a leaf."""
STACK = 128
"""Nodes that may wait at once: those of a tree of instances, and above them those of one instance's own."""


class Bvh(NamedTuple):
    """Nodes and the triangles in their order, as the kernels take them.

    boxes: (nodes, 6) lower and upper corners. link, held: (nodes,). corners: (triangles, 9) first corner and the two
    edges from it. order: (triangles,) number of each triangle in the mesh it came from.
    """

    boxes: Floats
    link: Ints
    held: Ints
    corners: Floats
    order: Ints


def build_bvh(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> Bvh:
    """Hierarchy over the triangles of vertices (n, 3) and faces (m, 3), m > 0."""
    corners = np.asarray(vertices, np.float32)[faces]
    boxes, link, held, order = build_tree(corners.min(axis=1), corners.max(axis=1), LEAF)
    sorted_corners = corners[order]
    edges = sorted_corners[:, 1:] - sorted_corners[:, :1]
    return Bvh(boxes, link, held, np.concatenate([sorted_corners[:, 0], edges.reshape(-1, 6)], axis=1), order)


def build_tree(low: Floats, high: Floats, leaf: int) -> tuple[Floats, Ints, Ints, Ints]:
    """Nodes (boxes, link, held) over boxes ``low`` to ``high``, (n, 3) each, and the order of those, (n,)."""
    if not len(low):
        none = np.zeros(0, np.int32)
        return np.zeros((0, 6), np.float32), none, none, none
    return _build(low, high, np.float32(0.5) * (low + high), leaf)


@njit(**ALLOCATING)
def _build(low, high, centre, leaf):  # type: ignore[no-untyped-def]
    n = low.shape[0]
    order = np.arange(n).astype(np.int32)
    scratch = np.empty(n, np.int32)
    boxes = np.empty((2 * n, 6), np.float32)
    link = np.zeros(2 * n, np.int32)
    held = np.zeros(2 * n, np.int32)
    stack = np.empty((STACK, 3), np.int64)
    box_low = np.empty((BINS, 3))
    box_high = np.empty((BINS, 3))
    in_bin = np.empty(BINS, np.int64)
    left_area = np.empty(BINS)
    nodes = 0
    stack[0] = (0, n, -1)
    depth = 1
    while depth > 0:
        depth -= 1
        first, last, parent = stack[depth]
        node = nodes
        nodes += 1
        if parent >= 0:
            link[parent] = node
        c_low = np.full(3, np.inf)
        c_high = np.full(3, -np.inf)
        for axis in range(3):
            a, b = np.inf, -np.inf
            for k in range(first, last):
                f = order[k]
                a = min(a, low[f, axis])
                b = max(b, high[f, axis])
                c_low[axis] = min(c_low[axis], centre[f, axis])
                c_high[axis] = max(c_high[axis], centre[f, axis])
            # a hair wider than what it holds, so that flat boxes are met by rays in their plane
            pad = 1e-6 * max(abs(a), abs(b)) + 1e-6
            boxes[node, axis] = a - pad
            boxes[node, 3 + axis] = b + pad
        if last - first <= leaf:
            link[node] = first
            held[node] = last - first
            continue
        axis = int(np.argmax(c_high - c_low))
        extent = c_high[axis] - c_low[axis]
        cut = (first + last) // 2
        if extent > 0.0:
            scale = BINS * (1.0 - 1e-6) / extent
            in_bin[:] = 0
            box_low[:] = np.inf
            box_high[:] = -np.inf
            for k in range(first, last):
                f = order[k]
                bin_ = int((centre[f, axis] - c_low[axis]) * scale)
                in_bin[bin_] += 1
                for a3 in range(3):
                    box_low[bin_, a3] = min(box_low[bin_, a3], low[f, a3])
                    box_high[bin_, a3] = max(box_high[bin_, a3], high[f, a3])
            split = _best_split(box_low, box_high, in_bin, left_area)
            # stable, so that the same mesh always gives the same tree
            at, rest = first, 0
            for k in range(first, last):
                f = order[k]
                if int((centre[f, axis] - c_low[axis]) * scale) < split:
                    order[at] = f
                    at += 1
                else:
                    scratch[rest] = f
                    rest += 1
            for k in range(rest):
                order[at + k] = scratch[k]
            if first < at < last:
                cut = at
        stack[depth] = (cut, last, node)
        stack[depth + 1] = (first, cut, -1)
        depth += 2
    return boxes[:nodes].copy(), link[:nodes].copy(), held[:nodes].copy(), order


@njit(**ALLOCATING)
def _best_split(box_low, box_high, in_bin, left_area):  # type: ignore[no-untyped-def]
    """Bin at which the right half starts for the least sum of area times number."""
    low = np.full(3, np.inf)
    high = np.full(3, -np.inf)
    number = 0
    for k in range(BINS):
        number += in_bin[k]
        left_area[k] = _grow(low, high, box_low[k], box_high[k]) * number if number > 0 else 0.0
    low[:] = np.inf
    high[:] = -np.inf
    number = 0
    best, split = np.inf, BINS // 2
    for k in range(BINS - 1, 0, -1):
        number += in_bin[k]
        area = _grow(low, high, box_low[k], box_high[k])
        if number > 0 and left_area[k - 1] + area * number < best:
            best, split = left_area[k - 1] + area * number, k
    return split


@njit(**INLINE)
def _grow(low, high, by_low, by_high):  # type: ignore[no-untyped-def]
    """Enlarge a box by another; half the area of the result."""
    for axis in range(3):
        low[axis] = min(low[axis], by_low[axis])
        high[axis] = max(high[axis], by_high[axis])
    ex, ey, ez = high[0] - low[0], high[1] - low[1], high[2] - low[2]
    return ex * ey + ey * ez + ez * ex


@njit(**INLINE)
def enter(boxes, node, ox, oy, oz, ix, iy, iz, reach):  # type: ignore[no-untyped-def]
    """Distance at which the ray enters a box, or a huge one if it misses it."""
    a = (boxes[node, 0] - ox) * ix
    b = (boxes[node, 3] - ox) * ix
    t0 = min(a, b)
    t1 = max(a, b)
    a = (boxes[node, 1] - oy) * iy
    b = (boxes[node, 4] - oy) * iy
    t0 = max(t0, min(a, b))
    t1 = min(t1, max(a, b))
    a = (boxes[node, 2] - oz) * iz
    b = (boxes[node, 5] - oz) * iz
    t0 = max(t0, min(a, b))
    t1 = min(t1, max(a, b))
    t0 = max(t0, 0.0)
    return t0 if t0 <= t1 and t0 < reach else 1e30


@njit(**INLINE)
def inverse(d):  # type: ignore[no-untyped-def]
    """1 / d, huge where d is 0."""
    return 1.0 / d if abs(d) > 1e-12 else (1e12 if d >= 0.0 else -1e12)


@njit(**INLINE)
def nearer(boxes, a, b, stack, depth, ox, oy, oz, ix, iy, iz, reach):  # type: ignore[no-untyped-def]
    """Which of two nodes the ray enters first (-1: neither) while the other waits, and how many wait."""
    ta = enter(boxes, a, ox, oy, oz, ix, iy, iz, reach)
    tb = enter(boxes, b, ox, oy, oz, ix, iy, iz, reach)
    if ta < 1e30 and tb < 1e30:
        stack[depth] = b if ta <= tb else a
        return (a if ta <= tb else b), depth + 1
    return (a if ta < 1e30 else (b if tb < 1e30 else -1)), depth


@njit(**INLINE)
def hit_mesh(tree, root, base, stack, bottom, ox, oy, oz, dx, dy, dz, reach, any_hit):  # type: ignore[no-untyped-def]
    """Nearest triangle met before ``reach`` in the tree at node ``root`` whose triangles start at ``base``.

    Returns distance, in lengths of the direction, and triangle (in tree order), or (reach, -1). Both faces count. With
    ``any_hit`` the first found is enough. stack: (STACK,) int32 scratch, free from ``bottom`` on. Triangle test:
    Moeller & Trumbore 1997, in double precision.
    """
    boxes, link, held, corners = tree.boxes, tree.link, tree.held, tree.corners
    ix = inverse(dx)
    iy = inverse(dy)
    iz = inverse(dz)
    found = -1
    node = root
    depth = bottom
    if enter(boxes, node, ox, oy, oz, ix, iy, iz, reach) >= 1e30:
        return reach, found
    while True:
        if held[node] > 0:
            for k in range(base + link[node], base + link[node] + held[node]):
                e1x = float(corners[k, 3])
                e1y = float(corners[k, 4])
                e1z = float(corners[k, 5])
                e2x = float(corners[k, 6])
                e2y = float(corners[k, 7])
                e2z = float(corners[k, 8])
                px = dy * e2z - dz * e2y
                py = dz * e2x - dx * e2z
                pz = dx * e2y - dy * e2x
                det = e1x * px + e1y * py + e1z * pz
                if det == 0.0:
                    continue
                r = 1.0 / det
                sx = ox - corners[k, 0]
                sy = oy - corners[k, 1]
                sz = oz - corners[k, 2]
                u = (sx * px + sy * py + sz * pz) * r
                if u < -1e-9 or u > 1.0 + 1e-9:
                    continue
                qx = sy * e1z - sz * e1y
                qy = sz * e1x - sx * e1z
                qz = sx * e1y - sy * e1x
                v = (dx * qx + dy * qy + dz * qz) * r
                if v < -1e-9 or u + v > 1.0 + 1e-9:
                    continue
                t = (e2x * qx + e2y * qy + e2z * qz) * r
                if 0.0 < t < reach:
                    reach = t
                    found = k
                    if any_hit:
                        return reach, found
        else:
            node, depth = nearer(boxes, node + 1, root + link[node], stack, depth, ox, oy, oz, ix, iy, iz, reach)
            if node >= 0:
                continue
        if depth == bottom:
            return reach, found
        depth -= 1
        node = stack[depth]
