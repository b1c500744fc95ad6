"""Portraits, anaglyphs and depth maps as pictures to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.products.colour import linear_srgb, told_matrix
from farside.products.deep_zoom import write_tiles
from farside.products.demosaic import edge_aware
from farside.products.portrait.light import Light, colour_light
from farside.products.tone import BRIGHT, lit, save, shown

if TYPE_CHECKING:
    import xarray as xr

LIFT = 1.6
"""What backlit sides and dark soil are lifted by beside it,"""
MIDDLE = 0.35
"""but so far only that half of the lit pixels stay darker than this, linear: ground alone would be white."""
BAR_PX = 26
"""Width of the scale beside a depth map."""


def write_frame(frame: xr.Dataset, path: Path) -> Path:
    """Write a level-2 frame as PNG; return ``path``."""
    light, burnt = colour_light(frame, edge_aware)
    return save(_look(linear_srgb(light, burnt, frame.attrs["instrument"], frame.attrs["mode"]), burnt), path)


def write_portrait(product: xr.Dataset, path: Path) -> Path:
    """Write a portrait as JPEG, and beside it as a deep-zoom pyramid (NAME.dzi); return ``path``."""
    burnt = product["weight"].to_numpy() == 1
    a = product.attrs
    seen = _look(linear_srgb(light_of(product), burnt, a["instrument"], a["mode"], told_matrix(a)), burnt)
    write_tiles(lambda first, last: seen[first:last], seen.shape[0], seen.shape[1], path.with_suffix(".dzi"))
    return save(seen, path)


def light_of(product: xr.Dataset) -> Light:
    """The light (line, sample, band) of a portrait."""
    return np.asarray(product["image"].to_numpy() * np.float32(product["image"].attrs["scale"]))


def write_anaglyph(left: Light, right: Light, nearest_px: float, path: Path) -> Path:
    """Write both eyes' light for red and cyan glasses (left eye red); what has this disparity lies on the screen."""
    shift = round(nearest_px)
    grey = [_look(p.mean(axis=2, keepdims=True), np.zeros(p.shape[:2], bool))[..., 0] for p in (left, right)]
    red, cyan = grey[0][:, shift:], grey[1][:, : grey[1].shape[1] - shift]
    return save(np.stack([red, cyan, cyan], axis=-1), path)


def write_depth(depth: NDArray[np.float32], path: Path) -> Path:
    """Write a depth map as PNG, near bright and far dark (cividis), unknown black, with a scale in metres."""
    import cv2

    known = depth[np.isfinite(depth)]
    near, far = np.percentile(known, [1.0, 97.0]) if known.size else (0.0, 1.0)
    share = np.nan_to_num((far - depth) / max(far - near, 1e-6)).clip(0.0, 1.0)
    picture = cv2.applyColorMap(np.rint(share * 255).astype(np.uint8), cv2.COLORMAP_CIVIDIS)[..., ::-1].copy()
    picture[~np.isfinite(depth)] = 0
    lines = depth.shape[0]
    bar = np.zeros((lines, 4 * BAR_PX, 3), np.uint8)
    ramp = np.linspace(0, 255, lines - 2 * BAR_PX).astype(np.uint8)[:, None]
    bar[BAR_PX : lines - BAR_PX, BAR_PX : 2 * BAR_PX] = cv2.applyColorMap(ramp, cv2.COLORMAP_CIVIDIS)[..., ::-1]
    for metres in np.linspace(near, far, 5):
        line = BAR_PX + round((far - metres) / max(far - near, 1e-6) * (lines - 2 * BAR_PX - 1))
        place = (2 * BAR_PX + 5, line + 4)
        cv2.putText(bar, f"{metres:.1f} m", place, cv2.FONT_HERSHEY_SIMPLEX, 0.36, (230,) * 3, 1, cv2.LINE_AA)
    told = "Distances in metres by the scale beside them: near bright, far dark (cividis), unknown black."
    return save(np.concatenate([picture, bar], axis=1), path, told)


def _look(light: Light, burnt: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Linear light (line, sample, band) as sRGB values, stretched by its own bright end."""
    pixels = lit(light, burnt)
    middle, bright = np.percentile(pixels, [50.0, BRIGHT]) if pixels.size else (0.0, 1.0)
    return shown(light * np.float32(min(LIFT / bright, MIDDLE / max(middle, 1e-30))))
