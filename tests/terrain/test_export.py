"""Ground as files: where its posts lie, what meshes and tables say, and the same bytes every time."""

import json
import struct

import numpy as np
import pytest
import rasterio
import trimesh
from rasterio.warp import transform

from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import Moon
from farside.moon.export import Plot, Wanted, plot_at
from farside.moon.export import mesh as mesh_module
from farside.moon.export import raster as raster_module
from farside.moon.export.census import read_table
from farside.moon.export.folder import Making
from farside.moon.export.folder import export as write
from farside.moon.export.hillshade import shade
from farside.moon.population import EQUILIBRIUM
from farside.run.terrain import _stones as stand
from farside.run.terrain import export
from farside.work import Pool

SEED = 20190103
LAT, LON = -45.4446, 177.5991
LONGLAT = rasterio.crs.CRS.from_string("+proj=longlat +R=1737400 +no_defs")


@pytest.fixture(scope="module")
def plot():
    return plot_at(LAT, LON, 130.0, 0.25, "test")


@pytest.fixture(scope="module")
def moon():
    return Moon(SEED)


@pytest.fixture(scope="module")
def files(plot, tmp_path_factory):
    wanted = Wanted(albedo=True, rocks=True, rocks_from_m=0.3, mesh_post_m=0.5)
    return export(plot, tmp_path_factory.mktemp("export") / "a", "Tianhe", wanted, SEED, workers=2)


table = read_table


# GeoTIFF --------------------------------------------------------------------------------------------------------


def test_posts_lie_where_gdal_says(files, moon):
    """Latitude and longitude of pixel centres, as GDAL finds them, have the heights and albedo of the Moon there."""
    with rasterio.open(files["elevation"]) as file, rasterio.open(files["albedo"]) as albedo:
        z, a = file.read(1), albedo.read(1)
        rng = np.random.default_rng(1)
        row, column = rng.integers(0, file.height, 300), rng.integers(0, file.width, 300)
        x, y = file.transform @ (column + 0.5, row + 0.5)
        lon, lat = transform(file.crs, LONGLAT, x, y)
        assert file.crs.to_dict()["R"] == 1737400
        assert (file.dtypes[0], file.units[0], file.descriptions[0][:9]) == ("float32", "m", "elevation")
        assert file.tags()["AREA_OR_POINT"] == "Area"
        assert file.bounds == pytest.approx((-65, -65, 65, 65))
    assert z[row, column] == pytest.approx(moon.elevation(lat, lon, 0.25), abs=1.5e-3)
    assert a[row, column] == pytest.approx(moon.albedo(lat, lon, 0.25), abs=1e-5)


def test_first_row_is_the_northernmost(files):
    with rasterio.open(files["elevation"]) as file:
        (lon, east), (lat, south) = transform(file.crs, LONGLAT, *zip(file.transform @ (0.5, 0.5), file.transform @ (
            file.width - 0.5, file.height - 0.5), strict=True))  # fmt: skip
    assert lat > LAT > south
    assert lon < LON < east


def test_far_from_the_middle_the_map_still_holds(moon, tmp_path):
    """A square of 600 km: orthographic coordinates are not distances any more, but places are right."""
    plot = plot_at(-60.0, 10.0, 600_000.0, 3000.0, "test")
    files = export(plot, tmp_path / "wide", "wide", Wanted(meshes=()), SEED)
    with rasterio.open(files["elevation"]) as file:
        z = file.read(1)
        row, column = np.array([3, 100, 190]), np.array([5, 180, 30])
        lon, lat = transform(file.crs, LONGLAT, *(file.transform @ (column + 0.5, row + 0.5)))
    assert z[row, column] == pytest.approx(moon.elevation(lat, lon, 3000.0), abs=5e-3)


def test_an_export_is_itself_an_elevation_file(files, moon):
    again = Moon(SEED + 1, files["elevation"])
    lat, lon = LAT + np.array([0.0, 2e-4, -3e-4]), LON + np.array([0.0, 3e-4, 2e-4])
    assert again.elevation(lat, lon, 1.0) == pytest.approx(moon.elevation(lat, lon, 1.0), abs=0.06)


