"""How the Moon is turned against the stars: integrated (DE421), or analytic where the integration does not reach."""

from __future__ import annotations

import math
from functools import cache
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.geometry import PA_TO_ME_DE421, kernel_path
from farside.sky.chebyshev import Segment, open_kernel
from farside.sky.ephemeris import position, require_within
from farside.sky.iau_moon import iau_moon

Array = NDArray[np.float64]

_MOON_PA_DE421 = (1, 31006)
_FROM_ANGLES = {"MOON_ME": PA_TO_ME_DE421, "MOON_PA": np.eye(3), "IAU_MOON": np.eye(3)}
MOON_FRAMES = tuple(_FROM_ANGLES)
"""Names of the frames that turn with the Moon."""


class _Angles(Protocol):
    """Angles phi, theta, psi of a rotation 3-1-3 as functions of time."""

    def value(self, t: Array) -> Array: ...
    def state(self, t: Array) -> tuple[Array, Array]: ...


def moon_rotation(t: ArrayLike, frame: str = "MOON_ME") -> Array:
    """Rotations (*t.shape, 3, 3) from ICRF to a frame that turns with the Moon: ``v_me = rotation @ v_icrf``.

    frame: "MOON_PA", the principal axes of DE421 from the binary PCK; "MOON_ME", mean Earth and polar axis, a constant
    rotation away from them and within 0.6 m of DE440's on the surface until 2040 (NAIF lunar frame kernel);
    "IAU_MOON", the analytic series of the IAU, within 155 m of MOON_ME until 2040, at any time.
    Raises BadInput for other names, and outside 1900 to 2050 for MOON_ME and MOON_PA.
    """
    times = np.asarray(t, float)
    flat = times.ravel()
    rotations = np.empty((len(flat), 3, 3))
    _matrices(_angles(frame, flat).value(flat), _FROM_ANGLES[frame], rotations)
    return rotations.reshape(*times.shape, 3, 3)


def moon_rotation_and_spin(t: Array, frame: str = "MOON_ME") -> tuple[Array, Array]:
    """Rotations (n, 3, 3) as ``moon_rotation``, and angular velocities (n, 3) in that frame, radians per second."""
    angles, rates = _angles(frame, t).state(t)
    rotations, spins = np.empty((len(t), 3, 3)), np.empty((len(t), 3))
    _matrices(angles, _FROM_ANGLES[frame], rotations)
    _spins(angles, rates, _FROM_ANGLES[frame], spins)
    return rotations, spins


def moon_fixed(body: str, t: ArrayLike, frame: str = "MOON_ME") -> Array:
    """Geometric position of "sun" or "earth" from the Moon's centre in a frame that turns with the Moon: km.

    t: TDB s past J2000. frame: as in ``moon_rotation``. Returns shape (*t.shape, 3). Raises BadInput as ``position``
    and ``moon_rotation`` do.
    """
    times = np.asarray(t, float)
    flat = times.ravel()
    turned = np.empty((len(flat), 3))
    _turned(_angles(frame, flat).value(flat), _FROM_ANGLES[frame], position(body, flat), turned)
    return turned.reshape(*times.shape, 3)


def _angles(frame: str, t: Array) -> _Angles:
    """The angles of a frame, if they are known at all times t."""
    if frame not in _FROM_ANGLES:
        raise BadInput("sky", "frame", frame, f"a frame that turns with the Moon: {', '.join(MOON_FRAMES)}")
    if frame == "IAU_MOON":
        return iau_moon()
    pck = moon_angles()
    expected = f"a time from 1900-01-01 to 2050-12-31 for {frame}; for others use the frame IAU_MOON (good to 155 m)"
    require_within(t, pck.start, pck.stop, "sky", "time", expected)
    return pck


@cache
def moon_angles() -> Segment:
    """Angles phi, theta, psi of the rotation 3-1-3 from ICRF to MOON_PA of DE421, radians, as Chebyshev series."""
    (segment,) = open_kernel(kernel_path("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"))[_MOON_PA_DE421]
    return segment


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _euler_313(phi: float, theta: float, psi: float, m: np.ndarray) -> None:
    """Write the rotation R3(psi) R1(theta) R3(phi) to ``m`` (3, 3)."""
    cf, sf, ct, st, cp, sp = (
        math.cos(phi),
        math.sin(phi),
        math.cos(theta),
        math.sin(theta),
        math.cos(psi),
        math.sin(psi),
    )
    m[0, 0], m[0, 1], m[0, 2] = cp * cf - sp * ct * sf, cp * sf + sp * ct * cf, sp * st
    m[1, 0], m[1, 1], m[1, 2] = -sp * cf - cp * ct * sf, -sp * sf + cp * ct * cf, cp * st
    m[2, 0], m[2, 1], m[2, 2] = st * sf, -st * cf, ct


@njit(cache=True, nogil=True, error_model="numpy")
def _matrices(angles: np.ndarray, left: np.ndarray, out: np.ndarray) -> None:
    """Write left (3, 3) times the rotations 3-1-3 of angles (n, 3) to ``out`` (n, 3, 3)."""
    m = np.empty((3, 3))
    for i in range(angles.shape[0]):
        _euler_313(angles[i, 0], angles[i, 1], angles[i, 2], m)
        for j in range(3):
            for k in range(3):
                out[i, j, k] = left[j, 0] * m[0, k] + left[j, 1] * m[1, k] + left[j, 2] * m[2, k]


@njit(cache=True, nogil=True, error_model="numpy")
def _turned(angles: np.ndarray, left: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
    """Write left (3, 3) times the rotations 3-1-3 of angles (n, 3) times v (n, 3) to ``out`` (n, 3)."""
    m, w = np.empty((3, 3)), np.empty(3)
    for i in range(angles.shape[0]):
        _euler_313(angles[i, 0], angles[i, 1], angles[i, 2], m)
        for j in range(3):
            w[j] = m[j, 0] * v[i, 0] + m[j, 1] * v[i, 1] + m[j, 2] * v[i, 2]
        for j in range(3):
            out[i, j] = left[j, 0] * w[0] + left[j, 1] * w[1] + left[j, 2] * w[2]


@njit(cache=True, nogil=True, error_model="numpy")
def _spins(angles: np.ndarray, rates: np.ndarray, left: np.ndarray, out: np.ndarray) -> None:
    """Write left (3, 3) times the angular velocities of rotations 3-1-3 with angles and rates (n, 3) to ``out``."""
    w = np.empty(3)
    for i in range(angles.shape[0]):
        phi, theta, psi = rates[i, 0], rates[i, 1], rates[i, 2]
        st, ct, sp, cp = math.sin(angles[i, 1]), math.cos(angles[i, 1]), math.sin(angles[i, 2]), math.cos(angles[i, 2])
        w[0], w[1], w[2] = phi * st * sp + theta * cp, phi * st * cp - theta * sp, phi * ct + psi
        for j in range(3):
            out[i, j] = left[j, 0] * w[0] + left[j, 1] * w[1] + left[j, 2] * w[2]
