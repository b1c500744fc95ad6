"""From the deck to the Moon."""

import numpy as np
import pytest
from rover_ground import COMMANDED, smooth

from farside.errors import BadInput
from farside.flight import rest_pose
from farside.flight.rover import roll_off, yutu2
from farside.geometry import t_to_utc, utc_to_t

MINUTE = 60.0


def test_commanded_at_0707_the_wheels_are_on_the_moon_at_1422(travel):
    assert t_to_utc(travel.rolloff.on_surface)[:16] in ("2019-01-03T14:21", "2019-01-03T14:22")
    assert travel.rolloff.on_surface == pytest.approx(utc_to_t("2019-01-03T14:22:00Z"), abs=MINUTE)


def test_the_ramp_takes_85_minutes_as_for_change_3(travel):
    at = {name: t for t, name in travel.rolloff.events}
    assert (at["wheels on the Moon"] - at["onto the ramp"]) / MINUTE == pytest.approx(85.0, abs=1.0)
    assert (at["ramp released"] - at["onto the ramp"]) / MINUTE == pytest.approx(56.0, abs=1.0)


def test_at_the_surface_time_the_last_wheel_has_left_the_ramp_and_not_before(travel):
    r = travel.rolloff
    hinge, length = yutu2().rolloff.deck_m[-1], yutu2().rolloff.ramp_length_m
    foot = hinge[0] + length * np.cos(r.lowered)
    for late, off in ((-2.0, False), (2.0, True)):
        rear = r.stand(r.on_surface + late)
        assert bool((rear.pose.apply(rear.wheels)[:, 1] > foot).all()) is off


def test_all_wheels_roll_on_something_all_the_way(travel):
    r = travel.rolloff
    for t in np.linspace(r.commanded, r.stop, 150):
        assert np.abs(r.stand(float(t)).gaps).max() < 1e-3


def test_nothing_jumps_on_the_way_down(travel):
    r = travel.rolloff
    onto, rest, down = r.knots[1:4, 0]
    moving = [(onto, rest), (down, r.stop + 20.0)]
    times = np.concatenate([np.arange(a - 5.0, b + 5.0, 5.0) for a, b in moving])
    way = np.array([travel.pose(float(t)).p for t in times])
    # at 0.01 m/s the body moves 5 cm in 5 s; a wheel that drops over the hinge adds a little
    assert np.abs(np.diff(way, axis=0)[np.diff(times) < 6.0]).max() < 0.06
    swing = np.arange(*(r.commanded + 60.0 * m for m in yutu2().rolloff.ramp_min), 30.0)
    tilt = np.array([travel.pose(float(t)).r[2, 1] for t in swing])
    assert np.abs(np.diff(tilt)).max() < 0.03


def test_the_rover_rides_on_the_deck_until_it_moves(travel):
    pose = travel.pose(COMMANDED)
    np.testing.assert_allclose(pose.p, travel.rolloff.lander.apply(np.array([0.0, 0.0, 1.62])), atol=1e-5)


def test_on_the_ramp_it_looks_down_by_the_ramps_angle(travel):
    r = travel.rolloff
    t = COMMANDED + 60.0 * yutu2().rolloff.ramp_min[1] + 10.0
    forward = r.stand(t).pose.r[:, 1]
    assert np.arcsin(-forward[2]) == pytest.approx(r.lowered, abs=np.radians(0.2))


@pytest.mark.parametrize("heading_deg", [0.0, 75.0, 250.0])
def test_it_leaves_towards_the_landers_ramp(heading_deg):
    r = roll_off(rest_pose(smooth, 0.0, 0.0, heading_deg), smooth, COMMANDED)
    east, north, heading = r.end
    assert np.hypot(east, north) == pytest.approx(4.4, abs=0.2)
    h = np.radians(heading_deg)
    assert [east, north] / np.hypot(east, north) @ [np.sin(h), np.cos(h)] > 0.999
    assert abs((heading - h + np.pi) % (2.0 * np.pi) - np.pi) < np.radians(0.5)


@pytest.mark.parametrize("ground_m", [-3.0, 1.7])
def test_ground_out_of_the_ramps_reach_is_named(ground_m):
    def pit(x, y):
        return np.where(np.asarray(y) > 3.0, ground_m, 0.0) + 0.0 * np.asarray(x)

    with pytest.raises(BadInput, match=r"roll-off.*ramp's end"):
        roll_off(rest_pose(pit, 0.0, 0.0, 0.0), pit, COMMANDED)
