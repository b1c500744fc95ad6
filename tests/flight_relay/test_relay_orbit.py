"""The relay's path in the real sky: reference states, dynamics, file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import BadInput, DamagedFile
from farside.flight import RelayOrbit, halo_covering, halo_span, solve_halo
from farside.flight.perturbed import SCALE, Propagator, Spacecraft
from farside.geometry import utc_to_t
from farside.sky import GM_EARTH, GM_MOON, GM_SUN, position

QUEQIAO = Spacecraft(448.7, 15.0, 1.3)
START = utc_to_t("2018-12-20T00:00:00")
FIRST = np.array([43331.522314, 58981.842157, 4642.733706, -0.029920475065, 0.008811801820, 0.006452535855])
DAYS = np.array([1.0, 7.4, 14.8])
WITH_SUNLIGHT = [
    (40461.913299, 59416.070112, 6005.334500, -0.039647783456, 0.002557497122, 0.025809075677),
    (-46353.448399, 1902.873054, 14056.199679, -0.098667772141, -0.288003727839, -0.125918073859),
    (-26960.310619, -62394.632671, -36079.251996, 0.029612541772, -0.016584525854, 0.003774825618),
]
WITHOUT = [
    (40461.876150, 59415.363734, 6005.033288),
    (-46281.898977, 1775.123347, 13979.846565),
    (-24447.019074, -59033.903660, -34563.858936),
]


def test_propagation_from_the_reference_state_reproduces_the_reference_to_a_centimetre():
    lit = Propagator(QUEQIAO, START, variations=False).sample(FIRST / SCALE, START, START + DAYS * 86400) * SCALE
    np.testing.assert_allclose(lit[:, :3], np.array(WITH_SUNLIGHT)[:, :3], rtol=0, atol=1e-5)
    np.testing.assert_allclose(lit[:, 3:], np.array(WITH_SUNLIGHT)[:, 3:], rtol=0, atol=1e-11)
    dark = Spacecraft(448.7, 0.0, 1.3)
    unlit = Propagator(dark, START, variations=False).sample(FIRST / SCALE, START, START + DAYS * 86400) * SCALE
    np.testing.assert_allclose(unlit[:, :3], WITHOUT, rtol=0, atol=1e-5)


def test_solved_halo_starts_at_the_reference_state_and_follows_it(orbit):
    # to the millimetre the reference is printed with; errors grow thirtyfold in half a revolution
    np.testing.assert_allclose(orbit.position(START), FIRST[:3], rtol=0, atol=1e-6)
    np.testing.assert_allclose(orbit.velocity(START), FIRST[3:], rtol=0, atol=1e-10)
    reference = np.array(WITH_SUNLIGHT)[:, :3]
    error = np.linalg.norm(orbit.position(START + DAYS * 86400) - reference, axis=1)
    assert (error < [3e-6, 3e-5, 3e-4]).all()


def test_path_obeys_the_equations_of_motion(orbit):
    t = np.linspace(orbit.start + 1e4, orbit.stop - 1e4, 301)
    h = 60.0
    felt = (orbit.velocity(t + h) - orbit.velocity(t - h)) / (2 * h)
    r, expected = orbit.position(t), 0.0
    expected = -GM_MOON * r / np.linalg.norm(r, axis=1, keepdims=True) ** 3
    for body, gm in (("earth", GM_EARTH), ("sun", GM_SUN)):
        b = position(body, t)
        d = b - r
        near = d / np.linalg.norm(d, axis=1, keepdims=True) ** 3
        far = b / np.linalg.norm(b, axis=1, keepdims=True) ** 3
        expected = expected + gm * (near - far)
        if body == "sun":
            expected = expected - QUEQIAO.push * near
    np.testing.assert_allclose(felt, expected, rtol=0, atol=2e-12)  # km/s2; sunlight is 1.8e-10


def test_arcs_join_to_a_millimetre(orbit):
    joints = orbit.start + np.arange(1, 174) * 14.75 * 86400 / 6
    before, after = orbit.position(joints - 0.01), orbit.position(joints + 0.01)
    np.testing.assert_allclose(after - before, 0.02 * orbit.velocity(joints), rtol=0, atol=1e-6)


def test_range_stays_within_the_published_47000_to_79000_km(orbit):
    distance = np.linalg.norm(orbit.position(np.linspace(orbit.start, orbit.stop, 20000)), axis=1)
    assert 46_000 < distance.min() < distance.max() < 79_000


def test_earth_always_sees_the_relay_beside_the_moon(orbit):
    t = np.linspace(orbit.start, orbit.stop, 20000)
    earth = position("earth", t)
    to_relay, to_moon = orbit.position(t) - earth, -earth
    cosine = np.sum(to_relay * to_moon, 1) / np.linalg.norm(to_relay, axis=1) / np.linalg.norm(to_moon, axis=1)
    assert np.degrees(np.arccos(cosine)).min() > 1.2  # the Moon's own radius is 0.26


def test_times_outside_the_orbit_are_refused(orbit):
    for t in (orbit.start - 1.0, orbit.stop + 1.0, np.nan):
        with pytest.raises(BadInput, match=r"2018-12-20T00:00:00Z to 2020-02-20T18:00:00Z"):
            orbit.position([START, t])


def test_saved_orbit_is_the_same_and_so_are_its_bytes(orbit, tmp_path):
    orbit.save(tmp_path / "a.npz")
    orbit.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    t = np.linspace(orbit.start, orbit.stop, 50)
    np.testing.assert_array_equal(RelayOrbit.load(tmp_path / "a.npz").position(t), orbit.position(t))


def test_damaged_orbit_file_is_named(tmp_path):
    (tmp_path / "halo.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(DamagedFile, match=r"halo\.npz: not a relay orbit"):
        RelayOrbit.load(tmp_path / "halo.npz")


def test_same_request_gives_the_same_bits():
    first, second = (solve_halo("2024-04-06", revolutions=3, phase=0.25) for _ in range(2))
    np.testing.assert_array_equal(first.series.records, second.series.records)


def test_no_revolutions_are_refused():
    with pytest.raises(BadInput, match="revolutions"):
        solve_halo(revolutions=0)


def test_extremes_are_those_of_a_dense_sample(orbit):
    t = np.linspace(orbit.start, orbit.stop, 300_000)
    distance, speed = np.linalg.norm(orbit.position(t), axis=1), np.linalg.norm(orbit.velocity(t), axis=1)
    np.testing.assert_allclose(orbit.extremes, (distance.min(), distance.max(), speed.max()), rtol=1e-3)


def test_the_first_year_of_chang_e_4_meets_the_reference_orbit():
    assert halo_covering(utc_to_t("2019-01-03"), utc_to_t("2020-01-03")) == ("2018-12-20T00:00:00Z", 29)


@given(st.floats(utc_to_t("1970-01-01"), utc_to_t("2045-01-01")), st.floats(60.0, 4e7))
def test_any_span_is_covered_with_a_day_to_spare_and_short_ones_share_an_orbit(t0, length):
    start, stop = halo_span(*halo_covering(t0, t0 + length))
    assert start <= t0 - 86_399.0
    assert stop >= t0 + length + 86_399.0
    if halo_covering(t0, t0 + length)[1] == 58:
        assert halo_covering(t0, t0 + 0.5 * length) == halo_covering(t0, t0 + length)


@pytest.mark.parametrize("year", [1970, 2027, 2044])
def test_orbits_of_other_years_join_and_stay_in_range(year):
    t0 = utc_to_t(f"{year}-03-01")
    made = solve_halo(*halo_covering(t0, t0 + 3e6))
    nearest, farthest, _ = made.extremes
    assert 45_000 < nearest < 48_000
    assert 78_000 < farthest < 80_000


def test_spans_no_orbit_is_made_for_are_refused():
    t0 = utc_to_t("2024-01-01")
    with pytest.raises(BadInput, match="at most ten years"):
        halo_covering(t0, t0 + 12 * 3.2e7)
    with pytest.raises(BadInput, match="58 revolutions has a time from 1900-01-01 to 2050-12-31"):
        halo_covering(utc_to_t("2050-04-01"), utc_to_t("2050-06-01"))
