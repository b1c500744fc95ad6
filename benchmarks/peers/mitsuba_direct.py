"""Mitsuba's direct light: ``python mitsuba_direct.py scalar_rgb`` serves orders (see service).

One sample through each pixel's centre, one shadow ray to a Sun without extent, Lambert surfaces. The integrator's
sample of the surface's own lobe, which cannot meet such a Sun, is left out: it would cost a third ray.
"""

from __future__ import annotations

import sys
from typing import Any

import mitsuba as mi
import numpy as np
from service import Render, Scene, serve

mi.set_variant(sys.argv[1])


def mesh(name: str, scene: Scene) -> Any:
    """A mesh of the scene; with normals at its vertices where the scene has them."""
    vertices, faces = scene[f"{name}_vertices"], scene[f"{name}_faces"]
    normals = scene.get(f"{name}_normals")
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(
        {"type": "diffuse", "reflectance": {"type": "rgb", "value": float(scene["albedo"])}}
    )
    properties["face_normals"] = normals is None
    made = mi.Mesh(name, len(vertices), len(faces), has_vertex_normals=normals is not None, props=properties)
    parts = mi.traverse(made)
    parts["vertex_positions"] = vertices.astype(np.float32).ravel()
    parts["faces"] = faces.astype(np.uint32).ravel()
    if normals is not None:
        parts["vertex_normals"] = normals.astype(np.float32).ravel()
    parts.update()
    return made


def sensor(scene: Scene, pose: Any) -> Any:
    """A pinhole; Mitsuba's cameras look along +z with x to the left."""
    width, height, focal, column, row = scene["camera"]
    to_world = pose @ np.diag([-1.0, 1.0, -1.0, 1.0])
    return mi.load_dict({
        "type": "perspective",
        "fov_axis": "x",
        "fov": float(np.degrees(2 * np.arctan(width / 2 / focal))),
        "principal_point_offset_x": float(0.5 - (column + 0.5) / width),
        "principal_point_offset_y": float(0.5 - (row + 0.5) / height),
        "near_clip": 0.1,
        "far_clip": 1e5,
        "to_world": mi.ScalarTransform4f(to_world),
        "film": {
            "type": "hdrfilm", "width": int(width), "height": int(height), "pixel_format": "luminance",
            "component_format": "float32", "rfilter": {"type": "box"},
        },
        "sampler": {"type": "stratified", "sample_count": 1, "jitter": False},
    })  # fmt: skip


def build(scene: Scene) -> Render:
    sun = {
        "type": "directional",
        "direction": [float(-c) for c in scene["suns"][0]],
        "irradiance": {"type": "rgb", "value": float(scene["irradiance"])},
    }
    names = [key.removesuffix("_faces") for key in scene if key.endswith("_faces")]
    made = mi.load_dict({"type": "scene", "sun": sun} | {name: mesh(name, scene) for name in names})
    integrator = mi.load_dict({"type": "direct", "emitter_samples": 1, "bsdf_samples": 0})
    sensors = [sensor(scene, pose) for pose in scene["poses"]]
    parts = mi.traverse(made)
    suns = [
        mi.ScalarTransform4f().look_at(origin=[0, 0, 0], target=[float(-c) for c in s], up=[0, 0, 1])
        for s in scene["suns"]
    ]
    shining = 0

    def render(view: int, sun: int) -> Any:
        nonlocal shining
        if sun != shining:
            parts["sun.to_world"] = suns[sun]
            parts.update()
            shining = sun
        picture = np.array(mi.render(made, sensor=sensors[view], integrator=integrator, spp=1))
        return lambda: picture.reshape(picture.shape[:2])

    return render


if __name__ == "__main__":
    serve(build)