def test_record_says_what_it_is(files, plot):
    record = json.loads(files["export.json"].read_text())
    assert record["posts"] == plot.n == 520
    assert record["seed"] == str(SEED)
    assert record["terrain"] == "built-in"
    assert record["rows"]["rocks"] == len(table(files["rocks"])["diameter_m"])
    assert set(record["files"].values()) <= {path.name for path in files["elevation"].parent.iterdir()}


# Meshes ---------------------------------------------------------------------------------------------------------


def chunks(path):
    data = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    n, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON" and n % 4 == 0
    m, kind = struct.unpack_from("<I4s", data, 20 + n)
    assert kind == b"BIN\0" and m % 4 == 0 and 28 + n + m == len(data)
    return json.loads(data[20 : 20 + n]), data[28 + n :]


def array(scene, binary, number):
    accessor = scene["accessors"][number]
    view = scene["bufferViews"][accessor["bufferView"]]
    kind = {5126: "<f4", 5125: "<u4", 5121: "u1"}[accessor["componentType"]]
    width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}[accessor["type"]]
    step = view.get("byteStride", width * np.dtype(kind).itemsize)
    start = view["byteOffset"] + accessor.get("byteOffset", 0)
    assert start % 4 == 0 and step % 4 == 0
    assert (
        accessor.get("byteOffset", 0) + step * (accessor["count"] - 1) + width * np.dtype(kind).itemsize
        <= view["byteLength"]
    )
    data = np.lib.stride_tricks.as_strided(
        np.frombuffer(binary, kind, offset=start), (accessor["count"], width), (step, np.dtype(kind).itemsize)
    )
    return data.squeeze()


def test_gltf_holds_to_its_specification(files):
    """glTF 2.0, section 3.6: alignment, bounds, extremes of positions, indices in range, unit normals."""
    scene, binary = chunks(files["glb"])
    assert scene["asset"]["version"] == "2.0"
    assert scene["buffers"] == [{"byteLength": len(binary)}]
    for view in scene["bufferViews"]:
        assert view["byteOffset"] + view["byteLength"] <= len(binary)
    for mesh in scene["meshes"]:
        (primitive,) = mesh["primitives"]
        place = array(scene, binary, primitive["attributes"]["POSITION"])
        accessor = scene["accessors"][primitive["attributes"]["POSITION"]]
        assert np.array_equal(place.min(0), np.float32(accessor["min"]))
        assert np.array_equal(place.max(0), np.float32(accessor["max"]))
        faces = array(scene, binary, primitive["indices"])
        assert faces.size % 3 == 0 and faces.max() == len(place) - 1
        normal = array(scene, binary, primitive["attributes"]["NORMAL"])
        assert np.linalg.norm(normal, axis=1) == pytest.approx(np.ones(len(normal)), abs=1e-5)
    used = [child for node in scene["nodes"] for child in node.get("children", [])]
    assert len(set(used)) == len(used)
    assert sorted([*used, *scene["scenes"][0]["nodes"]]) == list(range(len(scene["nodes"])))


def test_gltf_is_the_ground_with_y_up(files, plot, moon):
    scene = trimesh.load(files["glb"])
    ground = scene.geometry["ground"]
    assert len(ground.vertices) == 260**2
    x, y, z = ground.vertices.T  # east, up, south
    site = Site(LAT, LON, float(moon.elevation(LAT, LON, 0.25)))
    lat, lon, height = site.geodetic(np.stack([x, -z, y], 1)[::137])
    # means over two posts are the ground at the middle of the four, but for relief smaller than them
    error = height - moon.elevation(lat, lon, 0.5)
    assert np.abs(np.median(error)) < 5e-3
    assert np.percentile(np.abs(error), 95) < 0.03
    assert (ground.face_normals[:, 1] > 0).all()
    assert np.ptp(x) == pytest.approx(129.5 * (1 + site.height_m / MOON_RADIUS_M), abs=0.01)


