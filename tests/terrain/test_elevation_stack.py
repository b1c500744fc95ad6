"""Several elevation files at once: the finest has its say, and nobody sees where it ends."""

from concurrent.futures import ThreadPoolExecutor

import dems
import numpy as np
import pytest
from dems import hills, north_up, posts

from farside.geometry import Site
from farside.moon import Moon
from farside.moon.dem import bicubic
from farside.moon.lattice import Lattice, Surface, read, unit
from farside.moon.marks import LARGE
from farside.moon.shares import Files, drawn, file_shares, seen
from farside.moon.terrain import COVER, Terrain, smooth


def coarse_ground(lat, lon):
    return hills(lat, lon) + 60.0


def at(terrain, lat_deg, lon_deg, times=0):
    """Base heights at places, bicubic between nodes."""
    lat, lon = np.broadcast_arrays(np.radians(lat_deg), np.radians(lon_deg))
    out = np.empty(lat.shape)
    for k in np.ndindex(lat.shape):
        w = terrain.surface.window(lat[k], lat[k], lon[k], lon[k], times, 0.0)
        out[k] = read(w.height, w.bright, w.where, lat[k], lon[k])[0]
    return out


def drawn_at(terrain, lat_deg, lon_deg, diameter_m, large=False):
    """Share of a crater that is drawn at a place, where the files do not show it."""
    shares, files = np.empty(len(terrain.boxes) + 1), Files(terrain.boxes, np.zeros((0, 6)))
    file_shares(files, *np.radians([lat_deg, lon_deg]), shares)
    return drawn(files, shares, diameter_m, LARGE if large else 0.0)


