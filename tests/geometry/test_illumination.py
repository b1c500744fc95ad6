"""How evenly lenses light their detectors."""

import numpy as np
import pytest

from farside.geometry import BrownConrady, KannalaBrandt, LensCamera, Pinhole, relative_illumination

CAMERA = Pinhole(200, 160, 8.0, 40.0, 0.3, -0.2)


def angles(camera):
    j, i = np.mgrid[1 : camera.height + 1, 1 : camera.width + 1]
    return np.arccos(-camera.rays(i, j)[..., 2])


def test_a_pinhole_darkens_with_the_fourth_power_of_the_cosine():
    assert relative_illumination(CAMERA) == pytest.approx(np.cos(angles(CAMERA)) ** 4, rel=1e-6)


def test_a_lens_that_bends_nothing_lights_as_a_pinhole_does():
    same = relative_illumination(LensCamera(CAMERA, BrownConrady()))
    assert same == pytest.approx(relative_illumination(CAMERA), rel=2e-5)


def test_an_equidistant_fisheye_darkens_less():
    """cos(theta) sin(theta) / theta: of the pupil, and of the solid angle of a pixel."""
    fisheye = LensCamera(Pinhole(300, 300, 7.3, 50.0), KannalaBrandt())
    theta = angles(fisheye)
    inside = (theta > 1e-6) & (theta < 1.2)
    expected = np.cos(theta) * np.sin(theta) / np.maximum(theta, 1e-9)
    assert theta[inside].max() > 1.0
    assert relative_illumination(fisheye)[inside] == pytest.approx(expected[inside], rel=1e-4)


def test_what_a_laboratory_measured_comes_first():
    theta = angles(CAMERA)
    found = relative_illumination(CAMERA, (-0.5, 0.1))
    assert found == pytest.approx(1.0 - 0.5 * theta**2 + 0.1 * theta**4, rel=1e-6)


def test_where_a_lens_throws_no_light_there_is_none():
    assert np.isnan(LensCamera(CAMERA, BrownConrady(-0.9)).rays(1, 1)).all()
    assert relative_illumination(LensCamera(CAMERA, BrownConrady(-0.9)))[0, 0] == 0.0
