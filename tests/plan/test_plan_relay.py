"""plan relay at the shell and from Python: what is said and written, and one clear line for everything wrong."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import farside as door
from farside.cli import app
from farside.errors import BadInput
from farside.flight import solve_halo
from farside.flight.candidates import candidate, named
from farside.flight.charts import KINDS, maps, save
from farside.flight.charts.style import COLOURS
from farside.flight.coverage import coverage_map, region
from farside.flight.orbit_files.daf import SpkArray, write_spk_file
from farside.flight.orbit_files.spk import _packed
from farside.geometry import Site, utc_to_t
from farside.moon import Horizon
from farside.run.comparison import RelayComparison, check_comparison_folder
from farside.run.relay import MOST
from farside.run.relay_charts import charts, file_names
from farside.sky import position, velocity

MONTH = ("2019-01-20", "2019-02-20")
DRAWN = ("coverage", "stationkeeping-halo")
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
    """The halo orbit alone, and together with an ellipse, for a month over Schrodinger basin."""
    compare = ["halo", "halo+elfo:inclination=62:apolune=9000"]
    return door.relay(Site(-75.0, 132.4), *MONTH, compare=compare, cell_deg=15.0, keeping_trials=1)


@pytest.fixture(scope="module")
def saved(month: RelayComparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "relays"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("farside.run.comparison.charts", lambda found: [c for c in charts(found) if c[0] in DRAWN])
        month.save(folder)
    return folder


def test_the_table_fits_a_hundred_columns_and_has_a_column_for_each_relay(month):
    lines = month.to_text().splitlines()
    assert max(map(len, lines)) <= 100
    assert "75 S 132.4 E" in lines[0]
    heads = [line.split() for line in lines]
    assert ["halo+elfo:"] in heads and ["inclination=62:"] in heads and ["halo", "apolune=9000"] in heads
    (seen,) = (line for line in lines if line.startswith("In view of the site"))
    shares = [float(part) for part in seen.split() if part[0].isdigit()]
    assert len(shares) == 2
    assert shares[1] > shares[0]


def test_relays_together_serve_no_worse_than_one(month):
    alone, both = (one.facts for one in month.compared)
    assert both["site"]["share"] > alone["site"]["share"]
    assert both["home"]["share"] > alone["home"]["share"]
    assert both["region"]["mean_share"] > alone["region"]["mean_share"]
    assert both["moon_km"]["lowest"] < 3000.0
    assert both["bytes_a_day"]["lander"] >= alone["bytes_a_day"]["lander"] > 1e9


def test_the_halo_asked_for_by_name_is_the_one_that_windows_are_planned_with(month):
    orbit = month.compared[0].services[0].orbit
    t = np.linspace(*map(utc_to_t, MONTH), 20)
    assert np.array_equal(orbit.position(t), solve_halo().position(t))


def test_an_amplitude_given_is_the_amplitude_flown():
    start = utc_to_t(MONTH[0])
    wide = candidate("halo:z=30000:phase=0").make(start, start + 20.0 * 86_400.0)
    t = np.linspace(start, start + 15.0 * 86_400.0, 300)
    moon, way = -position("earth", t), -velocity("earth", t)
    normal = np.cross(moon, way)
    z = np.einsum("ni,ni->n", wide.position(t), normal) / np.linalg.norm(normal, axis=1)
    assert z.min() == pytest.approx(-30_000.0, rel=0.1)
    assert z[0] == pytest.approx(z.min(), rel=0.1)  # the far apex, phase 0


def test_the_near_rectilinear_orbit_goes_round_nine_times_in_two_lunar_months():
    one, start = candidate("nrho"), utc_to_t("2027-03-01")
    assert 9.0 * one.revolution_s == pytest.approx(2.0 * 29.530588 * 86_400.0, rel=0.002)
    nearest, farthest, _ = one.make(start, start + one.revolution_s).extremes
    assert 3000.0 < nearest < 3500.0
    assert 70_000.0 < farthest < 73_000.0


def test_an_orbit_whose_arcs_do_not_join_is_tried_a_revolution_longer(monkeypatch):
    asked = []

    def never(orbit, begin, revolutions, *, phase):
        asked.append(revolutions)
        raise BadInput("relay", "halo", begin, "arcs that join")

    monkeypatch.setattr("farside.flight.candidates.ephemeris_orbit", never)
    start = utc_to_t("2027-03-01")
    with pytest.raises(BadInput, match="arcs that join"):
        candidate("halo:z=15000").make(start, start + 30.0 * 86_400.0)
    assert asked == [asked[0], asked[0] + 1, asked[0] + 2]


@pytest.mark.parametrize("name", [name for name in named() if "ellipse" in named()[name]])
def test_ellipses_by_name_are_as_high_as_their_title_says(name):
    one, start = candidate(f"{name}:inclination=60"), utc_to_t("2027-03-01")
    lowest, highest, _ = one.make(start, start + 1.5 * one.revolution_s).extremes
    low, high = (float(word.replace(",", "")) for word in re.findall(r"[\d,]{3,}", one.title))
    assert lowest - 1737.4 == pytest.approx(low, abs=100.0)
    assert highest - 1737.4 == pytest.approx(high, rel=0.05)


def test_an_orbit_written_is_an_orbit_that_may_be_asked_for(saved, month):
    orbit = month.compared[0].services[0].orbit
    t = np.linspace(month.start, month.stop, 500)
    for kind in ("oem", "bsp"):
        again = candidate(str(saved / f"orbit-of-halo.{kind}")).make(month.start, month.stop)
        assert np.abs(again.position(t) - orbit.position(t)).max() < 1e-6


def test_the_page_of_the_orbits_lies_beside_them(saved):
    assert "<html" in (saved / "orbit.html").read_text()[:200]
    assert "halo" in (saved / "orbit.js").read_text()


def test_a_file_that_does_not_cover_the_span_says_what_it_covers(farside, saved):
    said = farside("chang-e-4", "--from", "2021-01-01", "--to", "2021-03-01", "--compare", saved / "orbit-of-halo.bsp")
    assert isinstance(said.exception, BadInput)
    assert "a span within 2018-12-20T00:01:00Z to 2020-02-20T17:59:00Z" in str(said.exception)


def test_report_holds_what_the_table_says_and_the_spans(saved, month):
    report = json.loads((saved / "report.json").read_text())
    assert [one["name"] for one in report["relays"]] == [one.name for one in month.compared]
    first = report["relays"][0]
    spans = first["spans"][0]["site"]
    seconds = sum(utc_to_t(b) - utc_to_t(a) for a, b in spans)
    assert seconds / (month.stop - month.start) == pytest.approx(first["site"]["share"], abs=1e-6)
    assert len(spans) == first["site"]["passes"]
    assert first["stationkeeping"]["trials"] == 1
    assert (saved / "stationkeeping-halo.png").is_file()
    assert (saved / "report.txt").read_text() == month.to_text()


def test_every_chart_names_what_it_shows_and_its_unit(month):
    found = dict(charts(month))
    assert list(found) == [
        "orbit-rotating", "orbit-inertial", "distance", "elevation", "angle", "light-time", "doppler", "eclipses",
        "coverage", "comparison", *(name for name in found if name.startswith("stationkeeping-")),
    ]  # fmt: skip
    for name, figure in found.items():
        assert figure.get_suptitle(), name
        labels = {ax.get_ylabel() for ax in figure.axes} | {ax.get_xlabel() for ax in figure.axes}
        assert any(re.search(r"(km|deg|\bs\b|kHz|h|%|m/s)$", label) for label in labels), (name, labels)


def test_charts_are_the_same_bytes_each_time(saved, month, tmp_path):
    for stem, figure in charts(month):
        for kind in KINDS if stem == "coverage" else ():
            again = save(figure, tmp_path / f"{stem}.{kind}")
            assert again.read_bytes() == (saved / again.name).read_bytes(), again.name


def test_the_shell_prints_the_table_and_writes_the_files(farside, tmp_path, monkeypatch):
    monkeypatch.setattr("farside.run.comparison.charts", lambda compared: iter(()))
    out = tmp_path / "out"
    said = farside("--site", -45.4, 177.6, *SPAN, "--out", out, "--region", "-60,-30,150,210", "--cell", 10)
    assert said.exit_code == 0, said.output
    assert "45.4 S" in said.stdout
    assert "always" in said.stdout
    assert f"5 files in {out}" in said.stdout.replace("\n", "")
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
        (("chang-e-4", "--site", -75, 132.4), "one or the other"),
        (("chang-e-4", "--compare", "hallo"), f"one of {', '.join(named())}"),
        (("chang-e-4", "--compare", ""), "one of halo"),
        (("chang-e-4", "--compare", "halo,halo"), "each once"),
        (("chang-e-4", "--compare", "elfo + elfo"), "each once"),
        (("chang-e-4", "--compare", "halo:z=13000:z=14000"), "each once"),
        (("chang-e-4", "--compare", "x" * 300), "one of halo"),
        (("chang-e-4", "--compare", "no.bsp:object=-5"), "key one of target"),
        (("chang-e-4", "--compare", "halo:z"), "key one of"),
        (("chang-e-4", "--compare", "halo:size=1"), "key one of"),
        (("chang-e-4", "--compare", "halo:z=wide"), "key one of"),
        (("chang-e-4", "--compare", "halo:z=90000"), "above the Moon's surface"),
        (("chang-e-4", "--compare", "halo:phase=nan"), "key one of"),
        (("chang-e-4", "--compare", "elfo:perilune=-5"), "0 or more"),
        (("chang-e-4", "--compare", "no.bsp"), "a file with an orbit"),
        (("chang-e-4", "--to", "2019-01-25"), "at least one revolution of halo, 14.8"),
        (("chang-e-4", "--to", "2019-01-10"), "a time after"),
        (("chang-e-4", "--to", "2030-01-10"), "ten years"),
        (
            ("chang-e-4", "--from", "1950-01-01", "--to", "1951-01-01"),
            "relay: from: '1950-01-01'; expected a time from 1962",
        ),
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


def test_a_folder_with_other_things_in_it_is_refused_before_any_work(farside, tmp_path, monkeypatch):
    (tmp_path / "mine.txt").write_text("precious")
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path, "", tmp_path / "mine.txt" / "relays"):
        said = farside("chang-e-4", *SPAN, "--compare", "pigeon", "--out", folder)
        assert "farside plan relay: --out" in str(said.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_of_an_earlier_comparison_is_taken_even_of_one_that_was_interrupted(saved, month, tmp_path):
    check_comparison_folder(saved)
    with pytest.raises(BadInput, match="one of an earlier comparison"):
        month.save(saved.parent)
    (tmp_path / "orbit-of-halo.oem").write_text("what an interrupted one leaves")
    check_comparison_folder(tmp_path)


def test_relays_whose_names_differ_in_what_files_cannot_hold_have_files_of_their_own():
    names = ["a/relay.oem", "b/Relay.oem", "elfo:anomaly=180", "elfo:anomaly=-180", "elfo:anomaly=180:2"]
    stems = file_names(names)
    assert list(stems) == names
    assert stems["a/relay.oem"] == "relay.oem" and stems["elfo:anomaly=-180"] == "elfo-anomaly-180-2"
    assert len({stem.lower() for stem in stems.values()}) == len(names)


def test_one_of_several_spacecraft_in_a_file_is_asked_for_by_its_number(saved, month, tmp_path):
    orbit = month.compared[0].services[0].orbit
    segment = SpkArray(month.start, month.stop, -78, 301, 1, 2, _packed(orbit.series)[1])
    other = dataclasses.replace(segment, target=-77, data=segment.data * 1.0)
    write_spk_file(tmp_path / "two.bsp", "two", [], [segment, other])
    with pytest.raises(BadInput, match="one of -78, -77"):
        candidate(str(tmp_path / "two.bsp"))
    one = candidate(f"{tmp_path / 'two.bsp'}:target=-77")
    t = np.linspace(month.start + 100.0, month.stop - 100.0, 50)
    assert np.array_equal(one.make(t[0], t[-1]).position(t), orbit.position(t))
    assert "-77" in one.title


def test_maps_of_wide_regions_leave_no_empty_bands(month):
    orbit = month.compared[0].services[0].orbit
    wide, square = (
        maps({"halo": coverage_map([orbit], region(name, 30.0), month.start, month.stop, 5.0)}, None)
        for name in ("moon", "far-side")
    )
    assert wide.get_figheight() < 0.85 * square.get_figheight()


def test_one_relay_may_be_asked_for_by_its_path(saved, plain):
    for one in (saved / "orbit-of-halo.bsp", str(saved / "orbit-of-halo.bsp")):
        with pytest.raises(BadInput, match="which the orbit covers"):
            door.relay(Site(-75.0, 132.4), "2021-01-20", "2021-02-20", compare=one)


def test_as_many_relays_as_may_be_compared_have_colours_of_their_own():
    scene = (Path(__file__).parents[2] / "web" / "src" / "orbit" / "scene.js").read_text(encoding="utf-8")
    page = re.findall(r"#\w{6}", next(line for line in scene.splitlines() if "const COLOURS" in line))
    assert len(set(page)) >= MOST and len(set(COLOURS)) >= MOST
