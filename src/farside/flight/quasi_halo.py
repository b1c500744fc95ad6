"""Halo orbits of the three-body problem carried into the real sky: what stationkeeping can hold for next to nothing.

The periodic orbit, laid into the sky at the Moon's mean distance and turning with it, is the first guess of a path
that multiple shooting makes one of Earth, Moon, Sun and sunlight (``join_sliding``). Nodes stand close where the motion
is quick: at equal steps of the angle

    integral of sqrt(GM_moon/r^3 + 4 n^2) dt        (r from the Moon, n the Moon's mean motion)

A long orbit is made in stretches: each new one is joined to those before, which still may give way.

The period follows from the sidereal month: the frame of the three-body problem turns once in it, so a periodic orbit of
T units of time takes T/(2 pi) months (``rotating.MONTH_S``). The orbit's own mean period comes out within a few parts
in a thousand of that: 14.80 for 14.81 days for Queqiao's.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.cr3bp import MOON, MU
from farside.flight.halo import Halo
from farside.flight.perturbed import SCALE, Spacecraft
from farside.flight.relay import RelayOrbit, queqiao_craft
from farside.flight.rotating import MEAN_KM, MONTH_S, turning
from farside.flight.series import as_series
from farside.flight.shooting import join_sliding
from farside.geometry import utc_to_t
from farside.sky import GM_MOON, check_epoch

Array = NDArray[np.float64]

_ARC = 0.8  # rad of the angle above
_STRETCH = 28  # revolutions
_FINE = 4000
_PIECES = 24  # of a revolution in the stored orbit at least


def period_s(halo: Halo) -> float:
    """Mean time of one revolution in the real sky, s: the sidereal month's share (see the module's text)."""
    return halo.period / (2.0 * math.pi) * MONTH_S


def ephemeris_orbit(
    halo: Halo, start_utc: str, revolutions: int, *, phase: float = 0.0, spacecraft: Spacecraft | None = None
) -> RelayOrbit:
    """The halo orbit in the real sky, from ``start_utc`` at ``phase`` (0: far apex) for ``revolutions``.

    spacecraft: what sunlight pushes on; None takes Queqiao. Arcs join within a millimetre. It ends about
    ``revolutions * period_s(halo)`` after the start, where its last revolution does: within two days in the first year.
    Ten years of Queqiao's halo take half a minute, three of the 9:2 near-rectilinear one a minute.
    Raises BadInput for less than one revolution, times outside 1900 to 2050, and where arcs do not join. For a year
    they do for all unstable members tried; of L2's, those with periods of 8.4 to 11 days or below 6.4 days, about as
    stable as not in the three-body problem, the real sky carries off within two months, and no such year was found.
    """
    if revolutions < 1:
        raise BadInput("relay", "revolutions", revolutions, "1 or more")
    if not math.isfinite(phase):
        raise BadInput("relay", "phase", phase, "a number of revolutions, 0 at the far apex")
    craft, start = spacecraft or queqiao_craft(), utc_to_t(start_utc)
    check_epoch([start, start + (revolutions + 1) * period_s(halo)], "relay", "revolutions")
    times, nodes = joined_nodes(halo, start, revolutions, phase, craft)
    span = float(times[-1] - times[0])
    pieces = math.ceil(span / _piece_s(halo))
    middles = times[0] + (np.arange(pieces) + 0.5) * (span / pieces)
    return RelayOrbit(as_series(times, nodes, craft, middles, span / pieces))


def joined_nodes(
    halo: Halo, start: float, revolutions: int, phase: float, spacecraft: Spacecraft
) -> tuple[Array, Array]:
    """Times (n + 1,) and scaled states (n + 1, 6) of the ends of an orbit's arcs, from ``start`` (TDB s past J2000)."""
    phases = _node_phases(halo, phase)
    times, nodes = np.array([start]), np.empty((0, 6))
    for done in range(0, revolutions, _STRETCH):
        count = min(_STRETCH, revolutions - done)
        turns = np.append((phases + np.arange(count)[:, None]).ravel(), phases[0] + count)
        more = times[-1] + (turns - turns[0]) * period_s(halo)
        guess = halo.states(turns)
        guess[:, :3] -= MOON
        states = np.einsum("nij,nj->ni", turning(more), guess) / SCALE
        times = np.append(times, more[1:])
        nodes = np.vstack([nodes, states[1:]]) if done else states
        times, nodes = join_sliding(times, nodes, spacecraft)
    return times, nodes


def _node_phases(halo: Halo, phase: float) -> Array:
    """Phases of one revolution's nodes from ``phase`` on, at equal steps of the angle of the module's text."""
    fine = np.arange(_FINE + 1) / _FINE
    distance = np.linalg.norm(halo.states(fine[:-1])[:, :3] - MOON, axis=1)
    speed = np.sqrt(MU / np.append(distance, distance[0]) ** 3 + 4.0) * halo.period
    angle = np.append(0.0, np.cumsum(0.5 * (speed[1:] + speed[:-1]))) / _FINE
    count = math.ceil(angle[-1] / _ARC)
    steps = np.interp(phase % 1.0, fine, angle) / angle[-1] + np.arange(count) / count
    return np.floor(steps) + np.interp(steps % 1.0, angle / angle[-1], fine)


def _piece_s(halo: Halo) -> float:
    """Longest piece of the stored series, s: a part of a revolution, and of the time in which it rounds the Moon."""
    nearest_km = float(np.linalg.norm(halo.states([0.5])[0, :3] - MOON)) * MEAN_KM
    return min(period_s(halo) / _PIECES, 0.6 * math.sqrt(nearest_km**3 / GM_MOON))
