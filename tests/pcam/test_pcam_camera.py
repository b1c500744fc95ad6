"""Two eyes on the rover's mast."""

import numpy as np
import pytest

from farside import archive
from farside.geometry import euler_to_rotation
from farside.instruments import camera_pose, kind_of_id, load, pack, pinhole, point_at, unpack
from farside.payload import observe, truth_planes


def test_the_eyes_are_27_cm_apart_and_15_dm_above_the_ground_at_any_yaw():
    for yaw in (-90.0, 0.0, 12.9):
        (_, left), (_, right) = (camera_pose(eye, (yaw, 0.0)) for eye in ("pcaml", "pcamr"))
        assert np.linalg.norm(right - left) == pytest.approx(0.27)
        assert left[2] == right[2] == pytest.approx(1.5)
        across = (right - left) / 0.27
        assert across[:2] == pytest.approx([np.cos(np.radians(yaw)), np.sin(np.radians(yaw))])


def test_the_eyes_look_towards_each_other_by_a_degree_each():
    (left, _), (right, _) = (camera_pose(eye, (0.0, 0.0)) for eye in ("pcaml", "pcamr"))
    assert np.degrees(np.arctan2(-left[0, 2], -left[1, 2])) == pytest.approx(1.0)
    assert np.degrees(np.arctan2(-right[0, 2], -right[1, 2])) == pytest.approx(-1.0)


def test_field_of_view_is_the_published_one():
    camera = load("pcaml").camera()
    field = [2 * np.degrees(np.arctan(n / 2 * camera.pixel_rad)) for n in (camera.width, camera.height)]
    assert field == pytest.approx([19.7, 14.5], abs=0.12)


def test_a_camera_pointed_at_a_place_has_it_on_its_axis():
    target = np.array([-6.6, 11.2, 0.6])
    rotation, centre = camera_pose("tcam", point_at("tcam", target))
    way = target - centre
    assert -rotation[:, 2] @ way / np.linalg.norm(way) == pytest.approx(1.0, abs=1e-12)


def own_head(scene, truth):
    """Pixels that show the head the camera is in."""
    rover = truth.body.to_numpy() == 2 + list(scene.names).index("rover")
    return rover & (truth.number.to_numpy() == scene.links["rover"].index("head"))


def test_the_lander_stands_in_the_middle_of_the_picture(scene, look):
    truth = truth_planes(scene, look("pcaml"))
    lander = truth.body.to_numpy() == 2 + list(scene.names).index("lander")
    assert lander[lander.shape[0] // 2, lander.shape[1] // 2]
    assert not own_head(scene, truth).any()


def test_the_head_turns_with_the_camera_and_never_covers_it(scene, look):
    for yaw in (-60.0, 60.0, 150.0):
        assert not own_head(scene, truth_planes(scene, look("pcamr", aside_deg=yaw))).any()


def test_records_come_back_and_name_their_eye(scene, look):
    raw = observe(scene, look("pcamr"))
    back = unpack(pack(raw))
    assert back.attrs == raw.attrs
    assert kind_of_id("PCAMR").product_id(back.attrs).startswith("CE4_GRAS_PCAMR-C-006_SCI_N_20190111034036_")
    assert np.abs(back["dn"].astype(float) - raw["dn"]).median() < 3.0


def test_level_2b_is_a_mosaic_of_16_bit_samples_and_survives_the_archive(shoot, tmp_path):
    frame = shoot("pcaml")
    assert (frame.attrs["level"], frame.attrs["bayer"], frame["dn"].dtype) == ("2B", "RGGB", np.uint16)
    label = archive.write(frame, tmp_path)
    assert label.with_name(label.name[:-1]).stat().st_size == 2 * frame["dn"].size
    back = archive.read(label)
    assert np.array_equal(back["dn"], frame["dn"])
    assert (back.attrs["bits"], back.attrs["bayer"], back.attrs["binning"]) == (10, "RGGB", 6)
    assert back.attrs["reference_frame"] == "ROVER_COORDINATE_SYSTEM"
    assert pinhole(back).pixel_rad == pytest.approx(pinhole(frame).pixel_rad)
    for key in ("camera_rotation_deg", "camera_position_m", "mast_yaw_deg", "mast_pitch_deg", "sun_azimuth_deg"):
        assert back.attrs[key] == pytest.approx(frame.attrs[key], abs=6e-7)
    assert "UnsignedLSB2" in label.read_text()


def test_label_looks_where_the_camera_does(shoot, look, rover):
    axis = rover.r @ euler_to_rotation(*shoot("pcaml").attrs["camera_rotation_deg"])
    assert np.abs(axis - look("pcaml").camera().r).max() < 1e-7
