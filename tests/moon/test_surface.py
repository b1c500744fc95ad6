"""The surface is one pure function: alone, in a grid, over a pole, across the date line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import Moon, noise, profile, regolith, surface
from farside.moon import marks as mk
from farside.moon import population as pop
from farside.moon.cells import mix
from farside.moon.lattice import read


def test_landing_place_is_at_its_published_elevation(moon):
    for other in (moon, Moon(7)):
        assert float(other.elevation(-45.4446, 177.5991, 0.005)) == pytest.approx(-5935, abs=1)
        assert float(other.elevation(-45.4446, 177.5991, 474.0)) == pytest.approx(-5935, abs=25)


def posts(moon, site, x0, y0, post, n):
    """Directions of the posts of a grid, by the formula of the grid kernel, in NumPy."""
    per = 16
    knots, known = moon._knots(site, x0, y0, post * per, (n - 1) // per + 2)
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
    return p.reshape(-1, 3), c.ravel(), moon._window(known, post)


# beside the landing place, across a cube's edge (45 S on the date line), at one of its corners
PLACES = [(-45.4446, 177.5991), (-45.0, 180.0), (-np.degrees(np.arctan(np.sqrt(0.5))), 135.0)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("post", [0.005, 0.3, 20.0, 700.0])
def test_grid_and_points_give_the_same_bits(moon, place, post):
    site = Site(*place, -5935.0)
    n = 97
    x0, y0 = -0.4 * n * post, -0.6 * n * post
    grid, shine = moon.grid(site, x0, y0, post, n)
    p, rise, window = posts(moon, site, x0, y0, post, n)
    h, s = np.empty(n * n), np.empty(n * n)
    surface.at_points(p, moon._detail(post), window, h, s)
    level = MOON_RADIUS_M + site.height_m
    assert np.array_equal(grid.ravel(), ((MOON_RADIUS_M + h) * rise - level).astype(np.float32))
    assert np.array_equal(shine.ravel(), s.astype(np.float32))


def test_points_are_the_plain_sum_of_craters_waves_and_base(moon):
    """Readable oracle: base, every crater within a wide cap, the regolith's octaves; summed in NumPy."""
    place, resolution = Site(-45.31, 177.13), 0.25
    h, _ = moon.at(place.up, resolution)
    craters = (moon._strewn_craters(place.up, 50 / MOON_RADIUS_M, 1e-3) + moon._known).marks
    steps, total = np.linspace(0, profile.REACH**2, profile.STEPS + 1), 0.0
    k_of_row = profile.degradation(np.arange(profile.STATES))
    for c in craters:
        d, e = place.up - c[mk.C : mk.C + 3], c[mk.E : mk.E + 3]
        r2 = (d @ d + (d @ e) ** 2) * c[mk.SHARP]
        k = c[mk.AGE] + (resolution / c[mk.DIAMETER]) ** 2 / 6
        row = np.abs(np.sqrt(k_of_row) - min(1.0, np.sqrt(k / profile.K_TOP))).argmin()
        share = pop.fade(c[mk.DIAMETER], resolution)
        total += share * c[mk.AMP] * np.interp(r2, steps, profile.table()[row]) if r2 < profile.REACH**2 else 0.0
    waves, x = regolith.weights(resolution), place.up * MOON_RADIUS_M
    relief = sum(
        w * noise.gradient_noise(np.uint64(mix(np.uint64((int(moon._salt) + i) % 2**64))),
                                 x[0] / 0.5 * 2**i + 0.37 * i, x[1] / 0.5 * 2**i, x[2] / 0.5 * 2**i)
        for i, w in enumerate(waves)
    )  # fmt: skip
    window = moon._window(place.up, resolution)
    base, _ = read(*window, np.arcsin(place.up[2]), np.arctan2(place.up[1], place.up[0]))
    assert len(craters) > 1000
    assert float(h) == pytest.approx(base + total - moon._detail(resolution).sinks[0] + relief, abs=1e-6)


def test_grouping_of_points_does_not_change_their_bits(moon):
    """A crowd of points shares its search for craters, lone points search alone."""
    rng = np.random.default_rng(5)
    lat = -45.0 + np.concatenate([rng.normal(0, 1e-6, 300), rng.normal(0, 1e-3, 300), rng.uniform(-20, 20, 30)])
    lon = 180.0 + np.concatenate([rng.normal(0, 1e-6, 300), rng.normal(0, 1e-3, 300), rng.uniform(-90, 90, 30)])
    together = moon.elevation(lat, lon, 0.1)
    order = rng.permutation(len(lat))
    assert np.array_equal(moon.elevation(lat[order], lon[order], 0.1), together[order])
    for k in rng.choice(len(lat), 25):
        assert float(moon.elevation(lat[k], lon[k], 0.1)) == together[k]


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


@pytest.mark.parametrize(("fine", "times"), [(0.02, 8), (0.25, 8), (2.0, 8), (16.0, 8), (128.0, 4)])
@pytest.mark.parametrize("where", [(-45.2, 177.2), (-45.0, 179.99), (-53.2, 190.3)])
def test_coarse_ground_is_fine_ground_averaged(moon, where, fine, times):
    site, n = Site(*where, -5935.0), 50
    coarse, corner = fine * times, -0.5 * n * fine * times
    f, _ = moon.grid(site, corner + fine / 2, corner + fine / 2, fine, n * times)
    c, _ = moon.grid(site, corner + coarse / 2, corner + coarse / 2, coarse, n)
    averaged = f.astype(float).reshape(n, times, n, times).mean((1, 3))
    rms = np.sqrt(np.mean((averaged - c) ** 2))
    # local relief: the difference in height between the highest and the lowest place
    assert rms < 0.01 * np.ptp(f)
    if fine < 10.0:
        assert rms < 0.03 * np.std(f)


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


@pytest.mark.parametrize(
    ("lat", "lon", "resolution", "named"),
    [
        (91.0, 0.0, 1.0, "lat_deg: 91.0"),
        (np.nan, 0.0, 1.0, "lat_deg: nan"),
        (0.0, np.inf, 1.0, "lon_deg: inf"),
        (0.0, 0.0, 0.0, "resolution_m: 0.0"),
        (0.0, 0.0, -2.0, "resolution_m: -2.0"),
        (0.0, 0.0, np.nan, "resolution_m: nan"),
    ],
)
def test_places_and_resolutions_that_are_none_are_named(moon, lat, lon, resolution, named):
    with pytest.raises(BadInput, match=named):
        moon.elevation([0.0, lat], [0.0, lon], resolution)


def test_directions_that_are_none_are_named(moon):
    with pytest.raises(BadInput, match="directions"):
        moon.at([[0.0, 0.0, 0.0]], 1.0)
