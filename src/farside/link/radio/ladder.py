"""Rate choice: which rung of a ladder of rates is used when, so that the margin never falls below what is wanted.

    margin of a rung   wanted + hysteresis ----+----- goes up here
                       wanted             -----+----- and down here, at once

The geometry is known ahead, so a rate goes up only where it will hold for the least dwell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.link.radio.budget import budget
from farside.link.radio.radio import Link
from farside.link.radio.sight import sight
from farside.sky import Motion

Array = NDArray[np.float64]

STEP_S = 60.0
"""Margins are looked at so often: between, they change by less than 0.01 dB."""


class Piece(NamedTuple):
    """A rate in use from start to end, TDB s past J2000."""

    start: float
    end: float
    rate_bps: float


def rungs(margins: Array, wanted_db: float, hysteresis_db: float, dwell: int) -> NDArray[np.intp]:
    """Rung used in each step between times: 0 for none, 1 for the lowest, shape (n - 1,).

    margins: of each rung at n times, shape (rungs, n). dwell: steps for which a rate has to hold to be gone up to.
    """
    from scipy.ndimage import grey_opening

    step = np.minimum(margins[:, :-1], margins[:, 1:])
    holds, rises = step >= wanted_db, step >= wanted_db + hysteresis_db
    rises[:, 0] = holds[:, 0]  # nothing was used before that it could be compared with
    # a rung is on since it last rose, unless it has fallen since
    count = np.arange(step.shape[1])
    rose, fell = (np.maximum.accumulate(np.where(so, count, -1), axis=1) for so in (rises, ~holds))
    allowed = (rose > fell).sum(axis=0)
    # an opening keeps what is at least so wide and never exceeds what is allowed; the lowest rung needs no dwell
    width = max(1, min(dwell, step.shape[1]))
    opened = grey_opening(allowed, size=width, mode="constant", cval=0)
    return np.maximum(opened, np.minimum(allowed, 1))


def rate_pieces(link: Link, places: Mapping[str, Motion], start: float, end: float) -> list[Piece]:
    """Rates of a link in a contact from start to end, TDB s past J2000; gaps where not even the lowest rung holds.

    places: as in ``sight``. A ``least_dwell_s`` longer than the contact gives it one rate.
    """
    radio, rates = link.radio, link.hop.rates_bps
    t = np.linspace(start, end, max(2, int(np.ceil((end - start) / STEP_S)) + 1))
    found = budget(link, sight(link, places, t))
    margins = np.array([np.broadcast_to(found.margin_db(rate), t.shape) for rate in rates])
    dwell = int(np.ceil(min(radio.least_dwell_s, end - start) / (t[1] - t[0])))
    used = rungs(margins, radio.wanted_margin_db, radio.hysteresis_db, dwell)
    edges = [0, *(np.flatnonzero(np.diff(used)) + 1), len(used)]
    return [Piece(float(t[a]), float(t[b]), rates[used[a] - 1]) for a, b in pairwise(edges) if used[a]]


def volume_per_day(pieces: Iterable[Piece], start: float, end: float) -> Array:
    """Octets that pieces carry in each day from start to end (the last may be short), shape (days,)."""
    days = np.arange(start, end, 86_400.0)
    octets = np.zeros(len(days))
    for piece in pieces:
        shared = np.minimum(piece.end, np.append(days[1:], end)) - np.maximum(piece.start, days)
        octets += np.maximum(shared, 0.0) * piece.rate_bps / 8
    return octets
