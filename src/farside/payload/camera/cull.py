"""Which bodies a ray can meet at all: coarse masks of where they appear to the camera and where their shadows fall.

One bit per group of bodies (rocks, others). A clear bit is certain, a set bit means "look". Bodies count with the boxes
in the leaves of their outer tree.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.camera.instances import Instances, Shapes, corner
from farside.payload.camera.kernel import ALLOCATING, INLINE, KERNEL
from farside.payload.camera.light import Light

TILE = 8
"""Pixels a side of a tile of the camera's mask."""
SHADOW_CELLS = 384
NEAR_M = 0.01


def screen_mask(  # type: ignore[no-untyped-def]
    shapes: Shapes, groups: tuple[Instances, ...], camera, lines: int, samples: int
) -> NDArray[np.uint8]:
    """Groups that may appear in each tile of TILE x TILE pixels, (tiles down, tiles across).

    A box covers the bounding box of its projection; where it reaches behind the camera that says little, and each
    triangle of its bodies covers its own. What is cut at a near plane; a margin of two pixels is added. Through a lens
    that bends nothing is left out.
    """
    shape = (lines + TILE - 1) // TILE, (samples + TILE - 1) // TILE
    if camera.ways.size:
        return np.full(shape, (1 << len(groups)) - 1, np.uint8)
    mask = np.zeros(shape, np.uint8)
    for bit, group in enumerate(groups):
        _screen(mask, bit, shapes, group, camera, float(lines), float(samples))
    return mask


@njit(**INLINE)
def _corner(boxes, node, k):  # type: ignore[no-untyped-def]
    """Corner k (bits: x, y, z) of a box."""
    x, y, z = boxes[node, 3 if k & 1 else 0], boxes[node, 4 if k & 2 else 1], boxes[node, 5 if k & 4 else 2]
    return float(x), float(y), float(z)


@njit(**ALLOCATING)
def _screen(mask, bit, shapes, group, camera, lines, samples):  # type: ignore[no-untyped-def]
    p = np.empty((8, 3))
    for node in range(group.link.size):
        if group.held[node] == 0:
            continue
        ahead = 0
        for k in range(8):
            x, y, z = _corner(group.boxes, node, k)
            _seen(p, k, camera, x, y, z)
            ahead += p[k, 2] > NEAR_M
        if ahead == 8:
            _cover(mask, bit, p, 8, camera, lines, samples)
        elif ahead:
            for n in range(group.link[node], group.link[node] + group.held[node]):
                for triangle in range(group.bases[n], group.ends[n]):
                    for k in range(3):
                        x, y, z = corner(shapes, group, n, triangle, k)
                        _seen(p, k, camera, x, y, z)
                    _cover(mask, bit, p, 3, camera, lines, samples)


@njit(**INLINE)
def _seen(p, k, camera, x, y, z):  # type: ignore[no-untyped-def]
    """Fill p[k]: a point in the camera's frame, x right, y up, depth forwards."""
    r, c = camera.rotation, camera.centre
    x, y, z = x - c[0], y - c[1], z - c[2]
    p[k, 0] = r[0, 0] * x + r[1, 0] * y + r[2, 0] * z
    p[k, 1] = r[0, 1] * x + r[1, 1] * y + r[2, 1] * z
    p[k, 2] = -(r[0, 2] * x + r[1, 2] * y + r[2, 2] * z)


