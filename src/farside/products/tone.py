"""The look for release: one stretch for the whole mosaic, black sky, sRGB tone curve, highlights rolled off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.instruments import load
from farside.physics import solar_irradiance
from farside.products.panorama import grid_of
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

WIDTH = 8192
"""Widest picture that every browser can put on a sphere (texture limit of common graphics hardware)."""
SATURATED = 1
"""Weight of a mosaic's pixels where every frame was saturated (see panorama)."""
WHITE = 0.85
"""Where light 1 comes to lie, linear; what is brighter is rolled off towards full white."""


def picture(mosaic: xr.Dataset, width: int = WIDTH) -> NDArray[np.uint8]:
    """An sRGB picture (line, sample, 3; uint8) of a panorama, at most ``width`` wide.

    Each band is divided by the sunlight in it, so that a spectrally flat ground is grey; the stretch runs from the 0.5
    to the 99.5 percentile of what lies below the horizon and is not burnt out.
    """
    import cv2

    image = mosaic["image"].to_numpy()
    lines, samples = image.shape[:2]
    if samples > width:
        image = cv2.resize(image, (width, round(lines * width / samples)), interpolation=cv2.INTER_AREA)
    light = image.astype(np.float32) / sunlight(mosaic.attrs["instrument"])
    weight = cv2.resize(mosaic["weight"].to_numpy(), image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    burnt = weight == SATURATED
    whiten(light, burnt)
    horizon = int(np.clip(grid_of(mosaic).el_top_deg / grid_of(mosaic).scale_deg * image.shape[0] / lines, 0, lines))
    ground = light[horizon:].mean(axis=2)
    seen = ground[(ground > 0) & ~burnt[horizon:]]
    low, high = np.percentile(seen, [0.5, 99.5]) if seen.size else (0.0, 1.0)
    light -= np.float32(low)
    light /= np.float32(max(high - low, 1e-12))
    return shown(light)


def whiten(light: NDArray[np.float32], burnt: NDArray[np.bool_]) -> None:
    """Make burnt-out pixels (line, sample) colourless, in place: a saturated sample knows no colour, only "bright"."""
    light[burnt] = light[burnt].max(axis=-1, keepdims=True)


def sunlight(instrument: str, mode: str = "") -> NDArray[np.float32]:
    """Spectral irradiance of the Sun in each band of a camera (in a mode), W m-2 um-1 at 1 au, (bands,)."""
    return solar_irradiance([band.centre_nm for band in load(instrument, mode).bands]).astype(np.float32)


def shown(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear light, 1 being what shall be nearly white, as sRGB values: black at 0, brighter than 1 rolled off."""
    return _srgb(_shoulder(np.maximum(light, np.float32(0)) * np.float32(WHITE)))


def write_picture(mosaic: xr.Dataset, path: Path) -> Path:
    """Write the picture of a panorama as JPEG, whole or not at all; return ``path``."""
    from PIL import Image

    with atomic_write(path) as part:
        Image.fromarray(picture(mosaic)).save(part, "JPEG", quality=90, subsampling=0, optimize=True)
    return path


def _shoulder(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Identity up to WHITE, then an exponential approach to 1."""
    rest = np.float32(1.0 - WHITE)
    return np.where(x < WHITE, x, np.float32(1) - rest * np.exp((np.float32(WHITE) - x) / rest))


def _srgb(x: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear 0..1 to sRGB 0..255 (IEC 61966-2-1), by a table of 4096 steps."""
    level = np.arange(4096) / 4095.0
    curve: NDArray[Any] = np.where(level <= 0.0031308, 12.92 * level, 1.055 * level ** (1 / 2.4) - 0.055)
    return np.rint(255.0 * curve).astype(np.uint8)[np.rint(x * np.float32(4095)).astype(np.int32).clip(0, 4095)]
