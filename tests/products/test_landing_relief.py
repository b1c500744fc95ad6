"""Relief under the descent: rough ground seen by cameras that are not where they are thought to be."""

import cv2
import numpy as np
import pytest
from painted_ground import BINNING, SHAPE
from scipy.spatial.transform import Rotation

from farside.instruments import camera_pose, load
from farside.products.lcam.factors import Factor, solve
from farside.products.lcam.plane import calibration, pixels_of, seen
from farside.products.lcam.priors import priors
from farside.products.lcam.relief_map import POSTS, WITHIN, ReliefMap, relief_map
from farside.products.lcam.sight import Sight, posts
from farside.products.lcam.stand import stand_on

K = calibration(load("lcam").camera(BINNING))
MOUNT, _ = camera_pose("lcam")
WIDTH_M, SPACING_M, COUNT = 20.0, 0.06, 1200
HEIGHTS_M = 28.0, 24.0, 14.0, 12.0
PAIRS = (0, 2), (0, 3), (1, 2), (1, 3)
SIGMAS = np.tile([5e-3, 5e-3, 1e-3, 1e-3, 1e-3, 1e-3], len(HEIGHTS_M))


def surface(draw, exponent):
    """A random surface whose amplitudes fall with this power of the frequency, of standard deviation 1."""
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(COUNT), np.fft.rfftfreq(COUNT), indexing="ij"))
    f[0, 0] = np.inf
    white = np.fft.rfft2(draw.normal(size=(COUNT, COUNT)))
    out = np.fft.irfft2(white * f**-exponent, (COUNT, COUNT))
    return ((out - out.mean()) / out.std()).astype(np.float32)


