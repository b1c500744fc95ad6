"""What is planned of a site's radio: every way with its budget, its rates and its motion, in words and in numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.flight import (
    Course,
    Span,
    doppler_hz,
    doppler_rate_hz_s,
    range_rate,
    two_way_doppler_hz,
)
from farside.flight.charts import KINDS, Curves, margins, save
from farside.geometry import t_to_utc
from farside.link import Contact, ContactPlan
from farside.link.planfile import to_ion, to_json
from farside.link.radio import (
    Budget,
    Link,
    Piece,
    Radio,
    Sight,
    budget,
    budget_table,
    number,
    sight,
    volume_per_day,
)
from farside.sky import LIGHT_KM_S, Motion, light_time
from farside.work import atomic_write, check_folder, claim_folder

Array = NDArray[np.float64]

NODES = {"lander": 10, "rover": 11, "relay": 20}
FIRST_STATION = 30
"""Node numbers of the contact plan, as in the missions that come with farside."""
COMMAND, TEXT = "farside plan link", "budget.txt"
"""TEXT is written first, and also marks a folder as ours."""
_LOOK_S = 600.0  # extremes are looked for so often
_DRAWN = 2400


@dataclass(frozen=True)
class Way:
    """One direction between two nodes while they are in view, with the rates that hold."""

    name: str
    ends: tuple[str, str]
    link: Link
    courses: Mapping[str, Course]
    views: tuple[Span, ...]
    pieces: tuple[Piece, ...]

    @property
    def places(self) -> dict[str, Motion]:
        """Motions by where terminals stand."""
        return {name: course.position for name, course in self.courses.items()}

    @cached_property
    def seconds(self) -> float:
        """In view."""
        return sum(end - start for start, end in self.views)

    @cached_property
    def times(self) -> Array:
        """Moments in view, shape (n,)."""
        return np.concatenate([np.linspace(a, b, 2 + int((b - a) / _LOOK_S)) for a, b in self.views])

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """The moments of least and of most C/N0."""
        cn0 = self.budget(self.times).cn0_dbhz * np.ones_like(self.times)
        return float(self.times[np.argmin(cn0)]), float(self.times[np.argmax(cn0)])

    def budget(self, t: Array | float) -> Budget:
        """The budget at times t, shape (n,) or a number."""
        return budget(self.link, self.sight(t))

    def sight(self, t: Array | float) -> Sight:
        """Distance and angles at times t, shape (n,) or a number."""
        return sight(self.link, self.places, np.atleast_1d(t))

    def rung(self, t: Array) -> NDArray[np.intp]:
        """Which of the hop's rates is in use at times t (n,): 0 for none, 1 for the lowest."""
        edges = np.array([[piece.start, piece.end] for piece in self.pieces]).reshape(-1, 2)
        rungs = np.array([0, *(1 + self.link.hop.rates_bps.index(piece.rate_bps) for piece in self.pieces)])
        k = np.searchsorted(edges[:, 0], t, side="right")
        return np.where(t <= np.append(-np.inf, edges[:, 1])[k], rungs[k], 0)

    def motion(self) -> dict[str, Any]:
        """Distance, light time, range rate and Doppler: least and most in view."""
        sender, receiver = (self.courses[end.at] for end in (self.link.sender, self.link.receiver))
        hertz, t = self.link.hop.frequency_ghz * 1e9, self.times
        found = {
            "light_time_s": light_time(sender.position, receiver.position, t),
            "range_rate_km_s": range_rate(sender, receiver, t),
            "doppler_hz": doppler_hz(sender, receiver, t, hertz),
            "doppler_rate_hz_s": doppler_rate_hz_s(sender, receiver, t, hertz),
        }
        if self.link.sender.at == "station":
            found["two_way_doppler_hz"] = two_way_doppler_hz(sender, receiver, t, hertz)
        least_most = {name: [float(values.min()), float(values.max())] for name, values in found.items()}
        return {"distance_km": [s * LIGHT_KM_S for s in least_most["light_time_s"]], **least_most}


