"""Which bodies a ray can meet at all: coarse masks of where they appear to the camera and where their shadows fall.

One bit per body. A clear bit is certain, a set bit means "look".
"""

from __future__ import annotations

import numpy as np
from numba import njit

from farside.payload.camera.kernel import ALLOCATING, INLINE

TILE = 8
"""Pixels a side of a tile of the camera's mask."""
SHADOW_CELLS = 384
NEAR_M = 0.01


@njit(**INLINE)
def _corner(meshes, body, triangle, k, out):  # type: ignore[no-untyped-def]
    """Corner k of a triangle in the site frame, into out (3,)."""
    c = meshes.corners
    x, y, z = float(c[triangle, 0]), float(c[triangle, 1]), float(c[triangle, 2])
    if k > 0:
        x += c[triangle, 3 * k]
        y += c[triangle, 3 * k + 1]
        z += c[triangle, 3 * k + 2]
    for a in range(3):
        r = meshes.rotations
        out[a] = r[body, a, 0] * x + r[body, a, 1] * y + r[body, a, 2] * z + meshes.positions[body, a]


@njit(**ALLOCATING)
def screen_mask(meshes, camera, lines, samples):  # type: ignore[no-untyped-def]
    """Bodies that may appear in each tile of TILE x TILE pixels, uint8 (tiles down, tiles across).

    A triangle covers the bounding box of its projection, cut at a near plane; a margin of two pixels is added.
    """
    mask = np.zeros(((lines + TILE - 1) // TILE, (samples + TILE - 1) // TILE), np.uint8)
    f, column, row = camera.intrinsics[0], camera.intrinsics[1], camera.intrinsics[2]
    p = np.empty((3, 3))
    q = np.empty(3)
    r = camera.rotation
    for body in range(meshes.roots.size):
        for triangle in range(meshes.bases[body], meshes.ends[body]):
            ahead = 0
            for k in range(3):
                _corner(meshes, body, triangle, k, q)
                for a in range(3):
                    q[a] -= camera.centre[a]
                # x right, y up, depth forwards
                p[k, 0] = r[0, 0] * q[0] + r[1, 0] * q[1] + r[2, 0] * q[2]
                p[k, 1] = r[0, 1] * q[0] + r[1, 1] * q[1] + r[2, 1] * q[2]
                p[k, 2] = -(r[0, 2] * q[0] + r[1, 2] * q[1] + r[2, 2] * q[2])
                ahead += p[k, 2] > NEAR_M
            if ahead == 0:
                continue
            u0, u1, v0, v1 = 1e30, -1e30, 1e30, -1e30
            for k in range(3):
                if p[k, 2] > NEAR_M:
                    u, v = column + f * p[k, 0] / p[k, 2], row - f * p[k, 1] / p[k, 2]
                    u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
                m = (k + 1) % 3
                if (p[k, 2] > NEAR_M) != (p[m, 2] > NEAR_M):
                    s = (NEAR_M - p[k, 2]) / (p[m, 2] - p[k, 2])
                    x, y = p[k, 0] + s * (p[m, 0] - p[k, 0]), p[k, 1] + s * (p[m, 1] - p[k, 1])
                    u, v = column + f * x / NEAR_M, row - f * y / NEAR_M
                    u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
            if u1 < -2.0 or v1 < -2.0 or u0 > samples + 2.0 or v0 > lines + 2.0:
                continue
            _mark(mask, body, (v0 - 2.0) / TILE, (v1 + 2.0) / TILE, (u0 - 2.0) / TILE, (u1 + 2.0) / TILE)
    return mask


@njit(**INLINE)
def _mark(mask, body, i0, i1, j0, j1):  # type: ignore[no-untyped-def]
    rows, columns = mask.shape
    bit = np.uint8(1 << body)
    first, last = int(max(j0, 0.0)), int(min(j1, columns - 1.0))
    for i in range(int(max(i0, 0.0)), int(min(i1, rows - 1.0)) + 1):
        for j in range(first, last + 1):
            mask[i, j] |= bit


@njit(**ALLOCATING)
def shadow_mask(meshes, across, up, spread, low, slope):  # type: ignore[no-untyped-def]
    """Bodies that may stand between the Sun and a point, on a grid over the plane seen from the Sun.

    across, up: (3,) unit vectors that span the plane. spread: tangent of the solar radius. Shadows fall on ground no
    lower than ``low`` (bodies,) metres, at most ``slope`` metres along the light per metre of height: so far does the
    penumbra widen. Returns uint8 (SHADOW_CELLS, SHADOW_CELLS) and (4,) origin across and up and cells per metre twice.
    """
    mask = np.zeros((SHADOW_CELLS, SHADOW_CELLS), np.uint8)
    bounds = np.empty((meshes.corners.shape[0], 4), np.float32)
    p = np.empty(3)
    a0, a1, b0, b1 = 1e30, -1e30, 1e30, -1e30
    for body in range(meshes.roots.size):
        for triangle in range(meshes.bases[body], meshes.ends[body]):
            ta0, ta1, tb0, tb1, top = 1e30, -1e30, 1e30, -1e30, -1e30
            for k in range(3):
                _corner(meshes, body, triangle, k, p)
                a = across[0] * p[0] + across[1] * p[1] + across[2] * p[2]
                b = up[0] * p[0] + up[1] * p[1] + up[2] * p[2]
                ta0, ta1, tb0, tb1 = min(ta0, a), max(ta1, a), min(tb0, b), max(tb1, b)
                top = max(top, p[2])
            margin = 0.01 + spread * slope * max(top - low[body], 0.0)
            bounds[triangle] = (ta0 - margin, ta1 + margin, tb0 - margin, tb1 + margin)
            a0, a1 = min(a0, ta0 - margin), max(a1, ta1 + margin)
            b0, b1 = min(b0, tb0 - margin), max(b1, tb1 + margin)
    per_a = SHADOW_CELLS / max(a1 - a0, 1e-3)
    per_b = SHADOW_CELLS / max(b1 - b0, 1e-3)
    for body in range(meshes.roots.size):
        for k in range(meshes.bases[body], meshes.ends[body]):
            _mark(
                mask, body, (bounds[k, 2] - b0) * per_b, (bounds[k, 3] - b0) * per_b,
                (bounds[k, 0] - a0) * per_a, (bounds[k, 1] - a0) * per_a,
            )  # fmt: skip
    return mask, np.array([a0, b0, per_a, per_b])
