"""Directions at the landing site against SPICE and the tabled circumstances of Chang'e 4."""

import numpy as np
import pytest
import spiceypy

from farside import sky
from farside.geometry import Site, azel, utc_to_t

TIMES = np.linspace(utc_to_t("2018-01-01"), utc_to_t("2022-01-01"), 211)
JIAMUSI = (46.4937, 130.7706, 150.0)


@pytest.mark.parametrize(
    ("utc", "azimuth", "elevation"),
    [
        ("2019-01-03T02:26:00", 50.70, 31.51),
        ("2019-01-03T14:22:00", 44.52, 34.66),
        ("2019-01-06T11:56:00", 359.86, 44.26),
        ("2019-01-12T12:00:00", 282.24, 11.57),
        ("2019-01-29T12:00:00", 83.37, 7.03),
        ("2019-01-30T12:39:00", 74.12, 15.64),
    ],
)
def test_sun_stood_where_it_is_tabled(site, utc, azimuth, elevation):
    found = np.degrees(azel(sky.sun_direction(site, utc_to_t(utc))))
    np.testing.assert_allclose(found, (azimuth, elevation), atol=0.0051)


@pytest.mark.parametrize(
    ("utc", "elevation"),
    [
        ("2019-01-29T12:00", 7.0),
        ("2019-11-20T16:51", 6.6),
        ("2020-07-14T04:53", 8.4),
        ("2020-09-11T03:54", 7.9),
        ("2019-01-30T12:39", 15.6),
        ("2019-11-21T09:03", 12.3),
        ("2020-07-14T21:48", 14.3),
        ("2020-09-11T21:15", 13.9),
    ],
)
def test_vehicles_woke_at_the_tabled_sun_elevations(site, utc, elevation):
    assert np.degrees(azel(sky.sun_direction(site, utc_to_t(utc)))[1]) == pytest.approx(elevation, abs=0.06)


def test_label_of_tcam_143_gives_the_geometric_sun(site):
    t = utc_to_t("2019-01-11T19:57:09")
    azimuth, elevation = np.degrees(azel(sky.sun_direction(site, t, apparent=False)))
    assert 90.0 - elevation == pytest.approx(72.938297, abs=3e-4)
    assert azimuth == pytest.approx(288.443746, abs=3e-4)


def test_earth_never_rises_at_von_karman(site):
    times = np.linspace(utc_to_t("2019-01-01"), utc_to_t("2020-01-01"), 20001)
    azimuth, elevation = np.degrees(azel(sky.earth_direction(site, times)))
    np.testing.assert_allclose((elevation.min(), elevation.max()), (-51.5, -37.2), atol=0.051)
    np.testing.assert_allclose((azimuth.min(), azimuth.max()), (171.7, 193.8), atol=0.051)
    at_touchdown = np.degrees(azel(sky.earth_direction(site, utc_to_t("2019-01-03T02:26:00"))))
    np.testing.assert_allclose(at_touchdown, (190.33, -39.20), atol=0.0051)


@pytest.mark.parametrize(
    ("utc", "lon", "lat", "range_km", "sub_solar"),
    [
        ("2019-01-03T02:26:00", 5.63630, -5.04068, 394743.686, (-141.11857, 0.36742)),
        ("2019-01-11T00:00:00", -3.85591, 5.03073, 404538.838, (122.63531, 0.19713)),
        ("2019-06-01T00:00:00", -5.21218, 6.25670, 388296.048, (-155.25017, -0.99261)),
        ("2024-06-01T22:23:00", 0.08885, 0.28489, 368188.357, (-119.13976, 1.31349)),
    ],
)
def test_sub_earth_and_sub_solar_points_are_the_tabled_ones(utc, lon, lat, range_km, sub_solar):
    # an observer at the Moon's centre: 1 cm above it, so that "up" exists
    centre = Site(90.0, 0.0, -1_737_399.99)
    t = utc_to_t(utc)
    for direction, expected in ((sky.earth_direction, (lon, lat)), (sky.sun_direction, sub_solar)):
        v = direction(centre, t) @ centre.axes
        found = np.degrees([np.arctan2(v[1], v[0]), np.arcsin(v[2])])
        np.testing.assert_allclose(found, expected, atol=1.1e-5)
    delay = sky.light_time(sky.body_motion("earth"), lambda s: np.zeros((len(s), 3)), t - range_km / 299792.458)
    # the table's light time is SPICE's single pass, good to 5 mm
    assert delay * 299792.458 == pytest.approx(range_km, abs=0.005)


@pytest.mark.parametrize("body", ["sun", "earth"])
def test_apparent_direction_from_the_site_is_that_of_spice(spice, site, body):
    place = site.position_m * 1e-3

    def oracle(t):
        v = spiceypy.spkcpo(body, t, "MOON_ME", "OBSERVER", "CN+S", place, "MOON", "MOON_ME")[0][:3]
        return site.axes @ v / np.linalg.norm(v)

    expected = np.array([oracle(t) for t in TIMES])
    np.testing.assert_allclose(sky.direction_to(sky.body_motion(body), site, TIMES), expected, atol=1e-10)


def test_elevation_at_a_station_is_that_of_spice(spice):
    lat, lon = np.radians(JIAMUSI[:2])
    place = spiceypy.georec(lon, lat, 0.15, 6378.1366, 1 / 298.25642)
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])

    def oracle(t):
        v = spiceypy.spkcpo("MOON", t, "ITRF93", "OBSERVER", "CN+S", place, "EARTH", "ITRF93")[0][:3]
        return np.arcsin(up @ v / np.linalg.norm(v))

    found = sky.station_elevation(sky.body_motion("moon"), *JIAMUSI, TIMES)
    np.testing.assert_allclose(found, [oracle(t) for t in TIMES], atol=1e-10)


def test_signal_arrives_where_the_receiver_is_by_then():
    here = sky.body_motion("earth")
    site = sky.site_motion(Site(-45.4446, 177.5991, -5935.0))
    tau = sky.light_time(site, here, TIMES)
    travelled = (
        here(TIMES + tau) + sky.position("moon", TIMES + tau, "ssb") - site(TIMES) - sky.position("moon", TIMES, "ssb")
    )
    np.testing.assert_allclose(np.linalg.norm(travelled, axis=1) / 299792.458, tau, atol=1e-9)
    assert 1.18 < tau.min() < tau.max() < 1.37


def test_sun_distance_runs_over_the_year_as_the_earth_orbit_does():
    distance = sky.sun_distance_au(np.linspace(utc_to_t("2019-01-01"), utc_to_t("2020-01-01"), 4000))
    np.testing.assert_allclose((distance.min(), distance.max()), (0.981, 1.0195), atol=0.001)
