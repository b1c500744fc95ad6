"""Cameras on the Moon: truth in, raw counts and their header out."""

from farside.payload.camera import Body, Scene, View, observe, radiance, truth_planes
from farside.payload.gltf import gltf_files, read_gltf
from farside.payload.mesh import Mesh
from farside.payload.rocks import SHAPES, rock_mesh, stand, stone
from farside.payload.vehicles import Joint, Link, Material, Vehicle, chart_m, load_vehicle, materials

__all__ = [
    "SHAPES",
    "Body",
    "Joint",
    "Link",
    "Material",
    "Mesh",
    "Scene",
    "Vehicle",
    "View",
    "chart_m",
    "gltf_files",
    "load_vehicle",
    "materials",
    "observe",
    "radiance",
    "read_gltf",
    "rock_mesh",
    "stand",
    "stone",
    "truth_planes",
]
