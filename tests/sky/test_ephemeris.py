"""Positions and orientations against SPICE and published vectors."""

import numpy as np
import pytest
import spiceypy
from sky_oracle import moon_fixed, needs_long_double, unit

from farside import sky
from farside.errors import BadInput
from farside.geometry import r1, r2, r3, t_to_utc, utc_to_t
from farside.sky.orientation import MOON_FRAMES, moon_rotation_and_spin

TIMES = np.linspace(utc_to_t("2018-01-01"), utc_to_t("2022-01-01"), 211)
CENTURY = np.random.default_rng(2).uniform(utc_to_t("1900-01-02"), utc_to_t("2050-12-30"), 1000)


def test_earth_from_moon_is_the_vector_naif_published():
    t = 717768000.0  # 2022-09-30 00:00:00 TDB; NAIF's own orientation is that of DE440, 28 m away
    assert np.linalg.norm(sky.moon_fixed("earth", t) - [374008.654, -23435.970, 10141.334]) < 0.029
    # the published principal axes are those of DE440, turned from MOON_ME by angles of their own (Park et al. 2021)
    pa_440 = r3(np.radians(67.8526 / 3600)) @ r2(np.radians(78.6944 / 3600)) @ r1(np.radians(0.2785 / 3600))
    published = np.array([373997.028, -23558.987, 10284.057])
    assert np.linalg.norm(pa_440 @ sky.moon_fixed("earth", t) - published) < 0.029
    assert np.linalg.norm(sky.moon_fixed("earth", t, "MOON_PA") - published) > 0.25  # never mix the two
    rotation, spin = moon_rotation_and_spin(np.array([t]))
    moving = rotation[0] @ sky.velocity("earth", t) - np.cross(spin[0], sky.moon_fixed("earth", t))
    np.testing.assert_allclose(moving, [-0.02638134, 0.04532757, 0.11894164], atol=2e-8)


def test_orientation_at_touchdown_is_the_tabled_matrix():
    tabled = [
        [0.448349466223, 0.811298438568, 0.375203411118],
        [-0.893530889718, 0.418150349780, 0.163562936204],
        [-0.024193082848, -0.408589192902, 0.912397701765],
    ]
    np.testing.assert_allclose(sky.moon_rotation(utc_to_t("2019-01-03T02:26:00")), tabled, atol=1e-12)


@pytest.mark.parametrize(("body", "center"), [("sun", "moon"), ("earth", "moon"), ("moon", "ssb"), ("sun", "earth")])
def test_positions_are_those_of_spice_to_the_bit(spice, body, center):
    name = "SSB" if center == "ssb" else center
    times = np.concatenate([TIMES, CENTURY, [utc_to_t("1560-06-01"), utc_to_t("2640-06-01")]])
    states = np.array([spiceypy.spkezr(body, t, "J2000", "NONE", name)[0] for t in times])
    np.testing.assert_array_equal(sky.position(body, times, center), states[:, :3])
    # SPICE sums the derivative in another order; 1e-14 km/s is its last bit
    np.testing.assert_allclose(sky.velocity(body, times, center), states[:, 3:], rtol=0, atol=2e-14)


def test_lunar_orientation_is_that_of_spice_over_the_century(spice):
    for frame, name in (("MOON_ME", "MOON_ME_DE421"), ("MOON_PA", "MOON_PA_DE421")):
        oracle = np.array([spiceypy.pxform("J2000", name, t) for t in CENTURY])
        np.testing.assert_allclose(sky.moon_rotation(CENTURY, frame), oracle, rtol=0, atol=1e-12)


@pytest.mark.parametrize("body", ["sun", "earth"])
def test_moon_fixed_directions_are_those_of_spice(spice, body):
    oracle = np.array([spiceypy.spkpos(body, t, "MOON_ME", "NONE", "MOON")[0] for t in CENTURY])
    found = sky.moon_fixed(body, CENTURY)
    assert np.abs(np.linalg.norm(found, axis=1) - np.linalg.norm(oracle, axis=1)).max() < 1e-6  # km: 1 mm
    np.testing.assert_allclose(unit(found), unit(oracle), rtol=0, atol=1e-12)


