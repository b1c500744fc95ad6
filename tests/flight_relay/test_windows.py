"""The window search against known roots and against SPICE's published events."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from farside import sky
from farside.flight import crossings, spans
from farside.geometry import t_to_utc, utc_to_t

YEAR = utc_to_t("2019-01-03"), utc_to_t("2020-01-03")
RISES_AND_SETS = [
    "2019-01-13T20:50:26",
    "2019-01-28T16:14:41",
    "2019-02-12T12:56:27",
    "2019-02-27T04:58:16",
    "2019-03-14T03:59:30",
    "2019-03-28T17:33:57",
    "2019-04-12T17:23:41",
    "2019-04-27T06:04:33",
    "2019-05-12T05:01:31",
    "2019-05-26T18:31:48",
    "2019-06-10T15:12:48",
    "2019-06-25T06:57:41",
    "2019-07-10T00:37:08",
    "2019-07-24T19:25:12",
    "2019-08-08T10:04:18",
    "2019-08-23T07:57:31",
    "2019-09-06T20:23:49",
    "2019-09-21T20:36:13",
    "2019-10-06T08:14:24",
    "2019-10-21T09:20:44",
    "2019-11-04T21:53:28",
    "2019-11-19T22:09:30",
    "2019-12-04T13:09:27",
    "2019-12-19T11:02:06",
]


@settings(max_examples=50)
@given(st.floats(2000, 90000), st.floats(0, 6.28), st.floats(-0.8, 0.8))
def test_every_crossing_of_a_wave_is_found_to_a_millisecond(period, phase, level):
    t0 = 6e8
    span = 10.3 * period

    def f(t):
        return np.sin(2 * np.pi * (t - t0) / period + phase) - level

    found = crossings(f, t0, t0 + span, period / 20)
    up = (np.arcsin(level) - phase) / (2 * np.pi) * period + period * np.arange(-2, 14)
    down = (np.pi - np.arcsin(level) - phase) / (2 * np.pi) * period + period * np.arange(-2, 14)
    exact = np.sort(np.concatenate([up, down]))
    assume(min(np.abs(exact).min(), np.abs(exact - span).min()) > 1e-3)  # at the very edge it may fall to either side
    exact = exact[(exact > 0) & (exact < span)]
    np.testing.assert_allclose(found - t0, exact, atol=1e-3)
    for start, end in spans(f, t0, t0 + span, period / 20):
        assert f(np.array([(start + end) / 2]))[0] > 0


def test_windows_open_at_the_edges_are_cut_there():
    assert spans(lambda t: np.ones_like(t), 0.0, 10.0, 1.0) == [(0.0, 10.0)]
    assert spans(lambda t: -np.ones_like(t), 0.0, 10.0, 1.0) == []
    (first, second) = spans(lambda t: np.abs(t - 5.0) - 2.0, 0.0, 10.0, 1.0)
    np.testing.assert_allclose([*first, *second], [0.0, 3.0, 7.0, 10.0], atol=1e-3)


def test_sun_rises_and_sets_at_the_site_when_tabled(site):
    found = crossings(lambda t: sky.sun_direction(site, t)[:, 2], *YEAR, 21600.0)
    assert len(found) == 24
    for t, utc in zip(found, RISES_AND_SETS, strict=True):
        assert abs(t - utc_to_t(utc)) < 0.6
    assert [t_to_utc(t, 1) for t in found[:2]] == ["2019-01-13T20:50:26.1Z", "2019-01-28T16:14:41.4Z"]
    assert len(spans(lambda t: sky.sun_direction(site, t)[:, 2], *YEAR, 21600.0)) == 13


def test_sun_over_a_terrain_mask_rises_and_sets_24_times(site):
    node = np.arange(361.0)
    mask = (
        1.2
        + 0.9 * np.sin(np.radians(2 * node + 40))
        + 0.7 * np.sin(np.radians(5 * node))
        + 1.2 * np.exp(-(((node - 20) / 8) ** 2))
    )

    def above(t):
        v = sky.sun_direction(site, t)
        azimuth = np.degrees(np.arctan2(v[:, 0], v[:, 1])) % 360
        return np.degrees(np.arcsin(v[:, 2])) - np.interp(azimuth, node, mask)

    hourly, coarse = crossings(above, *YEAR, 3600.0), crossings(above, *YEAR, 21600.0)
    assert len(hourly) == 24
    np.testing.assert_allclose(hourly, coarse, atol=2e-3)
