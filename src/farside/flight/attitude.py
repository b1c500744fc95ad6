"""Attitudes as unit quaternions (scalar first, local frame -> site frame), and the attitude a thrust axis implies."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def product(a: ArrayLike, b: ArrayLike) -> Array:
    """Quaternion product (..., 4): first ``b``, then ``a``."""
    (aw, ax, ay, az), (bw, bx, by, bz) = (np.moveaxis(np.asarray(q, float), -1, 0) for q in (a, b))
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def to_matrix(q: ArrayLike) -> Array:
    """Rotation matrix (3, 3), columns = local axes in the site frame, of a unit quaternion (4,)."""
    w, x, y, z = np.asarray(q, float)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def from_matrix(r: ArrayLike) -> Array:
    """Unit quaternion (4,) with w >= 0 of a rotation matrix (3, 3) (Shepperd 1978)."""
    m = np.asarray(r, float)
    trace = np.trace(m)
    squares = np.array([trace, m[0, 0], m[1, 1], m[2, 2]])
    k = int(np.argmax(squares))
    products = np.array(
        [
            [1 + trace, m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
            [0, 1 + 2 * m[0, 0] - trace, m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]],
            [0, 0, 1 + 2 * m[1, 1] - trace, m[1, 2] + m[2, 1]],
            [0, 0, 0, 1 + 2 * m[2, 2] - trace],
        ]
    )
    q = np.where(np.arange(4) >= k, products[k], products[:, k])
    return positive(q / np.linalg.norm(q))


def positive(q: ArrayLike) -> Array:
    """The same rotations (..., 4) with scalar part >= 0."""
    a = np.asarray(q, float)
    return np.where(a[..., :1] < 0.0, -a, a)


def between(a: ArrayLike, b: ArrayLike, share: float) -> Array:
    """Attitude (4,) a ``share`` (0-1) of the way from ``a`` to ``b``, along the shorter arc (normalised blend)."""
    p, q = np.asarray(a, float), np.asarray(b, float)
    mixed = (1.0 - share) * p + share * (q if p @ q >= 0.0 else -q)
    return positive(mixed / np.linalg.norm(mixed))


def small_rotation(angles_rad: ArrayLike) -> Array:
    """Quaternion (4,) of a rotation vector (3,) in radians."""
    v = np.asarray(angles_rad, float)
    angle = float(np.linalg.norm(v))
    return np.concatenate([[np.cos(angle / 2)], v * (0.5 * np.sinc(angle / 2 / np.pi))])


def upright(heading_deg: float) -> Array:
    """Attitude (4,) of a level lander whose +y axis points to azimuth ``heading_deg`` (clockwise from north)."""
    half = np.radians(heading_deg) / 2
    return np.array([np.cos(half), 0.0, 0.0, -np.sin(half)])


def along_thrust(axes: ArrayLike, heading_deg: float) -> Array:
    """Attitudes (n, 4) with +z along thrust axes (n, 3): the upright attitude, tilted there by the shortest way.

    The lander therefore neither rolls while it pitches up nor turns about its axis over the site. No axis may point
    straight down.
    """
    u = np.asarray(axes, float)
    tilt = np.stack([1.0 + u[:, 2], -u[:, 1], u[:, 0], np.zeros(len(u))], axis=-1)
    return positive(product(tilt / np.linalg.norm(tilt, axis=-1, keepdims=True), upright(heading_deg)))
