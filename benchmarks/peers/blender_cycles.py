"""Blender's Cycles on the processor, without a window: serves orders (see service).

One sample a pixel, no bounce, a sun lamp of the Sun's size, Lambert surfaces, no denoising. The scene stays with the
renderer from frame to frame (persistent data), so that a frame is only a frame.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from service import Render, Scene, serve


def settle(scene: Any, width: int, height: int) -> None:
    """Settings of the render."""
    scene.render.engine = "CYCLES"
    scene.render.use_persistent_data = True
    scene.render.use_compositing = scene.render.use_sequencer = False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_mode, scene.render.image_settings.color_depth = "RGB", "32"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.max_bounces = "CPU", 1, 0
    cycles.use_adaptive_sampling = cycles.use_denoising = cycles.use_light_tree = False
    cycles.light_sampling_threshold, cycles.pixel_filter_type = 0.0, "BOX"
    scene.world = None


def mesh(name: str, scene: Scene, material: Any) -> Any:
    """A mesh of the scene; smooth where the scene has normals for it."""
    vertices, faces = scene[f"{name}_vertices"], scene[f"{name}_faces"]
    made = bpy.data.meshes.new(name)
    made.vertices.add(len(vertices))
    made.vertices.foreach_set("co", vertices.astype(np.float32).ravel())
    made.loops.add(faces.size)
    made.loops.foreach_set("vertex_index", faces.astype(np.int32).ravel())
    made.polygons.add(len(faces))
    made.polygons.foreach_set("loop_start", np.arange(0, faces.size, 3, dtype=np.int32))
    made.update(calc_edges=True)
    if f"{name}_normals" in scene:
        made.shade_smooth()
    else:
        made.shade_flat()
    made.materials.append(material)
    return bpy.data.objects.new(name, made)


def lambert(albedo: float) -> Any:
    material = bpy.data.materials.new("lambert")
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.clear()
    diffuse, out = nodes.new("ShaderNodeBsdfDiffuse"), nodes.new("ShaderNodeOutputMaterial")
    diffuse.inputs["Color"].default_value = (albedo, albedo, albedo, 1.0)
    material.node_tree.links.new(diffuse.outputs["BSDF"], out.inputs["Surface"])
    return material


def camera(scene: Scene, pose: Any) -> Any:
    """A pinhole; Blender's cameras look along -z with y up, and a shift moves the view over the picture."""
    width, height, focal, column, row = scene["camera"]
    data = bpy.data.cameras.new("camera")
    data.sensor_width, data.lens = float(width), float(focal)
    data.shift_x, data.shift_y = float(0.5 - (column + 0.5) / width), float((row + 0.5 - height / 2) / width)
    data.clip_start, data.clip_end = 0.1, 1e5
    made = bpy.data.objects.new("camera", data)
    made.matrix_world = Matrix(pose.tolist())
    return made


def build(scene: Scene) -> Render:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    stage = bpy.context.scene
    settle(stage, int(scene["camera"][0]), int(scene["camera"][1]))
    material = lambert(float(scene["albedo"]))
    for key in scene:
        if key.endswith("_faces"):
            stage.collection.objects.link(mesh(key.removesuffix("_faces"), scene, material))
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy, lamp.angle = float(scene["irradiance"]), 2 * float(scene["sun_radius_rad"])
    sun = bpy.data.objects.new("sun", lamp)
    cameras = [camera(scene, pose) for pose in scene["poses"]]
    for made in (sun, *cameras):
        stage.collection.objects.link(made)
    turns = [Vector(s.tolist()).to_track_quat("Z", "Y").to_matrix().to_4x4() for s in scene["suns"]]

    def render(view: int, shining: int) -> Any:
        stage.camera, sun.matrix_world = cameras[view], turns[shining]
        bpy.ops.render.render()
        return picture

    render(0, 0)  # hands the scene to the renderer, which builds its tree
    return render


def picture() -> Any:
    """What was rendered last, (lines, samples)."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "picture.exr")
        bpy.data.images["Render Result"].save_render(path)
        image = bpy.data.images.load(path)
        image.colorspace_settings.name = "Non-Color"
        width, height = image.size
        pixels = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(pixels)
        bpy.data.images.remove(image)
    return pixels.reshape(height, width, -1)[::-1, :, 0]


if __name__ == "__main__":
    serve(build)
