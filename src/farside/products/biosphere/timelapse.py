"""The time-lapse: pictures of one camera, balanced on the grey card, as an AV1 film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.products.biosphere.balance import named_source, reflectance
from farside.products.film import QUALITY, write_film
from farside.products.provenance import provenance
from farside.products.tone import shown
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float32]

WIDTH = 640
"""Smaller pictures are enlarged to this."""


@dataclass(frozen=True)
class Timelapse:
    """A film with its poster (JPEG, the last picture) and provenance (JSON) beside it."""

    path: Path
    poster: Path
    frames: int
    rate_fps: int
    duration_s: float
    speed: float
    """Film seconds are worth this many real seconds, on average."""


def timelapse(frames: Sequence[xr.Dataset], path: str | Path) -> Timelapse:
    """Encode level-1 pictures of one camera in the order of time; the same pictures give the same bytes.

    Raises BadInput without pictures, or with pictures of several cameras or sizes.
    """
    if not frames:
        raise BadInput("time-lapse", "frames", 0, "at least one picture")
    film = sorted(frames, key=lambda f: f.attrs["start_utc"])
    if len({(f.attrs["camera"], f["dn"].shape) for f in film}) > 1:
        raise BadInput("time-lapse", "frames", "several cameras or sizes", "pictures of one camera, of one size")
    path = Path(path)
    rate = int(np.clip(len(film) // 15, 3, 12))
    write_film((look(reflectance(frame)) for frame in film), path, rate)
    poster = path.with_suffix(".jpg")
    write_look(reflectance(film[-1]), poster)
    made = provenance("timelapse", map(named_source, film), rate_fps=rate, crf=QUALITY)
    with atomic_write(path.with_suffix(".json")) as part:
        part.write_text(made + "\n", encoding="utf-8")
    duration = len(film) / rate
    real = utc_to_t(film[-1].attrs["start_utc"]) - utc_to_t(film[0].attrs["start_utc"])
    return Timelapse(path, poster, len(film), rate, duration, real / duration)


def look(light: Floats) -> NDArray[np.uint8]:
    """Reflectance (line, sample, 3) as sRGB, at least WIDTH wide, the dish near white."""
    import cv2

    rgb = light * np.float32(1.25)
    lines, samples = rgb.shape[:2]
    if samples < WIDTH:
        size = (WIDTH, 2 * round(lines * WIDTH / samples / 2))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC), np.float32)
    return shown(rgb)


def write_look(light: Floats, path: Path) -> Path:
    """Write reflectance (line, sample, 3) as a JPEG to look at; return its path."""
    from PIL import Image

    with atomic_write(path) as part:
        Image.fromarray(look(light)).save(part, "JPEG", quality=90)
    return path
