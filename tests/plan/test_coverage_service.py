"""What a relay gives a site: published geometry of Queqiao at Chang'e 4, and simple orbits whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from circling import Circling

from farside import sky
from farside.errors import BadInput
from farside.flight import RelayOrbit, gaps, overlap, stations
from farside.flight.coverage import facts, service
from farside.geometry import MOON_RADIUS_M, Site, utc_to_t
from farside.moon import Horizon

START, STOP = utc_to_t("2019-01-03"), utc_to_t("2020-01-03")
DAY = 86_400.0


@pytest.fixture(scope="module")
def queqiao(orbit: RelayOrbit, site: Site):
    return service("halo", orbit, site, list(stations().values()), START, STOP)


@pytest.fixture(scope="module")
def low():
    """A relay 3,000 km from the Moon's centre over a place at the limb, for five days, in a plane through the Earth."""
    x, y, _ = sky.position("earth", np.array([START + 2.5 * DAY]))[0]
    relay = Circling(START - DAY, START + 7.0 * DAY, 3000.0, node=float(np.arctan2(y, x)))
    return service("low", relay, Site(-40.0, 100.0), list(stations().values()), START, START + 5.0 * DAY)


def test_queqiao_is_always_over_chang_e_4(queqiao):
    found = facts([queqiao])
    assert queqiao.site == ((START, STOP),)
    assert found["site"]["share"] == 1.0
    assert found["site"]["longest_gap_h"] == 0.0
    assert found["elevation_deg"]["lowest"] == pytest.approx(21.3, abs=0.1)
    assert found["elevation_deg"]["highest"] == pytest.approx(62.3, abs=0.1)
    assert found["elevation_deg"]["median"] == pytest.approx(39.5, abs=0.1)
    assert not queqiao.hidden


def test_distances_and_light_times_are_those_of_the_fact_sheet(queqiao):
    found = facts([queqiao])
    sheet = {
        "site_km": (46_624.0, 64_318.0, 77_165.0, 1.0),
        "earth_km": (407_806.0, 445_804.0, 483_593.0, 1.0),
        "site_relay_s": (0.1555, None, 0.2574, 1e-4),
        "relay_earth_s": (1.360, None, 1.613, 1e-3),
        "site_earth_s": (1.527, 1.702, 1.871, 1e-3),
    }
    for key, (lowest, mean, highest, error) in sheet.items():
        assert found[key]["lowest"] == pytest.approx(lowest, abs=error), key
        assert found[key]["highest"] == pytest.approx(highest, abs=error), key
        if mean is not None:
            assert found[key]["mean"] == pytest.approx(mean, abs=error), key
    assert found["site_relay_earth_deg"]["lowest"] == pytest.approx(7.8, abs=0.05)
    assert found["site_relay_earth_deg"]["highest"] == pytest.approx(29.0, abs=0.05)


def test_stations_and_eclipses_of_the_year_are_those_of_the_fact_sheet(queqiao):
    found = facts([queqiao])
    assert {name: one["passes"] for name, one in found["stations"].items()} == dict.fromkeys(stations(), 353)
    assert found["any_station"]["share"] == pytest.approx(0.967, abs=0.0005)
    assert found["home"]["share"] == found["any_station"]["share"]
    assert found["eclipses"]["moon"]["times"] == 5
    first, second = queqiao.eclipses["earth"]
    assert first == pytest.approx((utc_to_t("2019-01-21T10:55:28"), utc_to_t("2019-01-21T14:47:53")), abs=10.0)
    assert second == pytest.approx((utc_to_t("2019-06-17T16:14:29"), utc_to_t("2019-06-17T18:04:58")), abs=10.0)


@pytest.mark.parametrize(
    ("lat", "lon", "height", "lowest", "highest", "share"),
    [
        (-41.6385, 206.0148, -5256.0, 18.2, 62.9, 1.0),
        (-23.8, 176.8, 0.0, 36.8, 84.4, 1.0),
        (0.0, 180.0, 0.0, 48.6, 85.9, 1.0),
        (-75.0, 132.0, 0.0, -14.0, 28.7, 0.654),
        (-90.0, 0.0, 0.0, -22.0, 17.0, 0.336),
        (0.0, 110.0, 0.0, -21.5, 55.9, 0.638),
    ],
)
def test_other_sites_see_queqiao_as_the_fact_sheet_has_it(orbit, lat, lon, height, lowest, highest, share):
    found = facts([service("halo", orbit, Site(lat, lon, height), [], START, STOP)])
    assert found["elevation_deg"]["lowest"] == pytest.approx(lowest, abs=0.12)
    assert found["elevation_deg"]["highest"] == pytest.approx(highest, abs=0.12)
    # the sheet's orbit was another solution of the same kind: half a day a month at places where it rises and sets
    assert found["site"]["share"] == pytest.approx(share, abs=0.006)


