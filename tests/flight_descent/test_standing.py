"""Attitudes of the lander in flight and on the ground."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.flight import attitude, fly_descent, rest_pose
from farside.geometry import Site

SITE = Site(-45.4446, 177.5991, -5935.0)
HEADING_DEG = 30.0


def slope(x, y):
    return 0.05 * np.asarray(x) + 0.02 * np.asarray(y) - 3.0


@pytest.fixture(scope="module")
def descent():
    return fly_descent(SITE, 0.0, 0.0, slope, seed=7, heading_deg=HEADING_DEG)


@pytest.mark.parametrize("heading_deg", [0.0, 90.0, 200.0])
def test_on_level_ground_y_points_to_the_heading_and_z_up(heading_deg):
    pose = rest_pose(lambda x, y: 0.0 * x + 5.0, 10.0, -20.0, heading_deg)
    h = np.radians(heading_deg)
    np.testing.assert_allclose(pose.p, [10.0, -20.0, 5.0], atol=1e-12)
    np.testing.assert_allclose(pose.r[:, 1], [np.sin(h), np.cos(h), 0.0], atol=1e-12)
    np.testing.assert_allclose(pose.r[:, 0], [np.cos(h), -np.sin(h), 0.0], atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(a=st.floats(-0.3, 0.3), b=st.floats(-0.3, 0.3), heading_deg=st.floats(0.0, 360.0))
def test_on_a_plane_all_pads_touch_it_and_the_heading_keeps_its_azimuth(a, b, heading_deg):
    pose = rest_pose(lambda x, y: a * x + b * y, 0.0, 0.0, heading_deg)
    pads = pose.apply(2.35 * np.array([[1, 1, 0], [1, -1, 0], [-1, 1, 0], [-1, -1, 0]]) / np.sqrt(2))
    np.testing.assert_allclose(pads[:, 2], a * pads[:, 0] + b * pads[:, 1], atol=1e-9)
    assert np.linalg.det(pose.r) == pytest.approx(1.0)
    azimuth = np.degrees(np.arctan2(pose.r[0, 1], pose.r[1, 1]))
    assert abs((azimuth - heading_deg + 180.0) % 360.0 - 180.0) < 1e-9


def test_a_stone_under_one_pad_tilts_the_lander_by_half_its_height_over_the_span():
    diagonal = 2.35 / np.sqrt(2)
    stone = 0.2
    pose = rest_pose(lambda x, y: np.where((x > diagonal / 2) & (y > diagonal / 2), stone, 0.0), 0.0, 0.0, 0.0)
    tilt = np.arccos(pose.r[2, 2])
    assert np.tan(tilt) == pytest.approx(stone / 2 / 2.35, rel=0.01)
    assert pose.position[2] == pytest.approx(stone / 4, abs=1e-3)


def test_the_lander_comes_to_rest_on_the_slope_it_landed_on(descent):
    rest = descent.pose(descent.touchdown_t + 60.0)
    assert rest.p[2] == pytest.approx(float(slope(*rest.p[:2])), abs=1e-9)
    np.testing.assert_allclose(np.cross(rest.r[:, 2], [-0.05, -0.02, 1.0]), 0.0, atol=1e-9)


def test_nothing_jumps_at_contact(descent):
    before = descent.pose(descent.touchdown_t - 1e-6)
    after = descent.pose(descent.touchdown_t + 1e-6)
    np.testing.assert_allclose(before.p, after.p, atol=1e-4)
    np.testing.assert_allclose(before.r, after.r, atol=1e-4)


def test_over_the_site_the_lander_flies_upright_with_its_final_heading(descent):
    hover = next(t for t, name in descent.events if name == "hover")
    h = np.radians(HEADING_DEG)
    np.testing.assert_allclose(descent.pose(hover + 10.0).r[:, 1], [np.sin(h), np.cos(h), 0.0], atol=2e-3)


def test_states_between_cycles_lie_on_the_track(descent):
    for i in (1001, 4001, 6001):
        middle = 0.5 * (descent.t[i] + descent.t[i + 1])
        state = descent.state(middle)
        mean = 0.5 * (descent.position_m[i] + descent.position_m[i + 1])
        bulge = 0.1 / 8.0 * (descent.velocity_mps[i] - descent.velocity_mps[i + 1])
        np.testing.assert_allclose(state.position_m, mean + bulge, atol=1e-6)
        np.testing.assert_allclose(descent.state(descent.t[i]).position_m, descent.position_m[i], atol=1e-9)


def test_before_ignition_there_is_no_state(descent):
    with pytest.raises(BadInput, match="ignition"):
        descent.state(descent.ignition_t - 1.0)


def test_what_the_lander_believes_is_wrong_by_no_more_than_its_sensors(descent):
    for s in (10.0, 400.0, 640.0, 680.0):
        t = descent.ignition_t + s
        true, believed = descent.state(t), descent.telemetry(t)
        assert believed["altitude_m"] == pytest.approx(true.altitude_m, abs=0.005 * true.altitude_m + 0.7)
        assert np.abs(believed["velocity_mps"] - true.velocity_mps).max() < 0.1
        assert 2.0 * np.degrees(np.arccos(min(1.0, abs(believed["quaternion"] @ true.quaternion)))) < 0.09
    assert not np.array_equal(believed["velocity_mps"], true.velocity_mps)


unit = st.tuples(*[st.floats(-1.0, 1.0)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1)


@settings(max_examples=50, deadline=None)
@given(a=unit, b=unit)
def test_quaternions_and_matrices_say_the_same(a, b):
    p, q = (attitude.positive(np.array(x) / np.linalg.norm(x)) for x in (a, b))
    np.testing.assert_allclose(
        attitude.to_matrix(attitude.from_matrix(attitude.to_matrix(p))), attitude.to_matrix(p), atol=1e-12
    )
    chained = attitude.to_matrix(attitude.product(p, q))
    np.testing.assert_allclose(chained, attitude.to_matrix(p) @ attitude.to_matrix(q), atol=1e-12)


def test_the_attitude_along_a_thrust_axis_has_that_axis_as_z():
    axes = np.array([[0.0, -1.0, 0.1], [0.3, 0.2, 0.9], [0.0, 0.0, 1.0]])
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    for q, axis in zip(attitude.along_thrust(axes, 120.0), axes, strict=True):
        np.testing.assert_allclose(attitude.to_matrix(q)[:, 2], axis, atol=1e-12)
