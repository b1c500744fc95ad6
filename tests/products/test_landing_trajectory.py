"""The descent from its film: an analytic descent comes back, with errors as large as they are said to be."""

import cv2
import numpy as np
import pytest
from painted_ground import BINNING, EXPOSURE_MS, SHAPE, START, Ground, frame, picture
from scipy.spatial.transform import Rotation

from farside.errors import BadInput
from farside.instruments import camera_pose, load
from farside.instruments.gnc import PHASES
from farside.products.lcam.align import shifts_at, small
from farside.products.lcam.chain import Chain, Step, chain
from farside.products.lcam.plane import calibration, ground_to_pixels, pixels_of, seen
from farside.products.lcam.register import FLOOR_PX, Match
from farside.products.lcam.trajectory import Stand, trajectory

CAMERA = load("lcam").camera(BINNING)
K = calibration(CAMERA)
MOUNT, CENTRE = camera_pose("lcam")
REST_S = 20.0
HALF_EXPOSURE = 0.5e-3 * EXPOSURE_MS


def lander(t):
    """True position (n, 3) and axes (n, 3, 3) of the lander's frame: it brakes, drifts and sways, and rests at 20 s."""
    left = np.maximum(REST_S - np.asarray(t, float), 0.0)
    place = np.column_stack([0.006 * left**2, -0.004 * left**2, 0.2 * left**2 + 1.2 * left])
    sway = 0.004 * np.minimum(left / 5.0, 1.0)[:, None] * np.sin(np.outer(t, [0.9, 0.7, 0.4]))
    return place, Rotation.from_rotvec(sway).as_matrix()


def eye(t):
    place, axes = lander(np.atleast_1d(t))
    return place + axes @ CENTRE, axes @ MOUNT


def telemetry(draw=None, sigma=1.0):
    """Housekeeping every second, with errors that stay and noise where ``draw`` is given."""
    t = np.arange(0.0, REST_S + 4.0)
    place, axes = lander(t)
    velocity = (lander(t + 1e-4)[0] - lander(t - 1e-4)[0]) / 2e-4
    velocity[t >= REST_S] = 0.0
    altitude = place[:, 2].copy()
    turn = Rotation.identity()
    if draw is not None:
        flies = (t < REST_S)[:, None]
        altitude = np.where(
            t < REST_S, altitude * (1 + 1e-3 * sigma * draw.normal()) + 0.1 * sigma * draw.normal(), altitude
        ) + 0.05 * draw.normal(size=len(t)) * (t < REST_S)
        velocity = velocity + 0.02 * sigma * draw.normal(size=3) * flies
        turn = Rotation.from_rotvec(np.radians(0.01) * sigma * draw.normal(size=3))
    quaternion = (Rotation.from_matrix(axes) * turn).as_quat(scalar_first=True)
    landed, flying = PHASES.index("landed"), PHASES.index("slow descent")
    return {
        "t": START + t, "altitude_m": altitude, "velocity_mps": velocity, "quaternion": quaternion,
        "phase": np.where(t >= REST_S, landed, flying),
    }  # fmt: skip


PLACES = np.stack(np.meshgrid(np.linspace(30, SHAPE[1] - 30, 7), np.linspace(30, SHAPE[0] - 30, 7)), -1).reshape(-1, 2)
DESIGN = shifts_at(PLACES[:, 0], PLACES[:, 1], SHAPE).reshape(-1, 8)


