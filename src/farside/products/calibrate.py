"""Level 2 from level 1: counts without bias and dark signal, in colour where the camera has it, and with geometry.

LCAM becomes 2A (grey, 8 bit), TCAM 2C (flat-fielded, demosaicked, 8 bit), PCAM 2B (flat-fielded, still a Bayer mosaic
at the sensor's depth), as in the Chang'e archive. Colours stay the camera's own, linear in the light: the label's
``acali`` times DN is what is proportional to radiance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Pinhole, Site, azel, rotation_to_euler, utc_to_t
from farside.instruments import Instrument, camera_model, camera_pose, load, observation, product_id
from farside.products.demosaic import edge_aware
from farside.products.flat import lens_falloff
from farside.products.masters import NONE, Dark, Flat, Masters, linear, mend, zero
from farside.products.provenance import provenance, source

if TYPE_CHECKING:
    import xarray as xr

SATURATION = 128
"""Samples within this fraction of full scale count as saturated: lossy compression moves them a little."""
DIM = 0.02
"""Share of the axis's light below which a pixel is taken to see nothing."""
FRAMES = {"CE4La": "LANDER_COORDINATE_SYSTEM", "CE4Ro": "ROVER_COORDINATE_SYSTEM"}
"""Archive name of the vehicle to the frame of its pointings."""
CORNERS = {"up_left": (0, 0), "down_left": (0, 1), "up_right": (1, 0), "down_right": (1, 1)}
"""Label name of a corner pixel to (right, down)."""


def calibrate(raw: xr.Dataset, lander: Site, masters: Masters = NONE) -> xr.Dataset:
    """The level-2 frame of a level-1 frame; ``lander`` is where the label says that the lander stands.

    Dark signal is that of the master, or of the published numbers, at the frame's temperature and exposure; the bias is
    taken to be uniform. Hot pixels are known by the master dark and mended. The flat field is the master, or the lens's
    law. Raises BadInput for a frame of another level.
    """
    a = raw.attrs
    if a["level"] not in ("raw", "1"):
        raise BadInput(str(a.get("product_id")), "level", a["level"], "a raw frame (level 1)")
    camera = load(a["instrument"], str(a.get("mode", "")))
    signal, saturated = _signal(raw, camera, masters.dark)
    bits, bayer = (camera.detector.bits, a["bayer"]) if camera.data_product_level == "2B" else (8, "")
    if camera.data_product_level != "2A":
        signal = _flattened(signal, raw, camera, masters.flat)
    if a["bayer"] and not bayer:
        signal, saturated = edge_aware(signal, saturated, (1.0, 1.0, 1.0))
    top = 2**bits - 1
    dn = np.rint(signal * top).clip(0, top).astype(np.uint8 if bits <= 8 else np.uint16)
    dn[saturated] = top
    attrs = {
        **a,
        "product_id": a.get("product_id") or product_id(a),
        "level": camera.data_product_level,
        "bits": bits,
        "bayer": bayer,
        "acali": list(camera.acali),
        **_camera_attrs(raw, camera),
        **({} if camera.data_product_level == "2A" else _pointing_attrs(raw, lander)),
        "provenance": provenance("calibrate", [source(raw), *masters.inputs()], bias_dn=camera.detector.bias_dn),
    }
    return observation(dn, **attrs)


def _signal(raw: xr.Dataset, camera: Instrument, dark: Dark | None) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Share of full scale that light makes up, (line, sample), and where the sensor was saturated."""
    d = camera.detector
    dn = linear(raw, camera)
    saturated = dn >= d.full_scale - d.full_scale // SATURATION
    signal = (dn - zero(raw, camera, dark)) * np.float32(1.0 / (d.full_scale - d.bias_dn))
    if dark is not None:
        mend(signal, dark.hot, 2 if raw.attrs["bayer"] else 1)
        saturated &= ~dark.hot
    return np.asarray(signal, np.float32), saturated


def _flattened(
    signal: NDArray[np.float32], raw: xr.Dataset, camera: Instrument, flat: Flat | None
) -> NDArray[np.float32]:
    """Signal as it would be on the optical axis; 0 where the lens throws no light."""
    share = lens_falloff(camera_model(raw), camera.optics.illumination) if flat is None else flat.relative
    return np.divide(signal, share, out=np.zeros_like(signal), where=share > DIM)


def _camera_attrs(raw: xr.Dataset, camera: Instrument) -> dict[str, Any]:
    model = camera_model(raw)
    frame = model if isinstance(model, Pinhole) else model.frame
    if camera.optics.principal_pixel is None:
        point = {"x0": frame.x0_mm, "y0": frame.y0_mm, "principal_point_unit": "mm"}
    else:
        i0, j0 = frame.principal_pixel
        point = {"x0": i0, "y0": j0, "principal_point_unit": "pixel"}
    return {"focal_length_mm": frame.focal_mm, "pixel_size_um": frame.pixel_um, **point}


def _pointing_attrs(raw: xr.Dataset, lander: Site) -> dict[str, Any]:
    """Exterior orientation, corner vectors and Sun, as labels from level 2B on give them."""
    from farside.sky import sun_direction

    a = raw.attrs
    model = camera_model(raw)
    mast = (a["mast_yaw_deg"], a["mast_pitch_deg"]) if "mast_yaw_deg" in a else None
    rotation, centre = camera_pose(a["instrument"], mast)
    corners = {
        f"{name}_vector": (rotation @ model.rays(right * (model.width - 1) + 1, down * (model.height - 1) + 1)).tolist()
        for name, (right, down) in CORNERS.items()
    }
    # geometric, without light time and aberration: so are the real labels' angles
    az, el = azel(sun_direction(lander, utc_to_t(a["start_utc"]), apparent=False))
    return {
        "reference_frame": FRAMES[load(a["instrument"]).host],
        "lander_lon_deg": lander.lon_deg,
        "lander_lat_deg": lander.lat_deg,
        "camera_position_m": centre.tolist(),
        "camera_rotation_deg": list(rotation_to_euler(rotation)),
        **corners,
        "center_vector": (rotation @ model.rays(model.width / 2, model.height / 2)).tolist(),
        "sun_incidence_deg": 90.0 - float(np.degrees(el)),
        "sun_azimuth_deg": float(np.degrees(az)),
    }
