"""Views turn no faster than they say: what the search of windows relies on."""

import numpy as np
import pytest

from farside import sky
from farside.flight import stations, views
from farside.geometry import Site, utc_to_t
from farside.moon import Horizon

T0 = utc_to_t("2019-01-03")
T1 = T0 + 300 * 86400.0
STEP_S = 600.0
TIMES = np.arange(T0, T1, STEP_S)


def rates(rows):
    """Largest first and second time derivative of columns or, of three columns, of the vector."""
    first = np.linalg.norm(np.diff(rows, axis=0), axis=1).max() / STEP_S
    second = np.linalg.norm(np.diff(rows, n=2, axis=0), axis=1).max() / STEP_S**2
    return first, second


@pytest.mark.parametrize("place", [Site(-45.4446, 177.5991, -5935.0), Site(0.0, 180.0), Site(-89.0, 10.0)])
def test_directions_from_a_site_turn_no_faster_than_told(orbit, place):
    for view in (views.sun_from(place, T0, T1), views.earth_from(place), views.relay_from(orbit, place)):
        turn, bend = rates(view(TIMES)[:, :3])
        assert 0.03 * view.turn < turn < view.turn
        assert bend < view.bend


def test_the_relay_rises_at_stations_no_faster_than_told(orbit):
    for station in stations().values():
        view = views.relay_from_station(orbit, station)
        rows = view(TIMES)
        assert rates(rows[:, :1])[0] < view.turn
        assert 0.3 * view.bend < rates(rows[:, :1])[1] < view.bend
        assert rates(rows[:, 1:])[0] < view.turn - views.EARTH_SPIN


def test_bodies_close_on_the_sun_no_faster_than_told(orbit, site):
    nearest, _, speed = orbit.extremes
    for observer, bodies, turn in (
        (orbit.position, ("earth", "moon"), max(speed / nearest, views.EARTH_TURN)),
        (sky.site_motion(site), ("earth",), views.EARTH_TURN),
    ):
        view = views.sun_behind(observer, bodies, turn)
        for column in view(TIMES).T:
            assert np.abs(np.diff(column)).max() / STEP_S < views.positive(view, 0).rate


def test_heights_over_a_skyline_change_no_faster_than_told(site):
    rng = np.random.default_rng(2)
    elevation = np.radians(2.0 + np.cumsum(rng.normal(0, 0.05, 3600)) * np.hanning(3600))
    hills = Horizon(site, 1.5, elevation, np.full(3600, 5e4))
    view = views.sun_from(site, T0, T1)
    rows = view(TIMES)
    near = np.degrees(np.arcsin(rows[:, 2])) < 15.0
    for question in (views.over(view, hills), views.disc_over(view, hills)):
        change = np.abs(np.diff(question.of(rows)))[near[1:] & near[:-1]]
        assert 0.1 * question.rate < change.max() / STEP_S < question.rate


def test_the_sun_s_size_is_that_at_the_site(site):
    t = np.random.default_rng(5).uniform(T0, T1, 300)
    reach, _ = sky.received_from(sky.body_motion("sun"), sky.site_motion(site)(t), t)
    exact = np.arcsin(sky.SUN_RADIUS_KM / np.linalg.norm(reach, axis=1))
    np.testing.assert_allclose(views.sun_from(site, T0, T1)(t)[:, 3], exact, rtol=0, atol=1e-10)


def test_azimuths_at_stations_are_good_to_an_arcminute(orbit):
    # put together again with the elevation it is the direction of the relay, but for aberration
    station = stations()["kashi"]
    t = TIMES[::200]
    az = views.station_azimuth(orbit, station, t)
    el = sky.station_elevation(orbit.position, station.lat_deg, station.lon_deg, station.height_m, t)
    lat, lon = np.radians([station.lat_deg, station.lon_deg])
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    north = np.cross(up, east)
    turned = np.cos(el)[:, None] * (np.sin(az)[:, None] * east + np.cos(az)[:, None] * north) + np.sin(el)[:, None] * up
    relay, _ = sky.received_from(orbit.position, station.motion(t), t)
    seen = np.einsum("nij,nj->ni", sky.earth_rotation(t), relay / np.linalg.norm(relay, axis=1, keepdims=True))
    assert np.degrees(np.arccos(np.clip(np.sum(turned * seen, axis=1), -1, 1))).max() < 1 / 60
