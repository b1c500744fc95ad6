"""What each pixel truly sees: for scoring, never for products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.payload.camera.render import planes
from farside.payload.camera.scene import Scene
from farside.payload.camera.view import View

if TYPE_CHECKING:
    import xarray as xr


def truth_planes(scene: Scene, view: View) -> xr.Dataset:
    """What each pixel's centre truly sees: for scoring, never for products.

    Variables on (line, sample): range_m (infinite: sky); body, an index into attrs["bodies"]; and on (line, sample,
    axis) xyz_m in the site frame, east north up (NaN for sky).
    """
    import xarray as xr

    frame = scene.frame(view)
    camera, model = frame.camera, view.numbers().camera(view.binning)
    distance = np.empty(frame.shape)
    body = np.empty(distance.shape, np.uint8)
    planes(scene.ground, frame.meshes, camera, frame.finest, frame.masks[0], distance, body)
    i, j = np.meshgrid(np.arange(model.width) + 1.0, np.arange(model.height) + 1.0)
    rays = model.rays(i, j) @ camera.rotation.T
    with np.errstate(invalid="ignore"):
        xyz = np.where(np.isfinite(distance)[..., None], camera.centre + distance[..., None] * rays, np.nan)
    return xr.Dataset(
        {
            "range_m": (("line", "sample"), distance, {"units": "m"}),
            "body": (("line", "sample"), body),
            "xyz_m": (("line", "sample", "axis"), xyz, {"units": "m", "frame": "site east-north-up"}),
        },
        attrs={"bodies": ["sky", "ground", *scene.names], "finest_post_m": float(scene.ground.posts[frame.finest])},
    )
