"""What the page tells of a film: telemetry beside it, and the way down that the film itself gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from farside.products import Descent, Film
from farside.run import story

START = 6e8


@pytest.fixture
def gnc() -> dict[str, np.ndarray]:
    """Straight down from 2000 m in 100 s, at rest 3 m east and 4 m south of the planned place, then 20 s of nothing."""
    t = np.arange(0.0, 121.0)
    left = np.clip(1 - t / 100, 0, None)
    position = np.column_stack([3.0 + 100 * left, -4.0 - 500 * left, 2000 * left])
    return {
        "t": START + t,
        "altitude_m": 2000 * left,
        "position_m": position,
        "velocity_mps": np.gradient(position, t, axis=0),
        "phase": np.where(left > 0, 2, 7),
    }


def film(speed: float = 10.0) -> Film:
    return Film(Path("landing.mp4"), "Down", START, speed, 120.0 / speed, error="± 0.1 m")


def test_readings_count_from_where_the_lander_rests_and_are_close_enough_for_short_films(gnc) -> None:
    shown = story.footage(film(), gnc)
    assert shown.error == "± 0.1 m"
    assert (shown.readings[0].east_m, shown.readings[0].north_m) == (100.0, -500.0)
    assert (shown.readings[-1].east_m, shown.readings[-1].north_m, shown.readings[-1].altitude_m) == (0.0, 0.0, 0.0)
    assert np.diff([reading.at_s for reading in shown.readings]).max() == pytest.approx(0.2)  # 2 s of the descent
    assert np.diff([reading.at_s for reading in story.footage(film(1.0), gnc).readings]).max() == pytest.approx(0.5)


def test_the_measured_way_is_told_where_the_film_knows_it_with_its_errors(gnc) -> None:
    t = START + np.linspace(41.0, 99.0, 59)
    up = 2000 * (1 - (t - START) / 100)
    position = np.column_stack([0.05 * up, -0.25 * up, up])
    tilted = np.array([[0.5, 0.5], [0.5, 0.5]]) * 0.04 + np.array([[0.5, -0.5], [-0.5, 0.5]]) * 0.01
    shown = story.footage(film(), gnc, Descent(t, position, 0.001 * np.abs(position) + 0.01, tilted))
    (run,) = shown.fixes
    assert (run[0].at_s, run[-1].at_s) == pytest.approx((4.1, 9.9))
    assert np.diff([fix.at_s for fix in run]).max() == pytest.approx(0.2)
    one = run[4]
    assert (one.at_s, one.east_m, one.north_m, one.up_m) == pytest.approx((4.9, 51.0, -255.0, 1020.0))
    assert one.sigma_up_m == pytest.approx(1.03)
    # longer axis to the north-east: covariance of east and north is positive
    assert (shown.landing.major_m, shown.landing.minor_m, shown.landing.azimuth_deg) == pytest.approx((0.2, 0.1, 45.0))


def test_places_with_nothing_known_between_them_are_told_apart(gnc) -> None:
    t = START + np.array([40.0, 41.0, 42.0, 60.0, 99.0])
    zero = np.zeros((5, 3))
    shown = story.footage(film(), gnc, Descent(t, zero, zero + 0.1, np.eye(2)))
    assert [[fix.at_s for fix in run] for run in shown.fixes] == [[4.0, 4.2], [6.0], [9.9]]


def test_a_film_of_something_else_has_neither(gnc) -> None:
    shown = story.footage(film(speed=5000.0), gnc)
    assert (shown.readings, shown.fixes, shown.landing) == ((), (), None)
