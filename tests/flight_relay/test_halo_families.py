"""The halo families of L1 and L2: catalogue and published members, folds, ends, and the member one asks for."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import imread
from scipy.integrate import solve_ivp

from farside.errors import BadInput
from farside.flight import Halo, halo_family, halo_orbit
from farside.flight.charts import families_chart
from farside.flight.continuation import QUANTITIES
from farside.flight.cr3bp import LU_KM, MOON, MU, TU_S
from farside.flight.halo import CATALOGUE, southern_halo

DAYS = TU_S / 86_400.0

# Documentation of the JPL Three-Body Periodic Orbits API, version 1.0 (2020): the Earth-Moon L1 northern halo family.
JPL_L1_GREATEST_JACOBI, JPL_L1_GREATEST_STABILITY = 3.1743435193301153, 1180.4065333857613
JPL_L1_LEAST_PERIOD = 1.8036720655626510


def of_row(x0, z0, vy0, period):
    return np.array([x0, z0, vy0, period])


def numbers(halo):
    return of_row(halo.x0, halo.z0, halo.vy0, halo.period)


@pytest.mark.parametrize("row", CATALOGUE)
def test_every_row_of_the_catalogue_is_met_by_its_period(row):
    # the first row is nearly planar: a rounding of its residual moves it along the family by 1e-12
    np.testing.assert_allclose(numbers(halo_orbit(branch="northern", period_days=row[3] * DAYS)), row, atol=1e-10)


@pytest.mark.parametrize("row", CATALOGUE[1:-1])
def test_rows_of_the_catalogue_are_met_by_amplitude_energy_and_perilune(row):
    known = Halo(*row)
    for asked in ("z_amplitude_km", "jacobi", "perilune_km"):
        found = halo_orbit(branch="northern", **{asked: getattr(known, asked)})
        np.testing.assert_allclose(numbers(found), row, atol=1e-9)


def test_queqiaos_member_is_the_one_the_mission_grows_from():
    asked, grown = halo_orbit(z_amplitude_km=13_000.0), southern_halo(13_000.0)
    np.testing.assert_allclose(numbers(asked), numbers(grown), atol=1e-13)
    assert asked.closure() < 1e-12


def test_the_near_rectilinear_orbit_of_the_gateway_is_found_by_its_period():
    # Zimovan Spreen 2021 (dissertation, Purdue, p. 245): period 1.50206, Jacobi 3.04719, of a mu near ours
    halo = halo_orbit(period_days=1.50206 * DAYS)
    np.testing.assert_allclose((halo.x0, halo.z0, halo.vy0), (1.02134, -0.18162, -0.10176), atol=1e-5)
    assert halo.jacobi == pytest.approx(3.04719, abs=5e-6)
    assert np.abs(halo.stability_indices).max() < 1.5


def test_l1_family_has_the_published_stability_at_the_published_energy():
    halo = halo_orbit("L1", "northern", jacobi=JPL_L1_GREATEST_JACOBI)
    assert halo.stability == pytest.approx(JPL_L1_GREATEST_STABILITY, rel=1e-10)
    assert halo.z0 > 0.0
    assert halo.x0 < MOON[0]


def test_l1_familys_least_period_is_the_published_one():
    least = halo_family("L1").span("period_days")[0] / DAYS
    # the published one is the least of a list of members, so a little above the fold
    assert 0.0 < JPL_L1_LEAST_PERIOD - least < 1e-6


@pytest.mark.parametrize("point", ["L1", "L2"])
def test_families_begin_in_the_plane_where_vertical_stability_is_lost(point):
    planar = halo_family(point).halo(halo_family(point).members[0])
    assert planar.z0 == 0.0
    assert planar.closure() < 1e-11
    larger, smaller = planar.stability_indices
    assert larger > 500.0
    assert smaller == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("point", ["L1", "L2"])
def test_families_end_where_perilune_grazes_the_moon(point):
    last = halo_family(point).halo(halo_family(point).members[-1])
    assert last.perilune_km == pytest.approx(1737.4, abs=1e-6)


@pytest.mark.parametrize("point", ["L1", "L2"])
def test_members_close_and_their_far_apex_and_perilune_are_extremes(point):
    family = halo_family(point)
    for member in family.members[1::7]:
        halo = family.halo(member, "southern")
        assert halo.closure() < 1e-10
        states = halo.states(np.arange(400) / 400)
        distance = np.linalg.norm(states[:, :3] - MOON, axis=1) * LU_KM
        assert distance.argmax() == 0
        assert distance.argmin() == 200
        assert distance[200] == pytest.approx(halo.perilune_km, rel=1e-10)
        assert states[:, 2].min() == pytest.approx(-halo.z_amplitude_km / LU_KM, abs=1e-14)


@pytest.mark.parametrize("point", ["L1", "L2"])
def test_values_of_a_member_are_those_of_its_orbit(point):
    family = halo_family(point)
    for member in family.members[::9]:
        halo = family.halo(member)
        np.testing.assert_allclose(member.values, [getattr(halo, name) for name in QUANTITIES], rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("point", ["L1", "L2"])
def test_slopes_of_a_member_are_the_way_to_the_next(point):
    members = halo_family(point).members
    for before, after in pairwise(members):
        gap = before.tangent @ (after.x - before.x)
        mean = (before.slopes + after.slopes) / 2.0
        size = np.abs(before.slopes) + np.abs(after.slopes)
        np.testing.assert_array_less(np.abs((after.values - before.values) / gap - mean), 0.1 * size + 1e-9)


def test_l2_family_has_one_fold_of_amplitude_and_one_of_energy_and_none_of_period():
    family = halo_family("L2")
    assert [len(family.folds(name)) for name in QUANTITIES] == [1, 0, 1, 0]
    highest = family.halo(family.folds("z_amplitude_km")[0])
    assert highest.z_amplitude_km == pytest.approx(family.span("z_amplitude_km")[1])


@pytest.mark.parametrize(
    ("point", "asked", "count"), [("L2", {"z_amplitude_km": 75_000.0}, 2), ("L1", {"jacobi": 3.0002}, 3)]
)
def test_members_on_all_sides_of_folds_are_counted_from_the_plane_on(point, asked, count):
    found = [halo_orbit(point, which=k, **asked) for k in range(count)]
    perilunes = [halo.perilune_km for halo in found]
    assert perilunes == sorted(perilunes, reverse=True)
    assert np.diff(perilunes).max() < -1000.0
    [(name, value)] = asked.items()
    for halo in found:
        assert getattr(halo, name) == pytest.approx(value, rel=1e-11)
    with pytest.raises(BadInput, match=f"which: {count}; expected 0 to {count - 1}: {count} members"):
        halo_orbit(point, which=count, **asked)


def test_just_below_a_fold_both_members_are_found_though_no_two_neighbours_span_them():
    fold = halo_family("L2").span("z_amplitude_km")[1]
    sampled = max(member.values[0] for member in halo_family("L2").members)
    between = (fold + sampled) / 2.0
    assert sampled < between < fold
    before, after = (halo_orbit(z_amplitude_km=between, which=k) for k in (0, 1))
    assert before.period > after.period


def test_northern_and_southern_branches_are_mirror_images():
    north, south = (halo_orbit(branch=branch, perilune_km=5000.0) for branch in ("northern", "southern"))
    phases = np.linspace(0.0, 1.0, 7)
    np.testing.assert_allclose(north.states(phases), south.states(phases) * [1, 1, -1, 1, 1, -1], atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.0, 1.0), st.sampled_from(["L1", "L2"]), st.sampled_from(QUANTITIES))
def test_whatever_value_in_its_range_is_asked_for_the_orbit_closes_and_has_it(share, point, name):
    low, high = halo_family(point).span(name)
    value = low + share * (high - low)
    halo = halo_orbit(point, **{name: value})
    assert halo.point == point
    assert getattr(halo, name) == pytest.approx(value, rel=1e-10, abs=1e-9)
    assert halo.closure() < 1e-9


@pytest.mark.parametrize("name", QUANTITIES)
def test_values_outside_the_family_are_refused_with_a_range_whose_ends_can_be_asked_for(name):
    with pytest.raises(BadInput, match=f"halo: {name}: 1000000000.0") as refused:
        halo_orbit("L1", **{name: 1e9})
    for end in re.findall(r"[\d,.]+\d", refused.value.expected)[:2]:
        halo_orbit("L1", **{name: float(end.replace(",", ""))})


def test_questions_with_no_single_answer_are_refused():
    for asked in ({}, {"jacobi": 3.0, "perilune_km": 3000.0}):
        with pytest.raises(BadInput, match="expected one of z_amplitude_km, period_days, jacobi, perilune_km"):
            halo_orbit(**asked)
    for wrong in ({"point": "L3"}, {"branch": "eastern"}, {"which": -1}):
        with pytest.raises(BadInput, match=next(iter(wrong))):
            halo_orbit(perilune_km=5000.0, **wrong)
    with pytest.raises(BadInput, match="period_days: nan"):
        halo_orbit(period_days=float("nan"))


def test_stability_indices_are_those_of_an_independent_monodromy_matrix():
    halo = halo_orbit("L1", period_days=8.5)

    def motion(_, s):
        x, y, z, vx, vy, vz = s
        earth, moon = (
            (1.0 - MU) / np.hypot(np.hypot(x + MU, y), z) ** 3,
            MU / np.hypot(np.hypot(x - MOON[0], y), z) ** 3,
        )
        ax = x + 2.0 * vy - earth * (x + MU) - moon * (x - MOON[0])
        return [vx, vy, vz, ax, y - 2.0 * vx - (earth + moon) * y, -(earth + moon) * z]

    def after(start):
        return solve_ivp(motion, (0.0, halo.period), start, method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1]

    h = 1e-5
    columns = [(after(halo.start + h * unit) - after(halo.start - h * unit)) / (2.0 * h) for unit in np.eye(6)]
    eigenvalues = np.linalg.eigvals(np.array(columns).T)
    indices = np.sort(((eigenvalues + 1.0 / eigenvalues) / 2.0).real)
    expected = [indices[0], indices[-1] if abs(indices[-1] - 1.0) > 1e-3 else indices[2]]
    np.testing.assert_allclose(np.sort(halo.stability_indices), np.sort(expected), rtol=1e-5)
    assert halo.stability == pytest.approx(np.abs(halo.stability_indices).max(), rel=1e-9)


def test_chart_of_the_families_shows_orbits_in_every_panel_and_is_the_same_each_time(tmp_path):
    first, second = (families_chart(tmp_path / f"{name}.png").read_bytes() for name in "ab")
    assert first == second
    image = imread(tmp_path / "a.png")[..., :3]
    height, width = image.shape[:2]
    for rows in (slice(0, height // 2), slice(height // 2, None)):
        for columns in (slice(0, int(0.46 * width)), slice(int(0.46 * width), int(0.92 * width))):
            blue, vermilion = (
                np.all(np.abs(image[rows, columns] - np.array(colour) / 255.0) < 0.02, axis=-1).sum()
                for colour in ((0x56, 0xB4, 0xE9), (0xD5, 0x5E, 0x00))
            )
            assert blue > 20
            assert vermilion > 20
