"""The nested grids a tracer walks on."""

import numpy as np
import pytest

from farside.geometry import MOON_RADIUS_M
from farside.moon import Relief, build_relief
from farside.moon.relief import facet
from farside.work import Pool


@pytest.fixture(scope="module")
def relief(moon, site):
    return build_relief(moon, site, posts=64, finest_m=0.08, reach_m=250_000.0)


def test_levels_double_and_reach_the_horizon(relief):
    assert relief.posts_m[0] == 0.08
    assert np.allclose(np.diff(np.log2(relief.posts_m)), 1)
    assert relief.halves_m[-1] >= 250_000 > relief.halves_m[-2]
    assert all(h.shape == (65, 65) and h.dtype == np.float32 for h in relief.heights + relief.albedo)


def test_origin_lies_on_the_ground(relief):
    assert relief.site.height_m == pytest.approx(-5935, abs=1)
    assert float(relief.height(0.0, 0.0)) == pytest.approx(0, abs=0.02)


def test_levels_meet_without_a_crack(relief):
    for k in range(len(relief.heights) - 1):
        half = relief.halves_m[k]
        along = np.linspace(-half, half, 333)
        for x, y in (
            (along, 0 * along + half),
            (along, 0 * along - half),
            (0 * along + half, along),
            (0 * along - half, along),
        ):
            inner, _, _ = facet(relief.heights[k], relief.posts_m[k], x, y)
            outer, _, _ = facet(relief.heights[k + 1], relief.posts_m[k + 1], x, y)
            assert inner == pytest.approx(outer, abs=2e-6 * max(1, np.abs(outer).max()))


def test_far_ground_falls_away_with_the_curve_of_the_moon(relief):
    half = relief.halves_m[-1]
    drop = relief.height(half, 0.0) - relief.height(0.0, 0.0)
    assert float(drop) == pytest.approx(-(half**2) / (2 * MOON_RADIUS_M), abs=6000)


def test_posts_hold_the_surface_of_the_moon(moon, relief):
    k, i, j = 6, 20, 41
    x, y = (j - 32) * relief.posts_m[k], (i - 32) * relief.posts_m[k]
    lat, lon, height = relief.site.geodetic(np.array([x, y, float(relief.heights[k][i, j])]))
    assert float(height) == pytest.approx(float(moon.elevation(lat, lon, relief.posts_m[k])), abs=0.01)


def test_normal_is_that_of_the_triangle(relief):
    x, y, d = 0.7, -0.3, 1e-3
    n = relief.normal(x, y)
    rise = [(relief.height(x + d, y) - relief.height(x, y)) / d, (relief.height(x, y + d) - relief.height(x, y)) / d]
    assert -n[0] / n[2] == pytest.approx(float(rise[0]), abs=1e-6)
    assert -n[1] / n[2] == pytest.approx(float(rise[1]), abs=1e-6)


def test_saved_relief_is_mapped_back_unchanged(relief, tmp_path):
    relief.save(tmp_path / "relief")
    again = Relief.load(tmp_path / "relief")
    assert again.site == relief.site and again.posts_m == relief.posts_m
    assert all(np.array_equal(a, b) for a, b in zip(again.heights, relief.heights, strict=True))
    assert isinstance(again.albedo.base, np.memmap)


def test_workers_do_not_change_the_relief(moon, site, relief):
    with Pool(3) as pool:
        other = build_relief(moon, site, posts=64, finest_m=0.08, reach_m=250_000.0, pool=pool)
    assert all(np.array_equal(a, b) for a, b in zip(other.heights, relief.heights, strict=True))
