"""The window search against known roots, and intervals against sets."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from farside import sky
from farside.flight import Question, ask, crossings, gaps, overlap, spans, union
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


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(0.0, 6.28), st.floats(1.0, 40.0)), min_size=1, max_size=4),
    st.floats(-1.0, 1.0),
)
def test_a_smooth_question_misses_nothing_however_wide_its_first_grid(waves, level):
    day, t0 = 86400.0, 6e8

    def f(t):
        total = sum(a * np.sin(2 * np.pi * n * (t - t0) / (10 * day) + phase) for a, phase, n in waves)
        return total - level * sum(a for a, _, _ in waves)

    bend = sum(a * (2 * np.pi * n / (10 * day)) ** 2 for a, _, n in waves)
    question = Question(lambda rows: rows, bend=bend)
    (answer,) = ask(f, [question], t0, t0 + 10 * day, 3 * day)
    dense = np.linspace(t0, t0 + 10 * day, 43201)  # every 20 s, as short as counts
    positive = f(dense) > 0
    edges = np.concatenate([[t0 - 1.0], np.array(answer.times), [t0 + 10 * day + 1.0]])
    inside = np.searchsorted(edges, dense) % 2 == (1 if answer.at_start else 0)
    far = np.abs(edges[:, None] - dense[None, ::7]).min(axis=0) > 1.0
    np.testing.assert_array_equal(inside[::7][far], positive[::7][far])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(-3.0, 3.0))
def test_a_question_with_corners_misses_nothing_longer_than_what_counts(seed, level):
    rng = np.random.default_rng(seed)
    nodes = np.sort(rng.uniform(0.0, 1e5, 60))
    nodes = nodes[np.concatenate([[True], np.diff(nodes) > 100.0])]
    heights = np.cumsum(rng.normal(0, 1, len(nodes)))
    rate = np.abs(np.diff(heights) / np.diff(nodes)).max()

    def f(t):
        return np.interp(t, nodes, heights) - level

    (answer,) = ask(f, [Question(lambda rows: rows, rate=rate)], 0.0, 1e5, 5e4)
    crossed = np.nonzero((heights[1:] - level > 0) != (heights[:-1] - level > 0))[0]
    exact = [
        nodes[k] + (level - heights[k]) / (heights[k + 1] - heights[k]) * (nodes[k + 1] - nodes[k]) for k in crossed
    ]
    assume(len(exact) < 2 or np.diff(exact).min() > 40.0)
    np.testing.assert_allclose(answer.times, exact, atol=1e-3)


def test_questions_about_one_view_are_answered_as_if_asked_alone():
    looks = []

    def view(t):
        looks.append(len(t))
        return np.column_stack([np.sin(t / 7000.0), np.cos(t / 9000.0)])

    questions = [
        Question(lambda rows: rows[:, 0] - 0.2, bend=1.0 / 7000.0**2),
        Question(lambda rows: rows[:, 1], bend=1.0 / 9000.0**2),
        Question(lambda rows: rows[:, 0] + 2.0, bend=1.0 / 7000.0**2),
    ]
    together = ask(view, questions, 0.0, 1e5, 8000.0)
    together_looks = sum(looks)
    looks.clear()
    alone = [ask(view, [question], 0.0, 1e5, 8000.0)[0] for question in questions]
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_allclose(a.times, b.times, atol=1e-3)
        assert a.spans[0][0] == b.spans[0][0]
    assert together[2].spans == [(0.0, 1e5)]
    assert together_looks < sum(looks)


def test_begins_and_ends_alternate_from_the_side_it_starts_on():
    answer = ask(lambda t: np.sin(t), [Question(lambda rows: rows, bend=1.0)], 1.0, 20.0, 1.0, shortest_s=0.1)[0]
    np.testing.assert_allclose(answer.ends, np.pi * np.array([1, 3, 5]), atol=1e-3)
    np.testing.assert_allclose(answer.begins, np.pi * np.array([2, 4, 6]), atol=1e-3)
    assert answer.at_start


INTERVALS = st.lists(st.integers(0, 60), max_size=12, unique=True).map(
    lambda edges: [(float(a), float(b)) for a, b in zip(*[iter(sorted(edges))] * 2, strict=False)]
)


@given(INTERVALS, INTERVALS)
def test_intervals_behave_as_the_sets_they_are(some, others):
    def members(spans_):
        return {k for k in range(60) for a, b in spans_ if a <= k < b}

    assert members(overlap(some, others)) == members(some) & members(others)
    assert members(union(some, others)) == members(some) | members(others)
    assert members(gaps(some, 0.0, 60.0)) == set(range(60)) - members(some)
