"""Models of one's own on the ground: meshes from glTF files that cameras see like everything else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from farside.geometry import Pose
from farside.moon import Relief
from farside.payload import Material, Mesh, gltf_files, read_gltf
from farside.twin.part import Part, Positive

Looks = tuple[Mesh, dict[str, Material]]


class ModelSpec(Part):
    """A glTF file and where its origin stands: east and north of the site (m), azimuth of its +y axis (glTF's -z).

    file: beside the mission file unless absolute. height_above_ground_m: of its lowest point over the ground at its
    origin. scale: metres per unit of the file. size_m: longest edge that is expected of it (unit check), if any.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    file: str
    x_m: float = Field(ge=-100_000, le=100_000)
    y_m: float = Field(ge=-100_000, le=100_000)
    heading_deg: float = Field(default=0.0, ge=-360, le=360)
    height_above_ground_m: float = Field(default=0.0, ge=-100, le=100_000)
    scale: Positive = 1.0
    must_be_closed: bool = True
    size_m: Positive | None = None

    def read(self) -> Looks:
        """Its mesh and materials. Raises BadInput for a file that cannot be used."""
        return read_gltf(Path(self.file), self.scale, self.size_m, self.must_be_closed)


@dataclass(frozen=True)
class Standing:
    """A model in its place."""

    spec: ModelSpec
    pose: Pose

    @classmethod
    def on(cls, relief: Relief, spec: ModelSpec) -> Standing:
        """The model on the ground."""
        mesh, _ = spec.read()
        heading = np.radians(spec.heading_deg)
        c, s = np.cos(heading), np.sin(heading)
        ground = float(relief.height(np.array([spec.x_m]), np.array([spec.y_m]))[0])
        up = ground + spec.height_above_ground_m - float(mesh.vertices[:, 2].min())
        return cls(spec, Pose.of(np.array([spec.x_m, spec.y_m, up]), np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])))

    @property
    def reach_m(self) -> float:
        """Farthest that anything of it is from its origin, seen from above."""
        mesh, _ = self.spec.read()
        return float(np.hypot(*mesh.vertices[:, :2].T).max())


def rooted(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A mission file's fields with the files of its models named from ``folder``, where the mission file is."""
    models = spec.get("models")
    if not isinstance(models, list):
        return spec
    whole = [
        m | {"file": str((folder / m["file"]).absolute())}
        if isinstance(m, dict) and isinstance(m.get("file"), str)
        else m
        for m in models
    ]
    return spec | {"models": whole}


def models_sha256(specs: Iterable[ModelSpec]) -> str:
    """SHA-256 of the models' files and the buffers beside them, in the order given; empty for none."""
    digest, count = hashlib.sha256(), 0
    for spec in specs:
        for path in gltf_files(Path(spec.file)):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
            count += 1
    return digest.hexdigest() if count else ""
