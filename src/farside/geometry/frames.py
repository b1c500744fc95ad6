"""Rotations between frames, and the one constant rotation between the Moon's two body frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def r1(angle: ArrayLike) -> Array:
    """Frame rotations (..., 3, 3) about the first axis by angles in radians (the axes turn, vectors stay)."""
    c, s = np.cos(angle), np.sin(angle)
    o, z = np.ones_like(c), np.zeros_like(c)
    return _matrix(o, z, z, z, c, s, z, -s, c)


def r2(angle: ArrayLike) -> Array:
    """Frame rotations (..., 3, 3) about the second axis by angles in radians."""
    c, s = np.cos(angle), np.sin(angle)
    o, z = np.ones_like(c), np.zeros_like(c)
    return _matrix(c, z, -s, z, o, z, s, z, c)


def r3(angle: ArrayLike) -> Array:
    """Frame rotations (..., 3, 3) about the third axis by angles in radians."""
    c, s = np.cos(angle), np.sin(angle)
    o, z = np.ones_like(c), np.zeros_like(c)
    return _matrix(c, s, z, -s, c, z, z, z, o)


def euler_313(phi: ArrayLike, theta: ArrayLike, psi: ArrayLike) -> Array:
    """Rotations (..., 3, 3) ``r3(psi) @ r1(theta) @ r3(phi)``, written out: the angles a binary PCK stores."""
    (cf, sf), (ct, st), (cp, sp) = ((np.cos(a), np.sin(a)) for a in (phi, theta, psi))
    return _matrix(
        cp * cf - sp * ct * sf, cp * sf + sp * ct * cf, sp * st,
        -sp * cf - cp * ct * sf, -sp * sf + cp * ct * cf, cp * st,
        st * sf, -st * cf, ct,
    )  # fmt: skip


def _matrix(*elements: Array) -> Array:
    m = np.empty((*np.shape(elements[0]), 3, 3))
    for k, e in enumerate(elements):
        m[..., k // 3, k % 3] = e
    return m


_ARCSEC = np.pi / 180.0 / 3600.0

PA_TO_ME_DE421: Array = r1(-0.30 * _ARCSEC) @ r2(-78.56 * _ARCSEC) @ r3(-67.92 * _ARCSEC)
"""MOON_PA to MOON_ME of DE421, (3, 3): the published frame angles 67.92, 78.56, 0.30 arcseconds about axes 3, 2, 1
(NAIF lunar frame kernel moon_080317.tf; Williams, Boggs and Folkner 2008). They belong to DE421's own PA frame."""

OBLIQUITY_J2000 = 84381.448 * _ARCSEC
"""Mean obliquity of the ecliptic at J2000, radians (IAU 1976): what SPICE calls ECLIPJ2000."""

ICRF_TO_ECLIPJ2000: Array = r1(OBLIQUITY_J2000)
"""ICRF to ECLIPJ2000, (3, 3): the frame the Earth orientation kernel refers to."""
