"""The gallery as a visitor sees it: opened from disk in headless Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import content
import cv2
import numpy as np
import pytest
from chromium import Chromium

from farside.control import Gallery, write_gallery

pytestmark = pytest.mark.xdist_group("browser")  # one browser after the other
AROUND = "document.querySelector('.around .screen')?.dataset.ready"


@pytest.fixture(scope="module")
def page(flight: Gallery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    first, *others = flight.panoramas
    shots = [replace(flight.pictures[0], tiles=content.cut_tiles(flight.pictures[0].path, folder))]
    around = [replace(first, tiles=content.cut_tiles(first.path, folder)), *others]
    return write_gallery(folder, replace(flight, panoramas=around, pictures=[*shots, *flight.pictures[1:]]))


@pytest.fixture(scope="module")
def desktop(page: Path, browser_needed: None) -> Iterator[Chromium]:
    with Chromium(1440, 900) as browser:
        browser.open(page)
        browser.until(AROUND)
        browser.pause(0.5)
        yield browser


def picture(browser: Chromium) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(browser.screenshot(), np.uint8), cv2.IMREAD_COLOR)


def ribbon(browser: Chromium) -> dict[str, float]:
    """Where the azimuth scale's names stand, in pixels from the left."""
    return browser.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.ribbon text')]"
        ".map(text => [text.textContent, Number(text.getAttribute('x'))]))"
    )


def at_rest(browser: Chromium) -> float:
    """Azimuth in the middle of the view when it has stopped gliding."""
    before, now = float("nan"), look(browser)
    for _ in range(50):
        if abs(now - before) < 0.01:
            break
        browser.pause(0.2)
        before, now = now, look(browser)
    return now


def look(browser: Chromium) -> float:
    """Azimuth in the middle of the view, degrees, from the two ticks around it."""
    seen = {int(name[:-1]): x for name, x in ribbon(browser).items() if re.fullmatch(r"\d+°", name)}
    degrees, places = zip(*sorted(seen.items(), key=lambda item: item[1]), strict=True)
    middle = browser.evaluate("document.querySelector('.around .screen').clientWidth") / 2
    turned = np.degrees(np.unwrap(np.radians(degrees)))
    return float(np.interp(middle, places, turned) % 360)


def scroll(browser: Chromium, to: str) -> None:
    browser.evaluate(f"document.querySelector('{to}').scrollIntoView({{behavior: 'instant'}})")


def test_it_opens_from_disk_without_network_and_without_complaint(desktop: Chromium) -> None:
    assert desktop.complaints == []
    assert all(address.startswith(("file:", "data:", "blob:")) for address in desktop.requested)


def test_the_panorama_is_seen_where_its_azimuths_say(desktop: Chromium) -> None:
    scroll(desktop, "#top")
    desktop.pause(0.3)
    seen = picture(desktop)
    # the made-up panorama has a white post due north
    row = seen[desktop.evaluate("Math.round(document.querySelector('.stage').clientHeight * 0.55)")]
    white = np.flatnonzero((row > 240).all(axis=1))
    assert white.size > 10
    assert abs(white.mean() - ribbon(desktop)["N"]) < 3
    assert (seen > 40).mean() > 0.2


def test_arrow_keys_turn_the_view(desktop: Chromium) -> None:
    scroll(desktop, "#top")
    desktop.evaluate("document.querySelector('.around .screen').focus()")
    before = look(desktop)
    desktop.key("ArrowRight")
    desktop.pause(0.5)
    after = look(desktop)
    assert 4 < (after - before) % 360 < 30
    desktop.key("ArrowLeft")
    desktop.pause(0.5)
    assert look(desktop) == pytest.approx(before, abs=0.5)


def test_the_mouse_drags_the_view_and_the_wheel_scrolls_the_page(desktop: Chromium) -> None:
    scroll(desktop, "#top")
    before = look(desktop)
    desktop.drag((800, 550), (500, 550))
    desktop.pause(1.0)
    assert 5 < (look(desktop) - before) % 360 < 40
    desktop.call("Input.dispatchMouseEvent", type="mouseWheel", x=700, y=500, deltaX=0, deltaY=300)
    desktop.until("scrollY > 100")


