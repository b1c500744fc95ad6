"""The light that a camera is shown: scene and view in, radiance out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.payload.camera.render import render
from farside.payload.camera.scene import Scene
from farside.payload.camera.view import View

Floats = NDArray[np.float32]


def radiance(scene: Scene, view: View) -> Floats:
    """Radiance (line, sample), W m-2 sr-1 um-1, each pixel in its own band; motion during exposure is not modelled."""
    frame = scene.frame(view)
    out = np.empty(frame.shape, np.float32)
    render(scene.ground, frame.meshes, frame.light, frame.camera, frame.finest, frame.masks, out)
    return out
