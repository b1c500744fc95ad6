"""The chain of the landing film: sub-pixel steps, honest errors, and what is done about bad frames."""

import cv2
import numpy as np
import pytest
from painted_ground import CAMERA, SHAPE, Ground, frame, picture, shrinking

from farside.errors import BadInput, DamagedFile
from farside.products.flat import lens_falloff
from farside.products.lcam.align import shifts_at, small
from farside.products.lcam.chain import chain
from farside.products.lcam.register import Plate, register

GROUND = Ground()
FALLOFF = lens_falloff(CAMERA)
GRID = np.stack(np.meshgrid(np.linspace(20, SHAPE[1] - 20, 12), np.linspace(20, SHAPE[0] - 20, 12)), axis=-1)
GRID = GRID.reshape(1, -1, 2)


def plate(dn):
    return Plate.of(dn, FALLOFF)


def off(homography, truth):
    """RMS pixels by which a homography misses the true one where both frames see."""
    to = cv2.perspectiveTransform(GRID, truth)
    seen = ((to > 0) & (to < (SHAPE[1] - 1, SHAPE[0] - 1))).all(axis=-1)
    miss = (cv2.perspectiveTransform(GRID, homography) - to)[seen]
    return np.sqrt((miss**2).sum(axis=-1).mean())


def pair(step, seed=0, **second):
    """Two plates whose step is known."""
    return plate(picture(GROUND, np.eye(3), seed=seed)), plate(
        picture(GROUND, np.linalg.inv(step), seed=seed + 1000, **second)
    )


def film(steps, seconds=0.1, over=None):
    """Frames and the places on the ground of their pixels, each after the one before by a step."""
    to_ground, frames, all_ = np.eye(3), [], []
    for k, step in enumerate([np.eye(3), *steps]):
        to_ground = to_ground @ np.linalg.inv(step)
        frames.append(frame(picture(GROUND, to_ground, seed=k, over=over), seconds * k, k))
        all_.append(to_ground)
    return frames, all_


def between(to_ground, a, b):
    return np.linalg.inv(to_ground[b]) @ to_ground[a]


STEPS = {
    "nearly nothing": shrinking(1.0003, 0.1, -0.05),
    "sideways": shrinking(1.0, 7.3, -4.6),
    "closer": shrinking(1.02),
    "all at once": shrinking(1.012, 2.4, 1.3, 0.007, (0.4, -0.3)),
}


@pytest.mark.parametrize("name", STEPS)
def test_step_is_right_to_a_hundredth_of_a_pixel(name):
    match = register(*pair(STEPS[name]))
    assert match.trusted
    assert off(match.homography, STEPS[name]) < 0.01


def test_prediction_finds_what_is_too_far_to_see():
    far = shrinking(1.3, 25.0, -18.0, 0.05)
    blind, told = register(*pair(far)), register(*pair(far), guess=shrinking(1.27, 22.0, -15.0, 0.04))
    assert told.trusted
    assert off(told.homography, far) < 0.03
    assert not blind.trusted or off(blind.homography, far) < 0.03


def test_brightness_that_jumps_moves_nothing():
    step = STEPS["all at once"]
    assert off(register(*pair(step, gain=0.55)).homography, step) < 0.015


def test_small_homography_shifts_pixels_as_its_numbers_say():
    shifts = np.array([0.3, 0.2, -0.1, -0.4, 0.15, 0.25, 0.05, -0.2])
    moved = cv2.perspectiveTransform(GRID, small(shifts, SHAPE)) - GRID
    law = np.einsum("...ij,j->...i", shifts_at(GRID[..., 0], GRID[..., 1], SHAPE), shifts)
    assert np.abs(moved - law).max() < 0.01 * np.abs(law).max()


def test_errors_are_as_large_as_the_covariance_says():
    step, scaled = STEPS["all at once"], []
    for seed in range(12):
        match = register(*pair(step, seed=seed, noise=3.0))
        back = small(np.zeros(8), SHAPE) @ np.linalg.inv(match.homography) @ step
        moves = cv2.perspectiveTransform(GRID, back) - GRID
        design = shifts_at(GRID[0, :, 0], GRID[0, :, 1], SHAPE).reshape(-1, 8)
        error = np.linalg.lstsq(design, moves.ravel(), rcond=None)[0]
        scaled.append(error @ np.linalg.solve(match.covariance, error) / 8)
    assert 0.1 < np.mean(scaled) < 2.0
    assert max(scaled) < 5.0


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (np.zeros(SHAPE, np.uint8), "black"),
        (np.full(SHAPE, 255, np.uint8), "saturated"),
        (np.full(SHAPE, 90, np.uint8), "points"),
        (np.random.default_rng(5).integers(0, 256, SHAPE, dtype=np.uint8), "points"),
        (np.rint(90 + np.random.default_rng(6).normal(size=SHAPE)).astype(np.uint8), "points"),
        (picture(Ground(seed=77), np.eye(3)), ""),
    ],
    ids=["black", "saturated", "grey", "garbage", "dust", "elsewhere"],
)
def test_what_cannot_be_registered_says_so(second, why):
    match = register(plate(picture(GROUND, np.eye(3))), plate(second))
    assert not match.trusted
    assert why in match.why
    assert np.isnan(match.homography).all()


