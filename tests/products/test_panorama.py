"""The panorama against the world it was painted from."""

import json

import numpy as np
import painted_world as world
import pytest

from farside.errors import BadInput
from farside.products import grid_of, panorama, picture
from farside.work import Pool


@pytest.fixture(scope="module")
def frames():
    return world.frames()


@pytest.fixture(scope="module")
def mosaic(frames):
    return panorama(frames, world.ATTITUDE)


def shift_px(mosaic, part=slice(None)):
    """Shift (column, row) in pixels between the mosaic and the painting, and RMS difference relative to the paint.

    Least squares on the painting's gradient: image(x) = paint(x - shift).
    """
    truth = world.paint(grid_of(mosaic).directions())[:, part]
    green = mosaic["image"].to_numpy()[:, part, 1].astype(float)
    seen = mosaic["weight"].to_numpy()[:, part] > 2
    ratio = np.median(green[seen] / truth[seen])
    error = (green / ratio - truth)[seen]
    slopes = np.stack([-np.gradient(truth, axis=1)[seen], -np.gradient(truth, axis=0)[seen]], axis=1)
    return np.linalg.lstsq(slopes, error, rcond=None)[0], error.std() / truth[seen].mean()


def test_pointing_is_true_to_a_hundredth_of_a_pixel(mosaic):
    shift, _ = shift_px(mosaic)
    assert np.abs(shift).max() < 0.01


@pytest.mark.parametrize("part", [slice(k * 512, (k + 1) * 512) for k in range(6)])
def test_pointing_is_true_all_the_way_round(mosaic, part):
    shift, rms = shift_px(mosaic, part)
    assert np.abs(shift).max() < 0.03
    assert rms < 0.01


def test_wrong_mast_angle_moves_the_picture_by_as_much(frames):
    one = panorama(frames[:1], world.ATTITUDE)
    from farside.products import calibrate

    off = calibrate(world.raw_frame(0, mast_error_deg=(1.0, 0.0)), world.LANDER)
    moved = panorama([off], world.ATTITUDE)
    assert one["image"].shape == moved["image"].shape
    green = [m["image"].to_numpy()[..., 1].astype(float) for m in (one, moved)]
    seen = np.minimum(one["weight"], moved["weight"]).to_numpy() > 50
    pixels = round(1.0 / one.attrs["scale_deg"])
    # the mast turned counter-clockwise, so what it saw lies counter-clockwise of where the label puts it
    shifts = range(-2 * pixels, 2 * pixels + 1)
    misfit = [np.abs(np.roll(green[0], s, axis=1) - green[1])[seen].mean() for s in shifts]
    assert abs(shifts[int(np.argmin(misfit))]) == pytest.approx(pixels, abs=2)


def test_exposures_leave_no_step(mosaic):
    truth = world.paint(grid_of(mosaic).directions())
    seen = mosaic["weight"].to_numpy() > 2
    ratio = mosaic["image"].to_numpy()[..., 1] / truth
    level = [np.median(ratio[seen & (mosaic["frame"].to_numpy() == n)]) for n in range(60)]
    assert np.std(level) / np.mean(level) < 0.003


def test_whole_circle_is_covered_where_the_rings_reach(mosaic):
    enu = grid_of(mosaic).directions() @ world.ATTITUDE
    ring = (enu[..., 2] < np.sin(np.radians(5))) & (enu[..., 2] > np.sin(np.radians(-35)))
    assert (mosaic["weight"].to_numpy()[ring] > 0).all()
    assert mosaic.attrs["frames"] == 60


def test_uncovered_pixels_are_black_and_belong_to_no_frame(mosaic):
    empty = mosaic["weight"].to_numpy() == 0
    assert empty.any()
    assert (mosaic["frame"].to_numpy()[empty] == -1).all()
    assert (mosaic["image"].to_numpy()[empty] == 0).all()


def test_map_without_attitude_counts_from_the_lander(frames):
    mosaic = panorama(world.frames(np.eye(3)))
    assert mosaic.attrs["azimuth_from"] == "lander +y"
    assert np.abs(shift_px(mosaic)[0]).max() < 0.01


def test_threads_change_nothing(frames, mosaic):
    with Pool(2) as pool:
        assert panorama(frames, world.ATTITUDE, pool=pool).identical(mosaic)


def test_frames_without_pointing_are_refused_by_name(frames):
    blind = frames[3].copy()
    blind.attrs = {k: v for k, v in blind.attrs.items() if k != "reference_frame"}
    mosaic = panorama([*frames[:3], blind], world.ATTITUDE)
    assert mosaic.attrs["frames"] == 3
    assert mosaic.attrs["refused"] == [blind.attrs["product_id"]]
    with pytest.raises(BadInput, match="pointing"):
        panorama([blind])


def test_weights_tell_what_is_saturated_from_what_lies_at_an_edge(frames):
    white = frames[0].copy(deep=True)
    lines, samples = white["dn"].shape[:2]
    white["dn"].to_numpy()[: lines // 2, : samples // 2] = 255
    mosaic = panorama([white, *frames[1:3]])
    weight, unknown = mosaic["weight"].to_numpy(), (mosaic["sigma"].to_numpy() == 65535).all(axis=2)
    np.testing.assert_array_equal(weight == 1, unknown & (weight > 0))
    np.testing.assert_array_equal(weight == 0, mosaic["frame"].to_numpy() < 0)
    assert (weight == 1).any()
    assert (weight == 2).any()


def test_a_frame_of_another_camera_is_left_out_and_half_of_them_are_no_panorama(frames):
    told = frames[3].attrs["focal_length_mm"]
    other = frames[3].assign_attrs(focal_length_mm=2.0 * told)
    mosaic = panorama([*frames[:3], other], world.ATTITUDE)
    assert mosaic.attrs["frames"] == 3
    (why,) = json.loads(mosaic.attrs["measures"])["refused"].values()
    assert "another camera" in why and f"f = {2.0 * told:g} mm" in why and f"f = {told:g} mm" in why
    with pytest.raises(BadInput, match=f"f = {told:g} mm.*frames of one camera"):
        panorama([frames[0], other])


def test_provenance_names_every_input(frames, mosaic):
    inputs = json.loads(mosaic.attrs["provenance"])["inputs"]
    assert [i["product"] for i in inputs] == [f"{f.attrs['product_id']}.2C" for f in frames]
    assert len({i["sha256"] for i in inputs}) == 60


def test_saturated_pixels_give_way_to_good_ones(frames):
    burnt = frames[0].copy(deep=True)
    burnt["dn"][:] = 255
    alone, both = panorama([frames[1]], world.ATTITUDE), panorama([burnt, frames[1]], world.ATTITUDE)
    overlap = (both["frame"].to_numpy() == 1) & (both["weight"].to_numpy() > 25)
    assert overlap.any()
    value = both["image"].to_numpy()[overlap].max() * both["image"].attrs["scale"]
    assert value < 1.05 * float(alone["image"].max()) * alone["image"].attrs["scale"]


def test_picture_keeps_the_sky_black_and_the_ground_in_range(mosaic):
    dark = mosaic.copy(deep=True)
    sky = slice(0, 40)
    dark["image"][sky] = 0
    shown = picture(dark, width=1024)
    assert shown.shape[1] == 1024
    assert (shown[:10] == 0).all()
    assert 120 < np.percentile(shown[-80:], 90) < 254
