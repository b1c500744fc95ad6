"""plan link at the shell and from Python: what is written, what it adds up to, and one clear line for what is wrong."""

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
from farside.flight import relay_elevation, solve_halo, station_elevation, stations, write_spk
from farside.geometry import Site
from farside.link.planfile import read_plan
from farside.link.radio import radio
from farside.twin import builtin

SPAN = ("2019-01-05", "2019-01-10")
WORDS = ("plan", "link", "chang-e-4", "--from", SPAN[0], "--to", SPAN[1])
FILES = ["budget.txt", "report.json", "contacts.ion", "contacts.json", "margins.png", "margins.svg"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _here(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def plan(cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        return door.link_plan("chang-e-4", *SPAN)


@pytest.fixture(scope="module")
def folder(plan, tmp_path_factory):
    out = tmp_path_factory.mktemp("link")
    assert [path.name for path in plan.save(out)] == FILES
    return out


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def test_the_shell_writes_and_says_what_python_does(folder, plan, tmp_path):
    done = run(*WORDS, "--out", "mine")
    assert done.exit_code == 0
    assert plan.to_text() in done.stdout
    for name in FILES:
        assert (tmp_path / "mine" / name).read_bytes() == (folder / name).read_bytes()
        assert f"written: mine/{name}" in done.stdout


def test_json_is_lines_that_end_with_the_plan(plan):
    lines = [json.loads(line) for line in run(*WORDS, "--out", "mine", "--json").stdout.splitlines()]
    assert {line["event"] for line in lines[:-1]} == {"stage"}
    assert lines[-1]["event"] == "done"
    assert lines[-1]["files"] == [f"mine/{name}" for name in FILES]
    assert lines[-1]["link"] == json.loads(json.dumps(plan.to_dict()))


def test_both_forms_of_the_contact_plan_read_back_as_planned(folder, plan):
    ion, hdtn = (read_plan(folder / name) for name in ("contacts.ion", "contacts.json"))
    epoch = 1_546_646_400.0  # 2019-01-05 in Unix time
    assert ion.epoch_s == epoch and hdtn.epoch_s == epoch
    assert list(hdtn.plan) == list(plan.contacts())
    assert len(ion.plan) == len(hdtn.plan)
    for rough, exact in zip(ion.plan, hdtn.plan, strict=True):
        assert (rough.sender, rough.receiver) == (exact.sender, exact.receiver)
        assert 0 <= rough.start - exact.start < 1.0 and 0 <= exact.end - rough.end < 1.0
        assert exact.rate_bps - 8 < rough.rate_bps <= exact.rate_bps
    light = hdtn.light_time()
    assert 0.155 < light(10, 20, 100.0) < 0.258
    assert light(10, 20, 100.0) == pytest.approx(light(20, 10, 100.0), abs=1e-3)
    assert not hdtn.without_range()


def test_contacts_are_where_the_sky_says(plan):
    orbit, site = solve_halo(), Site(-45.4446, 177.5991, -5935.0)
    numbers = {number: stations()[name.lower()] for name, number in plan.nodes.items() if number >= 30}
    for contact in plan.contacts():
        t = plan.start + np.linspace(contact.start + 0.01, contact.end - 0.01, 20)
        station = numbers.get(contact.sender) or numbers.get(contact.receiver)
        if station:
            assert np.degrees(station_elevation(orbit, station)(t)).min() > station.min_elevation_deg - 1e-4
        else:
            assert np.degrees(relay_elevation(orbit, site)(t)).min() > 5.0


def test_the_report_adds_up(folder, plan):
    report = json.loads((folder / "report.json").read_text())
    assert [way["name"] for way in report["ways"][:4]] == ["lander-relay", "relay-lander", "rover-relay", "relay-rover"]
    assert [way["name"] for way in report["beside"]] == ["relay-earth-x", "telemetry"]
    contacts = list(plan.contacts())
    for way in report["ways"]:
        ends = report["nodes"][way["from"]], report["nodes"][way["to"]]
        mine = [c for c in contacts if (c.sender, c.receiver) == ends]
        carried = sum((c.end - c.start) * c.rate_bps / 8 for c in mine)
        assert sum(way["octets_per_day"]) == pytest.approx(carried)
        assert sum(way["seconds_at_bps"].values()) == pytest.approx(sum(c.end - c.start for c in mine))
        least, most = way["distance_km"]
        assert way["light_time_s"] == pytest.approx([least / 299_792.458, most / 299_792.458])
        assert max(map(abs, way["doppler_hz"])) < 4000.0
        for margin in way["worst"]["margin_db"]:
            assert way["worst"]["margin_db"][margin] <= way["best"]["margin_db"][margin]
        slowest = min((rate for rate, seconds in way["seconds_at_bps"].items() if seconds), key=float)
        assert way["best"]["margin_db"][slowest] >= 3.0
    up = next(way for way in report["ways"] if way["name"] == "neuquen-relay")
    assert max(map(abs, up["two_way_doppler_hz"])) == pytest.approx(2 * max(map(abs, up["doppler_hz"])), rel=1e-3)


def test_a_radio_and_a_relay_of_ones_own_take_the_place_of_the_designed_ones(tmp_path):
    (tmp_path / "mine.yaml").write_text("terminals: {rover-high-gain: {power_w: 0.03}}\nwanted_margin_db: 1\n")
    place = ("plan", "link", "--lat", -75, "--lon", 132, "--from", "2027-01-01", "--to", "2027-01-20")
    done = run(*place, "--relay", "halo:z=12000", "--radio", "mine.yaml", "--out", "mine", "-q")
    assert done.exit_code == 0 and done.output == ""
    report = json.loads((tmp_path / "mine" / "report.json").read_text())
    assert "12,000 km" in report["relay"] and report["wanted_margin_db"] == 1.0
    assert report["ways"][0]["in_view_s"] < 0.9 * 19 * 86_400.0  # from 75 S a halo sets
    rates = {c.rate_bps for c in read_plan(tmp_path / "mine" / "contacts.json").plan if c.sender == 11}
    assert rates == {700.0}


def test_every_hop_of_the_table_is_in_the_text(plan):
    text = plan.to_text()
    stations_only = {"relay-earth", "earth-relay"}
    for name in {*radio().hops} - stations_only | {"relay-kashi", "kashi-relay", "relay-jiamusi"}:
        assert name in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("plan", "link", "mars", *WORDS[3:]), "'mars'; expected one of chang-e-4"),
        ((*WORDS[:6], "2019-01-04"), "link: to: '2019-01-04'; expected a time after 2019-01-05"),
        (("plan", "link", *WORDS[3:]), "farside plan link: SITE"),
        ((*WORDS, "--radio", "none.yaml"), "none.yaml"),
        ((*WORDS, "--relay", "pigeon"), "'pigeon'; expected one of halo"),
        ((*WORDS[:6], "2039-01-05"), "link: span: '7305.00 days'; expected ten years"),
        ((*WORDS[:6], "2039-01-05", "--relay", "elfo"), "link: span: '7305.00 days'; expected ten years"),
        ((*WORDS[:2], "--lat", 95, "--lon", 0, *WORDS[3:]), "lat_deg: 95.0"),
    ],
)
def test_what_cannot_be_planned_is_refused_before_work(tmp_path, words, told):
    refused = run(*words, "--out", "mine")
    assert isinstance(refused.exception, Exception)
    assert told in str(refused.exception)
    assert not (tmp_path / "mine").exists()


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "mine").write_text("")
    refused = run(*WORDS, "--out", "mine")
    assert "--out" in str(refused.exception)


