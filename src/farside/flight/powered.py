"""The powered flight itself: equations of motion, steering and phases, one call from ignition to touchdown.

Site frame (east, north, up; metres), which turns with the Moon: Coriolis and centrifugal terms are in the equations,
and every speed is relative to the ground.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.flight.guidance import (
    CONSTANT_THRUST,
    FREE_FALL,
    HOLD,
    QUADRATIC,
    TURN,
    constant_thrust,
    quadratic,
    return_to,
    sink_rate,
    turn,
)

Array = NDArray[np.float64]

GM_MOON = 4902.800118e9
"""Gravitational parameter of the Moon, m^3/s^2 (DE440)."""
MOON_RATE = 2.6616995e-6
"""Mean sidereal rotation of the Moon, rad/s (period 27.321661 d)."""

COLUMNS = 15
"""A track's columns: t, position 3, velocity 3, thrust axis 3, thrust, mass, altitude, believed altitude, phase."""


@njit(cache=True, nogil=True)
def coast_acceleration(s: Array, radius: float, w_north: float, w_up: float, out: Array) -> None:
    """Gravity, Coriolis and centrifugal acceleration at state ``s`` (position, velocity), written to out[3:6].

    radius: of the site-frame origin from the Moon's centre, m. w_north, w_up: rotation of the Moon, rad/s.
    """
    up = s[2] + radius
    d2 = s[0] * s[0] + s[1] * s[1] + up * up
    pull = GM_MOON / (d2 * math.sqrt(d2)) - (w_north * w_north + w_up * w_up)
    along_axis = w_north * s[1] + w_up * up
    out[3] = -pull * s[0] - 2.0 * (w_north * s[5] - w_up * s[4])
    out[4] = -pull * s[1] - w_north * along_axis - 2.0 * w_up * s[3]
    out[5] = -pull * up - w_up * along_axis + 2.0 * w_north * s[3]


@njit(cache=True, nogil=True)
def step(s: Array, axis: Array, thrust: float, mass: float, flow: float, dt: float, frame: Array, k: Array) -> None:
    """One Runge-Kutta step (classical, fourth order) of ``s`` under a thrust held in size and direction.

    frame: radius, w_north, w_up. k: work space (5, 6).
    """
    for i in range(4):
        c = 0.0 if i == 0 else (1.0 if i == 3 else 0.5)
        for j in range(6):
            k[4, j] = s[j] + (c * dt * k[i - 1, j] if i > 0 else 0.0)
        coast_acceleration(k[4], frame[0], frame[1], frame[2], k[i])
        push = thrust / (mass - flow * dt * c)
        for j in range(3):
            k[i, j] = k[4, 3 + j]
            k[i, 3 + j] += push * axis[j]
    for j in range(6):
        s[j] += dt / 6.0 * (k[0, j] + 2.0 * k[1, j] + 2.0 * k[2, j] + k[3, j])


@njit(cache=True, nogil=True)
def slew(axis: Array, wanted: Array, gain: float, limit: float) -> None:
    """Turn the unit vector ``axis`` towards the unit vector ``wanted``: by ``gain`` of the angle, at most ``limit``."""
    dot = min(max(axis[0] * wanted[0] + axis[1] * wanted[1] + axis[2] * wanted[2], -1.0), 1.0)
    angle = math.acos(dot)
    if angle < 1e-9:
        return
    by = min(gain * angle, limit)
    a, b = math.sin(angle - by) / math.sin(angle), math.sin(by) / math.sin(angle)
    norm = 0.0
    for j in range(3):
        axis[j] = a * axis[j] + b * wanted[j]
        norm += axis[j] * axis[j]
    for j in range(3):
        axis[j] /= math.sqrt(norm)


