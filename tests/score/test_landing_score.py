"""The landing's rows of the score: errors against the truth, in metres and in standard errors."""

from types import SimpleNamespace

import numpy as np
import pytest

from farside import archive
from farside.geometry import Pose
from farside.score import landing

REST = np.array([0.1, 0.05, -0.02])
T = np.arange(5.0)
FLOWN = np.array([0.0002, -0.0001, -0.02])
"""In the millisecond to the middle of the exposure."""
TRUE = np.column_stack([0.2 * T, -0.1 * T, 100.0 - 20.0 * T])


def truth():
    views = [
        SimpleNamespace(t=t, camera=lambda p=p: Pose.of(p + REST, np.eye(3))) for t, p in zip(T, TRUE, strict=True)
    ]
    return SimpleNamespace(
        observations=lambda name: views if name == "lcam" else [],
        descent={"t": T, "velocity_mps": np.tile([0.2, -0.1, -20.0], (5, 1))},
        record=SimpleNamespace(scene="", touchdown=SimpleNamespace(pose=Pose.of(REST, np.eye(3)))),
    )


def write(flight, off, sigma):
    columns = {
        "t": T + 0.001, "frame": np.arange(5), "position_m": TRUE + FLOWN + off,
        "quaternion": np.tile([1.0, 0, 0, 0], (5, 1)), "covariance": np.tile(sigma**2 * np.eye(6).ravel(), (5, 1)),
    }  # fmt: skip
    attrs = {"landing_m": [0.0, 0.0], "landing_covariance_m2": [[0.01, 0.0], [0.0, 0.01]]}
    archive.write_table(flight / "archive" / archive.DERIVED, "CE4_LCAM-LANDING-WAY", columns, attrs)


def test_a_way_that_is_right_has_no_error(tmp_path):
    write(tmp_path, np.zeros(3), 0.05)
    found = landing.measure(tmp_path, truth())
    assert found["way_within"] == 1.0
    assert found["way_error_percent"] == pytest.approx(0.0, abs=1e-3)
    assert "landing_error_m" not in found  # the ground is not kept


def test_errors_are_told_as_shares_and_in_sigmas(tmp_path):
    write(tmp_path, np.array([0.0, 0.0, 0.2]), 0.05)
    found = landing.measure(tmp_path, truth())
    assert found["way_within"] == pytest.approx(2 / 3)
    height = TRUE[TRUE[:, 2] > landing.LOW_M, 2]
    assert found["way_error_percent"] == pytest.approx(100 * np.sqrt(np.mean((0.2 / height) ** 2)), rel=0.01)


def test_landing_point_is_held_against_the_ground_on_the_axis(tmp_path, monkeypatch):
    """Level ground 1 m below the site, the camera tilted: the axis meets it 10.1 m west of the eye."""
    level = SimpleNamespace(height=lambda x, y: np.full(len(x), -1.0))
    monkeypatch.setattr(landing.Relief, "load", lambda folder: level)
    (tmp_path / "stages" / "relief" / "ab" / "abc").mkdir(parents=True)
    flown = truth()
    flown.record.scene = "abc"
    way = np.array([-0.1, 0.0, -1.0])
    eye = np.array([3.0, 2.0, 100.0])
    off = np.array([0.3, -0.4])
    told = REST[:2] - (eye + 101.0 * way)[:2] + off
    found = landing._point(tmp_path, flown, eye, way / np.linalg.norm(way), told, 0.25 * np.eye(2))
    assert found["landing_error_m"] == pytest.approx(0.5)
    assert found["landing_sigmas"] == pytest.approx(1.0)


def test_a_flight_without_a_film_has_no_rows(tmp_path):
    assert landing.measure(tmp_path, truth()) == {}
