"""The gallery as files: whole, without network, the same bytes for the same content."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import content
import cv2
import numpy as np
import pytest

from farside.control import Chart, Gallery, Lane, Page, Panorama, Picture, Series, Span, write_gallery
from farside.errors import BadInput, DamagedFile

ROOT = Path(__file__).parents[2]


def shown(folder: Path, key: str = "flight") -> dict:
    """What flight.js, or the script of an instrument's page, hands to the page."""
    text = (folder / f"{key}.js").read_text()
    return json.loads(re.fullmatch(r'farside\("(?:flight|page)", (.*)\)\n', text, re.S)[1])


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_gallery_gives_the_same_bytes(flight: Gallery, tmp_path: Path) -> None:
    write_gallery(tmp_path / "a", flight)
    write_gallery(tmp_path / "b", replace(flight, panoramas=(), pictures=flight.pictures[:3], finished=False))
    (tmp_path / "b" / "media" / "left-by-a-killed-run.part").write_bytes(b"half")
    write_gallery(tmp_path / "b", flight)
    a, b = files(tmp_path / "a"), files(tmp_path / "b")
    # links are relative to where the gallery lies, and both lie equally deep
    assert a == b


def test_the_page_refers_to_nothing_outside_its_folder(flight: Gallery, tmp_path: Path) -> None:
    page = write_gallery(tmp_path, flight)
    text = page.read_text()
    loads = re.findall(r'<(?:script|link|img|iframe)[^>]*?(?:src|href)="([^"]+)"', text)
    assert all(address.startswith("data:") for address in loads)
    assert not re.search(r"@import|url\(['\"]?https?:", text)
    front = shown(tmp_path)
    media = [front["footage"]["src"], front["footage"]["poster"]]
    media += [panorama["src"] for panorama in front["panoramas"]]
    media += [picture["src"] for picture in front["pictures"]]
    for page in front["pages"]:
        of_page = shown(tmp_path, page["key"])
        media += [picture["src"] for picture in of_page["pictures"]]
        media += [picture["anaglyph"] for picture in of_page["pictures"] if picture["anaglyph"]]
        media += [film[part] for film in of_page["films"] for part in ("src", "poster")]
    assert all((tmp_path / address).is_file() for address in media)
    assert sorted(p.name for p in (tmp_path / "media").iterdir()) == sorted({Path(m).name for m in media})


def test_the_page_carries_the_licences_of_what_is_built_into_it(flight: Gallery, tmp_path: Path) -> None:
    text = write_gallery(tmp_path, flight).read_text()
    licences = re.search(r'<script type="text/plain" id="licences">(.*?)</script>', text, re.S)[1]
    packages = re.findall(r'"((?:@|openseadragon)[^"]*)":', (ROOT / "web" / "package.json").read_text())
    assert len(packages) == 5
    assert all(name in licences for name in [*packages, "three.js authors", "OpenSeadragon contributors"])


def test_text_is_shown_as_text_and_never_run(flight: Gallery, tmp_path: Path) -> None:
    hostile = '</title></script><script>alert(1)</script>\u2028 & "quoted"'
    page = write_gallery(tmp_path, replace(flight, title=hostile, subtitle=hostile))
    head = page.read_text().split("<style", 1)[0].split("<script", 1)[0]
    assert "&lt;/title&gt;&lt;/script&gt;" in head
    assert shown(tmp_path)["title"] == hostile


def test_events_are_told_in_the_order_they_happened(flight: Gallery, tmp_path: Path) -> None:
    write_gallery(tmp_path, replace(flight, events=tuple(reversed(flight.events))))
    times = [event["utc"] for event in shown(tmp_path)["events"]]
    assert times == sorted(times)


def test_media_that_did_not_change_are_not_written_again(flight: Gallery, tmp_path: Path) -> None:
    write_gallery(tmp_path, replace(flight, finished=False, status="Receiving", progress=0.5))
    before = {p: p.stat().st_ino for p in (tmp_path / "media").iterdir()}
    write_gallery(tmp_path, flight)
    assert {p: p.stat().st_ino for p in (tmp_path / "media").iterdir()} == before
    assert shown(tmp_path)["finished"] is True


def test_a_panorama_wider_than_any_texture_is_reduced_and_keeps_its_angles(tmp_path: Path, built: None) -> None:
    wide = tmp_path / "wide.png"
    cv2.imwrite(str(wide), np.full((1200, 9000, 3), 90, np.uint8))
    place = Panorama(wide, "", az_left_deg=180.0, el_top_deg=10.0, el_bottom_deg=-38.0)
    write_gallery(tmp_path / "g", Gallery("t", "s", "2019-01-03T02:26:00Z", panoramas=[place]))
    told = shown(tmp_path / "g")["panoramas"][0]
    assert told["width"] == 8192
    assert told["height"] == round(1200 * 8192 / 9000)
    assert (told["az_left_deg"], told["el_top_deg"], told["el_bottom_deg"]) == (180.0, 10.0, -38.0)


