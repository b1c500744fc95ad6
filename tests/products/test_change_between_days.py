"""What the panoramic camera's desk says of ground that it saw on two days from the same place."""

import json

import numpy as np
import pytest
from test_stereo_ground import SITE, grained, view

from farside import archive
from farside.payload import Scene, observe
from farside.products import Bench, calibrate
from farside.products.portrait import PcamDesk
from farside.work import Pool


@pytest.fixture(scope="module")
def frames():
    """A pair of day 1, and one of day 2 when a mound of 6 cm has come up."""
    return [
        calibrate(observe(scene, view(eye, 0.0, 0, day)), SITE)
        for day, scene in ((1, Scene.of(grained(), {})), (2, Scene.of(grained(bump=True), {})))
        for eye in ("pcaml", "pcamr")
    ]


def report_of(frames, folder, driven_m):
    """The desk's report where the rover's wheels went as far between the days; it lies level, heading north."""
    t = np.array([6.0e8, 6.0e8 + 1.5 * 86400.0])
    upright = np.tile([1.0, 0.0, 0.0, 0.0], (2, 1))
    rover = {"t": t, "quaternion": upright, "odometer_m": np.array([40.0, 40.0 + driven_m])}
    folders = [folder / name for name in ("archive", "release", "browse")]
    for one in folders:
        one.mkdir()
    desk = PcamDesk(Bench(*folders, SITE, Pool(1), lambda table: rover if table == "rover" else None))
    for frame in frames:
        desk.take(frame)
    return desk.finish()


def test_what_has_changed_between_two_days_at_one_station_is_a_product(frames, tmp_path):
    report = report_of(frames, tmp_path, 0.0)
    places = json.loads(archive.read_layers(report.products["pcam-change-0001-0002"]).attrs["places"])
    assert np.hypot(places[0]["x_m"] - 0.1, places[0]["y_m"] - 4.6) < 0.15
    assert report.products["pcam-change-0001-0002-picture"].is_file()
    said = next(finding for finding in report.findings if finding.name == "Places of the ground that changed")
    assert int(said.value) == len(places)


def test_stations_that_the_rover_drove_between_are_not_compared(frames, tmp_path):
    report = report_of(frames, tmp_path, 3.0)
    assert not [name for name in report.products if "change" in name]
    assert not [finding for finding in report.findings if "hange" in finding.name]