@dataclass(frozen=True)
class LinkPlan:
    """All ways of a site's radio from ``start`` to ``stop`` (TDB s past J2000)."""

    title: str
    relay: str
    start: float
    stop: float
    radio: Radio
    ways: tuple[Way, ...]
    beside: tuple[Way, ...] = ()
    """Ways that are there, too, but carry nothing of the contact plan."""

    @cached_property
    def nodes(self) -> dict[str, int]:
        """Node numbers by name."""
        stations = dict.fromkeys(end for way in self.ways for end in way.ends if end not in NODES)
        return NODES | {name: FIRST_STATION + k for k, name in enumerate(stations)}

    def contacts(self) -> ContactPlan:
        """Contacts with their rates; times count from ``start``."""
        return ContactPlan(
            Contact(*self._numbers(way), piece.start - self.start, piece.end - self.start, piece.rate_bps)
            for way in self.ways
            for piece in way.pieces
        )

    def light_time(self, sender: int, receiver: int, t: float) -> float:
        """One-way light time (s) between two nodes for a signal that leaves t seconds after ``start``."""
        way = next(way for way in self.ways if self._numbers(way) == (sender, receiver))
        there, here = way.places[way.link.receiver.at], way.places[way.link.sender.at]
        return float(light_time(here, there, self.start + t))

    def _numbers(self, way: Way) -> tuple[int, int]:
        return self.nodes[way.ends[0]], self.nodes[way.ends[1]]

    # Words and numbers ---------------------------------------------------------------------------------------------

    def to_text(self) -> str:
        """Budget tables at the worst moment, rates with their margins, and what they carry."""
        begin, end = (t_to_utc(t, 0)[:16].replace("T", " ") for t in (self.start, self.stop))
        parts = [f"{self.title}, {begin} to {end} UTC\nRelay: {self.relay}\n"]
        ends = {end.at for way in self.ways for end in (way.link.sender, way.link.receiver)}
        if "site" not in ends:
            parts.append("The relay is never in view of the site: lander and rover have no link.\n")
        if "station" not in ends:
            parts.append("The relay is never in view of a station: nothing comes to the Earth.\n")
        for title, ways in self._groups().items():
            if ways:
                parts.append(f"{title}, at the worst moment in view\n{_table(ways)}")
        parts.append(self._rates())
        return "\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "title": self.title,
            "relay": self.relay,
            "start": t_to_utc(self.start, 3),
            "stop": t_to_utc(self.stop, 3),
            "wanted_margin_db": self.radio.wanted_margin_db,
            "nodes": self.nodes,
            "ways": [self._way(way) for way in self.ways],
            "beside": [self._way(way) for way in self.beside],
        }

    def chart(self, path: Path) -> Path:
        """Margins over time as PNG or SVG by the name of the file."""
        drawn: dict[str, list[Way]] = {}
        for way in self.ways:
            drawn.setdefault(way.link.name, []).append(way)
        hops = {name: _curves(ways, (self.stop - self.start) / _DRAWN) for name, ways in drawn.items()}
        made = margins(f"{self.title}: link margins", hops, self.start, self.stop, self.radio.wanted_margin_db)
        return save(made, path)

    def save(self, folder: Path | str) -> list[Path]:
        """Write budget.txt, report.json, contacts.ion, contacts.json, margins.png and margins.svg; their paths.

        Raises BadInput for a folder that holds other things than an earlier plan.
        """
        folder = Path(folder)
        claim_folder(folder, (TEXT,), COMMAND, "plan")
        contacts = self.contacts()
        epoch = _unix(self.start)
        texts = {
            TEXT: self.to_text(),
            "report.json": json.dumps(self.to_dict(), indent=1) + "\n",
            "contacts.ion": to_ion(contacts, self.light_time, epoch),
            "contacts.json": to_json(contacts, self.light_time, epoch),
        }
        for name, text in texts.items():
            with atomic_write(folder / name) as part:
                part.write_text(text, encoding="utf-8")
        charts = [self.chart(folder / f"margins.{kind}") for kind in KINDS]
        return [*(folder / name for name in texts), *charts]

    def _groups(self) -> dict[str, list[Way]]:
        """Ways by what they join, for tables that fit a screen."""
        groups: dict[str, list[Way]] = {}
        for way in self.ways:
            ends = way.link.sender.at, way.link.receiver.at
            groups.setdefault(f"{ends[0]} to {ends[1]}".capitalize(), []).append(way)
        return {**groups, "Beside these": list(self.beside)}

    def _rates(self) -> str:
        wide = max(24, *(len(way.name) + 2 for way in (*self.ways, *self.beside)))
        lines = [f"{'Rates':<{wide}}{'bit/s':>12}{'margin, dB':>16}{'in use':>10}{'a day':>12}{'in all':>12}"]
        days = (self.stop - self.start) / 86_400.0
        for way in (*self.ways, *self.beside):
            worst, best = (way.budget(t) for t in way.extremes)
            for rate in way.link.hop.rates_bps:
                span = f"{number(worst.margin_db(rate)):.1f} to {number(best.margin_db(rate)):.1f}"
                line = f"{way.name:<{wide}}{rate:>12,.0f}{span:>16}"
                mine = [piece for piece in way.pieces if piece.rate_bps == rate]
                if mine:
                    share = 100.0 * sum(piece.end - piece.start for piece in mine) / way.seconds
                    octets = float(volume_per_day(mine, self.start, self.stop).sum())
                    line += f"{share:>8.1f} %{_size(octets / days):>12}{_size(octets):>12}"
                lines.append(line)
        return "\n".join(lines) + "\n"

    def _way(self, way: Way) -> dict[str, Any]:
        worst, best = ((t, way.budget(t)) for t in way.extremes)
        return {
            "name": way.name,
            "hop": way.link.name,
            "from": way.ends[0],
            "to": way.ends[1],
            "in_view_s": way.seconds,
            "views": len(way.views),
            **way.motion(),
            "required_ebn0_db": way.link.required_ebn0_db,
            "worst": _moment(*worst),
            "best": _moment(*best),
            "seconds_at_bps": {
                f"{rate:g}": sum(piece.end - piece.start for piece in way.pieces if piece.rate_bps == rate)
                for rate in way.link.hop.rates_bps
            },
            "octets_per_day": volume_per_day(way.pieces, self.start, self.stop).tolist(),
        }