def test_tiles_stay_where_they_lie_and_the_page_knows_how_they_are_cut(flight: Gallery, tmp_path: Path) -> None:
    (folder := tmp_path / "g").mkdir()
    picture = tmp_path / "wide.png"
    cv2.imwrite(str(picture), np.random.default_rng(5).integers(0, 255, (700, 1500, 3), np.uint8))
    around = replace(flight.panoramas[0], path=picture, tiles=content.cut_tiles(picture, folder))
    gallery = replace(flight, panoramas=[around], pictures=[Picture(picture, "wide", tiles=around.tiles)])
    write_gallery(folder, gallery)
    first = shown(folder)
    tiles = first["panoramas"][0]["tiles"]
    assert {name: tiles[name] for name in ("width", "height", "tile", "overlap", "format")} == {
        "width": 1500, "height": 700, "tile": 512, "overlap": 1, "format": "jpg",
    }  # fmt: skip
    assert (folder / tiles["folder"] / "11" / "2_1.jpg").is_file()
    assert first["pictures"][0]["tiles"] == tiles
    # other tiles under the same name are asked for under another address
    content.cut_tiles(flight.pictures[0].path, tmp_path / "other")
    (tmp_path / "other" / "tcam-000_files" / "9" / "0_0.jpg").replace(folder / "wide_files" / "9" / "0_0.jpg")
    write_gallery(folder, gallery)
    assert shown(folder)["panoramas"][0]["tiles"]["version"] != tiles["version"]


def test_tiles_outside_the_gallery_or_without_a_descriptor_are_refused(tmp_path: Path, built: None) -> None:
    picture = tmp_path / "wide.png"
    cv2.imwrite(str(picture), np.zeros((60, 80, 3), np.uint8))
    outside = Picture(picture, "wide", tiles=content.cut_tiles(picture, tmp_path))
    with pytest.raises(BadInput, match=r"wide\.dzi"):
        write_gallery(tmp_path / "g", Gallery("t", "s", "", pictures=[outside]))
    (tmp_path / "g" / "torn.dzi").write_text("<Image TileSize='512'/>")
    torn = replace(outside, tiles=tmp_path / "g" / "torn.dzi")
    with pytest.raises(DamagedFile, match="deep-zoom"):
        write_gallery(tmp_path / "g", Gallery("t", "s", "", pictures=[torn]))


def test_every_panorama_and_every_error_is_told(flight: Gallery, tmp_path: Path) -> None:
    write_gallery(tmp_path, flight)
    told = shown(tmp_path)
    assert [panorama["name"] for panorama in told["panoramas"]] == ["6 January 2019", "11 January 2019"]
    assert told["panoramas"][0]["error"] == "pointing ± 0.02°, residual 0.3 px"
    assert told["footage"]["error"] == "landing point ± 0.12 m"
    assert told["footage"]["landing"] == {"major_m": 0.12, "minor_m": 0.05, "azimuth_deg": 30.0}
    assert shown(tmp_path, "lpr")["pictures"][0]["error"] == "depth ± 0.4 m"


def test_a_jpeg_that_fits_is_passed_on_as_it_is(tmp_path: Path, built: None) -> None:
    small = tmp_path / "small.jpg"
    cv2.imwrite(str(small), np.random.default_rng(3).integers(0, 255, (60, 80, 3), np.uint8))
    write_gallery(tmp_path / "g", Gallery("t", "s", "2019-01-03T02:26:00Z", pictures=[Picture(small, "small")]))
    (written,) = (tmp_path / "g" / "media").iterdir()
    assert written.read_bytes() == small.read_bytes()


def test_a_film_already_in_the_folder_is_referred_to_not_copied(flight: Gallery, tmp_path: Path) -> None:
    here = tmp_path / "landing.mp4"
    here.write_bytes(flight.footage.path.read_bytes())
    write_gallery(tmp_path, replace(flight, pages=(), footage=replace(flight.footage, path=here)))
    assert shown(tmp_path)["footage"]["src"].startswith("landing.mp4?")
    assert not list((tmp_path / "media").glob("*.mp4"))


@pytest.mark.parametrize("name", ["torn.png", "torn.jpg", "missing.png"])
def test_a_picture_that_cannot_be_shown_is_named(name: str, tmp_path: Path, built: None) -> None:
    path = tmp_path / name
    if "torn" in name:
        path.write_bytes(b"\x89PNG but not really")
    gallery = Gallery("t", "s", "2019-01-03T02:26:00Z", pictures=[Picture(path, "torn")])
    with pytest.raises(DamagedFile, match=name):
        write_gallery(tmp_path / "g", gallery)
    assert not (tmp_path / "g" / "index.html").exists()


