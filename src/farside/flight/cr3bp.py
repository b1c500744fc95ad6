"""The circular restricted three-body problem (CR3BP) of Earth, Moon and a body without mass.

Rotating frame about the barycentre, Earth at (-mu, 0, 0), Moon at (1 - mu, 0, 0); lengths in LU, times in TU::

    x'' - 2 y' = U_x,  y'' + 2 x' = U_y,  z'' = U_z,     U = (x^2 + y^2)/2 + (1 - mu)/r1 + mu/r2
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput

Array = NDArray[np.float64]

MU = 1.215058560962404e-2
"""Mass of the Moon over that of Earth and Moon; with LU_KM and TU_S as in the JPL three-body catalogue.

The catalogue's length unit is longer than the Moon's mean distance (384,400 km): a kilometre of a periodic orbit here
is one at a distance of 389,703 km.
"""
LU_KM = 389_703.0
TU_S = 382_981.0
MOON = np.array([1.0 - MU, 0.0, 0.0])
"""Place of the Moon's centre, LU."""
OUTWARD = {"L1": -1.0, "L2": 1.0}
"""The points on both sides of the Moon, and the sign of x that leads from the Moon to each."""


def libration_point(point: str) -> float:
    """The x coordinate (LU) of L1 or L2, where gravity and rotation balance. Raises BadInput for another point."""
    from scipy.optimize import brentq

    if point not in OUTWARD:
        raise BadInput("halo", "point", point, "L1 or L2")
    away = OUTWARD[point]

    def pull(distance: float) -> float:
        return float(flow(np.array([MOON[0] + away * distance, 0.0, 0.0, 0.0, 0.0, 0.0]))[3])

    return float(MOON[0] + away * brentq(pull, 0.01, 0.5, xtol=1e-15))


def jacobi_constant(state: Array) -> float:
    """2 U - v^2 of a state (6,), which never changes along an orbit."""
    x, y, z, vx, vy, vz = state
    r1, r2 = np.sqrt((x + MU) ** 2 + y * y + z * z), np.sqrt((x - 1.0 + MU) ** 2 + y * y + z * z)
    return float(x * x + y * y + 2.0 * (1.0 - MU) / r1 + 2.0 * MU / r2 - (vx * vx + vy * vy + vz * vz))


def flow(state: Array) -> Array:
    """Rate of change (6,) of a state (6,)."""
    x, y, z, vx, vy, vz = state
    a = (1.0 - MU) * ((x + MU) ** 2 + y * y + z * z) ** -1.5
    b = MU * ((x - 1.0 + MU) ** 2 + y * y + z * z) ** -1.5
    return np.array(
        [
            vx,
            vy,
            vz,
            x + 2.0 * vy - a * (x + MU) - b * (x - 1.0 + MU),
            y - 2.0 * vx - (a + b) * y,
            -(a + b) * z,
        ]
    )


def propagate(state: Array, duration: float) -> tuple[Array, Array]:
    """State (6,) and state transition matrix (6, 6) after a duration in TU."""
    integrator = deepcopy(_variational())
    integrator.time = 0.0
    integrator.state[:6] = state
    integrator.state[6:] = np.eye(6).ravel()
    integrator.propagate_until(duration)
    return integrator.state[:6].copy(), integrator.state[6:].reshape(6, 6).copy()


def states_at(start: Array, times: ArrayLike) -> Array:
    """States (n, 6) at times (n,) in TU after a start (6,), in any order."""
    after = np.asarray(times, float)
    integrator = deepcopy(_plain())
    states = np.empty((len(after), 6))
    integrator.time = 0.0
    integrator.state[:] = start
    for k in np.argsort(after, kind="stable"):
        integrator.propagate_until(float(after[k]))
        states[k] = integrator.state
    return states


@cache
def _system() -> Any:
    import heyoka as hy

    x, y, z, vx, vy, vz = hy.make_vars("x", "y", "z", "vx", "vy", "vz")
    a = (1.0 - MU) * ((x + MU) ** 2 + y**2 + z**2) ** -1.5
    b = MU * ((x - 1.0 + MU) ** 2 + y**2 + z**2) ** -1.5
    return [
        (x, vx),
        (y, vy),
        (z, vz),
        (vx, x + 2.0 * vy - a * (x + MU) - b * (x - 1.0 + MU)),
        (vy, y - 2.0 * vx - (a + b) * y),
        (vz, -(a + b) * z),
    ]


@cache
def _plain() -> Any:
    import heyoka as hy

    return hy.taylor_adaptive(_system(), tol=1e-16, compact_mode=True)


@cache
def _variational() -> Any:
    import heyoka as hy

    # compact: the unrolled variational equations take most of a minute to compile
    return hy.taylor_adaptive(hy.var_ode_sys(_system(), args=hy.var_args.vars, order=1), tol=1e-16, compact_mode=True)
