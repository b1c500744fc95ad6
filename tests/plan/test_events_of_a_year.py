"""A year at Chang'e 4: every event within 10 ms of SPICE's, none missing, and the numbers of the fact sheet.

SPICE is asked on both sides of each event: its own change lies between. That none is missing shows on a dense grid.
"""

import numpy as np
import pytest
from spice_oracle import RELAY, SITE, YEAR, changes_within

from farside.flight import stations
from farside.flight.almanac import chang_e_4_vehicles
from farside.geometry import azel, utc_to_t

NEAR_S = 0.010


def times(almanac, lane):
    return np.array([event.t for event in almanac.events if event.lane == lane])


def at(almanac, lane, t):
    return any(start <= t < end for start, end in almanac.by_key[lane].spans)


def assert_none_missing(almanac, lane, f, step_s):
    """The lane is so at every step at which SPICE says so, except next to a change."""
    edges = np.array(almanac.by_key[lane].spans).ravel()
    for t in np.arange(YEAR[0] + 1.0, YEAR[1], step_s):
        if not len(edges) or np.abs(edges - t).min() > 1.0:
            assert bool(f(t)) == at(almanac, lane, t)


def test_the_sun_rises_and_sets_over_the_terrain_when_spice_says(year, spice, site, hills):
    def centre(t):
        return hills.clearance(spice.from_site(site, "SUN", t)[0]) > 0

    def limb(t):
        u, r = spice.from_site(site, "SUN", t)
        return hills.disc_clearance(u[None], np.arcsin([695700.0 / r]))[0] > 0

    def level(t):
        return spice.from_site(site, "SUN", t)[0][2] > 0

    for lane, f, count in (("sun.centre", centre, 24), ("sun.limb", limb, 24), ("sun.level", level, 24)):
        found = times(year, lane)
        assert len(found) == count
        assert all(changes_within(f, t, NEAR_S) for t in found)
        assert_none_missing(year, lane, f, 1800.0)


def test_the_earth_never_rises(year, spice, site):
    assert year.by_key["earth"].spans == ()
    assert year.facts["earth.highest_deg"] == pytest.approx(-37.2, abs=0.05)
    highest = max(spice.from_site(site, "EARTH", t)[0][2] for t in np.arange(*YEAR, 43200.0))
    assert np.degrees(np.arcsin(highest)) == pytest.approx(year.facts["earth.highest_deg"], abs=0.02)


def test_the_site_always_sees_the_relay_at_the_tabled_height(year):
    assert year.by_key["relay"].spans == (YEAR,)
    assert year.facts["relay.lowest_deg"] == pytest.approx(21.3, abs=0.05)
    assert year.facts["relay.highest_deg"] == pytest.approx(62.3, abs=0.05)


@pytest.mark.parametrize(("name", "mean_hours"), [("jiamusi", 9.76), ("kashi", 10.19), ("neuquen", 10.54)])
def test_stations_see_the_relay_when_spice_says(year, spice, name, mean_hours):
    station, lane = stations()[name], f"station.{name}"
    limit = np.sin(np.radians(10.0))

    def up(t):
        return spice.from_station(station, RELAY, t) > limit

    found = times(year, lane)
    assert len(year.by_key[lane].spans) == 353
    assert year.by_key[lane].total_s / 353 / 3600 == pytest.approx(mean_hours, abs=0.0051)
    assert all(changes_within(up, t, NEAR_S) for t in found)
    assert_none_missing(year, lane, up, 3600.0)


def test_first_passes_of_jiamusi_are_the_tabled_ones(year):
    spice = ("2019-01-03T04:13:43.251", "2019-01-03T22:29:58.795", "2019-01-04T04:42:51.096", "2019-01-04T23:22:45.781")
    np.testing.assert_allclose(times(year, "station.jiamusi")[:4], [utc_to_t(utc) for utc in spice], rtol=0, atol=0.01)


@pytest.mark.parametrize(
    ("lane", "body", "observer", "count"),
    [
        ("eclipse.relay.earth", "EARTH", RELAY, 2),
        ("eclipse.relay.moon", "MOON", RELAY, 5),
        ("eclipse.site.earth", "EARTH", SITE, 2),
    ],
)
def test_eclipses_begin_and_end_when_spice_says(year, spice, lane, body, observer, count):
    def covered(t):
        return spice.covered(body, observer, t)

    found = times(year, lane)
    assert len(year.by_key[lane].spans) == count
    assert all(changes_within(covered, t, NEAR_S) for t in found)
    assert_none_missing(year, lane, covered, 1800.0)


def test_the_moon_never_hides_the_relay_from_a_station(year):
    for name in stations():
        assert year.by_key[f"hidden.{name}"].spans == ()


def test_three_stations_keep_the_way_home_open_most_of_the_time(year):
    home = year.by_key["home"]
    assert home.total_s / (YEAR[1] - YEAR[0]) == pytest.approx(0.967, abs=0.002)
    for t in np.random.default_rng(3).uniform(*YEAR, 300):
        assert at(year, "home", t) == any(at(year, f"station.{name}", t) for name in stations())


