"""Pictures of a camera that moves while its shutter is open."""

import numpy as np
import pytest
from scipy.special import erf

from farside.geometry import BrownConrady, LensCamera, Pinhole
from farside.payload.camera.smear import flow, smear

CAMERA = Pinhole(96, 80, 8.55, 6.7 * 8)
SMALL = Pinhole(40, 36, 8.55, 6.7 * 16)
STILL = (0.0, 0.0, 0.0)


def cubic(u):
    """Keys' cubic convolution kernel, a = -1/2."""
    u = np.abs(u)
    return np.where(u < 1, 1 - 2.5 * u**2 + 1.5 * u**3, np.where(u < 2, 2 - 4 * u + 2.5 * u**2 - 0.5 * u**3, 0.0))


def gathered(radiance, distance, way, stride):
    """The same average, pixel by pixel: ``way`` (line, sample, 2) is the path of the image in pixels."""
    lines, samples = radiance.shape
    out = radiance.astype(float)
    for j in range(lines):
        for i in range(samples):
            length = np.hypot(*way[j, i])
            if distance[j, i] == 0 or length < 0.02:
                continue
            found = []
            for back in (np.arange(1 + np.ceil(2 * length)) + 0.5) / (1 + np.ceil(2 * length)):
                x = np.clip(i - back * way[j, i, 0], 0, samples - 1)
                y = np.clip(j - back * way[j, i, 1], 0, lines - 1)
                if distance[int(np.rint(y)), int(np.rint(x))] == 0:
                    continue
                total = 0.0
                for q in range(int(np.floor((y - j) / stride)) - 1, int(np.floor((y - j) / stride)) + 3):
                    for p in range(int(np.floor((x - i) / stride)) - 1, int(np.floor((x - i) / stride)) + 3):
                        row, column = j + stride * q, i + stride * p
                        while not 0 <= row < lines:
                            row += stride if row < 0 else -stride
                        while not 0 <= column < samples:
                            column += stride if column < 0 else -stride
                        weight = cubic((x - i) / stride - p) * cubic((y - j) / stride - q)
                        total += weight * radiance[row, column]
                found.append(total)
            if found:
                out[j, i] = max(np.mean(found), 0.0)
    return out


def image_motion(camera, distance, motion, rotation):
    """Motion of the image of points that stand still, pixels per second, by moving the camera for an instant."""
    i, j = np.meshgrid(np.arange(camera.width) + 1.0, np.arange(camera.height) + 1.0)
    points = camera.rays(i, j) * distance[..., None] @ rotation.T
    dt = 1e-5
    turn = np.array(motion[3:]) * dt
    ends = []
    for sign in (-0.5, 0.5):
        w = sign * turn
        size = np.linalg.norm(w)
        k = np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]]) / max(size, 1e-30)
        turned = (np.eye(3) + np.sin(size) * k + (1 - np.cos(size)) * k @ k) @ rotation
        ends.append(camera.project((points - sign * dt * np.array(motion[:3])) @ turned))
    return np.stack([ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]], axis=-1) / dt


def tilted():
    from scipy.spatial.transform import Rotation

    return Rotation.from_euler("xyz", [20.0, -35.0, 70.0], degrees=True).as_matrix()