def test_normals_are_those_of_the_ground(files, moon):
    scene, binary = chunks(files["glb"])
    place, normal = array(scene, binary, 0), array(scene, binary, 1)
    some = np.arange(300, len(place), 1999)
    site = Site(LAT, LON, float(moon.elevation(LAT, LON, 0.25)))
    lat, lon, _ = site.geodetic(np.stack([place[:, 0], -place[:, 2], place[:, 1]], 1)[some].astype(float))
    expected = moon.normal(lat, lon, 0.5)
    got = np.stack([normal[:, 0], -normal[:, 2], normal[:, 1]], 1)[some]
    angle = np.degrees(np.arccos(np.clip((got * expected).sum(1), -1, 1)))
    assert np.median(angle) < 1.0


def test_texture_coordinates_lie_on_the_rasters(files, plot):
    scene, binary = chunks(files["glb"])
    place, uv = array(scene, binary, 0), array(scene, binary, 2)
    with rasterio.open(files["elevation"]) as file:
        x, y = file.transform @ (uv[:, 0].astype(float) * file.width, uv[:, 1].astype(float) * file.height)
    scale = 1 + place[:, 1].mean() / MOON_RADIUS_M
    assert np.abs(place[:, 0] / x - scale).max() < 0.005  # the ground lies 5.9 km below the map's sphere
    assert np.array_equal(np.sign(-place[:, 2]), np.sign(y))


def test_colours_are_albedo(files, plot):
    scene, binary = chunks(files["glb"])
    accessor = scene["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"]
    assert scene["accessors"][accessor]["normalized"]
    colour = array(scene, binary, accessor)
    with rasterio.open(files["albedo"]) as file:
        mean = file.read(1).reshape(260, 2, 260, 2).mean((1, 3)).ravel()
    assert colour[:, 0] == pytest.approx(255 * np.clip(mesh_module.MARE * mean, 0, 1), abs=1)
    assert (colour[:, 3] == 255).all()


def test_ply_is_the_same_ground_in_the_site_frame(files):
    ply, glb = trimesh.load(files["ply"]), trimesh.load(files["glb"]).geometry["ground"]
    assert ply.faces.shape == glb.faces.shape
    x, y, z = glb.vertices.T
    assert np.sort(ply.vertices[:, 2]) == pytest.approx(np.sort(y), abs=1e-5)
    assert np.array_equal(ply.vertices, np.stack([x, -z, y], 1))
    assert (ply.face_normals[:, 2] > 0).all()


def test_rocks_stand_on_the_mesh_and_in_the_table(files):
    scene, rocks = trimesh.load(files["glb"]), table(files["rocks"])
    stones = [name for name in scene.graph.nodes_geometry if name != "ground"]
    assert len(stones) == len(rocks["diameter_m"]) > 50
    ground = trimesh.load(files["ply"])
    heights = []
    for name in stones:
        to, shape = scene.graph[name]
        x, y, z = trimesh.transform_points(scene.geometry[shape].vertices, to).T
        nearest = ground.vertices[
            np.argmin(np.hypot(ground.vertices[:, 0] - x.mean(), ground.vertices[:, 1] + z.mean()))
        ]
        heights.append([y.min() - nearest[2], y.max() - nearest[2], max(np.ptp(x), np.ptp(z))])
    low, high, wide = np.array(heights).T
    assert np.median(low) < -0.02
    assert np.median(high / wide) == pytest.approx(0.6, abs=0.15)
    assert np.sort(wide) == pytest.approx(np.sort(rocks["diameter_m"]), rel=0.25)
    merged = trimesh.load(files["rocks-ply"])
    assert merged.bounds[1][0] == pytest.approx(scene.bounds[1][0], abs=70)
    assert len(merged.split(only_watertight=False)) >= len(stones) * 0.95


