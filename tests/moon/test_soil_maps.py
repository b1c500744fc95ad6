"""Published maps of how the ground reflects, by place."""

import numpy as np
import pytest
import rasterio
from PIL import Image

from farside.errors import BadInput, DamagedFile
from farside.moon import ColourMap, HapkeMaps, bands_at
from farside.physics import Bands, hapke_radf, known_bands, normal_albedo, regolith_at

STANDARD = np.cos(np.radians([30.0, 0.0, 30.0]))


@pytest.fixture(scope="module")
def maps(data):
    return HapkeMaps(data / "terrain" / "wac_hapke_1deg.tif")


@pytest.fixture(scope="module")
def colours(data):
    return ColourMap(data / "terrain" / "wac_colour_global_4096x2048.jpg")


def write_maps(path, cells):
    bands, rows, columns = cells.shape
    profile = {"driver": "GTiff", "dtype": "float32", "count": bands, "height": rows, "width": columns}
    with rasterio.open(path, "w", **profile, transform=rasterio.Affine(1, 0, 0, 0, -1, 70)) as file:
        file.write(cells.astype(np.float32))
    return path


@pytest.fixture
def drawn(tmp_path):
    """Maps whose every value tells its band, row and column."""
    band, row, column = np.ix_(np.arange(15), np.arange(140), np.arange(360))
    return HapkeMaps(write_maps(tmp_path / "maps.tif", 0.01 + 0.05 * band + 1e-4 * row + 1e-7 * column))


def test_single_cell_at_the_site_is_that_of_the_fact_sheet(maps):
    found = np.array(maps.cell(-45.4446, 177.5991))
    expected = [
        [0.19927, 0.29043, 0.33974], [0.25337, 0.23967, 0.22988], [0.16863, 0.30293, 0.40380],
        [2.21565, 1.81066, 1.71254], [0.04192, 0.02644, 0.01615],
    ]  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=6e-6)


def test_built_in_parameters_are_the_medians_of_the_maps(maps):
    np.testing.assert_allclose(np.array(maps.block(-45.0, 176.0)), np.array(known_bands("von_karman")), atol=5.1e-4)
    medians = np.median(maps.cells.reshape(15, -1), axis=1).reshape(3, 5).T
    np.testing.assert_allclose(np.array(known_bands("moon")), medians, atol=6e-4)


def test_apollo_11_reflects_as_in_all_seven_bands(maps):
    assert np.array(maps.cell(0.67, 23.47))[0] == pytest.approx([0.13374, 0.18787, 0.22244], abs=6e-6)


def test_cells_lie_where_the_readme_says(drawn):
    cell = np.array(drawn.cell(69.99, 0.01)).T.ravel()
    np.testing.assert_allclose(cell, 0.01 + 0.05 * np.arange(15), atol=1e-6)
    assert np.array(drawn.cell(-69.99, 359.99))[0, 0] == pytest.approx(0.01 + 1e-4 * 139 + 1e-7 * 359, abs=1e-7)
    assert drawn.cell(10.0, -0.5) == drawn.cell(10.0, 359.5)
    assert drawn.cell(-70.0, 0.0) is drawn.block(-70.5, 0.0) is None


def test_a_block_is_the_median_of_ten_by_ten_cells_also_across_the_seam(drawn):
    block = drawn.block(-45.0, 176.0)
    assert block.w[0] == pytest.approx(0.01 + 1e-4 * (110 + 4.5) + 1e-7 * (171 + 4.5), abs=3e-7)
    seam = drawn.block(0.0, 0.0)
    assert seam.w[0] == pytest.approx(0.01 + 1e-4 * (65 + 4.5), abs=4e-5)


def test_a_place_has_its_block_its_cell_or_the_medians(maps):
    place = (10.0, 200.0)
    assert bands_at(*place, maps) == maps.block(*place)
    assert bands_at(*place, maps, single_cell=True) == maps.cell(*place)
    assert bands_at(*place) == bands_at(80.0, 0.0, maps) == known_bands("moon")
    assert bands_at(-45.4446, 177.5991) == bands_at(-45.4446, 177.5991 - 360.0) == known_bands("von_karman")
    assert bands_at(-45.4446, 170.9) == known_bands("moon")


def test_an_opposition_effect_without_width_is_none(tmp_path):
    cells = np.full((15, 140, 360), 0.3)
    cells[4::5] = 0.0
    bands = HapkeMaps(write_maps(tmp_path / "flat.tif", cells)).cell(0.0, 0.0)
    assert bands.bs0 == (0.0, 0.0, 0.0)
    soil = regolith_at(566.0, bands)
    assert normal_albedo(soil) == pytest.approx(float(hapke_radf(1.0, 1.0, np.cos(0.01), soil)), rel=1e-3)


