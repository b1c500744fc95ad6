"""Landing footage: the descent camera's frames as an AV1 film, with the true time and pose of each beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.instruments import pinhole
from farside.products.film import QUALITY, write_film
from farside.products.flat import lens_falloff
from farside.products.provenance import provenance, source
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

Telemetry = Mapping[str, NDArray[np.float64]]
"""Columns of the guidance report, at least ``t`` (TDB s past J2000) and ``altitude_m``, in the order of time."""

_STEADY = 9
"""Frames over which the exposure is smoothed, so that the film does not flicker with each step of it."""
SMALLEST = 0.4
"""Letters of a small picture, over those of one 1024 wide: smaller ones cannot be read."""


@dataclass(frozen=True)
class Footage:
    """A film and what belongs to it: frame table (CSV), poster (JPEG) and provenance (JSON), all beside it."""

    path: Path
    table: Path
    poster: Path
    frames: int
    rate_fps: int
    duration_s: float
    speed: float
    """Film seconds are worth this many real seconds, on average."""


def cut(
    frames: Sequence[xr.Dataset], path: str | Path, telemetry: Telemetry | None = None, overlay: bool = False,
    pixels: Telemetry | None = None,
) -> Footage:  # fmt: skip
    """Encode level-2 frames in the order of time to an MP4 file with AV1 video; the same frames give the same bytes.

    frames: any sequence; each is asked for twice and not kept, so that one that reads its files (``archive.Frames``)
    holds a whole film without holding it in memory.

    Frames follow each other at a constant rate, the camera's own 10 per second or fewer where there are few frames;
    their true times are in the table, with position and attitude where telemetry has them. overlay: write UTC, height
    and speed into the picture, and a scale bar. pixels: columns ``t`` and ``pixel_m``, the ground that a pixel sees
    straight below, where that is known. Raises BadInput without frames, or with frames of different sizes.
    """
    if not frames:
        raise BadInput("footage", "frames", 0, "at least one frame")
    labels = [(frame.attrs, frame["dn"].shape, source(frame)) for frame in frames]
    if len({shape for _, shape, _ in labels}) > 1:
        raise BadInput("footage", "frames", {shape for _, shape, _ in labels}, "frames of one size")
    order = sorted(range(len(frames)), key=lambda k: (utc_to_t(labels[k][0]["start_utc"]), labels[k][0]["index"]))
    film = [labels[k][0] for k in order]
    path = Path(path)
    times = np.array([utc_to_t(a["start_utc"]) for a in film])
    rate = film_rate(len(film))
    rows = _rows(film, times, rate, [told for told in (telemetry, pixels) if told is not None])
    steady = _steady_gain(np.array([a["exposure_ms"] for a in film]))
    pictures = (_picture(frames[k], g, row if overlay else None) for k, g, row in zip(order, steady, rows, strict=True))
    poster = path.with_suffix(".jpg")
    write_film(keeping(pictures, len(film) // 2, poster), path, rate)
    table = path.with_suffix(".csv")
    _write_table(rows, table)
    inputs = [labels[k][2] for k in order]
    made = provenance("footage", inputs, rate_fps=rate, crf=QUALITY, overlay=overlay)
    with atomic_write(path.with_suffix(".json")) as part:
        part.write_text(made + "\n", encoding="utf-8")
    duration = len(film) / rate
    return Footage(path, table, poster, len(film), rate, duration, float(times[-1] - times[0]) / duration)


def film_rate(frames: int) -> int:
    """Frames a second of a film of so many."""
    return int(np.clip(frames // 40, 2, 10))


def _steady_gain(exposure_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factor on each frame that brings it to the exposure smoothed over its neighbours, (n,)."""
    from scipy.ndimage import uniform_filter1d

    return np.exp(uniform_filter1d(np.log(exposure_ms), _STEADY, mode="nearest")) / exposure_ms


