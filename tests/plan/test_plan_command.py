"""plan windows at the shell and from Python: what is said and written, and one clear line for everything wrong."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import farside as door
from farside.cli import app
from farside.errors import BadInput
from farside.flight.almanac import GROUPS, Almanac
from farside.geometry import Site, t_to_utc, utc_to_t
from farside.moon import Horizon

MONTH = ("--from", "2019-01-20", "--to", "2019-02-20")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Horizons and orbits are kept here for all tests of this file."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _here(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def farside():
    """The command line, in this process: output, error output, and the error where there was one."""

    def run(*words: object):
        return CliRunner().invoke(app, [*map(str, words)])

    return run


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Moon without hills, and nothing kept: for what does not depend on the skyline."""
    monkeypatch.setattr(
        "farside.run.kept.horizon_of", lambda moon, site, eye: Horizon(site, eye, np.zeros(3600), np.ones(3600))
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "plain"))


@pytest.fixture(scope="module")
def month(cache: Path) -> Almanac:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        return door.windows("chang-e-4", "2019-01-20", "2019-02-20")


def shell(*words: object) -> subprocess.CompletedProcess[str]:
    """The same as a user has it."""
    command = [sys.executable, "-m", "farside", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=dict(os.environ))


def test_sites_are_listed_with_what_is_uncertain_about_them(farside):
    said = farside("plan", "sites").stdout
    assert "chang-e-4" in said
    assert "41.6385 S" in said
    assert "182.3 or 176.83 E" in said
    assert "Lunar Pathfinder" in said
    names = [json.loads(line)["site"] for line in farside("plan", "sites", "--json").stdout.splitlines()]
    assert names == ["chang-e-4", "chang-e-6", "lusee-night"]


def test_the_shell_says_what_python_says(farside, month):
    done = shell("plan", "windows", "chang-e-4", *MONTH)
    assert done.stdout == month.to_text()
    assert "finding windows" in done.stderr
    assert farside("plan", "windows", "chang-e-4", *MONTH, "--format", "csv", "-q").stdout == month.to_csv()
    assert farside("plan", "windows", "chang-e-4", *MONTH, "--format", "ical", "-q").stdout == month.to_ical().replace(
        "\r\n", "\n"
    )


def test_the_shell_says_what_is_wrong_in_one_line():
    done = shell("plan", "windows", "mars", *MONTH)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("farside: windows: site: 'mars'")


def test_text_has_a_line_for_each_event_and_a_summary_that_stands_alone(month):
    text = month.to_text()
    assert all(len(line) <= 140 for line in text.splitlines())
    for event in month.events:
        assert any(
            t_to_utc(event.t, 0)[:19].replace("T", " ") in line and event.what in line for line in text.splitlines()
        )
    summary = month.to_text(summary_only=True)
    assert "never over the terrain; highest -3" in summary
    assert "longest night" in summary
    assert "Uncertain" in summary
    assert len(summary.splitlines()) < 30


def test_csv_and_json_carry_every_event_and_span(month):
    rows = list(csv.DictReader(io.StringIO(month.to_csv())))
    assert [float(row["tdb_s"]) for row in rows] == pytest.approx([event.t for event in month.events], abs=1e-4)
    assert [row["utc"] for row in rows] == [event.utc for event in month.events]
    assert all(float(row["one_sigma_s"]) > 0 for row in rows)
    whole = json.loads(month.to_json())
    assert len(whole["events"]) == len(month.events)
    for lane, written in zip(month.lanes, whole["lanes"], strict=True):
        assert written["total_s"] == pytest.approx(lane.total_s, abs=1e-3)
        back = [[utc_to_t(edge) for edge in span] for span in written["spans_utc"]]
        assert np.array(back).ravel() == pytest.approx(np.array(lane.spans).ravel(), abs=1e-3)


def test_calendar_follows_rfc_5545(month):
    text = month.to_ical()
    raw = text.encode()
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert "X-WR-CALNAME:Chang'e 4 in Von Kármán crater" in lines
    spans = sum(len(lane.spans) for lane in month.lanes)
    fields = [dict(line.split(":", 1) for line in block) for block in blocks(lines)]
    assert len(fields) == spans == len({field["UID"] for field in fields})
    for field in fields:
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(field)
        assert field["DTSTART"] < field["DTEND"]
        assert all(field[name].endswith("Z") and len(field[name]) == 16 for name in ("DTSTART", "DTEND", "DTSTAMP"))


