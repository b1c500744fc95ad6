"""Taking a picture: scene and view in, raw counts with their header out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.geometry import t_to_utc
from farside.instruments import load
from farside.instruments.observation import observation
from farside.payload.camera.render import planes, render
from farside.payload.camera.scene import Scene
from farside.payload.camera.sensor import expose
from farside.payload.camera.view import View

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float32]


def radiance(scene: Scene, view: View) -> Floats:
    """Radiance (line, sample), W m-2 sr-1 um-1, each pixel in its own band; motion during exposure is not modelled."""
    frame = scene.frame(view)
    out = np.empty(frame.shape, np.float32)
    render(scene.ground, frame.meshes, frame.light, frame.camera, frame.finest, frame.masks, out)
    return out


def observe(scene: Scene, view: View) -> xr.Dataset:
    """Raw counts of one exposure, dims (line, sample), with the header the camera sends; exposure is automatic.

    The header carries what is known on board: commanded mast angles, never the mast's error or the true pose.
    """
    instrument = load(view.instrument)
    dn, exposure_ms = expose(
        radiance(scene, view), instrument, view.binning, view.temperature_c, view.seed, view.sequence_id, view.index
    )
    mast = {}
    if view.mast_deg is not None:
        mast = {"mast_yaw_deg": float(view.mast_deg[0]), "mast_pitch_deg": float(view.mast_deg[1])}
    return observation(
        dn,
        instrument=instrument.name,
        mode=instrument.mode,
        index=view.index,
        sequence_id=view.sequence_id,
        level="raw",
        start_utc=view.start_utc,
        stop_utc=t_to_utc(view.t + exposure_ms * 1e-3),
        exposure_ms=exposure_ms,
        binning=view.binning,
        bits=instrument.detector.bits,
        temperature_c=view.temperature_c,
        compression_ratio=instrument.compression_ratio,
        bayer=instrument.detector.bayer,
        **mast,
    )


def truth_planes(scene: Scene, view: View) -> xr.Dataset:
    """What each pixel's centre truly sees: for scoring, never for products.

    Variables on (line, sample): range_m (infinite: sky); body, an index into attrs["bodies"]; and on (line, sample,
    axis) xyz_m in the site frame, east north up (NaN for sky).
    """
    import xarray as xr

    frame = scene.frame(view)
    camera, model = frame.camera, load(view.instrument).camera(view.binning)
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
