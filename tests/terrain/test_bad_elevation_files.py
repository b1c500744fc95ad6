"""What cannot be heights on the Moon is refused before any work, with one line that says what to do."""

import dems
import numpy as np
import pytest
import rasterio
from dems import LONGLAT, hills, north_up, posts

from farside.errors import BadInput, DamagedFile
from farside.moon import Moon
from farside.moon.raster import look
from farside.moon.terrain import Terrain


def refused(path, *words):
    with pytest.raises(BadInput) as caught:
        look(path)
    line = str(caught.value)
    assert "\n" not in line
    assert path.name in line
    assert "expected" in line
    for word in words:
        assert word in line
    return line


def test_no_such_file(tmp_path):
    refused(tmp_path / "absent.tif", "no such file")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_no_coordinate_system(tmp_path):
    path = dems.geotiff(tmp_path / "a.tif", np.zeros((10, 10)), north_up(20.0, 10.0, 0.1), crs=None)
    refused(path, "no georeference", "coordinate system", "rio edit-info --crs")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_no_transform(tmp_path):
    refused(
        dems.geotiff(tmp_path / "a.tif", np.zeros((10, 10)), rasterio.Affine.identity()), "no georeference", "transform"
    )


def test_no_datum(tmp_path):
    local = 'LOCAL_CS["somewhere",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
    refused(dems.geotiff(tmp_path / "a.tif", hills(*posts(0, 0, 1, (9, 9))), north_up(0, 0, 1.0), crs=local), "datum")


@pytest.mark.parametrize(("radius", "body"), [(6378137, "the Earth"), (3396190, "Mars"), (2439700, "Mercury")])
def test_another_body(tmp_path, radius, body):
    refused(dems.ground(tmp_path / "a.tif", crs=f"+proj=longlat +R={radius}"), body, str(radius), "the Moon")


def test_the_earths_datum_by_mistake(tmp_path):
    refused(dems.ground(tmp_path / "a.tif", crs="EPSG:4326"), "the Earth", "rio edit-info --crs")


def test_another_sphere_says_how_far_heights_are_off(tmp_path):
    refused(dems.ground(tmp_path / "a.tif", crs="+proj=longlat +R=1738000"), "sphere of 1738000 m", "600 m less")


def test_an_ellipsoid_says_how_far_heights_are_off(tmp_path):
    crs = "+proj=longlat +a=1738140 +b=1735970"
    refused(dems.ground(tmp_path / "a.tif", crs=crs), "ellipsoid of 1738140 x 1735970 m", "up to 1430 m")


def test_several_bands(tmp_path):
    path = dems.geotiff(tmp_path / "a.tif", np.zeros((3, 9, 9)), north_up(0, 0, 1.0))
    refused(path, "3 of them", "rio stack --bidx 1")


def test_a_band_and_its_alpha_are_one(tmp_path):
    z = hills(*posts(20.0, 10.0, 1 / 8, (80, 80)))
    path = dems.geotiff(tmp_path / "a.tif", np.stack([z, np.full_like(z, 255)]), north_up(20.0, 10.0, 1 / 8))
    with rasterio.open(path, "r+") as file:
        file.colorinterp = (rasterio.enums.ColorInterp.gray, rasterio.enums.ColorInterp.alpha)
    assert look(path).factor == 1.0


def test_a_picture(tmp_path):
    path = dems.ground(tmp_path / "a.tif", f=lambda lat, lon: 100 + 0 * (lat + lon), dtype="uint8")
    refused(path, "picture")


def test_all_void(tmp_path):
    refused(dems.ground(tmp_path / "a.tif", f=lambda lat, lon: np.nan * (lat + lon)), "every post is void")
    refused(
        dems.ground(tmp_path / "b.tif", f=lambda lat, lon: -1e4 + 0 * (lat + lon), nodata=-1e4), "every post is void"
    )