def test_half_a_frame_is_enough():
    def lost(light):
        light[SHAPE[0] // 2 :] = -9.0
        return light

    step = STEPS["closer"]
    match = register(*pair(step, over=lost))
    assert match.trusted
    assert match.overlap < 0.6
    assert off(match.homography, step) < 0.05


def test_bad_frames_are_left_out_and_bridged():
    frames, to_ground = film([STEPS["closer"]] * 9)
    frames[3]["dn"][:] = 0
    frames[4] = frame(frames[2]["dn"].to_numpy().copy(), 0.4, 4)  # the picture before, once more
    frames[6]["dn"][:] = 255
    found = chain(frames)
    assert set(found.faults) == {3, 4, 6}
    assert "again" in found.faults[4]
    assert found.runs == [[0, 1, 2, 5, 7, 8, 9]]
    for step in found.steps:
        assert off(step.match.homography, between(to_ground, step.first, step.second)) < 0.02


def test_missing_frames_are_bridged():
    frames, to_ground = film([STEPS["closer"]] * 9)
    kept = [0, 1, 2, 7, 8, 9]
    found = chain([frames[k] for k in kept])
    assert found.runs == [list(range(6))]
    over = next(s for s in found.steps if (s.first, s.second) == (2, 3))
    assert off(over.match.homography, between(to_ground, 2, 7)) < 0.02


def test_files_that_are_damaged_are_counted():
    frames, _ = film([STEPS["closer"]] * 4)

    class Shelf:
        def __len__(self):
            return len(frames)

        def __getitem__(self, k):
            if k == 2:
                raise DamagedFile("LCAM-1-0002", "is shorter than its label says")
            return frames[k]

    found = chain(Shelf())
    assert found.unread == 1
    assert found.runs == [[0, 1, 2, 3]]


def test_chain_begins_anew_where_nothing_is_seen_again():
    frames, _ = film([STEPS["closer"]] * 3)
    away = [frame(picture(Ground(seed=9), np.linalg.inv(shrinking(1.02**k))), 1.0 + 0.1 * k, 9 + k) for k in range(3)]
    found = chain([*frames, *away])
    assert found.runs == [[0, 1, 2, 3], [4, 5, 6]]
    assert found.faults == {}


def test_key_frames_drift_less_than_the_chain_between_them():
    frames, to_ground = film([shrinking(1.02, 1.0)] * 8)
    found = chain(frames)
    long = [s for s in found.steps if s.second - s.first > 1]
    assert long
    for step in long:
        assert off(step.match.homography, between(to_ground, step.first, step.second)) < 0.02


def test_lander_that_stands_still_is_found_and_does_not_pull():
    leg = Ground(shortest=6.0, longest=20.0, seed=4)
    j, i = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(float)
    seen, part = (i < 150) & (j > 200), leg.light(i, j)

    def over(light):
        return np.where(seen, part, light)

    hover = shrinking(1.0, 0.4, -0.3)
    frames, to_ground = film([shrinking(1.025)] * 5 + [hover], over=over)
    found = chain(frames)
    assert found.faults == {}
    last = found.steps[-1]
    assert (last.first, last.second) == (5, 6)
    assert off(last.match.homography, between(to_ground, 5, 6)) < 0.015
    naive = register(plate(frames[5]["dn"].to_numpy()), plate(frames[6]["dn"].to_numpy()))
    assert off(naive.homography, hover) > 0.02  # what it would have been


def test_frames_of_different_sizes_are_refused_by_name():
    frames, _ = film([STEPS["closer"]])
    small_one = frame(frames[1]["dn"].to_numpy()[::2, ::2].copy(), 0.1, 1)
    small_one.attrs["binning"] = 4
    with pytest.raises(BadInput, match="one size"):
        chain([frames[0], small_one])
    with pytest.raises(BadInput, match="at least one frame"):
        chain([])
