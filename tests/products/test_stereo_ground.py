"""Depths, heights and changes of ground whose truth is known: one grid of heights, looked at by both eyes of PCAM."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest

from farside.errors import BadInput
from farside.geometry import Pose, Site, euler_to_rotation, rotation_to_euler, t_to_utc
from farside.payload import Scene, View, observe, truth_planes
from farside.products import calibrate
from farside.products.portrait import change, depth_map, elevation, write_change, write_geotiff, write_orthophoto
from farside.products.portrait.stereo import rectify

SITE = Site(-45.4446, 177.5991)
ROVER = Pose.of(np.zeros(3), np.eye(3))
POST_M = 0.02
BINNING = 4


@dataclass(frozen=True)
class Grids:
    heights: list
    posts_m: list
    albedo: list


def grained(bump: bool = False) -> Grids:
    """Level ground with grain from 4 to 40 cm, and a mound of 6 cm 4.6 m ahead if ``bump``."""
    axis = (np.arange(1025) - 512) * POST_M
    x, y = np.meshgrid(axis, axis)
    draw = np.random.default_rng(4)
    height = np.zeros_like(x)
    for length in (0.4, 0.2, 0.1, 0.05):
        for _ in range(6):
            turn, phase = draw.uniform(0, 2 * np.pi, 2)
            height += 0.006 * length * np.sin(2 * np.pi / length * (x * np.cos(turn) + y * np.sin(turn)) + phase) * 2
    if bump:
        height += 0.06 * np.exp(-((x - 0.1) ** 2 + (y - 4.6) ** 2) / 0.12**2)
    shine = 1.0 + 0.15 * np.random.default_rng(5).standard_normal(x.shape)
    return Grids([height.astype(np.float32)], [POST_M], [shine.astype(np.float32)])


def sun(azimuth_deg: float, elevation_deg: float) -> tuple[float, float, float]:
    a, e = np.radians([azimuth_deg, elevation_deg])
    return float(np.sin(a) * np.cos(e)), float(np.cos(a) * np.cos(e)), float(np.sin(e))


def view(eye: str, yaw: float, index: int, day: int) -> View:
    t = 6.0e8 + 86400.0 * day + 80.0 * index + (5.0 if eye == "pcaml" else 0.0)
    return View(
        instrument=eye, t=t, start_utc=t_to_utc(t), index=index, sequence_id=f"000{day}", binning=BINNING,
        lander=Pose.of(np.array([0.0, -50.0, 0.0]), np.eye(3)), rover=ROVER, mast_deg=(yaw, -19.0),
        mast_error_deg=(0.0, 0.03 * (index - 0.5), 0.0), sun=sun(*((60.0, 40.0) if day == 1 else (300.0, 35.0))),
        sun_distance_au=1.0, temperature_c=20.0, seed=3, mode="Q",
    )  # fmt: skip


def pairs(scene: Scene, day: int) -> list:
    return [
        tuple(calibrate(observe(scene, view(eye, yaw, k, day)), SITE) for eye in ("pcaml", "pcamr"))
        for k, yaw in enumerate((0.0, 12.857))
    ]


@pytest.fixture(scope="module")
def scene():
    return Scene.of(grained(), {})


@pytest.fixture(scope="module")
def shot(scene):
    return pairs(scene, 1)


@pytest.fixture(scope="module")
def depths(shot):
    return [depth_map(*pair) for pair in shot]


@pytest.fixture(scope="module")
def ground(depths):
    return elevation(depths, np.eye(3), reach_m=7.0, post_m=0.04)


@pytest.fixture(scope="module")
def later():
    shots = pairs(Scene.of(grained(bump=True), {}), 2)
    return elevation([depth_map(*pair) for pair in shots], np.eye(3), reach_m=7.0, post_m=0.04)


def true_height(product):
    grid, a = grained().heights[0], product.attrs
    lines, samples = product["height"].shape
    north = a["north_m"] - np.arange(lines) * a["post_m"]
    east = a["west_m"] + np.arange(samples) * a["post_m"]
    row, column = (np.rint(v / POST_M).astype(int) + 512 for v in (north, east))
    return grid[row[:, None], column[None, :]]


def error_px(depth, scene):
    """Disparity's error and its stated standard deviation, pixels; what each pixel shows is looked up by the label."""
    a, look = depth.attrs, view("pcaml", 0.0, 0, 1)
    axes, label = np.array(a["rotation"]).reshape(3, 3), euler_to_rotation(*a["left_rotation_deg"])
    model = look.numbers().camera(look.binning)
    line, sample = np.nonzero(np.isfinite(depth["depth"].to_numpy()))
    x0, y0 = a["principal_px"]
    rays = np.column_stack([sample - x0, y0 - line, np.full(len(line), -a["focal_px"])]) @ axes.T
    i, j = model.project(rays @ label)
    planes, eye = truth_planes(scene, look), look.camera()
    row, column = (
        np.clip(np.rint(p).astype(int) - 1, 0, n - 1) for p, n in zip((j, i), planes["depth_m"].shape, strict=True)
    )
    true = -((planes["xyz_m"].to_numpy()[row, column] - eye.p) @ eye.r @ label.T) @ axes[:, 2]
    per_depth = a["baseline_m"] * a["focal_px"] / true**2
    z, sigma = (depth[name].to_numpy()[line, sample] for name in ("depth", "sigma"))
    return true, (z - true) * per_depth, sigma * per_depth


