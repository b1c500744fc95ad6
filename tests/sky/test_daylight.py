"""Sunlight at a site: sunrise, skyline, distance, the lunar hour."""

import numpy as np
import pytest

from farside import sky
from farside.geometry import Site, azel, utc_to_t
from farside.physics import SOLAR_CONSTANT_W_M2

YEAR = np.arange(utc_to_t("2019-01-01"), utc_to_t("2020-01-01"), 7200.0)
# fact sheet flight-geometry, 3.2: the Sun's centre on a flat horizon
SUNRISE, SUNSET = utc_to_t("2019-01-28T16:14:41.4"), utc_to_t("2019-01-13T20:50:26.1")


@pytest.mark.parametrize("event", [SUNRISE, SUNSET])
def test_half_of_the_suns_light_is_up_when_its_centre_rises_or_sets(site, event):
    light = sky.sunlight(site, event)
    assert float(light.share) == pytest.approx(0.5, abs=2e-4)
    # the middle of the half that is up stands 0.4 of 0.27 degrees over the horizon
    assert np.degrees(np.arcsin(light.towards[2])) == pytest.approx(0.4 * 0.271, abs=0.005)


def test_the_sun_takes_an_hour_and_a_half_to_rise(site):
    t = SUNRISE + np.arange(-6000.0, 6000.0, 20.0)
    share = sky.sunlight(site, t).share
    partly = t[(share > 0.0) & (share < 1.0)]
    assert np.ptp(partly) == pytest.approx(2.0 * 2735.0, abs=60.0)
    assert (np.diff(share) >= 0.0).all()


def test_flux_is_the_solar_constant_over_the_distance_squared(site):
    light = sky.sunlight(site, YEAR)
    day = light.share == 1.0
    np.testing.assert_allclose(light.flux[day], SOLAR_CONSTANT_W_M2 / sky.sun_distance_au(YEAR[day]) ** 2, rtol=1e-12)
    assert (light.flux[light.share == 0.0] == 0.0).all()
    assert 1314.0 < light.flux[day].min() < 1318.0 < 1412.0 < light.flux.max() < 1417.0
    assert 0.49 < light.share.mean() < 0.53


def test_a_whole_disc_stands_where_its_centre_is_seen(site):
    light, centre = sky.sunlight(site, YEAR), sky.sun_direction(site, YEAR)
    day = light.share == 1.0
    np.testing.assert_allclose(light.towards[day], centre[day], atol=1e-7)


def test_a_hill_in_the_east_makes_the_morning_late(site):
    def hill(azimuth):
        return np.where(np.abs(np.degrees(azimuth) - 90.0) < 20.0, np.radians(2.0), 0.0)

    t = SUNRISE + np.arange(-7200.0, 40_000.0, 60.0)
    plain, late = sky.sunlight(site, t).share, sky.sunlight(site, t, hill).share
    elevation = np.degrees(azel(sky.sun_direction(site, t))[1])
    assert (late <= plain + 1e-12).all()
    assert np.interp(0.5, late, elevation) == pytest.approx(2.0, abs=0.01)


def test_a_near_side_site_has_its_eclipse():
    t = utc_to_t("2019-01-21T05:12") + np.arange(-12_000.0, 12_000.0, 300.0)
    near = sky.sunlight(Site(0.0, 0.0), t)
    assert near.share.min() == 0.0
    assert near.share.max() == 1.0
    assert near.flux[near.share.argmin()] == 0.0


def test_a_time_has_the_same_light_alone_as_among_others(site):
    t = SUNRISE + np.linspace(-4000.0, 4000.0, 30)
    together = sky.sunlight(site, t)
    for k, x in enumerate(t):
        alone = sky.sunlight(site, x)
        assert (float(alone.share), float(alone.flux)) == (together.share[k], together.flux[k])
        assert alone.towards.tolist() == together.towards[k].tolist()


def test_the_sun_stands_in_the_meridian_at_noon(site):
    noon = utc_to_t("2019-01-06T11:56")
    assert float(sky.local_solar_time(site.lon_deg, noon)) == pytest.approx(12.0, abs=0.01)
    hours = sky.local_solar_time(site.lon_deg, YEAR)
    assert ((hours >= 0.0) & (hours < 24.0)).all()
    up = sky.sun_direction(site, YEAR)[:, 2]
    assert up[(hours > 6.1) & (hours < 17.9)].min() > 0.0 > up[(hours < 5.9) | (hours > 18.1)].max()