def lay(browser: Chromium, flat: bool) -> None:
    """Show the panorama laid flat, or to look around in, and wait for it."""
    browser.evaluate(f"[...document.querySelectorAll('[aria-label=View] button')][{int(flat)}].click()")
    browser.until(AROUND)
    browser.pause(0.7)


def test_laid_flat_the_panorama_comes_from_its_tiles_and_keeps_its_azimuths(page: Path, browser_needed: None) -> None:
    with Chromium(1440, 900) as browser:
        browser.open(page)
        browser.until(AROUND)
        before = look(browser)
        lay(browser, flat=True)
        assert any("panorama_files/" in address for address in browser.requested)
        assert look(browser) == pytest.approx(before, abs=0.1)
        stage = browser.evaluate(
            "(({y, height}) => y + height * 0.55)(document.querySelector('.stage').getBoundingClientRect())"
        )
        white = np.flatnonzero((picture(browser)[round(stage)] > 240).all(axis=1))
        assert abs(white.mean() - ribbon(browser)["N"]) < 3
        browser.evaluate("document.querySelector('.around .screen').focus()")
        wide = browser.evaluate("document.querySelectorAll('.ribbon line').length")
        press(browser, "+", "+", "+", "g", "ArrowRight")
        browser.pause(1.0)
        assert browser.evaluate("document.querySelectorAll('.ribbon line').length") != wide
        assert 1 < (look(browser) - before) % 360 < 30
        assert browser.evaluate("document.querySelectorAll('.lattice path').length") > 4
        middle = browser.evaluate("document.querySelector('.reading').innerText")
        assert float(re.search(r"azimuth ([\d.]+)°", middle)[1]) == pytest.approx(look(browser), abs=0.1)
        turned = look(browser)
        lay(browser, flat=False)
        assert look(browser) == pytest.approx(turned, abs=0.3)
        assert browser.complaints == []
        assert all(address.startswith(("file:", "data:", "blob:")) for address in browser.requested)


def test_every_panorama_can_be_chosen_and_the_view_stays(page: Path, browser_needed: None) -> None:
    with Chromium(1440, 900) as browser:
        browser.open(page)
        browser.until(AROUND)
        assert "How wrong: pointing ± 0.02°" in browser.evaluate("document.querySelector('.around').innerText")
        names = browser.evaluate("[...document.querySelectorAll('[aria-label=Panorama] button')].map(b => b.innerText)")
        assert names == ["6 January 2019", "11 January 2019"]
        assert browser.evaluate("document.querySelector('.around .tools button').innerText") == "N"
        before = look(browser)
        browser.evaluate("document.querySelectorAll('[aria-label=Panorama] button')[1].click()")
        browser.until("document.querySelector('.around figcaption').innerText.includes('five days later')")
        browser.until(AROUND)
        browser.pause(0.5)
        assert look(browser) == pytest.approx(before, abs=0.2)
        assert browser.evaluate("document.querySelector('.around .tools button').innerText") == "0°"  # and no north
        assert ribbon(browser) and all(name.endswith("°") for name in ribbon(browser))
        lay(browser, flat=True)  # from its picture: it has no tiles
        assert look(browser) == pytest.approx(before, abs=0.2)
        assert browser.complaints == []


def test_the_film_has_a_length_and_its_readings_follow_it(desktop: Chromium) -> None:
    scroll(desktop, "#film")
    desktop.until("document.querySelector('video').readyState >= 1")
    assert desktop.evaluate("document.querySelector('video').duration") == pytest.approx(4.0, abs=0.11)
    first = desktop.evaluate("document.querySelector('.readout').innerText")
    desktop.evaluate("document.querySelectorAll('.chapters button')[2].click()")
    desktop.until("document.querySelector('video').currentTime >= 3.2")
    desktop.evaluate("document.querySelector('video').pause()")
    desktop.until("document.querySelectorAll('.chapters button')[2].hasAttribute('aria-current')")
    later = desktop.evaluate("document.querySelector('.readout').innerText")
    assert "km" in first
    assert "km" not in later