def check_link_folder(folder: Path) -> None:
    """Raise BadInput, before any work, for a folder that ``LinkPlan.save`` would refuse."""
    check_folder(folder, (TEXT,), COMMAND, "plan")


def _table(ways: Sequence[Way]) -> str:
    budgets = {way.name: way.budget(way.extremes[0]) for way in ways}
    moments = [way.extremes[0] for way in ways]
    heads = [
        ("day", [t_to_utc(t, 0)[:10] for t in moments]),
        ("UTC", [t_to_utc(t, 0)[11:16] for t in moments]),
        ("distance, km", [f"{number(way.sight(t).distance_km):,.0f}" for way, t in zip(ways, moments, strict=True)]),
        ("carrier, GHz", [f"{way.link.hop.frequency_ghz:g}" for way in ways]),
    ]
    return budget_table(budgets, heads)


def _moment(t: float, found: Budget) -> dict[str, Any]:
    return {
        "utc": t_to_utc(t, 0),
        "budget": {row.name: [number(row.value), row.unit] for row in found.rows},
        "margin_db": {f"{rate:g}": number(found.margin_db(rate)) for rate in found.link.hop.rates_bps},
    }


def _curves(ways: Sequence[Way], step_s: float) -> Curves:
    """Margins of one hop by whoever is in view, a break between the views."""
    rates = ways[0].link.hop.rates_bps
    views = sorted(((span, way) for way in ways for span in way.views), key=lambda view: view[0])
    times, values, used = [], [], []
    for (start, end), way in views:
        t = np.linspace(start, end, 2 + int((end - start) / step_s))
        found = way.budget(t)
        times.append(np.append(t, np.nan))
        values.append([np.append(found.margin_db(rate) * np.ones_like(t), np.nan) for rate in rates])
        used.append(np.append(way.rung(t), 0))
    return Curves([_rate(rate) for rate in rates], np.concatenate(times), np.hstack(values), np.concatenate(used))


def _rate(bps: float) -> str:
    scale, unit = next((s, u) for s, u in ((1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s")) if bps >= s)
    return f"{bps / scale:g} {unit}"


def _size(octets: float) -> str:
    scale, unit = next((s, u) for s, u in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (0.0, "B")) if octets >= s)
    return f"{octets / (scale or 1.0):.2f} {unit}"


def _unix(t: float) -> float:
    return datetime.fromisoformat(t_to_utc(t, 6).replace("Z", "+00:00")).timestamp()
