"""Motion while the shutter is open: each pixel gathers its light along the way that the scene takes across it.

A point that stands still, at P in the camera frame, moves by dP/dt = -v - w x P for a camera that moves with v and
turns with w (Longuet-Higgins and Prazdny 1980, Proc. R. Soc. B 208, 385, eq. 2.1): of a direction r at the distance d
by -w x r - v / d. Projected, that is a motion in pixels per second, whatever the lens.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.instruments import Camera
from farside.payload.camera.kernel import INLINE, KERNEL

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

NODE_RAD = 0.04
"""Angle between the nodes where the motion of directions is projected: between them it is linear to 2e-4."""
LEAST_PX = 0.02
"""Shorter ways leave a pixel as it is."""
MOST_TAPS = 512


def smear(
    radiance: Floats,
    distance: Floats,
    camera: Camera,
    rotation: Array,
    motion: tuple[float, float, float, float, float, float],
    seconds: float,
    mosaic: bool = False,
) -> Floats:
    """Radiance (line, sample) averaged over an exposure that begins with the one given.

    distance: of what each pixel sees, m; infinite for sky, 0 for what moves along with the camera and stays sharp.
    rotation: (3, 3) from the camera frame to that of motion. motion: velocity of the camera, m/s, and its turning rate,
    rad/s. mosaic: whether colours alternate from sample to sample and line to line, so that light may only come from
    every other one.
    """
    out = np.empty_like(radiance)
    nodes, step = flow(camera, rotation, motion)
    _smear(radiance, distance, nodes, step, float(seconds), 2 if mosaic else 1, out)
    return out


def flow(camera: Camera, rotation: Array, motion: tuple[float, float, float, float, float, float]) -> tuple[Array, int]:
    """Motion of the image at nodes from the first pixel on, (lines, samples, 4), and how many pixels they are apart.

    Samples and lines per second by turning, then metres times samples and lines per second by moving, to be divided by
    the distance.
    """
    step = max(int(NODE_RAD / camera.pixel_rad), 1)
    velocity, turning = (rotation.T @ np.array(part) for part in (motion[:3], motion[3:]))
    lines, samples = (max(n - 2, 0) // step + 2 for n in (camera.height, camera.width))
    i, j = np.meshgrid(1.0 + step * np.arange(samples), 1.0 + step * np.arange(lines))
    rays = camera.rays(i, j)
    turn = _projected(camera, rays, -np.cross(turning, rays))
    move = _projected(camera, rays, np.broadcast_to(-velocity, rays.shape))
    return np.nan_to_num(np.concatenate([turn, move], axis=-1), nan=0.0), step


def _projected(camera: Camera, rays: Array, change: Array) -> Array:
    """Motion in samples and lines (..., 2) of directions that change at these rates."""
    size = max(float(np.nanmax(np.linalg.norm(change, axis=-1))), 1e-30)
    step = 1e-5 / size
    (i1, j1), (i0, j0) = camera.project(rays + step * change), camera.project(rays - step * change)
    return np.stack([i1 - i0, j1 - j0], axis=-1) / (2.0 * step)


@njit(**KERNEL)
def _smear(radiance, distance, nodes, step, seconds, stride, out):  # type: ignore[no-untyped-def]
    lines, samples = radiance.shape
    for j in range(lines):
        b = min(j // step, nodes.shape[0] - 2)
        v = j / step - b
        for i in range(samples):
            out[j, i] = radiance[j, i]
            near = distance[j, i]
            if not near > 0.0:
                continue
            a = min(i // step, nodes.shape[1] - 2)
            u = i / step - a
            right = seconds * (_node(nodes, a, b, u, v, 0) + _node(nodes, a, b, u, v, 2) / near)
            down = seconds * (_node(nodes, a, b, u, v, 1) + _node(nodes, a, b, u, v, 3) / near)
            length = math.sqrt(right * right + down * down)
            if length < LEAST_PX:
                continue
            taps = 1 + math.ceil(min(2.0 * length, MOST_TAPS))
            total, found = 0.0, 0
            for k in range(taps):
                # what is here when the shutter closes was up the way before
                back = (k + 0.5) / taps
                x = min(max(i - back * right, 0.0), samples - 1.0)
                y = min(max(j - back * down, 0.0), lines - 1.0)
                if distance[round(y), round(x)] > 0.0:
                    total += _light(radiance, i, j, x, y, stride)
                    found += 1
            if found:
                out[j, i] = max(total / found, 0.0)


@njit(**INLINE)
def _node(nodes, a, b, u, v, k):  # type: ignore[no-untyped-def]
    """The k-th number between four nodes."""
    above = (1.0 - u) * nodes[b, a, k] + u * nodes[b, a + 1, k]
    below = (1.0 - u) * nodes[b + 1, a, k] + u * nodes[b + 1, a + 1, k]
    return (1.0 - v) * above + v * below


@njit(**INLINE)
def _light(radiance, i, j, x, y, stride):  # type: ignore[no-untyped-def]
    """Light at sample x and line y, by cubic convolution (Keys 1981) of pixels of the colour of (i, j).

    Linear interpolation would blur; this does not until the third order.
    """
    lines, samples = radiance.shape
    u, v = (x - i) / stride, (y - j) / stride
    c, r = math.floor(u), math.floor(v)
    u, v = u - c, v - r
    total = 0.0
    for m in range(4):
        row = _inside(j + stride * (r + m - 1), lines, stride)
        line = 0.0
        for n in range(4):
            line += _cubic(u, n) * radiance[row, _inside(i + stride * (c + n - 1), samples, stride)]
        total += _cubic(v, m) * line
    return total


@njit(**INLINE)
def _cubic(u, n):  # type: ignore[no-untyped-def]
    """Weight of the n-th of four neighbours for a place u beyond the second."""
    if n == 0:
        return u * (-0.5 + u * (1.0 - 0.5 * u))
    if n == 1:
        return 1.0 + u * u * (-2.5 + 1.5 * u)
    if n == 2:
        return u * (0.5 + u * (2.0 - 1.5 * u))
    return u * u * (-0.5 + 0.5 * u)


@njit(**INLINE)
def _inside(k, count, stride):  # type: ignore[no-untyped-def]
    """The nearest index inside the picture of the same colour."""
    if k < 0:
        return k % stride
    return k if k < count else count - 1 - (count - 1 - k) % stride
