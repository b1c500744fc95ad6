"""Writing the gallery: one page that opens from disk or from any static host, without network."""

from __future__ import annotations

import html
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from farside.control.gallery import Footage, Gallery, Link, Panorama, Picture
from farside.control.media import Media
from farside.errors import FarsideError
from farside.work import atomic_write

STATIC = Path(__file__).parent / "static"


def write_gallery(folder: Path, gallery: Gallery) -> Path:
    """Write or rewrite the gallery in ``folder`` and return its page, ``folder/index.html``.

    The page itself never changes; ``flight.js`` holds what it shows and an open page reads it again until
    ``gallery.finished``. Media that did not change are not made again, those no longer shown are removed. Same gallery
    and same media give the same bytes. Raises DamagedFile for a medium that cannot be shown, OutOfSpace.
    """
    folder = Path(folder)
    media = Media(folder / "media")
    content = _content(gallery, folder, media)
    _write(folder / "index.html", _page(gallery))
    _write(folder / "flight.js", f'farside("flight", {_json(content)})\n')
    media.sweep()
    return folder / "index.html"


def _page(gallery: Gallery) -> str:
    template = STATIC / "index.html"
    if not template.is_file():
        raise FarsideError(f"{template}: the gallery's page is not built; run: make setup")
    page = template.read_text(encoding="utf-8")
    page = page.replace("<title>farside</title>", f"<title>{html.escape(gallery.title)} · farside</title>", 1)
    return page.replace(
        "A mission to the far side of the Moon, flown by farside.", html.escape(gallery.subtitle, quote=True), 1
    )


def _content(gallery: Gallery, folder: Path, media: Media) -> dict[str, Any]:
    content = asdict(gallery)
    content["events"] = [asdict(event) for event in sorted(gallery.events, key=lambda event: event.utc)]
    content["footage"] = gallery.footage and _footage(gallery.footage, media)
    content["panorama"] = gallery.panorama and _panorama(gallery.panorama, media)
    content["pictures"] = [_picture(picture, media) for picture in gallery.pictures]
    content["links"] = [_link(link, folder) for link in gallery.links]
    return content


def _footage(footage: Footage, media: Media) -> dict[str, Any]:
    src, width, height = media.film(footage.path)
    poster = media.picture(footage.poster)[0] if footage.poster else None
    return {**asdict(footage), "path": None, "src": src, "width": width, "height": height, "poster": poster}


def _panorama(panorama: Panorama, media: Media) -> dict[str, Any]:
    src, width, height = media.panorama(panorama.path)
    return {**asdict(panorama), "path": None, "src": src, "width": width, "height": height}


def _picture(picture: Picture, media: Media) -> dict[str, Any]:
    src, width, height = media.picture(picture.path)
    alt = picture.alt or picture.caption
    return {"caption": picture.caption, "utc": picture.utc, "alt": alt, "src": src, "width": width, "height": height}


def _link(link: Link, folder: Path) -> dict[str, str]:
    if isinstance(link.target, str):
        return {"text": link.text, "href": link.target}
    return {"text": link.text, "href": Path(os.path.relpath(link.target, folder)).as_posix()}


def _json(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    # line separators end a string in older scripts
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _write(path: Path, text: str) -> None:
    """Write a file only when it would change: an open page need not be told the same again."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
