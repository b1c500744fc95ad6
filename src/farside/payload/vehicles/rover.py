"""The rover as two meshes, its mast's head apart."""

from __future__ import annotations

from farside.payload.mesh import Mesh
from farside.payload.vehicles.vehicle import load_vehicle

HEAD_M = (0.0, 0.42, 1.50)
"""Where the mast's yaw and pitch axes cross."""


def rover_mesh() -> Mesh:
    """Triangles of the rover at rest without its mast's head in the rover frame; parts are named by their material."""
    rover = load_vehicle("rover")
    return rover.of([link.name for link in rover.links if link.name != "head"])


def rover_head_mesh() -> Mesh:
    """The mast's head about HEAD_M: x right, y forward, z up when it looks straight ahead."""
    return next(link.mesh for link in load_vehicle("rover").links if link.name == "head")
