"""Maps of panoramas: there and back, and what each keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.geometry import Cylinder, Equirectangular, Overhead

MAPS = [
    Equirectangular.around(3600, 9.0, -39.0, 180.0),
    Cylinder.around(3600, 9.0, -39.0, 17.0),
    Overhead(2000, 99.0, level=False),
    Overhead(2001, 84.0, level=True),
]
angles = st.floats(0.0, 359.9), st.floats(-38.0, -8.0)


@pytest.mark.parametrize("grid", MAPS, ids=["equirectangular", "cylinder", "polar", "vertical"])
@given(*angles)
def test_a_direction_comes_back_from_its_pixel(grid, az, el):
    back = np.degrees(grid.azel(*grid.pixel(np.radians(az), np.radians(el))))
    assert np.cos(np.radians(back[0] - az)) == pytest.approx(1.0, abs=1e-12)
    assert back[1] == pytest.approx(el, abs=1e-9)


@given(*angles)
def test_a_cylinder_keeps_upright_poles_straight_and_heights_in_proportion(az, el):
    column, row = MAPS[1].pixel(np.radians(az), np.radians([el, 0.5 * el, 0.0]))
    assert np.ptp(column) < 1e-9
    rise = row - row[2]
    assert rise[1] / rise[0] == pytest.approx(np.tan(np.radians(0.5 * el)) / np.tan(np.radians(el)))


@given(*angles)
def test_level_ground_is_a_map_true_to_scale_with_north_up(az, el):
    column, row = MAPS[3].pixel(np.radians(az), np.radians(el))
    east, north = np.sin(np.radians(az)) / np.tan(np.radians(-el)), np.cos(np.radians(az)) / np.tan(np.radians(-el))
    assert (column - 1000.0) * MAPS[3].scale == pytest.approx(east, abs=1e-9)
    assert (1000.0 - row) * MAPS[3].scale == pytest.approx(north, abs=1e-9)


def test_the_horizon_is_a_circle_from_above_and_off_a_map_of_level_ground():
    az = np.radians(np.arange(0.0, 360.0, 10.0))
    column, row = MAPS[2].pixel(az, 0.0)
    assert np.hypot(column - 999.5, row - 999.5) == pytest.approx(np.full(36, 1000.0 * 90.0 / 99.0))
    column, row = MAPS[3].pixel(az, 0.0)
    assert (np.maximum(np.abs(column - 1000.0), np.abs(row - 1000.0)) > 1000.0).all()
