"""The bright zone that the engine leaves."""

import numpy as np
import pytest

from farside.flight import BlastZone

ZONE = BlastZone(10.0, -6.0, 0.1, 28.0)


def test_it_is_brightest_under_the_engine_and_falls_off_as_stated():
    ground = np.ones((513, 513), np.float32)
    shown = ZONE.on(ground, 0.5)
    at = lambda east, north: shown[256 + round(north / 0.5), 256 + round(east / 0.5)]  # noqa: E731
    assert at(10.0, -6.0) == pytest.approx(1.1, abs=1e-6)
    assert at(10.0 + 28.0, -6.0) == pytest.approx(1.0 + 0.1 * np.exp(-1.0), abs=3e-4)
    assert at(10.0, -6.0 + 14.0) == pytest.approx(1.0 + 0.1 * np.exp(-0.25), abs=3e-4)
    assert at(10.0 + 2.5 * 28.0, -6.0) == pytest.approx(1.0, abs=1e-6)
    assert (ground == 1.0).all()


def test_the_mean_gain_over_its_surface_is_that_of_a_gaussian():
    shown = ZONE.on(np.ones((401, 401), np.float32), 0.5).astype(float)
    assert (shown - 1.0).sum() * 0.25 == pytest.approx(0.1 * np.pi * 28.0**2, rel=0.02)


def test_levels_that_do_not_reach_it_and_posts_far_apart_stay_as_they_are():
    small = np.ones((17, 17), np.float32)
    assert BlastZone(500.0, 0.0, 0.1, 28.0).on(small, 0.1) is small
    wide = np.full((65, 65), 0.9, np.float32)
    assert np.abs(ZONE.on(wide, 4000.0) / 0.9 - 1.0).max() < 0.11