def test_the_ground_track_follows_the_film_and_shows_the_landing_point(desktop: Chromium) -> None:
    scroll(desktop, "#film")
    desktop.until("document.querySelector('#film video').readyState >= 1")
    assert "landing point ± 0.12 × 0.05 m" in desktop.evaluate("document.querySelector('.overhead').innerText")
    rings = []
    for second in (0.0, 2.0, 3.9):
        desktop.evaluate(
            "new Promise(done => { const film = document.querySelector('#film video');"
            f" film.onseeked = done; film.currentTime = {second} }})"
        )
        rings.append(desktop.evaluate("document.querySelector('.overhead figcaption span').innerText"))
    assert rings[0] == "ground track; ring of 100 km"
    assert len(set(rings)) == 3
    assert desktop.evaluate("!document.querySelector('.overhead .error').hasAttribute('hidden')")


def test_a_picture_opens_large_and_arrow_keys_go_on(desktop: Chromium) -> None:
    scroll(desktop, "#pictures")
    desktop.evaluate("document.querySelector('.wall button').click()")
    text = "document.querySelector('dialog p').innerText"
    first = desktop.evaluate(text)
    desktop.until("document.querySelector('dialog canvas')")  # the first one has tiles
    press(desktop, "+", "+", "ArrowRight", "0")
    assert desktop.evaluate(text) == first  # arrows move what is larger than the window
    desktop.pause(0.7)
    desktop.key("ArrowRight")
    assert desktop.evaluate(text) != first
    assert desktop.evaluate("document.querySelector('dialog img').alt") == "TCAM 3, yaw 152°"
    desktop.key("Escape")
    desktop.until("!document.querySelector('dialog')")
    assert any("tcam-000_files/" in address for address in desktop.requested)


def test_a_picture_for_red_and_cyan_glasses_is_one_switch_away(page: Path, browser_needed: None) -> None:
    with Chromium(1440, 900) as browser:
        browser.open(page.with_name("lpr.html"))
        browser.until("document.querySelector('.plates .switch')")
        source = "document.querySelector('.plates img').getAttribute('src')"
        plain = browser.evaluate(source)
        browser.evaluate("document.querySelector('.plates .switch').click()")
        assert browser.evaluate(source) != plain
        assert browser.evaluate("document.querySelector('.plates .switch').getAttribute('aria-pressed')") == "true"
        browser.evaluate("document.querySelector('.plates .switch').click()")
        assert browser.evaluate(source) == plain
        assert browser.complaints == []


def test_every_picture_and_control_has_a_name(desktop: Chromium) -> None:
    nameless = desktop.evaluate(
        "[...document.querySelectorAll('img, button, input, video, [role=application]')]"
        ".filter(e => !(e.alt || e.getAttribute('aria-label') || e.innerText)).map(e => e.outerHTML)"
    )
    assert nameless == []
    assert desktop.evaluate("document.querySelectorAll('h1').length") == 1


def strip(browser: Chromium) -> tuple[float, float, float, float]:
    """Left, top, width and height of the timeline on the screen, which it is brought onto."""
    browser.evaluate("document.querySelector('.field').scrollIntoView({behavior: 'instant', block: 'center'})")
    browser.pause(0.2)
    box = "(({x, y, width, height}) => [x, y, width, height])(document.querySelector('.field').getBoundingClientRect())"
    return tuple(browser.evaluate(box))


def spans_drawn(browser: Chromium) -> int:
    return browser.evaluate("document.querySelectorAll('.field .span').length")


def shown_part(browser: Chromium) -> float:
    """How much of the flight the timeline shows, of 1."""
    return browser.evaluate("parseFloat(document.querySelector('.track i').style.width)") / 100


def press(browser: Chromium, *keys: str) -> None:
    for key in keys:
        browser.key(key)
    browser.pause(0.3)