def match(first, second, draw=None, noise=0.03, low=0.0):
    """What registration would say of level ground from one time to another: blocks with noise, all with the floor.

    low: metres by which the ground lies lower than the lander comes to rest.
    """
    (p1, r1), (p2, r2) = eye(first), eye(second)
    raised = np.array([0.0, 0.0, low])
    p1, p2 = p1 + raised, p2 + raised
    true = (ground_to_pixels(K, p2, r2) @ np.linalg.inv(ground_to_pixels(K, p1, r1)))[0]
    wrong = np.zeros(len(DESIGN))
    if draw is not None:
        wrong = noise * draw.normal(size=len(DESIGN)) + DESIGN @ (FLOOR_PX * draw.normal(size=8))
    fit = np.linalg.lstsq(DESIGN, wrong, rcond=None)[0]
    moves = (DESIGN @ fit - wrong).reshape(-1, 2)
    covariance = noise**2 * np.linalg.inv(DESIGN.T @ DESIGN) + FLOOR_PX**2 * np.eye(8)
    errors = np.broadcast_to(noise**2 * np.eye(2), (len(PLACES), 2, 2))
    h = true @ small(fit, SHAPE)
    return Match(h / h[2, 2], covariance, 1.0, 1.0, PLACES, moves, errors)


def made_chain(times, draw=None, broken=(), low=0.0):
    """A chain of these times, without a step into the frames ``broken``."""
    steps = [
        Step(k - 1, k, match(times[k - 1], times[k], draw, low=low)) for k in range(1, len(times)) if k not in broken
    ]
    return Chain(CAMERA, START + times, tuple(steps), {})


TIMES = np.concatenate([np.arange(0.5, 19.0, 0.5), np.arange(19.0, 19.8, 0.1), [20.2, 20.4]])


def landing_pixel(t):
    p, r = eye(t)
    return pixels_of(K, p[0], r[0], np.zeros((1, 3)))[0]


def test_plane_ground_is_seen_where_the_camera_model_says():
    p, r = eye(3.0)
    places = np.array([[0.0, 0.0, 0.0], [5.0, -8.0, 0.0], [-12.0, 3.0, 0.0]])
    i, j = CAMERA.project((places - p[0]) @ r[0])
    assert np.allclose(pixels_of(K, p[0], r[0], places), np.column_stack([i - 1, j - 1]), atol=1e-9)
    assert np.allclose(seen(K, p[0], r[0], pixels_of(K, p[0], r[0], places)), places, atol=1e-9)
    plane = cv2.perspectiveTransform(places[None, :, :2], ground_to_pixels(K, p[0], r[0]))[0]
    assert np.allclose(plane, pixels_of(K, p[0], r[0], places), atol=1e-9)


def test_descent_without_errors_comes_back():
    out = trajectory(made_chain(TIMES), telemetry())
    place, axes = eye(TIMES)
    assert np.abs(out.position_m - place).max() < 0.05
    assert np.abs(out.position_m - place)[TIMES > 15].max() < 0.02
    off = Rotation.from_matrix(np.swapaxes(axes, 1, 2) @ out.rotation).magnitude()
    assert np.degrees(off).max() < 0.05
    assert np.abs(out.landing_px - landing_pixel(TIMES[0])).max() < 0.01
    assert list(out.frames) == list(range(len(TIMES)))


def test_errors_are_as_large_as_the_covariance_says():
    scaled, landing = [], []
    for seed in range(16):
        draw = np.random.default_rng(seed)
        out = trajectory(made_chain(TIMES, draw), telemetry(draw))
        error = out.position_m - eye(TIMES)[0]
        scaled.append([e @ np.linalg.solve(c[:3, :3], e) / 3 for e, c in zip(error, out.covariance, strict=True)][::8])
        off = out.landing_px - landing_pixel(TIMES[0])
        landing.append(off @ np.linalg.solve(out.landing_px_covariance, off) / 2)
    assert 0.05 < np.mean(scaled) < 1.5
    assert 0.05 < np.mean(landing) < 2.0
    assert max(landing) < 9.0  # three sigma


def test_landing_point_lies_where_a_map_of_the_first_frame_has_it():
    out = trajectory(made_chain(TIMES), telemetry())
    p, r = eye(TIMES[0])
    i0, j0 = CAMERA.principal_pixel
    axis = seen(K, p[0], r[0], np.array([[i0 - 1, j0 - 1]]))[0]
    assert np.allclose(out.landing_m, -axis[:2], atol=0.02)
    assert (np.linalg.eigvalsh(out.landing_covariance) > 0).all()


