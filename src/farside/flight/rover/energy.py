"""Light to electricity, electricity to work, and what the battery has left; heat beside it.

Sun --wings--> bus --loads, wheels-->
                |
             battery            radioisotope heat warms the body and makes no power
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.flight.rover.rules import SunDirection, sun_mode
from farside.flight.rover.travel import Travel
from farside.flight.rover.vehicle import Rover, yutu2

Array = NDArray[np.float64]

STEFAN_BOLTZMANN = 5.670374419e-8
ZERO_C = 273.15
UNDER_WAY = ("deploying", "driving")
"""Modes that are seen through whatever the battery says: drives are refused before they start."""


@dataclass(frozen=True)
class Activity:
    """Something the rover is asked to do from ``start`` to ``stop`` (TDB s past J2000); mode: key of the loads."""

    start: float
    stop: float
    mode: str = "working"


@dataclass(frozen=True)
class Energy:
    """Energy balance over times t (n,), TDB s past J2000.

    mode: what it did; panel_w, load_w: (n,) power in and out; charge: (n,) of the battery, 0 to 1; body_k: (n,)
    interior temperature.
    """

    t: Array
    mode: NDArray[np.str_]
    panel_w: Array
    load_w: Array
    charge: Array
    body_k: Array

    def at(self, t: float) -> dict[str, float | str]:
        """Values at one time: numbers linear in between, the mode of the step."""
        k = int(np.clip(np.searchsorted(self.t, t, side="right") - 1, 0, len(self.t) - 1))
        columns = {name: getattr(self, name) for name in ("panel_w", "load_w", "charge", "body_k")}
        return {"mode": str(self.mode[k])} | {n: float(np.interp(t, self.t, v)) for n, v in columns.items()}


def panel_power(rotation: Array, sun: Array, distance_au: ArrayLike, rover: Rover | None = None) -> Array:
    """Power of both open wings (W), (n,), for rover attitudes (n, 3, 3) and Sun directions (n, 3) in the site frame.

    P = A S eta F cos(i) (1 + k (T - T0)); cells at the temperature at which both faces radiate what the front absorbs.
    Dark while the Sun's centre is below the horizontal.
    """
    p = (rover or yutu2()).power
    tilt = np.radians(p.wing_tilt_deg)
    normals = np.array([[-side * np.sin(tilt), 0.0, np.cos(tilt)] for side in (-1.0, 1.0)])
    cosine = np.maximum(np.einsum("nij,wj,ni->nw", rotation, normals, sun), 0.0) * (sun[:, 2:] > 0.0)
    flux = p.solar_constant_w_m2 / np.asarray(distance_au, float).reshape(-1, 1) ** 2
    kelvin = (p.absorptance * flux * cosine / (2.0 * p.emittance * STEFAN_BOLTZMANN)) ** 0.25
    rated = p.wing_m2 * flux * cosine * p.efficiency * p.packing_and_dust
    power: Array = (rated * (1.0 + p.per_kelvin * (kelvin - p.reference_k))).sum(axis=1)
    return power


def drive_power(grade: ArrayLike, slip: ArrayLike, rover: Rover | None = None) -> Array:
    """What the motors draw (W): m g (sin + C cos) v / (1 - slip) / eta; no power back downhill. grade: its sine."""
    rover = rover or yutu2()
    s = np.asarray(grade, float)
    force = rover.mass_kg * rover.gravity_mps2 * (s + rover.power.rolling_resistance * np.sqrt(1.0 - s**2))
    force = force / (1.0 - np.asarray(slip, float))
    return np.maximum(force * rover.speed_mps / rover.power.motor_efficiency, 0.0)


def live(
    travel: Travel,
    sun: SunDirection,
    distance_au: SunDirection,
    until: float,
    activities: Sequence[Activity] = (),
    step_s: float = 120.0,
    charge: float = 1.0,
    body_k: float = 290.0,
) -> Energy:
    """Live from the separation command until ``until``: modes, power, battery and warmth.

    sun, distance_au: functions of times (n,) giving directions (n, 3), site frame, and distances (n,). Activities run
    where Sun and battery allow: below ``shed_below`` the instruments go off; below ``refuse_below`` everything but
    the wing does, until the battery is at ``shed_below`` again. Raises BadInput for an activity whose mode has no load.
    """
    rover = travel.rolloff.rover
    t = np.append(np.arange(travel.rolloff.commanded, until, step_s), until)
    light = sun(t)
    mode = _asked(t, light, travel, activities, rover)
    panel = panel_power(travel.rotations(t), light, distance_au(t), rover)
    open_at = travel.rolloff.commanded + 60.0 * rover.rolloff.wing_min[1]
    panel = np.where((t < open_at) | (mode == "asleep"), 0.0, panel)  # at night the wing is folded over the deck
    wheels = _wheel_power(t, travel, rover)
    load, level, warmth = np.zeros(len(t)), np.full(len(t), charge), np.full(len(t), body_k)
    flat = False
    for k in range(len(t)):
        flat = level[k] < (rover.power.shed_below if flat else rover.power.refuse_below)
        if flat and mode[k] not in UNDER_WAY:
            mode[k] = "asleep"
        elif level[k] < rover.power.shed_below and mode[k] == "working":
            mode[k] = "standby"
        load[k] = rover.power.loads_w[str(mode[k])] + wheels[k]
        if k + 1 < len(t):
            dt = t[k + 1] - t[k]
            level[k + 1] = next_charge(level[k], panel[k], load[k], dt, rover)
            warmth[k + 1] = next_body_k(warmth[k], load[k], light[k, 2], dt, rover)
    return Energy(t, mode, panel, load, level, warmth)


def next_charge(charge: float, panel_w: float, load_w: float, dt: float, rover: Rover | None = None) -> float:
    """Charge of the battery (0 to 1) after ``dt`` seconds; the surplus of a full battery is not taken."""
    p = (rover or yutu2()).power
    net = panel_w - load_w
    net *= p.charge_efficiency if net > 0.0 else 1.0
    return float(np.clip(charge + net * dt / (3600.0 * p.battery_wh), 0.0, 1.0))


def next_body_k(body_k: float, load_w: float, sun_up: float, dt: float, rover: Rover | None = None) -> float:
    """Interior temperature after ``dt`` seconds (up to some minutes). sun_up: sine of the Sun's elevation."""
    h = (rover or yutu2()).heat
    out = h.radiator_m2 * STEFAN_BOLTZMANN * body_k**4
    return body_k + (load_w + h.heaters_w + h.sun_w * max(sun_up, 0.0) - out) * dt / h.capacity_j_per_k