def test_vehicles_wake_and_sleep_at_their_angles(year, spice, site):
    lander, rover = chang_e_4_vehicles()
    for vehicle, first, last in ((lander, 14.0, 5.8), (rover, 7.5, 9.5)):
        for event in year.events:
            if event.lane == f"vehicle.{vehicle.name}.awake":
                angle = first if event.what.endswith("wakes") else last

                def above(t, angle=angle):
                    return spice.from_site(site, "SUN", t)[0][2] > np.sin(np.radians(angle))

                assert changes_within(above, event.t, NEAR_S)


@pytest.mark.parametrize(
    ("who", "published", "hours"),
    [
        ("Yutu-2", "2019-01-29T12:00Z", 3.0),
        ("Yutu-2", "2019-11-20T16:51Z", 3.0),
        ("Chang'e 4 lander", "2019-01-30T12:39Z", 5.0),
        ("Chang'e 4 lander", "2019-11-21T09:03Z", 5.0),
    ],
)
def test_published_wake_ups_of_2019_are_met(year, who, published, hours):
    wakes = [event.t for event in year.events if event.what == f"{who} wakes"]
    assert np.abs(np.array(wakes) - utc_to_t(published)).min() < hours * 3600.0


def test_published_wake_ups_lie_inside_two_sigma(year):
    published = {"Yutu-2": ("2019-01-29T12:00Z", "2019-11-20T16:51Z"),
                 "Chang'e 4 lander": ("2019-01-30T12:39Z", "2019-11-21T09:03Z")}  # fmt: skip
    for who, epochs in published.items():
        for utc in epochs:
            nearest = min((e for e in year.events if e.what == f"{who} wakes"), key=lambda e: abs(e.t - utc_to_t(utc)))
            assert abs(nearest.t - utc_to_t(utc)) < 2.0 * nearest.sigma_s


def test_the_noon_nap_of_the_second_day_is_the_logged_one(year):
    nap = year.by_key["vehicle.Yutu-2.nap"].spans[1]
    assert utc_to_t("2019-02-04") < nap[0] < utc_to_t("2019-02-05")
    assert utc_to_t("2019-02-08") < nap[1] < utc_to_t("2019-02-09")


def test_terrain_shifts_the_tabled_rise_and_set_by_what_it_hides(year, hills):
    # the table (flight-geometry.md 3.2) holds for a level horizon; a sunrise behind 1.3 deg comes 3.7 h later
    level, centre = times(year, "sun.level"), times(year, "sun.centre")
    assert [round(t - utc_to_t("2019-01-13T20:50:26.1"), 1) for t in level[:1]] == [0.0]
    for k, (flat, over) in enumerate(zip(level, centre, strict=True)):
        event = next(e for e in year.events if e.t == over)
        delay_deg = (over - flat) / 3600.0 * 0.355 * (1 if k % 2 else -1)
        assert delay_deg == pytest.approx(event.el_deg, abs=0.1 + 0.02 * abs(event.el_deg))


def test_azimuths_and_elevations_are_those_of_what_is_seen(year, spice, site, hills):
    for event in year.events:
        if event.lane == "sun.centre":
            az, el = azel(spice.from_site(site, "SUN", event.t)[0])
            assert event.az_deg == pytest.approx(np.degrees(az), abs=1e-4)
            assert event.el_deg == pytest.approx(np.degrees(el), abs=1e-4)
            assert event.el_deg == pytest.approx(np.degrees(hills.elevation_at(az)), abs=1e-4)


def test_events_come_in_order_and_bound_their_lanes(year):
    t = [event.t for event in year.events]
    assert t == sorted(t)
    assert YEAR[0] < t[0]
    assert t[-1] < YEAR[1]
    for lane in year.lanes:
        starts_ends = np.array(lane.spans).ravel()
        assert (np.diff(starts_ends) > 0).all()


def test_wrong_coordinates_shift_the_sun_by_what_the_table_says(year, place, hills, orbit):
    # flight-geometry.md 3.3: LROC instead of Liu, 70 to 74 s; the error bar of the level horizon is of that size
    from farside.flight.almanac import almanac

    moved = place.model_copy(
        update={"position": place.position.model_copy(update={"lat_deg": -45.457, "lon_deg": 177.589})}
    )
    other = almanac(moved, hills, None, *YEAR, groups=("sun",))
    shift = np.abs(times(other, "sun.level") - times(year, "sun.level"))
    assert ((shift[:2] > 69.5) & (shift[:2] < 74.5)).all()
    assert 66.0 < shift.min() < shift.max() < 77.0
    sigma = [event.sigma_s for event in year.events if event.lane == "sun.level"]
    assert all(0.5 * 72.0 < s < 2.0 * 72.0 for s in sigma)