def test_film_that_ends_in_dust_knows_less_of_the_landing_point():
    whole, early = trajectory(made_chain(TIMES), telemetry()), trajectory(made_chain(TIMES[TIMES < 14]), telemetry())
    assert early.frames[-1] == -1
    assert early.t[-1] == START + REST_S
    assert np.trace(early.landing_covariance) > 4 * np.trace(whole.landing_covariance)
    off = early.landing_m - whole.landing_m
    assert off @ np.linalg.solve(early.landing_covariance, off) < 18.0


def test_gap_without_a_step_is_bridged_by_telemetry():
    whole, gap = trajectory(made_chain(TIMES), telemetry()), trajectory(made_chain(TIMES, broken=(20,)), telemetry())
    assert len(gap.t) == len(whole.t)
    assert np.trace(gap.landing_covariance) > np.trace(whole.landing_covariance)
    assert np.abs(gap.position_m - whole.position_m).max() < 0.5


def test_one_wrong_step_among_many_does_little():
    right = made_chain(TIMES, np.random.default_rng(3))
    bad = list(right.steps)
    m = bad[10].match
    h = m.homography @ small(np.array([3.0, 0, 0, -2.0, 0, 0, 0, 0]), SHAPE)
    bad[10] = Step(10, 11, Match(h, m.covariance, 1.0, 1.0, m.places, m.moves, m.errors))
    jump = (Step(9, 11, match(TIMES[9], TIMES[11])), Step(10, 12, match(TIMES[10], TIMES[12])))
    out = trajectory(Chain(CAMERA, START + TIMES, (*bad, *jump), {}), telemetry())
    assert np.abs(out.landing_px - landing_pixel(TIMES[0])).max() < 0.2


def test_film_of_painted_ground_finds_the_landing_point():
    ground = Ground(shortest=0.01, longest=60.0, count=260, seed=8)
    times = np.array([6.0, 6.6, 7.2, 7.8, 8.4, 9.0, 9.6, 10.2, 10.8, 11.4, 12.0, 12.6, 13.2, 13.8, 14.4, 15.0, 15.6])
    frames = []
    for k, t in enumerate(times):
        p, r = eye(t + HALF_EXPOSURE)
        pixel_m = float(p[0, 2]) * CAMERA.pixel_rad
        sharp = ground.sharper(pixel_m)
        frames.append(frame(picture(sharp, np.linalg.inv(ground_to_pixels(K, p, r)[0]), seed=k), t, k))
    found = chain(frames)
    assert found.faults == {}
    out = trajectory(found, telemetry(np.random.default_rng(5), 0.5))
    place, _ = eye(times + HALF_EXPOSURE)
    error = (out.position_m[:-1] - place) / np.sqrt(np.einsum("nii->ni", out.covariance))[:-1, :3]
    assert np.abs(error).max() < 3.5
    off = out.landing_px - landing_pixel(times[0] + HALF_EXPOSURE)
    assert off @ np.linalg.solve(out.landing_px_covariance, off) < 12.0


def test_lander_that_stands_over_the_plane_is_as_high_as_it_stands():
    found = made_chain(TIMES, low=0.15)
    known, unknown = trajectory(found, telemetry(), stand=Stand(0.15, 0.01)), trajectory(found, telemetry())
    low = TIMES > 15.0
    off = [np.abs(out.position_m - eye(TIMES)[0])[low, 2].max() for out in (known, unknown)]
    assert off[0] < 0.03 < off[1]
    sigma = [np.sqrt(out.covariance[low, 2, 2]).max() for out in (known, unknown)]
    assert sigma[0] < 0.5 * sigma[1]
    assert off[1] < 3.0 * sigma[1]
    assert np.abs(known.landing_px - landing_pixel(TIMES[0])).max() < 0.05


def test_what_is_missing_is_said_by_name():
    flying = telemetry()
    flying["phase"] = np.zeros_like(flying["phase"])
    with pytest.raises(BadInput, match="no landing"):
        trajectory(made_chain(TIMES), flying)
    with pytest.raises(BadInput, match="hang together"):
        trajectory(made_chain(TIMES), telemetry(), from_m=-1.0)
