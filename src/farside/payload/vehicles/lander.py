"""The lander as one mesh."""

from __future__ import annotations

from farside.payload.mesh import Mesh
from farside.payload.vehicles.vehicle import load_vehicle


def lander_mesh() -> Mesh:
    """Triangles of the lander at rest in the lander frame; parts are named by their material."""
    return load_vehicle("lander").mesh()
