"""How sure pointing is said to be: errors that ties share, and frames of which too few spots are seen to tell."""

import numpy as np
import pytest
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import splu
from scipy.spatial.transform import Rotation

from farside.geometry import Pinhole
from farside.products.panorama.adjust import adjust
from farside.products.panorama.placing import Placing
from farside.products.panorama.pointing import _far, _strange
from farside.products.panorama.report import Measures, OfFrame
from farside.products.panorama.scatter import by_pairs, by_windows, shift_variance
from farside.products.panorama.surface import Surface
from farside.products.panorama.ties import FINE, Ties
from farside.work import rng

PIXEL_RAD = 3.4e-4
UNIT = np.eye(2)[None]


def ties_of(frames, pixels=None):
    frames = np.asarray(frames)
    pixels = np.zeros((len(frames), 2, 2)) if pixels is None else pixels
    return Ties(frames, pixels, np.zeros(len(frames), np.int8), np.zeros(frames.max() + 1, np.int64))


def seen_at(columns_px, rows_px=0.0):
    """Unit directions so many pixels of the map to the right of ahead and up."""
    az, el = np.asarray(columns_px) * PIXEL_RAD, np.broadcast_to(np.asarray(rows_px) * PIXEL_RAD, np.shape(columns_px))
    return np.stack([np.sin(az) * np.cos(el), np.cos(az) * np.cos(el), np.sin(el)], axis=-1)


def covariance(frames, d):
    return by_windows(ties_of(frames), d, PIXEL_RAD, np.repeat(UNIT, len(d), axis=0)).toarray()


@pytest.mark.parametrize(("apart_px", "shared"), [(0.0, 1.0), (5.0, 0.8), (12.5, 0.5), (25.0, 0.0), (40.0, 0.0)])
def test_ties_of_a_pair_share_what_their_windows_do(apart_px, shared):
    assert FINE.window == 25
    found = covariance([[0, 1], [0, 1]], seen_at([0.0, apart_px]))
    np.testing.assert_allclose(found, np.kron([[1.0, shared], [shared, 1.0]], np.eye(2)), atol=1e-9)


@pytest.mark.parametrize(
    ("pairs", "shared"),
    [([[0, 1], [0, 2]], 0.5), ([[0, 1], [2, 1]], 0.5), ([[0, 1], [1, 2]], -0.5), ([[0, 1], [2, 3]], 0.0)],
    ids=["first of both", "second of both", "second and first", "no frame"],
)
def test_ties_of_two_pairs_share_the_noise_of_one_frame(pairs, shared):
    found = covariance(pairs, seen_at([0.0, 0.0]))
    assert found[0, 2] == pytest.approx(shared)


def test_three_frames_of_one_spot_tell_two_things():
    """What two pairs of three frames miss by is told by the third."""
    found = covariance([[0, 1], [1, 2], [0, 2]], seen_at([0.0, 0.0, 0.0]))
    assert np.linalg.matrix_rank(found, tol=1e-9) == 4


def test_shared_errors_are_those_of_some_noise():
    draw = rng(1, "pointing", "windows")
    frames = np.sort(draw.permuted(np.tile(np.arange(5), (60, 1)), axis=1)[:, :2], axis=1)
    found = covariance(frames, seen_at(draw.uniform(0, 120, 60), draw.uniform(0, 120, 60)))
    assert np.linalg.eigvalsh(found).min() > -1e-9


def test_shifts_of_pairs_are_told_from_the_scatter_within_them():
    draw, shift_px, pairs, each = rng(1, "pointing", "shifts"), 0.03, 150, 25
    frames = np.repeat(np.column_stack([np.arange(pairs), np.arange(pairs) + 1]), each, axis=0)
    shifts = by_pairs(ties_of(frames), np.repeat(UNIT, len(frames), axis=0) / 0.05)
    noise = eye_array(2 * len(frames)).tocsr()
    design = csr_array(draw.normal(size=(2 * len(frames), 6)))
    solve = splu((design.T @ design).tocsc()).solve
    steady = draw.normal(size=2 * len(frames))
    for true_px in (0.0, shift_px):
        left = steady + shifts @ draw.normal(0.0, true_px, 2 * pairs)
        left = left - design @ solve(design.T @ left)
        assert np.sqrt(shift_variance(shifts, left, noise, design, solve)) == pytest.approx(true_px, abs=0.006)


