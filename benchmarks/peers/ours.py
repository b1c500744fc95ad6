"""farside's cameras in a process of their own, as the peers: ``python -m benchmarks.peers.ours [plain]`` serves orders.

The landing camera takes the pictures: Hapke's regolith in the light of a soft Sun; no rays for the light of the
surroundings, which the peers leave out as well. plain: a ray through each pixel and one to a point of the Sun, as the
peers have it; otherwise edges and penumbrae get a second look.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.service import Render, serve
from benchmarks.peers.service import Scene as Stored
from farside.geometry import Pose, utc_to_t
from farside.instruments import camera_pose
from farside.payload import Body, Mesh, Rocks, Scene, View, radiance
from farside.payload.vehicles import Material

CAMERA = "lcam"
UTC = "2019-01-03T02:26:00.000Z"


@dataclass(frozen=True)
class Grids:
    """Nested height grids, finest first, as a scene takes them."""

    heights: NDArray[np.float32]
    albedo: NDArray[np.float32]
    posts_m: list[float]


def view_of(scene: Stored, pose: NDArray[np.float64], sun: NDArray[np.float64]) -> View:
    """The landing camera at a pose (4, 4) of its own, wherever that puts the lander."""
    rotation, centre = camera_pose(CAMERA)
    turn = pose[:3, :3] @ rotation.T
    lander = Pose.of(pose[:3, 3] - turn @ centre, turn)
    east, north, up = (float(c) for c in sun)
    return View(
        instrument=CAMERA, t=utc_to_t(UTC), start_utc=UTC, index=0, sequence_id="0001", binning=1, lander=lander,
        rover=None, mast_deg=None, mast_error_deg=(0.0, 0.0, 0.0), sun=(east, north, up),
        sun_distance_au=float(scene["sun_distance_au"]), temperature_c=20.0, seed=0,
    )  # fmt: skip


def body(scene: Stored, name: str) -> Body:
    """A mesh of the scene, of Lambert's paint."""
    faces = scene[f"{name}_faces"].astype(np.int64)
    mesh = Mesh(scene[f"{name}_vertices"].astype(float), faces, np.zeros(len(faces), np.int64), (name,))
    return Body(mesh, {name: Material((float(scene[f"{name}_paint"]),) * 3, 0.0, (0.0, 0.0, 0.0), 1.0)})


def build(stored: Stored) -> Render:
    grids = Grids(stored["heights"], stored["albedo_factors"], stored["posts_m"].tolist())
    bodies = {key.removesuffix("_paint"): body(stored, key.removesuffix("_paint")) for key in stored if "_paint" in key}
    strewn = {key.removeprefix("strewn_"): stored[key] for key in stored if key.startswith("strewn_")}
    scene = Scene.of(grids, bodies, Rocks(**strewn) if strewn else None)

    def render(view: int, sun: int) -> Any:
        seen = view_of(stored, stored["poses"][view], stored["suns"][sun])
        picture = radiance(scene, seen, bounce=False, refine="plain" not in sys.argv)
        return lambda: picture

    return render


if __name__ == "__main__":
    serve(build)
