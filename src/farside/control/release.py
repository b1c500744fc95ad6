"""Writing the gallery: pages that open from disk or from any static host, without network."""

from __future__ import annotations

import html
import json
import os
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from farside.control.chart import chart_content
from farside.control.gallery import Footage, Gallery, Lane, Link, Page, Panorama, Picture
from farside.control.media import Media
from farside.errors import BadInput, FarsideError
from farside.work import atomic_write

STATIC = Path(__file__).parent / "static"
PAGE_MARK = 'farside("page", '  # how the script of an instrument's page begins


def write_gallery(folder: Path, gallery: Gallery) -> Path:
    """Write or rewrite the gallery in ``folder`` and return its front page, ``folder/index.html``.

    Pages themselves never change; ``flight.js`` holds what the front page shows, ``<key>.js`` what the page of an
    instrument does, and an open page reads its own again until ``gallery.finished``. Media that did not change are not
    made again; media and pages no longer shown are removed. Same gallery and same media give the same bytes. Raises
    BadInput for a page's key that is no file name or a chart whose lengths differ, DamagedFile for a medium that cannot
    be shown, OutOfSpace.
    """
    folder = Path(folder)
    _check_keys(gallery)
    media = Media(folder / "media")
    pages = {page.key: _page_content(page, gallery, folder, media) for page in gallery.pages}
    front = _front_content(gallery, pages, folder, media)
    write_changed(folder / "index.html", _html(gallery.title, gallery.subtitle))
    write_changed(folder / "flight.js", f'farside("flight", {script_json(front)})\n')
    for page in gallery.pages:
        write_changed(folder / f"{page.key}.html", _html(f"{page.title} · {gallery.title}", page.what, page.key))
        write_changed(folder / f"{page.key}.js", f"{PAGE_MARK}{script_json(pages[page.key])})\n")
    _remove_left_pages(folder, set(pages))
    media.sweep()
    return folder / "index.html"


def _check_keys(gallery: Gallery) -> None:
    keys = [page.key for page in gallery.pages]
    for key in keys:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", key) or key in ("index", "flight") or keys.count(key) > 1:
            expected = "lower-case letters, digits and hyphens, each page its own, not index or flight"
            raise BadInput("gallery", "page key", key, expected)


def _html(title: str, description: str, key: str = "") -> str:
    """The built page under its title; a page of an instrument tells its script whose content to read."""
    page = page_template("index.html").replace(
        "<title>farside</title>", f"<title>{html.escape(title)} · farside</title>", 1
    )
    page = page.replace(
        "A mission to the far side of the Moon, flown by farside.", html.escape(description, quote=True), 1
    )
    return page.replace('<html lang="en">', f'<html lang="en" data-page="{key}">', 1) if key else page


def page_template(name: str) -> str:
    """A page as it was built out of ``web/``. Raises FarsideError where it was not."""
    template = STATIC / name
    if not template.is_file():
        raise FarsideError(f"{template}: the page is not built; run: make setup")
    return template.read_text(encoding="utf-8")


def _remove_left_pages(folder: Path, keys: set[str]) -> None:
    for script in sorted(folder.glob("*.js")):
        if script.stem not in keys and script.read_text(encoding="utf-8").startswith(PAGE_MARK):
            script.with_suffix(".html").unlink(missing_ok=True)
            script.unlink()


def _front_content(gallery: Gallery, pages: dict[str, Any], folder: Path, media: Media) -> dict[str, Any]:
    content = asdict(replace(gallery, pages=()))
    content["events"] = [asdict(event) for event in sorted(gallery.events, key=lambda event: event.utc)]
    content["lanes"] = [_lane(lane) for lane in gallery.lanes]
    content["pages"] = [_card(page) for page in pages.values()]
    content["footage"] = gallery.footage and _footage(gallery.footage, media)
    content["panoramas"] = [_panorama(panorama, media) for panorama in gallery.panoramas]
    content["pictures"] = [_picture(picture, media) for picture in gallery.pictures]
    content["links"] = [_link(link, folder) for link in gallery.links]
    return content


def _page_content(page: Page, gallery: Gallery, folder: Path, media: Media) -> dict[str, Any]:
    content = asdict(replace(page, charts=()))
    content["pictures"] = [_picture(picture, media) for picture in page.pictures]
    content["films"] = [_footage(film, media) for film in page.films]
    content["charts"] = [chart_content(chart) for chart in page.charts]
    content["links"] = [_link(link, folder) for link in page.links]
    content["pages"] = [{"key": other.key, "title": other.title} for other in gallery.pages]
    content["flight"] = gallery.title
    for name in ("epoch_utc", "finished", "status", "progress", "simulated", "provenance"):
        content[name] = getattr(gallery, name)
    return content


def _card(page: dict[str, Any]) -> dict[str, Any]:
    """What the front page shows of an instrument's page: its first sentence, first picture and count of checks."""
    verdicts = [check["verdict"] for check in page["checks"]]
    return {
        "key": page["key"],
        "title": page["title"],
        "sentence": re.split(r"(?<=[.!?])\s", page["what"].strip(), maxsplit=1)[0],
        "picture": next(iter(page["pictures"]), None) or _still(page["films"]),
        "held": verdicts.count("ok"),
        "counted": len(verdicts) - verdicts.count("not applicable"),
    }


def _still(films: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The poster of the first film as a picture."""
    for film in films:
        if film["poster"]:
            size = {"width": film["width"], "height": film["height"]}
            return {"src": film["poster"], "alt": film["alt"], "caption": film["caption"], **size}
    return None


def _lane(lane: Lane) -> dict[str, Any]:
    return {"name": lane.name, "spans": [asdict(s) for s in sorted(lane.spans, key=lambda s: (s.start_utc, s.end_utc))]}


def _footage(footage: Footage, media: Media) -> dict[str, Any]:
    src, width, height = media.film(footage.path)
    poster = media.picture(footage.poster)[0] if footage.poster else None
    return {**asdict(footage), "path": None, "src": src, "width": width, "height": height, "poster": poster}


def _panorama(panorama: Panorama, media: Media) -> dict[str, Any]:
    src, width, height = media.panorama(panorama.path)
    tiles = panorama.tiles and media.tiles(panorama.tiles)
    return {**asdict(panorama), "path": None, "src": src, "width": width, "height": height, "tiles": tiles}


def _picture(picture: Picture, media: Media) -> dict[str, Any]:
    src, width, height = media.picture(picture.path)
    return {
        **asdict(picture),
        "path": None,
        "alt": picture.alt or picture.caption,
        "src": src,
        "width": width,
        "height": height,
        "tiles": picture.tiles and media.tiles(picture.tiles),
        "anaglyph": picture.anaglyph and media.picture(picture.anaglyph)[0],
    }


def _link(link: Link, folder: Path) -> dict[str, str]:
    if isinstance(link.target, str):
        return {"text": link.text, "href": link.target}
    return {"text": link.text, "href": Path(os.path.relpath(link.target, folder)).as_posix()}


def script_json(content: dict[str, Any]) -> str:
    """Content as JSON that may stand in a script."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    # line separators end a string in older scripts
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def write_changed(path: Path, text: str) -> None:
    """Write a file only when it would change: an open page need not be told the same again."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
