"""plan relay at the shell and from Python: what is said and written, and one clear line for everything wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import farside as door
from farside.cli import app
from farside.errors import BadInput
from farside.flight import solve_halo
from farside.flight.candidates import candidate, named
from farside.geometry import Site, utc_to_t
from farside.moon import Horizon
from farside.run.comparison import RelayComparison

MONTH = ("2019-01-20", "2019-02-20")
SPAN = ("--from", MONTH[0], "--to", MONTH[1])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory):
    """A Moon without hills, and a cache of its own: for what does not depend on the skyline."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "farside.run.kept.horizon_of", lambda moon, site, eye: Horizon(site, eye, np.zeros(3600), np.ones(3600))
        )
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def farside(plain):
    """The command line, in this process."""

    def run(*words: object):
        return CliRunner().invoke(app, ["plan", "relay", *map(str, words)])

    return run


@pytest.fixture(scope="module")
def month(plain) -> RelayComparison:
    site = Site(-75.0, 132.4)
    return door.relay(site, *MONTH, compare=["halo", "halo:z=15000", "halo+halo:z=15000:phase=0.5"], cell_deg=10.0)


@pytest.fixture(scope="module")
def saved(month: RelayComparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "relays"
    month.save(folder)
    return folder


def test_the_table_fits_a_hundred_columns_and_has_a_column_for_each_relay(month):
    lines = month.to_text().splitlines()
    assert max(map(len, lines)) <= 100
    assert "75 S 132.4 E" in lines[0]
    (head,) = (line for line in lines if line.split() == ["halo", "halo:z=15000", "halo+halo:z=15.."])
    (seen,) = (line for line in lines if line.startswith("In view of the site"))
    shares = [float(part) for part in seen.split() if part[0].isdigit()]
    assert len(shares) == 3
    assert shares[2] >= max(shares[:2])


def test_relays_together_serve_no_worse_than_each(month):
    first, second, both = (one.facts for one in month.compared)
    assert both["site"]["share"] >= max(first["site"]["share"], second["site"]["share"])
    assert both["region"]["mean_share"] >= first["region"]["mean_share"]


def test_the_halo_asked_for_by_name_is_the_one_that_windows_are_planned_with(month):
    orbit = month.compared[0].services[0].orbit
    t = np.linspace(*map(utc_to_t, MONTH), 20)
    assert np.array_equal(orbit.position(t), solve_halo().position(t))


def test_an_amplitude_given_is_the_amplitude_flown(month):
    own, wider = (one.services[0].orbit for one in month.compared[:2])
    assert candidate("halo:z=15000").revolution_s == pytest.approx(candidate("halo").revolution_s, rel=0.01)
    assert not np.array_equal(own.position(utc_to_t("2019-02-01")), wider.position(utc_to_t("2019-02-01")))


def test_report_holds_what_the_table_says_and_the_spans(saved, month):
    report = json.loads((saved / "report.json").read_text())
    assert [one["name"] for one in report["relays"]] == [one.name for one in month.compared]
    first = report["relays"][0]
    spans = first["spans"][0]["site"]
    seconds = sum(utc_to_t(b) - utc_to_t(a) for a, b in spans)
    assert seconds / (month.stop - month.start) == pytest.approx(first["site"]["share"], abs=1e-6)
    assert len(spans) == first["site"]["passes"]
    assert (saved / "report.txt").read_text() == month.to_text()


def test_charts_are_the_same_bytes_each_time(saved, month, tmp_path):
    month.save(tmp_path / "again")
    names = sorted(path.name for path in saved.iterdir())
    charts = [name for name in names if name.endswith((".png", ".svg"))]
    assert {Path(name).stem for name in charts} >= {
        "orbit-rotating", "orbit-inertial", "distance", "elevation", "angle", "light-time", "eclipses", "coverage",
        "comparison",
    }  # fmt: skip
    for name in names:
        assert (saved / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_the_shell_prints_the_table_and_writes_the_files(farside, tmp_path):
    out = tmp_path / "out"
    said = farside("--site", -45.4, 177.6, *SPAN, "--cell", 15, "--out", out, "--region", "-60,-30,150,210")
    assert said.exit_code == 0, said.output
    assert "45.4 S" in said.stdout
    assert "always" in said.stdout
    assert f"files in {out}" in said.stdout.replace("\n", "")
    assert json.loads((out / "report.json").read_text())["region"]["name"] == "-60,-30,150,210"


def test_other_programs_get_events_and_the_report(farside):
    said = farside("chang-e-4", *SPAN, "--cell", 30, "--mask", 10, "--json")
    events = [json.loads(line) for line in said.stdout.splitlines()]
    assert {event["event"] for event in events[:-1]} <= {"stage", "progress"}
    assert events[-1]["event"] == "done"
    assert events[-1]["relays"]["place"]["min_elevation_deg"] == 10.0
    assert events[-1]["relays"]["relays"][0]["site"]["share"] == 1.0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--site", -95, 0), "lat_deg"),
        (("--site", 0, 400), "lon_deg"),
        ((), "--site LAT LON"),
        (("chang-e-4", "--compare", "hallo"), f"one of {', '.join(named())}"),
        (("chang-e-4", "--compare", ""), "one of halo"),
        (("chang-e-4", "--compare", "halo,halo"), "each once"),
        (("chang-e-4", "--compare", "halo:z"), "key one of"),
        (("chang-e-4", "--compare", "halo:size=1"), "key one of"),
        (("chang-e-4", "--compare", "halo:z=wide"), "key one of"),
        (("chang-e-4", "--compare", "halo:z=90000"), "above the Moon's surface"),
        (("chang-e-4", "--to", "2019-01-25"), "at least one revolution of halo, 14.81 days"),
        (("chang-e-4", "--to", "2019-01-10"), "a time after"),
        (("chang-e-4", "--region", "far"), "far-side"),
        (("chang-e-4", "--cell", "0"), "0.1 to 30 deg"),
        (("chang-e-4", "--mask", "90"), "less than 90"),
        (("chang-e-4", "--mask", "-5"), "greater than or equal to 0"),
        (("chang-e-4", "--out", "/dev/null"), "a folder"),
        (("chang-e-4", "--terrain", "no.tif"), "no such file"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_before_any_work(farside, words, expected):
    said = farside(*SPAN, *words)
    assert isinstance(said.exception, BadInput), said.output
    assert expected in str(said.exception)
    assert "\n" not in str(said.exception)