def places(own):
    """Latitude and longitude of directions."""
    return np.arctan2(own[..., 2], np.hypot(own[..., 0], own[..., 1])), np.arctan2(own[..., 1], own[..., 0])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A file of 1/64 degree in one of 1/8 degree, 60 m higher, and a small one of 1/512 degree."""
    folder = tmp_path_factory.mktemp("files")
    return [
        dems.ground(folder / "fine.tif", west=22.0, north=8.0, step=1 / 64, shape=(320, 320)),
        dems.ground(folder / "coarse.tif", west=10.0, north=20.0, step=1 / 8, shape=(240, 240), f=coarse_ground),
        dems.ground(folder / "finest.tif", west=24.0, north=6.0, step=1 / 512, shape=(400, 400)),
    ]


@pytest.fixture(scope="module")
def stack(files, land):
    return Terrain(files, land)


def test_each_file_has_its_say_where_it_is_the_finest(stack):
    assert at(stack, 5.6, 24.35) == pytest.approx(hills(5.6, 24.35), abs=0.5)
    assert at(stack, 4.5, 25.7) == pytest.approx(hills(4.5, 25.7), abs=0.5)
    assert at(stack, 12.0, 30.0) == pytest.approx(coarse_ground(12.0, 30.0), abs=12.0)


def test_order_does_not_matter(files, land, stack):
    other = Terrain(files[::-1], land)
    lat, lon = np.linspace(2.0, 9.0, 60), np.linspace(21.0, 28.0, 60)
    assert np.array_equal(at(stack, lat, lon), at(other, lat, lon))
    assert np.array_equal(stack.boxes, other.boxes)


def test_built_in_land_goes_on_beyond(stack, land):
    w = land.window(*np.radians([30.0, 31.0, 50.0, 51.0]), 0, 0.0)
    expected = read(w.height, w.bright, w.where, *np.radians([30.5, 50.5]))[0]
    assert at(stack, 30.5, 50.5) == pytest.approx(expected, abs=0.5)


def test_the_ramp_is_half_a_degree_from_64_to_8_pixels_a_degree(files, land):
    """lunar-surface.md 12.1: nothing of the finer file at its edge, all of it half a degree and a bit inside."""
    two = Terrain(files[:2], land)
    lat = 8.0 - np.array([0.0, 0.02, 0.25, 0.62, 0.8])
    share = (coarse_ground(lat, 25.0) - at(two, lat, 25.0)) / 60.0
    assert share[:2] == pytest.approx([0, 0], abs=0.12)  # the coarse file's own smoothing is a few metres
    assert 0.2 < share[2] < 0.8
    assert share[3:] == pytest.approx([1, 1], abs=0.12)


@pytest.mark.parametrize("line", [("lat", 7.99, 24.9), ("lon", 5.0, 22.01), ("lat", 5.98, 24.4)])
def test_slopes_are_continuous_across_edges(stack, line):
    """Halving the spacing halves the largest change of slope: no crease anywhere."""
    axis, lat0, lon0 = line
    changes = []
    for n in (400, 800):
        s = np.linspace(-0.7, 0.7, n)
        z = at(stack, lat0 + s, np.full(n, lon0)) if axis == "lat" else at(stack, np.full(n, lat0), lon0 + s)
        slope = np.diff(z) / np.diff(s)
        changes.append(np.abs(np.diff(slope)).max())
    assert changes[1] < 0.65 * changes[0]


def test_gaps_are_filled_from_around(tmp_path, land):
    z = hills(*posts(20.0, 10.0, 1 / 64, (640, 640)))
    holed = z.copy()
    holed[300:309, 200:600] = np.nan  # a stripe of 9 posts
    holed[100, 100] = np.nan
    path = dems.geotiff(tmp_path / "a.tif", holed, north_up(20.0, 10.0, 1 / 64), nodata=np.nan)
    lat = 10.0 - (np.arange(296, 314) + 0.5) / 64
    across = at(Terrain([path], land), lat, np.full(lat.shape, 25.0))
    # nine posts are 4 km of ground that rises and falls by 90 m
    assert across == pytest.approx(hills(lat, 25.0), abs=40)
    assert np.abs(np.diff(across)).max() < 60
    assert at(Terrain([path], land), 10 - 100.5 / 64, 20 + 100.5 / 64) == pytest.approx(z[100, 100], abs=3)


def test_wide_holes_show_what_lies_beneath_without_a_step(tmp_path, files, land):
    z = hills(*posts(22.0, 8.0, 1 / 64, (320, 320)))
    z[120:220, 120:220] = np.nan
    path = dems.geotiff(tmp_path / "a.tif", z, north_up(22.0, 8.0, 1 / 64), nodata=np.nan)
    terrain = Terrain([path, files[1]], land)
    lat = np.linspace(4.0, 7.2, 500)
    along = at(terrain, lat, np.full(lat.shape, 24.6))
    offset = along - hills(lat, 24.6)
    middle = np.abs(lat - (8 - 170 / 64)) < 0.4
    assert offset[middle] == pytest.approx(60.0, abs=12)
    assert np.abs(np.diff(offset)).max() < 4  # 60 m over half a degree
    assert np.abs(offset[[0, -1]]).max() < 3


def test_craters_come_back_in_holes_and_beside_slanting_edges(tmp_path, land):
    z = hills(*posts(22.0, 8.0, 1 / 512, (512, 512)))
    i, j = np.mgrid[:512, :512]
    z[np.abs(j - 256 - 0.4 * (i - 256)) > 150] = np.nan
    terrain = Terrain([dems.geotiff(tmp_path / "a.tif", z, north_up(22.0, 8.0, 1 / 512), nodata=np.nan)], land)
    assert terrain.boxes.shape == (1, 6 + COVER**2)
    drawn = [
        drawn_at(terrain, 8 - row / 512, 22 + column / 512, 2000.0)
        for row, column in ((256, 256), (256, 30), (256, 480), (60, 400), (450, 100))
    ]
    assert drawn[0] == pytest.approx(1 - seen(2000.0 / terrain.boxes[0, 5]), abs=0.01)
    assert drawn[1:] == pytest.approx([1, 1, 1, 1], abs=0.02)


def test_a_polar_file_is_square_and_its_box_is_not(tmp_path, land):
    terrain = Terrain([dems.polar(tmp_path / "polar.tif", n=200, step=500.0)], land)
    on_axis, on_diagonal = 0.0, 45.0  # the corner of the square lies further from the pole than its side
    lat = -90 + np.degrees(60_000 / dems.R)
    assert drawn_at(terrain, lat, on_axis, 4000.0, True) > 0.99
    assert drawn_at(terrain, lat, on_diagonal, 4000.0, True) < 0.8
    assert drawn_at(terrain, -90.0, 0.0, 4000.0, True) == pytest.approx(0.0)


def test_the_pole_of_a_whole_moon_is_no_edge(tmp_path, land):
    path = dems.ground(tmp_path / "moon.tif", west=0.0, north=90.0, step=1.0, shape=(180, 360),
                       f=lambda lat, lon: 1000 * np.sin(np.radians(lat)) + 0 * lon)  # fmt: skip
    terrain = Terrain([path], land)
    lat, lon = np.array([89.9, 89.0, -89.9, 0.0, 0.0]), np.array([10.0, 200.0, 300.0, 359.9, 180.0])
    for place in zip(lat, lon, strict=True):
        assert at(terrain, *place) == pytest.approx(1000 * np.sin(np.radians(place[0])), abs=3)
        assert drawn_at(terrain, *place, 1e6, True) == pytest.approx(0.0)


def test_same_bytes_whatever_the_order_and_the_number_of_threads(files, land):
    places = [(np.radians(2 + 0.7 * k), np.radians(22 + 0.6 * k)) for k in range(10)]

    def heights(terrain, place):
        lat, lon = place
        w = terrain.surface.window(lat, lat + 0.01, lon, lon + 0.01, 0, 0.0)
        return w.height

    one = [heights(Terrain(files, land), place) for place in places]
    shared = Terrain(files, land)
    with ThreadPoolExecutor(8) as pool:
        other = list(pool.map(lambda place: heights(shared, place), places[::-1]))[::-1]
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_coarse_nodes_are_means_of_fine_ones(files, land):
    terrain = Terrain(files[:1], land)
    lat, lon = np.radians([5.0, 6.0]), np.radians([24.0, 25.0])
    coarse = terrain.surface.window(*lat, *lon, 3, 0.0)
    mean = []
    for i in range(4, 8):
        place_lat = coarse.where[0] + (coarse.where[3] + i) * coarse.where[2]
        place_lon = coarse.where[1] + (coarse.where[4] + i) * coarse.where[2]
        s = (np.arange(64) - 31.5) / 64 * coarse.where[2]
        mean.append(at(terrain, np.degrees(place_lat + s)[:, None], np.degrees(place_lon + s)[None]).mean())
    got = [coarse.height[i, i] for i in range(4, 8)]
    assert got == pytest.approx(mean, abs=0.02 * np.ptp(coarse.height))


def test_a_fine_file_far_away_does_not_slow_the_horizon(files, land):
    """Coarse queries read coarse blocks: a window 500 km wide at 4 km is a few thousand nodes."""
    terrain = Terrain(files, land)
    w = terrain.surface.window(*np.radians([-5.0, 12.0]), *np.radians([16.0, 33.0]), 6, 0.0)
    assert w.height.size < 30_000
    assert np.isfinite(w.height).all()


def test_covers(stack, files, land):
    assert stack.covers(*np.radians([5.0, 25.0]))
    assert stack.covers(*np.radians([12.0, 12.0]))
    assert not stack.covers(*np.radians([50.0, 25.0]))


def test_bicubic_kernel_against_numpy():
    rng = np.random.default_rng(3)
    z = rng.normal(size=(12, 15))
    good = rng.random((12, 15)) > 0.1
    row, column = rng.uniform(-0.4, 11.4, 300), rng.uniform(-0.4, 14.4, 300)
    row[:20] = np.round(row[:20])
    out, sound = np.empty(300), np.empty(300, bool)
    bicubic(z, good, row, column, out, sound)

    def weights(t):
        return np.array([-0.5 * t + t**2 - 0.5 * t**3, 1 - 2.5 * t**2 + 1.5 * t**3,
                         0.5 * t + 2 * t**2 - 1.5 * t**3, -0.5 * t**2 + 0.5 * t**3])  # fmt: skip

    wide, wide_good = np.pad(z, 3, mode="edge"), np.pad(good, 3, mode="edge")
    for k in range(300):
        i, j = int(np.floor(row[k])), int(np.floor(column[k]))
        w = np.outer(weights(row[k] - i), weights(column[k] - j))
        part = np.s_[i + 2 : i + 6, j + 2 : j + 6]
        assert out[k] == pytest.approx((w * wide[part]).sum(), abs=1e-5)
        if np.abs(w)[~wide_good[part]].max(initial=0.0) > 1e-6:
            assert not sound[k]
        elif wide_good[part].all():
            assert sound[k]


def test_b_spline_kernel_against_scipy():
    from scipy.interpolate import BSpline

    cells = np.random.default_rng(4).random((10, 11))
    row, column = np.random.default_rng(5).uniform(1, 8, 50), np.random.default_rng(6).uniform(1, 9, 50)
    out = np.empty(50)
    smooth(cells, row, column, out)
    basis = BSpline.basis_element(np.arange(-2, 3), extrapolate=False)
    for k in range(50):
        down = np.nan_to_num(basis(row[k] - np.arange(10)))
        along = np.nan_to_num(basis(column[k] - np.arange(11)))
        assert out[k] == pytest.approx(down @ cells @ along, abs=1e-12)


def test_gld100_crop_in_the_whole_moon(data, land):
    """Real files: each is itself well inside, and the edge of the finer is not to be seen in the slopes."""
    folder = data / "terrain"
    terrain = Terrain([folder / "gld100_global_8ppd.tif", folder / "gld100_spa_64ppd.tif"], land)
    assert at(terrain, -45.4446, 177.5991) == pytest.approx(-5951.7, abs=1.0)
    alone = Terrain([folder / "gld100_global_8ppd.tif"], land)
    lat, lon = np.array([10.0, -10.0, -80.0]), np.array([100.0, 359.95, 180.0])
    assert at(terrain, lat, lon) == pytest.approx(at(alone, lat, lon), abs=25.0)
    # the finer file has steeper ground than the coarse one, and the edge is no steeper than the finer
    lon = np.linspace(175.0, 185.0, 300)
    slope = [np.abs(np.diff([at(terrain, lat + d, lon) for d in (0.0, 0.01)], axis=0)).mean()
             for lat in (-19.5, -20.05, -20.25, -21.5)]  # fmt: skip
    assert max(slope[:3]) < 1.3 * slope[3]


@pytest.fixture(scope="module")
def detailed(tmp_path_factory):
    """A file with posts of 2 m, 3 km wide, in the middle of Von Karman: all craters but the smallest are its own."""

    def ground(lat, lon):
        return 3 * np.sin(np.radians(lat) * 40_000) - 5950 + 0 * lon

    path = tmp_path_factory.mktemp("detailed") / "a.tif"
    return dems.ground(path, west=177.55, north=-45.4, step=2 / 30323.35, shape=(1500, 2100), f=ground), ground


@pytest.mark.parametrize("resolution", [0.5, 4.0, 20.0])
def test_a_detailed_file_keeps_its_heights(detailed, resolution):
    """No crater from outside reaches into it, and the mean that undrawn craters would have is not taken off."""
    path, ground = detailed
    moon, bare = Moon(3, path), Moon(3)
    lat, lon = -45.4494 + np.linspace(-0.02, 0.02, 40)[:, None], 177.619 + np.linspace(-0.02, 0.02, 40)[None]
    off = moon.elevation(lat, lon, resolution) - ground(lat, lon)
    assert np.abs(off.mean()) < 0.02
    assert np.abs(off).max() < (1.0 if resolution < 1 else 1.5)
    assert bare.elevation(lat, lon, resolution).std() > 3


def test_grid_and_points_agree_across_the_edge_of_a_file(detailed):
    moon, site = Moon(3, detailed[0]), Site(-45.4494, 177.5515, -5950.0)
    z, shine = moon.grid(site, -400.0, -400.0, 4.0, 201)
    k = np.arange(0, 201, 25)
    place = np.stack(
        np.broadcast_arrays(-400 + 4.0 * k[None], -400 + 4.0 * k[:, None], z[np.ix_(k, k)].astype(float)), -1
    )
    lat, lon, height = site.geodetic(place)
    assert moon.elevation(lat, lon, 4.0) == pytest.approx(height, abs=3e-3)
    assert moon.albedo(lat, lon, 4.0) == pytest.approx(shine[np.ix_(k, k)], abs=1e-4)


def test_moon_takes_one_file_or_several(files):
    one, several = Moon(1, files[0]), Moon(1, files)
    assert float(several.elevation(4.5, 25.7, 2500.0)) == pytest.approx(float(one.elevation(4.5, 25.7, 2500.0)), abs=30)
    assert several.file_covers(12.0, 12.0)
    assert not one.file_covers(12.0, 12.0)


# Lattices ---------------------------------------------------------------------------------------------------------


def test_a_turned_lattice_knows_its_way_back(tmp_path, land):
    lattice = Terrain([dems.polar(tmp_path / "polar.tif", n=100, step=500.0)], land).surface.lattice
    assert lattice.axes is not None
    assert lattice.axes @ lattice.axes.T == pytest.approx(np.eye(3), abs=1e-12)
    rng = np.random.default_rng(7)
    lat, lon = np.arcsin(rng.uniform(-1, 1, 50)), rng.uniform(-np.pi, np.pi, 50)
    back = lattice.on_the_moon(*places(lattice.turned(unit(lat, lon))))
    assert unit(*back) == pytest.approx(unit(lat, lon), abs=1e-12)


@pytest.mark.parametrize("lat", [-89.99, -90.0, -88.7])
def test_a_fine_file_over_a_pole_is_like_any_other(tmp_path, lat):
    """20 m posts around the pole: half a million of them would go round it on a lattice of latitudes."""

    def bumps(lat, lon):
        x, y = (np.radians(90 + lat) * dems.R * side for side in (np.sin(np.radians(lon)), np.cos(np.radians(lon))))
        return 300 * np.sin(x / 700) * np.cos(y / 900) - 1000

    moon = Moon(1, dems.polar(tmp_path / "polar.tif", n=1000, step=20.0, f=bumps))
    site = Site(lat, 30.0, float(bumps(lat, 30.0)))
    z, _ = moon.grid(site, -2000.0, -2000.0, 20.0, 201)
    assert len(moon._base._tiles) < 300
    k = np.arange(0, 201, 20)
    place = np.stack(np.broadcast_arrays(-2000 + 20.0 * k[None], -2000 + 20.0 * k[:, None], z[np.ix_(k, k)]), -1)
    at_lat, at_lon, height = site.geodetic(place.astype(float))
    # posts are placed by the height of the ground some posts on: a decimetre to the side on such slopes
    assert moon.elevation(at_lat, at_lon, 20.0) == pytest.approx(height, abs=0.12)
    if lat < -89:  # inside the file; craters below the posts' reach remain
        assert height == pytest.approx(bumps(at_lat, at_lon), abs=8)


@pytest.mark.parametrize("column", [0, 1, 1344, 23039])
@pytest.mark.parametrize("row", [0, 310, 5760])
def test_a_place_that_rounding_puts_beside_its_window_is_read(row, column):
    step = 2 * np.pi / 23040
    lattice = Lattice(-0.5 * np.pi, 0.0, step)
    surface = Surface(
        lattice, lambda lat, lon, times, resolution: (np.cos(lon) + lat[:, None], np.cos(lon) * lat[:, None])
    )
    lat, lon = lattice.lat0 + row * step, column * step
    w = surface.window(lat, lat, lon, lon, 0, 0.0)
    for off in (-1e-15, 0.0, 1e-15):
        height, bright = read(w.height, w.bright, w.where, lat + off, lon + off)
        assert height == pytest.approx(np.cos(lon) + lat, abs=1e-12)
        assert bright == pytest.approx(np.cos(lon) * lat, abs=1e-12)


def test_a_fine_file_near_a_pole_is_not_crowded(tmp_path, land):
    terrain = Terrain([dems.ground(tmp_path / "a.tif", west=20.0, north=-84.0, step=1 / 256, shape=(512, 512))], land)
    assert terrain.surface.lattice.axes is not None
    lat, lon = np.radians([-85.0, -84.7]), np.radians([21.0, 20.8])
    for place in zip(lat, lon, strict=True):
        own = places(terrain.surface.lattice.turned(unit(*place)))
        w = terrain.surface.window(own[0], own[0], own[1], own[1], 0, 0.0)
        assert read(w.height, w.bright, w.where, *own)[0] == pytest.approx(hills(*np.degrees(place)), abs=1.5)
