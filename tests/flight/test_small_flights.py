"""Flights of a few frames on coarse ground: what happens when something is out of the ordinary."""

from __future__ import annotations

import re
import resource
import subprocess
import sys

import pytest

from farside.run import fly
from farside.twin import Quality, builtin, qualities

TINY = Quality(
    **qualities()["draft"].model_dump()
    | {
        "lcam": {"frames": 3, "binning": 8},
        "tcam": {"shots": 1, "binning": 16, "again": False},
        "relief": {"cells": 128, "finest_m": 0.08},
        "disk_gb": 0.01,
    }
)
RINGS = re.compile(r"(?<=name: panorama A\n)(.*?)pitches_deg: .*?\]\]", re.DOTALL)
TWO_POINTINGS = r"""\1pitches_deg: [-15]
          yaws_deg: {start: 170, step: -18, count: 2}
          bursts: [[0.65, 2]]"""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Fly the built-in mission with some of its text replaced."""
    monkeypatch.setattr(sys.modules["farside.run.fly"], "qualities", lambda: {"tiny": TINY})

    def go(*changes: tuple[str, str]):
        text, found = RINGS.subn(TWO_POINTINGS, builtin()["chang-e-4"].read_text())
        assert found == 1
        for before, after in changes:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return fly(path, quality="tiny", out=tmp_path / "out")

    return go


def test_on_the_near_side_data_come_home_without_the_relay(tiny):
    flight = tiny(("lat_deg: -45.4446", "lat_deg: 19.5"), ("lon_deg: 177.5991", "lon_deg: 340.5"))
    record = flight.record
    assert record["balance"]["generated"] == record["balance"]["delivered"]
    ends = [(row, row["source"], row["destination"]) for row in record["ledger"]]
    others = [row for row, *pair in ends if not any(end.startswith("ipn:20.") for end in pair)]  # not the relay's own
    assert not any(hop["node"] == 20 for row in others for hop in row["path"])
    (earth,) = [row for row in flight.score().rows if row.name == "Earth, highest elevation"]
    assert earth.measured > 30.0


def test_a_full_store_costs_pictures_and_not_the_flight(tiny):
    flight = tiny(("store_mb: 8192.0", "store_mb: 0.004"))
    record = flight.record
    assert record["status"] == "complete"
    assert record["balance"]["closes"]
    assert sum(row["name"].startswith(("lcam-", "tcam-")) for row in record["ledger"]) < 5
    assert any(row["name"].startswith("lpr-") for row in record["ledger"])  # the rover has a store of its own


def test_a_sequence_that_comes_too_late_is_refused_and_said(tiny):
    flight = tiny(("uplink_utc: 2019-01-06T01:30:00Z", "uplink_utc: 2019-01-06T05:30:00Z"))
    assert flight.record["refused"] == ["lander: tcam.panorama at 2019-01-06T03:34:01Z: too late"]
    assert "tcam-panorama" not in flight.products
    assert "landing-footage" in flight.products


def test_a_film_before_ignition_is_one_clear_line(tiny):
    from farside.errors import FarsideError

    with pytest.raises(FarsideError, match="ignition"):
        tiny(("2019-01-03T02:20:09Z, do: lcam.film", "2019-01-03T02:12:09Z, do: lcam.film"))


@pytest.mark.xdist_group("flight")
def test_scoring_needs_few_file_handles(flight):
    """168 frames and their labels, with 100 files a process."""
    done = subprocess.run(
        [sys.executable, "-m", "farside", "score", str(flight.folder)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)),
    )
    assert done.returncode == 0, done.stderr