def test_light_there_and_back_takes_the_same_time_but_for_what_moved(queqiao, site):
    here, relay, t = sky.site_motion(site), queqiao.orbit.position, queqiao.track.t[::100]
    up = sky.light_time(here, relay, t)
    reach, back = sky.received_from(here, relay(t + up), t + up)
    assert back == pytest.approx(up, abs=1e-9)
    assert np.linalg.norm(reach, axis=1) == pytest.approx(up * sky.LIGHT_KM_S, abs=1e-3)


def test_edges_are_where_the_relay_crosses_the_mask_to_a_millisecond(low):
    edges = np.array(low.site).ravel()
    edges = edges[(edges > low.start) & (edges < low.stop)]
    assert len(edges) > 30

    def over(t):
        up = sky.direction_to(low.orbit.position, Site(-40.0, 100.0), t)[:, 2]
        return np.arcsin(up) > np.radians(5.0)

    assert (over(edges - 1e-3) != over(edges + 1e-3)).all()


def test_a_fast_relay_loses_no_pass(low):
    t = np.arange(low.start, low.stop, 5.0)
    up = np.arcsin(sky.direction_to(low.orbit.position, Site(-40.0, 100.0), t)[:, 2]) > np.radians(5.0)
    assert len(low.site) == np.count_nonzero(np.diff(up.astype(int)) == 1) + int(up[0])
    assert sum(b - a for a, b in low.site) == pytest.approx(5.0 * up.sum(), abs=5.0 * len(low.site))


def test_the_moon_hides_a_low_relay_from_the_earth_and_its_stations(low):
    t = np.arange(low.start, low.stop, 20.0)
    relay, earth = low.orbit.position(t), sky.position("earth", t)
    along = np.einsum("ni,ni->n", relay, earth) / np.linalg.norm(earth, axis=1)
    behind = (along < 0.0) & (np.linalg.norm(relay, axis=1) ** 2 - along**2 < (MOON_RADIUS_M * 1e-3) ** 2)
    hidden = np.searchsorted(np.array(low.hidden).ravel(), t) % 2 == 1
    assert (hidden != behind).mean() < 0.002
    assert 0.1 < hidden.mean() < 0.2
    for spans in low.stations.values():
        seen = np.searchsorted(np.array(spans).ravel(), t) % 2 == 1
        assert (seen & hidden).mean() < 0.005
    assert sum(b - a for a, b in low.home) < sum(b - a for a, b in low.site)


def test_a_skyline_takes_from_what_a_level_horizon_gives(orbit):
    place = Site(0.0, 110.0)
    wall = Horizon(place, 1.5, np.full(3600, np.radians(20.0)), np.ones(3600))
    behind = service("halo", orbit, place, [], START, STOP, horizon=wall)
    level = service("halo", orbit, place, [], START, STOP, mask_deg=20.0)
    assert np.array(behind.site) == pytest.approx(np.array(level.site), abs=1e-3)


def test_relays_together_are_seen_when_either_is(orbit):
    place, stop = Site(0.0, 110.0), START + 30.0 * DAY
    two = [
        service(name, relay, place, [], START, stop, step_s=300.0)
        for name, relay in (("halo", orbit), ("low", Circling(START - DAY, stop + DAY, 9000.0)))
    ]
    alone, both = [facts([one]) for one in two], facts(two)
    assert both["site"]["share"] >= max(one["site"]["share"] for one in alone)
    assert both["site"]["longest_gap_h"] <= min(one["site"]["longest_gap_h"] for one in alone)
    without = overlap(*(gaps(one.site, START, stop) for one in two))
    assert both["site"]["share"] == pytest.approx(1.0 - sum(b - a for a, b in without) / (stop - START))
    assert both["elevation_deg"]["highest"] == max(one["elevation_deg"]["highest"] for one in alone)
    assert both["moon_km"]["lowest"] == pytest.approx(9000.0)
    assert both["eclipses"]["moon"] == alone[1]["eclipses"]["moon"]


def test_a_site_that_never_sees_the_relay_has_no_distances(orbit):
    found = facts([service("halo", orbit, Site(0.0, 0.0), [], START, START + 10.0 * DAY)])
    assert found["site"]["share"] == 0.0
    assert found["site"]["longest_gap_h"] == pytest.approx(240.0)
    assert found["site_km"] == {"lowest": None, "mean": None, "highest": None}


def test_an_orbit_must_reach_beyond_the_span(orbit):
    with pytest.raises(BadInput, match="a span within 2018-12-20T00:01:00Z to"):
        service("halo", orbit, Site(0.0, 180.0), [], orbit.start, STOP)