# Truth ----------------------------------------------------------------------------------------------------------


def test_every_crater_of_the_table_is_in_the_ground(files, plot):
    craters = table(files["craters"])
    with rasterio.open(files["elevation"]) as file:
        z = file.read(1).astype(float)
    fresh = (craters["k"] < 0.1) & (craters["diameter_m"] > 2.5) & (np.abs(craters["map_east_m"]) < 55) & (
        np.abs(craters["map_north_m"]) < 55)  # fmt: skip
    assert fresh.sum() > 20
    found = []
    for east, north, diameter, depth in zip(*(craters[name][fresh] for name in (
        "map_east_m", "map_north_m", "diameter_m", "depth_m")), strict=True):  # fmt: skip
        column, row = np.meshgrid(np.arange(plot.n), np.arange(plot.n))
        r = np.hypot(plot.east(column) - east, plot.north(row) - north) / (diameter / 2)
        rim, floor = z[(r > 0.9) & (r < 1.1)].mean(), z[r < 0.3].mean()
        found.append((rim - floor) / depth)
    # other craters lie over some, and the mean floor is not the deepest point
    assert np.median(found) == pytest.approx(0.85, abs=0.15)


def test_tables_have_each_thing_once_whatever_the_blocks(files, plot, moon, tmp_path):
    craters, rocks = table(files["craters"]), table(files["rocks"])
    for things in (craters, rocks):
        places = np.stack([things["map_east_m"], things["map_north_m"], things["diameter_m"]], 1)
        assert len(np.unique(places, axis=0)) == len(places)
    whole = moon.rocks(plot.site, 100.0, 0.3)
    east, north = plot.map(plot.site.from_enu(whole.position))
    inside = (np.abs(east) < 65) & (np.abs(north) < 65)
    assert np.sort(rocks["diameter_m"]) == pytest.approx(np.sort(whole.diameter[inside]), rel=1e-12)
    # craters in equilibrium, above two posts
    expected = EQUILIBRIUM / 0.5**2 * 130.0**2
    inside = (np.abs(craters["map_east_m"]) < 65) & (np.abs(craters["map_north_m"]) < 65)
    assert inside.sum() == pytest.approx(expected, abs=4 * expected**0.5)
    assert (np.abs(craters["map_east_m"]) < 65 + craters["diameter_m"] / 2).all()


def test_places_of_the_table_are_those_of_the_map(files):
    for name in ("craters", "rocks"):
        things = table(files[name])
        with rasterio.open(files["elevation"]) as file:
            x, y = transform(LONGLAT, file.crs, things["lon_deg"], things["lat_deg"])
        assert np.array(x) == pytest.approx(things["map_east_m"], abs=1e-5)
        assert np.array(y) == pytest.approx(things["map_north_m"], abs=1e-5)


def test_tables_as_csv_say_the_same(files, plot, tmp_path):
    wanted = Wanted(meshes=(), tables="csv", rocks_from_m=0.3)
    csv = export(plot, tmp_path / "csv", "Tianhe", wanted, SEED)
    for name in ("craters", "rocks"):
        one, other = table(files[name]), table(csv[name])
        assert list(one) == list(other)
        for column in one:
            assert np.array_equal(one[column], other[column])


# Making ---------------------------------------------------------------------------------------------------------


def test_same_bytes_from_any_number_of_workers(files, plot, tmp_path):
    wanted = Wanted(albedo=True, rocks=True, rocks_from_m=0.3, mesh_post_m=0.5)
    again = export(plot, tmp_path / "b", "Tianhe", wanted, SEED, workers=1)
    assert set(again) == set(files)
    for name, path in files.items():
        assert path.read_bytes() == again[name].read_bytes(), name


