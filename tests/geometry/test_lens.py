"""Lens distortion and fisheyes against OpenCV, and the way there and back."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.geometry import BrownConrady, KannalaBrandt, LensCamera, Pinhole

FRAME = Pinhole.from_pixels(1024, 768, 8.55, 6.7, 508.3, 391.6)
BARREL = BrownConrady(-0.28, 0.09, -0.012, 3e-4, -4e-4)
PINCUSHION = BrownConrady(0.06, 0.004, 0.0, -2e-4, 1e-4)
FISHEYE = KannalaBrandt(-0.02, 0.004, -0.0015, 0.0002)
HAZCAM = LensCamera(Pinhole(1024, 1024, 2.5, 8.0), FISHEYE)
CAMERAS = [LensCamera(FRAME, BARREL), LensCamera(FRAME, PINCUSHION), LensCamera(FRAME, BrownConrady()), HAZCAM]


def everywhere(camera):
    return np.meshgrid(np.linspace(0.5, camera.width + 0.5, 67), np.linspace(0.5, camera.height + 0.5, 59))


def matrix(frame):
    """OpenCV's camera matrix: pixels from 0, y down."""
    i0, j0 = frame.principal_pixel
    return np.array([[1 / frame.pixel_rad, 0, i0 - 1], [0, 1 / frame.pixel_rad, j0 - 1], [0, 0, 1]])


def points(widest_deg, n=2000):
    """Camera-frame vectors of any length, up to an angle from the axis."""
    rng = np.random.default_rng(1)
    theta, turn = np.radians(widest_deg) * np.sqrt(rng.uniform(size=n)), rng.uniform(0, 2 * np.pi, n)
    d = np.stack([np.sin(theta) * np.cos(turn), np.sin(theta) * np.sin(turn), -np.cos(theta)], axis=1)
    return d * rng.uniform(0.5, 50.0, (n, 1))


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda c: str(c.lens))
def test_a_pixel_finds_back_to_itself_within_a_millionth(camera):
    i, j = everywhere(camera)
    rays = camera.rays(i, j)
    seen = np.isfinite(rays[..., 0])
    assert seen.mean() > 0.95
    np.testing.assert_allclose(np.linalg.norm(rays[seen], axis=-1), 1.0, atol=1e-14)
    found_i, found_j = camera.project(7.0 * rays)
    assert np.abs(found_i - i)[seen].max() < 1e-6
    assert np.abs(found_j - j)[seen].max() < 1e-6


@pytest.mark.parametrize("lens", [BARREL, PINCUSHION])
def test_frame_cameras_project_as_in_opencv(lens):
    d = points(40.0)
    k = (lens.k1, lens.k2, lens.p1, lens.p2, lens.k3)
    theirs = cv2.projectPoints(d * [1, -1, -1], np.zeros(3), np.zeros(3), matrix(FRAME), np.array(k))[0][:, 0]
    i, j = LensCamera(FRAME, lens).project(d)
    np.testing.assert_allclose(np.stack([i - 1, j - 1], axis=1), theirs, atol=1e-9)


def test_fisheyes_project_as_in_opencv():
    d, k = points(85.0), np.array([FISHEYE.k1, FISHEYE.k2, FISHEYE.k3, FISHEYE.k4])
    zero = np.zeros((3, 1))
    theirs = cv2.fisheye.projectPoints((d * [1, -1, -1])[:, None], zero, zero, matrix(HAZCAM.frame), k)[0][:, 0]
    i, j = HAZCAM.project(d)
    np.testing.assert_allclose(np.stack([i - 1, j - 1], axis=1), theirs, atol=1e-9)


def test_without_distortion_it_is_the_pinhole():
    i, j = everywhere(FRAME)
    flat = LensCamera(FRAME, BrownConrady())
    np.testing.assert_allclose(flat.rays(i, j), FRAME.rays(i, j), atol=1e-15)
    np.testing.assert_allclose(flat.project(points(60.0)), FRAME.project(points(60.0)), atol=1e-9)
    assert (flat.width, flat.height, flat.pixel_rad) == (FRAME.width, FRAME.height, FRAME.pixel_rad)


def test_barrel_draws_inwards_and_fisheyes_see_behind_their_shoulder():
    corner = np.array([0.5, 0.4, -1.0])
    straight, bent = FRAME.project(corner), LensCamera(FRAME, BARREL).project(corner)
    i0, j0 = FRAME.principal_pixel
    assert np.hypot(bent[0] - i0, bent[1] - j0) < 0.95 * np.hypot(straight[0] - i0, straight[1] - j0)
    behind = np.array([1.0, 0.2, 0.2])
    i, j = HAZCAM.project(behind)
    np.testing.assert_allclose(HAZCAM.rays(i, j), behind / np.linalg.norm(behind), atol=1e-12)
    assert np.isnan(FRAME.project(behind)[0])


def test_where_a_lens_folds_nothing_is_imaged():
    steep = LensCamera(FRAME, BrownConrady(k1=-0.5))  # r (1 - r^2 / 2) turns back at r = 0.816, at 0.544 on the plane
    edge = np.sqrt(2 / 3)
    assert np.isfinite(steep.project([edge - 1e-6, 0.0, -1.0])[0])
    assert np.isnan(steep.project([edge + 1e-6, 0.0, -1.0])[0])
    i0, j0 = FRAME.principal_pixel
    brim = edge * (1 - edge**2 / 2) / FRAME.pixel_rad
    assert np.isfinite(steep.rays(i0 + brim - 0.01, j0)).all()
    assert np.isnan(steep.rays(i0 + brim + 0.01, j0)).all()
    assert np.isnan(HAZCAM.project([0.0, 0.0, 1.0])[0])
    np.testing.assert_allclose(HAZCAM.project([0.0, 0.0, -1.0]), HAZCAM.principal_pixel)


@given(st.floats(-0.3, 0.3), st.floats(-0.05, 0.05), st.floats(-1e-3, 1e-3), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_any_lens_undoes_itself_where_it_images(k1, k2, p1, x, y):
    lens = BrownConrady(k1, k2, 0.0, p1, -p1)
    d = np.array([[x, y, -1.0]])
    u, v = lens.plane(d)
    back = lens.direction(u, v)
    np.testing.assert_allclose(back, d / np.linalg.norm(d), atol=1e-10)


def test_a_binned_lens_camera_looks_where_the_middle_of_its_pixels_looks():
    camera = CAMERAS[0]
    binned = camera.binned(4)
    i, j = np.array([1, 100, binned.width]), np.array([1, 77, binned.height])
    np.testing.assert_allclose(binned.rays(i, j), camera.rays(4 * i - 1.5, 4 * j - 1.5), atol=1e-13)


def test_a_pixel_gives_the_same_bits_alone_as_among_others():
    i, j = everywhere(HAZCAM)
    for camera in (CAMERAS[0], HAZCAM):
        np.testing.assert_array_equal(camera.rays(i, j)[5, 7], camera.rays(i[5, 7], j[5, 7]))