FRAMES, SPOTS, THRICE, FOUND_PX, SHIFT_PX = 16, 30, 3, 0.05, 0.02


def ring_of(draw):
    """Frames around one place as they stand, and ties of neighbours: each spot is seen thrice, by the same noise, and
    all of a pair are shifted.
    """
    camera = Pinhole(300, 220, 43.5, 80.0)
    yaw = np.column_stack([np.arange(FRAMES) * -360.0 / FRAMES, np.full(FRAMES, 80.0)])
    rotations = Rotation.from_euler("ZX", yaw, degrees=True).as_matrix()
    still = Placing(camera, rotations, np.tile([0.0, 0.0, 2.0], (FRAMES, 1)), np.zeros((2, 3)), Surface.plane(2.0))
    frames, pixels = [], []
    for a in range(FRAMES):
        b, spots = (a + 1) % FRAMES, np.column_stack([draw.uniform(1, 300, 900), draw.uniform(1, 220, 900)])
        there = still.pixel(b, still.seen(a, spots))
        both = np.flatnonzero((there > 1.0).all(axis=1) & (there < [300.0, 220.0]).all(axis=1))[:SPOTS]
        noise = draw.normal(0.0, FOUND_PX, (SPOTS, 2)) + draw.normal(0.0, SHIFT_PX, 2)
        assert len(both) == SPOTS
        frames.append(np.tile([a, b], (THRICE * SPOTS, 1)))
        pixels.append(np.tile(np.stack([spots[both], there[both] + noise], axis=1), (THRICE, 1, 1)))
    return still, ties_of(np.concatenate(frames), np.concatenate(pixels))


def test_frames_are_as_sure_as_they_say():
    """Ties that err together are no more than what is new in each."""
    without = np.kron(np.eye(FRAMES) - 1.0 / FRAMES, np.eye(3))
    squares = []
    for seed in range(6):
        still, ties = ring_of(rng(seed, "pointing", "ring"))
        found = adjust(ties, still, still, 0.1)
        off = Rotation.from_matrix(found.placing.rotations @ still.rotations.transpose(0, 2, 1)).as_rotvec().ravel()
        squares.append((without @ off) ** 2 / np.diag(without @ found.covariance @ without))
    assert 0.75 < np.sqrt(np.mean(squares)) < 1.35


@pytest.mark.parametrize(
    ("tried", "found", "strange"),
    [(400, 4, True), (60, 3, True), (30, 1, True), (20, 0, True), (400, 200, False), (20, 8, False), (5, 0, False)],
)
def test_so_few_spots_are_no_chance(tried, found, strange):
    """Among frames of which two spots in three are found; of five spots none may be found by chance."""
    told = _strange(np.array([450] * 20 + [tried]), np.array([300] * 20 + [found]))
    assert told[-1] == strange
    assert not told[:-1].any()


def test_where_no_frame_shows_what_its_label_says_all_are_strange():
    assert _strange(np.full(40, 60), np.full(40, 2)).all()


def test_the_report_names_frames_that_are_neither_tied_nor_strange():
    frames = tuple(OfFrame(f"F{k}", 9 * (k > 1), 0.1 if k > 1 else None, 0.1 * (k > 1), 1.0) for k in range(4))
    said = Measures(
        "P", 4, 3, {"F0": "shows something else"}, "ties", 0.01, 0.01, 0.1, 1.0, 0.1, 10, 10, 0.5, {1: 1.0}, (3, 2),
        0.01, 0, (), frames, (),
    )  # fmt: skip
    assert "as too little of them is seen twice: 1 (F1)" in said.text()


def test_only_what_errors_of_labels_cannot_explain_is_far_from_its_label():
    draw = np.random.default_rng(8)
    offset = np.array([0.02, -0.01, 0.005])  # common to all labels: of the mast's foot, not of a frame
    moved = np.radians(offset + 0.034 * draw.normal(size=(2000, 3)))
    tied = np.ones(len(moved), bool)
    assert not _far(moved, tied).any()
    moved[7] += np.radians([0.2, -0.1, 0.2])
    assert np.flatnonzero(_far(moved, tied)).tolist() == [7]
    assert not _far(moved, np.zeros(len(moved), bool)).any()
