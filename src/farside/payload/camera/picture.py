"""The light that a camera is shown: scene and view in, radiance out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.payload.camera.device import CPU, device
from farside.payload.camera.fill import cells
from farside.payload.camera.render import first_look, render
from farside.payload.camera.scene import FIRST_BODY, Scene
from farside.payload.camera.surface import SKY
from farside.payload.camera.view import View

Floats = NDArray[np.float32]

BOUNCE_M = 15.0
"""From higher up shadows are small and see mostly the black sky."""


class Picture(NamedTuple):
    """What a camera is shown.

    radiance: (line, sample), W m-2 sr-1 um-1, each pixel in its own band. distance: (line, sample), metres, of what
    each pixel's centre sees: infinite for sky, 0 for what moves with the camera (its own vehicle, and a rover aboard
    it).
    """

    radiance: Floats
    distance: Floats


def look(scene: Scene, view: View, bounce: bool = True, refine: bool = True) -> Picture:
    """What the camera is shown as the exposure begins. Raises BadInput for a camera below the ground.

    bounce: light from the surroundings is gathered ray by ray, at least where the camera is no higher than BOUNCE_M;
    otherwise it is that of a lit plain. refine: edges and penumbrae get a second look; otherwise a pixel is one ray.
    """
    frame = scene.frame(view)
    lines, samples = frame.shape
    out, seen = np.empty(frame.shape, np.float32), first_look(lines, samples)
    fill = cells(lines, samples, frame.light.flux.size, bounce and frame.height_m <= BOUNCE_M)
    draw = _renderer()
    draw(scene.ground, frame.bodies, frame.light, frame.camera, frame.finest, frame.masks, fill, seen, refine, out)
    if frame.blind is not None:
        out[frame.blind] = 0.0
    aboard = ("rover",) if view.numbers().on_rover else ("lander", "rover")
    seen.distance[np.isin(seen.body, [FIRST_BODY + scene.names.index(v) for v in aboard if v in scene.names])] = 0.0
    seen.distance[seen.body == SKY] = np.inf
    return Picture(out, seen.distance)


def radiance(scene: Scene, view: View, bounce: bool = True, refine: bool = True) -> Floats:
    """Radiance (line, sample), W m-2 sr-1 um-1, each pixel in its own band; see ``look``."""
    return look(scene, view, bounce, refine).radiance


def _renderer() -> Callable[..., object]:
    """``render`` as the device that is there has it."""
    if device() == CPU:
        return render
    from farside.payload.camera import cuda

    return cuda.render
