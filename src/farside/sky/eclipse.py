"""When the Earth or the Moon stands before the Sun, and what is left of its light."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M
from farside.physics import light_past, limb_darkening
from farside.sky.apparent import Motion, body_motion, received_from
from farside.sky.ephemeris import EARTH_RADIUS_KM, SUN_RADIUS_KM

Array = NDArray[np.float64]

_EARTH_FLATTENING = 1.0 / 298.25642  # IERS Conventions 2010
_AXES_KM = {
    "earth": (EARTH_RADIUS_KM, EARTH_RADIUS_KM * (1.0 - _EARTH_FLATTENING)),
    "moon": (MOON_RADIUS_M * 1e-3, MOON_RADIUS_M * 1e-3),
}
"""Equatorial and polar radius."""
_CENTURY_S = 36525.0 * 86400.0
_AROUND = 0.005
"""Half of the arc, radians, in which the outline's nearest point to the Sun lies; a sphere's lies in the middle."""


def solar_eclipse_depth(by: str, observer: Motion, t: ArrayLike) -> Array:
    """How far the disc of "earth" or "moon" reaches over the Sun's disc for an observer, radians, shape of t.

    Positive while any part of the Sun is covered; light time applied. The Earth is the spheroid it is (40 s at a
    grazing eclipse), the Moon and the Sun are spheres; the Earth's air is left out. Raises BadInput for other bodies.
    """
    times = np.asarray(t, float)
    sun, body, pole = _seen(by, observer, times.ravel())
    equator, polar = _AXES_KM[by]
    far, near = _length(sun), _length(body)
    to_sun, to_body = sun / far, body / near
    away = to_sun - to_body * _dot(to_sun, to_body)
    across = _length(away)
    away = away / np.maximum(across, 1e-15)
    aside = np.cross(to_body, away)

    def clearance(turn: float) -> Array:
        """Angle of the Sun's centre beyond the plane through the observer that touches the body, ``turn`` aside."""
        towards = np.cos(turn) * away + np.sin(turn) * aside
        sine = equator / near
        for _ in range(3):  # the plane's tilt depends on the radius there, by a hundredth part of the flattening
            normal = sine * to_body - np.sqrt(np.maximum(1.0 - sine * sine, 0.0)) * towards
            along = _dot(normal, pole) ** 2
            sine = np.minimum(np.sqrt(equator**2 * (1.0 - along) + polar**2 * along) / near, 1.0)
        normal = sine * to_body - np.sqrt(1.0 - sine * sine) * towards
        return -np.arcsin(np.clip(_dot(normal, to_sun), -1.0, 1.0))

    # of all touching planes the one that leaves most room: the top of a parabola through three of them
    before, middle, after = clearance(-_AROUND), clearance(0.0), clearance(_AROUND)
    bend = before - 2.0 * middle + after
    offset = np.where(bend < 0.0, 0.5 * (before - after) / np.minimum(bend, -1e-15), 0.0)
    most = np.where(np.abs(offset) < 4.0, middle - 0.25 * (before - after) * offset, middle)
    return (np.arcsin(SUN_RADIUS_KM / far) - most)[:, 0].reshape(times.shape)


def sunlight_past(by: str, observer: Motion, t: ArrayLike, wavelength_nm: float | None = None) -> Array:
    """Share of the Sun's light that "earth" or "moon" leaves an observer, 0 to 1, shape of t.

    Of a limb-darkened Sun, at a wavelength or (None) of its whole energy; shapes and air as in ``solar_eclipse_depth``.
    """
    times = np.asarray(t, float)
    sun, body, pole = _seen(by, observer, times.ravel())
    share = light_past(sun, body, SUN_RADIUS_KM, _AXES_KM[by], pole, limb_darkening(wavelength_nm))
    return share.reshape(times.shape)


def _seen(by: str, observer: Motion, t: Array) -> tuple[Array, Array, Array]:
    """Vectors to the Sun and to a body, km, and the body's pole, each (n, 3), ICRF axes."""
    if by not in _AXES_KM:
        raise BadInput("sky", "eclipsing body", by, "earth or moon")
    here = observer(t)
    sun, _ = received_from(body_motion("sun"), here, t)
    body, _ = received_from(body_motion(by), here, t)
    return sun, body, _earth_pole(t)


def _earth_pole(t: Array) -> Array:
    """Unit vectors (n, 3) along the Earth's pole, ICRF: precession only (Archinal et al. 2011, table 1).

    Nutation (9 arcseconds) would move the outline of the Earth's disc by a ten-thousandth of an arcsecond.
    """
    centuries = t / _CENTURY_S
    ra, dec = np.radians(-0.641 * centuries), np.radians(90.0 - 0.557 * centuries)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def _dot(a: Array, b: Array) -> Array:
    return a[:, :1] * b[:, :1] + a[:, 1:2] * b[:, 1:2] + a[:, 2:] * b[:, 2:]


def _length(v: Array) -> Array:
    return np.sqrt(_dot(v, v))