@pytest.mark.parametrize("camera", [CAMERA, LensCamera(CAMERA, BrownConrady(-0.2, 0.05, 0.0, 1e-3, -2e-3))])
def test_motion_of_the_image_is_that_of_points_seen_before_and_after(camera):
    rng = np.random.default_rng(3)
    distance = rng.uniform(5.0, 50.0, (camera.height, camera.width))
    motion = (1.0, -2.0, 0.7, 0.05, -0.08, 0.12)
    nodes, step = flow(camera, tilted(), motion)
    assert nodes.shape == (78 // step + 2, 94 // step + 2, 4)
    expected = image_motion(camera, distance, motion, tilted())
    at = np.s_[::step, ::step]
    inside = nodes[: 79 // step + 1, : 95 // step + 1]
    found = inside[..., :2] + inside[..., 2:] / distance[at][..., None]
    assert np.abs(found - expected[at]).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("mosaic", [False, True])
def test_kernel_gathers_what_its_plain_twin_does(mosaic):
    rng = np.random.default_rng(5)
    shape = (SMALL.height, SMALL.width)
    radiance = rng.uniform(0.0, 60.0, shape).astype(np.float32)
    distance = rng.uniform(5.0, 50.0, shape).astype(np.float32)
    distance[:5] = np.inf
    distance[30:, :10] = 0.0
    motion = (3.0, -6.0, 2.0, 0.02, -0.2, 0.3)
    found = smear(radiance, distance, SMALL, tilted(), motion, 0.05, mosaic)
    far = np.where(distance > 0, distance, 50.0).astype(float)
    way = 0.05 * image_motion(SMALL, np.where(np.isinf(far), 1e9, far), motion, tilted())
    assert 1.0 < np.hypot(*np.moveaxis(way, -1, 0)).max() < 20.0
    expected = gathered(radiance, distance, way, 2 if mosaic else 1)
    off = np.abs(found - expected)
    # where the length of a way is about to need one tap more, the two may differ by one
    assert np.quantile(off, 0.99) < 0.05
    assert off.mean() < 0.01
    assert np.array_equal(found[30:, :10], radiance[30:, :10])


def edge(x, sigma):
    """A step from 10 to 50 behind a Gaussian blur."""
    return 10.0 + 20.0 * (1.0 + erf(x / (np.sqrt(2.0) * sigma)))


@pytest.mark.parametrize("pixels", [0.3, 1.0, 4.0, 9.5])
@pytest.mark.parametrize("sigma", [1.2, float(np.hypot(0.365, np.sqrt(1 / 12)))])
def test_an_edge_becomes_a_ramp_as_long_as_the_motion(pixels, sigma):
    """The mean of the step along the way; behind the camera's own blur, which pixels hardly resolve, its moments."""
    x = np.arange(CAMERA.width) - 50.3
    radiance = np.broadcast_to(edge(x, sigma), (CAMERA.height, CAMERA.width)).astype(np.float32)
    distance = np.full(radiance.shape, 100.0, np.float32)
    seconds = 0.004
    # the camera moves to the right: the scene moves to the left, and what is here was further right before
    speed = pixels * 100.0 * CAMERA.pixel_rad / seconds
    middle = smear(radiance, distance, CAMERA, np.eye(3), (speed, 0.0, 0.0, *STILL), seconds)[CAMERA.height // 2]
    back = (np.arange(4000) + 0.5) / 4000 * pixels
    exact = edge(x[:, None] + back, sigma).mean(axis=1)
    seen = np.s_[30:60]
    # of 40: the taps are few, and pixels know an edge only so well
    assert np.abs(middle - exact)[seen].max() < (0.25 if sigma > 1.0 else 2.5)
    steps = np.diff(middle[seen])
    place = x[seen][:-1] + 0.5
    centre = (steps * place).sum() / steps.sum()
    spread = (steps * (place - centre) ** 2).sum() / steps.sum()
    assert centre == pytest.approx(-pixels / 2, abs=0.03)
    assert spread == pytest.approx(sigma**2 + pixels**2 / 12 + 1 / 12, rel=0.06)


def test_turning_moves_sky_and_ground_alike_and_moving_only_what_is_near():
    rng = np.random.default_rng(1)
    radiance = rng.uniform(1.0, 60.0, (CAMERA.height, CAMERA.width)).astype(np.float32)
    sky = np.full(radiance.shape, np.inf, np.float32)
    assert np.array_equal(smear(radiance, sky, CAMERA, np.eye(3), (50.0, 3.0, -9.0, *STILL), 0.01), radiance)
    turned = smear(radiance, sky, CAMERA, np.eye(3), (*STILL, 0.0, 1.0, 0.0), 0.02)
    near = smear(radiance, np.ones_like(sky), CAMERA, np.eye(3), (*STILL, 0.0, 1.0, 0.0), 0.02)
    assert np.array_equal(turned, near)
    assert turned.std() < 0.8 * radiance.std()
    assert turned.mean() == pytest.approx(radiance.mean(), rel=0.01)


def test_colours_of_a_mosaic_are_not_mixed():
    radiance = np.empty((CAMERA.height, CAMERA.width), np.float32)
    for k, (i, j) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        radiance[i::2, j::2] = 10.0 * (k + 1)
    found = smear(radiance, np.ones_like(radiance), CAMERA, np.eye(3), (*STILL, 0.3, 1.0, 0.2), 0.1, True)
    assert np.allclose(found, radiance, rtol=1e-6)
