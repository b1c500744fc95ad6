"""The wheels' turning and steering on the way, against ways by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from farside.flight.rover import Travel, steering, wheel_turns, yutu2
from farside.flight.rover.drive import Drive, Place, drive

WHEELS = yutu2().wheels


def level(x, y):
    return np.zeros(np.shape(x))


def travel(*drives):
    """A travel whose roll-off is over at once, without any way."""
    rolloff = SimpleNamespace(rover=yutu2(), commanded=0.0, stop=0.0, forward_m=lambda t: 0.0, end=(0.0, 0.0, 0.0))
    return Travel(rolloff, drives)


def way(knots):
    """A drive from (t, east, north, heading in degrees, way) knots."""
    t, x, y, heading, metres = np.array(knots, float).T
    place = np.column_stack([x, y, np.radians(heading)])
    return Drive("by hand", t, place, place, metres, metres, np.zeros(len(t)))


def test_straight_on_all_wheels_turn_by_way_over_radius():
    rover = travel(way([(0, 0, 0, 0, 0), (10, 0, 3, 0, 3)]))
    np.testing.assert_allclose(wheel_turns(rover, 5.0), 1.5 / WHEELS.radius_m)
    np.testing.assert_allclose(wheel_turns(rover, 99.0), 3.0 / WHEELS.radius_m)
    np.testing.assert_array_equal(steering(rover, 5.0), 0.0)


def test_turning_right_on_the_spot_left_wheels_roll_ahead_and_right_ones_back_along_their_circles():
    rover = travel(way([(0, 0, 0, 0, 0), (10, 0, 0, 90, 0), (20, 2, 0, 90, 2)]))
    turned = wheel_turns(rover, 10.0) * WHEELS.radius_m
    radius = np.hypot(*WHEELS.feet.T)
    np.testing.assert_allclose(turned, np.where(WHEELS.feet[:, 0] < 0, 1, -1) * radius * np.pi / 2)
    np.testing.assert_allclose(wheel_turns(rover, 20.0) * WHEELS.radius_m - turned, 2.0)


@pytest.mark.parametrize("to", [90.0, -60.0])
def test_turning_on_the_spot_each_wheel_rolls_where_it_is_steered(to):
    """Velocity of a wheel's middle, from the body's turning, is along the wheel's plane and as fast as it rolls."""
    rover = travel(way([(0, 0, 0, 0, 0), (10, 0, 0, to, 0)]))
    rate = -np.radians(to) / 10.0
    rolled = (wheel_turns(rover, 6.0) - wheel_turns(rover, 4.0)) / 2.0 * WHEELS.radius_m
    for (x, y), angle, speed in zip(WHEELS.feet, steering(rover, 5.0), rolled, strict=True):
        np.testing.assert_allclose(
            speed * np.array([-np.sin(angle), np.cos(angle)]), rate * np.array([-y, x]), atol=1e-12
        )
        assert abs(angle) < np.pi / 2
    np.testing.assert_array_equal(steering(rover, 11.0), 0.0)


def test_after_a_real_drive_the_wheels_have_turned_by_its_odometer_and_its_turns():
    route = np.array([[0.0, 0.0], [0.0, 4.0], [3.0, 4.0]])
    driven = drive(route, Place(0.0, 0.0, 0.0), 100.0, level, 1, "test")
    rover = travel(driven)
    left, right = wheel_turns(rover, driven.stop)[[1, 4]]
    assert 0.5 * (left + right) * WHEELS.radius_m == pytest.approx(driven.odometer_m[-1])
    # a quarter turn to the right, from the heading that it believed it had
    turned = np.pi / 2 - driven.believed[0, 2]
    assert 0.5 * (left - right) * WHEELS.radius_m == pytest.approx(WHEELS.track_m * turned)
    on_the_spot = [t for t in np.arange(driven.start, driven.stop, 0.5) if np.any(steering(rover, t))]
    rate = np.radians(yutu2().turn_deg_per_s)
    assert 0.5 * len(on_the_spot) == pytest.approx((abs(driven.believed[0, 2]) + np.pi / 2) / rate, abs=1.5)
