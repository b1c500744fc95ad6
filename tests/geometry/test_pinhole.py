"""Camera model against the published label of TCAM image 143."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.geometry import Pinhole, euler_to_rotation, rotation_to_euler

TCAM = Pinhole(2352, 1728, 43.472040, 7.4, -0.248344, 0.021904)
ROLL, PITCH, YAW = -59.233529, 12.648912, -163.976745


def test_label_of_tcam_143_gives_all_fifteen_vector_components():
    label = [
        (0.308288, -0.878190, -0.365707),
        (-0.076418, -0.931058, -0.356778),
        (0.282967, -0.737626, -0.613055),
        (-0.101621, -0.790794, -0.603588),
        (0.106315, -0.859804, -0.499434),
    ]
    rays = TCAM.rays([1, 2352, 1, 2352, 1176], [1, 1, 1728, 1728, 864]) @ euler_to_rotation(ROLL, PITCH, YAW).T
    np.testing.assert_allclose(rays, label, atol=1e-6)


@given(st.floats(-89.9, 89.9), st.floats(-180, 180), st.floats(-180, 180))
def test_angles_survive_the_way_to_a_rotation_and_back(roll, pitch, yaw):
    rotation = euler_to_rotation(roll, pitch, yaw)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-14)
    np.testing.assert_allclose(euler_to_rotation(*rotation_to_euler(rotation)), rotation, atol=1e-9)


@pytest.mark.parametrize("roll", [90.0, -90.0])
def test_rotation_with_undefined_angles_is_still_reproduced(roll):
    rotation = euler_to_rotation(roll, 20.0, 50.0)
    np.testing.assert_allclose(euler_to_rotation(*rotation_to_euler(rotation)), rotation, atol=1e-12)


@given(st.floats(1, 2352), st.floats(1, 1728))
def test_projection_undoes_rays(i, j):
    np.testing.assert_allclose(TCAM.project(TCAM.rays(i, j)), (i, j), atol=1e-9)


def test_what_lies_behind_the_camera_is_not_projected():
    assert np.isnan(TCAM.project([0.1, 0.2, 1.0])).all()


@pytest.mark.parametrize(("n", "odd"), [(2, 0), (3, 1), (5, 2), (8, 0)])
def test_binned_pixel_looks_where_the_middle_of_its_pixels_looks(n, odd):
    binned = TCAM.binned(n)
    assert (binned.width, binned.height) == (2352 // n, 1728 // n)
    i, j = np.array([1, 7, binned.width]), np.array([1, 30, binned.height])
    middle = (i * n - (n - 1) / 2, j * n - (n - 1) / 2)
    np.testing.assert_allclose(binned.rays(i, j), TCAM.rays(*middle), atol=1e-14)


def test_principal_point_in_pixels_is_where_the_axis_falls():
    lcam = Pinhole.from_pixels(1024, 1024, 8.55, 6.7, 478.629870, 513.093420)
    np.testing.assert_allclose(lcam.rays(*lcam.principal_pixel), [0, 0, -1], atol=1e-15)
    np.testing.assert_allclose(lcam.principal_pixel, (478.629870, 513.093420), atol=1e-9)
    assert np.degrees(lcam.pixel_rad) == pytest.approx(0.0449, abs=1e-4)
