"""What docs/cameras.md shows is true: its code runs, its lines of a mission file load."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from farside.payload import load_vehicle
from farside.twin.commands.camera_calibrate import CameraCalibrate
from farside.twin.models import ModelSpec

TEXT = (Path(__file__).parents[2] / "docs" / "cameras.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_the_picture_of_ones_own_shows_the_rover_in_the_middle():
    (code,) = blocks("python")
    names = {}
    exec(code, names)
    truth, sight, light, raw = (names[name] for name in ("truth", "sight", "light", "raw"))
    assert light.shape == raw.dn.shape == truth.body.shape == sight.sun.shape
    rover = truth.body.to_numpy() == truth.attrs["bodies"].index("rover")
    lines, samples = np.nonzero(rover)
    assert rover.sum() > 500
    assert lines.mean() == pytest.approx(rover.shape[0] / 2, abs=0.2 * rover.shape[0])
    assert samples.mean() == pytest.approx(rover.shape[1] / 2, abs=0.2 * rover.shape[1])
    assert (light > 0).mean() > 0.9


def test_the_joints_that_it_names_are_there():
    for name, value in re.findall(r'\("((?:lander|rover)\.[a-z-]+)", (-?[\d.]+)\)', TEXT):
        vehicle, joint = name.split(".")
        load_vehicle(vehicle).poses({joint: float(value)})


def test_the_lines_of_a_mission_file_are_valid():
    models, commands = (yaml.safe_load(block) for block in blocks("yaml"))
    assert [ModelSpec.model_validate(m).name for m in models["models"]] == ["beacon"]
    assert [CameraCalibrate.model_validate(c).with_.light for c in commands["commands"]] == ["dark"]
