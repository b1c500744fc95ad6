"""Panchromatic frames of the panoramic camera, and the cameras that the rover is driven by."""

from dataclasses import replace

import numpy as np
import pytest

from farside import archive
from farside.geometry import Site, euler_to_rotation
from farside.instruments import kind_of_id, load, pack, unpack
from farside.payload import observe, truth_planes
from farside.products import Bench, calibrate
from farside.products.portrait import depth_map
from farside.products.portrait.light import colour_light
from farside.products.rover import RoverDesk
from farside.work import Pool


@pytest.fixture(scope="module")
def shot(scene, look):
    """Raw and level-2 frame of another camera or mode where the eye of ``look`` looks."""

    def take(eye, mode="", binning=8, **where):
        view = replace(look(eye, **where), instrument=eye, mode=mode, binning=binning)
        if not load(eye).on_mast:
            view = replace(view, mast_deg=None)
        raw = observe(scene, view)
        return raw, calibrate(raw, Site(-45.4446, 177.5991))

    return take


def test_a_panchromatic_frame_has_no_filters_and_its_own_name(shot, tmp_path):
    raw, frame = shot("pcaml", "Q", 12)
    assert raw["dn"].shape == (1728 // 12, 2352 // 12)
    assert (frame.attrs["level"], frame.attrs["bayer"], frame.attrs["mode"]) == ("2B", "", "Q")
    assert unpack(pack(raw)).attrs == raw.attrs
    label = archive.write(frame, tmp_path)
    assert label.name.startswith("CE4_GRAS_PCAML-Q-006_SCI_N_20190111034051_")
    back = archive.read(label)
    assert np.array_equal(back["dn"], frame["dn"])
    assert (back.attrs["bayer"], back.attrs["binning"], back.attrs["pixel_size_um"]) == ("", 12, 88.8)


def test_a_panchromatic_frame_shows_the_light_that_the_colour_frame_shows(shot):
    (_, grey), (_, colour) = shot("pcaml", "Q", 12), shot("pcaml", "C", 6)
    pan, _ = colour_light(grey)
    quad = colour["dn"].to_numpy().astype(float)
    a = colour.attrs
    weights = np.array(
        [a["acali"][0]] * 4
    )  # the pan frame's product is the sum of the quad's signals, times red's acali
    quad = quad.reshape(144, 2, 196, 2).transpose(0, 2, 1, 3).reshape(144, 196, 4)
    response = 100.0 * np.array([0.350 * 620.0, 0.279 * 545.0, 0.279 * 545.0, 0.153 * 460.0])
    expected = (quad @ (weights * response[0] / response.sum())) / 1023.0 / a["exposure_ms"]
    lit = (quad.max(axis=-1) < 900) & (quad.min(axis=-1) > 60) & (grey["dn"].to_numpy() < 900)
    assert lit.sum() > 500
    assert np.median(pan[..., 0][lit] / expected[lit]) == pytest.approx(1.0, abs=0.03)


def test_both_eyes_of_panchromatic_frames_give_depths(shot):
    (_, left), (_, right) = shot("pcaml", "Q", 8), shot("pcamr", "Q", 8)
    depth = depth_map(left, right)["depth"].to_numpy()
    assert np.isfinite(depth).mean() > 0.1


def test_the_navigation_camera_sees_the_lander_where_the_mast_points(scene, look):
    view = replace(look("pcaml"), instrument="navcaml", binning=8)
    body = truth_planes(scene, view).body.to_numpy()
    lander = body == 2 + list(scene.names).index("lander")
    rows, columns = np.nonzero(lander)
    assert lander[64, 64]
    assert 0.03 < lander.mean() < 0.5
    assert abs(columns.mean() - 64) < 20 and rows.max() < 128


@pytest.mark.parametrize("eye", ["navcaml", "hazcamr"])
def test_pictures_to_drive_by_survive_record_and_archive(shot, tmp_path, eye):
    raw, frame = shot(eye, binning=8)
    assert kind_of_id(eye.upper()).product_id(raw.attrs).startswith(f"CE4_GRAS_{eye.upper()}-Q-006_SCI_N_")
    assert unpack(pack(raw)).attrs == raw.attrs
    back = archive.read(archive.write(frame, tmp_path))
    assert np.array_equal(back["dn"], frame["dn"])
    assert back.attrs["reference_frame"] == "ROVER_COORDINATE_SYSTEM"
    assert back.attrs["acali"] == [1.0]
    for key in ("camera_rotation_deg", "camera_position_m", "center_vector"):
        assert back.attrs[key] == pytest.approx(frame.attrs[key], abs=6e-7)
    assert raw["dn"].to_numpy().std() > 10.0


def test_the_hazard_camera_looks_where_its_label_says(shot, look, rover):
    _, frame = shot("hazcaml", binning=8)
    view = replace(look("pcaml"), instrument="hazcaml", mast_deg=None)
    true = rover.r @ euler_to_rotation(*frame.attrs["camera_rotation_deg"])
    assert np.abs(true - view.camera().r).max() < 1e-7
    assert not {"mast_yaw_deg", "mast_pitch_deg"} & set(frame.attrs)


def test_the_rovers_desk_keeps_them_and_shows_left_eyes(shot, tmp_path):
    for folder in ("archive", "release", "browse"):
        (tmp_path / folder).mkdir()
    folders = (tmp_path / "archive", tmp_path / "release", tmp_path / "browse")
    desk = RoverDesk(Bench(*folders, None, Pool(1), lambda table: None))
    shown = [desk.take(shot(eye, binning=8)[1]) for eye in ("navcaml", "navcamr", "hazcaml", "hazcamr")]
    assert [still is not None for still in shown] == [True, False, True, False]
    report = desk.finish()
    assert [still.path.is_file() for still in report.stills] == [True, True]
    assert len(list((tmp_path / "archive").rglob("*.2BL"))) == 4
