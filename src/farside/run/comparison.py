"""Relays side by side for one site: the table, the report, the charts and the files."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

from farside.control import write_orbit_page
from farside.flight.almanac import Place
from farside.flight.charts import KINDS, save
from farside.flight.coverage import Coverage, Service, facts
from farside.flight.orbit_files import write_oem, write_spk
from farside.flight.stationkeeping import Upkeep
from farside.geometry import Site, t_to_utc
from farside.run.relay_charts import charts, file_names
from farside.run.relay_page import relay_scene
from farside.run.relay_table import WIDTH, table
from farside.work import atomic_write, check_folder, claim_folder

COMMAND = "farside plan relay"
_ORBITS = "orbit-of-"


@dataclass(frozen=True)
class Compared:
    """One relay, or several that serve together: name as asked, what each is and gives, and their coverage.

    data: of each, octets a day by the radio of Chang'e 4 and Queqiao, from "lander" and "rover" to it, and from it to
    "earth". upkeep: of each, stationkeeping where it was flown.
    """

    name: str
    titles: tuple[str, ...]
    services: tuple[Service, ...]
    coverage: Coverage
    data: tuple[dict[str, float], ...]
    upkeep: tuple[Upkeep | None, ...]

    @cached_property
    def facts(self) -> dict[str, Any]:
        """As ``farside.flight.coverage.facts``; the region's coverage, data, and the costliest stationkeeping."""
        c = self.coverage
        area = {
            "mean_share": c.mean_share,
            "always_share": c.always,
            "least_share": float(c.share.min()),
            "longest_gap_h": float(c.longest_gap_s.max()) / 3600.0,
            "step_s": c.step_s,
        }
        flown = [kept.summary() for kept in self.upkeep if kept]
        costliest = max(flown, key=lambda one: (one["lost"], one["cost_mean_m_s"])) if flown else {}
        return {
            **facts(self.services),
            "region": area,
            "bytes_a_day": {key: max(one[key] for one in self.data) for key in self.data[0]},
            "stationkeeping": {key: value if isfinite(value) else None for key, value in costliest.items()},
        }


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
                f"region {self.compared[0].coverage.region.name}: over a level horizon.", WIDTH, break_on_hyphens=False,
            ),
        ]  # fmt: skip
        relays = [f"{one.name}: {' + '.join(one.titles)}" for one in self.compared]
        told = [line for words in relays for line in textwrap.wrap(words, WIDTH, subsequent_indent="  ")]
        return "\n".join([*head, *told, "", table([(one.name, one.facts) for one in self.compared])]) + "\n"

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
        """Write the orbits (OEM, SPK), the report, a page of them in 3-D and the charts (PNG, SVG); their paths.

        Raises BadInput for a folder that holds other things than an earlier comparison.
        """
        folder = Path(folder)
        claim_folder(folder, _marks(folder), COMMAND, "comparison")
        written = []
        say("writing orbits")
        orbits = {s.name: s.orbit for one in self.compared for s in one.services}
        for name, stem in file_names(orbits).items():
            oem, spk = folder / f"{_ORBITS}{stem}.oem", folder / f"{_ORBITS}{stem}.bsp"
            write_oem(orbits[name], oem, name=stem)
            write_spk(orbits[name], spk, name=stem)
            written += [oem, spk]
        for name, text in {"report.txt": self.to_text(), "report.json": self.to_json()}.items():
            with atomic_write(folder / name) as part:
                part.write_text(text, encoding="utf-8")
            written.append(folder / name)
        written.append(write_orbit_page(folder, relay_scene(self)))
        say("drawing charts")
        for name, figure in charts(self):
            written += [save(figure, folder / f"{name}.{kind}") for kind in KINDS]
        return written


def check_comparison_folder(folder: Path) -> None:
    """Raise BadInput, before any work, for a folder that ``RelayComparison.save`` would refuse."""
    check_folder(folder, _marks(folder), COMMAND, "comparison")


def _marks(folder: Path) -> list[str]:
    """What only a comparison writes, and writes first: its orbits."""
    return [path.name for path in folder.glob(f"{_ORBITS}*.oem")]


def _spans(s: Service) -> dict[str, Any]:
    lists = {"site": s.site, "home": s.home, "hidden": s.hidden}
    lists |= {f"eclipse_{body}": spans for body, spans in s.eclipses.items()}
    lists |= {f"station_{name}": spans for name, spans in s.stations.items()}
    return {"name": s.name, **{key: [[t_to_utc(a), t_to_utc(b)] for a, b in spans] for key, spans in lists.items()}}
