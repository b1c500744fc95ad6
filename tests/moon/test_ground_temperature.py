"""How warm the ground of a place is, under the real Sun."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.geometry import Site, utc_to_t
from farside.moon import GroundTemperature
from farside.physics import STEFAN_BOLTZMANN, orbital_albedo
from farside.sky import local_solar_time, sun_direction

SITE = Site(-45.4446, 177.5991, -5935.0)
YEAR = np.arange(utc_to_t("2019-01-02"), utc_to_t("2020-01-01"), 1800.0)
HOURS = local_solar_time(SITE.lon_deg, YEAR)
JULIAN_YEAR = 365.25 * 86400.0


@pytest.fixture(scope="module")
def ground():
    return GroundTemperature(SITE)


def hot(site=SITE, **kwargs):
    return GroundTemperature(site, **kwargs)


def tilted(east_deg, north_deg):
    n = np.array([np.tan(np.radians(east_deg)), np.tan(np.radians(north_deg)), 1.0])
    return tuple(float(x) for x in n / np.linalg.norm(n))


def test_level_ground_is_as_warm_as_measured_and_modelled(ground):
    surface = ground.surface(YEAR)
    noon = surface[np.abs(HOURS - 12.0) < 0.1]
    # 346-350 K with the albedo that an orbiter sees; more is taken in than it believes
    assert 348.0 < noon.min() < noon.max() < 358.0
    dawn = surface[(HOURS > 5.5) & (HOURS < 5.8)]
    assert ((dawn > 83.0) & (dawn < 100.0)).all()  # lander's probes: 83 K; fact sheet biosphere: 83-100 K
    assert surface[HOURS > 23.9].mean() == pytest.approx(97.0, abs=2.0)


def test_with_the_orbiters_albedo_the_published_temperatures_come_out():
    """Fact sheet descent-and-rover, section 9: max 346-350, midnight 93, minimum 87, deep 229 K, A0 0.08-0.12."""
    surfaces = []
    for albedo in (0.08, 0.12):
        g = hot(albedo=lambda mu0, a=albedo: orbital_albedo(mu0, a))
        surface = g.surface(YEAR)
        surfaces.append(surface.max())
        assert surface[HOURS > 23.9].mean() == pytest.approx(93.0, abs=2.5)
        assert surface.min() == pytest.approx(87.0, abs=2.0)
        assert float(g.at(2.0, YEAR).mean()) == pytest.approx({0.08: 229.0, 0.12: 226.0}[albedo], abs=1.0)
    # over a year of distances and seasons the highest noon is a few kelvin above that of a mean day
    assert 346.0 - 3.0 < surfaces[1] < surfaces[0] < 350.0 + 5.0


# Lunar day 10, local time 14:28 to 14:41: the photometric experiment, whose labels give these incidences and phases,
# emission 44.4.
MEASURED = np.array([[57.2, 91.0], [57.9, 92.1], [58.3, 92.8], [58.7, 93.5]])


def test_the_spectrometer_sees_346_k_within_its_error_on_the_tenth_day(ground):
    """Lin H. et al. 2021: 346 +- 8 K from the thermal tail beyond 2 um, local time 14:28-14:41."""
    t = np.arange(utc_to_t("2019-10-02T03:00"), utc_to_t("2019-10-02T09:40"), 600.0)
    t = t[(local_solar_time(SITE.lon_deg, t) >= 14.467) & (local_solar_time(SITE.lon_deg, t) <= 14.684)]
    suns = sun_direction(SITE, t)
    incidence = np.degrees(np.arccos(suns[:, 2]))
    assert incidence[0] == pytest.approx(MEASURED[0, 0], abs=0.1)  # the labels' own incidence: it is this day
    seen = []
    for moment, sun, i in zip(t, suns, np.radians(incidence), strict=True):
        g, e = np.radians(np.interp(np.degrees(i), *MEASURED.T)), np.radians(44.4)
        turn = np.arccos((np.cos(g) - np.cos(i) * np.cos(e)) / (np.sin(i) * np.sin(e)))
        azimuth = np.arctan2(sun[0], sun[1]) + turn
        eye = np.array([np.sin(e) * np.sin(azimuth), np.sin(e) * np.cos(azimuth), np.cos(e)])
        seen.append(ground.brightness(float(moment), eye, [2200.0, 2390.0]))
    assert np.mean(seen) == pytest.approx(346.0, abs=8.0)
    assert (np.abs(np.array(seen) - 346.0) <= 8.0).all()
    # level ground itself is colder than that: what is seen is its sunward side
    level = ground.surface(t)
    assert ((level > 324.0) & (level < 332.0)).all()


def test_deeper_ground_is_steadier_and_warmer(ground):
    swings = [float(np.ptp(ground.at(z, YEAR))) for z in (0.0, 0.02, 0.1, 0.3, 1.0)]
    assert swings == sorted(swings, reverse=True)
    assert swings[0] > 250.0
    assert swings[-1] < 0.6
    means = [float(ground.at(z, YEAR).mean()) for z in (0.3, 1.0, 2.0)]
    assert means == sorted(means)
    # K at 230 K and depth is 6 mW/m/K: the interior's 18 mW/m2 need 3 K/m
    assert (means[2] - means[1]) == pytest.approx(0.018 / 0.0058, abs=0.5)


def test_heat_wanders_down_in_time(ground):
    night, day = (HOURS > 20.0) | (HOURS < 5.0), (HOURS > 9.0) & (HOURS < 15.0)
    shallow = ground.at(0.05, YEAR)
    hottest = [np.average(HOURS[x > np.percentile(x, 98)]) for x in (ground.surface(YEAR), shallow)]
    assert hottest[0] == pytest.approx(12.1, abs=0.3)
    assert hottest[1] > 14.0
    assert (ground.from_below(YEAR)[night] > 0.0).all()
    assert np.mean(ground.from_below(YEAR)[day]) < 0.0


def test_over_a_year_the_surface_sends_out_what_it_takes_in(ground):
    # 37 lunations are three years; over one year the ground may keep or lose some tenths of a watt
    t = np.arange(utc_to_t("2017-02-01"), utc_to_t("2017-02-01") + 37 * 29.530589 * 86400.0, 3600.0)
    assert np.mean(ground.from_below(t)) == pytest.approx(0.018, abs=0.06)


def test_a_time_has_the_same_temperature_whatever_else_is_asked(ground):
    t = YEAR[::977]
    alone = GroundTemperature(SITE)
    for depth in (0.0, 0.0005, 0.07):
        together = ground.at(depth, t)
        assert together.tolist() == [float(alone.at(depth, x)) for x in t[::-1]][::-1]
    assert ground.from_below(t).tolist() == [float(alone.from_below(x)) for x in t]
    assert ground.at(0.1, t[:6].reshape(2, 3)).shape == (2, 3)


def test_the_ground_has_forgotten_how_its_spin_up_began(ground):
    from farside.moon import temperature

    longer = GroundTemperature(SITE)
    passes, temperature._PASSES = temperature._PASSES, 8
    try:
        longer.surface(YEAR[:1])
    finally:
        temperature._PASSES = passes
    t = YEAR[np.floor(YEAR[0] / JULIAN_YEAR + 1.0) * JULIAN_YEAR > YEAR][::50]
    for depth, close in ((0.0, 0.02), (0.1, 0.05), (0.5, 0.12), (2.0, 0.3)):
        np.testing.assert_allclose(ground.at(depth, t), longer.at(depth, t), rtol=0, atol=close)


def test_years_join_without_a_step(ground):
    edge = np.floor(YEAR[0] / JULIAN_YEAR + 1.0) * JULIAN_YEAR
    for depth, step in ((0.0, 0.05), (0.1, 0.05), (1.0, 0.5)):
        before, after = ground.at(depth, [edge - 0.01, edge + 0.01])
        assert after == pytest.approx(before, abs=step)


def test_slopes_to_the_north_are_warmer_in_the_south(ground):
    noon = float(YEAR[np.argmin(np.abs(HOURS - 12.0))])
    north, south = (hot(normal=tilted(0.0, x)) for x in (15.0, -15.0))
    level = float(ground.surface(noon))
    assert float(north.surface(noon)) > level + 10.0 > level - 15.0 > float(south.surface(noon))
    lit = float(north.normal @ sun_direction(SITE, noon)), float(sun_direction(SITE, noon)[2])
    assert (float(north.surface(noon)) / level) ** 4 == pytest.approx(lit[0] / lit[1], rel=0.04)


def test_a_slope_sees_the_level_ground_around_it():
    # a wall that never gets the Sun at midday lives on what the ground sends it: its share of the sky
    noon = float(YEAR[np.argmin(np.abs(HOURS - 12.0))])
    wall = hot(normal=tilted(0.0, -75.0))
    share = 0.5 * (1.0 - wall.normal[2])
    level = float(hot().surface(noon))
    alone = 0.95 * share * level**4
    assert float(wall.surface(noon)) ** 4 == pytest.approx(alone, rel=0.35)


def test_a_skyline_shortens_the_day():
    walled = hot(skyline=lambda azimuth: np.full_like(azimuth, np.radians(8.0)))
    t = utc_to_t("2019-01-28T16:14:41") + np.array([20.0, 30.0]) * 3600.0  # the Sun is 7 and 10.6 degrees up
    plain, late = hot().surface(t), walled.surface(t)
    assert plain[0] - late[0] > 50.0
    assert abs(plain[1] - late[1]) < 25.0


def test_near_side_ground_cools_in_the_earths_shadow():
    t = utc_to_t("2019-01-21T05:12") + np.array([-10_000.0, 0.0, 12_000.0])
    before, inside, after = GroundTemperature(Site(0.0, 0.0)).surface(t)
    assert before - inside > 150.0
    assert after - inside > 100.0


def test_brightness_below_the_horizon_is_refused(ground):
    noon = float(YEAR[np.argmin(np.abs(HOURS - 12.0))])
    with pytest.raises(BadInput, match="above the plane"):
        ground.brightness(noon, (0.0, 0.8, -0.6), 2390.0)
    with pytest.raises(BadInput, match="above the plane"):
        ground.brightness(noon + 0.5 * 29.53 * 86400.0, (0.0, 0.0, 1.0), 2390.0)


def test_what_cannot_be_asked_is_refused(ground):
    with pytest.raises(BadInput, match="1909-01-01 to 2050-01-01"):
        ground.surface(utc_to_t("1908-12-01"))
    with pytest.raises(BadInput, match="1909-01-01 to 2050-01-01"):
        ground.surface(float("nan"))
    with pytest.raises(BadInput, match="depth_m"):
        ground.at(-0.1, 0.0)
    with pytest.raises(BadInput, match="depth_m"):
        ground.at(3.0, 0.0)
    with pytest.raises(BadInput, match="points upwards"):
        hot(normal=(0.0, 0.0, -1.0))


def test_ground_radiates_what_its_surface_temperature_says(ground):
    t = YEAR[:200]
    sent = 0.95 * STEFAN_BOLTZMANN * ground.surface(t) ** 4
    dark = sun_direction(SITE, t)[:, 2] < -0.01
    np.testing.assert_allclose(ground.from_below(t)[dark], sent[dark], rtol=1e-12)
