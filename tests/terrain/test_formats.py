"""Elevation files of every make come out as metres above the 1737.4 km sphere, at their posts."""

import dems
import numpy as np
import pytest
import rasterio
from dems import R, hills, posts

from farside.moon.dem import Dem, assemble
from farside.moon.raster import look

LAT, LON = np.radians([3.3, 5.0, 7.77]), np.radians([23.1, 25.5, 26.6])


def heights(path, lat=LAT, lon=LON):
    dem = Dem([look(path)])
    z, known = dem.heights(*dem.place(lat, lon), 1)
    assert known.all()
    return z


def truth(lat=LAT, lon=LON):
    return hills(np.degrees(lat), np.degrees(lon))


def test_geotiff_of_elevations(tmp_path):
    assert heights(dems.ground(tmp_path / "a.tif")) == pytest.approx(truth(), abs=0.05)


@pytest.mark.parametrize(
    ("to_number", "words"),
    [
        (lambda z: z / 1000, {"unit": "km"}),
        (lambda z: (z + 3000) / 0.5, {"scale": 0.5, "offset": -3000.0, "dtype": "int16"}),
        (lambda z: z + R, {"dtype": "float64"}),
        (lambda z: (z + R) / 1000, {"dtype": "float64"}),
        (lambda z: (z + R) / 1000, {"dtype": "float64", "unit": "kilometre"}),
        (lambda z: z / 0.5, {"scale": 0.5, "offset": R, "dtype": "int16"}),
    ],
    ids=["km", "scaled", "radius-m", "radius-km", "radius-unit-km", "radius-by-offset"],
)
def test_numbers_of_any_meaning(tmp_path, to_number, words):
    path = dems.ground(tmp_path / "a.tif", f=lambda lat, lon: to_number(hills(lat, lon)), **words)
    assert heights(path) == pytest.approx(truth(), abs=0.3)


def test_radii_are_recognised_aloud(tmp_path):
    path = dems.ground(tmp_path / "a.tif", f=lambda lat, lon: hills(lat, lon) + R, dtype="float64")
    assert any("radii" in note for note in look(path).notes)


@pytest.mark.parametrize("crs", ["eqc", "ortho", "sinu", "laea"])
def test_projections(tmp_path, crs):
    """Resampled by GDAL from the geographic file, whose posts are ten times finer."""
    from rasterio.warp import Resampling, calculate_default_transform, reproject

    fine = dems.ground(tmp_path / "fine.tif", west=22.0, north=8.0, step=1 / 256, shape=(1280, 1280))
    to = f"+proj={crs} +lat_0=5 +lon_0=24 +R=1737400 +units=m +no_defs"
    if crs == "eqc":
        to = "+proj=eqc +lat_ts=20 +lon_0=180 +x_0=1000 +R=1737400 +units=m +no_defs"
    with rasterio.open(fine) as file:
        transform, wide, tall = calculate_default_transform(file.crs, to, file.width, file.height, *file.bounds)
        out = np.zeros((tall, wide), np.float32)
        reproject(file.read(1), out, src_transform=file.transform, src_crs=file.crs, dst_transform=transform,
                  dst_crs=to, resampling=Resampling.cubic, dst_nodata=-30000.0)  # fmt: skip
    path = dems.geotiff(tmp_path / "projected.tif", out, transform, crs=to, nodata=-30000.0)
    assert heights(path) == pytest.approx(truth(), abs=0.5)


def test_rotated_raster(tmp_path):
    turned = dems.north_up(0.0, 0.0, 1 / 64)
    c, s = np.cos(0.5), np.sin(0.5)
    transform = type(turned)(turned.a * c, -turned.a * s, 22.0, -turned.a * s, -turned.a * c, 6.5)
    column, row = np.meshgrid(np.arange(500) + 0.5, np.arange(400) + 0.5)
    lon, lat = (
        transform.a * column + transform.b * row + transform.c,
        transform.d * column + transform.e * row + transform.f,
    )
    path = dems.geotiff(tmp_path / "turned.tif", hills(lat, lon), transform)
    at = np.radians([4.0, 3.0]), np.radians([24.0, 23.0])
    assert heights(path, *at) == pytest.approx(truth(*at), abs=0.05)


