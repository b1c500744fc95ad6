"""A single frame as a picture to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from farside.products.tone import shown, sunlight, whiten
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

BRIGHT = 99.5
"""Percentile of the lit pixels that comes to lie near white."""


def write_still(frame: xr.Dataset, path: Path) -> Path:
    """Write a level-2 frame as PNG, in the panorama's colours, stretched to its own bright end; return ``path``."""
    from PIL import Image

    calibration = np.array(frame.attrs.get("acali", 1.0), np.float32)
    dn = frame["dn"].to_numpy()
    light = dn * (calibration / sunlight(frame.attrs["instrument"]))
    burnt = dn == 255
    if dn.ndim == 3:
        burnt = burnt.any(axis=2)
        whiten(light, burnt)
    lit = light[(light > 0).reshape(light.shape) & (~burnt if dn.ndim == 2 else ~burnt[..., None])]
    with atomic_write(path) as part:
        Image.fromarray(shown(light / (np.percentile(lit, BRIGHT) if lit.size else 1.0))).save(part, "PNG")
    return path
