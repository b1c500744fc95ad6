"""What surfaces of vehicles reflect."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Material:
    """A diffuse surface, maybe under a glossy coat.

    rgb: diffuse (Lambert) reflectance at 620, 545 and 460 nm. crumple_deg: spread (1 sigma) of a foil's facets about
    its surface. specular: the coat's reflectance at normal incidence at the same wavelengths (Schlick 1994), zeros: no
    coat. roughness: the coat's alpha (GGX, Walter et al. 2007).
    """

    rgb: Rgb
    crumple_deg: float
    specular: Rgb
    roughness: float


@cache
def materials() -> dict[str, Material]:
    """Every material that parts of vehicles are made of, by name."""
    text = (files("farside.payload.vehicles") / "materials.yaml").read_text(encoding="utf-8")
    return {
        name: Material(tuple(m["rgb"]), m["crumple_deg"], tuple(m["specular"]), m["roughness"])
        for name, m in yaml.safe_load(text).items()
    }
