"""In which direction things are seen, and how long their signals take.

A *motion* is a function of time (TDB s past J2000, shape (n,)) giving geometric positions (n, 3) in km, ICRF axes,
from the Moon's centre. Light travels straight in the frame of the solar system barycentre, so the Moon's own way
during the light time is added here, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from farside.geometry import Site
from farside.sky.ephemeris import AU_KM, LIGHT_KM_S, barycentric, barycentric_state, position
from farside.sky.orientation import moon_rotation, moon_rotation_and_spin

Array = NDArray[np.float64]
Motion = Callable[[Array], Array]


@dataclass(frozen=True)
class Body:
    """The motion of a body of the ephemeris about the Moon's centre."""

    name: str

    def __call__(self, t: Array) -> Array:
        """Geometric positions (n, 3) at times t (n,), km, ICRF axes."""
        return position(self.name, t)


def body_motion(body: str) -> Motion:
    """The motion of "sun" or "earth" about the Moon's centre."""
    return Body(body)


def site_motion(site: Site, frame: str = "MOON_ME") -> Motion:
    """The motion of a fixed point of the Moon about its centre. frame: as in ``moon_rotation``."""
    fixed = site.position_m * 1e-3
    return lambda t: np.einsum("...ji,j->...i", moon_rotation(t, frame), fixed)


def site_velocity(site: Site) -> Motion:
    """The velocity of a fixed point of the Moon, as ``site_motion`` moves it: km/s, ICRF axes, (n, 3)."""
    fixed = site.position_m * 1e-3

    def velocity(t: Array) -> Array:
        to_fixed, spin = moon_rotation_and_spin(t)
        return _turned_back(to_fixed, np.cross(spin, fixed))

    return velocity


def received_from(target: Motion, observer: Array, t: Array) -> tuple[Array, Array]:
    """Vector (n, 3) in km from an observer at reception t to where the target was when light left it, and light time.

    observer: positions (n, 3) km from the Moon's centre at t. Aberration not applied.
    """
    here = observer + barycentric("moon", t, np.zeros_like(t))
    return _crossing(target, here, t, -1.0, target(t) - observer)


def _crossing(other: Motion, here: Array, t: Array, sense: float, apart: Array) -> tuple[Array, Array]:
    """Vector (n, 3) in km to the other end of a light path and the time it takes, s.

    here: this end at t, from the solar system barycentre. sense: +1 when the light leaves here, -1 when it arrives.
    apart: vector to the other end at t itself. The way there and back in time is a fixed point, |r(tau)| = c tau; where
    it converges by v/c = 1e-4 a step, a secant through the first two steps leaves 1e-12 s.
    """
    first = _length(apart) / LIGHT_KM_S
    second = _length(_elsewhere(other, t, sense * first) - here) / LIGHT_KM_S
    secant = first * (first / np.maximum(2.0 * first - second, 1e-300))  # no time at all where there is no way
    r = _elsewhere(other, t, sense * secant) - here
    return r, _length(r) / LIGHT_KM_S


def _elsewhere(motion: Motion, t: Array, after: Array) -> Array:
    """Position (n, 3) of a motion ``after`` seconds after t, km from the solar system barycentre.

    The Moon carries its surroundings round the Sun at 30 km/s, so that way is computed with the two times kept apart;
    a motion about the Moon, at 1 km/s, is not spoilt by the last bit of their sum.
    """
    if isinstance(motion, Body):
        return barycentric(motion.name, t, after)
    return motion(t + after) + barycentric("moon", t, after)


def _length(v: Array) -> Array:
    return np.sqrt(v[:, 0] ** 2 + v[:, 1] ** 2 + v[:, 2] ** 2)


def aberrate(r: Array, observer_velocity: Array) -> Array:
    """Unit directions (n, 3) in which an observer moving at (n, 3) km/s sees light that comes along r.

    Rotation towards the velocity by asin(v sin(angle) / c): classical aberration, as SPICE applies it.
    """
    directions = np.empty_like(r)
    _aberrate(r, observer_velocity, directions)
    return directions


