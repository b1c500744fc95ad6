"""The descent from the film: where the camera was at each frame, and where the lander came down.

One sparse adjustment of all poses holds together

    steps       the chain's homographies, as motion over level ground (see relief for ground that is not)
    altimeter   height of the lander's frame over the landing point, with a bias and a scale of its own
    inertial    attitude and velocity of telemetry, each with an error that stays
    engine      thrust does not jump: acceleration wanders
    touchdown   the lander's frame comes to rest near the plane that the film shows, and there is the origin

Frames. LANDING_ENU: metres east, north, up of the landing point. FIRST_FRAME_ENU: the same axes; origin is the ground
that the first frame sees on its optical axis, which is how a map made of that frame knows the landing point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Pinhole
from farside.instruments import camera_pose
from farside.instruments.gnc import PHASES
from farside.products.lcam.chain import Chain, Expect, Step
from farside.products.lcam.factors import POSE, Factor, solve
from farside.products.lcam.plane import calibration, ground_to_pixels, pixels_of, seen
from farside.products.lcam.priors import priors
from farside.products.lcam.register import DRIFT_PX
from farside.products.lcam.relief import motion

Array = NDArray[np.float64]
Telemetry = Mapping[str, NDArray[Any]]

FRAME, MAP_FRAME = "LANDING_ENU", "FIRST_FRAME_ENU"
FROM_M = 3000.0
"""Height of the first frame that is used; from higher up the ground is not level in the picture."""
AT_REST_S = 1.0
"""Frames are used until so long after telemetry says that the lander has landed."""
IMPACT_S = 1.5
"""The engine's cut and the impact are no smooth motion: from so long before."""
GAP_S = 3.0
"""Nothing is known of the thrust over longer gaps."""
PINNED_M = 1e-4
ATTITUDE, VELOCITY, DRIFT, COMMON = slice(2, 5), slice(5, 8), slice(8, 16), 16
"""Of the numbers that all poses have in common: after bias and scale of the altimeter come attitude in units of its
prior, velocity, and by what the shifts of every step are wrong, px."""


@dataclass(frozen=True)
class Trajectory:
    """How the camera came down.

    frames (n,): numbers of the chain's frames; -1: no frame, the moment of rest. t (n,): TDB s past J2000. position_m
    (n, 3) of the camera in LANDING_ENU, rotation (n, 3, 3) from camera to LANDING_ENU, covariance (n, 6, 6) of position
    (m) and of rotation about the lander's axes (rad). landing_px (2,): sample and line, from 0, of the landing point in
    the first frame used, landing_m (2,): its east and north in FIRST_FRAME_ENU; both with covariance (2, 2). misfit: of
    the steps, RMS in standard deviations. joint(nodes) -> covariance (6 k, 6 k) of k poses together.
    """

    frames: NDArray[np.int64]
    t: Array
    position_m: Array
    rotation: Array
    covariance: Array
    landing_px: Array
    landing_px_covariance: Array
    landing_m: Array
    landing_covariance: Array
    misfit: float
    joint: Callable[[Sequence[int]], Array]


@dataclass(frozen=True)
class Stand:
    """How high the lander's frame rests over the plane that the film shows, m, and its standard deviation."""

    height_m: float
    sigma_m: float


def trajectory(found: Chain, telemetry: Telemetry, from_m: float = FROM_M, stand: Stand | None = None) -> Trajectory:
    """The descent below ``from_m`` by the chain of its film and the lander's housekeeping.

    telemetry: columns ``t``, ``altitude_m``, ``velocity_mps`` (n, 3), ``quaternion`` (n, 4) and ``phase`` of the gnc
    table, in the order of time; its position is not looked at. stand: level with the plane, about, unless given. Raises
    BadInput where the lander has not landed, for a camera whose lens bends, or where no two frames below ``from_m``
    hang together.
    """
    if not isinstance(found.camera, Pinhole):
        raise BadInput("landing trajectory", "camera", type(found.camera).__name__, "a camera without distortion")
    try:
        stand = stand or Stand(0.0, priors().touchdown)
        return _Adjustment(found, found.camera, telemetry, from_m, stand).solved()
    except (np.linalg.LinAlgError, RuntimeError) as error:  # a singular matrix, dense or sparse
        told = "a film whose steps tell of its motion"
        raise BadInput("landing trajectory", "steps", "they determine no way", told) from error