@njit(cache=True, nogil=True)
def fly(
    start: Array, level: float, azimuth: float, frame: Array, vehicle: Array, phases: Array, errors: Array,
    noise: Array, dt: float, track: Array,
) -> int:  # fmt: skip
    """Fly from ``start`` to altitude zero; fill ``track`` (steps, COLUMNS), one row a step; return the rows filled.

    start: position and velocity at ignition (6,). level: height of the landing point in the site frame. azimuth: of
    the approach, radians. frame: radius of the origin, w_north, w_up. vehicle: mass, v_exhaust, full thrust, least and
    most throttled thrust, attitude lag, slew limit (rad/s). phases: Profile.table(). errors: altitude bias, altitude
    scale, velocity bias 3. noise: of the altimeter at each step, m. The last row is the touchdown, its time found by
    shortening the last step. A full track means that the ground was not reached.
    """
    s = start.copy()
    before = np.empty(6)
    work = np.empty((5, 6))
    axis = np.zeros(3)
    wanted = np.empty(3)
    forward_e, forward_n = math.sin(azimuth), math.cos(azimuth)
    mass, v_exhaust, lag_gain = vehicle[0], vehicle[1], 1.0 - math.exp(-dt / vehicle[5])
    ground = frame[0] + level
    phase, since, t, tgo_at_start = 0, 0.0, 0.0, 0.0
    for n in range(track.shape[0]):
        up = s[2] + frame[0]
        radius = math.sqrt(s[0] * s[0] + s[1] * s[1] + up * up)
        height = radius - ground
        rx, ry, rz = s[0] / radius, s[1] / radius, up / radius
        # along = left x up, with left = (-forward_n, forward_e, 0) of the approach plane made normal to the radius
        hx, hy, hz = forward_e * rz, forward_n * rz, -(forward_n * ry + forward_e * rx)
        norm = math.sqrt(hx * hx + hy * hy + hz * hz)
        hx, hy, hz = hx / norm, hy / norm, hz / norm
        cx, cy, cz = ry * hz - rz * hy, rz * hx - rx * hz, rx * hy - ry * hx

        believed = height * (1.0 + errors[1]) + errors[0] + noise[n]
        ve, vn, vu = s[3] + errors[2], s[4] + errors[3], s[5] + errors[4]
        v_up, v_along, v_across = ve * rx + vn * ry + vu * rz, ve * hx + vn * hy + vu * hz, ve * cx + vn * cy + vu * cz
        offset_along, offset_across = s[0] * forward_e + s[1] * forward_n, -s[0] * forward_n + s[1] * forward_e
        g = GM_MOON / (radius * radius)

        gate = phases[phase]
        over = n > 0 and (believed <= gate[1] or math.hypot(v_along, v_across) <= gate[2] or t - since >= gate[3])
        if over or (gate[0] == QUADRATIC and t - since > tgo_at_start):
            phase += 1
            since = t
            gate = phases[phase]
        law, p = gate[0], gate[4:]
        if since == t and law == QUADRATIC:
            tgo_at_start = p[1] * (believed - p[0]) / max(-v_up, 1.0)

        a_up, a_along, a_across, thrust = 0.0, 0.0, 0.0, -1.0
        if law == CONSTANT_THRUST:
            thrust = vehicle[2]
            a_up, a_along, a_across = constant_thrust(
                believed, v_up, v_along, v_across, g, v_along * v_along / radius, thrust / mass, v_exhaust,
                p[0], p[1], p[2], p[3], p[4],
            )  # fmt: skip
        elif law == TURN:
            a_up, a_along, a_across = turn(t - since, v_up, v_along, v_across, g, p[0], p[1], p[2])
        elif law == FREE_FALL:
            thrust = 0.0
        else:
            if law == QUADRATIC:
                tgo = tgo_at_start - (t - since)
                a_up = quadratic(believed, v_up, g, tgo, p[0])
                settling = min(max(0.5 * tgo, p[2]), p[3])
            elif law == HOLD:
                a_up = g + p[1] * (p[0] - believed) - p[2] * v_up
                settling = p[3]
            else:
                a_up = g + p[4] * (sink_rate(believed, p[0], p[1], p[2], p[3]) - v_up)
                settling = p[5]
            a_along = return_to(offset_along, v_along, settling)
            a_across = return_to(offset_across, v_across, settling)

        if thrust < 0.0:  # throttled: what the engine gives at least and no law asked for goes upwards
            level_sq = a_along * a_along + a_across * a_across
            a_up = max(a_up, math.sqrt(max((vehicle[3] / mass) ** 2 - level_sq, 0.0)))
            thrust = min(max(mass * math.sqrt(a_up * a_up + level_sq), vehicle[3]), vehicle[4])
        size = math.sqrt(a_up * a_up + a_along * a_along + a_across * a_across)
        if size > 1e-9:
            wanted[0] = (a_up * rx + a_along * hx + a_across * cx) / size
            wanted[1] = (a_up * ry + a_along * hy + a_across * cy) / size
            wanted[2] = (a_up * rz + a_along * hz + a_across * cz) / size
            if n == 0:
                axis[:] = wanted  # turned before ignition
            slew(axis, wanted, lag_gain, vehicle[6] * dt)

        row = track[n]
        row[0] = t
        row[1:7] = s
        row[7:10] = axis
        row[10], row[11], row[12], row[13], row[14] = thrust, mass, height, believed, phase
        if height <= 0.0:
            return n + 1

        before[:] = s
        flow = thrust / v_exhaust
        length = dt
        step(s, axis, thrust, mass, flow, length, frame, work)
        up = s[2] + frame[0]
        reached = math.sqrt(s[0] * s[0] + s[1] * s[1] + up * up) - ground
        if reached <= 0.0:
            short, long = 0.0, dt
            for _ in range(40):  # bisection to far below a microsecond: runs once a flight
                length = 0.5 * (short + long)
                s[:] = before
                step(s, axis, thrust, mass, flow, length, frame, work)
                up = s[2] + frame[0]
                if math.sqrt(s[0] * s[0] + s[1] * s[1] + up * up) > ground:
                    short = length
                else:
                    long = length
            s[:] = before
            length = long
            step(s, axis, thrust, mass, flow, length, frame, work)
        mass -= flow * length
        t += length
    return track.shape[0]
