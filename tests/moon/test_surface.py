"""The surface is one pure function: alone, in a grid, over a pole, across the date line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import Moon, profile, surface
from farside.moon import marks as mk


def test_landing_place_is_at_its_published_elevation(moon):
    for other in (moon, Moon(7)):
        assert float(other.elevation(-45.4446, 177.5991, 0.005)) == pytest.approx(-5935, abs=1)
        assert float(other.elevation(-45.4446, 177.5991, 474.0)) == pytest.approx(-5935, abs=25)


def posts(moon, site, x0, y0, post, n):
    """Directions of the posts of a grid, by the formula of the grid kernel, in NumPy."""
    per = 16
    knots, lat, lon = moon._knots(site, x0, y0, post * per, (n - 1) // per + 2)
    r, c = np.meshgrid(np.arange(n) / per, np.arange(n) / per, indexing="ij")
    i, j = r.astype(int), c.astype(int)
    s, t = r - i, c - j
    low = (1 - t) * knots[i, j] + t * knots[i, j + 1]
    radius = MOON_RADIUS_M + (low + s * ((1 - t) * knots[i + 1, j] + t * knots[i + 1, j + 1] - low))
    y, x = np.meshgrid(y0 + np.arange(n) * post, x0 + np.arange(n) * post, indexing="ij")
    w = np.sqrt(radius * radius - x * x - y * y)
    a, b, c = x / radius, y / radius, w / radius
    axes = site.axes
    p = np.stack([a * axes[0, k] + b * axes[1, k] + c * axes[2, k] for k in range(3)], -1)
    return p.reshape(-1, 3), c.ravel(), moon._window(lat, lon, post)


@pytest.mark.parametrize("post", [0.005, 0.3, 20.0, 700.0])
def test_grid_and_points_give_the_same_bits(moon, site, post):
    n = 97
    x0, y0 = -0.4 * n * post, -0.6 * n * post
    grid, shine = moon.grid(site, x0, y0, post, n)
    p, rise, window = posts(moon, site, x0, y0, post, n)
    h, s = np.empty(n * n), np.empty(n * n)
    surface.at_points(p, *moon._scatter(post), window.height, window.bright, window.where, post, h, s)
    level = MOON_RADIUS_M + site.height_m
    assert np.array_equal(grid.ravel(), ((MOON_RADIUS_M + h) * rise - level).astype(np.float32))
    assert np.array_equal(shine.ravel(), s.astype(np.float32))


def test_points_are_the_plain_sum_of_their_marks(moon):
    """Readable oracle: base plus every crater within a wide cap, summed in NumPy."""
    place = Site(-45.31, 177.13)
    h, _ = moon.at(place.up, 0.25)
    marks = moon._gather(moon._layers, place.up, 50 / MOON_RADIUS_M, 0.25)
    away = place.up - marks[:, :3]
    r2 = (away * marks[:, 3:6]).sum(1) ** 2 + (away * marks[:, 6:9]).sum(1) ** 2
    steps = np.linspace(0, profile.REACH**2, profile.STEPS + 1)
    rows = profile.table()[marks[:, mk.ROW].astype(int)]
    parts = [a * np.interp(q, steps, row) for a, q, row in zip(marks[:, mk.AMP], r2, rows, strict=True) if q < 9]
    bare = Moon(moon.seed)
    bare._layers, bare._named = bare._layers[:0], bare._named[:0]
    base, _ = bare.at(place.up, 0.25)
    # both surfaces rest on the same lava floor, and both have the expected mean of the layers taken off
    assert float(h - base) == pytest.approx(sum(parts), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(lat=st.floats(-90, 90), lon=st.floats(-360, 720), metres=st.sampled_from([0.02, 5.0, 800.0]))
def test_ground_has_no_steps_anywhere(moon, lat, lon, metres):
    p = Site(lat, lon).up
    side = np.cross(p, [0.3, -0.5, 0.8])
    near = p + side / np.linalg.norm(side) * (0.01 * metres / MOON_RADIUS_M)
    h, s = moon.at(np.stack([p, near]), metres)
    assert np.isfinite(h).all()
    assert abs(h[1] - h[0]) < 0.02 * metres
    assert 0.3 < s[0] < 3
    assert float(moon.elevation(lat, lon + 360.0, metres)) == pytest.approx(h[0], abs=1e-4 + 1e-3 * metres)


def test_poles_and_date_line_are_nothing_special(moon):
    for lat, lon in ((90.0, 0.0), (-90.0, 0.0), (-45.0, 180.0), (10.0, 0.0)):
        place = Site(lat, lon)
        h, _ = moon.grid(place, -15.0, -15.0, 0.5, 61)
        assert np.abs(np.diff(h.astype(float), axis=0)).max() < 0.6
        assert np.abs(np.diff(h.astype(float), axis=1)).max() < 0.6


def test_a_point_does_not_depend_on_its_company(moon):
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(-60, -30, 40), rng.uniform(150, 210, 40)
    together = moon.elevation(lat, lon, 2.0)
    order = rng.permutation(40)
    assert np.array_equal(moon.elevation(lat[order], lon[order], 2.0), together[order])
    assert float(moon.elevation(lat[7], lon[7], 2.0)) == together[7]


def test_coarse_ground_is_fine_ground_smoothed(moon, site):
    fine, _ = moon.grid(site, -100.0, -100.0, 0.5, 401)
    coarse, _ = moon.grid(site, -100.0, -100.0, 4.0, 51)
    smooth = fine[4:-4, 4:-4].astype(float)[:392, :392].reshape(49, 8, 49, 8).mean((1, 3))
    rms = np.std(smooth - coarse[1:50, 1:50])
    assert rms < 0.08 * np.std(fine)


def test_seed_changes_the_craters_and_nothing_else(moon, site):
    other = Moon(99)
    a, _ = moon.grid(site, -50.0, -50.0, 1.0, 101)
    b, _ = other.grid(site, -50.0, -50.0, 1.0, 101)
    again, _ = Moon(moon.seed).grid(site, -50.0, -50.0, 1.0, 101)
    assert np.array_equal(a, again)
    assert not np.array_equal(a, b)


def test_normals_point_away_from_rising_ground(moon):
    n = moon.normal(-44.93, 178.81 + np.array([-0.045, 0.045]), 50.0)  # both walls of Tianjin
    assert np.linalg.norm(n, axis=-1) == pytest.approx(1)
    assert n[0, 0] > 0.05 and n[1, 0] < -0.05


def test_fresh_craters_and_highland_are_bright(moon):
    assert float(moon.albedo(-45.34, 176.15, 50.0)) > 1.3  # Zhinyu, the freshest of the named
    mare = moon.albedo(np.linspace(-45.6, -45.2, 40), 177.2, 1.0)
    highland = moon.albedo(np.linspace(-53.5, -53.0, 40), 190.0, 1.0)
    assert np.median(mare) == pytest.approx(1.0, abs=0.1)
    assert np.median(highland) > np.median(mare) + 0.1
