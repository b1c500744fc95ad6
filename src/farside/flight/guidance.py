"""Guidance laws of the powered descent: what thrust acceleration to ask for, from what the lander believes.

All laws speak of three directions at the vehicle: radial (up), along (horizontal, in the approach plane, forwards) and
across (horizontal, to the left). A law returns the thrust acceleration it wants in them, in m/s^2.
Gravity ``g`` is the local value; ``k = v_along^2 / r`` relieves it.
"""

from __future__ import annotations

import math

from numba import njit

CONSTANT_THRUST, TURN, QUADRATIC, HOLD, SINK, FREE_FALL = range(6)


@njit(cache=True, nogil=True)
def constant_thrust(
    height: float, v_up: float, v_along: float, v_across: float, g: float, k: float, thrust_acc: float,
    v_exhaust: float, altitude: float, vertical: float, horizontal: float, tgo_factor: float, share: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Full-thrust braking: zero-effort-miss steering upwards, everything else against the horizontal speed.

    Time to go from the rocket equation, lengthened by tgo_factor for the thrust spent upwards. The miss and the
    velocity error carry k/4 and k/3: with the horizontal speed falling linearly the centrifugal relief falls with its
    square, whose single and double integrals these are (E-guidance; Cherry 1964, Battin 1987).
    """
    to_remove = math.hypot(max(v_along - horizontal, 0.0), v_across)
    tgo = max(v_exhaust / thrust_acc * (1.0 - math.exp(-tgo_factor * to_remove / v_exhaust)), 3.0)
    miss = altitude - height - v_up * tgo + tgo * tgo * (0.5 * g - 0.25 * k)
    error = vertical - v_up + tgo * (g - k / 3.0)
    a_up = 6.0 * miss / (tgo * tgo) - 2.0 * error / tgo
    a_up = min(max(a_up, -share * thrust_acc), share * thrust_acc)
    a_across = -v_across / max(tgo, 20.0)
    a_along = -math.sqrt(max(thrust_acc * thrust_acc - a_up * a_up - a_across * a_across, 1e-6))
    return a_up, a_along, a_across


@njit(cache=True, nogil=True)
def turn(
    elapsed: float, v_up: float, v_along: float, v_across: float, g: float,
    vertical: float, duration: float, share: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Constant change of the sink rate over ``duration``; the horizontal speed decays in ``share`` of what is left."""
    tgo = max(duration - elapsed, 1.0)
    decay = max(share * tgo, 1.0)
    return g + (vertical - v_up) / tgo, -v_along / decay, -v_across / decay


@njit(cache=True, nogil=True)
def quadratic(height: float, v_up: float, g: float, tgo: float, altitude: float) -> float:
    """Upward thrust acceleration that comes to rest at ``altitude`` in ``tgo`` (Klumpp 1974, zero final acceleration).

    Frozen below 1.5 s to go, where the gains would run away.
    """
    left = max(tgo, 1.5)
    return g + 12.0 * (altitude - height) / (left * left) - 6.0 * v_up / left


@njit(cache=True, nogil=True)
def return_to(offset: float, speed: float, time_constant: float) -> float:
    """Critically damped pull back over the site: acceleration from offset (m) and speed (m/s) along one axis."""
    return -2.0 * speed / time_constant - offset / (time_constant * time_constant)


@njit(cache=True, nogil=True)
def sink_rate(height: float, from_m: float, from_mps: float, to_m: float, to_mps: float) -> float:
    """Vertical speed wanted at a height: linear between the two points, constant outside them."""
    share = min(max((from_m - height) / (from_m - to_m), 0.0), 1.0)
    return from_mps + share * (to_mps - from_mps)
