"""The gallery as files: whole, without network, the same bytes for the same content."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from farside.control import Gallery, Panorama, Picture, write_gallery
from farside.errors import DamagedFile


def shown(folder: Path) -> dict:
    """What flight.js hands to the page."""
    text = (folder / "flight.js").read_text()
    return json.loads(re.fullmatch(r'farside\("flight", (.*)\)\n', text, re.S)[1])


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_gallery_gives_the_same_bytes(flight: Gallery, tmp_path: Path) -> None:
    write_gallery(tmp_path / "a", flight)
    write_gallery(tmp_path / "b", replace(flight, panorama=None, pictures=flight.pictures[:3], finished=False))
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
    content = shown(tmp_path)
    media = [content["footage"]["src"], content["footage"]["poster"], content["panorama"]["src"]]
    media += [picture["src"] for picture in content["pictures"]]
    assert all((tmp_path / address).is_file() for address in media)
    assert sorted(p.name for p in (tmp_path / "media").iterdir()) == sorted({Path(m).name for m in media})


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
    write_gallery(tmp_path / "g", Gallery("t", "s", "2019-01-03T02:26:00Z", panorama=place))
    content = shown(tmp_path / "g")["panorama"]
    assert content["width"] == 8192
    assert content["height"] == round(1200 * 8192 / 9000)
    assert (content["az_left_deg"], content["el_top_deg"], content["el_bottom_deg"]) == (180.0, 10.0, -38.0)


def test_a_jpeg_that_fits_is_passed_on_as_it_is(tmp_path: Path, built: None) -> None:
    small = tmp_path / "small.jpg"
    cv2.imwrite(str(small), np.random.default_rng(3).integers(0, 255, (60, 80, 3), np.uint8))
    write_gallery(tmp_path / "g", Gallery("t", "s", "2019-01-03T02:26:00Z", pictures=[Picture(small, "small")]))
    (written,) = (tmp_path / "g" / "media").iterdir()
    assert written.read_bytes() == small.read_bytes()


def test_a_film_already_in_the_folder_is_referred_to_not_copied(flight: Gallery, tmp_path: Path) -> None:
    here = tmp_path / "landing.mp4"
    here.write_bytes(flight.footage.path.read_bytes())
    write_gallery(tmp_path, replace(flight, footage=replace(flight.footage, path=here)))
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
