"""Portraits against the truth: where the cameras really looked, and how far away everything really was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside import archive
from farside.errors import DamagedFile, FarsideError
from farside.geometry import Pinhole, Pose, euler_to_rotation
from farside.instruments import load
from farside.payload import Scene, View, truth_planes
from farside.score.flown import Measured, Truth
from farside.twin import Mission, Quality, World
from farside.work import Pool, Stages

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

COMMANDS = {"tcam.portrait": ("tcam",), "pcam.portrait": ("pcaml", "pcamr")}
TARGET_M = np.array([0.0, 0.0, 1.0])
"""About the middle of what is portrayed, in its own frame."""


def measure(flight: Path, truth: Truth) -> Measured:
    """By fact, over all portraits; nothing where none was commanded or kept, None where a product is missing."""
    views = [
        view
        for command, cameras in COMMANDS.items()
        for camera in cameras
        for view in truth.observations(camera)
        if view.sequence_id in truth.record.sequences(command)
    ]
    if not views:
        return {}
    off = [angle for view in views if (angle := _pointing(flight, view)) is not None]
    portraits = [p for p in _products(flight) if p.attrs["title"] == "portrait" and _of(p) in map(_made, views)]
    aside = [_aside(p, views) for p in portraits if "like" not in p.attrs]
    return {
        "portrait_pointing_deg": float(np.sqrt(np.mean(np.square(off)))) if len(off) == len(views) else None,
        "portrait_target_deg": max(aside) if aside else None,
        **_depth(flight, truth, views),
    }


def _pointing(flight: Path, view: View) -> float | None:
    """Angle between the optical axis of the level-2 label and the true one, degrees; None without a label."""
    camera = load(view.instrument)
    pattern = f"*_{camera.id}-*-{view.index:03d}_SCI_*_{view.sequence_id}_*L"
    for path in sorted((flight / "archive" / archive.LEVEL2).rglob(pattern)):
        try:
            angles = archive.read(path).attrs["camera_rotation_deg"]
        except (FarsideError, KeyError):
            continue
        true = _vehicle(view).r.T @ view.camera().r[:, 2]
        return float(np.degrees(np.linalg.norm(np.cross(euler_to_rotation(*angles)[:, 2], true))))
    return None


def _vehicle(view: View) -> Pose:
    carrier = view.rover if load(view.instrument).on_rover else view.lander
    assert carrier is not None
    return carrier


def _aside(product: xr.Dataset, views: list[View]) -> float:
    """Angle between a portrait's axis and the middle of what it portrays, degrees."""
    view = next(v for v in views if _made(v) == _of(product))
    carrier = _vehicle(view)
    target = view.lander if carrier is view.rover else view.rover
    assert target is not None
    way = (target.apply(TARGET_M) - carrier.p) @ carrier.r - np.array(product.attrs["eye_m"])
    axis = -np.array(product.attrs["rotation"]).reshape(3, 3)[:, 2]
    return float(np.degrees(np.arccos(np.clip(axis @ way / np.linalg.norm(way), -1.0, 1.0))))


def _of(product: xr.Dataset) -> tuple[str, str]:
    return product.attrs["instrument"], product.attrs["sequence_id"]


def _made(view: View) -> tuple[str, str]:
    return view.instrument, view.sequence_id


def _products(flight: Path) -> list[xr.Dataset]:
    """Portraits, depth maps and elevation models of a flight."""
    folder = flight / "archive" / archive.DERIVED
    return [
        archive.read_layers(p)
        for kind in ("PORTRAIT", "DEPTH", "DEM")
        for p in sorted(folder.rglob(f"*CAM*-{kind}*.xml"))
    ]


def _depth(flight: Path, truth: Truth, views: list[View]) -> Measured:
    """Errors of all depth maps; nothing where the ground is no longer kept as it was."""
    lefts = {(v.instrument, v.sequence_id, v.index): v for v in views if v.instrument == "pcaml"}
    if not lefts:
        return {}
    maps = [p for p in _products(flight) if p.attrs["title"] == "depth map" and _of(p) in map(_made, views)]
    if not maps:
        return {"depth_error_m": None, "depth_within": None}
    world = _world(flight, truth)
    if world is None:
        return {}
    scene = world.scene(next(iter(lefts.values())).t)[1]
    errors, sigmas = zip(*(_errors(p, scene, lefts[*_of(p), p.attrs["index"]]) for p in maps), strict=True)
    error, sigma = np.abs(np.concatenate(errors)), np.concatenate(sigmas)
    return {
        "depth_error_m": float(np.median(error)) if error.size else None,
        "depth_within": float((error <= 2.0 * sigma).mean()) if error.size else None,
        **_ground(flight, world, list(lefts.values())),
    }


def _ground(flight: Path, world: World, views: list[View]) -> Measured:
    """Median error of the heights of elevation models, against the bare ground: rocks and vehicles are few."""
    errors = []
    for product in _products(flight):
        view = next((v for v in views if product.attrs["sequence_id"] == v.sequence_id), None)
        a = product.attrs
        if a["title"] != "elevation model" or view is None or not str(a["frame"]).startswith("east"):
            continue
        assert view.rover is not None
        height = product["height"].to_numpy()
        line, sample = np.nonzero(np.isfinite(height))
        x, y = a["west_m"] + sample * a["post_m"], a["north_m"] - line * a["post_m"]
        true = world.relief.height(view.rover.p[0] + x, view.rover.p[1] + y) - view.rover.p[2]
        errors.append(np.abs(height[line, sample] - true))
    return {"ground_error_m": float(np.median(np.concatenate(errors)))} if errors else {}


def _world(flight: Path, truth: Truth) -> World | None:
    """The world of the flight, or None where sources or ground have changed."""
    path = truth.folder / "flight.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        mission, quality = Mission.model_validate(record["mission"]), Quality.model_validate(record["quality"])
        terrain = [Path(file) for file in record["terrain"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFile(path, f"not a truth record: {error}") from error
    world = World(mission, quality, Stages(flight / "stages"), Pool(1), terrain, lambda what: None)
    kept = truth.record.scene
    if world.key != kept or not (flight / "stages" / "relief" / kept[:2] / kept).is_dir():
        return None
    return world


def _errors(product: xr.Dataset, scene: Scene, view: View) -> tuple[Array, Array]:
    """Depth less true depth, and the standard deviation given, of all pixels that have both, (n,) each, m.

    What each rectified pixel shows is looked up in the true left eye by the label's geometry: the mast's error, which
    moves both eyes alike, does not count.
    """
    a = product.attrs
    depth, sigma = product["depth"].to_numpy(), product["sigma"].to_numpy()
    model = load(view.instrument).camera(view.binning)
    assert isinstance(model, Pinhole)
    flat = Pinhole(model.width, model.height, model.focal_mm, model.pixel_um)
    axes = np.array(a["rotation"]).reshape(3, 3)
    label = euler_to_rotation(*a["left_rotation_deg"])
    lines, samples = np.nonzero(np.isfinite(depth))
    i, j = model.project(flat.rays(samples + 1.0, lines + 1.0) @ axes.T @ label)
    true = truth_planes(scene, view)["xyz_m"].to_numpy()
    row, column = np.rint(j).astype(int) - 1, np.rint(i).astype(int) - 1
    seen = (row >= 0) & (row < model.height) & (column >= 0) & (column < model.width)
    eye = view.camera()
    points = (true[row[seen], column[seen]] - eye.p) @ eye.r @ label.T
    error = depth[lines[seen], samples[seen]] + points @ axes[:, 2]
    known = np.isfinite(error)
    return error[known], sigma[lines[seen], samples[seen]][known].astype(float)
