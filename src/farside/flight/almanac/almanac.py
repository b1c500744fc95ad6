"""The result: what happens at a site, when, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from farside.flight.almanac.place import Place
from farside.flight.windows import Span, overlap
from farside.geometry import Site, t_to_utc
from farside.moon import Horizon


@dataclass(frozen=True)
class Event:
    """One change.

    t: TDB s past J2000; lane: key of what changes; what: in words; az_deg, el_deg: of what is looked at, from where it
    is looked at (None where that says nothing); sigma_s: 1 sigma of the time; note: what else is worth knowing.
    """

    t: float
    lane: str
    what: str
    az_deg: float | None
    el_deg: float | None
    sigma_s: float
    note: str = ""

    @property
    def utc(self) -> str:
        """To the millisecond, as computed; sigma_s says how much of that is known."""
        return t_to_utc(self.t)


@dataclass(frozen=True)
class Lane:
    """One thing that is so or not: ``key`` for programs, ``title`` for people, and the spans in which it is so."""

    key: str
    title: str
    spans: tuple[Span, ...]

    @property
    def total_s(self) -> float:
        """Seconds in which it is so."""
        return sum(end - start for start, end in self.spans)

    @property
    def group(self) -> str:
        """First part of the key."""
        return self.key.split(".")[0]


@dataclass(frozen=True)
class Almanac:
    """Windows and events of a site between ``start`` and ``stop`` (TDB s past J2000).

    ground, relay: what was assumed, in words. facts: largest and smallest values by name, degrees.
    """

    place: Place
    site: Site
    horizon: Horizon
    ground: str
    relay: str
    start: float
    stop: float
    lanes: tuple[Lane, ...]
    events: tuple[Event, ...]
    facts: dict[str, float]

    @cached_property
    def by_key(self) -> dict[str, Lane]:
        """The lanes by key."""
        return {lane.key: lane for lane in self.lanes}

    def with_the_sun_up(self, lane: Lane) -> Lane:
        """A lane of eclipses at the site without those at night, where that is known; other lanes as they are."""
        if not lane.key.startswith("eclipse.site") or "sun.limb" not in self.by_key:
            return lane
        return replace(lane, spans=tuple(overlap(lane.spans, self.by_key["sun.limb"].spans)))

    def to_text(self, summary_only: bool = False) -> str:
        """A table of events, one a line, and a summary under it."""
        from farside.flight.almanac.text import text

        return text(self, summary_only)

    def to_csv(self) -> str:
        """Events: UTC, TDB, lane, words, azimuth, elevation, 1 sigma."""
        from farside.flight.almanac.tables import csv_text

        return csv_text(self)

    def to_json(self) -> str:
        """Everything, one object."""
        from farside.flight.almanac.tables import json_text

        return json_text(self)

    def to_ical(self) -> str:
        """Spans as a calendar (RFC 5545), one entry each."""
        from farside.flight.almanac.ical import calendar

        return calendar(self)

    def timeline(self, path: str | Path) -> Path:
        """Draw lanes and the Sun's course over the skyline to a PNG or SVG file. The same almanac, the same bytes."""
        from farside.flight.almanac.timeline import draw

        return draw(self, Path(path))
