"""The vehicles' meshes and paint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from farside.payload.vehicles.lander import lander_mesh
from farside.payload.vehicles.rover import rover_head_mesh, rover_mesh


@dataclass(frozen=True)
class Paint:
    """Diffuse reflectance at 620, 545 and 460 nm, and the spread of foil facets, degrees."""

    rgb: tuple[float, float, float]
    crumple_deg: float


@cache
def paints() -> dict[str, Paint]:
    """Paint of every part name."""
    text = (files("farside.payload.vehicles") / "paint.yaml").read_text(encoding="utf-8")
    return {name: Paint(tuple(p["rgb"]), float(p["crumple_deg"])) for name, p in yaml.safe_load(text).items()}


__all__ = ["Paint", "lander_mesh", "paints", "rover_head_mesh", "rover_mesh"]
