"""Which bodies a ray can meet at all: coarse masks of where they appear to the camera and where their shadows fall.

One bit per group of bodies (rocks, others). A clear bit is certain, a set bit means "look". Bodies count with the boxes
in the leaves of their outer tree, or triangle by triangle where these say little.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.camera.instances import Instances, Shapes, corner
from farside.payload.camera.kernel import ALLOCATING, INLINE, KERNEL
from farside.payload.camera.light import Light

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

TILE = 8
"""Pixels a side of a tile of the camera's mask."""
SHADOW_CELLS = 384
MANY_CELLS = 64
"""A body that spans more cells is done triangle by triangle."""
NEAR_M = 0.01
ROUNDING_M = 0.01


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
    shapes: Shapes, groups: tuple[Instances, ...], light: Light, foot: Array, near: float, floors: list[float],
    slope: float,
) -> tuple[Floats, Array]:  # fmt: skip
    """How far towards the Sun groups reach, metres, on a grid over the plane seen from the Sun: what lies beyond is not
    in their shadow.

    The grid is fine around ``foot`` (3,), below the camera, and beyond ``near`` metres from it ever coarser, as pixels
    are (``shadow_cell``). Boxes that span many cells leave it to the triangles of their bodies. Shadows of a group fall
    on ground no lower than its floor, metres, at most ``slope`` metres along the light per metre of height: so far does
    the penumbra widen. Returns (groups, SHADOW_CELLS, SHADOW_CELLS) and (4,): the foot across and up, near, and cells
    per unit of its logarithms.
    """
    shadow = np.full((len(groups), SHADOW_CELLS, SHADOW_CELLS), -np.inf, np.float32)
    centre, reach = (float(light.across @ foot), float(light.up @ foot)), near
    for group, floor in zip(groups, floors, strict=True):
        if group.link.size:
            box = group.boxes[0].astype(float)
            corners = np.array([[x, y, z] for x in box[::3] for y in box[1::3] for z in box[2::3]]) - foot
            reach = max(reach, *np.linalg.norm(corners, axis=1) + _margin(light, group, 0, floor, slope))
    grid = np.array([*centre, near, 0.5 * SHADOW_CELLS / np.log1p(reach / near)])
    for k, group in enumerate(groups):
        _shadow(shadow[k], grid, shapes, group, light, floors[k], slope)
    return shadow, grid


@njit(**INLINE)
def shadow_cell(grid, axis, metres):  # type: ignore[no-untyped-def]
    """Where a place across (axis 0) or up (axis 1) lies on the grid, in cells."""
    p = metres - grid[axis]
    away = grid[3] * math.log(1.0 + abs(p) / grid[2])
    return 0.5 * SHADOW_CELLS + (away if p >= 0.0 else -away)


@njit(**KERNEL)
def _shadow(shadow, grid, shapes, group, light, floor, slope):  # type: ignore[no-untyped-def]
    for node in range(group.link.size):
        if group.held[node] == 0:
            continue
        margin = _margin(light, group, node, floor, slope)
        a0, a1, b0, b1, far = 1e30, -1e30, 1e30, -1e30, -1e30
        for k in range(8):
            x, y, z = _corner(group.boxes, node, k)
            a, b, c = _from_sun(light, x, y, z)
            a0, a1, b0, b1, far = min(a0, a), max(a1, a), min(b0, b), max(b1, b), max(far, c)
        if _reach(shadow, grid, a0 - margin, a1 + margin, b0 - margin, b1 + margin, far, MANY_CELLS):
            continue
        for n in range(group.link[node], group.link[node] + group.held[node]):
            for triangle in range(group.bases[n], group.ends[n]):
                a0, a1, b0, b1, far = 1e30, -1e30, 1e30, -1e30, -1e30
                for k in range(3):
                    x, y, z = corner(shapes, group, n, triangle, k)
                    a, b, c = _from_sun(light, x, y, z)
                    a0, a1, b0, b1, far = min(a0, a), max(a1, a), min(b0, b), max(b1, b), max(far, c)
                _reach(shadow, grid, a0 - margin, a1 + margin, b0 - margin, b1 + margin, far, SHADOW_CELLS**2)


@njit(**INLINE)
def _reach(shadow, grid, a0, a1, b0, b1, far, most):  # type: ignore[no-untyped-def]
    """Let the cells of a rectangle reach at least so far towards the Sun; whether they were not too many for that."""
    last = SHADOW_CELLS - 1.0
    j0, j1 = int(max(shadow_cell(grid, 0, a0), 0.0)), int(min(shadow_cell(grid, 0, a1), last))
    i0, i1 = int(max(shadow_cell(grid, 1, b0), 0.0)), int(min(shadow_cell(grid, 1, b1), last))
    if (i1 - i0 + 1) * (j1 - j0 + 1) > most:
        return False
    reach = np.float32(far + ROUNDING_M)
    for i in range(i0, i1 + 1):
        for j in range(j0, j1 + 1):
            shadow[i, j] = max(shadow[i, j], reach)
    return True


@njit(**INLINE)
def _from_sun(light, x, y, z):  # type: ignore[no-untyped-def]
    """Metres across and up of a point in the plane seen from the Sun, and towards the Sun."""
    a, b, s = light.across, light.up, light.sun
    return (
        a[0] * x + a[1] * y + a[2] * z,
        b[0] * x + b[1] * y + b[2] * z,
        s[0] * x + s[1] * y + s[2] * z,
    )


@njit(**INLINE)
def _margin(light, group, node, floor, slope):  # type: ignore[no-untyped-def]
    """How far the penumbra of what is in a leaf's box may reach beyond it, metres."""
    return 0.01 + light.radius * slope * max(group.boxes[node, 5] - floor, 0.0)