def _asked(t: Array, light: Array, travel: Travel, activities: Sequence[Activity], rover: Rover) -> NDArray[np.str_]:
    """Mode at each time before the battery has its say."""
    mode = sun_mode(light, rover).astype("<U16")
    free = mode == "standby"
    for activity in activities:
        if activity.mode not in rover.power.loads_w:
            known = ", ".join(rover.power.loads_w)
            raise BadInput("rover", "activity.mode", activity.mode, f"one of {known}")
        mode[free & (t >= activity.start) & (t < activity.stop)] = activity.mode
    mode[t < travel.rolloff.stop] = "deploying"
    for drive in travel.drives:
        mode[(t >= drive.start) & (t < drive.stop)] = "driving"
    return mode


def _wheel_power(t: Array, travel: Travel, rover: Rover) -> Array:
    """Motor power (W) at each time: the mean over each step, so that short drives count in full."""
    joules = np.zeros(len(t))
    for drive in travel.drives:
        xy, way = drive.true[:, :2], np.diff(drive.true_m)
        z = travel.rolloff.height(xy[:, 0], xy[:, 1])
        grade = np.diff(z) / np.maximum(np.hypot(np.diff(z), way), 1e-9)
        # a wheel's-breadth bump does not lift the body: smooth over the wheelbase
        n = max(1, round(1.2 / 0.05))
        smooth = np.convolve(np.pad(grade, n, mode="edge"), np.ones(n) / n, mode="same")[n:-n]
        power = np.where(way > 0.0, drive_power(smooth, drive.slip[1:], rover), 0.0)
        used = np.append(0.0, np.cumsum(power * np.diff(drive.t)))
        joules += np.interp(t, drive.t, used)
    return np.append(np.diff(joules) / np.diff(t), 0.0)
