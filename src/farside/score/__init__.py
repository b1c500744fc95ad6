"""The only place that sees both truth and products: the twin against the mission as flown, products against truth."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from farside.score.fact import Fact, Facts, load_facts
from farside.score.table import Row, Table

__all__ = ["Fact", "Facts", "Row", "Table", "load_facts", "score_flight"]


def score_flight(folder: str | Path) -> Table:
    """Score the flight in a folder. Raises BadInput where there is no finished one, DamagedFile for a broken one."""
    from farside.score.flown import Truth, measure_flight
    from farside.score.products import measure_products
    from farside.score.scorers import SCORERS

    flight = Path(folder)
    truth = Truth.of(flight)
    record = truth.record
    mission, full_size = record.mission, record.full_size
    rows = [
        *load_facts("as_flown").judge(measure_flight(truth), mission.mission, full_size),
        *load_facts("against_truth").judge(measure_products(flight, truth), mission.mission, full_size),
    ]
    for name in SCORERS:
        measured = import_module(f"farside.score.{name}").measure(flight, truth)
        rows += load_facts(name).judge(measured, mission.mission, full_size)
    return Table.of(mission.title, rows)