def cratered(draw):
    """Ground (m) with bowls of all sizes, as deep as a seventh of their width, and its light under a low Sun."""
    way = (np.arange(COUNT) - 0.5 * (COUNT - 1)) * SPACING_M
    ground = 0.3 * surface(draw, 1.0 + priors().relief.hurst)
    for x, y, size in zip(*draw.uniform(-30.0, 30.0, (2, 900)), 0.5 * draw.uniform(size=900) ** -0.5, strict=True):
        near = [np.abs(way - middle) < 1.5 * size for middle in (y, x)]
        r = np.hypot(way[near[0], None] - y, way[near[1]] - x) / (0.5 * size)
        ground[np.ix_(*near)] += size / 7.0 * (0.2 * np.exp(-4.0 * (r - 1.0) ** 2) - np.maximum(1.0 - r**2, 0.0))
    slope = np.gradient(ground, SPACING_M, axis=1)
    return (ground - ground[COUNT // 2, COUNT // 2]).astype(np.float32), slope.clip(-1.0, 1.0).astype(np.float32)


def at(grid, east, north):
    half = 0.5 * (COUNT - 1)
    x, y = (east / SPACING_M + half).astype(np.float32), (half - north / SPACING_M).astype(np.float32)
    return cv2.remap(grid, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def view(ground, light, height_m, off, draw):
    """What a camera sees that is off (6,) from where it is thought to be."""
    p, r = np.array([0.02 * height_m, -0.3, height_m]), MOUNT
    true_p, true_r = p + off[:3], Rotation.from_rotvec(off[3:]).as_matrix() @ MOUNT
    j, i = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(float)
    rays = np.stack([i, j, np.ones_like(i)], axis=-1) @ np.linalg.inv(K).T @ true_r.T
    z = np.zeros(SHAPE)
    for _ in range(12):
        far = (z - true_p[2]) / rays[..., 2]
        east, north = true_p[0] + far * rays[..., 0], true_p[1] + far * rays[..., 1]
        z = at(ground, east, north)
    wide = cv2.GaussianBlur(light, (0, 0), 0.4 * height_m / K[0, 0] / SPACING_M)
    shown = 100.0 + 60.0 * at(wide, east, north) + draw.normal(size=SHAPE)
    return Sight(0, np.rint(shown).astype(np.float32), np.ones(SHAPE, np.uint8), K, p, r, np.diag(SIGMAS[:6] ** 2))


@pytest.fixture(scope="module")
def reliefs():
    """Reliefs found and true, of two grounds and films."""
    made = []
    for seed in range(2):
        draw = np.random.default_rng(seed)
        ground, light = cratered(draw)
        offs = (SIGMAS * draw.normal(size=len(SIGMAS))).reshape(-1, 6)
        sights = [view(ground, light, h, off, draw) for h, off in zip(HEIGHTS_M, offs, strict=True)]
        found = relief_map(sights, PAIRS, np.diag(SIGMAS**2), WIDTH_M)
        size = round(found.window_m / SPACING_M)
        true = at(cv2.blur(ground, (size, size)), *found.places)
        made.append((found, true))
    return made


def test_heights_are_off_by_as_much_as_they_say(reliefs):
    over = [((r.height - true) / r.sigma)[np.isfinite(r.height)] for r, true in reliefs]
    assert all(x.size > 400 for x in over)
    assert 0.3 < np.mean([np.mean(x**2) for x in over]) < 1.5
    assert np.mean(np.abs(np.concatenate(over)) < 2.0) > 0.9


def test_relief_is_better_than_the_poses_alone_allow(reliefs):
    """A shift across the way in which height acts tells of the poses."""
    parallax = 1.0 / HEIGHTS_M[3] - 1.0 / HEIGHTS_M[0]
    by_scale = SIGMAS[2] * np.hypot(1.0 / HEIGHTS_M[3], 1.0 / HEIGHTS_M[0]) / parallax
    by_turn = SIGMAS[3] * np.sqrt(2.0) * HEIGHTS_M[3] / (0.3 * HEIGHTS_M[3] * parallax)
    off = np.concatenate([(r.height - true)[np.isfinite(r.height)] for r, true in reliefs])
    assert np.median(np.abs(off)) < 0.4 * np.hypot(by_scale, by_turn)
    assert (
        np.corrcoef(*np.hstack([[r.height[k], true[k]] for r, true in reliefs for k in [np.isfinite(r.height)]]))[0, 1]
        > 0.95
    )


def test_lander_stands_on_its_four_pads():
    """Bumps under two pads, a hole in the middle, and one pad's ground unknown in part or altogether."""
    away, turned = 2.35, Rotation.from_euler("z", -30.0, degrees=True).as_matrix()
    bearing = np.radians(30.0 + 45.0 + 90.0 * np.arange(4))
    east, north = posts(0.4, POSTS)
    height = np.where(np.hypot(east, north) < 1.0, -0.5, 0.02)
    for k, bump in enumerate((0.3, 0.1)):
        pad = np.hypot(east - away * np.sin(bearing[k]), north - away * np.cos(bearing[k]))
        height[pad < 0.7] += bump
    shared = np.full(height.shape, np.hypot(priors().touchdown, 0.03))
    sigma = np.hypot(shared, 0.08)

    def stands(height, shared=shared):
        return stand_on(ReliefMap(0.4, height, sigma, shared, 1.2, 4), turned)

    assert stands(height).height_m == pytest.approx(0.02 + 0.4 / 4)
    assert stands(height).sigma_m == pytest.approx(np.hypot(0.03, 0.08 / 2))
    assert stands(np.where(pad < 0.3, np.nan, height)).height_m == pytest.approx(stands(height).height_m)
    assert stands(np.where(pad < 0.7, np.nan, height)) is None
    assert stands(height, np.sqrt(2.0) * shared) is None


def test_pictures_of_other_ground_have_no_relief():
    draw = np.random.default_rng(9)
    level = np.zeros((COUNT, COUNT), np.float32)
    sights = [view(level, surface(draw, 0.9), h, np.zeros(6), draw) for h in HEIGHTS_M]
    found = relief_map(sights, PAIRS, np.diag(SIGMAS**2), WIDTH_M)
    assert found is None or np.isfinite(found.height).mean() < 0.02


def test_a_pose_that_is_off_lays_places_elsewhere():
    r = Rotation.from_rotvec([0.05, -0.08, 0.6]).as_matrix() @ MOUNT
    p = np.array([3.0, -2.0, 40.0])
    sight = Sight(0, np.zeros((2, 2), np.float32), np.ones((2, 2), np.uint8), K, p, r, np.eye(6))
    place = np.array([[9.0, 5.0, 1.5]])
    for k in range(6):
        d = 1e-6 * np.eye(6)[k]
        turned = r @ MOUNT.T @ Rotation.from_rotvec(d[3:]).as_matrix() @ MOUNT
        pixel = pixels_of(K, p + d[:3], turned, place)
        laid = seen(K, p, r, pixel, place[0, 2])
        assert np.allclose((laid - place)[0, :2] / 1e-6, sight.moves(place)[0, :, k], atol=1e-3)


def test_height_of_one_place_stands_for_its_window():
    """WITHIN by sums over both windows of a random surface of the prior's exponent."""
    way = (np.arange(12) + 0.5) / 12
    spots = np.stack(np.meshgrid(way, way), axis=-1).reshape(-1, 2)
    apart = spots[:, None] - spots

    def square(shift):
        return (((apart + shift) ** 2).sum(axis=-1) ** priors().relief.hurst).mean()

    ways = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    within = 0.5 * square((0, 0))
    assert within / np.mean([square(way) - 2.0 * within for way in ways]) == pytest.approx(WITHIN, abs=0.005)


def test_poses_together_have_the_covariance_of_the_dense_inverse():
    draw = np.random.default_rng(2)
    single = draw.normal(size=(3, 6, 6)) + 3.0 * np.eye(6)
    both = draw.normal(size=(2, 4, 12))
    factors = [
        Factor(np.arange(3)[:, None], lambda poses, common: np.einsum("mij,mj->mi", single, poses[:, 0])),
        Factor(
            np.array([[0, 1], [1, 2]]),
            lambda poses, common: np.einsum("mij,mj->mi", both, poses.reshape(2, 12)) + common[0],
        ),
        Factor(np.zeros((1, 1), int), lambda poses, common: common[None]),
    ]
    out = solve(factors, np.zeros((3, 6)), np.zeros(1))
    rows = [np.pad(block_row(single), ((0, 0), (0, 1)))]
    rows += [
        np.concatenate([np.zeros((4, 6 * k)), both[k], np.zeros((4, 6 * (1 - k))), np.ones((4, 1))], axis=1)
        for k in (0, 1)
    ]
    rows += [np.eye(19)[18:]]
    design = np.concatenate(rows)
    whole = np.linalg.inv(design.T @ design)
    which = np.r_[12:18, 0:6]
    assert np.allclose(out.joint([2, 0]), whole[np.ix_(which, which)], rtol=1e-5, atol=1e-8)


def block_row(blocks):
    out = np.zeros((18, 18))
    for k, block in enumerate(blocks):
        out[6 * k : 6 * k + 6, 6 * k : 6 * k + 6] = block
    return out
