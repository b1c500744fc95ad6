"""The Earth and the Moon before the Sun, against SPICE's ellipsoids and against rays."""

import numpy as np
import pytest
import spiceypy
from spiceypy.utils.support_types import SPICEDOUBLE_CELL

from farside import sky
from farside.errors import BadInput
from farside.geometry import Site, utc_to_t
from farside.physics import limb_darkening

SPAN = utc_to_t("2019-01-01"), utc_to_t("2021-01-01")
EQUATOR, POLAR = 6378.1366, 6378.1366 * (1.0 - 1.0 / 298.25642)
# grazing and total, as the Moon's centre sees them
TOTAL, GRAZING = utc_to_t("2019-01-21T05:12"), utc_to_t("2020-06-05T19:25")


def centre(t):
    return np.zeros((len(t), 3))


@pytest.fixture(scope="module")
def shapes(spice):
    """Radii and a simple orientation of the Sun: no text kernel with them is installed."""
    pool = {
        "BODY399_RADII": [EQUATOR, EQUATOR, POLAR], "BODY301_RADII": [1737.4] * 3, "BODY10_RADII": [695_700.0] * 3,
        "BODY10_POLE_RA": [286.13, 0.0, 0.0], "BODY10_POLE_DEC": [63.87, 0.0, 0.0], "BODY10_PM": [84.176, 14.1844, 0.0],
    }  # fmt: skip
    for name, values in pool.items():
        spiceypy.pdpool(name, values)
    yield
    for name in pool:
        spiceypy.dvpool(name)


def spice_windows(front, frame, observer, step_s=600.0):
    confine, found = SPICEDOUBLE_CELL(2), SPICEDOUBLE_CELL(400)
    spiceypy.wninsd(*SPAN, confine)
    spiceypy.gfoclt(
        "ANY", front, "ELLIPSOID", frame, "SUN", "ELLIPSOID", "IAU_SUN", "CN", observer, step_s, confine, found
    )
    return np.array([spiceypy.wnfetd(found, k) for k in range(spiceypy.wncard(found))])


def contact(depth, near):
    """Time at which a depth changes its sign within 200 s of ``near``."""
    low, high = near - 200.0, near + 200.0
    below = depth(np.array([low]))[0] < 0.0
    assert below != (depth(np.array([high]))[0] < 0.0)
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if (depth(np.array([middle]))[0] < 0.0) == below else (low, middle)
    return 0.5 * (low + high)


def test_the_oblate_earth_eclipses_the_moon_when_spice_says(shapes):
    found = spice_windows("EARTH", "ITRF93", "MOON")
    assert len(found) == 5  # one of them lasts 53 minutes only
    ours = [[contact(lambda t: sky.solar_eclipse_depth("earth", centre, t), edge) for edge in pair] for pair in found]
    np.testing.assert_allclose(ours, found, rtol=0, atol=0.005)


def test_the_moon_eclipses_the_earths_centre_when_spice_says(shapes):
    found = spice_windows("MOON", "MOON_ME", "EARTH")
    assert len(found) == 3
    earth = sky.body_motion("earth")
    ours = [[contact(lambda t: sky.solar_eclipse_depth("moon", earth, t), edge) for edge in pair] for pair in found]
    np.testing.assert_allclose(ours, found, rtol=0, atol=0.005)


def test_a_round_earth_would_be_tens_of_seconds_off(shapes):
    spiceypy.pdpool("BODY399_RADII", [EQUATOR] * 3)
    try:
        sphere = spice_windows("EARTH", "ITRF93", "MOON")
    finally:
        spiceypy.pdpool("BODY399_RADII", [EQUATOR, EQUATOR, POLAR])
    off = np.abs(sphere - spice_windows("EARTH", "ITRF93", "MOON"))
    assert off.max() > 20.0


@pytest.mark.parametrize("middle", [TOTAL, GRAZING])
def test_light_is_whole_exactly_while_nothing_is_covered(middle):
    t = middle + np.linspace(-12_000.0, 12_000.0, 2401)
    depth, share = sky.solar_eclipse_depth("earth", centre, t), sky.sunlight_past("earth", centre, t)
    assert (share[depth < 0.0] == 1.0).all()
    assert (share[depth > 1e-4] < 1.0).all()
    assert (np.diff(share[share.argmin() :]) >= -1e-4).all()


def test_the_umbra_is_dark_and_the_penumbra_is_what_rays_say(spice):
    t = TOTAL + np.array([-7200.0, -6200.0, -5400.0, -4800.0, 0.0, 4700.0, 5900.0])
    share = sky.sunlight_past("earth", centre, t, 550.0)
    sun, earth = (spiceypy.spkpos(body, t, "J2000", "CN", "MOON")[0] for body in ("SUN", "EARTH"))
    law, expected = limb_darkening(550.0), []
    g = (np.arange(600) + 0.5) / 300.0 - 1.0
    x, y = np.meshgrid(g, g)
    mu = np.sqrt(np.maximum(1.0 - x * x - y * y, 0.0))
    light = np.where(x * x + y * y < 1.0, np.polynomial.polynomial.polyval(mu, law), 0.0)
    for s, e in zip(sun, earth, strict=True):
        far = np.linalg.norm(s)
        u = s / far
        a = np.cross(u, [0.0, 0.0, 1.0])
        a /= np.linalg.norm(a)
        b = np.cross(a, u)
        rays = u + np.tan(np.arcsin(695_700.0 / far)) * (x[..., None] * a + y[..., None] * b)
        rays = rays * [
            1.0,
            1.0,
            EQUATOR / POLAR,
        ]  # the pole is the third axis to 0.1 degree: stretched, the Earth is round
        e = e * [1.0, 1.0, EQUATOR / POLAR]
        hit = (rays @ e) ** 2 >= (rays * rays).sum(-1) * (e @ e - EQUATOR**2)
        expected.append((light * ~hit).sum() / light.sum())
    np.testing.assert_allclose(share, expected, atol=0.003)
    assert share[4] == 0.0
    assert 0.2 < share[1] < 0.9


def test_far_side_sites_are_never_eclipsed_by_the_earth():
    site = sky.site_motion(Site(-45.4446, 177.5991, -5935.0))
    t = np.arange(utc_to_t("2019-01-01"), utc_to_t("2020-01-01"), 600.0)
    up = sky.sun_direction(Site(-45.4446, 177.5991, -5935.0), t)[:, 2] > 0.0
    assert (sky.sunlight_past("earth", site, t[up]) == 1.0).all()


def test_a_time_has_the_same_light_alone_as_among_others():
    t = TOTAL + np.linspace(-9000.0, 9000.0, 40)
    together = sky.sunlight_past("earth", centre, t)
    assert together.tolist() == [float(sky.sunlight_past("earth", centre, x)) for x in t]
    depth = sky.solar_eclipse_depth("earth", centre, t)
    assert depth.tolist() == [float(sky.solar_eclipse_depth("earth", centre, x)) for x in t]
    assert sky.sunlight_past("earth", centre, t.reshape(4, 10)).shape == (4, 10)


def test_other_bodies_are_refused():
    with pytest.raises(BadInput, match="earth or moon"):
        sky.sunlight_past("mars", centre, np.array([0.0]))
