"""The look for release: colours as an eye in sunlight sees them, one stretch for the whole picture, black sky.

The tone curve, from linear light x in which 1 is what the stretch makes bright::

    y = w x                                  where w x < w = 0.85
    y = 1 - (1 - w) exp((w - w x) / (1 - w)) beyond: highlights are rolled off
    v = 255 (12.92 y or 1.055 y^(1/2.4) - 0.055)                sRGB (IEC 61966-2-1)

Black stays 0: nothing is subtracted, so colours keep their ratios. Pictures carry the curve in their own metadata.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.products.colour import linear_srgb, told_matrix
from farside.products.deep_zoom import write_tiles
from farside.products.panorama import graticule, grid_of
from farside.work import Pool, atomic_write

if TYPE_CHECKING:
    import xarray as xr

Light = NDArray[np.float32]

WIDTH = 8192
"""Widest picture that every browser can put on a sphere (texture limit of common graphics hardware)."""
BRIGHT = 99.5
"""Percentile of the lit ground that comes to lie near white."""
PNG_HEAD = 33
"""Octets of a PNG's signature and header, after which text may stand."""
SATURATED = 1
"""Weight of a mosaic's pixels where every frame was saturated (see panorama)."""
WHITE = 0.85
"""Where light 1 comes to lie, linear; what is brighter is rolled off towards full white."""
BRIGHTEST = 2.0
"""From this light on the curve is white to the last bit."""
SAMPLED = 400
"""Bright ends are found among so many lines and samples at least, where there are as many."""
TONE = (
    f"Colours: CIE 1931, white is sunlight, adapted to D65 (Bradford), sRGB. Tone: y = {WHITE:g} x of linear light x, "
    f"above {WHITE:g} rolled off as 1 - {1 - WHITE:.2g} exp(({WHITE:g} - y) / {1 - WHITE:.2g}), then the sRGB curve "
    "(IEC 61966-2-1); black is 0."
)
"""What pictures say of themselves."""


def picture(mosaic: xr.Dataset, width: int = WIDTH) -> NDArray[np.uint8]:
    """An sRGB picture (line, sample, 3; uint8) of a panorama, at most ``width`` wide.

    White is sunlight, so that a spectrally flat ground is grey. One stretch for all: from nothing to the 99.5
    percentile of what lies below the horizon and is not burnt out.
    """
    light, burnt = _small(mosaic, width)
    return shown(light * np.float32(_stretch(mosaic, light, burnt)))


def write_panorama_tiles(mosaic: xr.Dataset, path: Path, pool: Pool | None = None) -> Path:
    """Write a panorama at its full size as a deep-zoom pyramid (NAME.dzi), in the tones of its ``picture``."""
    image, weight = mosaic["image"].to_numpy(), mosaic["weight"].to_numpy()
    stretch, matrix = np.float32(_stretch(mosaic, *_small(mosaic, WIDTH))), told_matrix(mosaic.attrs)

    def rows(first: int, last: int) -> NDArray[np.uint8]:
        burnt = weight[first:last] == SATURATED
        light = linear_srgb(image[first:last].astype(np.float32), burnt, mosaic.attrs["instrument"], matrix=matrix)
        light *= stretch
        return shown(light)

    return write_tiles(rows, image.shape[0], image.shape[1], path, pool)


