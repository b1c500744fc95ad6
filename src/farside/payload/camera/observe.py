"""Taking a picture: scene and view in, raw counts with their header out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import t_to_utc
from farside.instruments import Instrument
from farside.instruments.observation import observation
from farside.instruments.record import LOSSLESS
from farside.payload.camera.exposure import exposure
from farside.payload.camera.optics import freed
from farside.payload.camera.picture import look, radiance
from farside.payload.camera.scene import Scene
from farside.payload.camera.sensor import expose
from farside.payload.camera.smear import smear
from farside.payload.camera.view import View

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float32]

MANUAL = "MANUAL"
"""Exposure mode of a frame whose exposure was commanded."""


def observe(scene: Scene, view: View) -> xr.Dataset:
    """Raw counts of one exposure, dims (line, sample), with the header the camera sends.

    The header carries what is known on board: commanded mast angles, never the mast's error or the true pose.
    Calibration frames say what light they are of, and travel as they are. Raises BadInput for a view of a light that
    the camera has not got.
    """
    instrument = view.numbers()
    light = _light(scene, view, instrument)
    dn, exposure_ms = expose(
        light, instrument, view.binning, view.temperature_c, view.seed, view.sequence_id, view.index,
        told_ms=view.exposure_ms,
    )  # fmt: skip
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
        exposure_mode=instrument.exposure.mode if view.exposure_ms is None else MANUAL,
        binning=view.binning,
        bits=instrument.detector.sent_bits,
        temperature_c=view.temperature_c,
        bayer=instrument.detector.bayer,
        **_mast(view),
        **_travels(view, instrument),
    )


def _light(scene: Scene, view: View, instrument: Instrument) -> Floats:
    """Radiance (line, sample) at each pixel, mean over the exposure."""
    if view.light in ("scene", "chart"):
        return _scenery(scene, view, instrument)
    model = instrument.camera(view.binning)
    if view.light == "dark":
        return np.zeros((model.height, model.width), np.float32)
    if view.light == "flat" and instrument.flat_radiance:
        return np.full((model.height, model.width), instrument.flat_radiance, np.float32)
    raise BadInput("view", "light", view.light, f"scene, dark, or another light that {instrument.name} has")


def _scenery(scene: Scene, view: View, instrument: Instrument) -> Floats:
    if not any(view.motion):
        return radiance(scene, view)
    still, distance = look(scene, view)
    # the meter is quicker than the shutter
    seconds = exposure(freed(still, instrument, view.binning), instrument, view.exposure_ms) * 1e-3
    model, rotation = instrument.camera(view.binning), view.camera().r
    return smear(still, distance, model, rotation, view.motion, seconds, bool(instrument.detector.bayer))


def _mast(view: View) -> dict[str, Any]:
    if view.mast_deg is None:
        return {}
    return {"mast_yaw_deg": float(view.mast_deg[0]), "mast_pitch_deg": float(view.mast_deg[1])}


def _travels(view: View, instrument: Instrument) -> dict[str, Any]:
    """What the header says of light and compression."""
    if view.light == "scene":
        return {"compression_ratio": instrument.compression_ratio}
    return {"light": view.light, "compression_ratio": 1.0, "codec": LOSSLESS}
