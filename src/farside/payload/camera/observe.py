"""Taking a picture: scene and view in, raw counts with their header out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.geometry import t_to_utc
from farside.instruments.observation import observation
from farside.payload.camera.picture import radiance
from farside.payload.camera.scene import Scene
from farside.payload.camera.sensor import expose
from farside.payload.camera.view import View

if TYPE_CHECKING:
    import xarray as xr


def observe(scene: Scene, view: View) -> xr.Dataset:
    """Raw counts of one exposure, dims (line, sample), with the header the camera sends; exposure is automatic.

    The header carries what is known on board: commanded mast angles, never the mast's error or the true pose.
    """
    instrument = view.numbers()
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