def test_every_cell_of_the_maps_can_be_used_at_every_wavelength(maps):
    rng = np.random.default_rng(2)
    for lat, lon in zip(rng.uniform(-69.9, 69.9, 60), rng.uniform(0.0, 360.0, 60), strict=True):
        soils = [regolith_at(nm, maps.cell(lat, lon), "unresolved") for nm in (321.0, 480.0, 643.0, 900.0, 2390.0)]
        factor = [float(hapke_radf(*STANDARD, soil)) for soil in soils]
        assert factor == sorted(factor)
        assert 0.01 < factor[0] < factor[-1] < 0.55


def test_colour_map_is_as_bright_as_the_fact_sheet_says(colours):
    lat, lon = np.meshgrid(np.arange(-89.5, 90.0), np.arange(0.5, 360.0))
    brightness, weight = colours.brightness(lat, lon), np.cos(np.radians(lat))
    mean = np.sum(brightness * weight[..., None], axis=(0, 1)) / weight.sum()
    np.testing.assert_allclose(mean, [0.0960, 0.0819, 0.0564], atol=2e-4)
    np.testing.assert_allclose(np.percentile(brightness[..., 0], [2, 98]), [0.049, 0.139], atol=1.5e-3)
    site = colours.brightness(-45.4446, 177.5991)
    np.testing.assert_allclose(site / site[2], [1.69, 1.44, 1.0], rtol=0.03)


def test_both_maps_agree_on_brightness(maps, colours):
    lat, lon = (a.ravel() for a in np.meshgrid(np.arange(-60.5, 61.0, 11.0), np.arange(3.5, 360.0, 17.0)))
    seen = np.mean([colours.brightness(lat + a, lon + b) for a in (-0.3, 0.0, 0.3) for b in (-0.3, 0.0, 0.3)], axis=0)
    for k, nm in enumerate((643.0, 566.0, 415.0)):
        soils = [regolith_at(nm, maps.cell(a, b), "unresolved") for a, b in zip(lat, lon, strict=True)]
        ratio = np.array([float(hapke_radf(*STANDARD, soil)) for soil in soils]) / seen[:, k]
        assert ratio.mean() == pytest.approx(1.0, abs=0.02)
        assert ratio.std() < 0.07


def test_colours_are_read_between_pixels_and_round_the_seam(tmp_path):
    ramp = np.zeros((8, 16, 3), np.uint8)
    ramp[:] = (80 + 8 * np.arange(16))[None, :, None]
    ramp[0], ramp[7] = 100, 200
    path = tmp_path / "map.png"
    Image.fromarray(ramp).save(path)
    colours = ColourMap(path)
    at, between = colours.brightness(0.0, [-168.75, -146.25, -157.5]), 0.0
    assert at[0, 0] < at[2, 0] < at[1, 0]
    seam = colours.brightness(0.0, [179.99, -179.99, 180.0])
    np.testing.assert_allclose(seam[0], seam[1], rtol=0.01)
    assert colours.brightness([90.0, -90.0], between)[:, 0].tolist() == pytest.approx(
        [float(np.polynomial.polynomial.polyval(v, [3.44400383e-02, -5.36826783e-05, 3.46400727e-06, -2.26262649e-09]))
         for v in (100, 200)]
    )  # fmt: skip


def test_files_that_are_something_else_are_refused_by_name(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        HapkeMaps(tmp_path / "none.tif")
    with pytest.raises(BadInput, match=r"\(1, 3, 4\)"):
        HapkeMaps(write_maps(tmp_path / "small.tif", np.ones((1, 3, 4))))
    with pytest.raises(BadInput, match="single-scattering albedos"):
        HapkeMaps(write_maps(tmp_path / "heights.tif", np.full((15, 140, 360), 500.0)))
    (tmp_path / "broken.tif").write_bytes(b"no raster")
    with pytest.raises(DamagedFile, match="not a readable raster"):
        HapkeMaps(tmp_path / "broken.tif")
    with pytest.raises(BadInput, match="no such file"):
        ColourMap(tmp_path / "none.jpg")
    with pytest.raises(DamagedFile, match="not a readable picture"):
        ColourMap(tmp_path / "broken.tif")
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "square.png")
    with pytest.raises(BadInput, match="twice as wide as high"):
        ColourMap(tmp_path / "square.png")


def test_latitudes_beyond_the_poles_are_refused(colours):
    with pytest.raises(BadInput, match="latitude"):
        bands_at(91.0, 0.0)
    with pytest.raises(BadInput, match="latitude"):
        colours.brightness([0.0, -90.5], 0.0)


def test_bands_are_plain_numbers_that_can_name_a_stage(maps):
    block = maps.block(-45.0, 176.0)
    assert isinstance(block, Bands)
    assert {block: 1}[Bands(*block)] == 1
