"""Contacts of the reference year against SPICE's published windows."""

import numpy as np
import pytest

from farside import sky
from farside.errors import BadInput
from farside.flight import (
    relay_elevation,
    relay_station_s,
    site_relay_s,
    spans,
    station_elevation,
    stations,
)
from farside.geometry import azel, utc_to_t

YEAR = utc_to_t("2019-01-03"), utc_to_t("2020-01-03")
GRID = np.linspace(*YEAR, 20000)


def passes(elevation):
    return spans(lambda t: elevation(t) - np.radians(10.0), *YEAR, 7200.0)


@pytest.mark.parametrize(
    ("name", "hours", "first"),
    [
        ("jiamusi", 3457.631, {"2019-01-03T04:25:45.783", "2019-01-03T22:28:25.134"}),
        ("kashi", 3605.611, {"2019-01-03T00:34:09.527", "2019-01-03T08:42:20.754"}),
        ("neuquen", 3695.988, {"2019-01-03T08:32:55.649", "2019-01-03T21:06:29.109"}),
    ],
)
def test_passes_of_the_moon_are_those_of_spice(name, hours, first):
    s = stations()[name]
    moon = sky.body_motion("moon")
    found = passes(lambda t: sky.station_elevation(moon, s.lat_deg, s.lon_deg, s.height_m, t))
    assert len(found) == 353
    assert sum(end - start for start, end in found) / 3600 == pytest.approx(hours, abs=0.001)
    edges = np.array(found).ravel()
    for utc in first:
        assert np.abs(edges - utc_to_t(utc)).min() < 0.0025


@pytest.mark.parametrize(("name", "mean_hours"), [("jiamusi", 9.76), ("kashi", 10.19), ("neuquen", 10.54)])
def test_relay_passes_number_353_at_each_station(orbit, name, mean_hours):
    found = passes(station_elevation(orbit, stations()[name]))
    assert len(found) == 353
    assert np.mean([end - start for start, end in found]) / 3600 == pytest.approx(mean_hours, abs=0.0051)


def test_first_relay_passes_at_jiamusi_come_when_spice_says(orbit):
    edges = np.array(passes(station_elevation(orbit, stations()["jiamusi"]))).ravel()[1:5]
    spice = ("2019-01-03T04:13:43.251", "2019-01-03T22:29:58.795", "2019-01-04T04:42:51.096", "2019-01-04T23:22:45.781")
    np.testing.assert_allclose(edges, [utc_to_t(utc) for utc in spice], rtol=0, atol=0.01)


def test_three_stations_cover_the_relay_most_of_the_time(orbit):
    up = np.array([station_elevation(orbit, s)(GRID) > np.radians(s.min_elevation_deg) for s in stations().values()])
    np.testing.assert_allclose(up.mean(axis=1), (0.393, 0.411, 0.425), atol=0.0035)
    assert up.any(axis=0).mean() == pytest.approx(0.967, abs=0.002)


def test_site_sees_the_relay_always_at_the_tabled_elevations(orbit, site):
    elevation = np.degrees(relay_elevation(orbit, site)(GRID))
    found = np.percentile(elevation, [0, 5, 50, 95, 100])
    np.testing.assert_allclose(found, (21.3, 25.3, 39.5, 58.2, 62.3), atol=0.06)
    azimuth = np.degrees(azel(sky.direction_to(orbit.position, site, GRID))[0])
    assert np.abs((azimuth + 180) % 360 - 180).max() < 54.0


def test_light_takes_the_tabled_time_over_both_hops(orbit, site):
    to_relay = site_relay_s(orbit, site, *YEAR)(GRID)
    to_earth = relay_station_s(orbit, stations()["kashi"], *YEAR)(GRID)
    np.testing.assert_allclose((to_relay.min(), to_relay.max()), (0.1555, 0.2574), atol=6e-5)
    # tabled for the Earth's centre; a station is up to 21 ms nearer or farther
    assert 1.360 - 0.0213 < to_earth.min() < to_earth.max() < 1.613 + 0.0213


def test_light_time_tables_are_exact_to_a_nanosecond(orbit, site):
    t0, t1 = YEAR[0], YEAR[0] + 30 * 86400.0
    t = np.random.default_rng(1).uniform(t0, t1, 500)
    station = stations()["jiamusi"]
    for table, exact in (
        (site_relay_s(orbit, site, t0, t1), sky.light_time(sky.site_motion(site), orbit.position, t)),
        (relay_station_s(orbit, station, t0, t1), sky.light_time(orbit.position, station.motion, t)),
    ):
        np.testing.assert_allclose(table(t), exact, rtol=0, atol=1e-9)


def test_light_time_outside_its_span_is_refused(orbit, site):
    table = site_relay_s(orbit, site, YEAR[0], YEAR[0] + 86400.0)
    with pytest.raises(BadInput, match="2019-01-03T00:00:00Z to 2019-01-04T00:00:00Z"):
        table(YEAR[0] + 86401.0)


def test_earth_and_moon_eclipse_the_relay_when_tabled(orbit):
    def eclipses(body):
        return spans(lambda t: sky.solar_eclipse_depth(body, orbit.position, t), *YEAR, 3600.0)

    by_earth = eclipses("earth")
    assert len(by_earth) == 2
    tabled = ("2019-01-21T10:55:28", "2019-01-21T14:47:53"), ("2019-06-17T16:14:29", "2019-06-17T18:04:58")
    np.testing.assert_allclose(by_earth, [[utc_to_t(utc) for utc in pair] for pair in tabled], rtol=0, atol=0.6)
    assert len(eclipses("moon")) == 5