def test_a_folder_with_other_things_in_it_is_refused_before_any_work(folder, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.json").write_text("of another command")
    for out in ("mine", "", "mine/report.json/link"):
        refused = run(*WORDS, "--relay", "pigeon", "--out", out)
        assert "farside plan link: --out" in str(refused.exception)
    assert (tmp_path / "mine" / "report.json").read_text() == "of another command"
    refused = run(*WORDS, "--relay", "pigeon", "--out", folder)  # an earlier plan's
    assert "pigeon" in str(refused.exception)


def test_days_of_the_worst_moments_have_their_year(plan):
    lines = plan.to_text().splitlines()
    assert "2019-01-05 00:00 to 2019-01-10 00:00 UTC" in lines[0]
    (days,) = {line for line in lines if line.startswith("day ") and len(line.split()) == 4}
    assert all(day.startswith("2019-01-") for day in days.split()[1:])


def test_relay_and_radio_may_be_files_by_path_or_by_words(tmp_path):
    write_spk(solve_halo(), tmp_path / "relay.bsp")
    (tmp_path / "mine.yaml").write_text("wanted_margin_db: 2.5")
    for kind in (str, Path):
        relay, radio_file = kind(tmp_path / "relay.bsp"), kind(tmp_path / "mine.yaml")
        plan = door.link_plan("chang-e-4", "2019-01-05", "2019-01-06", relay=relay, radio=radio_file)
        assert plan.relay == "from relay.bsp" and plan.radio.wanted_margin_db == 2.5
        assert plan.save(kind(tmp_path / "out"))[0] == tmp_path / "out" / "budget.txt"


def test_a_mission_is_planned_with_its_own_radio_and_relay(tmp_path):
    write_spk(solve_halo(), tmp_path / "relay.bsp")
    text = builtin()["chang-e-4"].read_text()
    text = re.sub(r"  orbit:\n(    .*\n)+", "  orbit: {file: relay.bsp}\n", text, count=1)
    changed = "link: {radio: {terminals: {rover-high-gain: {power_w: 0.03}}}}\n"
    (tmp_path / "mine.yaml").write_text(text.replace("sequences:", f"{changed}sequences:", 1))
    plan = door.link_plan("mine.yaml", "2019-01-05", "2019-01-06")
    assert plan.radio.terminals["rover-high-gain"].power_w == 0.03
    assert plan.relay == "from relay.bsp"
    again = door.link_plan("mine.yaml", "2019-01-05", "2019-01-06", radio=radio())
    assert again.radio == radio()


def test_long_names_of_stations_leave_the_columns_apart(plan):
    long = [dataclasses.replace(way, name=f"{way.name}-with-a-long-name") for way in plan.ways]
    lines = dataclasses.replace(plan, ways=tuple(long)).to_text().splitlines()
    heads = [line.split() for line in lines if line.startswith(" ")]
    assert ["lander-relay-with-a-long-name", "rover-relay-with-a-long-name"] in heads
    end = next(line.index("bit/s") + 5 for line in lines if line.startswith("Rates"))
    rates = [line for line in lines if line.startswith("rover-relay-with-a-long-name ")]
    assert len(rates) == 3 and all(line[end - 1].isdigit() and line[end] == " " for line in rates)


def test_a_site_or_station_that_never_sees_the_relay_is_told(plan):
    near = door.link_plan(Site(0.0, 0.0), "2019-01-05", "2019-01-06").to_text()
    assert "The relay is never in view of the site" in near and "Site to relay" not in near
    surface = dataclasses.replace(plan, ways=plan.ways[:2], beside=()).to_text()
    assert "The relay is never in view of a station" in surface
    assert "never in view" not in plan.to_text()
