"""Pictures for the documentation: a flight's gallery, its ground, its windows. ``python docs/screenshots.py ce4``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from chromium import Chromium
from PIL import Image

AROUND = "!document.querySelector('.around') || document.querySelector('.around .screen')?.dataset.ready"
JPEG = 88


def scroll_to(browser: Chromium, element: str) -> None:
    """Bring a part of the page to the top and let its pictures appear."""
    browser.evaluate(f"document.querySelector('{element}').scrollIntoView({{behavior: 'instant'}})")
    browser.pause(4.0)


def lay_flat(browser: Chromium) -> None:
    """Lay the panorama flat, come closer, and draw the lines of azimuth and elevation."""
    browser.evaluate("[...document.querySelectorAll('[aria-label=View] button')][1].click()")
    browser.until(AROUND)
    browser.evaluate("document.querySelector('.around .screen').focus({preventScroll: true})")
    for key in ("+", "g"):
        browser.key(key)
        browser.pause(0.5)
    browser.evaluate("document.activeElement.blur()")
    browser.pause(3.0)


def play_to(browser: Chromium, part: float) -> None:
    """Set the film to a fraction of its length."""
    browser.until("document.querySelector('#film video')?.readyState >= 1")
    browser.evaluate(
        "new Promise(done => { const film = document.querySelector('#film video');"
        f" film.onseeked = done; film.controls = false; film.currentTime = {part} * film.duration }})"
    )
    browser.pause(0.5)


def orbit(browser: Chromium, page: Path, out: Path) -> None:
    """The relay's orbit as the Earth sees it."""
    browser.open(page)
    browser.evaluate("[...document.querySelectorAll('button')].find(b => b.textContent === 'From the Earth').click()")
    browser.pause(1.0)
    (out / "orbit.jpg").write_bytes(browser.screenshot(jpeg=JPEG))


def ask(*words: str) -> None:
    """Run a farside command."""
    subprocess.run([sys.executable, "-m", "farside", *words, "--quiet"], check=True, stdout=subprocess.DEVNULL)


def ground_and_windows(out: Path) -> None:
    """The ground around the lander at two scales, and a lunar day of windows."""
    with tempfile.TemporaryDirectory() as folder:
        looks = [Path(folder) / f"{size}.png" for size in (4000, 300)]
        for look in looks:
            ask("terrain", "look", "chang-e-4", "--size-m", look.stem, "--out", str(look))
        pictures = [Image.open(look).convert("RGB") for look in looks]
        pair = Image.new("RGB", (sum(p.width for p in pictures), pictures[0].height))
        for k, picture in enumerate(pictures):
            pair.paste(picture, (k * pictures[0].width, 0))
        pair.resize((pair.width * 2 // 3, pair.height * 2 // 3)).save(out / "ground.jpg", quality=JPEG)
    span = ("--from", "2019-01-03", "--to", "2019-02-02")
    ask("plan", "windows", "chang-e-4", *span, "--out", str(out / "windows.png"))


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flight", type=Path, help="folder of a flight")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the pictures go")
    parser.add_argument("--film-at", type=float, default=0.55, help="fraction of the film shown")
    arguments = parser.parse_args()
    page = arguments.flight / "release" / "index.html"
    if not page.is_file():
        parser.error(f"{page}: no such gallery; fly first: farside fly chang-e-4 --out {arguments.flight}")

    arguments.out.mkdir(parents=True, exist_ok=True)
    ground_and_windows(arguments.out)
    with Chromium(1440, 900) as browser:
        browser.open(page)
        browser.until(AROUND)
        browser.pause(1.5)
        (arguments.out / "gallery.jpg").write_bytes(browser.screenshot(jpeg=JPEG))
        lay_flat(browser)
        (arguments.out / "flat.jpg").write_bytes(browser.screenshot(jpeg=JPEG))
        scroll_to(browser, "#film")
        play_to(browser, arguments.film_at)
        (arguments.out / "landing.jpg").write_bytes(browser.screenshot(jpeg=JPEG))
        scroll_to(browser, "#instruments")
        (arguments.out / "instruments.jpg").write_bytes(browser.screenshot(jpeg=JPEG))
        scroll_to(browser, "#timeline")
        (arguments.out / "timeline.jpg").write_bytes(browser.screenshot(jpeg=JPEG))
        browser.open(page.with_name("pcam.html"))
        browser.until("document.querySelector('#pictures img')")
        scroll_to(browser, "#pictures")
        (arguments.out / "portrait.jpg").write_bytes(browser.screenshot(jpeg=JPEG))
        orbit(browser, page.with_name("orbit.html"), arguments.out)


if __name__ == "__main__":
    main()
