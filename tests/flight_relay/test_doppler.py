"""Doppler and range rate: the derivative of the light time, the fact sheet's ranges, there and back."""

from __future__ import annotations

import numpy as np
import pytest

from farside import sky
from farside.flight import (
    doppler_hz,
    doppler_rate_hz_s,
    range_rate,
    relay_course,
    site_course,
    station_course,
    station_elevation,
    stations,
    two_way_doppler_hz,
)
from farside.geometry import utc_to_t

YEAR = np.linspace(utc_to_t("2019-01-03"), utc_to_t("2020-01-03"), 20_000)
SOME = YEAR[10:4000:7]


@pytest.fixture(scope="module")
def courses(orbit, site):
    return {"site": site_course(site), "relay": relay_course(orbit), "kashi": station_course(stations()["kashi"])}


def slope(f, t, h=60.0):
    """Derivative by five points."""
    return (8 * (f(t + h) - f(t - h)) - (f(t + 2 * h) - f(t - 2 * h))) / (12 * h)


@pytest.mark.parametrize(
    ("sender", "receiver", "mm_s"),
    [("site", "relay", 0.01), ("relay", "site", 0.01), ("kashi", "relay", 1.0), ("relay", "kashi", 1.0)],
)
def test_range_rate_is_the_slope_of_the_light_time(courses, sender, receiver, mm_s):
    a, b = courses[sender], courses[receiver]
    expected = sky.LIGHT_KM_S * slope(lambda t: sky.light_time(a.position, b.position, t), SOME)
    np.testing.assert_allclose(range_rate(a, b, SOME), expected, rtol=0, atol=mm_s * 1e-6)


def test_the_site_hears_the_relay_within_2400_hertz_at_x_band(courses):
    rate = range_rate(courses["site"], courses["relay"], YEAR)
    assert (rate.min(), rate.max()) == pytest.approx((-0.080, 0.085), abs=6e-4)
    shift = doppler_hz(courses["site"], courses["relay"], YEAR, 8.4e9)
    assert np.abs(shift).max() == pytest.approx(2400.0, abs=20.0)


def test_stations_hear_the_relay_within_the_tabled_range(orbit, courses):
    most = 0.0
    for station in stations().values():
        course = station_course(station)
        up = YEAR[station_elevation(orbit, station)(YEAR) > np.radians(station.min_elevation_deg)]
        assert np.abs(range_rate(course, courses["relay"], up)).max() < 0.475
        most = max(most, float(np.abs(doppler_hz(courses["relay"], course, up, 2.2345e9)).max()))
    assert 3480.0 < most < 3540.0


def test_what_comes_nearer_sounds_higher(courses):
    rate = range_rate(courses["kashi"], courses["relay"], SOME)
    shift = doppler_hz(courses["kashi"], courses["relay"], SOME, 2e9)
    assert np.all(np.sign(shift) == -np.sign(rate))
    np.testing.assert_allclose(shift, -2e9 * rate / sky.LIGHT_KM_S, rtol=3e-6)


def test_there_and_back_is_the_slope_of_the_whole_way(courses):
    ground, relay = courses["kashi"], courses["relay"]

    def back(t):
        up = sky.light_time(ground.position, relay.position, t)
        return up + sky.light_time(relay.position, ground.position, t + up)

    stretch = slope(back, SOME)
    expected = -240 / 221 * 2.0576e9 * stretch / (1 + stretch)
    found = two_way_doppler_hz(ground, relay, SOME, 2.0576e9, 240 / 221)
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.02)


def test_the_rate_of_a_shift_adds_up_to_the_shift(courses):
    t = SOME[0] + np.arange(0.0, 7200.0, 20.0)
    shift = doppler_hz(courses["relay"], courses["kashi"], t, 2.2345e9)
    rate = doppler_rate_hz_s(courses["relay"], courses["kashi"], t[:-1] + 10.0, 2.2345e9)
    np.testing.assert_allclose(shift[0] + np.cumsum(20.0 * rate), shift[1:], rtol=0, atol=1e-3)


def test_times_of_any_shape_come_back_in_it(courses):
    t = YEAR[:12].reshape(3, 4)
    assert range_rate(courses["site"], courses["relay"], t).shape == (3, 4)
    assert two_way_doppler_hz(courses["kashi"], courses["relay"], YEAR[0] + 5.0, 1e9).shape == ()