def test_an_interrupted_export_goes_on_and_ends_the_same(files, plot, moon, tmp_path, monkeypatch):
    made = []
    real = raster_module._block
    monkeypatch.setattr(raster_module, "_block", lambda *what: made.append(what[2:]) or real(*what))
    about = {"farside": "x", "place": "Tianhe", "seed": "1", "terrain": "built-in", "ground": "built-in"}

    def stop(what, done, total):
        if what == "blocks of ground" and done == 2:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with Pool(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            write(moon, plot, out, Wanted(meshes=()), Making("key", about, pool, count=stop, stand=stand))
        assert not (out / "elevation.tif").exists()
        first = set(made)
        made.clear()
        done = write(moon, plot, out, Wanted(meshes=()), Making("key", about, pool, stand=stand))
    assert len(first) >= 2
    assert not first & set(made)
    assert not (out / "stages").exists()
    with rasterio.open(done["elevation"]) as a, rasterio.open(files["elevation"]) as b:
        assert np.array_equal(a.read(1), b.read(1))


def test_large_files_carry_overviews(tmp_path, monkeypatch):
    monkeypatch.setattr(raster_module, "_OVERVIEWS_FROM", 512)
    files = export(plot_at(LAT, LON, 600.0, 1.0, "test"), tmp_path / "o", "o", Wanted(meshes=()), SEED)
    with rasterio.open(files["elevation"]) as file:
        assert file.overviews(1) == [2]


def test_the_picture_is_no_flat_grey(files):
    from PIL import Image

    picture = np.array(Image.open(files["hillshade"]).convert("L"), float)
    assert picture.shape[0] > 800
    assert picture[200:700, 200:700].std() > 15


def test_shading_is_lamberts_law():
    x = np.arange(50.0)
    slope = np.tan(np.radians(20.0))
    towards = shade(np.add.outer(x, x) / np.sqrt(2) * slope * 1.0, 1.0)  # falls to the north-west, where the Sun is
    assert towards[5, 5] == pytest.approx(np.sin(np.radians(40.0)), abs=1e-6)
    assert shade(np.zeros((9, 9)), 1.0)[4, 4] == pytest.approx(np.sin(np.radians(20.0)))


@pytest.mark.parametrize(
    ("lat", "lon", "size_m", "post_m", "field"),
    [(91.0, 0.0, 10.0, 1.0, "--lat"), (0.0, 999.0, 10.0, 1.0, "--lon"), (0.0, 0.0, -1.0, 1.0, "--size-m"),
     (0.0, 0.0, 2e6, 1.0, "--size-m"), (0.0, 0.0, 10.0, 0.0, "--post-m"), (0.0, 0.0, 10.0, 9.0, "--post-m"),
     (0.0, 0.0, 5e5, 1.0, "--post-m"), (float("nan"), 0.0, 10.0, 1.0, "--lat")],
)  # fmt: skip
def test_squares_that_cannot_be(lat, lon, size_m, post_m, field):
    with pytest.raises(BadInput) as caught:
        plot_at(lat, lon, size_m, post_m, "farside terrain export")
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("wanted", "field"),
    [(Wanted(mesh_post_m=0.3), "--mesh-post-m"), (Wanted(mesh_post_m=900.0), "--mesh-post-m"),
     (Wanted(rocks_from_m=0.001), "--rocks-from-m"), (Wanted(rocks=True, rocks_from_m=0.01), "--rocks-from-m")],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_before_any_work(wanted, field, tmp_path):
    plot = Plot(Site(LAT, LON), 0.25, 4000)
    with pytest.raises(BadInput) as caught:
        export(plot, tmp_path / "out", "x", wanted, SEED)
    assert caught.value.field == field
    assert not (tmp_path / "out").exists()


def test_a_mesh_beyond_four_gigabytes_is_refused_before_any_work(tmp_path):
    plot = Plot(Site(LAT, LON), 1.0, 10_000)
    with pytest.raises(BadInput, match="4 GB"):
        export(plot, tmp_path / "out", "x", Wanted(mesh_post_m=1.0), SEED)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_is_left_alone(plot, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(BadInput, match="empty folder"):
        export(plot, tmp_path, "x", Wanted(), SEED)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
