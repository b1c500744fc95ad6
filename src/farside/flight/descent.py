"""From orbit to rest: the powered descent to a landing site, and where the lander was at any time of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight import attitude
from farside.flight.powered import COLUMNS, GM_MOON, MOON_RATE, fly
from farside.flight.profile import ConstantThrust, Profile, Turn, descent_profile
from farside.flight.rest import GroundHeight, rest_pose
from farside.geometry import MOON_RADIUS_M, Pose, Site
from farside.work import rng

Array = NDArray[np.float64]

STANDARD_GRAVITY = 9.80665
CYCLE_S = 0.1
"""Guidance cycle and integration step."""
LONGEST_S = 1500.0
OVER_SITE_M = 0.5
"""The vertical approach starts this close to the site."""
LANDED = "landed"


@dataclass(frozen=True)
class State:
    """The lander at one instant: site frame (m, m/s), attitude quaternion lander -> site (scalar first)."""

    t: float
    position_m: Array
    velocity_mps: Array
    quaternion: Array
    thrust_n: float
    mass_kg: float
    altitude_m: float
    phase: str

    @property
    def pose(self) -> Pose:
        """Pose of the lander frame."""
        return Pose.of(self.position_m, attitude.to_matrix(self.quaternion))


@dataclass(frozen=True)
class Descent:
    """A flown descent, one row each guidance cycle from ignition to touchdown.

    t (n,): TDB s past J2000. position_m, velocity_mps (n, 3): origin of the lander frame (centre of the footpad plane)
    in the site frame, speed relative to the ground. quaternion (n, 4): lander frame -> site frame, scalar first.
    thrust_n, mass_kg (n,). altitude_m (n,): above the level of the landing point. phase (n,): index into phases.
    events: (t, name) in order of time. rest: pose after landing. Navigation errors of this flight:
    believed_altitude_m (n,), velocity_bias_mps (3,), attitude_bias (4,).
    """

    t: Array
    position_m: Array
    velocity_mps: Array
    quaternion: Array
    thrust_n: Array
    mass_kg: Array
    altitude_m: Array
    phase: NDArray[np.int64]
    phases: tuple[str, ...]
    events: tuple[tuple[float, str], ...]
    rest: Pose
    settle_s: float
    believed_altitude_m: Array
    velocity_bias_mps: Array
    attitude_bias: Array

    @property
    def ignition_t(self) -> float:
        """Start of main braking, TDB s past J2000."""
        return float(self.t[0])

    @property
    def touchdown_t(self) -> float:
        """First contact, TDB s past J2000."""
        return float(self.t[-1])

    @property
    def propellant_kg(self) -> float:
        """Propellant burnt."""
        return float(self.mass_kg[0] - self.mass_kg[-1])

    @property
    def miss_m(self) -> float:
        """Horizontal distance of the touchdown from the site."""
        return float(np.hypot(*self.position_m[-1, :2]))

    @cached_property
    def rest_quaternion(self) -> Array:
        """Attitude after landing, (4,)."""
        return attitude.from_matrix(self.rest.r)

    def pose(self, t: float) -> Pose:
        """Pose of the lander frame at t. Raises BadInput before ignition."""
        return self.state(t).pose

    def state(self, t: float) -> State:
        """The true state at t (TDB s past J2000), interpolated; at rest after landing. Raises BadInput before ignition.

        Positions by cubic Hermite polynomials between cycles; after contact the attitude goes over into that of the
        ground within ``settle_s``.
        """
        if t < self.ignition_t - 1e-6:
            raise BadInput("descent", "t", t, f"a time from ignition on, {self.ignition_t:.3f} s past J2000")
        if t >= self.touchdown_t:
            share = min((t - self.touchdown_t) / self.settle_s, 1.0)
            turned = attitude.between(self.quaternion[-1], self.rest_quaternion, share * share * (3.0 - 2.0 * share))
            return State(t, self.rest.p, np.zeros(3), turned, 0.0, float(self.mass_kg[-1]), 0.0, LANDED)
        i = max(int(np.searchsorted(self.t, t, side="right")) - 1, 0)
        h = self.t[i + 1] - self.t[i]
        s = (t - self.t[i]) / h
        p0, p1, v0, v1 = *self.position_m[i : i + 2], *self.velocity_mps[i : i + 2]
        position = (1 + 2 * s) * (1 - s) ** 2 * p0 + s * s * (3 - 2 * s) * p1
        position += s * (1 - s) * h * ((1 - s) * v0 - s * v1)
        return State(
            t=t,
            position_m=position,
            velocity_mps=v0 + s * (v1 - v0),
            quaternion=attitude.between(self.quaternion[i], self.quaternion[i + 1], s),
            thrust_n=float(self.thrust_n[i]),
            mass_kg=float(np.interp(t, self.t, self.mass_kg)),
            altitude_m=float(np.interp(t, self.t, self.altitude_m)),
            phase=self.phases[self.phase[i]],
        )

    def arrays(self) -> dict[str, Array]:
        """The trajectory as named arrays, for a truth record; times are TDB s past J2000."""
        names = ("t", "position_m", "velocity_mps", "quaternion", "thrust_n", "mass_kg", "altitude_m", "phase")
        return {name: getattr(self, name) for name in names}

    def telemetry(self, t: float) -> dict[str, Any]:
        """What the lander itself believes at t: the fields of a gnc housekeeping sample, by name.

        Altitude as the altimeter gives it, velocity and attitude with this flight's constant errors; position is
        relative to the spot the lander chose, so it is the true one.
        """
        state = self.state(t)
        landed = state.phase == LANDED
        altitude_m = 0.0 if landed else float(np.interp(t, self.t, self.believed_altitude_m))
        return {
            "t": t,
            "altitude_m": altitude_m,
            "position_m": state.position_m,
            "velocity_mps": state.velocity_mps + (0.0 if landed else self.velocity_bias_mps),
            "quaternion": attitude.positive(attitude.product(state.quaternion, self.attitude_bias)),
            "thrust_n": state.thrust_n,
            "mass_kg": state.mass_kg,
            "phase": state.phase,
        }


def fly_descent(
    site: Site, ignition_t: float, azimuth_deg: float, ground_height: GroundHeight, seed: int,
    heading_deg: float = 0.0, altitude_m: float = 15_000.0,
) -> Descent:  # fmt: skip
    """Fly from orbit to ``site``, flying towards ``azimuth_deg``, and come to rest with +y at ``heading_deg``.

    ignition_t: TDB s past J2000. ground_height: of the site frame's ground near the site. seed: draws the navigation
    errors. altitude_m: of ignition, above the level of the landing point. The ignition point on the orbit is solved
    so that the vertical approach starts over the site. Raises BadInput when the vehicle cannot land from there.
    """
    flight = _Flight(site, azimuth_deg, altitude_m, descent_profile(), seed)
    rest = rest_pose(ground_height, 0.0, 0.0, heading_deg)
    for _ in range(3):  # the height of the landing point depends, by centimetres, on where the lander comes down
        track = flight.to_site(rest.position[2])
        rest = rest_pose(ground_height, float(track[-1, 1]), float(track[-1, 2]), heading_deg)
    return flight.told(track, rest, ignition_t, heading_deg)


class _Flight:
    """One descent's constants, in the form the kernel takes."""

    def __init__(self, site: Site, azimuth_deg: float, altitude_m: float, profile: Profile, seed: int) -> None:
        v, nav = profile.vehicle, profile.navigation
        draw = rng(seed, "descent", "navigation")
        constant = draw.standard_normal(8)
        self.profile, self.altitude_m = profile, altitude_m
        self.azimuth = float(np.radians(azimuth_deg))
        lat = np.radians(site.lat_deg)
        self.frame = np.array([MOON_RADIUS_M + site.height_m, MOON_RATE * np.cos(lat), MOON_RATE * np.sin(lat)])
        self.vehicle = np.array(
            [v.mass_kg, v.isp_s * STANDARD_GRAVITY, v.thrust_n, *v.throttle_n, v.attitude_lag_s,
             np.radians(v.slew_limit_deg_per_s)]
        )  # fmt: skip
        self.errors = np.array([nav.altitude_m, nav.altitude_scale, *[nav.velocity_mps] * 3]) * constant[:5]
        self.attitude_bias = attitude.small_rotation(np.radians(nav.attitude_deg) * constant[5:])
        self.noise = nav.altitude_noise_m * draw.standard_normal(round(LONGEST_S / CYCLE_S))
        self.table = profile.table()
        self.aim = next(i for i, phase in enumerate(profile.phases) if not isinstance(phase, ConstantThrust | Turn))

    def start(self, arc: float, across: float, level: float) -> Array:
        """State at perilune (6,), ``arc`` radians before the site and ``across`` radians left of the approach plane."""
        forward = np.array([np.sin(self.azimuth), np.cos(self.azimuth), 0.0])
        left, up = np.array([-forward[1], forward[0], 0.0]), np.array([0.0, 0.0, 1.0])
        ground = self.frame[0] + level
        radius, apolune = ground + self.altitude_m, ground + self.profile.orbit.apolune_m
        speed = np.sqrt(GM_MOON * (2.0 / radius - 2.0 / (radius + apolune)))
        place = radius * (np.cos(across) * (np.cos(arc) * up - np.sin(arc) * forward) + np.sin(across) * left)
        spin = np.array([0.0, *self.frame[1:]])
        velocity = speed * (np.cos(arc) * forward + np.sin(arc) * up) - np.cross(spin, place)
        return np.concatenate([place - self.frame[0] * up, velocity])

    def to_site(self, level: float) -> Array:
        """Track (n, COLUMNS) whose approach starts over the site: shooting on the ignition point."""
        arc, across = 0.257, 0.0
        track = np.empty((len(self.noise), COLUMNS))
        for _ in range(25):
            n = fly(
                self.start(arc, across, level), level, self.azimuth, self.frame, self.vehicle, self.table, self.errors,
                self.noise, CYCLE_S, track,
            )  # fmt: skip
            flown = track[:n]
            reached = flown[flown[:, 14] == self.aim]
            if len(reached) == 0:
                break
            east, north = reached[0, 1:3]
            along = east * np.sin(self.azimuth) + north * np.cos(self.azimuth)
            left = -east * np.cos(self.azimuth) + north * np.sin(self.azimuth)
            if np.hypot(along, left) < OVER_SITE_M:
                if self.crashed(flown[-1]):
                    break
                return flown.copy()
            arc += along / self.frame[0]
            across -= left / self.frame[0]
        raise BadInput(
            "descent", "altitude_m", self.altitude_m, "an ignition altitude this vehicle can land from, such as 15000"
        )

    def crashed(self, end: Array) -> bool:
        """Whether a track ends in no landing: still in the air, too fast for the legs, or out of propellant."""
        v = self.profile.vehicle
        level_mps = np.hypot(end[4], end[5])
        return bool(end[12] > 0.0 or -end[6] > v.legs_mps[0] or level_mps > v.legs_mps[1] or end[11] < v.dry_mass_kg)

    def told(self, track: Array, rest: Pose, ignition_t: float, heading_deg: float) -> Descent:
        """The track as a Descent, with its events."""
        t, phase = ignition_t + track[:, 0], track[:, 14].astype(np.int64)
        firsts = [(float(t[np.argmax(phase == i)]), p.event) for i, p in enumerate(self.profile.phases)]
        below = [
            (float(t[np.argmax((track[:, 12] < c.altitude_m) & (track[:, 6] < 0.0))]), c.event)
            for c in self.profile.crossings
        ]
        return Descent(
            t=t,
            position_m=track[:, 1:4],
            velocity_mps=track[:, 4:7],
            quaternion=attitude.along_thrust(track[:, 7:10], heading_deg),
            thrust_n=track[:, 10],
            mass_kg=track[:, 11],
            altitude_m=track[:, 12],
            phase=phase,
            phases=tuple(p.name for p in self.profile.phases),
            events=tuple(sorted([*firsts, *below, (float(t[-1]), "touchdown")])),
            rest=rest,
            settle_s=self.profile.vehicle.settle_s,
            believed_altitude_m=track[:, 13],
            velocity_bias_mps=self.errors[2:],
            attitude_bias=self.attitude_bias,
        )
