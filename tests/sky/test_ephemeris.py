"""Positions and orientations against SPICE and published vectors."""

import numpy as np
import pytest
import spiceypy

from farside import sky
from farside.errors import BadInput
from farside.geometry import utc_to_t

TIMES = np.linspace(utc_to_t("2018-01-01"), utc_to_t("2022-01-01"), 211)


def test_earth_from_moon_is_the_vector_naif_published():
    t = 717768000.0  # 2022-09-30 00:00:00 TDB
    earth = sky.moon_rotation(t) @ sky.position("earth", t)
    assert np.linalg.norm(earth - [374008.654, -23435.970, 10141.334]) < 0.05


def test_orientation_at_touchdown_is_the_tabled_matrix():
    tabled = [
        [0.448349466223, 0.811298438568, 0.375203411118],
        [-0.893530889718, 0.418150349780, 0.163562936204],
        [-0.024193082848, -0.408589192902, 0.912397701765],
    ]
    np.testing.assert_allclose(sky.moon_rotation(utc_to_t("2019-01-03T02:26:00")), tabled, atol=2e-12)


@pytest.mark.parametrize(("body", "center"), [("sun", "moon"), ("earth", "moon"), ("moon", "ssb"), ("sun", "earth")])
def test_positions_and_velocities_are_those_of_spice(spice, body, center):
    name = "SSB" if center == "ssb" else center
    states = np.array([spiceypy.spkezr(body, t, "J2000", "NONE", name)[0] for t in TIMES])
    # 0.1 mm: the last bit of a distance to the Sun; the Earth from the Moon is a million times closer to SPICE
    np.testing.assert_allclose(sky.position(body, TIMES, center), states[:, :3], rtol=0, atol=2e-7)
    np.testing.assert_allclose(sky.velocity(body, TIMES, center), states[:, 3:], rtol=0, atol=1e-12)


def test_lunar_orientation_is_that_of_spice_over_the_century(spice):
    times = np.linspace(utc_to_t("1901-01-01"), utc_to_t("2050-01-01"), 200)
    oracle = np.array([spiceypy.pxform("J2000", "MOON_ME_DE421", t) for t in times])
    np.testing.assert_allclose(sky.moon_rotation(times), oracle, atol=1e-11)


def test_earth_orientation_is_that_of_spice(spice):
    oracle = np.array([spiceypy.pxform("J2000", "ITRF93", t) for t in TIMES])
    np.testing.assert_allclose(sky.earth_rotation(TIMES), oracle, atol=1e-13)


def test_velocity_is_the_slope_of_position():
    t, h = TIMES[:40], 10.0
    slope = (sky.position("earth", t + h) - sky.position("earth", t - h)) / (2 * h)
    np.testing.assert_allclose(sky.velocity("earth", t), slope, atol=1e-9)


def test_shapes_follow_the_times():
    assert sky.position("sun", 0.0).shape == (3,)
    assert sky.moon_rotation(np.zeros((2, 5))).shape == (2, 5, 3, 3)


def test_epochs_without_ephemeris_or_orientation_are_refused():
    for t in (utc_to_t("1899-12-30"), utc_to_t("2051-02-01"), np.nan, 1e15):
        with pytest.raises(BadInput, match="1900-01-01 to 2050-12-31"):
            sky.position("sun", t)
    with pytest.raises(BadInput, match=r"mission.yaml: descent.touchdown_utc: '2149-07-01T00:00:00Z'"):
        sky.check_epoch(utc_to_t("2149-07-01"), "mission.yaml", "descent.touchdown_utc")
    with pytest.raises(BadInput, match="Earth's orientation"):
        sky.earth_rotation(utc_to_t("2049-01-01"))


def test_unknown_body_is_named():
    with pytest.raises(BadInput, match="sun, earth, moon or ssb"):
        sky.position("vulcan", 0.0)


def test_a_time_gives_the_same_bits_alone_as_among_others():
    np.testing.assert_array_equal(sky.position("sun", TIMES)[7], sky.position("sun", TIMES[7]))
    np.testing.assert_array_equal(sky.velocity("earth", TIMES)[7:9], sky.velocity("earth", TIMES[7:9]))
    np.testing.assert_array_equal(sky.moon_rotation(TIMES)[7], sky.moon_rotation(TIMES[7]))