def test_south_up_raster(tmp_path):
    lat, lon = posts(20.0, 10.0, 1 / 32, (320, 320))
    flipped = type(dems.north_up(0, 0, 1))(1 / 32, 0.0, 20.0, 0.0, 1 / 32, 0.0)
    path = dems.geotiff(tmp_path / "a.tif", hills(lat, lon)[::-1], flipped)
    assert heights(path) == pytest.approx(truth(), abs=0.05)


def test_polar_stereographic(tmp_path):
    path = dems.polar(tmp_path / "polar.tif", n=400, step=500.0)
    at = np.radians([-89.3, -88.5, -90.0, -87.9]), np.radians([10.0, 130.0, 250.0, 300.0])
    got, expected = heights(path, *at), truth(*at)
    keep = [0, 1, 3]  # at the pole itself hills() knows no single height
    assert got[keep] == pytest.approx(expected[keep], abs=2.0)


@pytest.mark.parametrize("west", [-180.0, 0.0, -90.0])
def test_whole_moon_has_no_seam(tmp_path, west):
    path = dems.ground(tmp_path / "moon.tif", west=west, north=90.0, step=0.25, shape=(720, 1440))
    dem = Dem([look(path)])
    assert dem.circle == 1440
    lon = np.radians(np.concatenate([west + np.linspace(-1, 1, 81), [0.0, 180.0, 359.9, -0.1]]))
    lat = np.full(lon.shape, 0.3)
    z, known = dem.heights(*dem.place(lat, lon), 1)
    assert known.all()
    assert z == pytest.approx(truth(lat, lon), abs=2.0)
    z, known = dem.heights(*dem.place(lat, lon), 8)
    assert known.all()
    assert z == pytest.approx(truth(lat, lon), abs=80.0)


def test_ldem_with_detached_label(tmp_path):
    z = np.round((hills(*posts(20.0, 10.0, 1 / 32, (320, 320)))) / 0.5).astype("<i2")
    label = dems.lola(tmp_path, "LDEM_32", z, 32, 10.0, 20.0)
    assert heights(label) == pytest.approx(truth(), abs=0.3)
    assert heights(tmp_path / "LDEM_32.IMG") == pytest.approx(truth(), abs=0.3)


def test_sldem_in_kilometres(tmp_path):
    z = (hills(*posts(20.0, 10.0, 1 / 32, (320, 320))) / 1000).astype("<f4")
    label = dems.lola(tmp_path, "SLDEM2015_32_FLOAT", z, 32, 10.0, 20.0, "KILOMETER", 1.0, 1737.4)
    assert heights(label) == pytest.approx(truth(), abs=0.05)


def test_jpeg_2000_counts_half_metres_as_its_label_says(tmp_path):
    """GDAL drops scale and offset of such a label; the label is read again."""
    z = np.round((hills(*posts(20.0, 10.0, 1 / 32, (320, 320)))) / 0.5).astype("<i2")
    label = dems.lola(tmp_path, "LDEM_32", z, 32, 10.0, 20.0, jp2=True)
    with rasterio.open(label) as file:
        assert file.scales[0] == 1.0
    assert heights(label) == pytest.approx(truth(), abs=0.3)
    assert heights(tmp_path / "LDEM_32.JP2") == pytest.approx(truth(), abs=0.3)


def test_gld100_with_attached_label_is_not_a_line_low(tmp_path):
    z = np.round(hills(*posts(20.0, 10.0, 1 / 64, (640, 1100)))).astype("<i2")
    z[0, :] = np.arange(1100)
    z[400, 500] = -32768
    path = dems.lroc(tmp_path, "WAC_GLD100_TEST", z, 64, 10.0, 20.0)
    dem = Dem([look(path)])
    first, known = dem.read(0, 0, 2, 1100, 1)
    assert known.all()
    assert np.array_equal(first[0], np.arange(1100.0))
    assert heights(path) == pytest.approx(truth(), abs=0.6)
    assert look(path).voids