def blocks(lines):
    inside = None
    for line in lines:
        if line == "BEGIN:VEVENT":
            inside = []
        elif line == "END:VEVENT":
            yield inside
        elif inside is not None:
            inside.append(line)


def test_files_are_written_as_their_names_say(farside, month, tmp_path):
    names = ["m.txt", "m.csv", "m.json", "m.ics", "m.png", "m.svg"]
    done = farside("plan", "windows", "chang-e-4", *MONTH, *(word for name in names for word in ("--out", name)))
    assert done.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert (tmp_path / "m.ics").read_bytes() == month.to_ical().encode()
    assert (tmp_path / "m.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "written: m.svg" in done.stdout
    assert "Jiamusi loses the relay" not in done.stdout
    quiet = farside("plan", "windows", "chang-e-4", *MONTH, "-q", "--out", "again.csv")
    assert quiet.output == ""


def test_pictures_are_the_same_bytes_each_time_without_dates(month, tmp_path):
    for kind in ("png", "svg"):
        made = [month.timeline(tmp_path / f"{k}.{kind}").read_bytes() for k in range(4)]
        assert len(set(made)) == 1
    assert b"<dc:date>" not in (tmp_path / "0.svg").read_bytes()
    assert b"Software" not in (tmp_path / "0.png").read_bytes()


def test_json_is_lines_that_end_with_the_windows(farside, month):
    lines = [json.loads(line) for line in farside("plan", "windows", "chang-e-4", *MONTH, "--json").stdout.splitlines()]
    assert [line["event"] for line in lines[:-1]] == ["stage"] * (len(lines) - 1)
    assert lines[-1]["event"] == "done"
    assert lines[-1]["windows"] == json.loads(month.to_json())


def test_a_second_look_at_the_same_site_takes_its_horizon_and_orbit_from_the_cache(farside, month):
    said = farside("plan", "windows", "chang-e-4", "--from", "2019-06-01", "--to", "2019-06-03", "--summary").stderr
    assert "horizon" not in said
    assert "orbit" not in said


def test_what_is_not_asked_for_is_not_said(farside, month):
    said = farside("plan", "windows", "chang-e-4", *MONTH, "--show", "sun,earth").stdout
    assert "Sun's upper limb rises" in said
    assert not any(word in said for word in ("Kashi", "wakes", "Eclipses"))


def test_a_site_file_of_ones_own_and_one_of_a_place(farside, month, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "site: mine\ntitle: My place\nposition: {lat_deg: -45.4446, lon_deg: 177.5991, frame: mine}\n"
        "relay: queqiao\nstations: [kashi, {name: Canberra, lat_deg: -35.4, lon_deg: 149.0, height_m: 700,"
        " min_elevation_deg: 10}]\n"
        "vehicles: [{name: Crawler, wake_deg: 5, sleep_deg: 5}]\n"
    )
    said = farside("plan", "windows", "mine.yaml", *MONTH, "--summary").stdout
    assert "My place" in said
    assert "Canberra" in said
    assert "Crawler" in said
    same_ground = farside("plan", "windows", "--lat", -45.4446, "--lon", 177.5991, *MONTH, "--summary")
    sun = next(line for line in month.to_text(summary_only=True).splitlines() if line.startswith("Sun"))
    assert (
        sun.split()[:8] == next(line for line in same_ground.stdout.splitlines() if line.startswith("Sun")).split()[:8]
    )
    assert "Relay: none" in same_ground.stdout


def test_coordinates_given_beside_a_site_replace_its_own(farside, plain):
    said = farside(
        "plan", "windows", "chang-e-4", "--lon", 177.0, "--from", "2019-01-20", "--to", "2019-01-21", "--show", "earth"
    )
    assert "177.0000 E" in said.stdout


def test_python_takes_a_bare_site(month):
    site = Site(-45.4446, 177.5991)
    found = door.windows(site, "2019-01-20", "2019-02-20", sun=True, relay="queqiao", vehicles=False)
    for lane in ("sun.level", "sun.limb", "station.kashi"):
        assert np.array(found.by_key[lane].spans) == pytest.approx(np.array(month.by_key[lane].spans), abs=0.05)
    assert not any(lane.group == "vehicle" for lane in found.lanes)


def test_wake_ups_of_2020_are_told(plain):
    # days 20 and 22: published epochs of both vehicles, by the Sun over a level horizon
    found = door.windows("chang-e-4", "2020-07-01", "2020-10-01", relay="none", sun=False, earth=False)
    wakes = {name: [e.t for e in found.events if e.what == f"{name} wakes"] for name in ("Yutu-2", "Chang'e 4 lander")}
    for name, hours, epochs in (
        ("Yutu-2", 3.0, ("2020-07-14T04:53", "2020-09-11T03:54")),
        ("Chang'e 4 lander", 5.0, ("2020-07-14T21:48", "2020-09-11T21:15")),
    ):
        for utc in epochs:
            assert np.abs(np.array(wakes[name]) - utc_to_t(utc)).min() < hours * 3600.0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chang-e-4", "--from", "2019-01-03", "--to", "2019-01-01"], "a time after 2019-01-03"),
        (["chang-e-4", "--from", "yesterday", "--to", "2019-01-01"], "'yesterday'; expected ISO UTC"),
        (["chang-e-4", "--from", "1066-10-14", "--to", "2019-01-01"], "'1066-10-14'; expected a time from 1900"),
        (["chang-e-4", "--from", "1955-01-01", "--to", "1955-02-01"], "without stations"),
        (["chang-e-6", "--from", "2050-12-01", "--to", "2051-02-01"], "'2051-02-01'; expected a time from 1900"),
        (["mars", *MONTH], "'mars'; expected one of chang-e-4, chang-e-6, lusee-night"),
        (["--lat", "95", "--lon", "3", *MONTH], "lat_deg: 95.0"),
        (["--lat", "5", *MONTH], "--lat and --lon"),
        (["chang-e-4", "--relay", "ton", *MONTH], "'ton'; expected one of queqiao, none"),
        (["chang-e-6", "--relay", "queqiao", "--from", "2020-06-01", "--to", "2034-07-01"], "at most ten years"),
        (["chang-e-6", "--relay", "queqiao", "--from", "2050-06-01", "--to", "2050-07-01"], "2050-12-31"),
        (["chang-e-4", "--terrain", "no.tif", *MONTH], "no.tif"),
        (["chang-e-4", "--eye", "-2", *MONTH], "eye_m: -2.0"),
        (["chang-e-4", "--out", "x.pdf", *MONTH], "'x.pdf'; expected a name that ends in one of .txt"),
        (["chang-e-4", "--out", "no/x.png", *MONTH], "a folder that is there"),
        (["chang-e-4", "--show", "moon", *MONTH], f"some of {','.join(GROUPS)}"),
        (["chang-e-4", "--format", "html", *MONTH], "one of text, csv, json, ical"),
    ],
)
def test_what_cannot_be_planned_is_refused_before_work(farside, tmp_path, words, told):
    refused = farside("plan", "windows", *words)
    assert isinstance(refused.exception, BadInput)
    assert told in str(refused.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("site: [\n", "a site file in YAML"),
        ("- a\n", "a mapping with site, title and position"),
        ("site: x\ntitle: X\nposition: {lat_deg: 1, lon_deg: 2}\nstatoins: [kashi]\n", "statoins"),
        ("site: x\ntitle: X\nposition: {lat_deg: 1}\n", "position.lon_deg"),
        ("site: x\ntitle: X\nposition: {lat_deg: 1, lon_deg: 2}\nstations: [bochum]\n", "got bochum"),
        ("site: x\ntitle: X\nposition: {lat_deg: 1, lon_deg: 2}\nrelay: pigeon\n", "relay"),
    ],
)
def test_a_site_file_that_is_wrong_is_told_where(tmp_path, text, told):
    path = tmp_path / "site.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as refused:
        door.windows(path, "2019-01-20", "2019-02-20")
    assert told in str(refused.value)
    assert "site.yaml" in str(refused.value)


def test_a_cache_that_cannot_be_written_is_done_without(farside, plain, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    done = farside("plan", "windows", "chang-e-6", "--from", "2024-06-01", "--to", "2024-06-02")
    assert done.exit_code == 0
    assert list((tmp_path / "temporary").rglob("*.npz"))
