"""The page of a relay's orbit as a visitor sees it, against the geometry it was given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from chromium import Chromium

from farside import sky
from farside.control import OrbitLane, OrbitScene, OrbitSite, RelayPath, write_orbit_page
from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M, utc_to_t

START = "2019-01-01T00:00:00Z"
STEP_S = 3600.0
T = utc_to_t(START) + STEP_S * np.arange(24 * 30)
SITE = OrbitSite("Statio Tianhe", -45.4446, 177.5991, 5.0)


def beyond_the_moon() -> np.ndarray:
    """A circle about the point 65,000 km beyond the Moon, 20,000 km from the line from the Earth."""
    earth = sky.position("earth", T)
    out = -earth / np.linalg.norm(earth, axis=1, keepdims=True)
    north = np.broadcast_to([0.0, 0.0, 1.0], out.shape)
    aside = np.cross(north, out)
    turn = 2.0 * np.pi * (T - T[0])[:, None] / (14.0 * 86400.0)
    return 65_000.0 * out + 20_000.0 * (np.cos(turn) * aside + np.sin(turn) * np.cross(out, aside))


@pytest.fixture(scope="module")
def scene() -> OrbitScene:
    sun = sky.position("sun", T)
    lanes = [
        OrbitLane("in view", [(0.0, 4.0e5), (8.0e5, 1.2e6)]),
        OrbitLane("Earth hides the Sun", [(6e5, 6.1e5)], True),
    ]
    low = RelayPath("ring", "Low.", np.column_stack([8e3 * np.cos(T / 9e3), 8e3 * np.sin(T / 9e3), 0.0 * T]), 5.6e4)
    return OrbitScene(
        "A relay",
        "Made up.",
        START,
        STEP_S,
        sky.position("earth", T),
        sun / np.linalg.norm(sun, axis=1, keepdims=True),
        sky.moon_rotation(T),
        [RelayPath("circle", "High.", beyond_the_moon(), 14.0 * 86400.0, lanes), low],
        SITE,
    )


@pytest.fixture(scope="module")
def page(scene: OrbitScene, built: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_orbit_page(tmp_path_factory.mktemp("orbit"), scene)


@pytest.fixture(scope="module")
def browser(page: Path, browser_needed: None) -> Iterator[Chromium]:
    with Chromium(1280, 860) as browser:
        browser.open(page)
        yield browser


def set_time(browser: Chromium, t_s: float) -> None:
    browser.evaluate(
        f"(s => (s.value = {t_s}, s.dispatchEvent(new Event('input'))))(document.querySelector('input[type=range]'))"
    )


def reading(browser: Chromium, term: str) -> str:
    return browser.evaluate(
        f"[...document.querySelectorAll('.values dt')].find(dt => dt.textContent.includes('{term}'))"
        "?.nextElementSibling.textContent ?? ''"
    )


@pytest.mark.xdist_group("browser")
def test_it_opens_from_disk_without_network_and_shows_a_lit_moon(browser: Chromium) -> None:
    assert browser.complaints == []
    assert all(address.startswith(("file:", "data:", "blob:")) for address in browser.requested)
    seen = cv2.imdecode(np.frombuffer(browser.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert (seen[150:500] > 90).sum() > 500


@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("hours", [5, 200, 611])
def test_elevation_azimuth_and_light_time_are_those_of_the_site(browser: Chromium, hours: int) -> None:
    set_time(browser, hours * STEP_S)
    relay, earth = beyond_the_moon()[hours], sky.position("earth", T[hours : hours + 1])[0]
    lat, lon = np.radians([SITE.lat_deg, SITE.lon_deg])
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    line = sky.moon_rotation(T[hours : hours + 1])[0] @ relay - up * MOON_RADIUS_M * 1e-3
    range_km = np.linalg.norm(line)
    elevation = np.degrees(np.arcsin(line @ up / range_km))
    azimuth = np.degrees(np.arctan2(line @ np.cross(north, up), line @ north)) % 360.0
    told = [float(number) for number in re.findall(r"[\d.]+", reading(browser, "Over Statio"))]
    assert told[0] == pytest.approx(elevation, abs=0.06)
    assert (told[1] - azimuth + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=0.6)
    light_s = (range_km + np.linalg.norm(relay - earth)) / sky.LIGHT_KM_S
    assert float(reading(browser, "one way").split()[0]) == pytest.approx(light_s, abs=0.006)
    assert int(re.sub(r"\D", "", reading(browser, "Moon"))) == pytest.approx(np.linalg.norm(relay), abs=1.0)


@pytest.mark.xdist_group("browser")
def test_the_clock_is_that_of_the_slider_and_shadow_is_named_while_it_lasts(browser: Chromium) -> None:
    set_time(browser, 605_400)
    assert browser.evaluate("document.querySelector('.clock').textContent") == "8 Jan 2019, 00:10:00 UTC"
    assert reading(browser, "hides the Sun") == "now"
    set_time(browser, 700_000)
    assert reading(browser, "hides the Sun") == ""


@pytest.mark.xdist_group("browser")
def test_seen_from_the_earth_the_relay_stands_beside_the_moon_where_it_is(browser: Chromium) -> None:
    set_time(browser, 0.0)
    browser.evaluate("[...document.querySelectorAll('button')].find(b => b.textContent === 'From the Earth').click()")

    def spot(name: str) -> np.ndarray:
        box = "(({x, y, width}) => [x + width / 2, y])"
        found = f"[...document.querySelectorAll('.names span')].find(s => s.textContent === '{name}')"
        return np.array(browser.evaluate(f"{box}({found}.getBoundingClientRect())"))

    # at time 0 it lies along north x out, east of the Moon on the Earth's sky: on the left where north is up
    apart = spot("circle") - spot("Moon")
    assert apart[0] < -80.0
    browser.evaluate("[...document.querySelectorAll('button')].find(b => b.textContent === 'ring').click()")
    assert int(re.sub(r"\D", "", reading(browser, "Moon"))) == pytest.approx(8000, abs=1)


def test_same_scene_same_bytes(page: Path, scene: OrbitScene, tmp_path: Path) -> None:
    again = write_orbit_page(tmp_path, scene)
    for name in ("orbit.html", "orbit.js"):
        assert (again.parent / name).read_bytes() == (page.parent / name).read_bytes()


def test_arrays_that_do_not_fit_are_named(scene: OrbitScene, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"sun: .*expected.*a row for each time"):
        write_orbit_page(tmp_path, replace(scene, sun=scene.sun[1:]))
    with pytest.raises(BadInput, match="step above 0 s"):
        write_orbit_page(tmp_path, replace(scene, step_s=0.0))
