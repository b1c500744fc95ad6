"""Hash cells on the sphere: the faces of a cube cut into equal squares, and random numbers that belong to a square.

A point of the sphere lies on the face of its largest coordinate and has there two coordinates x and y from -1 to 1::

    face 0, 1, 2: +x, +y, +z      direction = sign w + u e1 + v e2,  u = warp(x), v = warp(y)
    face 3, 4, 5: -x, -y, -z      e1, e2: the next two axes, in cyclic order

``warp`` keeps cells nearly equal, and an edge is cut alike by both faces that share it. Nothing is special at the poles
and at the date line; the corners of the cube are where three faces meet, no more.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)

# warp(x) = x (1 + (x^2 - 1)(A + B x^2)), chosen so that atan(warp(x)) is within 0.5 % of proportional to x
_A, _B = 0.212, 0.0702
STEEPEST = 4.0 / math.pi * 1.006
"""Largest change of a face coordinate with the angle about its axis, per radian."""
WIDE = 0.3
"""Caps beyond this many radians are not narrowed down: all cells of a face they reach are searched."""

_STEEPEST, _WIDE = STEEPEST, WIDE


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def mix(x: np.uint64) -> np.uint64:
    """Next state of splitmix64 (Steele, Lea & Flood 2014): a counter becomes 64 independent-looking bits."""
    x = x + _GOLDEN
    x = (x ^ (x >> _30)) * _M1
    x = (x ^ (x >> _27)) * _M2
    return x ^ (x >> _31)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def unit(x: np.uint64) -> float:
    """Bits to a float in [0, 1)."""
    return (x >> _11) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def high(x: np.uint64) -> float:
    """Upper half of the bits as a float in [0, 1)."""
    return (x >> _32) * (1.0 / 4294967296.0)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def low(x: np.uint64) -> float:
    """Lower half of the bits as a float in [0, 1)."""
    return (x & _LOW) * (1.0 / 4294967296.0)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def warp(x: float) -> float:
    """Face coordinate to the tangent of the angle from the face's middle; odd, and 1 at 1."""
    q = x * x
    return x * (1.0 + (q - 1.0) * (_A + _B * q))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def warp_rate(x: float) -> float:
    """Derivative of ``warp``."""
    q = x * x
    return 1.0 - _A + q * (3.0 * (_A - _B) + 5.0 * _B * q)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def unwarped(u: float, angle: float) -> float:
    """Inverse of ``warp`` for u from -1 to 1, the tangent of ``angle``, by Newton's method to the last bits."""
    x = angle * (4.0 / math.pi)
    x -= (warp(x) - u) / warp_rate(x)
    x -= (warp(x) - u) / warp_rate(x)
    return x


@njit(cache=True, nogil=True, error_model="numpy")
def unwarp(u: float) -> float:
    """Inverse of ``warp`` for u from -1 to 1."""
    return unwarped(u, math.atan(u))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def leaning(u: float, v: float) -> float:
    """Cosine of the angle between the direction (u, v) of a face and its middle; alike on both sides of an edge."""
    return 1.0 / math.sqrt(1.0 + (u * u + v * v))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def place(face: int, u: float, v: float, w: float) -> tuple:
    """Unit vector in the direction (u, v) of a face; w: its ``leaning``. On an edge both faces give the same bits."""
    u, v = u * w, v * w
    if face >= 3:
        w = -w
        face -= 3
    if face == 0:
        return w, u, v
    if face == 1:
        return v, w, u
    return u, v, w


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def on_face(face: int, x: float, y: float, z: float) -> tuple:
    """Coordinates (w, u, v) of a vector along the axes of a face, w outwards, before division by w."""
    if face == 0 or face == 3:
        w, u, v = x, y, z
    elif face == 1 or face == 4:
        w, u, v = y, z, x
    else:
        w, u, v = z, x, y
    return (w if face < 3 else -w), u, v


@njit(cache=True, nogil=True, error_model="numpy")
def face_of(x: float, y: float, z: float) -> int:
    """Face that a direction lies on."""
    ax, ay, az = abs(x), abs(y), abs(z)
    if ax >= ay and ax >= az:
        return 0 if x > 0.0 else 3
    if ay >= az:
        return 1 if y > 0.0 else 4
    return 2 if z > 0.0 else 5


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def spacing(x: float, y: float, w: float) -> float:
    """Area on the unit sphere for an area of 1 in the coordinates x, y of a face; w: ``leaning`` there."""
    return warp_rate(x) * warp_rate(y) * (w * w * w)


@njit(cache=True, nogil=True, error_model="numpy")
def reach(angle: float, x: float, half: float) -> tuple:
    """Range of a face coordinate, within -1..1, that planes through its axis at ``angle`` +- ``half`` span.

    angle: about the axis, from the face's middle; x: the face coordinate at ``angle`` where that is on the face.
    The range is empty (first above last) where the face is not reached, and never too small.
    """
    quarter = 0.25 * math.pi
    if half > _WIDE:
        return -1.0, 1.0
    if angle - half > -quarter and angle + half < quarter:
        d = half * _STEEPEST
        return max(-1.0, x - d), min(1.0, x + d)
    if angle - half > quarter or angle + half < -quarter:
        return 1.0, -1.0
    first = -1.0 if angle - half <= -quarter else unwarp(math.tan(angle - half)) - 1e-12
    last = 1.0 if angle + half >= quarter else unwarp(math.tan(angle + half)) + 1e-12
    return first, last
