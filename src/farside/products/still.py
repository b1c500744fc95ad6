"""A single frame as a picture to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from farside.products.colour import linear_srgb
from farside.products.tone import BRIGHT, lit, save, shown

if TYPE_CHECKING:
    import xarray as xr


def write_still(frame: xr.Dataset, path: Path) -> Path:
    """Write a level-2 frame as PNG, in the panorama's colours, stretched to its own bright end; return ``path``."""
    dn = frame["dn"].to_numpy()
    burnt, light = dn == 255, dn.astype(np.float32)
    if dn.ndim == 3:
        burnt = burnt.any(axis=2)
        light = linear_srgb(light * np.array(frame.attrs["acali"], np.float32), burnt, frame.attrs["instrument"])
    pixels = lit(light.reshape(*burnt.shape, -1), burnt)
    return save(shown(light / np.float32(np.percentile(pixels, BRIGHT) if pixels.size else 1.0)), path)
