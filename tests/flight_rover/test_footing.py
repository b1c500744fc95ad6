"""Six wheels on the ground."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rover_ground import smooth

from farside.flight.rover import attitudes, stand, yutu2

WHEELS = yutu2().wheels


def lowest(pose_stand):
    """Points of the rims straight below the centres along the body's own down axis, in the ground's frame."""
    return pose_stand.pose.apply(pose_stand.wheels - [0.0, 0.0, WHEELS.radius_m])


@pytest.mark.parametrize("heading_deg", [0.0, 90.0, 200.0])
def test_on_level_ground_the_rover_stands_level_and_sunk_in(heading_deg):
    held = stand(lambda x, y: 0.0 * x + 5.0, 10.0, -20.0, heading_deg)
    h = np.radians(heading_deg)
    np.testing.assert_allclose(held.pose.p, [10.0, -20.0, 5.0 - WHEELS.sinkage_m], atol=1e-6)
    np.testing.assert_allclose(held.pose.r[:, 1], [np.sin(h), np.cos(h), 0.0], atol=1e-6)
    np.testing.assert_allclose(held.pose.r[:, 0], [np.cos(h), -np.sin(h), 0.0], atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(a=st.floats(-0.25, 0.25), b=st.floats(-0.25, 0.25), heading_deg=st.floats(0.0, 360.0))
def test_on_a_plane_the_body_takes_its_slope_and_the_rockers_rest(a, b, heading_deg):
    held = stand(lambda x, y: a * x + b * y, 0.0, 0.0, heading_deg)
    normal = np.array([-a, -b, 1.0]) / np.sqrt(1.0 + a * a + b * b)
    # a wheel's rim is tried every ten degrees of the slope ahead, and sinks in along the vertical
    assert np.degrees(np.arccos(min(1.0, held.pose.r[:, 2] @ normal))) < 0.1
    np.testing.assert_allclose([held.rocker, *held.bogies], 0.0, atol=2e-3)
    assert np.linalg.det(held.pose.r) == pytest.approx(1.0)
    azimuth = np.degrees(np.arctan2(held.pose.r[0, 1], held.pose.r[1, 1]))
    assert abs((azimuth - heading_deg + 180.0) % 360.0 - 180.0) < 1e-6


def test_on_smooth_ground_all_wheels_touch_it_within_a_centimetre():
    for k in range(12):
        held = stand(smooth, 3.0 * k - 15.0, 1.7 * k, 41.0 * k)
        points = lowest(held)
        above = points[:, 2] - smooth(points[:, 0], points[:, 1])
        assert np.abs(above).max() < 0.01
        assert np.abs(held.gaps).max() < 1e-6


def test_a_drawn_rigid_rover_is_near_the_ground_on_smooth_ground():
    feet = np.column_stack([WHEELS.feet, np.zeros(6)])
    for k in range(12):
        points = stand(smooth, 3.0 * k - 15.0, 1.7 * k, 41.0 * k).pose.apply(feet)
        assert np.abs(points[:, 2] - smooth(points[:, 0], points[:, 1])).max() < 0.02


def test_the_body_pitches_by_half_of_what_one_side_does():
    # the right side alone on a wedge rising ahead: its rocker takes the slope, the body the mean of both sides
    slope = 0.08
    held = stand(lambda x, y: np.where(x > 0.0, slope * y, 0.0), 0.0, 0.0, 0.0)
    pitch = np.arcsin(held.pose.r[2, 1])
    assert pitch == pytest.approx(np.arctan(slope) / 2, rel=0.03)
    assert held.rocker == pytest.approx(np.arctan(slope) / 2, rel=0.03)


def test_a_stone_under_a_front_wheel_lifts_the_body_far_less_than_the_wheel():
    stone = 0.10
    held = stand(lambda x, y: np.where((x > 0.3) & (y > 0.5), stone, 0.0), 0.0, 0.0, 0.0)
    points = lowest(held)
    assert points[5, 2] == pytest.approx(stone, abs=0.01)
    assert np.abs(points[:5, 2]).max() < 0.01
    assert 0.0 < held.pose.position[2] < 0.45 * stone


def test_many_at_once_are_the_same_as_one_by_one():
    xy, heading = np.array([[0.0, 1.0], [5.0, -3.0], [-8.0, 12.0]]), np.radians([10.0, 120.0, 300.0])
    heights, turns = attitudes(smooth, xy, heading)
    for k in range(3):
        one = stand(smooth, *xy[k], float(np.degrees(heading[k])))
        assert heights[k] == pytest.approx(one.pose.position[2], abs=1e-6)
        np.testing.assert_allclose(turns[k], one.pose.r, atol=1e-6)
