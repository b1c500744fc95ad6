"""What one relay gives a site: when it is in view, when stations hear it, and when it loses Earth or Sun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from farside.errors import BadInput
from farside.flight import views
from farside.flight.contacts import Station
from farside.flight.coverage.track import Track, track
from farside.flight.eclipses import BODIES, eclipses
from farside.flight.relay import RelayOrbit
from farside.flight.views import STEP, View
from farside.flight.windows import SHORTEST_S, Question, Span, ask, gaps, overlap, union
from farside.geometry import Site, time_text
from farside.moon import Horizon

BEYOND_S = 60.0
"""The orbit must reach this far beyond the span: light leaves before it arrives."""
_STATION_STEP = np.radians(45.0)
_TRACK_TURN, _TRACK_S = 0.02, (60.0, 900.0)
_TRACK_MOST = 600_000  # steps: those of a year by minutes
_PIECE_S = 30.0 * 86_400.0
_FAST = 10.0  # grid steps of SHORTEST_S


@dataclass(frozen=True)
class Service:
    """One relay between ``start`` and ``stop`` (TDB s past J2000); all spans in order, to better than a millisecond.

    site: the relay stands over the skyline and the least elevation at the site; stations: by name, it stands over the
    station's least elevation and not behind the Moon; hidden: it is behind the Moon for the Earth's centre; eclipses:
    by "earth" and "moon", that body covers any of the Sun there.
    """

    name: str
    orbit: RelayOrbit
    start: float
    stop: float
    site: tuple[Span, ...]
    stations: dict[str, tuple[Span, ...]]
    hidden: tuple[Span, ...]
    eclipses: dict[str, tuple[Span, ...]]
    track: Track

    @cached_property
    def any_station(self) -> list[Span]:
        """When one station or more can hear the relay."""
        return union(*self.stations.values())

    @cached_property
    def home(self) -> list[Span]:
        """When site, relay and a station are in line of sight, one after the other."""
        return overlap(self.site, self.any_station)


def check_covers(name: str, orbit: RelayOrbit, start: float, stop: float) -> None:
    """Raise BadInput where an orbit does not reach a minute beyond both ends of a span, TDB s past J2000."""
    if orbit.start > start - BEYOND_S or orbit.stop < stop + BEYOND_S:
        covered = f"{time_text(orbit.start + BEYOND_S)} to {time_text(orbit.stop - BEYOND_S)}"
        span = f"{time_text(start)} to {time_text(stop)}"
        raise BadInput(name, "span", span, f"a span within {covered}, which the orbit covers with a minute to spare")


def track_step(orbits: Sequence[RelayOrbit]) -> float:
    """Seconds between samples that show the course of the fastest of some relays."""
    turn = max(speed / nearest for nearest, _, speed in (orbit.extremes for orbit in orbits))
    return float(np.clip(_TRACK_TURN / turn, *_TRACK_S))


def service(
    name: str,
    orbit: RelayOrbit,
    site: Site,
    stations: Sequence[Station],
    start: float,
    stop: float,
    *,
    mask_deg: float = 5.0,
    horizon: Horizon | None = None,
    step_s: float | None = None,
) -> Service:
    """What a relay gives a site from start to stop (TDB s past J2000).

    mask_deg: least elevation at the site. horizon: its skyline; None: level. step_s: of the track; None: what
    ``track_step`` says, longer where that would be too many. Raises BadInput where the orbit does not reach a minute
    beyond both ends, and at times without ephemeris.
    """
    check_covers(name, orbit, start, stop)
    steps = int(np.ceil((stop - start) / (step_s or track_step([orbit]))))
    n = min(max(1, steps), _TRACK_MOST) + 1
    return Service(
        name,
        orbit,
        start,
        stop,
        _at_site(orbit, site, mask_deg, horizon, start, stop),
        {station.name.lower(): _at_station(orbit, station, start, stop) for station in stations},
        _hidden(orbit, start, stop),
        _eclipses(orbit, start, stop),
        track(orbit, site, np.linspace(start, stop, n)),
    )


def _at_site(
    orbit: RelayOrbit, site: Site, mask_deg: float, horizon: Horizon | None, start: float, stop: float
) -> tuple[Span, ...]:
    view, least = views.relay_from(orbit, site), float(np.radians(mask_deg))
    question = views.above(view, least) if horizon is None else views.in_view(view, horizon, least)
    return _spans(view, [question], start, stop, STEP)[0]


def _at_station(orbit: RelayOrbit, station: Station, start: float, stop: float) -> tuple[Span, ...]:
    view = views.relay_from_station(orbit, station)
    questions = [
        views.passes(view, float(np.radians(station.min_elevation_deg))),
        views.behind_moon(view.turn - views.EARTH_SPIN),
    ]
    up, behind = _spans(view, questions, start, stop, _STATION_STEP)
    return tuple(overlap(up, gaps(behind, start, stop)))


def _hidden(orbit: RelayOrbit, start: float, stop: float) -> tuple[Span, ...]:
    view = views.relay_from_earth(orbit)
    return _spans(view, [views.behind_moon(view.turn)], start, stop, STEP)[0]


def _eclipses(orbit: RelayOrbit, start: float, stop: float) -> dict[str, tuple[Span, ...]]:
    found = eclipses(orbit, start, stop)
    return {body: tuple((one.start, one.stop) for one in found if one.by == body) for body in BODIES}


def _spans(view: View, questions: Sequence[Question], start: float, stop: float, turn: float) -> list[tuple[Span, ...]]:
    """Answers over a span; piece by piece, so that a decade of a fast relay needs no more memory than a month.

    A relay that passes a few hundred kilometres overhead turns so fast there that bounds on its turn say nothing
    anywhere; it is looked at every ``SHORTEST_S`` instead, the shortest interval that ``ask`` answers for.
    """
    step = turn / view.turn
    if step < _FAST * SHORTEST_S:
        questions, step = [Question(question.of) for question in questions], SHORTEST_S
    edges = np.linspace(start, stop, max(1, int(np.ceil((stop - start) / _PIECE_S))) + 1)
    pieces = [ask(view, questions, a, b, step) for a, b in pairwise(edges.tolist())]
    return [tuple(union(*(piece[k].spans for piece in pieces))) for k in range(len(questions))]
