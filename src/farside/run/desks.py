"""The desks at work: every observation to the desk of its instrument, and what the desks report as pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from farside.control import Chart, Check, FindingRow, Footage, Lane, Page, Panorama, Picture, Series, Span, Table
from farside.errors import BadInput, FarsideError, OutOfSpace
from farside.geometry import t_to_utc, utc_to_t
from farside.products import COUNTS, DESKS, Bench, Curve, Desk, Report, Still, demand
from farside.run import story

if TYPE_CHECKING:
    import xarray as xr


@dataclass
class Arrived:
    """What has come of one instrument: records, first and last of them as (taken, received), TDB s past J2000."""

    records: int = 0
    first: tuple[float, float] = (np.inf, np.inf)
    last: tuple[float, float] = (-np.inf, -np.inf)
    spans: list[tuple[float, float]] = field(default_factory=list)

    def add(self, start: float, stop: float, received: float) -> None:
        """One more record, taken from ``start`` to ``stop``."""
        self.records += 1
        self.first, self.last = min(self.first, (start, received)), max(self.last, (start, received))
        self.spans.append((start, max(stop, start)))


class Desks:
    """All desks around one bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.reports: dict[str, Report] = {}
        self.arrived: dict[str, Arrived] = {}
        self._desks: dict[str, Desk] = {}
        self._busy: Desk | None = None

    def take(self, observation: xr.Dataset, received_t: float) -> Still | None:
        """Hand an observation to its desk.

        Raises DamagedFile, and BadInput where no desk takes its instrument or its label lacks what that desk needs.
        """
        a = observation.attrs
        desk = self._desk(a["instrument"])
        if self._busy is not None and desk is not self._busy:
            self._busy.rest()
        self._busy = desk
        if a["level"] not in COUNTS:
            demand(observation, desk.name)
        still = desk.take(observation)
        times = utc_to_t(a["start_utc"]), utc_to_t(a["stop_utc"])
        self.arrived.setdefault(desk.name, Arrived()).add(*times, received_t)
        return still

    def finish(self, say: Callable[[str], None]) -> list[str]:
        """Let every desk report; what cannot be made is one line, and the others go on. Returns those lines."""
        failed = []
        for kind in DESKS:
            desk = self._desks.get(kind.name)
            if desk is None and any(self.bench.telemetry(table) is not None for table in kind.tables):
                desk = kind(self.bench)
            if desk is None:
                continue
            say(f"at the desk of the {desk.title.lower()}")
            try:
                self.reports[desk.name] = desk.finish()
            except OutOfSpace:
                raise  # no desk could do better
            except FarsideError as error:
                failed.append(f"{desk.name}: {error}")
        return failed

    def _desk(self, instrument: str) -> Desk:
        kind = next((d for d in DESKS if instrument in d.instruments), None)
        if kind is None:
            known = ", ".join(name for d in DESKS for name in d.instruments)
            raise BadInput("desks", "instrument", instrument, f"one of {known}")
        if kind.name not in self._desks:
            self._desks[kind.name] = kind(self.bench)
        return self._desks[kind.name]

    # Pages -----------------------------------------------------------------------------------------------------

    def pages(self, checks: Mapping[str, Sequence[Check]]) -> list[Page]:
        """A page for each desk that has something to show; ``checks`` by the desk's title."""
        shown = [kind for kind in DESKS if kind.name in self.reports]
        return [self._page(kind, self.reports[kind.name], checks.get(kind.title, ())) for kind in shown]

    def _page(self, kind: type[Desk], report: Report, checks: Sequence[Check]) -> Page:
        return Page(
            key=kind.name,
            title=kind.title,
            what=kind.what,
            arrived=_table(self.arrived.get(kind.name)),
            findings=[FindingRow(f.name, f.value, f.error, f.meaning) for f in report.findings],
            pictures=[_picture(still) for still in report.stills],
            films=self.films(kind.name),
            charts=[_chart(curve) for curve in report.curves],
            checks=checks,
        )

    def films(self, name: str) -> list[Footage]:
        """The films of a desk."""
        if (report := self.reports.get(name)) is None:
            return []
        return [story.footage(film, self.bench.telemetry("gnc"), report.descent) for film in report.films]

    def mosaics(self) -> list[Panorama]:
        """The panoramas of all desks."""
        return [story.panorama(mosaic) for report in self.reports.values() for mosaic in report.mosaics]

    def portraits(self) -> list[Picture]:
        """The portraits of all desks."""
        return [_picture(still) for report in self.reports.values() for still in report.portraits]

    def lanes(self) -> list[Lane]:
        """When each instrument worked, as rows of the timeline."""
        titles = {kind.name: kind.title for kind in DESKS}
        return [
            Lane(
                titles[name],
                [Span(t_to_utc(a, 0), t_to_utc(b, 0), titles[name], "records") for a, b in joined(got.spans)],
            )
            for name, got in self.arrived.items()
        ]


def _picture(still: Still) -> Picture:
    return Picture(
        still.path, still.caption, alt=still.alt, error=still.error, tiles=still.tiles, anaglyph=still.anaglyph
    )


def joined(spans: Sequence[tuple[float, float]], gap: float = 600.0) -> list[tuple[float, float]]:
    """Spans in order, those less than ``gap`` seconds apart made one."""
    out: list[tuple[float, float]] = []
    for start, stop in sorted(spans):
        if out and start - out[-1][1] < gap:
            out[-1] = out[-1][0], max(out[-1][1], stop)
        else:
            out.append((start, stop))
    return out


def _table(arrived: Arrived | None) -> Table | None:
    if arrived is None:
        return None
    (taken, came), (last, done) = arrived.first, arrived.last
    rows = [
        ("records", str(arrived.records)),
        ("first taken", _utc(taken)),
        ("last taken", _utc(last)),
        ("first on Earth", _utc(came)),
        ("last on Earth", _utc(done)),
    ]
    return Table(("what arrived", "value"), [row for row in rows if row[1]])


def _utc(t: float) -> str:
    return f"{t_to_utc(t, 0)[:19].replace('T', ' ')} UTC" if np.isfinite(t) else ""


def _chart(curve: Curve) -> Chart:
    order = np.argsort(curve.t, kind="stable")
    utc = [t_to_utc(float(t), 0) for t in curve.t[order]]
    series = [Series(name, np.asarray(values, float)[order]) for name, values in curve.series.items()]
    return Chart(curve.title, curve.unit, utc, series, curve.text)
