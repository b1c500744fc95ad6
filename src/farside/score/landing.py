"""The landing as the film tells it, against where the camera truly was and where the lander truly stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside import archive
from farside.errors import DamagedFile
from farside.moon import Relief
from farside.score.flown import Measured, Truth

Array = NDArray[np.float64]

TABLE = "*_LCAM-LANDING-WAY.parquet"
SAME_S = 0.05
"""A place of the way down is that of a frame whose exposure began this shortly before."""
FAR = 20
"""Steps along the optical axis down to rough ground."""
LOW_M = 10.0
"""Below, a height is known to centimetres or not at all: no share of it means anything."""


def measure(flight: Path, truth: Truth) -> Measured:
    """Everything landing.yaml asks for, by key; nothing where no descent was filmed or the ground cannot tell it."""
    views = truth.observations("lcam")
    tables = sorted((flight / "archive" / archive.DERIVED).rglob(TABLE))
    if not views or not tables:
        return {}
    columns, attrs = archive.read_table(tables[0])
    try:
        t, place, covariance = columns["t"], columns["position_m"], columns["covariance"].reshape(-1, 6, 6)
        landing, spread = np.array(attrs["landing_m"]), np.array(attrs["landing_covariance_m2"])
    except (KeyError, ValueError) as error:
        raise DamagedFile(tables[0], f"not the way down: {error}") from error
    starts = np.array([view.t for view in views])
    which = np.array([int(np.abs(starts - at).argmin()) for at in t])
    after = t - starts[which]
    same = (after >= 0.0) & (after < SAME_S)
    cameras = [views[k].camera() for k in which]
    speed = np.array([np.interp(t, truth.descent["t"], part) for part in truth.descent["velocity_mps"].T]).T
    rest = truth.record.touchdown.pose.p
    true = np.array([camera.p for camera in cameras]) + speed * after[:, None] - rest
    off = (place - true)[same]
    sigma = np.sqrt(np.einsum("nii->ni", covariance)[same, :3])
    share = np.linalg.norm(off, axis=1)[true[same, 2] > LOW_M] / true[same, 2][true[same, 2] > LOW_M]
    return {
        "way_within": float((np.abs(off) <= 3.0 * sigma).mean()),
        "way_error_percent": 100.0 * float(np.sqrt(np.mean(share**2))) if share.size else None,
        **_point(flight, truth, true[0] + rest, -cameras[0].r[:, 2], landing, spread),
    }


def _point(flight: Path, truth: Truth, eye: Array, way: Array, landing: Array, spread: Array) -> Measured:
    """The landing point in a frame seen from ``eye`` along ``way``; nothing where the ground is no longer kept."""
    scene = truth.record.scene
    folder = flight / "stages" / "relief" / scene[:2] / scene
    if not scene or not folder.is_dir():
        return {}
    try:
        relief = Relief.load(folder)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DamagedFile(folder, f"not a relief: {error}") from error
    off = landing - (truth.record.touchdown.pose.p - _on_axis(relief, eye, way))[:2]
    return {
        "landing_error_m": float(np.hypot(*off)),
        "landing_sigmas": float(np.sqrt(off @ np.linalg.solve(spread, off))),
    }


def _on_axis(relief: Relief, eye: Array, way: Array) -> Array:
    """The ground (3,) that is met from ``eye`` along ``way``."""
    far = float(eye[2])
    for _ in range(FAR):
        place = eye + far * way
        (height,) = relief.height(place[:1], place[1:2])
        far += float(place[2] - height) / -way[2]
    return np.asarray(eye + far * way)
