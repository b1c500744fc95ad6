"""The panorama as a record: streamed, in other projections, with its errors, its report and its pictures."""

import json
from xml.etree import ElementTree

import numpy as np
import painted_world as world
import pytest
from PIL import Image, ImageDraw

from farside import archive
from farside.errors import BadInput
from farside.geometry import Overhead, direction
from farside.products import (
    calibrate,
    grid_of,
    panorama,
    picture,
    write_graticule,
    write_panorama,
    write_panorama_tiles,
)
from farside.products.panorama import graticule
from farside.products.panorama.blend import UNKNOWN
from farside.work import Pool

RING = range(20, 40)
ELECTRONS = 25.2 * (1023 - 32) / 255.0
"""In a count of 8 bits (tcam.yaml)."""


@pytest.fixture(scope="module")
def ring():
    return [calibrate(world.raw_frame(n, exposure_ms=6.0 + n % 3), world.LANDER) for n in RING]


@pytest.fixture(scope="module")
def mosaic(ring):
    return panorama(ring, world.ATTITUDE)


@pytest.fixture(scope="module")
def written(ring, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ring")
    labels = [archive.write(frame.assign_attrs(exposure_mode="AUTOMATIC"), folder / "frames") for frame in ring]
    with Pool(2) as pool:
        return write_panorama(archive.Frames(labels), folder, world.ATTITUDE, pool=pool)


def painted(mosaic):
    """The painting in the map of a mosaic, (line, sample)."""
    grid = grid_of(mosaic)
    return world.paint(direction(*grid.azel(np.arange(grid.width)[None, :], np.arange(grid.height)[:, None])))


def noisy(frames, light, seed=1):
    """Frames of an even light (counts) with the sensor's own noise, as if they had not been binned."""
    draw = np.random.default_rng(seed)
    for frame in frames:
        shape = frame["dn"].shape
        electrons = draw.poisson(light * ELECTRONS, shape) + draw.normal(0.0, 20.0, shape)
        even = frame.copy(data={"dn": np.rint(electrons / ELECTRONS).clip(0, 255).astype(np.uint8)})
        yield even.assign_attrs(binning=1, exposure_ms=6.0)


def test_record_streamed_from_files_is_the_mosaic_made_in_memory(written, ring):
    told = archive.read_layers(written)
    frames = [archive.read(label) for label in sorted((written.parent / "frames").glob("*L"))]
    whole = panorama(frames, world.ATTITUDE)
    for name in ("image", "frame", "weight", "sigma"):
        assert np.array_equal(told[name], whole[name]), name
        assert told[name].attrs == whole[name].attrs
    assert told.attrs == whole.attrs


def test_map_programs_find_smaller_copies_of_the_light_in_the_record(written):
    import rasterio

    with rasterio.open(written.with_suffix(".tif")) as file:
        whole = file.read(2)
        assert file.overviews(1) == [2, 4]
        small = file.read(2, out_shape=(file.height // 2, file.width // 2))
    even = whole[: 2 * small.shape[0], : 2 * small.shape[1]].astype(float)
    mean = even.reshape(small.shape[0], 2, small.shape[1], 2).mean(axis=(1, 3))
    assert np.abs(small - mean).max() <= 1.0


@pytest.mark.parametrize(
    ("projection", "width"),
    [("equirectangular", 900), ("cylindrical", None), ("polar", 1500), ("vertical", 600)],
)
def test_every_projection_shows_the_world_where_it_is(ring, projection, width):
    mosaic = panorama(ring, world.ATTITUDE, projection=projection, width=width)
    truth = painted(mosaic)
    green, seen = mosaic["image"].to_numpy()[..., 1].astype(float), mosaic["weight"].to_numpy() > 10
    # far away on level ground a pixel of the map is more than the frame resolves
    slopes = np.hypot(*np.gradient(truth))
    good = seen & (slopes < 0.1)
    good[[0, -1]] = good[:, [0, -1]] = False
    assert good.sum() > 0.2 * seen.sum()
    ratio = np.median(green[good] / truth[good])
    error = green[good] / ratio - truth[good]
    sides = np.stack([-np.gradient(truth, axis=1)[good], -np.gradient(truth, axis=0)[good]], axis=1)
    shift = np.linalg.lstsq(sides, error, rcond=None)[0]
    assert np.abs(shift).max() < 0.03
    assert error.std() / truth[good].mean() < 0.015


def test_values_scatter_as_sigma_says_alone_and_where_frames_overlap(ring):
    mosaic = panorama(list(noisy(ring[:3], 100.0)), world.ATTITUDE)
    value, sigma = (mosaic[name].to_numpy()[..., 1] * mosaic[name].attrs["scale"] for name in ("image", "sigma"))
    known = mosaic["sigma"].to_numpy()[..., 1] != UNKNOWN
    level = np.median(value[known])
    alone = known & (mosaic["weight"].to_numpy() > 128)
    shared = known & (sigma < 0.8 * np.median(sigma[alone]))
    ratios = [np.std(value[where] - level) / np.sqrt(np.mean(sigma[where] ** 2)) for where in (alone, shared)]
    assert ratios == pytest.approx([1.0, 1.0], rel=0.06)


def test_nothing_is_known_of_the_error_of_burnt_pixels_and_holes(ring):
    burnt = ring[0].copy(deep=True)
    burnt["dn"][20:40, 30:60] = 255
    mosaic = panorama([burnt], world.ATTITUDE)
    unknown = (mosaic["sigma"].to_numpy() == UNKNOWN).all(axis=2)
    empty = mosaic["weight"].to_numpy() == 0
    assert unknown[empty].all()
    assert 400 < np.count_nonzero(unknown & ~empty) < 1200
    assert not (mosaic["sigma"].to_numpy()[~unknown] == 0).any()


def test_time_of_a_pixel_is_its_frame_s(ring, mosaic):
    seconds = np.array(mosaic.attrs["frame_seconds"])
    assert seconds.tolist() == [float(n - RING[0]) for n in RING]
    assert mosaic.attrs["start_utc"] == ring[0].attrs["start_utc"]
    assert mosaic["frame"].max() < len(seconds)


def test_report_names_holes_refusals_and_what_was_seen_twice(ring):
    blind = ring[5].copy()
    blind.attrs = {key: value for key, value in blind.attrs.items() if key != "reference_frame"}
    upper = [calibrate(world.raw_frame(n), world.LANDER) for n in range(3)]
    lower = [calibrate(world.raw_frame(n), world.LANDER) for n in range(40, 43)]
    gap = panorama([*upper, *ring[:1], *ring[2:3], blind, *lower])
    said = json.loads(gap.attrs["measures"])
    assert (said["given"], said["used"]) == (9, 8)
    assert said["refused"] == {blind.attrs["product_id"]: "no pointing in the lander frame"}
    assert f"refused {blind.attrs['product_id']}" in gap.report
    (hole,) = said["largest_holes"]
    assert hole["el_deg"] == pytest.approx(-15.0, abs=1.5)
    # mast yaw 152, counter-clockwise from +y
    assert hole["az_deg"] == pytest.approx(360.0 - 152.0, abs=1.5)
    assert "1 holes, the largest at azimuth 208" in gap.report
    assert sum(said["seen_by"].values()) == pytest.approx(1.0, abs=2e-3)
    assert said["seen_by"]["2"] > 0.05


def test_views_that_cannot_be_are_refused_by_name(ring):
    with pytest.raises(BadInput, match="projection: 'round'; expected one of equirectangular"):
        panorama(ring, projection="round")
    with pytest.raises(BadInput, match="width: 0; expected pixels"):
        panorama(ring, width=0)
    native = panorama(ring[:1])["image"].shape[1]
    with pytest.raises(BadInput, match=f"at most {2 * native}"):
        panorama(ring, width=2 * native + 1)
    with pytest.raises(BadInput, match="frames: 0"):
        panorama([])
    with pytest.raises(BadInput, match="the ground"):
        panorama(
            [frame.assign_attrs(camera_rotation_deg=[180.0, 0.0, 0.0]) for frame in ring[:1]], projection="vertical"
        )


def test_tiles_are_the_picture_at_every_level(mosaic, tmp_path):
    path = write_panorama_tiles(mosaic, tmp_path / "ring.dzi")
    image = ElementTree.parse(path).getroot()
    size = image.find("{http://schemas.microsoft.com/deepzoom/2008}Size").attrib
    tile, overlap = int(image.attrib["TileSize"]), int(image.attrib["Overlap"])
    whole = picture(mosaic).astype(float)
    assert (int(size["Height"]), int(size["Width"])) == whole.shape[:2]
    top = int(np.ceil(np.log2(max(whole.shape))))
    assert {folder.name for folder in (tmp_path / "ring_files").iterdir()} == {str(level) for level in range(top + 1)}
    assert Image.open(tmp_path / "ring_files/0/0_0.jpg").size == (1, 1)
    shown = np.full_like(whole, np.nan)
    for file in (tmp_path / f"ring_files/{top}").iterdir():
        column, row = (int(n) for n in file.stem.split("_"))
        y, x = max(row * tile - overlap, 0), max(column * tile - overlap, 0)
        part = np.asarray(Image.open(file), float)
        shown[y : y + part.shape[0], x : x + part.shape[1]] = part
    assert np.abs(shown - whole).mean() < 2.0
    half = np.asarray(Image.open(tmp_path / f"ring_files/{top - 1}/0_0.jpg"), float)
    rows, columns = (min(n, 512) // 2 * 2 for n in half.shape[:2])
    mean = whole[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, 3).mean(axis=(1, 3))
    assert np.abs(half[:rows, :columns] - mean).mean() < 2.0


@pytest.mark.parametrize("width", [60, 300, 1500])
def test_no_number_of_the_grid_covers_another(width, monkeypatch):
    boxes = []
    monkeypatch.setattr(ImageDraw.ImageDraw, "rectangle", lambda draw, box, fill: boxes.append(np.array(box)))
    graticule(np.zeros((width, width, 3), np.uint8), Overhead(width, 84.0, True), False)
    assert boxes
    for k, a in enumerate(boxes):
        assert not any((np.maximum(a[:2], b[:2]) < np.minimum(a[2:], b[2:])).all() for b in boxes[:k])


def test_grid_has_the_horizon_where_elevation_is_0(tmp_path):
    mosaic = panorama([calibrate(world.raw_frame(n), world.LANDER) for n in range(0, 20, 5)])
    lines = np.asarray(Image.open(write_graticule(mosaic, tmp_path / "grid.png")), int)
    plain = picture(mosaic).astype(int)
    _, row = grid_of(mosaic).pixel(0.0, 0.0)
    orange = np.abs(lines - [230, 159, 0]).sum(axis=2) < 30
    assert orange[round(float(row)) - 1 : round(float(row)) + 2].any(axis=0).mean() > 0.9
    assert (lines != plain).any(axis=2).mean() < 0.2
