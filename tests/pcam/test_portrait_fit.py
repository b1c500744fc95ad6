"""How the frames of a portrait are brought to fit each other."""

import numpy as np
import pytest

from farside import archive
from farside.geometry import euler_to_rotation
from farside.instruments import pinhole
from farside.products.portrait import depth_map, portrait
from farside.products.portrait.adjust import adjust
from farside.products.portrait.light import colour_light
from farside.products.portrait.mosaic import _reach

PLACES = ((-5.0, -4.0), (5.0, -4.0), (0.0, -9.0))
ERRORS = ((0.10, -0.08, 0.05), (-0.12, 0.06, -0.04), (0.03, 0.11, 0.02))
GAINS = (1.05, 0.97, 1.0)


@pytest.fixture(scope="module")
def frames(shoot):
    """Left eye's frames whose mast missed its commands and whose exposures are told wrong."""
    out = []
    for k, ((aside, above), error, gain) in enumerate(zip(PLACES, ERRORS, GAINS, strict=True)):
        frame = shoot("pcaml", aside, above, 6 + k, error_deg=error)
        frame.attrs["exposure_ms"] /= gain
        out.append(frame)
    return out


@pytest.fixture(scope="module")
def adjusted(frames):
    lights = [colour_light(f)[0] for f in frames]
    rotations = np.array([euler_to_rotation(*f.attrs["camera_rotation_deg"]) for f in frames])
    centres = np.array([f.attrs["camera_position_m"] for f in frames])
    return adjust(lights, pinhole(frames[0]), rotations, centres, lambda at, ray: _reach(11.5, at, ray))


@pytest.fixture(scope="module")
def true_rotations(look, rover):
    views = [look("pcaml", *place, 6 + k, error_deg=e) for k, (place, e) in enumerate(zip(PLACES, ERRORS, strict=True))]
    return np.array([rover.r.T @ view.camera().r for view in views])


def apart_deg(rotations, truth):
    """RMS over frames and axes of what rotations are off, without what is common to all."""
    off = np.einsum("nij,nkj->nik", rotations, truth)
    turns = np.degrees([[m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]] for m in off]) / 2.0
    return float(np.sqrt(np.mean((turns - turns.mean(axis=0)) ** 2)))


def test_frames_are_turned_to_where_they_looked(adjusted, frames, true_rotations):
    labels = np.array([euler_to_rotation(*f.attrs["camera_rotation_deg"]) for f in frames])
    assert adjusted.ties > 50
    assert adjusted.after_px < 0.3 < adjusted.before_px
    assert apart_deg(adjusted.rotations, true_rotations) < 0.4 * apart_deg(labels, true_rotations)


def test_exposures_told_wrong_are_found(adjusted):
    told = np.array(GAINS) / np.exp(np.log(GAINS).mean())
    assert adjusted.gains == pytest.approx(told, rel=0.015)


def test_a_single_frame_stays_as_labelled(shoot):
    whole = portrait([shoot("pcaml")], 12.0)
    assert whole.attrs["ties"] == 0
    assert whole.attrs["moved_deg"] == [0.0]
    assert "tie_px" not in whole.attrs


def test_both_eyes_lie_on_one_another(shoot, tmp_path):
    """What is as far away as the portrayed is shifted by the parallax alone, sideways."""
    left, right = shoot("pcaml"), shoot("pcamr")
    depths = [depth_map(left, right)]
    one = portrait([left], 12.0, depths=depths)
    two = portrait([right], 12.0, depths=depths, like=one)
    assert two["image"].shape == one["image"].shape
    assert two.attrs["rotation"] == one.attrs["rotation"]
    assert 0.1 < one.attrs["measured"] < 1.0
    grey = [p["image"].to_numpy().astype(float).mean(axis=2) for p in (one, two)]
    shift = round(0.27 * one.attrs["focal_px"] / 11.5)

    def likeness(sideways):
        a, b = grey[0][:, max(sideways, 0) :], grey[1][:, : grey[1].shape[1] - max(sideways, 0)]
        return np.corrcoef(a.ravel(), b.ravel())[0, 1]

    assert likeness(shift) > likeness(0) + 0.05
    kept = archive.read_layers(archive.write_layers(one, tmp_path))
    assert kept.attrs["measured"] == one.attrs["measured"]
