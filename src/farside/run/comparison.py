"""Relays side by side for one site: the table, the report, the charts and the files."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from farside.flight import RelayOrbit
from farside.flight.almanac import Place
from farside.flight.charts import KINDS, comparison, eclipses, maps, orbits, save, tracks
from farside.flight.coverage import Coverage, Service, facts
from farside.geometry import Site, t_to_utc
from farside.work import atomic_write

_WIDTH = 100
_LABEL, _COLUMN = 32, 17
_SIDE_BY_SIDE = (_WIDTH - _LABEL) // _COLUMN


@dataclass(frozen=True)
class Compared:
    """One relay, or several that serve together: name as asked, what each is, what each gives, and their coverage."""

    name: str
    titles: tuple[str, ...]
    services: tuple[Service, ...]
    coverage: Coverage

    @cached_property
    def facts(self) -> dict[str, Any]:
        """As ``farside.flight.coverage.facts``, with the coverage of the region."""
        c = self.coverage
        area = {
            "mean_share": c.mean_share,
            "always_share": c.always,
            "least_share": float(c.share.min()),
            "longest_gap_h": float(c.longest_gap_s.max()) / 3600.0,
            "step_s": c.step_s,
        }
        return {**facts(self.services), "region": area}


@dataclass(frozen=True)
class RelayComparison:
    """Relays for a place from ``start`` to ``stop`` (TDB s past J2000). ground: whose skyline, in words."""

    place: Place
    site: Site
    ground: str
    start: float
    stop: float
    compared: tuple[Compared, ...]

    def to_text(self) -> str:
        """One table, a column for each relay, lines of at most 100 characters."""
        begin, end = (t_to_utc(t, 0)[:16].replace("T", " ") for t in (self.start, self.stop))
        lat = f"{abs(self.site.lat_deg):g} {'S' if self.site.lat_deg < 0.0 else 'N'}"
        head = [
            f"{self.place.title}: {lat}, {self.site.lon_deg:g} E, {self.site.height_m:.0f} m; {begin} to {end} UTC",
            *textwrap.wrap(
                f"In view: over {self.place.min_elevation_deg:g} deg and over the skyline of {self.ground}; in the "
                f"region {self.compared[0].coverage.region.name}: over a level horizon.", _WIDTH,
            ),
        ]  # fmt: skip
        relays = [f"{one.name}: {', '.join(one.titles)}" for one in self.compared]
        blocks = [_table(self.compared[k : k + _SIDE_BY_SIDE]) for k in range(0, len(self.compared), _SIDE_BY_SIDE)]
        told = [line for words in relays for line in textwrap.wrap(words, _WIDTH, subsequent_indent="  ")]
        return "\n".join([*head, *told, "", "\n\n".join(blocks)]) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values: hours, km, s, degrees, shares of 1; spans as pairs of UTC."""
        region = self.compared[0].coverage.region
        return {
            "place": self.place.model_dump(mode="json"),
            "height_m": self.site.height_m,
            "ground": self.ground,
            "start": t_to_utc(self.start),
            "stop": t_to_utc(self.stop),
            "region": {"name": region.name, "cell_deg": list(region.cell_deg), "cells": int(region.inside.sum())},
            "relays": [
                {"name": one.name, "titles": list(one.titles), **one.facts, "spans": [_spans(s) for s in one.services]}
                for one in self.compared
            ],
        }

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"

    def save(self, folder: Path | str, say: Callable[[str], None] = lambda what: None) -> list[Path]:
        """Write report.json, report.txt, the orbits (OEM, SPK) and the charts (PNG, SVG); their paths."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name, text in {"report.txt": self.to_text(), "report.json": self.to_json()}.items():
            with atomic_write(folder / name) as part:
                part.write_text(text, encoding="utf-8")
            written.append(folder / name)
        say("drawing charts")
        for name, make in self._charts().items():
            written += [save(make(), folder / f"{name}.{kind}") for kind in KINDS]
        return written

    def _charts(self) -> dict[str, Callable[[], Any]]:
        services = {s.name: s for one in self.compared for s in one.services}
        relays: dict[str, RelayOrbit] = {name: s.orbit for name, s in services.items()}
        t = next(iter(services.values())).track.t
        mask = self.place.min_elevation_deg

        def over_time(title: str, unit: str, of: Mapping[str, Callable[[Service], Any]], **more: Any) -> Any:
            rows = {
                f"{name} {what}".strip(): [("", of_service(s))]
                for name, s in services.items()
                for what, of_service in of.items()
            }
            return lambda: tracks(f"{title}: {self.place.title}", unit, t, rows, **more)

        return {
            "orbit-rotating": lambda: orbits(relays, self.start, self.stop, "rotating"),
            "orbit-inertial": lambda: orbits(relays, self.start, self.stop, "inertial"),
            "distance": lambda: tracks(
                "Distance of the relay", "1000 km", t,
                {n: [("from the site", s.track.site_km * 1e-3), ("from the Earth's centre", s.track.earth_km * 1e-3)]
                 for n, s in services.items()},
            ),
            "elevation": over_time(
                "Elevation of the relay", "elevation, deg", {"": lambda s: np.degrees(s.track.elevation)},
                limits=[(mask, f"least, {mask:g} deg")],
            ),
            "angle": over_time(
                "Angle between site and Earth at the relay", "angle, deg", {"": lambda s: np.degrees(s.track.angle)}
            ),
            "light-time": over_time(
                "Light time, one way", "s", {"to site": lambda s: s.track.site_s, "to Earth": lambda s: s.track.earth_s}
            ),
            "eclipses": lambda: eclipses({n: s.eclipses for n, s in services.items()}, self.start, self.stop),
            "coverage": lambda: maps({one.name: one.coverage for one in self.compared}, self.site),
            "comparison": lambda: comparison([one.name for one in self.compared], _bars(self.compared)),
        }  # fmt: skip


def file_name(name: str) -> str:
    """A relay's name as part of a file's."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", Path(name).name).strip("-")