def test_the_timeline_draws_crowds_as_one_and_opens_them_by_keyboard(desktop: Chromium) -> None:
    strip(desktop)
    desktop.evaluate("document.querySelector('.field').focus()")
    press(desktop, "0")
    assert shown_part(desktop) == pytest.approx(1.0)
    assert 40 < spans_drawn(desktop) < 100  # of 400
    press(desktop, "ArrowDown", "ArrowDown", "ArrowRight")
    assert "Landing camera, 2 of 120: LCAM 2" in desktop.evaluate("document.querySelector('.strip .unseen').innerText")
    assert "120 × LCAM" in desktop.evaluate("document.querySelector('.tip').innerText")
    press(desktop, *"+" * 13)
    assert shown_part(desktop) == pytest.approx(0.5**13, rel=0.01)
    assert "LCAM 2" in desktop.evaluate("document.querySelector('.tip b').innerText")
    assert spans_drawn(desktop) > 100
    press(desktop, "-")
    assert shown_part(desktop) == pytest.approx(0.5**12, rel=0.01)
    press(desktop, "0", "Escape")
    assert desktop.evaluate("document.querySelector('.tip').hidden")
    assert desktop.complaints == []


def test_the_wheel_zooms_the_timeline_only_once_it_is_chosen(desktop: Chromium) -> None:
    x, y, width, height = strip(desktop)
    desktop.evaluate("document.activeElement.blur()")
    wheel = {"type": "mouseWheel", "x": x + width / 2, "y": y + height - 10, "deltaX": 0}
    desktop.call("Input.dispatchMouseEvent", **wheel, deltaY=-60, modifiers=0)
    desktop.pause(0.3)
    assert shown_part(desktop) == pytest.approx(1.0)
    strip(desktop)
    desktop.call("Input.dispatchMouseEvent", **wheel, deltaY=-60, modifiers=2)
    desktop.until("parseFloat(document.querySelector('.track i').style.width) < 90")
    before = desktop.evaluate("document.querySelector('.range').innerText")
    desktop.drag((int(x + width / 2), int(y + 20)), (int(x + width / 2 - 200), int(y + 20)))
    desktop.pause(0.2)
    assert desktop.evaluate("document.querySelector('.range').innerText") != before
    part = shown_part(desktop)
    desktop.call("Input.dispatchMouseEvent", **wheel, deltaY=-60, modifiers=0)  # dragging has chosen it
    desktop.pause(0.3)
    assert shown_part(desktop) < part
    desktop.evaluate("document.querySelectorAll('.zoom button')[2].click()")
    desktop.pause(0.2)
    assert shown_part(desktop) == pytest.approx(1.0)


def test_the_timeline_can_be_read_as_a_list(desktop: Chromium) -> None:
    desktop.evaluate("document.querySelector('.aslist summary').click()")
    desktop.until("document.querySelectorAll('.aslist tbody tr').length > 1")
    flight = "[...document.querySelectorAll('.aslist tbody tr')].map(row => row.innerText)"
    rows = desktop.evaluate(flight)
    assert len(rows) == 6 + 120 + 60 + 160 + 36 + 22 + 1
    assert sum("Touchdown" in row for row in rows) == 1


def test_a_card_leads_to_the_instruments_page_and_the_way_back(page: Path, browser_needed: None) -> None:
    with Chromium(1440, 900) as browser:
        browser.open(page)
        browser.evaluate("[...document.querySelectorAll('.card a')][0].click()")
        browser.until("document.querySelector('h1')?.innerText === 'Penetrating radar'")
        heads = browser.evaluate("[...document.querySelectorAll('main h2')].map(head => head.innerText)")
        assert heads == ["What it means", "Pictures", "Film", "Telemetry", "What arrived", "How wrong it is"]
        browser.until("[...document.images].slice(0, 2).every(image => image.complete && image.naturalWidth > 0)")
        browser.until("document.querySelector('video').readyState >= 1")
        nameless = browser.evaluate(
            "[...document.querySelectorAll('img, button, input, video, [role=application]')]"
            ".filter(e => !(e.alt || e.getAttribute('aria-label') || e.innerText)).map(e => e.outerHTML)"
        )
        assert nameless == []
        browser.evaluate("[...document.querySelectorAll('footer nav a')][2].click()")
        browser.until("document.querySelector('h1')?.innerText === 'Biosphere'")
        assert browser.evaluate("document.querySelectorAll('main h2').length") == 0
        browser.evaluate("document.querySelector('.back').click()")
        browser.until("document.querySelectorAll('.card').length === 3")
        assert browser.complaints == []
        assert all(address.startswith(("file:", "data:", "blob:")) for address in browser.requested)