def _small(mosaic: xr.Dataset, width: int) -> tuple[Light, NDArray[np.bool_]]:
    """Linear sRGB of a panorama that is at most ``width`` wide, and where it is burnt out."""
    import cv2

    image = mosaic["image"].to_numpy()
    lines, samples = image.shape[:2]
    if samples > width:
        size = width, max(1, round(lines * width / samples))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(mosaic["weight"].to_numpy(), image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    burnt = weight == SATURATED
    matrix = told_matrix(mosaic.attrs)
    return linear_srgb(image.astype(np.float32), burnt, mosaic.attrs["instrument"], matrix=matrix), burnt


def _stretch(mosaic: xr.Dataset, light: Light, burnt: NDArray[np.bool_]) -> float:
    """What light is to be multiplied by so that the ground is bright; light: of the panorama at any size."""
    grid = grid_of(mosaic)
    lines, samples = light.shape[:2]
    row, column = (
        (np.arange(lines) + 0.5) * grid.height / lines - 0.5,
        (np.arange(samples) + 0.5) * grid.width / samples,
    )
    below = np.broadcast_to(grid.azel(column[None, :] - 0.5, row[:, None])[1] < 0.0, burnt.shape)
    ground = light[below & ~burnt].mean(axis=1)
    seen = ground[ground > 0]
    return float(1.0 / np.percentile(seen, BRIGHT)) if seen.size else 1.0


def lit(light: Light, burnt: NDArray[np.bool_]) -> Light:
    """Pixels (n, bands) that have light in every band and are not burnt out; of large pictures every so many-th."""
    step = max(1, min(burnt.shape) // SAMPLED)
    some = light[::step, ::step]
    return some[(some.min(axis=-1) > 0.0) & ~burnt[::step, ::step]]


def shown(light: Light) -> NDArray[np.uint8]:
    """Linear light, 1 being what shall be nearly white, as sRGB values: black at 0, brighter than 1 rolled off."""
    import cv2

    flat = np.ascontiguousarray(light).reshape(len(light), -1)
    per_step: Any = 65535.0 / BRIGHTEST  # OpenCV's types forget scalars
    steps = cv2.multiply(flat, per_step, dtype=cv2.CV_16U)  # ends at 0 and 65535
    return np.asarray(cv2.LUT(steps, _curve()), np.uint8).reshape(light.shape)


def write_picture(mosaic: xr.Dataset, path: Path) -> Path:
    """Write the picture of a panorama as JPEG, whole or not at all; return ``path``."""
    return save(picture(mosaic), path)


def write_graticule(mosaic: xr.Dataset, path: Path) -> Path:
    """Write the picture of a panorama with its horizon and lines of azimuth and elevation; return ``path``."""
    return save(graticule(picture(mosaic), grid_of(mosaic), mosaic.attrs["azimuth_from"] == "north"), path)


def save(picture: NDArray[np.uint8], path: Path, told: str = TONE) -> Path:
    """Write a picture as JPEG or PNG, by the ending of ``path``, with what it tells of itself; return ``path``."""
    from PIL import Image, ImageFile

    with atomic_write(path) as part:
        if path.suffix == ".png":
            part.write_bytes(_png(picture, told))
        else:
            # optimized JPEG is encoded in one piece, which noise makes longer than Pillow reckons with
            ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 2 * picture.size)
            Image.fromarray(picture).save(part, "JPEG", quality=90, subsampling=0, optimize=True, comment=told)
    return path


def _png(picture: NDArray[np.uint8], told: str) -> bytes:
    """A PNG with a description; one filter for all rows: twice as quick as to choose, and 8 % longer."""
    import cv2

    bgr = np.ascontiguousarray(picture if picture.ndim == 2 else picture[..., ::-1])
    how = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
    png = cv2.imencode(".png", bgr, how)[1].tobytes()
    chunk = b"tEXtDescription\0" + told.encode("ascii")
    text = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return png[:PNG_HEAD] + text + png[PNG_HEAD:]


@cache
def _curve() -> NDArray[np.uint8]:
    """The tone curve at 65536 steps from 0 to BRIGHTEST, (1, steps)."""
    y = WHITE * np.linspace(0.0, BRIGHTEST, 65536)
    rest = 1.0 - WHITE
    y = np.where(y < WHITE, y, 1.0 - rest * np.exp((WHITE - y) / rest))
    curve: NDArray[Any] = np.where(y <= 0.0031308, 12.92 * y, 1.055 * y ** (1 / 2.4) - 0.055)
    return np.rint(255.0 * curve).astype(np.uint8)[None]
