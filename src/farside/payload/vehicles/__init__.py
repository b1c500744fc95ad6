"""The vehicles as parts that move, and what they are made of."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from farside.payload.vehicles.lander import lander_mesh
from farside.payload.vehicles.material import Material, materials
from farside.payload.vehicles.rover import rover_head_mesh, rover_mesh
from farside.payload.vehicles.vehicle import Joint, Link, Vehicle, load_vehicle, read_vehicle


class Paint(Material):
    """A diffuse surface, and the spread of foil facets, degrees."""

    def __init__(self, rgb: tuple[float, float, float], crumple_deg: float) -> None:
        super().__init__(rgb, crumple_deg, (0.0, 0.0, 0.0), 1.0)


@cache
def paints() -> dict[str, Paint]:
    """Every material as a diffuse surface that reflects as much at normal incidence."""
    out = {}
    for name, m in materials().items():
        r, g, b = (s + (1.0 - s) * d for s, d in zip(m.specular, m.rgb, strict=True))
        out[name] = Paint((r, g, b), m.crumple_deg)
    return out


def chart_m() -> NDArray[np.float64]:
    """Middle of the colour chart on the lander's deck in the lander frame, (3,) metres: where to point a camera."""
    mesh = load_vehicle("lander").mesh()
    patches = [k for k, name in enumerate(mesh.parts) if name.startswith("chart-")]
    return mesh.vertices[np.unique(mesh.faces[np.isin(mesh.part, patches)])].mean(axis=0)


__all__ = [
    "Joint",
    "Link",
    "Material",
    "Paint",
    "Vehicle",
    "chart_m",
    "lander_mesh",
    "load_vehicle",
    "materials",
    "paints",
    "read_vehicle",
    "rover_head_mesh",
    "rover_mesh",
]
