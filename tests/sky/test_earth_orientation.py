"""The Earth's orientation: measured as SPICE has it, and carried on past the tables as well as it says."""

import numpy as np
import pytest
import spiceypy

from farside import sky
from farside.errors import BadInput, DamagedFile
from farside.geometry import kernel_path, t_to_utc, utc_to_t
from farside.sky.earth import EARTH_SPIN, EarthOrientation, _celestial_pole, installed_orientation
from farside.sky.eop import ARCSEC, DAY_S, EopSeries, installed_series, read_finals, rule

TIMES = np.linspace(utc_to_t("2018-01-01"), utc_to_t("2022-01-01"), 211)
FINALS = kernel_path("astropy_iers_data", "data/finals2000A.all")


def turn(a, b):
    """Small rotation vectors (n, 3) from b to a, radians."""
    d = a @ np.swapaxes(b, -1, -2)
    return np.stack([d[:, 2, 1] - d[:, 1, 2], d[:, 0, 2] - d[:, 2, 0], d[:, 1, 0] - d[:, 0, 1]], axis=1) / 2


def angle(a, b):
    return np.linalg.norm(turn(a, b), axis=1)


def test_measured_orientation_is_that_of_spice(spice):
    times = np.concatenate([TIMES, np.linspace(utc_to_t("1962-02-01"), installed_orientation().end, 200)])
    oracle = np.array([spiceypy.pxform("J2000", "ITRF93", t) for t in times])
    np.testing.assert_allclose(sky.earth_rotation(times), oracle, rtol=0, atol=3e-12)


def test_celestial_pole_between_its_nodes_is_that_of_erfa():
    import erfa

    t = np.random.default_rng(1).uniform(utc_to_t("2026-08-08"), utc_to_t("2050-12-30"), 300)
    exact = np.column_stack(erfa.xys06a(2451545.0, t / DAY_S))
    np.testing.assert_allclose(_celestial_pole(t), exact, rtol=0, atol=1e-14)


def test_models_agree_with_the_kernel_where_both_are_measured():
    # joined in 1995 with the series as measured: 31 years of two analyses, in frames that drift apart
    installed = installed_orientation()
    early = EarthOrientation(installed.segments, installed_series, utc_to_t("1995-01-01"))
    t = np.linspace(utc_to_t("1995-01-02"), installed.end, 3000)
    apart = turn(early.rotation(t), sky.earth_rotation(t)) / ARCSEC * 1e3
    years = (t - t[0]) / (365.25 * DAY_S)
    line = np.polynomial.polynomial.polyfit(years, apart, 1)
    assert np.linalg.norm(line[1]) == pytest.approx(
        0.23, abs=0.03
    )  # mas a year; 0.23 is ITRF2014 to ITRF93 as published
    assert np.std(apart - (line[0] + years[:, None] * line[1]), axis=0).max() < 0.6


def test_no_step_where_the_kernel_ends():
    end = installed_orientation().end
    h = np.array([-1e-3, 0.0, 1e-3])
    around = sky.earth_rotation(end + h)
    turned = turn(around[1:], around[:-1])
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), EARTH_SPIN * 1e-3, rtol=0, atol=1e-11)
    # bare, the series would jump by 7 mas, 0.2 m on the ground: that much ITRF93 has drifted away
    assert np.linalg.norm(turn(installed_orientation()._join[None], np.eye(3)[None])) / ARCSEC == pytest.approx(
        0.0073, abs=0.001
    )


def test_rotation_goes_on_evenly_to_2050():
    t = np.arange(installed_orientation().end - 5 * DAY_S, utc_to_t("2050-12-29"), 43200.0)
    r = sky.earth_rotation(t)
    np.testing.assert_allclose(r @ np.swapaxes(r, 1, 2), np.broadcast_to(np.eye(3), r.shape), atol=1e-14)
    # a day turns it once and by 0.99 degrees; one day and the next differ by the tides in their length, 0.2 ms
    day = angle(r[2:], r[:-2])
    assert np.abs(np.diff(day)).max() < 2e-8
    assert np.ptp(day) < 4e-7
    assert day.mean() == pytest.approx(np.sin(EARTH_SPIN * DAY_S - 2 * np.pi), rel=1e-4)


LEADS = (1, 3, 10, 30, 90, 365, 1461, 3652, 7305)
STARTS = [utc_to_t(f"{year}-{1 + 5 * year % 12:02d}-11") for year in range(1980, 2026)]


@pytest.fixture(scope="module")
def missed():
    """Of extrapolations begun at STARTS: the miss in units of the stated error, for each lead a list."""
    installed = installed_orientation()
    found = {lead: [] for lead in LEADS}
    for start in STARTS:
        known = installed.until(start)
        t = start + DAY_S * np.array(LEADS)
        t = t[t < installed.end]
        ratio = angle(known.rotation(t), sky.earth_rotation(t)) / known.error(t)
        for lead, r in zip(LEADS, ratio, strict=False):
            found[lead].append(r)
    return found


@pytest.mark.parametrize("lead", LEADS)
def test_extrapolations_from_the_past_came_out_as_wrong_as_they_said(missed, lead):
    ratio = np.array(missed[lead])
    assert len(ratio) >= 25
    assert 0.6 < np.sqrt(np.mean(ratio**2)) < 1.5
    assert ratio.max() < 4.0


