"""The light that a camera is shown: scene and view in, radiance and distance out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.payload.camera.render import planes, render
from farside.payload.camera.scene import Scene
from farside.payload.camera.view import View

Floats = NDArray[np.float32]


def radiance(scene: Scene, view: View) -> Floats:
    """Radiance (line, sample), W m-2 sr-1 um-1, each pixel in its own band, in the moment that the shutter opens."""
    frame = scene.frame(view)
    out = np.empty(frame.shape, np.float32)
    render(scene.ground, frame.meshes, frame.light, frame.camera, frame.finest, frame.masks, out)
    return out


def look(scene: Scene, view: View) -> tuple[Floats, Floats]:
    """Radiance, and the distance in metres of what each pixel's centre sees: infinite for sky.

    It is 0 for the vehicle that carries the camera, and for a rover aboard it: they move with the camera.
    """
    frame = scene.frame(view)
    distance, body = np.empty(frame.shape), np.empty(frame.shape, np.uint8)
    planes(scene.ground, frame.meshes, frame.camera, frame.finest, frame.masks[0], distance, body)
    aboard = ("rover", "head") if view.numbers().on_rover else ("lander", "rover", "head")
    distance[np.isin(body, [2 + k for k, name in enumerate(scene.names) if name in aboard])] = 0.0
    return radiance(scene, view), distance.astype(np.float32)