@njit(**KERNEL)
def _cover(mask, bit, p, count, camera, lines, samples):  # type: ignore[no-untyped-def]
    """Mark the tiles that the hull of the first points of p may appear in."""
    f, column, row = camera.intrinsics[0], camera.intrinsics[1], camera.intrinsics[2]
    u0, u1, v0, v1 = 1e30, -1e30, 1e30, -1e30
    for k in range(count):
        if p[k, 2] > NEAR_M:
            u, v = column + f * p[k, 0] / p[k, 2], row - f * p[k, 1] / p[k, 2]
            u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
        for m in range(k):
            # a line between two points that the near plane cuts
            if (p[k, 2] > NEAR_M) != (p[m, 2] > NEAR_M):
                s = (NEAR_M - p[k, 2]) / (p[m, 2] - p[k, 2])
                x, y = p[k, 0] + s * (p[m, 0] - p[k, 0]), p[k, 1] + s * (p[m, 1] - p[k, 1])
                u, v = column + f * x / NEAR_M, row - f * y / NEAR_M
                u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
    if u1 < -2.0 or v1 < -2.0 or u0 > samples + 2.0 or v0 > lines + 2.0:
        return
    _mark(mask, 1 << bit, (v0 - 2.0) / TILE, (v1 + 2.0) / TILE, (u0 - 2.0) / TILE, (u1 + 2.0) / TILE)


@njit(**INLINE)
def _mark(mask, bits, i0, i1, j0, j1):  # type: ignore[no-untyped-def]
    rows, columns = mask.shape
    first, last = int(max(j0, 0.0)), int(min(j1, columns - 1.0))
    for i in range(int(max(i0, 0.0)), int(min(i1, rows - 1.0)) + 1):
        for j in range(first, last + 1):
            mask[i, j] |= np.uint8(bits)


def shadow_masks(
    groups: tuple[Instances, ...], light: Light, floors: list[float], slope: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Where groups may stand between the Sun and a point, each on a grid over the plane seen from the Sun.

    Shadows of a group fall on ground no lower than its floor, metres, at most ``slope`` metres along the light per
    metre of height: so far does the penumbra widen. Returns (groups, SHADOW_CELLS, SHADOW_CELLS) and (groups, 4):
    origin across and up and cells per metre twice.
    """
    mask, grid = np.zeros((len(groups), SHADOW_CELLS, SHADOW_CELLS), np.uint8), np.zeros((len(groups), 4))
    for k, group in enumerate(groups):
        if group.link.size:
            bounds = np.empty((len(group.link), 4), np.float32)
            _shadow(mask[k], grid[k], bounds, group, light.across, light.up, light.radius, floors[k], slope)
    return mask, grid


@njit(**KERNEL)
def _shadow(mask, grid, bounds, group, across, up, spread, floor, slope):  # type: ignore[no-untyped-def]
    a0, a1, b0, b1 = 1e30, -1e30, 1e30, -1e30
    for node in range(group.link.size):
        if group.held[node] == 0:
            continue
        ta0, ta1, tb0, tb1 = 1e30, -1e30, 1e30, -1e30
        for k in range(8):
            x, y, z = _corner(group.boxes, node, k)
            a = across[0] * x + across[1] * y + across[2] * z
            b = up[0] * x + up[1] * y + up[2] * z
            ta0, ta1, tb0, tb1 = min(ta0, a), max(ta1, a), min(tb0, b), max(tb1, b)
        margin = 0.01 + spread * slope * max(group.boxes[node, 5] - floor, 0.0)
        bounds[node, 0] = ta0 - margin
        bounds[node, 1] = ta1 + margin
        bounds[node, 2] = tb0 - margin
        bounds[node, 3] = tb1 + margin
        a0, a1 = min(a0, ta0 - margin), max(a1, ta1 + margin)
        b0, b1 = min(b0, tb0 - margin), max(b1, tb1 + margin)
    cells = mask.shape[0]
    grid[0], grid[1] = a0, b0
    grid[2] = cells / max(a1 - a0, 1e-3)
    grid[3] = cells / max(b1 - b0, 1e-3)
    for node in range(group.link.size):
        if group.held[node] > 0:
            _mark(
                mask, 1, (bounds[node, 2] - b0) * grid[3], (bounds[node, 3] - b0) * grid[3],
                (bounds[node, 0] - a0) * grid[2], (bounds[node, 1] - a0) * grid[2],
            )  # fmt: skip
