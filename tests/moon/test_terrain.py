"""Published elevation files as the base."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from farside.errors import BadInput, DamagedFile
from farside.moon import Moon

MOON_LONGLAT = "+proj=longlat +R=1737400 +no_defs"


def hills(lat, lon):
    return 2000 * np.sin(np.radians(lat) * 40) * np.cos(np.radians(lon) * 30) - 3000


def write(path, crs, transform, z, nodata=None, dtype="float32"):
    with rasterio.open(
        path, "w", driver="GTiff", width=z.shape[1], height=z.shape[0], count=1, dtype=dtype, crs=crs,
        transform=transform, nodata=nodata,
    ) as file:  # fmt: skip
        file.write(z.astype(dtype), 1)
    return path


@pytest.fixture
def geographic(tmp_path):
    step = 1 / 32
    lat, lon = 10 - (np.arange(320) + 0.5) * step, 20 + (np.arange(320) + 0.5) * step
    z = hills(lat[:, None], lon[None])
    return write(tmp_path / "geographic.tif", MOON_LONGLAT, from_origin(20, 10, step, step), z), z


def test_file_heights_come_out_at_their_posts(geographic):
    path, _ = geographic
    lat, lon = np.array([3.3, 5.0, 7.77]), np.array([23.1, 25.5, 26.6])
    # nothing is added at a resolution where the file shows everything
    assert Moon(1, path).elevation(lat, lon, 2500.0) == pytest.approx(hills(lat, lon), abs=60)
    fine = Moon(1, path).elevation(lat, lon, 1000.0)
    assert fine == pytest.approx(hills(lat, lon), abs=5)


def test_land_goes_on_beyond_the_file_without_a_step(geographic):
    path, _ = geographic
    moon, bare = Moon(1, path), Moon(1)
    lon = np.linspace(19.0, 21.0, 400)
    along = moon.elevation(5.0, lon, 1000.0)
    assert along[:150] == pytest.approx(bare.elevation(5.0, lon[:150], 1000.0), abs=60)
    assert along[-20:] == pytest.approx(hills(5.0, lon[-20:]), abs=5)
    assert np.abs(np.diff(along)).max() < 400


def test_projected_file_gives_the_ground_of_a_geographic_one(tmp_path):
    step, n = 500.0, 400
    crs = "+proj=stere +lat_0=-90 +lat_ts=-90 +lon_0=0 +R=1737400 +units=m +no_defs"
    x = (np.arange(n) + 0.5 - n / 2) * step
    y = -x
    radius = np.hypot(x[None], y[:, None])
    lat = -90 + np.degrees(2 * np.arctan(radius / (2 * 1737400)))
    path = write(
        tmp_path / "polar.tif",
        crs,
        from_origin(-n / 2 * step, n / 2 * step, step, step),
        1000 * np.cos(60 * np.radians(lat)),
    )
    moon = Moon(1, path)
    for at, lon in ((-89.0, 10.0), (-88.5, 130.0), (-88.0, 250.0)):
        assert float(moon.elevation(at, lon, 1000.0)) == pytest.approx(1000 * np.cos(60 * np.radians(at)), abs=12)


def test_gaps_are_filled_with_built_in_land(geographic, tmp_path):
    _, z = geographic
    holed = z.copy()
    holed[140:180, 140:180] = -32768
    path = write(tmp_path / "holed.tif", MOON_LONGLAT, from_origin(20, 10, 1 / 32, 1 / 32), holed, nodata=-32768)
    moon = Moon(1, path)
    lat = np.linspace(3.0, 7.0, 300)
    along = moon.elevation(lat, 25.0, 1000.0)
    assert along.min() > -9000 and np.abs(np.diff(along)).max() < 1200
    assert float(moon.elevation(5.0, 25.0, 1000.0)) == pytest.approx(
        float(Moon(1).elevation(5.0, 25.0, 1000.0)), abs=60
    )


def test_file_without_a_place_is_refused(tmp_path):
    path = write(tmp_path / "bare.tif", None, rasterio.Affine.identity(), np.zeros((10, 10)))
    with pytest.raises(BadInput, match="no georeference"):
        Moon(1, path)


def test_file_of_another_world_is_refused(tmp_path):
    path = write(
        tmp_path / "mars.tif", "+proj=longlat +R=3396190 +no_defs", from_origin(0, 1, 0.1, 0.1), np.zeros((10, 10))
    )
    with pytest.raises(BadInput, match="3396190"):
        Moon(1, path)


def test_missing_and_broken_files_are_named(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        Moon(1, tmp_path / "absent.tif")
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"not a picture at all")
    with pytest.raises(DamagedFile, match=r"broken\.tif"):
        Moon(1, broken)


def test_published_terrain_puts_the_site_where_it_was_measured(gld100):
    moon = Moon(1, gld100)
    assert float(moon.elevation(-45.4446, 177.5991, 950.0)) == pytest.approx(-5951.7, abs=3)
    assert float(moon.elevation(-45.4446, 177.5991, 0.005)) == pytest.approx(-5951.7, abs=15)