def _rows(
    film: Sequence[Mapping[Any, Any]], times: NDArray[np.float64], rate: int, tables: Sequence[Telemetry]
) -> list[dict[str, Any]]:
    """The frame table: identity, UTC, time in the film, exposure, and other tables interpolated where they reach."""
    columns: dict[str, NDArray[np.float64]] = {}
    for table in tables:
        t = np.asarray(table["t"], float)
        for name, values in table.items():
            if name == "t" or not np.issubdtype(values.dtype, np.floating):
                continue
            for k, part in enumerate(values.reshape(len(t), -1).T):
                columns[name if values.ndim == 1 else f"{name}_{k}"] = np.interp(times, t, part, np.nan, np.nan)
    return [
        {
            "product_id": a["product_id"],
            "utc": a["start_utc"],
            "film_s": round(k / rate, 3),
            "exposure_ms": a["exposure_ms"],
            **{name: None if np.isnan(v[k]) else round(float(v[k]), 6) for name, v in columns.items()},
        }
        for k, a in enumerate(film)
    ]


def _picture(frame: xr.Dataset, gain: float, caption: dict[str, Any] | None) -> NDArray[np.uint8]:
    """Grey picture of a frame (line, sample): its counts, flat-fielded and brought to the steady exposure."""
    light = frame["dn"].to_numpy() * np.float32(gain) / lens_falloff(pinhole(frame))
    grey = np.rint(light).clip(0, 255).astype(np.uint8)
    return grey if caption is None else captioned(grey, caption)


def captioned(grey: NDArray[np.uint8], row: dict[str, Any]) -> NDArray[np.uint8]:
    """The picture with UTC, height and speed at its lower left, and a scale bar at its lower right; as far as known."""
    size = max(grey.shape[1] / 1024.0, SMALLEST)
    velocity = [row.get(f"velocity_mps_{k}") for k in range(3)]
    texts = [row["utc"][11:21] + " UTC"]
    if row.get("altitude_m") is not None:
        texts.append(f"{_metres(row['altitude_m'])} above ground")
    if None not in velocity:
        texts.append(f"{float(np.linalg.norm(np.array(velocity, float))):.1f} m/s")
    for k, text in enumerate(reversed(texts)):
        _write(grey, text, round(24 * size), round(grey.shape[0] - (24 + 40 * k) * size), size)
    if (row.get("pixel_m") or 0.0) > 0.0:
        _scale_bar(grey, row["pixel_m"], size)
    return grey


def _write(grey: NDArray[np.uint8], text: str, x: int, y: int, size: float) -> None:
    import cv2

    off, thick = max(1, round(2.0 * size)), max(1, round(2.0 * size))
    # thicker letters would be wider, too: black ones stand around the white ones
    for dx, dy, colour in [*((i, j, 0) for i in (-off, 0, off) for j in (-off, 0, off)), (0, 0, 255)]:
        cv2.putText(grey, text, (x + dx, y + dy), cv2.FONT_HERSHEY_SIMPLEX, 1.1 * size, colour, thick, cv2.LINE_AA)


def _scale_bar(grey: NDArray[np.uint8], pixel_m: float, size: float) -> None:
    """A bar of 1, 2 or 5 times a power of ten metres, at most a quarter of the picture long."""
    import cv2

    most = 0.25 * grey.shape[1] * pixel_m
    power = 10.0 ** np.floor(np.log10(most))
    metres = next(step * power for step in (5.0, 2.0, 1.0) if step * power <= most)
    right, y = round(grey.shape[1] - 24 * size), round(grey.shape[0] - 24 * size)
    left = right - round(metres / pixel_m)
    for colour, width in ((0, 14.0), (255, 6.0)):
        cv2.line(grey, (left, y), (right, y), colour, max(1, round(width * size)))
    text = f"{metres / 1000:g} km" if metres >= 1000.0 else f"{metres:g} m"
    _write(grey, text, left, y - round(16 * size), size)


def _metres(altitude: float) -> str:
    if altitude >= 1000.0:
        return f"{altitude / 1000:.2f} km"
    return f"{altitude:.{0 if altitude >= 10.0 else 1}f} m"


def keeping(pictures: Iterable[NDArray[np.uint8]], number: int, path: Path) -> Iterator[NDArray[np.uint8]]:
    """The same pictures; that of this number is written to ``path`` as it passes."""
    from PIL import Image

    for k, picture in enumerate(pictures):
        if k == number:
            with atomic_write(path) as part:
                Image.fromarray(picture).save(part, "JPEG", quality=90)
        yield picture


def _write_table(rows: list[dict[str, Any]], path: Path) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    with atomic_write(path) as part:
        part.write_text(text.getvalue(), encoding="utf-8", newline="")
