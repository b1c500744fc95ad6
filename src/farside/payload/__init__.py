"""Cameras on the Moon: truth in, raw counts and their header out."""

from farside.payload.camera import Body, Scene, View, observe, radiance, truth_planes
from farside.payload.mesh import Mesh
from farside.payload.rocks import SHAPES, rock_mesh, stand, stone

__all__ = [
    "SHAPES",
    "Body",
    "Mesh",
    "Scene",
    "View",
    "observe",
    "radiance",
    "rock_mesh",
    "stand",
    "stone",
    "truth_planes",
]
