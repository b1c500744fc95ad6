"""Horizon masks: analytic skylines, an independent march, the fact sheet's mask, discs behind hills, files."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput, DamagedFile
from farside.geometry import MOON_RADIUS_M as R
from farside.geometry import Site, direction
from farside.moon import Horizon, Moon, Relief, horizon_of, skyline

SITE = Site(-45.4446, 177.5991)
TENTHS = np.radians(np.arange(3600) / 10)


class Ball:
    """A Moon whose height depends only on the distance from the site along the sphere."""

    def __init__(self, height_at):
        self.height_at = height_at

    def elevation(self, lat, lon, resolution_m):
        return self.height_at(np.array(0.0))

    def grid(self, site, x0, y0, post_m, n):
        at = np.arange(n) * post_m
        x, y = np.meshgrid(x0 + at, y0 + at)
        height = np.zeros((n, n))
        for _ in range(4):
            radius = R + height
            height = self.height_at(R * np.arcsin(np.minimum(np.hypot(x, y) / radius, 1.0)))
        up = np.sqrt(np.maximum((R + height) ** 2 - x**2 - y**2, 0.0))
        return (up - R - site.height_m).astype(np.float32), None


def seen(distance, height, eye):
    """Elevation of a point on the sphere from an eye above its pole."""
    a = distance / R
    return np.arctan2((R + height) * np.cos(a) - R - eye, (R + height) * np.sin(a))


def test_a_level_sphere_dips_below_the_eye_as_it_should():
    mask = horizon_of(Ball(np.zeros_like), SITE, eye_m=100.0, cells=256)
    dip = -np.arccos(R / (R + 100.0))
    assert mask.elevation == pytest.approx(dip, abs=np.radians(2e-4))
    assert np.median(mask.distance_m) == pytest.approx(R * -dip, rel=0.05)


def test_a_rim_of_three_kilometres_sixty_away_stands_one_point_nine_degrees_high():
    wall = Ball(lambda s: 3000.0 * np.clip((s - 59_000.0) / 1000.0, 0.0, 1.0))
    mask = horizon_of(wall, SITE, eye_m=1.5)
    expected = seen(60_000.0, 3000.0, 1.5)
    assert np.degrees(expected) == pytest.approx(1.9, abs=0.05)
    miss = np.degrees(expected - mask.elevation)  # a crest falls between posts 128 m apart, never above them
    assert -1e-4 < miss.min() < miss.max() < 0.012
    assert mask.distance_m == pytest.approx(60_000.0, abs=200.0)


def test_mountains_beyond_the_tangent_are_found_as_far_as_any_could_stand():
    # 10.7 km high, 180 km away: the plain between hides all but its top
    ridge = Ball(lambda s: 10_700.0 * np.clip((s - 170_000.0) / 10_000.0, 0.0, 1.0))
    mask = horizon_of(ridge, SITE, cells=512)
    miss = np.degrees(seen(180_000.0, 10_700.0, 1.5) - mask.elevation)
    assert -1e-4 < miss.min() < miss.max() < 0.04
    assert mask.distance_m == pytest.approx(180_000.0, abs=1500.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(-6.0, 6.0), st.floats(-6.0, 6.0), st.floats(0.5, 20.0))
def test_crossings_find_what_a_dense_march_over_the_triangles_finds(seed, x, y, above):
    rng = np.random.default_rng(seed)
    fine, coarse = (rng.normal(0.0, scale, (17, 17)).astype(np.float32) for scale in (1.0, 3.0))
    relief = Relief(SITE, [fine, coarse], [1.0, 4.0], [fine, coarse])
    eye = np.array([x, y, relief.height(x, y) + above])
    az = np.radians(np.arange(0.0, 360.0, 7.3))
    elevation, distance = skyline(relief, eye, az)
    for k, a in enumerate(az):
        r = np.arange(0.01, 60.0, 0.01)
        east, north = eye[0] + r * np.sin(a), eye[1] + r * np.cos(a)
        inside = np.maximum(np.abs(east), np.abs(north)) <= 32.0
        marched = np.arctan2(relief.height(east, north) - eye[2], r)[inside].max()
        # at the seam of the two levels the march may step over the wall between them, which both see from one side
        assert elevation[k] > marched - 1e-6
        top = relief.height(eye[0] + distance[k] * np.sin(a), eye[1] + distance[k] * np.cos(a))
        seam = np.maximum(*np.abs(eye[:2] + distance[k] * np.array([np.sin(a), np.cos(a)]))) == pytest.approx(8.0)
        assert seam or np.tan(elevation[k]) == pytest.approx((top - eye[2]) / distance[k], abs=2e-3)


def test_mask_is_that_of_a_much_finer_march_over_the_bare_function(moon):
    mask = horizon_of(moon, SITE, 1.5)
    azimuths = np.arange(7.3, 360.0, 30.0)
    eye = R + mask.site.height_m + 1.5
    east, north, up = mask.site.axes
    a = np.radians(azimuths)
    level = np.sin(a)[:, None] * east + np.cos(a)[:, None] * north
    distance = np.geomspace(1.0, 250e3, 24_000)
    best = np.full(len(a), -np.inf)
    for octave in range(18):
        d = distance[(distance >= 2.0**octave) & (distance < 2.0 ** (octave + 1))] / R
        p = np.cos(d)[None, :, None] * up + np.sin(d)[None, :, None] * level[:, None]
        r = R + moon.at(p, max(0.005, 2.0**octave / 4096.0))[0]
        best = np.maximum(best, np.arctan2(r * np.cos(d) - eye, r * np.sin(d)).max(axis=1))
    error = np.degrees(mask.elevation_at(a) - best)
    assert np.sqrt(np.mean(error**2)) < 0.008
    assert np.abs(error).max() < 0.02


def test_published_terrain_gives_the_measured_range_and_mean(gld100):
    # the sheet's mask: bare file, samples every 250 m from 500 m on; here relief below the file's posts is added
    mask = horizon_of(Moon(1, gld100), SITE, 1.5, cells=512)
    elevation = np.degrees(mask.elevation_at(np.radians(np.arange(360.0))))
    assert elevation.min() == pytest.approx(0.10, abs=0.1)
    assert elevation.max() == pytest.approx(2.94, abs=0.1)
    assert elevation.mean() == pytest.approx(1.21, abs=0.1)
    assert elevation.argmax() == pytest.approx(161, abs=1)
    for az, km in {0: 102, 45: 77, 60: 69, 90: 56, 120: 50, 150: 57, 180: 53, 195: 59}.items():
        assert mask.distance_at(np.radians(az)) * 1e-3 == pytest.approx(km, abs=2.0)


def test_same_mask_whatever_was_asked_before(moon):
    first = horizon_of(Moon(20190103), Site(-45.3, 177.4), 2.0, cells=128)
    moon.elevation(np.linspace(-50, -40, 100), np.linspace(170, 185, 100), 100.0)
    second = horizon_of(moon, Site(-45.3, 177.4), 2.0, cells=128)
    np.testing.assert_array_equal(first.elevation, second.elevation)


@pytest.fixture(scope="module")
def toothed():
    rng = np.random.default_rng(4)
    elevation = np.radians(1.0 + np.cumsum(rng.normal(0, 0.05, 3600)) * 0.2)
    elevation[1200] += np.radians(0.5)
    return Horizon(SITE, 1.5, elevation, np.full(3600, 5e4))


@given(st.floats(-20.0, 20.0))
def test_interpolation_is_straight_periodic_and_exact_at_its_directions(toothed, az):
    assert toothed.elevation_at(TENTHS) == pytest.approx(toothed.elevation, abs=1e-12)
    assert toothed.elevation_at(az) == pytest.approx(toothed.elevation_at(az + 2 * np.pi), abs=1e-9)
    wide, values = np.append(TENTHS, 2 * np.pi), np.append(toothed.elevation, toothed.elevation[0])
    assert toothed.elevation_at(az) == pytest.approx(np.interp(az % (2 * np.pi), wide, values), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.0, 6.28), st.floats(-2.0, 4.0), st.floats(0.24, 0.28))
def test_a_disc_is_as_high_as_its_best_seen_point(toothed, az, el_deg, radius_deg):
    el, radius = np.radians([el_deg, radius_deg])
    clear = toothed.disc_clearance(direction([az], [el]), np.array([radius]))[0]
    # brute: points of the edge by rotation of the centre
    centre = direction(az, el)
    across = np.cross(centre, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    up = np.cross(across, centre)
    turn = np.linspace(0.0, 2.0 * np.pi, 40_001)[:, None]
    edge = np.cos(radius) * centre + np.sin(radius) * (np.cos(turn) * across + np.sin(turn) * up)
    brute = toothed.clearance(edge).max()
    assert clear >= brute - 1e-9
    assert clear == pytest.approx(brute, abs=np.radians(3e-5))


def test_over_level_ground_a_disc_first_shows_its_upper_limb():
    flat = Horizon(SITE, 1.5, np.zeros(3600), np.ones(3600))
    for el in np.radians([-0.3, -0.26, 0.0, 45.0]):
        clear = flat.disc_clearance(direction([1.0], [el]), np.array([np.radians(0.266)]))
        assert clear == pytest.approx(el + np.radians(0.266), abs=1e-12)


def test_saved_mask_is_the_same_and_so_are_its_bytes(toothed, tmp_path):
    toothed.save(tmp_path / "a.npz")
    toothed.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert (tmp_path / "a.npz").stat().st_size < 60_000
    back = Horizon.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(back.elevation, toothed.elevation)
    assert (back.site, back.eye_m) == (toothed.site, toothed.eye_m)


def test_damaged_mask_file_is_named(tmp_path):
    (tmp_path / "mask.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(DamagedFile, match=r"mask\.npz: not a horizon mask"):
        Horizon.load(tmp_path / "mask.npz")


@pytest.mark.parametrize(("site", "eye", "field"), [(SITE, 0.0, "eye_m"), (Site(-91.0, 0.0), 1.5, "lat_deg")])
def test_an_eye_in_the_ground_or_off_the_moon_is_refused(moon, site, eye, field):
    with pytest.raises(BadInput, match=field):
        horizon_of(moon, site, eye)