def test_kaguya_tile_with_unannounced_dummy(tmp_path):
    z = np.round(hills(*posts(20.0, 10.0, 1 / 32, (320, 320)))).astype(">i2")
    z[300:, 300:] = -9999
    label = dems.kaguya(tmp_path, "DTM_MAPs02_N10E020N00E030SC", z, 32, 10.0, 20.0)
    assert heights(label) == pytest.approx(truth(), abs=0.6)
    assert look(label).void == -9999


def test_pds4(tmp_path):
    lat, lon = posts(20.0, 10.0, 1 / 32, (320, 320))
    with rasterio.open(
        tmp_path / "dem.xml", "w", driver="PDS4", width=320, height=320, count=1, dtype="float32", crs=dems.LONGLAT,
        transform=dems.north_up(20.0, 10.0, 1 / 32), VAR_TARGET="Moon", VAR_LOGICAL_IDENTIFIER="urn:test:dem:1",
        VAR_TITLE="dem", VAR_INVESTIGATION_AREA_NAME="none", VAR_INVESTIGATION_AREA_LID_REFERENCE="urn:test:none",
        VAR_OBSERVING_SYSTEM_NAME="none", VAR_TARGET_TYPE="Satellite", VAR_MISSION_AREA="none",
    ) as file:  # fmt: skip
        file.write(hills(lat, lon).astype(np.float32), 1)
    assert heights(tmp_path / "dem.xml") == pytest.approx(truth(), abs=0.05)


def test_adjoining_tiles_are_one_model(tmp_path):
    """Four tiles of one product and the whole give the same heights, across their edges too."""
    whole = dems.ground(tmp_path / "whole.tif")
    tiles = [
        dems.ground(tmp_path / f"{i}{j}.tif", west=20.0 + 5 * j, north=10.0 - 5 * i, shape=(160, 160))
        for i in (0, 1)
        for j in (0, 1)
    ]
    (dem,) = assemble([look(path) for path in reversed(tiles)])
    one = Dem([look(whole)])
    rng = np.random.default_rng(1)
    lat, lon = np.radians(5 + rng.uniform(-0.1, 0.1, 400)), np.radians(25 + rng.uniform(-0.1, 0.1, 400))
    for block in (1, 4):
        a, b = (m.heights(*m.place(lat, lon), block) for m in (dem, one))
        assert a[1].all()
        assert a[0] == pytest.approx(b[0], abs=1e-3)


def test_another_product_is_another_model(tmp_path):
    paths = [
        dems.ground(tmp_path / "a.tif"),
        dems.ground(tmp_path / "b.tif", step=1 / 48),
        dems.polar(tmp_path / "c.tif"),
    ]
    found = assemble([look(path) for path in paths])
    assert [round(dem.post_m) for dem in found] == [632, 948, 1000]


def test_means_of_blocks_leave_voids_out(tmp_path):
    z = hills(*posts(20.0, 10.0, 1 / 32, (320, 320))).astype(np.float32)
    z[40:50, 60:90] = np.nan
    z[160:192, 160:224] = np.nan
    paths = [
        dems.geotiff(tmp_path / "a.tif", z, dems.north_up(20.0, 10.0, 1 / 32)),
        dems.geotiff(tmp_path / "b.tif", z, dems.north_up(20.0, 10.0, 1 / 32), nodata=np.nan),
        dems.geotiff(tmp_path / "c.tif", np.nan_to_num(z, nan=-1e5), dems.north_up(20.0, 10.0, 1 / 32), nodata=-1e5),
        dems.geotiff(tmp_path / "d.tif", np.nan_to_num(z, nan=-1e5), dems.north_up(20.0, 10.0, 1 / 32)),
    ]
    with np.errstate(all="ignore"):
        mean = np.stack([z.reshape(40, 8, 40, 8)[:, i, :, j] for i in range(8) for j in range(8)])
        expected = np.array([np.nanmean(mean[:, i, j]) if np.isfinite(mean[:, i, j]).any() else np.nan
                             for i in range(40) for j in range(40)]).reshape(40, 40)  # fmt: skip
    for path in paths:
        got, known = Dem([look(path)]).read(0, 0, 40, 40, 8)
        assert np.array_equal(known, np.isfinite(expected)), path.name
        assert got[known] == pytest.approx(expected[known], abs=1e-2), path.name