def test_errors_are_as_large_as_stated_at_every_distance(depths, scene):
    true, error, sigma = error_px(depths[0], scene)
    for near, far in ((3.0, 4.0), (4.0, 5.0), (5.0, 6.5)):
        there = (true >= near) & (true < far)
        assert there.sum() > 3000
        assert 0.4 < np.mean((error[there] / sigma[there]) ** 2) < 2.4


def test_stated_errors_of_depth_follow_the_square_of_the_distance(depths):
    a, z, sigma = depths[0].attrs, *(depths[0][name].to_numpy() for name in ("depth", "sigma"))
    known = np.isfinite(z)
    in_px = sigma[known] * a["baseline_m"] * a["focal_px"] / z[known] ** 2
    assert 0.05 < np.median(in_px) < 0.4
    assert np.isfinite(sigma[known]).all()
    assert np.isnan(sigma[~known]).all()


def test_heights_are_right_to_millimetres(ground):
    error = ground["height"].to_numpy() - true_height(ground)
    known = np.isfinite(error)
    assert known.sum() > 3000
    assert np.sqrt(np.mean(error[known] ** 2)) < 0.004


def test_pairs_whose_masts_erred_are_brought_together(ground):
    after, before = ground.attrs["apart_m"]
    assert after < 0.75 * before
    assert ground.attrs["pairs"] == 2
    tilts = np.array(ground.attrs["tilts_deg"])
    assert 0.01 < np.abs(tilts[0] - tilts[1]).max() < 0.1  # 0.03 degrees in pitch between the two


def test_elevation_models_open_as_georeferenced_tiff(ground, tmp_path):
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(write_geotiff(ground, tmp_path / "dem.tif")) as file:
        assert file.count == 3
        assert file.descriptions[0] == "height, m"
        assert file.transform.a == pytest.approx(0.04)
        column, row = ~file.transform @ (ground.attrs["west_m"], ground.attrs["north_m"])
        assert (column, row) == pytest.approx((0.5, 0.5))
        assert np.array_equal(file.read(1), ground["height"].to_numpy(), equal_nan=True)
    with rasterio.open(write_orthophoto(ground, tmp_path / "ortho.tif")) as file:
        assert file.count == 3
        assert file.scales[0] == pytest.approx(ground["image"].attrs["scale"])
        assert ((file.read(1) > 0) == np.isfinite(ground["height"].to_numpy())).mean() > 0.999


def test_an_eye_turned_against_the_other_is_found_and_put_right(shot, depths):
    left, right = shot[0]
    axes = rectify(left, right).rotation
    wrong = right.copy()
    turn = np.radians(0.02)
    back = np.eye(3) - np.sin(turn) * axes @ np.array([[0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]) @ axes.T
    wrong.attrs["camera_rotation_deg"] = rotation_to_euler(
        back @ euler_to_rotation(*right.attrs["camera_rotation_deg"])
    )
    depth = depth_map(left, wrong)
    assert depth.attrs["eyes_deg"][0] - depths[0].attrs["eyes_deg"][0] == pytest.approx(0.02, abs=0.002)
    assert depth.attrs["rows_px"] < 0.06
    assert depth.attrs["coverage"] > 0.9 * depths[0].attrs["coverage"]


def test_eyes_labelled_truly_are_left_alone(depths):
    assert np.abs(depths[0].attrs["eyes_deg"][0]) < 0.002


def test_a_mound_is_found_though_the_sun_has_moved(ground, later, tmp_path):
    found = change(ground, later)
    places = json.loads(found.attrs["places"])
    assert len(places) >= 1
    assert np.hypot(places[0]["x_m"] - 0.1, places[0]["y_m"] - 4.6) < 0.08
    assert places[0]["height_m"] > 0.01
    x = found.attrs["west_m"] + np.arange(found["changed"].shape[1]) * 0.04
    y = found.attrs["north_m"] - np.arange(found["changed"].shape[0]) * 0.04
    away = np.hypot(x[None, :] - 0.1, y[:, None] - 4.6) > 0.35
    changed = found["changed"].to_numpy()
    assert (changed[away] > 1).sum() < 0.002 * (changed[away] > 0).sum()
    assert write_change(found, later, tmp_path / "change.png").stat().st_size > 10_000


def test_ground_that_is_the_same_has_not_changed(ground):
    found = change(ground, ground)
    assert not (found["changed"].to_numpy() > 1).any()
    assert np.nanmax(np.abs(found["difference"].to_numpy())) < 1e-6


@pytest.mark.parametrize(("posts", "places"), [(2, 0), (3, 1)])
def test_a_place_is_no_smaller_than_a_window(ground, posts, places):
    """However much a post or two differ, as beside what hides the ground."""
    later = ground.copy(deep=True)
    line, sample = np.argwhere(np.isfinite(ground["height"].to_numpy()))[2000]
    row = later["height"].to_numpy()[line]
    assert np.isfinite(row[sample : sample + posts]).all()
    later["height"].to_numpy()[line, sample : sample + posts] += 1.0
    found = json.loads(change(ground, later).attrs["places"])
    assert [place["height_m"] for place in found] == places * [pytest.approx(1.0, abs=0.01)]


def test_models_on_other_posts_are_not_compared(ground, depths):
    with pytest.raises(BadInput, match="post_m"):
        change(ground, elevation(depths, np.eye(3), reach_m=7.0, post_m=0.08))


def test_nothing_in_reach_is_no_elevation_model(depths):
    with pytest.raises(BadInput, match="within 1 m"):
        elevation(depths, reach_m=1.0)