def test_feet(tmp_path):
    refused(dems.ground(tmp_path / "a.tif", f=lambda lat, lon: (hills(lat, lon) - 5000) / 0.3048), "-9200 to 10800 m")
    refused(dems.ground(tmp_path / "b.tif", unit="feet"), "feet", "heights in m or km")


def test_kilometres_taken_for_metres(tmp_path):
    path = dems.ground(tmp_path / "a.tif", f=lambda lat, lon: hills(lat, lon) / 1000)
    refused(path, "kilometres", "--units km")


def test_no_heights_of_the_moon(tmp_path):
    refused(
        dems.ground(tmp_path / "a.tif", f=lambda lat, lon: 4e5 + 100 * hills(lat, lon)), "units", "above the 1737.4 km"
    )


def test_lines_shifted_by_their_label(tmp_path):
    """The known trap of PDS3 files with attached labels read as bare numbers."""
    z = np.round(hills(*posts(20.0, 10.0, 1 / 64, (640, 1100)))).astype("<i2")
    label = np.frombuffer(dems.lroc(tmp_path, "WAC_GLD100_TEST", z, 64, 10.0, 20.0).read_bytes()[:2200], "<i2")
    path = dems.geotiff(tmp_path / "a.tif", np.vstack([label, z[:-1]]), north_up(20.0, 10.0, 1 / 64), dtype="int16")
    refused(path, "PDS3 label in the first line", "one too low")


def test_ldem_without_its_label(tmp_path):
    z = np.zeros((320, 320), "<i2")
    dems.lola(tmp_path, "LDEM_32", z, 32, 10.0, 20.0).unlink()
    refused(tmp_path / "LDEM_32.IMG", "label", "LDEM_32.LBL")


@pytest.mark.parametrize("damage", [b"not a picture at all", b"II*\x00\x08\x00\x00\x00", b""])
def test_damaged_files(tmp_path, damage):
    path = tmp_path / "broken.tif"
    path.write_bytes(damage)
    with pytest.raises(DamagedFile, match=r"broken\.tif"):
        look(path)


def test_a_file_cut_short_is_named_when_its_end_is_needed(tmp_path, land):
    path = dems.ground(tmp_path / "a.tif")
    path.write_bytes(path.read_bytes()[:-200_000])
    with pytest.raises(DamagedFile, match=r"a\.tif"):
        Terrain([path], land).surface.window(*np.radians([1.0, 2.0, 22.0, 23.0]), 0, 0.0)


def test_voids_are_counted_and_told(tmp_path):
    z = hills(*posts(20.0, 10.0, 1 / 32, (320, 320)))
    z[5:10, 5:15] = np.nan
    path = dems.geotiff(tmp_path / "a.tif", z, north_up(20.0, 10.0, 1 / 32), crs=LONGLAT)
    (note,) = look(path).notes
    assert "50 of 102400 posts are void" in note


def test_an_unannounced_number_for_no_data_is_told(tmp_path):
    z = hills(*posts(20.0, 10.0, 1 / 32, (320, 320)))
    z[5:10, 5:15] = -32768
    path = dems.geotiff(tmp_path / "a.tif", z, north_up(20.0, 10.0, 1 / 32), dtype="int16")
    found = look(path)
    assert found.void == -32768
    assert any("takes -32768" in note for note in found.notes)


@pytest.mark.parametrize(
    ("lat", "lon", "resolution", "field"),
    [(90.1, 0.0, 1.0, "lat_deg"), (float("nan"), 0.0, 1.0, "lat_deg"), (0.0, float("inf"), 1.0, "lon_deg"),
     (0.0, 0.0, 0.0, "resolution_m"), (0.0, 0.0, -1.0, "resolution_m"), ([0.0, -91.0], 0.0, 1.0, "lat_deg")],
)  # fmt: skip
def test_places_and_resolutions_out_of_range(lat, lon, resolution, field):
    moon = Moon(1)
    for ask in (moon.elevation, moon.albedo, moon.normal):
        with pytest.raises(BadInput) as caught:
            ask(lat, lon, resolution)
        assert caught.value.field == field
