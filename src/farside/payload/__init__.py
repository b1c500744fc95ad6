"""Cameras on the Moon: truth in, raw counts and their header out."""

from farside.payload.camera import Body, Scene, View, device, flow, light_planes, look, observe, radiance, truth_planes
from farside.payload.gltf import gltf_files, read_gltf
from farside.payload.mesh import Mesh
from farside.payload.rocks import SHAPES, Rocks, stand, stone
from farside.payload.vehicles import Joint, Link, Material, Vehicle, chart_m, load_vehicle, materials

__all__ = [
    "SHAPES",
    "Body",
    "Joint",
    "Link",
    "Material",
    "Mesh",
    "Rocks",
    "Scene",
    "Vehicle",
    "View",
    "chart_m",
    "device",
    "flow",
    "gltf_files",
    "light_planes",
    "load_vehicle",
    "look",
    "materials",
    "observe",
    "radiance",
    "read_gltf",
    "stand",
    "stone",
    "truth_planes",
]
