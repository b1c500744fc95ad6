"""The vehicles as parts that move, and what they are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.payload.vehicles.material import PAINT_NM, SPECTRUM_NM, Material, materials
from farside.payload.vehicles.vehicle import Joint, Link, Vehicle, load_vehicle, read_vehicle


def chart_m() -> NDArray[np.float64]:
    """Middle of the colour chart on the lander's deck in the lander frame, (3,) metres: where to point a camera."""
    mesh = load_vehicle("lander").mesh()
    patches = [k for k, name in enumerate(mesh.parts) if name.startswith("chart-")]
    return mesh.vertices[np.unique(mesh.faces[np.isin(mesh.part, patches)])].mean(axis=0)


__all__ = [
    "PAINT_NM",
    "SPECTRUM_NM",
    "Joint",
    "Link",
    "Material",
    "Vehicle",
    "chart_m",
    "load_vehicle",
    "materials",
    "read_vehicle",
]
