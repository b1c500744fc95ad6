"""The score of the experiment: true products hold, wrong or missing ones do not."""

from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from farside import archive
from farside.errors import DamagedFile
from farside.geometry import Site, t_to_utc, utc_to_t
from farside.payload.biosphere import Plan
from farside.products.biosphere import budget
from farside.products.biosphere.findings import table
from farside.score import load_facts
from farside.score.biosphere import measure
from farside.twin.commands.biosphere_photograph import Snapshot

EVERY_S = 9000.0
END = "2019-01-12T12:00:00Z"
PLAN = Plan(utc_to_t("2019-01-03T15:18:00Z"), None, utc_to_t("2019-01-03T16:00:00Z"))
SITE = Site(-45.4446, 177.5991, -5935.0)


def record(tmp_path, until=END):
    times = np.arange(PLAN.power_on_t + 60.0, utc_to_t(until), EVERY_S)
    views = [Snapshot(t, k, "0001", "a", 2, SITE, PLAN, 20190103) for k, t in enumerate(times.tolist())]
    entries = [{**asdict(view), "kept": True, "utc": t_to_utc(view.t)} for view in views]
    mission = SimpleNamespace(span=SimpleNamespace(end_utc=END))
    return SimpleNamespace(
        entries=lambda name: entries, record=SimpleNamespace(mission=mission), folder=tmp_path / "truth"
    )


@pytest.fixture
def flight(tmp_path, life, telemetry):
    """A flight's products with the true sprout and the books of its readings."""
    folder = tmp_path / "archive" / archive.DERIVED
    archive.write_table(folder, "biosphere-charts", {"t": telemetry["t"]}, {})
    archive.write_table(folder, "biosphere-budget", table(budget(telemetry), "element"), {})
    growth = {"first_sprout_utc": t_to_utc(life.first_sprout_t + EVERY_S)}
    archive.write_table(folder, "biosphere-growth", {"frame_t": np.zeros(1)}, growth)
    return tmp_path


def verdicts(measured):
    return {row.name: row.verdict for row in load_facts("biosphere").judge(measured, "chang-e-4", True)}


def test_right_products_hold(flight):
    measured = measure(flight, record(flight))
    assert set(verdicts(measured).values()) == {"ok"}
    assert measured["sprout_pictures"] == pytest.approx(1.0, abs=0.01)


def test_a_late_sprout_and_wrong_books_are_off(flight, life):
    folder = flight / "archive" / archive.DERIVED
    growth = {"first_sprout_utc": t_to_utc(life.first_sprout_t + 3 * EVERY_S)}
    archive.write_table(folder, "biosphere-growth", {"frame_t": np.zeros(1)}, growth)
    books, _ = archive.read_table(folder / "biosphere-budget.parquet")
    archive.write_table(folder, "biosphere-budget", {**books, "change_mol": books["change_mol"] * 1.1}, {})
    assert sorted(verdicts(measure(flight, record(flight))).values()) == ["off", "off", "ok"]


def test_what_is_missing_is_off_and_what_cannot_be_seen_does_not_apply(flight):
    for path in (flight / "archive" / archive.DERIVED).glob("biosphere-*"):
        path.unlink()
    assert sorted(verdicts(measure(flight, record(flight))).values()) == ["off", "off", "ok"]
    early = verdicts(measure(flight, record(flight, until="2019-01-05T00:00:00Z")))
    assert early["First sprout, found from true"] == "not applicable"


def test_without_pictures_there_is_nothing_to_score_and_damage_is_named(flight):
    none = record(flight, until="2019-01-03T00:00:00Z")
    assert measure(flight, none) == {}
    broken = record(flight)
    del broken.entries("biosphere")[3]["plan"]
    with pytest.raises(DamagedFile, match="not pictures of the experiment"):
        measure(flight, broken)
