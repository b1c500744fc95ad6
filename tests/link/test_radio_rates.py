"""Rates that hold: never below the margin that is wanted, never up for less than the least dwell, no flutter."""

from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.link.radio import Piece, budget, radio, rate_pieces, rungs, sight, volume_per_day

DAY = 86_400.0
STEPS_DB = np.array([0.0, 3.0, 6.0])[:, None]
"""A ladder of three rates, each with 3 dB less margin than the one below."""


def runs(used):
    return [(level, len(list(same))) for level, same in groupby(used)]


@given(
    st.lists(st.floats(-5.0, 15.0), min_size=2, max_size=60),
    st.floats(-2.0, 3.0),
    st.floats(0.0, 2.0),
    st.integers(1, 15),
)
def test_what_is_used_holds_and_what_is_gone_up_to_lasts(first, wanted, hysteresis, dwell):
    margins = np.array(first) - STEPS_DB
    used = rungs(margins, wanted, hysteresis, dwell)
    holds = np.minimum(margins[:, :-1], margins[:, 1:]) >= wanted
    for step, rung in enumerate(used):
        assert rung == 0 or holds[rung - 1, step]
    for rung in (2, 3):
        stays = [length for so, length in runs(used >= rung) if so]
        assert all(length >= min(dwell, len(used)) for length in stays)


def test_without_dwell_and_hysteresis_it_is_the_highest_that_holds():
    margins = np.linspace(-1.0, 9.0, 101) - STEPS_DB
    used = rungs(margins, 1.0, 0.0, 1)
    assert used.tolist() == (np.minimum(margins[:, :-1], margins[:, 1:]) >= 1.0).sum(axis=0).tolist()


def test_a_margin_that_trembles_about_the_threshold_does_not_make_the_rate_flutter():
    trembling = 6.1 + 0.2 * np.sin(np.arange(200.0)) - STEPS_DB  # the third rung: 0.1 dB, plus or minus 0.2
    flutter = len(runs(rungs(trembling, 0.0, 0.0, 1)))
    assert flutter > 50
    assert len(runs(rungs(trembling, 0.0, 0.5, 1))) <= 2


def test_a_contact_shorter_than_the_least_dwell_has_one_rate_which_always_holds():
    margins = np.array([7.0, 9.0, 4.0, 8.0]) - STEPS_DB
    assert rungs(margins, 0.0, 0.0, 100).tolist() == [2, 2, 2]


# Along an orbit ----------------------------------------------------------------------------------------------------


def places(away_km):
    """A site, and a relay straight above it as far as ``away_km(t)`` says."""
    return {
        "site": lambda t: np.tile([1737.4, 0.0, 0.0], (len(t), 1)),
        "relay": lambda t: np.stack([1737.4 + away_km(t), 0 * t, 0 * t], axis=1),
    }


def breathing(t):
    return 63_000.0 + 16_000.0 * np.cos(2 * np.pi * t / (14.75 * DAY))


def test_the_rover_talks_faster_when_the_relay_is_near():
    link, here = radio().link("rover-relay"), places(breathing)
    pieces = rate_pieces(link, here, 0.0, 14.75 * DAY)
    assert [piece.rate_bps for piece in pieces] == [140e3, 285e3, 140e3]
    assert pieces[0].start == 0.0 and pieces[-1].end == 14.75 * DAY
    assert all(a.end == b.start for a, b in pairwise(pieces))
    for piece in pieces:
        t = np.linspace(piece.start, piece.end, 500)
        found = budget(link, sight(link, here, t))
        assert np.all(found.margin_db(piece.rate_bps) >= 3.0 - 1e-3)
    up, down = pieces[1].start, pieces[1].end
    up_db, down_db = (budget(link, sight(link, here, np.array([t]))).margin_db(285e3)[0] for t in (up, down))
    assert up_db == pytest.approx(3.5, abs=0.01)  # wanted, and the hysteresis
    assert down_db == pytest.approx(3.0, abs=0.01)


def test_one_rate_for_the_whole_contact_where_the_dwell_is_longer():
    link = radio({"least_dwell_s": 1e9}).link("rover-relay")
    (piece,) = rate_pieces(link, places(breathing), 0.0, 14.75 * DAY)
    assert piece == Piece(0.0, 14.75 * DAY, 140e3)


def test_where_not_even_the_lowest_rate_holds_there_is_no_contact():
    link = radio({"hops": {"rover-relay": {"rates_bps": [285e3]}}}).link("rover-relay")
    (piece,) = rate_pieces(link, places(breathing), 0.0, 14.75 * DAY)
    assert 3 * DAY < piece.start < piece.end < 12 * DAY


@given(
    st.lists(st.tuples(st.floats(0.0, 1e5), st.floats(0.0, 5e4), st.floats(1.0, 1e7)), max_size=10),
    st.floats(1e3, 2e6),
)
def test_what_days_carry_is_what_the_pieces_carry(spans, end):
    pieces = [Piece(start, min(start + length, end), rate) for start, length, rate in spans if start < end]
    days = volume_per_day(pieces, 0.0, end)
    assert len(days) == int(np.ceil(end / DAY))
    assert days.sum() == pytest.approx(sum((p.end - p.start) * p.rate_bps / 8 for p in pieces), rel=1e-9, abs=1e-6)