@njit(cache=True, nogil=True, error_model="numpy")
def _aberrate(r: np.ndarray, velocity: np.ndarray, out: np.ndarray) -> None:
    for i in range(r.shape[0]):
        far = math.sqrt(r[i, 0] ** 2 + r[i, 1] ** 2 + r[i, 2] ** 2)
        along = (r[i, 0] * velocity[i, 0] + r[i, 1] * velocity[i, 1] + r[i, 2] * velocity[i, 2]) / (far * LIGHT_KM_S)
        across2 = 0.0
        for k in range(3):
            across = velocity[i, k] / LIGHT_KM_S - r[i, k] / far * along
            across2 += across * across
            out[i, k] = across
        shorter = math.sqrt(1.0 - across2) / far
        for k in range(3):
            out[i, k] += r[i, k] * shorter


def direction_to(target: Motion, site: Site, t: ArrayLike, apparent: bool = True, frame: str = "MOON_ME") -> Array:
    """East, north, up unit vectors from a site to a moving target, shape (*t.shape, 3).

    apparent: as seen, with light time and stellar aberration (Urban and Seidelmann 2013, ch. 7); otherwise geometric,
    as the Chang'e labels give the Sun. No refraction: there is no air. frame: the frame the site is fixed in, as in
    ``moon_rotation``. Raises BadInput at times without ephemeris or orientation.
    """
    times = np.asarray(t, float)
    flat = times.ravel()
    to_fixed, spin = moon_rotation_and_spin(flat, frame)
    fixed = site.position_m * 1e-3
    observer = _turned_back(to_fixed, np.tile(fixed, (len(flat), 1)))
    if apparent:
        r_moon, v_moon = barycentric_state("moon", flat)
        r, _ = _crossing(target, r_moon + observer, flat, -1.0, target(flat) - observer)
        u = aberrate(r, v_moon + _turned_back(to_fixed, np.cross(spin, fixed)))
    else:
        r = target(flat) - observer
        u = r / _length(r)[:, None]
    return _turned(site.axes, to_fixed, u).reshape(*times.shape, 3)


@njit(cache=True, nogil=True, error_model="numpy")
def _turned_back(m: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The inverse rotations of m (n, 3, 3) applied to v (n, 3)."""
    out = np.empty_like(v)
    for i in range(v.shape[0]):
        for k in range(3):
            out[i, k] = m[i, 0, k] * v[i, 0] + m[i, 1, k] * v[i, 1] + m[i, 2, k] * v[i, 2]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _turned(axes: np.ndarray, m: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The rotations m (n, 3, 3), then axes (3, 3), applied to v (n, 3)."""
    out, w = np.empty_like(v), np.empty(3)
    for i in range(v.shape[0]):
        for k in range(3):
            w[k] = m[i, k, 0] * v[i, 0] + m[i, k, 1] * v[i, 1] + m[i, k, 2] * v[i, 2]
        for k in range(3):
            out[i, k] = axes[k, 0] * w[0] + axes[k, 1] * w[1] + axes[k, 2] * w[2]
    return out


def sun_direction(site: Site, t: ArrayLike, apparent: bool = True, frame: str = "MOON_ME") -> Array:
    """East, north, up unit vectors from a site to the Sun's centre, shape (*t.shape, 3), as ``direction_to``."""
    return direction_to(body_motion("sun"), site, t, apparent, frame)


def earth_direction(site: Site, t: ArrayLike, apparent: bool = True, frame: str = "MOON_ME") -> Array:
    """East, north, up unit vectors from a site to the Earth's centre, shape (*t.shape, 3), as ``direction_to``."""
    return direction_to(body_motion("earth"), site, t, apparent, frame)


def sun_distance_au(t: ArrayLike) -> Array:
    """Distance of the Sun from the Moon's centre in astronomical units, shape of t."""
    return np.linalg.norm(position("sun", t), axis=-1) / AU_KM


def light_time(transmitter: Motion, receiver: Motion, t: ArrayLike) -> Array:
    """One-way light time in seconds of a signal that leaves the transmitter at t, shape of t.

    Solves |receiver(t + tau) - transmitter(t)| = c tau in the frame of the solar system barycentre; the delay by the
    Sun's gravity (tens of nanoseconds at most between Earth and Moon) is left out.
    """
    times = np.asarray(t, float)
    flat = times.ravel()
    start = transmitter(flat)
    here = start + barycentric("moon", flat, np.zeros_like(flat))
    return _crossing(receiver, here, flat, 1.0, receiver(flat) - start)[1].reshape(times.shape)