def expected(telemetry: Telemetry, camera: Pinhole) -> Expect:
    """Where telemetry has level ground go from frame to frame: what ``chain`` is told to expect."""
    i, k = _Inertial(telemetry), calibration(camera)
    mount, centre = camera_pose("lcam")

    def to_pixels(t: float) -> Array:
        at = np.clip(t, i.t[0], i.t[-1])
        axes = i.axes(at)
        lander = np.array([*i.way(at), max(float(i.rise(at)), 0.0)])
        return ground_to_pixels(k, lander + axes @ centre, axes @ mount)

    def expect(start: float, stop: float) -> Array:
        homography = to_pixels(stop) @ np.linalg.inv(to_pixels(start))
        return np.asarray(homography / homography[2, 2])

    return expect


def rest_of(telemetry: Telemetry) -> float:
    """When the lander came to rest, TDB s past J2000. Raises BadInput where it has not landed."""
    return _Inertial(telemetry).rest_t


class _Inertial:
    """Telemetry, at any time between its samples."""

    def __init__(self, telemetry: Telemetry) -> None:
        from scipy.interpolate import CubicHermiteSpline
        from scipy.spatial.transform import Rotation, Slerp

        landed = np.flatnonzero(telemetry["phase"] == PHASES.index("landed"))
        if len(landed) == 0 or landed[0] == 0:
            raise BadInput("landing trajectory", "telemetry", "no landing in it", "housekeeping until after touchdown")
        self.t = np.asarray(telemetry["t"], float)
        self.rest_t = float(self.t[landed[0]])
        self.altitude = np.asarray(telemetry["altitude_m"], float)
        self.velocity = np.asarray(telemetry["velocity_mps"], float)
        self.rise = CubicHermiteSpline(self.t, self.altitude, self.velocity[:, 2])
        self.way = CubicHermiteSpline(self.t, self._way(), self.velocity[:, :2])
        turned = Rotation.from_quat(np.asarray(telemetry["quaternion"], float), scalar_first=True)
        self._attitude = Slerp(self.t, turned)
        turns = (turned[:-1].inv() * turned[1:]).as_rotvec()
        bend = np.zeros(len(self.t))
        bend[1:-1] = np.linalg.norm(np.diff(turns, axis=0), axis=1) / 8.0
        self._bend = np.maximum(bend[:-1], bend[1:])

    def _way(self) -> Array:
        """East and north (n, 2) of the place of rest, velocity added up."""
        steps = 0.5 * (self.velocity[1:, :2] + self.velocity[:-1, :2]) * np.diff(self.t)[:, None]
        way = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
        return way - way[np.searchsorted(self.t, self.rest_t)]

    def axes(self, t: Array) -> Array:
        """Rotations (n, 3, 3) from the lander's frame to east, north, up."""
        return np.asarray(self._attitude(t).as_matrix())

    def wobble(self, t: Array) -> Array:
        """How far the attitude may be off between samples, (n,) rad: what it bends from one to the next."""
        return np.asarray(self._bend[np.clip(np.searchsorted(self.t, t) - 1, 0, len(self._bend) - 1)])