def test_a_chart_draws_its_series_and_reads_their_values(page: Path, browser_needed: None) -> None:
    with Chromium(1440, 900) as browser:
        browser.open(page.with_name("lpr.html"))
        browser.until("document.querySelectorAll('.chart').length === 2")
        browser.until("document.querySelector('.chart .line')")
        lines = "document.querySelector('.chart').querySelectorAll('.line')"
        drawn = browser.evaluate(f"[...{lines}].map(line => line.getAttribute('d'))")
        assert len(drawn) == 3
        assert all(line.count("M") == 2 for line in drawn)  # one gap
        assert all(400 < len(re.findall("[ML]", line)) <= 800 for line in drawn)
        units = browser.evaluate("[...document.querySelectorAll('.unit')].map(unit => unit.innerText.trim())")
        assert units == ["°C", "V"]
        browser.evaluate("document.querySelector('.chart').focus()")
        press(browser, "Home")
        spoken = browser.evaluate("document.querySelector('.charts .unseen').innerText")
        assert spoken.startswith("3 Jan 2019, 02:10:00 UTC: electronics 1")
        press(browser, "ArrowRight")
        assert browser.evaluate("document.querySelectorAll('.cross circle').length") == 3
        assert browser.evaluate("document.querySelector('.charts .unseen').innerText").startswith("3 Jan 2019, 04:")
        assert browser.complaints == []


def test_two_fingers_zoom_the_timeline_and_one_moves_it(page: Path, browser_needed: None) -> None:
    with Chromium(390, 844, phone=True) as phone:
        phone.open(page)
        phone.until("document.querySelector('.field .span')")
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        x, y, width, height = strip(phone)
        at = y + height / 2
        for kind, apart in (("touchStart", 40), *(("touchMove", 40 + 20 * i) for i in range(1, 9))):
            fingers = [{"x": x + width / 2 + side * apart / 2, "y": at, "id": i} for i, side in enumerate((-1, 1))]
            phone.call("Input.dispatchTouchEvent", type=kind, touchPoints=fingers)
            phone.pause(0.03)
        phone.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        phone.pause(0.3)
        assert 0.15 < shown_part(phone) < 0.35
        before = phone.evaluate("document.querySelector('.range').innerText")
        phone.drag((300, int(at)), (120, int(at)), touch=True)
        phone.pause(0.3)
        assert phone.evaluate("document.querySelector('.range').innerText") != before
        phone.open(page.with_name("lpr.html"))
        phone.until("document.querySelector('.chart .line')")
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        assert phone.complaints == []


def test_on_a_phone_nothing_overflows_and_a_swipe_up_scrolls(page: Path, browser_needed: None) -> None:
    with Chromium(390, 844, phone=True) as phone:
        phone.open(page)
        phone.until(AROUND)
        phone.pause(0.5)
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        before = look(phone)
        phone.drag((300, 500), (120, 505), touch=True)
        turned = at_rest(phone)
        assert 5 < (turned - before) % 360 < 60
        assert phone.evaluate("scrollY") == 0
        phone.drag((200, 650), (205, 350), touch=True)
        phone.until("scrollY > 100")
        assert look(phone) == pytest.approx(turned, abs=0.5)
        assert phone.complaints == []


