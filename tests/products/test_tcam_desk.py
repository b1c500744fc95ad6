"""What comes off the terrain camera's desk where it photographed all around more than once."""

import painted_world as world
import pytest

from farside import archive
from farside.geometry import t_to_utc, utc_to_t
from farside.products import Bench, calibrate
from farside.products.tcam import TcamDesk
from farside.run import story
from farside.work import Pool

RING = range(20, 40)
LATER = {"0004": 0.0, "0009": 484_895.0, "0008": 400_000.0}


@pytest.fixture(scope="module")
def frames():
    """A function: sequence, pointings -> level-2 frames of the painted world at the time of that sequence."""

    def make(sequence, pointings):
        for n in pointings:
            raw = world.raw_frame(n)
            times = {key: t_to_utc(utc_to_t(raw.attrs[key]) + LATER[sequence]) for key in ("start_utc", "stop_utc")}
            yield calibrate(raw.assign_attrs(sequence_id=sequence, exposure_mode="AUTOMATIC", **times), world.LANDER)

    return make


@pytest.fixture
def desk(tmp_path):
    folders = [tmp_path / name for name in ("archive", "release", "browse")]
    for folder in folders:
        folder.mkdir()
    return TcamDesk(Bench(*folders, None, Pool(1), lambda table: None))


def test_the_first_panorama_has_the_plain_name_whichever_came_first(desk, frames):
    for sequence in ("0009", "0004"):
        for frame in frames(sequence, RING):
            desk.take(frame)
    report = desk.finish()
    kinds = ("", "-picture", "-grid", "-tiles")
    assert set(report.products) == {f"tcam-panorama{which}{kind}" for which in ("", "-0009") for kind in kinds}
    first, other = (archive.read_layers(report.products[n]).attrs for n in ("tcam-panorama", "tcam-panorama-0009"))
    assert (first["sequence_id"], other["sequence_id"]) == ("0004", "0009")
    assert first["frames"] == other["frames"] == 20
    assert [mosaic.path.name for mosaic in report.mosaics] == ["panorama.jpg", "panorama-0009.jpg"]
    assert all(mosaic.path.is_file() and mosaic.tiles.is_file() for mosaic in report.mosaics)


def test_a_panorama_with_frames_missing_is_still_made_and_a_portrait_is_none(desk, frames):
    for frame in frames("0004", RING[::2]):
        desk.take(frame)
    for frame in frames("0008", RING[:2]):
        desk.take(frame)
    report = desk.finish()
    assert {"tcam-panorama", "tcam-portrait-0008"} <= set(report.products)
    assert "10 frames" in report.mosaics[0].caption


def test_where_nothing_tells_how_the_lander_stands_nothing_is_said_of_north(desk, frames):
    for frame in frames("0004", RING[::2]):
        desk.take(frame)
    (mosaic,) = desk.finish().mosaics
    assert "lander's +y axis" in mosaic.caption and "north is where" not in mosaic.caption
    assert mosaic.sun_az_deg is None
    shown = story.panorama(mosaic)
    assert not shown.north and not shown.marks


def test_labels_alone_place_each_frame_no_better_than_they_say(desk, frames):
    for frame in frames("0004", RING[::5]):  # too far from each other to see the same
        desk.take(frame)
    report = desk.finish()
    (pointing,) = [finding for finding in report.findings if finding.name == "Pointing of the panorama"]
    assert pointing.told == "as labelled ± 0.1°"
    assert report.mosaics[0].error == "pointing as labelled, each frame ± 0.1° each way"


def test_a_panorama_that_contradicts_its_labels_is_not_laid_and_the_reason_is_told(desk):
    import rough_world as rough

    for n in range(20):
        frame = rough.frame(n)
        roll, pitch, yaw = frame.attrs["camera_rotation_deg"]
        desk.take(frame.assign_attrs(camera_rotation_deg=[yaw, roll, pitch]))
    report = desk.finish()
    assert not report.mosaics
    assert report.findings[0].value == "not laid"
    assert "labels" in report.findings[0].meaning


def test_a_panorama_says_how_well_its_frames_fit(desk):
    import rough_world as rough

    for n in range(20):
        desk.take(rough.frame(n, (0.1 * (-1) ** n, 0.05)))
    found = {finding.name: finding for finding in desk.finish().findings}
    assert found["Frames in the panorama"].value == "20"
    assert found["Pointing of the panorama"].value == "by its frames"
    assert found["Pointing of the panorama"].error.startswith("± 0.0")
