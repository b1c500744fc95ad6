"""In which direction things are seen, and how long their signals take.

A *motion* is a function of time (TDB s past J2000, shape (n,)) giving geometric positions (n, 3) in km, ICRF axes,
from the Moon's centre. Light travels straight in the frame of the solar system barycentre, so the Moon's own way
during the light time is added here, once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.geometry import Site
from farside.sky.ephemeris import AU_KM, LIGHT_KM_S, position, velocity
from farside.sky.orientation import moon_rotation

Array = NDArray[np.float64]
Motion = Callable[[Array], Array]

_MOON_SPIN = 2.0 * np.pi / (27.321661 * 86400.0)
_PASSES = 3  # of the light-time iteration; each gains a factor v/c = 1e-4, three leave less than a nanosecond


def body_motion(body: str) -> Motion:
    """The motion of "sun" or "earth" about the Moon's centre."""
    return partial(position, body)


def site_motion(site: Site) -> Motion:
    """The motion of a fixed point of the Moon about its centre."""
    fixed = site.position_m * 1e-3
    return lambda t: np.einsum("...ji,j->...i", moon_rotation(t), fixed)


def received_from(target: Motion, observer: Array, t: Array) -> tuple[Array, Array]:
    """Vector (n, 3) in km from an observer at reception t to where the target was when light left it, and light time.

    observer: positions (n, 3) km from the Moon's centre at t. Aberration not applied.
    """
    here = observer + position("moon", t, "ssb")
    delay = np.zeros_like(t)
    r = target(t) - observer
    for _ in range(_PASSES):
        delay = np.linalg.norm(r, axis=-1) / LIGHT_KM_S
        r = target(t - delay) + position("moon", t - delay, "ssb") - here
    return r, delay


def aberrate(r: Array, observer_velocity: Array) -> Array:
    """Unit directions (n, 3) in which an observer moving at (n, 3) km/s sees light that comes along r.

    Rotation towards the velocity by asin(v sin(angle) / c): classical aberration, as SPICE applies it.
    """
    u = r / np.linalg.norm(r, axis=-1, keepdims=True)
    beta = observer_velocity / LIGHT_KM_S
    across = beta - u * np.sum(u * beta, axis=-1, keepdims=True)
    return u * np.sqrt(1.0 - np.sum(across * across, axis=-1, keepdims=True)) + across


def direction_to(target: Motion, site: Site, t: ArrayLike, apparent: bool = True) -> Array:
    """East, north, up unit vectors from a site to a moving target, shape (*t.shape, 3).

    apparent: as seen, with light time and stellar aberration (Urban and Seidelmann 2013, ch. 7); otherwise geometric,
    as the Chang'e labels give the Sun. No refraction: there is no air.
    """
    times = np.asarray(t, float)
    flat = times.ravel()
    to_me = moon_rotation(flat)
    fixed = site.position_m * 1e-3
    observer = np.einsum("nji,j->ni", to_me, fixed)
    if apparent:
        # the site's own 4.6 m/s shifts an event by 0.01 s; the mean spin is good to a thousandth of that
        spin = np.einsum("nji,j->ni", to_me, _MOON_SPIN * np.array([-fixed[1], fixed[0], 0.0]))
        r, _ = received_from(target, observer, flat)
        u = aberrate(r, velocity("moon", flat, "ssb") + spin)
    else:
        r = target(flat) - observer
        u = r / np.linalg.norm(r, axis=-1, keepdims=True)
    return np.einsum("ij,njk,nk->ni", site.axes, to_me, u).reshape(*times.shape, 3)


def sun_direction(site: Site, t: ArrayLike, apparent: bool = True) -> Array:
    """East, north, up unit vectors from a site to the Sun's centre, shape (*t.shape, 3)."""
    return direction_to(body_motion("sun"), site, t, apparent)


def earth_direction(site: Site, t: ArrayLike, apparent: bool = True) -> Array:
    """East, north, up unit vectors from a site to the Earth's centre, shape (*t.shape, 3)."""
    return direction_to(body_motion("earth"), site, t, apparent)


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
    start = transmitter(flat) + position("moon", flat, "ssb")
    tau = np.zeros_like(flat)
    for _ in range(_PASSES + 1):
        there = receiver(flat + tau) + position("moon", flat + tau, "ssb")
        tau = np.linalg.norm(there - start, axis=-1) / LIGHT_KM_S
    return tau.reshape(times.shape)