def test_a_phone_turns_zooms_and_scrolls_past_the_flat_panorama(page: Path, browser_needed: None) -> None:
    with Chromium(390, 844, phone=True) as phone:
        phone.open(page)
        phone.until(AROUND)
        lay(phone, flat=True)
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        box = "document.querySelector('.stage').getBoundingClientRect()"
        x, y = phone.evaluate(f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({box})")
        before = look(phone)
        phone.drag((300, int(y)), (120, int(y) + 5), touch=True)
        turned = at_rest(phone)
        assert 5 < (turned - before) % 360 < 90
        ticks = phone.evaluate("document.querySelector('.ribbon').innerHTML")
        for kind, apart in (("touchStart", 40), *(("touchMove", 40 + 20 * i) for i in range(1, 9))):
            fingers = [{"x": x + side * apart / 2, "y": y, "id": i} for i, side in enumerate((-1, 1))]
            phone.call("Input.dispatchTouchEvent", type=kind, touchPoints=fingers)
            phone.pause(0.03)
        phone.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        at_rest(phone)
        assert phone.evaluate("document.querySelector('.ribbon').innerHTML") != ticks
        assert phone.evaluate("scrollY") == 0
        phone.drag((200, 650), (205, 350), touch=True)
        phone.until("scrollY > 100")
        assert phone.complaints == []


def test_without_webgl_the_panorama_lies_flat(page: Path, browser_needed: None) -> None:
    with Chromium(1000, 700) as browser:
        none = (
            "const get = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext ="
            " function (kind, ...more) { return /webgl/.test(kind) ? null : get.call(this, kind, ...more) }"
        )
        browser.call("Page.addScriptToEvaluateOnNewDocument", source=none)
        browser.open(page)
        browser.until(AROUND)
        browser.pause(0.5)
        assert (picture(browser)[-200:] > 40).mean() > 0.2
        assert browser.evaluate("document.querySelector('[aria-label=View]')") is None
        assert browser.complaints == []


def test_an_open_page_grows_while_data_arrive_and_then_rests(
    flight: Gallery, tmp_path: Path, browser_needed: None
) -> None:
    early = replace(flight, finished=False, status="Receiving: 1 of 15", progress=0.1, panoramas=(), footage=None)
    early = replace(early, epoch_utc="", events=flight.events[:1])  # before touchdown is known
    page = write_gallery(tmp_path, replace(early, pictures=flight.pictures[:1], checks=(), ledger=None))
    with Chromium(1000, 700) as browser:
        browser.open(page)
        assert "1 of 15" in browser.evaluate("document.querySelector('#status').innerText")
        assert browser.evaluate("document.querySelectorAll('.wall img').length") == 1
        assert not browser.evaluate("/NaN|Invalid|undefined|null|false/.test(document.body.innerText)")
        browser.evaluate("window.still = true")
        write_gallery(tmp_path, flight)
        browser.until(AROUND)
        browser.until("document.documentElement.dataset.ready === 'finished'")
        assert browser.evaluate("window.still")  # the page was not loaded anew
        assert browser.evaluate("document.querySelectorAll('.wall img').length") == 12
        assert browser.evaluate("document.querySelector('#status').hidden")
        asked = len(browser.requested)
        browser.pause(3.5)
        assert not [address for address in browser.requested[asked:] if "flight.js" in address]
        assert browser.complaints == []


def test_an_open_page_of_an_instrument_grows_too(flight: Gallery, tmp_path: Path, browser_needed: None) -> None:
    radar = flight.pages[0]
    early = replace(radar, findings=(), pictures=(), films=(), charts=(), checks=())
    write_gallery(tmp_path, replace(flight, finished=False, status="Receiving", progress=0.2, pages=[early]))
    with Chromium(1000, 700) as browser:
        browser.open(tmp_path / "lpr.html")
        assert "Receiving" in browser.evaluate("document.querySelector('#status').innerText")
        assert browser.evaluate("[...document.querySelectorAll('main h2')].map(h => h.innerText)") == ["What arrived"]
        assert not browser.evaluate("/NaN|Invalid|undefined|null|false/.test(document.body.innerText)")
        write_gallery(tmp_path, flight)
        browser.until("document.documentElement.dataset.ready === 'finished'")
        assert browser.evaluate("document.querySelectorAll('main h2').length") == 6
        assert not browser.evaluate("/NaN|Invalid|undefined|null|false/.test(document.body.innerText)")
        assert browser.complaints == []