# The table ----------------------------------------------------------------------------------------------------------

Cell = Callable[[dict[str, Any]], str]


def _table(compared: Sequence[Compared]) -> str:
    stations = list(compared[0].facts["stations"])
    rows: list[tuple[str, Cell]] = [
        ("In view of the site", lambda f: _share(f["site"]["share"])),
        ("  passes", lambda f: f"{f['site']['passes']}"),
        ("  longest gap", lambda f: _hours(f["site"]["longest_gap_h"])),
        ("Elevation, deg", lambda f: _span(f["elevation_deg"], 1)),
        ("  median; while in view", lambda f: _medians(f["elevation_deg"])),
        ("Distance from the site, km", lambda f: _span(f["site_km"], 0)),
        ("  from the Moon's centre, km", lambda f: _span(f["moon_km"], 0)),
        ("  from the Earth's centre, km", lambda f: _span(f["earth_km"], 0)),
        ("Light time to the site, s", lambda f: _span(f["site_relay_s"], 3)),
        ("  from the relay to Earth, s", lambda f: _span(f["relay_earth_s"], 3)),
        ("  from the site to Earth, s", lambda f: _span(f["site_earth_s"], 3)),
        ("Angle site - relay - Earth, deg", lambda f: _span(f["site_relay_earth_deg"], 1)),
        ("Behind the Moon for the Earth", lambda f: _times(f["earth_hidden"])),
        ("  in all; longest", lambda f: _lasting(f["earth_hidden"])),
        ("Eclipses by the Moon", lambda f: _times(f["eclipses"]["moon"])),
        ("  in all; longest", lambda f: _lasting(f["eclipses"]["moon"])),
        ("Eclipses by the Earth", lambda f: _times(f["eclipses"]["earth"])),
        ("  in all; longest", lambda f: _lasting(f["eclipses"]["earth"])),
        *((f"Seen by {name.capitalize()}", _station(name)) for name in stations),
    ]
    if stations:
        rows += [
            ("  by any station", lambda f: _share(f["any_station"]["share"])),
            ("From the site to a station", lambda f: _share(f["home"]["share"])),
            ("  longest gap", lambda f: _hours(f["home"]["longest_gap_h"])),
        ]
    rows += [
        ("Region, mean over the area", lambda f: _share(f["region"]["mean_share"])),
        ("  area without a gap", lambda f: _share(f["region"]["always_share"])),
        ("  longest gap anywhere", lambda f: _hours(f["region"]["longest_gap_h"])),
    ]
    lines = [_line("", [one.name for one in compared])]
    lines += [_line(label, [cell(one.facts) for one in compared]) for label, cell in rows]
    return "\n".join(lines)


def _line(label: str, cells: Sequence[str]) -> str:
    return f"{label:<{_LABEL}}" + "".join(f"{_short(cell):>{_COLUMN}}" for cell in cells)


def _short(words: str) -> str:
    return words if len(words) < _COLUMN else f"{words[: _COLUMN - 3]}.."


def _station(name: str) -> Cell:
    return lambda f: _share(f["stations"][name]["share"])


def _share(share: float) -> str:
    if share >= 1.0:
        return "always"
    return f"{100.0 * share:.2f} %" if share > 0.0 else "never"


def _hours(hours: float) -> str:
    return "none" if hours == 0.0 else f"{hours:.2f} h" if hours < 96.0 else f"{hours / 24.0:.1f} d"


def _span(values: Mapping[str, float | None], digits: int) -> str:
    low, high = values["lowest"], values["highest"]
    return "-" if low is None or high is None else f"{low:,.{digits}f}..{high:,.{digits}f}"


def _medians(values: Mapping[str, float | None]) -> str:
    seen = values["median_in_view"]
    return f"{values['median']:.1f}; {'-' if seen is None else f'{seen:.1f}'}"


def _times(tally: Mapping[str, Any]) -> str:
    return f"{tally['times']}" if tally["times"] else "never"


def _lasting(tally: Mapping[str, Any]) -> str:
    return f"{tally['total_h']:.1f}; {tally['longest_h']:.2f} h" if tally["times"] else "-"


# Numbers and bars ---------------------------------------------------------------------------------------------------


def _bars(compared: Sequence[Compared]) -> dict[str, list[float]]:
    of: dict[str, Callable[[dict[str, Any]], float]] = {
        "in view of the site, % of the time": lambda f: 100.0 * f["site"]["share"],
        "site to a station, % of the time": lambda f: 100.0 * f["home"]["share"],
        "region in view, % of the time": lambda f: 100.0 * f["region"]["mean_share"],
        "longest gap at the site, h": lambda f: f["site"]["longest_gap_h"],
        "eclipses by Moon and Earth, h": lambda f: sum(tally["total_h"] for tally in f["eclipses"].values()),
        "farthest from the site in view, 1000 km": lambda f: (f["site_km"]["highest"] or np.nan) * 1e-3,
    }
    return {words: [number(one.facts) for one in compared] for words, number in of.items()}


def _spans(s: Service) -> dict[str, Any]:
    lists = {"site": s.site, "home": s.home, "hidden": s.hidden}
    lists |= {f"eclipse_{body}": spans for body, spans in s.eclipses.items()}
    lists |= {f"station_{name}": spans for name, spans in s.stations.items()}
    return {"name": s.name, **{key: [[t_to_utc(a), t_to_utc(b)] for a, b in spans] for key, spans in lists.items()}}
