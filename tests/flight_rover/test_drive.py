"""Driving: slip, odometry, tracks."""

import numpy as np
import pytest
from rover_ground import COMMANDED, smooth, travelled

from farside.flight.rover import Place, drive, yutu2

ROUTE = np.array([(0.0, 0.0), (0.0, 20.0), (15.0, 20.0)])
NORTH = Place(0.0, 0.0, 0.0)


def level(x, y):
    return 0.0 * np.asarray(x) + 0.0 * np.asarray(y)


def test_wheels_turn_at_the_published_speed_and_turns_on_the_spot_take_their_time():
    d = drive(ROUTE, NORTH, 100.0, level, 1, "a")
    assert d.odometer_m[-1] == pytest.approx(35.0)
    # the heading fix (0.1 deg) makes a turn of a few hundredths of a second at the start
    assert d.stop - 100.0 == pytest.approx(35.0 / 0.056 + 90.0 / yutu2().turn_deg_per_s, abs=0.3)
    assert (np.diff(d.t) > 0.0).all()


def test_dead_reckoning_believes_the_route_to_the_point():
    d = drive(ROUTE, NORTH, 0.0, level, 1, "a")
    np.testing.assert_allclose(d.believed[-1, :2], ROUTE[-1], atol=1e-9)


def test_without_slip_and_errors_truth_is_the_route():
    rover = yutu2()
    ideal = rover.model_copy(
        update={
            "slip": rover.slip.model_copy(update={"mean": 0.0, "sigma": 0.0, "range": (0.0, 0.0)}),
            "odometry": rover.odometry.model_copy(
                update={"scale": 0.0, "heading_deg": 0.0, "drift_deg_per_h": 0.0, "walk_deg_per_sqrt_m": 0.0}
            ),
        }
    )
    d = drive(ROUTE, NORTH, 0.0, level, 1, "a", final_heading=np.pi, rover=ideal)
    np.testing.assert_allclose(d.true, d.believed, atol=1e-9)
    assert d.true_m[-1] == pytest.approx(35.0)
    assert np.cos(d.end.heading) == pytest.approx(-1.0)


def test_on_level_ground_slip_stays_between_two_and_six_percent_about_its_mean():
    slips = np.concatenate([drive(ROUTE, NORTH, 0.0, level, seed, "a").slip for seed in range(20)])
    assert slips.min() >= 0.02
    assert slips.max() <= 0.06
    assert slips.mean() == pytest.approx(0.035, abs=0.002)


def test_uphill_slips_more_than_downhill():
    up, down = (drive(ROUTE[:2], NORTH, 0.0, lambda x, y, g=g: g * y, 1, "a").slip.mean() for g in (0.17, -0.17))
    assert up - down == pytest.approx(2 * 0.25 * np.sin(np.arctan(0.17)), rel=0.01)


def test_across_a_slope_it_drifts_downhill():
    east_high = drive(ROUTE[:2], NORTH, 0.0, lambda x, y: 0.17 * x, 1, "a").end
    west_high = drive(ROUTE[:2], NORTH, 0.0, lambda x, y: -0.17 * x, 1, "a").end
    assert west_high.x - east_high.x == pytest.approx(2 * 20.0 * 0.05 * np.sin(np.arctan(0.17)), rel=0.02)


def test_odometry_and_truth_agree_within_five_percent_of_the_way():
    for seed in range(20):
        t = travelled(seed)
        excess = t.odometer_m(t.stop) / t.true_m(t.stop) - 1.0
        assert 0.01 < excess < 0.05


def test_the_counted_way_is_the_length_of_the_true_path(travel):
    for d in travel.drives:
        assert np.hypot(*np.diff(d.true[:, :2], axis=0).T).sum() == pytest.approx(d.true_m[-1], rel=0.01)


def test_a_drive_depends_on_its_seed_and_name_only():
    first, again = (drive(ROUTE, NORTH, 0.0, smooth, 3, "a") for _ in range(2))
    np.testing.assert_array_equal(first.true, again.true)
    assert not np.array_equal(first.true, drive(ROUTE, NORTH, 0.0, smooth, 3, "b").true)
    assert not np.array_equal(first.true, drive(ROUTE, NORTH, 0.0, smooth, 4, "a").true)


def test_the_rover_never_jumps(travel):
    t = np.arange(travel.drives[1].start - 20.0, travel.drives[1].stop + 20.0, 2.0)
    p = np.array([travel.pose(float(s)).p for s in t])
    assert np.hypot(*np.diff(p[:, :2], axis=0).T).max() < 0.056 * 2.0 * 1.05
    assert np.abs(np.diff(p[:, 2])).max() < 0.02


def test_six_tracks_grow_with_the_way_and_end_under_the_wheels(travel):
    assert travel.tracks(COMMANDED) == []
    t = 0.5 * (travel.drives[1].start + travel.drives[1].stop)
    half, whole = travel.tracks(t), travel.tracks(travel.stop)
    assert len(half) == len(whole) == 6
    for before, after in zip(half, whole, strict=True):
        np.testing.assert_allclose(after[: len(before) - 1], before[:-1])
        assert len(after) > len(before)
    feet = travel.pose(t).apply(np.column_stack([yutu2().wheels.feet, np.zeros(6)]))
    np.testing.assert_allclose([track[-1] for track in half], feet[:, :2], atol=0.02)
    way = np.hypot(*np.diff(whole[1], axis=0).T).sum()
    # a middle wheel also runs while the rover turns on the spot
    assert travel.true_m(travel.stop) < way < travel.true_m(travel.stop) + 4.0