@needs_long_double
@pytest.mark.parametrize("body", ["sun", "earth"])
def test_moon_fixed_directions_are_closer_to_the_kernels_than_those_of_spice(spice, body):
    # the meridian angle has turned through up to 4,600 radians: its last bit is 9e-13, and SPICE reduces it by 2 pi
    exact = unit(moon_fixed(body, CENTURY))
    oracle = np.array([spiceypy.spkpos(body, t, "MOON_ME", "NONE", "MOON")[0] for t in CENTURY])
    ours = np.abs(unit(sky.moon_fixed(body, CENTURY)) - exact).max()
    assert ours < 5e-13
    assert ours < np.abs(unit(oracle) - exact).max()


def test_rotation_and_spin_are_three_turns_and_their_rate():
    from farside.sky import moon_angles

    phi, theta, psi = moon_angles().value(CENTURY).T
    plain = np.einsum("nij,njk,nkl->nil", r3(psi), r1(theta), r3(phi))
    np.testing.assert_allclose(sky.moon_rotation(CENTURY, "MOON_PA"), plain, rtol=0, atol=1e-15)
    for frame in MOON_FRAMES:
        rotation, spin = moon_rotation_and_spin(TIMES, frame)
        np.testing.assert_array_equal(rotation, sky.moon_rotation(TIMES, frame))
        h = 200.0
        slope = (sky.moon_rotation(TIMES + h, frame) - sky.moon_rotation(TIMES - h, frame)) / (2.0 * h)
        turning = slope @ np.swapaxes(rotation, 1, 2)  # minus the cross product with the spin
        found = np.stack([turning[:, 1, 2], turning[:, 2, 0], turning[:, 0, 1]], axis=1)
        np.testing.assert_allclose(spin, found, rtol=0, atol=1e-6 * 2.66e-6)


def test_velocity_is_the_slope_of_position():
    t, h = TIMES[:40], 10.0
    slope = (sky.position("earth", t + h) - sky.position("earth", t - h)) / (2 * h)
    np.testing.assert_allclose(sky.velocity("earth", t), slope, atol=1e-9)


def test_shapes_follow_the_times():
    assert sky.position("sun", 0.0).shape == sky.moon_fixed("sun", 0.0).shape == (3,)
    assert sky.moon_rotation(np.zeros((2, 5))).shape == (2, 5, 3, 3)
    assert sky.moon_fixed("earth", np.zeros((2, 5))).shape == (2, 5, 3)
    assert sky.position("earth", np.zeros(0)).shape == (0, 3)


@pytest.mark.parametrize("utc", ["1899-12-30", "2051-02-01"])
def test_epochs_without_orientation_are_refused_and_the_fallback_is_named(utc):
    t = utc_to_t(utc)
    for frame in ("MOON_ME", "MOON_PA"):
        with pytest.raises(BadInput, match=rf"1900-01-01 to 2050-12-31 for {frame}; .* IAU_MOON"):
            sky.moon_fixed("sun", t, frame)
    found = sky.moon_fixed("sun", t, "IAU_MOON")
    assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(sky.position("sun", t)))
    with pytest.raises(BadInput, match=r"mission.yaml: descent.touchdown_utc: .*1900-01-01 to 2050-12-31"):
        sky.check_epoch(t, "mission.yaml", "descent.touchdown_utc")


def test_epochs_without_ephemeris_are_refused_and_named():
    for t in (utc_to_t("1549-12-30"), utc_to_t("2650-02-01"), np.nan, 1e15):
        with pytest.raises(BadInput, match="1549-12-31 to 2650-01-25, the span of DE440"):
            sky.position("sun", t)
    with pytest.raises(BadInput, match=t_to_utc(3e9, 0)):
        sky.moon_rotation(np.array([0.0, 3e9, 4e9]))


def test_unknown_names_are_named():
    with pytest.raises(BadInput, match="sun, earth, moon or ssb"):
        sky.position("vulcan", 0.0)
    with pytest.raises(BadInput, match="'MOON'; expected a frame that turns with the Moon: MOON_ME, MOON_PA, IAU_MOON"):
        sky.moon_rotation(0.0, "MOON")


def test_a_time_gives_the_same_bits_alone_as_among_others():
    np.testing.assert_array_equal(sky.position("sun", TIMES)[7], sky.position("sun", TIMES[7]))
    np.testing.assert_array_equal(sky.velocity("earth", TIMES)[7:9], sky.velocity("earth", TIMES[7:9]))
    for frame in MOON_FRAMES:
        np.testing.assert_array_equal(sky.moon_rotation(TIMES, frame)[7], sky.moon_rotation(TIMES[7], frame))
        np.testing.assert_array_equal(sky.moon_fixed("sun", TIMES, frame)[7], sky.moon_fixed("sun", TIMES[7], frame))
