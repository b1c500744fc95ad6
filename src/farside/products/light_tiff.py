"""The light of a frame as a 16-bit TIFF: linear, with its scale and unit in the tags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from farside.instruments import load
from farside.products.portrait.light import colour_light
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

BURNT = 65535
"""Value of samples that saturation has touched: nothing is known of them but that they are bright."""
UNITS = "acali DN / ms, DN as a share of full scale"
GDAL_METADATA = 42112
"""TIFF tag in which GDAL, and what is built on it, looks for scale and unit of each band."""


def write_light(frame: xr.Dataset, path: Path) -> Path:
    """Write the light (line, sample, band) of a level-2 frame as uncompressed 16-bit TIFF; return ``path``.

    Values times the scale are proportional to radiance, UNITS; BURNT marks saturation. A Bayer mosaic is demosaicked
    along its edges. The description (JSON) tells instrument, bands, time, exposure and provenance.
    """
    import cv2
    import tifffile

    a = frame.attrs
    light, burnt = colour_light(frame)
    scale = max(a["acali"]) / a["exposure_ms"] / (BURNT - 1)
    # rounded, and what is below 0 or too bright set to the ends of 16 bits
    values = cv2.multiply(light.reshape(len(light), -1), 1.0 / scale, dtype=cv2.CV_16U).reshape(light.shape)
    np.minimum(values, BURNT - 1, out=values)
    values[burnt] = BURNT
    told = {
        **{key: a[key] for key in ("product_id", "instrument", "mode", "start_utc", "exposure_ms", "provenance")},
        "bands_nm": [band.centre_nm for band in load(a["instrument"], a["mode"]).bands],
        "scale": scale,
        "units": UNITS,
        "saturated": BURNT,
    }
    items = "".join(
        f'<Item name="{name}" sample="{k}" role="{role}">{value}</Item>'
        for k in range(light.shape[2])
        for name, role, value in (("SCALE", "scale", repr(scale)), ("UNITTYPE", "unittype", UNITS))
    )
    tag = f"<GDALMetadata>{items}</GDALMetadata>"
    with atomic_write(path) as part, tifffile.TiffWriter(part, byteorder="<") as writer:
        writer.write(
            values, photometric="rgb", software=False, metadata=None, description=json.dumps(told, sort_keys=True),
            extratags=[(GDAL_METADATA, "s", 0, tag, True)],
        )  # fmt: skip
    return path
