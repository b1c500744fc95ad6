"""The landing film held still: a camera that looks straight down on one place, always with the same side up.

With a trajectory each frame is laid on level ground, north up, about what the camera saw last. Without one, frames are
moved and turned as the chain's homographies say, and the last frame's own up stays up. Either way the picture closes in
as the camera came down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import t_to_utc
from farside.products.film import write_film
from farside.products.flat import lens_falloff
from farside.products.lcam.chain import Chain
from farside.products.lcam.footage import captioned, film_rate, keeping
from farside.products.lcam.sight import Sights, posts
from farside.products.lcam.trajectory import Trajectory

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

SHARE = 0.8
"""Of a frame's width that is shown."""
LOWEST_M = 1.0
LEAST_FRAMES = 12
"""Fewer make no film."""
BRIGHT_DN, BRIGHT = 230.0, 99.5
"""Counts of the film at which the first frame's brightest few are shown."""


@dataclass(frozen=True)
class Steady:
    """A stabilised film with its poster (JPEG). t (n,): of its frames, TDB s past J2000. rate_fps: of the film."""

    path: Path
    poster: Path
    t: Array
    rate_fps: int


def steady_by_way(sights: Sights, way: Trajectory, path: Path, overlay: bool) -> Steady | None:
    """The film of a trajectory's frames, north up; None of too few."""
    nodes = np.flatnonzero(sights.heights > LOWEST_M)
    if len(nodes) < LEAST_FRAMES:
        return None
    count, middle = sights.samples, way.position_m[-1, :2]
    whole = np.ones((sights.lines, count), np.uint8)

    def pictures() -> Iterator[NDArray[np.uint8]]:
        scale = None
        for node in nodes.tolist():
            sight = replace(sights[node], fit=whole)
            spacing = SHARE * sight.pixel_m
            east, north = posts(spacing, count)
            light = sight.laid(east + middle[0], north + middle[1])
            scale = scale or BRIGHT_DN / max(float(np.percentile(sight.light, BRIGHT)), 1e-6)
            row = {"utc": t_to_utc(float(way.t[node])), "altitude_m": float(sight.p[2]), "pixel_m": spacing}
            yield _shown(light * scale, row if overlay else None)

    return _filmed(pictures(), path, way.t[nodes])


def steady_by_chain(frames: Sequence[xr.Dataset], found: Chain, path: Path, overlay: bool) -> Steady | None:
    """The film of the chain's last run of frames, from where they show what the last one looks at; None of too few."""
    import cv2

    run = found.runs[-1] if found.runs else []
    lines, samples = found.shape
    views = [there(homography, found.shape) for homography in to_last(found, run)]
    outside = [k for k, view in enumerate(views) if not (0 < view.x < samples and 0 < view.y < lines)]
    begin = outside[-1] + 1 if outside else 0
    run, views = run[begin:], views[begin:]
    if len(run) < LEAST_FRAMES:
        return None
    falloff = lens_falloff(found.camera)

    def pictures() -> Iterator[NDArray[np.uint8]]:
        scale = None
        for number, view in zip(run, views, strict=True):
            frame = frames[found.order[number]]
            light = frame["dn"].to_numpy() / (falloff * np.float32(frame.attrs["exposure_ms"]))
            c, s = SHARE * np.cos(view.turn), SHARE * np.sin(view.turn)
            i, j = 0.5 * (samples - 1), 0.5 * (lines - 1)
            to = np.array([[c, -s, view.x - c * i + s * j], [s, c, view.y - s * i - c * j]])
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            laid = cv2.warpAffine(light, to, (samples, lines), flags=flags, borderValue=np.nan)
            scale = scale or BRIGHT_DN / max(float(np.percentile(light, BRIGHT)), 1e-6)
            yield _shown(laid * scale, {"utc": frame.attrs["start_utc"]} if overlay else None)

    return _filmed(pictures(), path, found.t[run])


def to_last(found: Chain, run: list[int]) -> list[Array]:
    """Homographies (3, 3) from each frame of a run to its last one, by steps from frame to frame."""
    if not run:
        return []
    single = {s.first: s for s in reversed(found.steps)}  # of several that begin at a frame the first is the shortest
    out = [np.eye(3)]
    for number in reversed(run[:-1]):
        homography = out[-1] @ single[number].match.homography
        out.append(homography / homography[2, 2])
    return out[::-1]


@dataclass(frozen=True)
class There:
    """What is in the middle of the last frame, in another one: sample x and line y, from 0, turn, and how much smaller.

    Only this is taken from a long row of homographies: their errors of perspective grow with the square of the distance
    from there, in units of the last frame.
    """

    x: float
    y: float
    turn: float
    smaller: float


def there(homography: Array, shape: tuple[int, int]) -> There:
    """Where the last frame's middle is in a frame; homography (3, 3): from that frame to the last."""
    middle = np.array([0.5 * (shape[1] - 1), 0.5 * (shape[0] - 1), 1.0])
    back = np.asarray(np.linalg.inv(homography), float)
    x, y, w = back @ middle
    slope = (back[:2, :2] - np.outer([x / w, y / w], back[2, :2])) / w
    turn = float(np.arctan2(slope[1, 0] - slope[0, 1], slope[0, 0] + slope[1, 1]))
    return There(float(x / w), float(y / w), turn, 1.0 / float(np.sqrt(abs(np.linalg.det(slope)))))


def _shown(light: Any, row: dict[str, Any] | None) -> NDArray[np.uint8]:
    grey = np.rint(np.nan_to_num(light)).clip(0, 255).astype(np.uint8)
    return grey if row is None else captioned(grey, row)


def _filmed(pictures: Iterator[NDArray[np.uint8]], path: Path, t: Array) -> Steady:
    rate, poster = film_rate(len(t)), path.with_suffix(".jpg")
    write_film(keeping(pictures, len(t) // 2, poster), path, rate)
    return Steady(path, poster, t, rate)
