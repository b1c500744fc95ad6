"""Days of vehicles under a made-up Sun, error bars, the Moon before a relay, pictures of long spans."""

import numpy as np
import pytest
import spiceypy as sp
from spice_oracle import RELAY, YEAR, changes_within, write_kernel

from farside.flight import Answer, solve_halo, stations
from farside.flight.almanac import Vehicle, almanac, chang_e_4_vehicles
from farside.flight.almanac.rules import Course
from farside.flight.almanac.uncertainty import at_station
from farside.geometry import Site, utc_to_t
from farside.moon import Horizon
from farside.sky import earth_orientation_error

DAY = 100.0
ROVER = chang_e_4_vehicles()[1]


def course(highest, days=2):
    """A Sun that swings between -highest and +highest degrees, up first, each day of 100 s."""
    noon = DAY / 4 + DAY * np.arange(days)

    def above(angle):
        if angle >= highest:
            return Answer(0.0, days * DAY, np.empty(0), False)
        rise = np.arcsin(angle / highest) / (2 * np.pi) * DAY
        edges = np.ravel([[rise + k * DAY, DAY / 2 - rise + k * DAY] for k in range(days)])
        return Answer(0.0, days * DAY, edges, False)

    return Course(noon, np.full(days, float(highest)), {a: above(a) for a in (7.5, 9.5, 33.5, 39.0, 43.8)}, days * DAY)


def spans(vehicle, sun, key):
    return next(habit.spans for habit in vehicle.habits(sun) if habit.key == key)


def test_a_rover_wakes_rests_lies_down_and_sleeps_at_its_angles():
    sun = course(60.0)
    rise = lambda angle: np.arcsin(angle / 60.0) / (2 * np.pi) * DAY  # noqa: E731
    for key, first, last in (("awake", 7.5, 9.5), ("rest", 39.0, 33.5), ("nap", 43.8, 33.5)):
        found = np.array(spans(ROVER, sun, key))
        np.testing.assert_allclose(found, [[rise(first) + d, DAY / 2 - rise(last) + d] for d in (0.0, DAY)], atol=1e-9)


def test_under_a_lower_sun_it_lies_down_at_noon_or_not_at_all():
    noon = spans(ROVER, course(42.0), "nap")
    assert [start for start, _ in noon] == [25.0, 125.0]
    assert spans(ROVER, course(38.0), "rest") == spans(ROVER, course(38.0), "nap") == []


def test_under_a_polar_sun_it_sleeps_where_the_sun_sinks_through_the_lower_angle():
    (first, second) = spans(ROVER, course(8.5), "awake")
    assert first[1] < DAY / 2 < second[0]
    assert spans(ROVER, course(7.0), "awake") == []


def test_a_vehicle_without_a_noon_rest_has_none():
    assert [habit.key for habit in Vehicle(name="x", wake_deg=7.5, sleep_deg=9.5).habits(course(60.0))] == ["awake"]


@pytest.fixture(scope="module")
def far_hills(site):
    return Horizon(site, 1.5, np.full(3600, 0.02), np.full(3600, 5e4))


def sigma(almanac_, lane):
    return np.array([event.sigma_s for event in almanac_.events if event.lane == lane])


def test_error_bars_follow_from_ground_map_and_angle(place, site, far_hills):
    t0, t1 = utc_to_t("2019-01-20"), utc_to_t("2019-02-20")
    near_hills = Horizon(site, 1.5, far_hills.elevation, np.full(3600, 500.0))
    elsewhere = Horizon(Site(-30.0, 190.0), 1.5, far_hills.elevation, far_hills.distance_m)
    surveyed = sigma(almanac(place, far_hills, None, t0, t1, surveyed=True), "sun.centre")
    close = sigma(almanac(place, near_hills, None, t0, t1, surveyed=True), "sun.centre")
    made_up = sigma(almanac(place, far_hills, None, t0, t1), "sun.centre")
    invented = sigma(almanac(place, elsewhere, None, t0, t1), "sun.centre")
    assert (surveyed < made_up).all() and (made_up < close).all() and (close < invented).all()
    # 20 m at 50 km and 305 m on the map: 0.025 deg, 100 s for each hundredth
    np.testing.assert_allclose(surveyed, 255.0, rtol=0.05)
    level = sigma(almanac(place, far_hills, None, t0, t1), "sun.level")
    np.testing.assert_allclose(level, 102.0, rtol=0.05)


def test_passes_of_coming_years_carry_the_error_of_the_earth_s_turn():
    t = np.array([YEAR[0], utc_to_t("2044-03-01")])
    now, later = at_station(t)
    assert np.sqrt(later**2 - now**2) == pytest.approx(earth_orientation_error(t[1]), rel=1e-3)
    assert later > now > np.radians(0.09)


def test_the_moon_hides_a_relay_of_a_small_halo_when_spice_says(place, far_hills, site, spice, tmp_path):
    orbit = solve_halo("2019-03-01", 3, z_amplitude_km=1000.0)
    found = almanac(place, far_hills, orbit, orbit.start + 86400.0, orbit.stop - 86400.0, groups=("stations",))
    path = str(write_kernel(orbit, site, tmp_path / "small.bsp"))
    sp.furnsh(path)  # the last one loaded has its say
    try:
        lane = found.by_key["hidden.jiamusi"]
        assert len(lane.spans) >= 3
        station = stations()["jiamusi"]
        lat, lon = np.radians([station.lat_deg, station.lon_deg])
        place_km = sp.georec(lon, lat, station.height_m * 1e-3, 6378.1366, 1.0 / 298.25642)

        def hidden(t):
            relay, _ = sp.spkcpo(RELAY, t, "J2000", "OBSERVER", "CN", place_km, "EARTH", "ITRF93")
            moon, _ = sp.spkcpo("MOON", t, "J2000", "OBSERVER", "CN", place_km, "EARTH", "ITRF93")
            return sp.vsep(relay[:3], moon[:3]) < np.arcsin(1737.4 / sp.vnorm(moon[:3]))

        for edge in np.array(lane.spans).ravel():
            assert changes_within(hidden, edge, 0.010)
    finally:
        sp.unload(path)


def test_an_eclipse_tells_how_dark_it_gets(year):
    notes = {event.note for event in year.events if event.lane == "eclipse.relay.earth"}
    assert all("sunlight" in note for note in notes)
    assert {event.note for event in year.events if event.lane == "eclipse.site.earth"} == {"while the Sun is down"}


def test_a_year_and_a_day_both_fit_their_pictures(year, place, far_hills, tmp_path):
    from PIL import Image

    day = almanac(place, far_hills, None, YEAR[0], YEAR[0] + 86400.0)
    for name, one in (("year.png", year), ("day.png", day)):
        with Image.open(one.timeline(tmp_path / name)) as image:
            pixels = np.asarray(image.convert("RGB"), float)
        assert pixels.shape[1] == 1540
        assert pixels.std() > 20.0
        assert (pixels[:3].std(axis=(0, 1)) < 3.0).all()  # nothing cut off at the top
        assert (pixels[-3:].std(axis=(0, 1)) < 3.0).all()


def test_a_picture_of_another_kind_is_refused(year, tmp_path):
    from farside.errors import BadInput

    with pytest.raises(BadInput, match=r"\.png or \.svg"):
        year.timeline(tmp_path / "year.jpg")
