"""The frame that turns with Earth and Moon: how an orbit of the three-body problem is laid into the real sky."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.flight.cr3bp import MOON
from farside.sky import GM_EARTH, GM_MOON, position, velocity

Array = NDArray[np.float64]

MONTH_S = 27.321661 * 86_400.0
"""Mean sidereal month (Chapront et al. 2002, Astron. Astrophys. 387, 700). The frame turns once in it, so that it takes
MONTH_S/(2 pi) to pass one unit of time of the three-body problem."""
MEAN_KM = ((GM_EARTH + GM_MOON) * (MONTH_S / (2.0 * np.pi)) ** 2) ** (1.0 / 3.0)
"""Distance at which two bodies circle each other in that month: the unit of length that goes with it."""
_STEP_S = 30.0


def into_breathing_sky(times: Array, states: Array) -> Array:
    """CR3BP states (n, 6) to Moon-centred ICRF states (n, 6), km and km/s, scaled by the Moon's distance at each time.

    r = L C rho and its time derivative, with C the axes of the Earth-Moon line and orbit plane and L the distance.
    """
    axes, distance = rotating_axes(times)
    h = _STEP_S
    after, before = rotating_axes(times + h), rotating_axes(times - h)
    axes_rate = (after[0] - before[0]) / (2.0 * h)
    distance_rate = (after[1] - before[1]) / (2.0 * h)
    mean_motion = np.sqrt((GM_EARTH + GM_MOON) / distance**3)
    rho = states[:, :3] - MOON
    turned = np.einsum("nij,nj->ni", axes, rho)
    r = distance[:, None] * turned
    v = (
        distance_rate[:, None] * turned
        + distance[:, None] * np.einsum("nij,nj->ni", axes_rate, rho)
        + (distance * mean_motion)[:, None] * np.einsum("nij,nj->ni", axes, states[:, 3:])
    )
    return np.hstack([r, v])


def rotating_axes(times: Array) -> tuple[Array, Array]:
    """Axes (n, 3, 3) as columns: Earth to Moon, along the motion, orbit normal; and the distance (n,), km."""
    r, v = -position("earth", times), -velocity("earth", times)
    distance = np.linalg.norm(r, axis=1)
    ex = r / distance[:, None]
    h = np.cross(r, v)
    ez = h / np.linalg.norm(h, axis=1, keepdims=True)
    return np.stack([ex, np.cross(ez, ex), ez], axis=-1), distance


def turning(times: Array) -> Array:
    """Matrices (n, 6, 6) from CR3BP states about the Moon to Moon-centred ICRF ones, km and km/s, at the mean distance.

    r = a C rho, v = a C' rho + a n C rho', with C the axes of the Earth-Moon line and orbit plane, a MEAN_KM and n the
    mean motion. Near the Moon an orbit takes no notice of how far the Earth is: there this is a better guess than the
    breathing one.
    """
    axes = rotating_axes(times)[0]
    axes_rate = (rotating_axes(times + _STEP_S)[0] - rotating_axes(times - _STEP_S)[0]) / (2.0 * _STEP_S)
    out = np.zeros((len(times), 6, 6))
    out[:, :3, :3], out[:, 3:, :3] = MEAN_KM * axes, MEAN_KM * axes_rate
    out[:, 3:, 3:] = 2.0 * np.pi / MONTH_S * MEAN_KM * axes
    return out