def test_every_instrument_has_its_page_and_the_front_page_a_card(flight: Gallery, tmp_path: Path) -> None:
    write_gallery(tmp_path, flight)
    cards = {card["key"]: card for card in shown(tmp_path)["pages"]}
    assert list(cards) == ["lpr", "vnis", "biosphere"]
    assert (cards["lpr"]["held"], cards["lpr"]["counted"]) == (1, 2)
    assert cards["vnis"]["sentence"] == "It splits sunlight from the ground into 300 colours."
    assert cards["lpr"]["picture"] == shown(tmp_path, "lpr")["pictures"][0]
    assert cards["biosphere"]["picture"] is None
    filmed = replace(flight.pages[0], pictures=())
    write_gallery(tmp_path, replace(flight, pages=[filmed]))
    assert shown(tmp_path)["pages"][0]["picture"]["src"] == shown(tmp_path, "lpr")["films"][0]["poster"]
    write_gallery(tmp_path, flight)
    head = (tmp_path / "lpr.html").read_text().split("<script", 1)[0]
    assert 'data-page="lpr"' in head
    assert "<title>Penetrating radar · " in head


def test_a_page_that_is_no_longer_shown_goes_and_foreign_files_stay(flight: Gallery, tmp_path: Path) -> None:
    (tmp_path / "mine.js").write_text("// mine")
    (tmp_path / "mine.html").write_text("mine")
    write_gallery(tmp_path, flight)
    write_gallery(tmp_path, replace(flight, pages=flight.pages[:1]))
    left = {path.name for path in tmp_path.iterdir()} - {"media"}
    assert left == {"index.html", "flight.js", "lpr.html", "lpr.js", "mine.html", "mine.js"}


@pytest.mark.parametrize("keys", [["index"], ["flight"], ["../up"], ["LPR"], [""], ["lpr", "lpr"]])
def test_a_key_that_is_no_file_name_is_refused(keys: list[str], tmp_path: Path, built: None) -> None:
    pages = [Page(key, "title", "what") for key in keys]
    with pytest.raises(BadInput, match="page key"):
        write_gallery(tmp_path / "g", Gallery("t", "s", "", pages=pages))
    assert not (tmp_path / "g" / "index.html").exists()


def charted(tmp_path: Path, utc, **values) -> list[dict]:
    chart = Chart("Temperature", "K", utc, [Series(name, line) for name, line in values.items()])
    write_gallery(tmp_path, Gallery("t", "s", "", pages=[Page("lpr", "Radar", "It is.", charts=[chart])]))
    (drawn,) = shown(tmp_path, "lpr")["charts"]
    return drawn["series"]


def test_a_long_chart_is_thinned_and_keeps_its_extremes(tmp_path: Path, built: None) -> None:
    utc = np.datetime64("2019-01-03") + np.arange(100_000).astype("timedelta64[s]")
    values = np.random.default_rng(2).normal(size=utc.size)
    (line,) = charted(tmp_path, utc, noise=values)
    assert len(line["values"]) <= 800
    assert min(line["values"]) == pytest.approx(values.min(), rel=1e-5)
    assert max(line["values"]) == pytest.approx(values.max(), rel=1e-5)
    assert line["t"] == sorted(line["t"])
    peak = line["t"][int(np.argmax(line["values"]))]
    assert peak == pytest.approx(float(np.argmax(values)), abs=0.001)


def test_values_that_are_missing_leave_a_gap(tmp_path: Path, built: None) -> None:
    utc = [f"2019-01-03T00:00:{s:02d}.500Z" for s in range(10)]
    (line,) = charted(tmp_path, utc, a=[1.0, 2.0, float("nan"), *range(7)])
    assert line["values"][:4] == [1.0, 2.0, None, 0.0]
    assert line["t"] == pytest.approx(range(10))


def test_a_pause_is_a_gap_but_a_slower_rate_is_not(tmp_path: Path, built: None) -> None:
    start = np.datetime64("2019-01-03T00:00")
    bursts = np.r_[np.arange(10), 3600 + np.arange(10)]
    (line,) = charted(tmp_path, start + bursts.astype("timedelta64[s]"), a=np.ones(20))
    assert line["values"].count(None) == 1
    slower = np.r_[np.arange(10), 9 + 60 * np.arange(1, 11)]
    (line,) = charted(tmp_path, start + slower.astype("timedelta64[s]"), a=np.ones(20))
    assert None not in line["values"]


def test_a_chart_that_does_not_add_up_is_refused(tmp_path: Path, built: None) -> None:
    with pytest.raises(BadInput, match="Temperature: a"):
        charted(tmp_path, ["2019-01-03T00:00:00Z", "2019-01-03T00:00:01Z"], a=[1.0])
    with pytest.raises(BadInput, match="go back"):
        charted(tmp_path, ["2019-01-03T00:00:01Z", "2019-01-03T00:00:00Z"], a=[1.0, 2.0])


def test_spans_of_a_lane_are_told_in_order(tmp_path: Path, built: None) -> None:
    spans = [Span(f"2019-01-0{d}T00:00:00Z", f"2019-01-0{d}T01:00:00Z", f"day {d}") for d in (5, 3, 4)]
    write_gallery(tmp_path, Gallery("t", "s", "", lanes=[Lane("Radar", spans)]))
    assert [span["name"] for span in shown(tmp_path)["lanes"][0]["spans"]] == ["day 3", "day 4", "day 5"]
