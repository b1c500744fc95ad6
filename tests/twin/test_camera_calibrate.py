"""Calibration frames by command, and how cameras move."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.spatial.transform import Rotation

from farside.geometry import Pose
from farside.instruments import camera_pose
from farside.payload import View
from farside.payload.vehicles import chart_m
from farside.twin.commands.camera_calibrate import CameraCalibrate
from farside.twin.motion import REST, STEP_S, motion
from farside.twin.quality import qualities

HERE = Pose.of(np.zeros(3), np.eye(3))


def order(**changes):
    with_ = {"instrument": "tcam", "sequence_id": "0001", "first_index": 3, "light": "dark", "frames": 4,
             "every_s": 2.0}  # fmt: skip
    return CameraCalibrate(**{"at": "touchdown+1h", "do": "camera.calibrate", "with": with_ | changes})


@dataclass
class Photographer:
    """A vehicle that only notes what it would photograph."""

    t: float = 600.0
    plan: list = field(default_factory=list)

    def aim(self, instrument, t, index, sequence_id, mast_deg=None):
        sun, error = (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)
        return View(instrument, t, "", index, sequence_id, 4, HERE, None, mast_deg, error, sun, 1.0, 20.0, 1)

    def photograph(self, plan):
        self.plan += plan
        yield from ()


def taken(command):
    vehicle = Photographer()
    list(command.run(vehicle))
    return vehicle.plan


def test_frames_follow_each_other_and_say_their_light():
    views = taken(order(exposure_ms=50.0))
    assert [(v.t, v.index, v.light, v.exposure_ms, v.mast_deg) for v in views] == [
        (600.0 + 2.0 * k, 3 + k, "dark", 50.0, None) for k in range(4)
    ]
    assert order().records(qualities()["draft"]) == 4
    assert order().instruments() == ("tcam",)


def test_the_chart_is_in_the_middle_of_its_picture():
    (view,) = taken(order(light="chart", frames=1))
    assert view.exposure_ms is None
    rotation, centre = camera_pose("tcam", view.mast_deg)
    way = chart_m() - centre
    assert -rotation[:, 2] @ way / np.linalg.norm(way) == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"instrument": "lfs"}, "one of the cameras lcam, tcam"),
        ({"light": "moon"}, "dark"),
        ({"light": "chart", "instrument": "lcam"}, "dark or flat, for lcam cannot be pointed"),
        ({"light": "chart", "instrument": "pcaml"}, "dark or flat, for pcaml cannot be pointed"),
        ({"exposure_ms": 0.0}, "greater than 0"),
        ({"frames": 0}, "greater than 0"),
        ({"first_index": 998}, "frames numbered up to 999"),
    ],
)
def test_what_cannot_be_taken_is_refused_before_the_flight(changes, words):
    with pytest.raises(ValidationError, match=words):
        order(**changes)


def test_either_vehicle_calibrates_its_own_cameras(tmp_path):
    from farside.errors import BadInput
    from farside.twin import builtin, load_mission

    text = builtin()["chang-e-4"].read_text()
    rover = '{instrument: pcaml, sequence_id: "0009", first_index: 0, light: flat, frames: 2, every_s: 2.0}'
    line = "      - {at: 2019-01-03T07:07:00Z, do: rover.rolloff}"
    path = tmp_path / "mine.yaml"
    path.write_text(
        text.replace(line, f"      - {{at: 2019-01-04T07:07:00Z, do: camera.calibrate, with: {rover}}}\n{line}")
    )
    assert any(
        o.do == "camera.calibrate" for s in load_mission(path).sequences if s.vehicle == "rover" for o in s.commands
    )
    path.write_text(path.read_text().replace("instrument: pcaml", "instrument: tcam"))
    with pytest.raises(BadInput, match="instruments aboard"):
        load_mission(path)


# Motion --------------------------------------------------------------------------------------------------------------


def turning(t):
    """A frame on a parabola that turns about a fixed axis."""
    return Pose.of(
        np.array([10.0 * t, -2.0 * t**2, 100.0 - 5.0 * t]),
        (Rotation.from_rotvec(np.array([0.1, -0.2, 0.3]) * t) * Rotation.from_euler("x", 0.4)).as_matrix(),
    )


def test_motion_is_velocity_and_turning_rate():
    assert motion(turning, 3.0, 0.0) == pytest.approx([10.0, -12.0, -5.0, 0.1, -0.2, 0.3], abs=1e-9)


def test_what_is_known_from_a_moment_on_is_not_asked_before_it():
    asked = []

    def pose(t):
        asked.append(t)
        return turning(t)

    found = motion(pose, 1.0, 1.0)
    assert min(asked) == 1.0
    assert found == pytest.approx([10.0, -4.0, -5.0, 0.1, -0.2, 0.3], abs=2.0 * STEP_S * 2.0)


def test_at_rest_nothing_moves():
    assert motion(lambda t: turning(min(t, 2.0)), 5.0, 0.0) is REST