def test_extrapolations_stay_within_three_sigma(missed):
    every = np.concatenate([missed[lead] for lead in LEADS])
    assert np.mean(every < 3.0) > 0.98
    assert np.mean(every < 1.0) == pytest.approx(0.68, abs=0.1)


def test_iers_predictions_and_our_rule_differ_by_less_than_three_sigma():
    series = installed_series()
    ours = series.until(series.t[series.measured - 1])
    t = series.t[series.measured :]
    assert len(t) > 300
    days = (t - ours.t[-1]) / DAY_S
    lead, ut1_s, pole = np.array(rule()["growth"]["by_days"]).T
    difference = np.abs(ours(t) - series.values[series.measured :])
    assert np.all(difference[:, 2] < 3.0 * np.interp(days, lead, ut1_s))
    assert np.all(np.hypot(difference[:, 0], difference[:, 1]) < 3.0 * ARCSEC * np.interp(days, lead, pole))


def test_error_is_stated_in_radians_and_grows():
    end = installed_orientation().measured_until
    years = np.array([0.0, 0.1, 1.0, 5.0, 10.0, 20.0])
    error = sky.earth_orientation_error(end + years * 365.25 * DAY_S)
    assert np.all(np.diff(error) > 0)
    metres = error * 6.378e6
    assert metres[0] < 0.1
    assert metres[2] == pytest.approx(35.0, rel=0.1)
    assert metres[4] == pytest.approx(1070.0, rel=0.1)
    # measured days: 2 cm now, metres before lasers and radio telescopes
    past = sky.earth_orientation_error(utc_to_t(["1963-01-01", "1984-01-01", "2010-01-01"])) * 6.378e6
    assert past[0] > 1.0 > past[1] > 0.1 > past[2] > 0.01
    assert sky.earth_orientation_error(0.0).shape == ()


def test_stated_growth_is_what_extrapolating_the_series_gives():
    series = installed_series()
    lead, ut1_s, pole_arcsec = np.array(rule()["growth"]["by_days"][1:]).T
    steps = lead.astype(int)
    misses = []
    for k in range(2000, series.measured - 1, 120):
        known = series.until(series.t[k])
        there = k + steps[k + steps < series.measured]
        miss = np.full((len(steps), 3), np.nan)
        miss[: len(there)] = known(series.t[there]) - series.values[there]
        misses.append(miss)
    rms = np.sqrt(np.nanmean(np.array(misses) ** 2, axis=0))
    np.testing.assert_allclose(rms[:, 2], ut1_s, rtol=0.15)
    np.testing.assert_allclose(np.hypot(rms[:, 0], rms[:, 1]) / ARCSEC, pole_arcsec, rtol=0.15)


def test_a_leap_second_to_come_changes_nothing(tmp_path):
    lines = FINALS.read_text(encoding="ascii").splitlines()
    announced = tmp_path / "finals2000A.all"
    jump = 61_600.0
    jumped = [
        line[:58] + f"{float(line[58:68]) + 1.0:10.7f}" + line[68:]
        if line[57] in "IP" and float(line[7:15]) >= jump
        else line
        for line in lines
    ]
    announced.write_text("\n".join(jumped), encoding="ascii")
    found, plain = read_finals(announced), installed_series()
    assert sum(a != b for a, b in zip(lines, jumped, strict=True)) > 50
    np.testing.assert_allclose(found.values[:, 2], plain.values[:, 2], rtol=0, atol=2e-7)


def test_ut1_of_the_series_is_that_of_the_leap_second_kernel():
    series = installed_series()
    k = int(np.searchsorted(series.t, utc_to_t("2019-01-03")))
    assert t_to_utc(float(series.t[k])) == "2019-01-03T00:00:00.000Z"
    line = next(x for x in FINALS.read_text(encoding="ascii").splitlines() if x[7:15] == "58486.00")
    # UT1-TT = (UT1-UTC) - 37 - 32.184
    assert series.values[k, 2] == pytest.approx(float(line[58:68]) - 69.184, abs=1e-7)


def test_damaged_tables_are_named(tmp_path):
    table = tmp_path / "finals2000A.all"
    lines = FINALS.read_text(encoding="ascii").splitlines()
    for content in (
        ["no table"],
        lines[:9000] + lines[9005:],
        [*lines[:9000], lines[9000][:58] + "x" * 10, *lines[9001:]],
    ):
        table.write_text("\n".join(content), encoding="ascii")
        with pytest.raises(DamagedFile, match="not a table of Earth orientation"):
            read_finals(table)


def test_epochs_before_measurements_and_after_2050_are_refused():
    for utc in ("1962-01-01", "2051-02-01"):
        for f in (sky.earth_rotation, sky.earth_orientation_error):
            with pytest.raises(
                BadInput, match="1962-01-20, when measuring the Earth's orientation began, to 2050-12-31"
            ):
                f(utc_to_t(utc))


def test_a_series_carries_on_from_where_it_stood():
    series = installed_series()
    assert isinstance(series, EopSeries)
    t = series.t[-1] + np.array([-1e-3, 1e-3])
    before, after = series(t)
    np.testing.assert_allclose(before[:2], after[:2], rtol=0, atol=1e-12)
    assert before[2] == pytest.approx(after[2], abs=1e-8)


def test_a_time_gives_the_same_bits_alone_as_among_others():
    times = np.linspace(installed_orientation().end - 10 * DAY_S, utc_to_t("2050-12-30"), 50)
    for k in (0, 7, 49):
        np.testing.assert_array_equal(sky.earth_rotation(times)[k], sky.earth_rotation(times[k]))