class _Adjustment:
    """The poses of a descent and what is known of them."""

    def __init__(self, found: Chain, camera: Pinhole, telemetry: Telemetry, from_m: float, stand: Stand) -> None:
        self.inertial, self.prior, self.stand = _Inertial(telemetry), priors(), stand
        self.found, self.k = found, calibration(camera)
        self.mount, self.centre = camera_pose("lcam")
        self.frames, self.t, self.steps = self._chosen(from_m)
        self.axes = self.inertial.axes(self.t)
        self.numbers = {int(n): i for i, n in enumerate(self.frames)}

    def _chosen(self, from_m: float) -> tuple[NDArray[np.int64], Array, list[Step]]:
        """Frames used and their times, and the steps between them."""
        i = self.inertial
        t = self.found.t
        inside = (t >= i.t[0]) & (t <= min(i.t[-1], i.rest_t + AT_REST_S))
        low = np.zeros(len(t), bool)
        low[inside] = i.rise(t[inside]) < from_m
        steps = [s for s in self.found.steps if low[s.first] and low[s.second]]
        if not steps:
            raise BadInput("landing trajectory", "frames", 0, f"two frames below {from_m:g} m that hang together")
        frames = np.unique([n for s in steps for n in (s.first, s.second)])
        times = t[frames]
        if times[-1] < i.rest_t:
            frames, times = np.append(frames, -1), np.append(times, i.rest_t)
        return frames, times, steps

    # Geometry ------------------------------------------------------------------------------------------------------

    def lander(self, poses: Array, nodes: NDArray[np.int64]) -> tuple[Array, Array]:
        """Position (..., 3) and axes (..., 3, 3) of the lander's frame for poses (..., 6)."""
        axes = self.axes[nodes] @ _turn(poses[..., 3:])
        return poses[..., :3] - axes @ self.centre, axes

    def camera(self, poses: Array, nodes: NDArray[np.int64]) -> tuple[Array, Array]:
        """Position and axes of the camera."""
        return poses[..., :3], self.axes[nodes] @ _turn(poses[..., 3:]) @ self.mount

    def guess(self) -> Array:
        """Poses by telemetry alone."""
        i = self.inertial
        lander = np.column_stack([i.way(self.t), np.maximum(i.rise(self.t), 0.0) + self.stand.height_m])
        return np.column_stack([lander + self.axes @ self.centre, np.zeros((len(self.t), 3))])

    # What is known ---------------------------------------------------------------------------------------------------

    def solved(self) -> Trajectory:
        """The adjusted descent."""
        guess = self.guess()
        factors = [self._pictures(guess), self._altitude(), self._attitude(), self._velocity(), self._rest()]
        factors += [self._constant(), *self._smooth(), *self._bridges()]
        out = solve([f for f in factors if len(f.nodes)], guess, np.zeros(COMMON))
        nodes = np.arange(len(self.t))
        p, r = self.camera(out.poses, nodes)
        misfit = float(np.sqrt((out.misfits[0] ** 2).mean()))
        # ground that is rougher than expected shows in the steps, and makes everything less certain
        rough = max(misfit, 1.0) ** 2
        covariance = rough * out.covariance
        # so far heights are over the plane; from here on, over the point of rest
        p[:, 2] -= self.stand.height_m
        covariance[:, 2, 2] += self.stand.sigma_m**2

        def joint(nodes: Sequence[int]) -> Array:
            together = rough * out.joint(nodes)
            together[2::POSE, 2::POSE] += self.stand.sigma_m**2
            return together

        (px, px_cov), (m, m_cov) = (self._first(out.poses, covariance, what) for what in (self._pixel, self._offset))
        return Trajectory(self.frames, self.t, p, r, covariance, px, px_cov, m, m_cov, misfit, joint)

    def _pictures(self, guess: Array) -> Factor:
        """The chain's steps: eight shifts each."""
        nodes = np.array([[self.numbers[s.first], self.numbers[s.second]] for s in self.steps])
        p, r = self.camera(guess, np.arange(len(self.t)))
        inverse = np.linalg.inv([s.match.homography for s in self.steps])
        lacks, whiten = [], []
        for (a, b), step in zip(nodes, self.steps, strict=True):
            shifts, covariance = motion(
                step.match, self.k, (p[a], r[a]), (p[b], r[b]), self.prior.relief, self.found.shape
            )
            lacks.append(shifts)
            whiten.append(np.linalg.inv(np.linalg.cholesky(covariance)))
        lack, white = np.array(lacks), np.array(whiten)

        def misfit(poses: Array, common: Array) -> Array:
            to = ground_to_pixels(self.k, *self.camera(poses, nodes))
            shifts = _shifts(inverse @ to[:, 1] @ np.linalg.inv(to[:, 0]), self.found.shape)
            return np.einsum("mij,mj->mi", white, shifts - lack - common[DRIFT])

        return Factor(nodes, misfit, robust=True)

    def _nearest(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Samples of telemetry in flight, and the pose nearest to each; each pose once."""
        i = self.inertial
        samples = np.flatnonzero((i.t >= self.t[0]) & (i.t < min(i.rest_t, self.t[-1])))
        nodes = np.abs(i.t[samples, None] - self.t).argmin(axis=1)
        _, once = np.unique(nodes, return_index=True)
        return samples[once], nodes[once]

    def _altitude(self) -> Factor:
        """The altimeter, carried over to the time of the nearest pose."""
        _, nodes = self._nearest()
        told, sigma = self.inertial.rise(self.t[nodes]), self.prior.altimeter_noise

        def misfit(poses: Array, common: Array) -> Array:
            up = self.lander(poses[:, 0], nodes)[0][:, 2]
            return (((up - self.stand.height_m) * (1.0 + common[1]) + common[0] - told) / sigma)[:, None]

        return Factor(nodes[:, None], misfit)

    def _velocity(self) -> Factor:
        """Telemetry's velocity, where three poses are near."""
        samples, nodes = self._nearest()
        good = (nodes > 0) & (nodes < len(self.t) - 1)
        good &= self.t[np.minimum(nodes + 1, len(self.t) - 1)] < self.inertial.rest_t - IMPACT_S
        samples, nodes = samples[good], nodes[good]
        three = nodes[:, None] + np.arange(-1, 2)
        span = self.t[three] - self.inertial.t[samples, None]
        good = np.ptp(span, axis=1) < GAP_S
        samples, three, span = samples[good], three[good], span[good]
        weights = _slope_weights(span)
        # the quadratic through three poses misses what the thrust does meanwhile
        sigma = self.prior.velocity_noise + self.prior.jerk * (0.5 * np.ptp(span, axis=1)) ** 1.5
        told = self.inertial.velocity[samples]

        def misfit(poses: Array, common: Array) -> Array:
            place, _ = self.lander(poses, three)
            return (np.einsum("ma,mai->mi", weights, place) + common[VELOCITY] - told) / sigma[:, None]

        return Factor(three, misfit)

    def _attitude(self) -> Factor:
        """Telemetry's attitude."""
        nodes = np.arange(len(self.t))
        sigma = self.prior.wobble + self.inertial.wobble(self.t)

        def misfit(poses: Array, common: Array) -> Array:
            return np.asarray((poses[:, 0, 3:] - self.prior.attitude * common[ATTITUDE]) / sigma[:, None])

        return Factor(nodes[:, None], misfit)

    def _rest(self) -> Factor:
        """The lander's frame rests over the origin of the plane."""
        nodes = np.array([[int(np.searchsorted(self.t, self.inertial.rest_t))]])
        place = np.array([0.0, 0.0, self.stand.height_m])
        sigma = np.array([PINNED_M, PINNED_M, self.stand.sigma_m])
        return Factor(nodes, lambda poses, common: (self.lander(poses[:, 0], nodes[:, 0])[0] - place) / sigma)

    def _constant(self) -> Factor:
        """How large errors may be that stay."""
        p = self.prior
        sigma = np.array([p.altimeter_bias, p.altimeter_scale, 1.0, 1.0, 1.0, *[p.velocity] * 3, *[DRIFT_PX] * 8])
        return Factor(np.zeros((1, 1), int), lambda poses, common: (common / sigma)[None])

    def _smooth(self) -> list[Factor]:
        """Acceleration that wanders: third differences of the lander's way, by divided differences."""
        four = np.arange(len(self.t) - 3)[:, None] + np.arange(4)
        if len(four) <= 0:
            return []
        t = self.t[four]
        good = (np.diff(t, axis=1).max(axis=1) < GAP_S) & (t[:, 3] < self.inertial.rest_t - IMPACT_S)
        four, t = four[good], t[good]
        weights = np.stack(
            [6.0 / np.prod([t[:, i] - t[:, j] for j in range(4) if j != i], axis=0) for i in range(4)], axis=1
        )
        # its mean over four times spreads by 11/20 of the whole over a third of the span (a quadratic B-spline)
        sigma = self.prior.jerk * np.sqrt(0.55 / ((t[:, 3] - t[:, 0]) / 3.0))

        def misfit(poses: Array, common: Array) -> Array:
            place, _ = self.lander(poses, four)
            return np.einsum("ma,mai->mi", weights, place) / sigma[:, None]

        return [Factor(four, misfit)]

    def _bridges(self) -> list[Factor]:
        """Poses that no step links to the one before: telemetry's velocity carries over."""
        linked = {(self.numbers[s.first], self.numbers[s.second]) for s in self.steps}
        covered = np.zeros(len(self.t), bool)
        for a, b in linked:
            covered[a + 1 : b + 1] = True
        two = np.array([[k - 1, k] for k in range(1, len(self.t)) if not covered[k]], int).reshape(-1, 2)
        if len(two) == 0:
            return []
        seconds = np.diff(self.t[two], axis=1)[:, 0]
        told = self.inertial.way(self.t[two[:, 1]]) - self.inertial.way(self.t[two[:, 0]])
        sigma = self.prior.velocity_noise * np.maximum(seconds, 0.1)

        def misfit(poses: Array, common: Array) -> Array:
            place, _ = self.lander(poses, two)
            bias = common[VELOCITY][:2] * seconds[:, None]
            return ((place[:, 1] - place[:, 0])[:, :2] + bias - told) / sigma[:, None]

        return [Factor(two, misfit)]

    # The landing point in the first frame ---------------------------------------------------------------------------

    def _pixel(self, pose: Array) -> Array:
        p, r = self.camera(pose, np.array(0))
        return pixels_of(self.k, p, r, np.array([[0.0, 0.0, self.stand.height_m]]))[0]

    def _offset(self, pose: Array) -> Array:
        p, r = self.camera(pose, np.array(0))
        axis = self.k[:2, 2] / self.k[2, 2]
        return -seen(self.k, p, r, axis[None])[0, :2]

    def _first(self, poses: Array, covariance: Array, what) -> tuple[Array, Array]:  # type: ignore[no-untyped-def]
        """A function of the first pose, with its covariance."""
        steps = np.array([1e-3] * 3 + [1e-6] * 3)
        j = np.stack([(what(poses[0] + d) - what(poses[0] - d)) / (2.0 * d.max()) for d in np.diag(steps)], axis=1)
        return what(poses[0]), j @ covariance[0] @ j.T


def _turn(w: Array) -> Array:
    """Rotations (..., 3, 3) by small vectors (..., 3), to second order."""
    out = np.zeros((*w.shape, 3))
    out[..., 0, 1], out[..., 0, 2], out[..., 1, 2] = -w[..., 2], w[..., 1], -w[..., 0]
    cross = out - out.swapaxes(-1, -2)
    return np.eye(3) + cross + 0.5 * cross @ cross


def _shifts(homography: Array, shape: tuple[int, int]) -> Array:
    """Shifts (m, 8) of homographies (m, 3, 3) near the identity; see align."""
    lines, samples = shape
    half = 0.5 * samples
    to = np.array([[1 / half, 0, -0.5 * (samples - 1) / half], [0, 1 / half, -0.5 * (lines - 1) / half], [0, 0, 1]])
    m = to @ homography @ np.linalg.inv(to)
    m = m / m[:, 2:, 2:]
    rows = [m[:, 0, 2], m[:, 0, 0] - 1, m[:, 0, 1], m[:, 1, 2], m[:, 1, 0], m[:, 1, 1] - 1, -m[:, 2, 0], -m[:, 2, 1]]
    return half * np.stack(rows, axis=1)


def _slope_weights(span: Array) -> Array:
    """Weights (m, 3) of values at these times (m, 3) in the slope at time 0 of the quadratic through them."""
    a, b, c = span.T
    return np.stack(
        [-(b + c) / ((a - b) * (a - c)), -(a + c) / ((b - a) * (b - c)), -(a + b) / ((c - a) * (c - b))], axis=1
    )
