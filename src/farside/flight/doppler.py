"""Doppler: how the frequency of a signal between site, relay and station is shifted, one way and there and back.

A signal that leaves at t arrives tau(t) later, so that a wave train is stretched by 1 + tau': what was sent at f is
heard at f / (1 + tau'). Classical: the clocks at both ends are taken to run alike. They do to about 1e-9 (the speeds
and the potentials of Sun and Earth differ by that over c^2), a nearly constant 8 Hz at 8 GHz that goes one way only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside import sky
from farside.flight.contacts import Station
from farside.flight.relay import RelayOrbit
from farside.geometry import Site

Array = NDArray[np.float64]

_STEP_S = 10.0  # of the slope of a shift: over it that bends by a millionth of itself


@dataclass(frozen=True)
class Course:
    """Position (km) and velocity (km/s) about the Moon's centre as functions of times (n,): (n, 3), ICRF axes."""

    position: sky.Motion
    velocity: sky.Motion


def site_course(site: Site) -> Course:
    """A place on the Moon."""
    return Course(sky.site_motion(site), sky.site_velocity(site))


def relay_course(orbit: RelayOrbit) -> Course:
    """A relay."""
    return Course(orbit.position, orbit.velocity)


def station_course(station: Station) -> Course:
    """A station on the Earth."""
    place = station.lat_deg, station.lon_deg, station.height_m
    return Course(station.motion, lambda t: sky.station_velocity(*place, t))


def range_rate(transmitter: Course, receiver: Course, t: ArrayLike) -> Array:
    """C dtau/dt, km/s, of the light time tau of a signal that leaves at t (TDB s past J2000); shape of t.

    Positive where the way grows. From |R(t + tau) - r(t)| = c tau in the frame of the solar system barycentre:
    tau' = n.(V - v) / (c - n.V), with n the direction of the signal (Moyer 2003, section 13.3).
    """
    times = np.asarray(t, float)
    flat = times.ravel()
    there, there_v = _from_barycentre(receiver, flat + sky.light_time(transmitter.position, receiver.position, flat))
    here, here_v = _from_barycentre(transmitter, flat)
    way = there - here
    along = way / np.linalg.norm(way, axis=1, keepdims=True)
    opening = np.einsum("ni,ni->n", along, there_v - here_v)
    receding = np.einsum("ni,ni->n", along, there_v)
    return (opening / (1.0 - receding / sky.LIGHT_KM_S)).reshape(times.shape)


def doppler_hz(transmitter: Course, receiver: Course, t: ArrayLike, frequency_hz: float) -> Array:
    """Frequency heard less frequency sent, Hz, for a signal that leaves at t; shape of t."""
    stretch = range_rate(transmitter, receiver, t) / sky.LIGHT_KM_S
    return -frequency_hz * stretch / (1.0 + stretch)


def doppler_rate_hz_s(transmitter: Course, receiver: Course, t: ArrayLike, frequency_hz: float) -> Array:
    """How fast ``doppler_hz`` changes, Hz/s; shape of t. Looks ten seconds to both sides."""
    times = np.asarray(t, float)
    after = doppler_hz(transmitter, receiver, times + _STEP_S, frequency_hz)
    return (after - doppler_hz(transmitter, receiver, times - _STEP_S, frequency_hz)) / (2.0 * _STEP_S)


def two_way_doppler_hz(
    ground: Course, transponder: Course, t: ArrayLike, frequency_hz: float, turnaround: float = 1.0
) -> Array:
    """Shift, Hz, of a signal sent from the ground at t that a transponder sends back, as it is heard there; shape of t.

    turnaround: frequency the transponder sends over the one it hears (240/221 in S band, 880/749 in X band,
    CCSDS 401.0-B); the shift counts from ``turnaround * frequency_hz``.
    """
    times = np.asarray(t, float)
    up = range_rate(ground, transponder, times) / sky.LIGHT_KM_S
    heard = times + sky.light_time(ground.position, transponder.position, times)
    down = range_rate(transponder, ground, heard) / sky.LIGHT_KM_S
    both = up + down + up * down
    return -turnaround * frequency_hz * both / (1.0 + both)


def _from_barycentre(course: Course, t: Array) -> tuple[Array, Array]:
    """Position (km) and velocity (km/s) from the solar system barycentre, (n, 3), ICRF axes."""
    return (
        course.position(t) + sky.position("moon", t, "ssb"),
        course.velocity(t) + sky.velocity("moon", t, "ssb"),
    )
