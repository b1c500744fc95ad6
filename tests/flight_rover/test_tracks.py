"""Tracks in the ground."""

import numpy as np
import pytest

from farside.flight.rover import imprint, yutu2

WHEELS = yutu2().wheels
GRID = np.zeros((513, 513), np.float32)
BRIGHT = np.ones_like(GRID)


@pytest.mark.parametrize("post_m", [0.005, 0.02])
@pytest.mark.parametrize("to", [(0.0, 1.0), (1.0, 0.0), (0.7, 0.7)])
def test_a_track_is_as_wide_as_a_wheel_and_as_deep_as_it_sinks(post_m, to):
    height, albedo = imprint(GRID, BRIGHT, post_m, [np.array([(0.0, 0.0), to])])
    area = (height < 0.0).sum() * post_m**2
    assert area == pytest.approx(WHEELS.width_m * np.hypot(*to), rel=0.1)
    assert height.min() == pytest.approx(-WHEELS.sinkage_m, rel=0.01)
    assert ((albedo < 1.0) == (height < 0.0)).all()
    assert (GRID == 0.0).all()


def test_lugs_leave_ribs_where_posts_are_fine_enough_to_show_them():
    height, _ = imprint(GRID, BRIGHT, 0.005, [np.array([(0.0, 0.0), (0.0, 1.2)])])
    floor = -height[256 : 256 + 230, 256]
    ribs = np.sum((floor[1:-1] < floor[:-2]) & (floor[1:-1] <= floor[2:]))
    assert ribs == pytest.approx(1.15 / (2 * np.pi * WHEELS.radius_m / WHEELS.lugs), abs=2)


def test_tracks_of_a_travel_lie_on_the_grid_east_by_columns_and_north_by_rows():
    height, _ = imprint(GRID, BRIGHT, 0.02, [np.array([(2.0, -3.0), (2.0, -1.0)])])
    rows, columns = np.nonzero(height)
    assert ((columns - 256) * 0.02).mean() == pytest.approx(2.0, abs=0.02)
    assert ((rows - 256) * 0.02).mean() == pytest.approx(-2.0, abs=0.02)


def test_coarse_levels_and_standing_wheels_stay_as_they_are():
    coarse, _ = imprint(GRID, BRIGHT, 0.16, [np.array([(0.0, 0.0), (9.0, 0.0)])])
    still, _ = imprint(GRID, BRIGHT, 0.02, [np.array([(0.0, 0.0)])])
    assert (coarse == 0.0).all()
    assert (still == 0.0).all()
