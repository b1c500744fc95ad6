"""Brightness of frames against each other, and what vignetting is left, from the light of the same spots.

Of the light L that a spot sends, frame k tells g_k exp(v1 r^2 + v2 r^4) L, r being the distance from the middle over
half the diagonal. Ties give ratios, least squares of their logarithms everything else (soft-L1 weights); the labels'
exposures hold the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Pinhole
from farside.products.full_scale import burnt, full_scale
from farside.products.panorama.ties import Ties
from farside.products.panorama.warp import MARGIN_PX
from farside.work import Pool

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

PATCH_PX = 13
LOWEST, HIGHEST = 8, 240
"""Counts (of 255) between which a spot counts."""
GAIN_SIGMA, VIGNETTING_SIGMA = 0.1, 0.02
"""Of what labels say of exposures, and flat fields of vignetting (natural logarithms)."""
NOISE = 0.005
"""Least error of a ratio."""


@dataclass(frozen=True)
class Gains:
    """gain: (n,) of each frame over what its label says. vignetting: (v1, v2). error: relative, of light (1 sigma)."""

    gain: Array
    vignetting: tuple[float, float]
    error: float = GAIN_SIGMA

    @classmethod
    def told(cls, n: int) -> Self:
        """What labels say of n frames, and no more."""
        return cls(np.ones(n), (0.0, 0.0))

    def light(self, k: int, r2: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the counts of frame k are to be multiplied by at squared distances r2 from the middle."""
        v1, v2 = (np.float32(v) for v in self.vignetting)
        return np.exp(-(v1 + v2 * r2) * r2) / np.float32(self.gain[k])


def radius2(camera: Pinhole, i: NDArray[Any], j: NDArray[Any]) -> NDArray[Any]:
    """Squared distance of samples and lines (from 1) from the middle of the frame, over that of its corners."""
    x, y = i - 0.5 * (camera.width + 1), j - 0.5 * (camera.height + 1)
    return (x * x + y * y) * (4.0 / (camera.width**2 + camera.height**2))


def balance(frames: Sequence[xr.Dataset], ties: Ties, camera: Pinhole, pool: Pool | None = None) -> Gains:
    """Gains of level-2 frames from their ties."""
    run = pool.map if pool else map
    brightness = np.full(ties.frames.shape, np.nan)
    spots = [np.nonzero(ties.frames == k) for k in range(len(frames))]

    def look(k: int) -> Array:
        m, side = spots[k]
        return _brightness(frames[k], ties.pixels[m, side])

    for at, values in zip(spots, run(look, range(len(frames))), strict=True):
        brightness[at] = values
    known = np.isfinite(brightness).all(axis=1)
    return _solved(np.log(brightness[known]), ties.only(known), camera, len(frames))


def _brightness(frame: xr.Dataset, pixels: Array) -> Array:
    """Mean light around samples and lines (m, 2); NaN where it is too dim or burnt."""
    import cv2

    if not len(pixels):
        return np.zeros(0)
    a, dn, top, full = frame.attrs, frame["dn"].to_numpy(), full_scale(frame), burnt(frame)
    green, end = (dn, full) if dn.ndim == 2 else (dn[..., 1], full[..., 1])
    mean = cv2.blur(green.astype(np.float32), (PATCH_PX, PATCH_PX))
    near = cv2.dilate(end.astype(np.uint8), np.ones((PATCH_PX, PATCH_PX), np.uint8))
    sample, line = (pixels[:, c].astype(np.float32)[None] - np.float32(1) for c in (0, 1))
    value = cv2.remap(mean, sample, line, cv2.INTER_LINEAR)[0].astype(float)
    hit = cv2.remap(near, sample, line, cv2.INTER_NEAREST)[0]
    usable = (hit == 0) & (value > LOWEST * top / 255) & (value < HIGHEST * top / 255)
    # a mean that reaches over the edge of the frame is of something else in each
    edge, (lines, samples) = PATCH_PX // 2 + MARGIN_PX, green.shape
    usable &= (line[0] >= edge) & (sample[0] >= edge) & (line[0] < lines - edge) & (sample[0] < samples - edge)
    acali = np.atleast_1d(a.get("acali", 1.0))
    return np.where(usable, value * float(acali[len(acali) // 2]) / a["exposure_ms"], np.nan)


def _solved(logs: Array, ties: Ties, camera: Pinhole, n: int) -> Gains:
    """Least squares of (m, 2) logarithms of light."""
    from scipy.sparse import csr_array, diags_array

    a, b = ties.frames.T
    r2 = radius2(camera, ties.pixels[..., 0], ties.pixels[..., 1])
    rows = np.arange(len(a))
    columns = np.column_stack([a, b, np.full_like(a, n), np.full_like(a, n + 1)])
    values = np.column_stack([np.ones(len(a)), -np.ones(len(a)), r2[:, 0] - r2[:, 1], r2[:, 0] ** 2 - r2[:, 1] ** 2])
    design = csr_array((values.ravel(), (np.repeat(rows, 4), columns.ravel())), shape=(len(a), n + 2))
    prior = np.diag(np.concatenate([np.full(n, GAIN_SIGMA**-2), np.full(2, VIGNETTING_SIGMA**-2)]))
    ratio = logs[:, 0] - logs[:, 1]
    weight, noise = np.ones(len(a)), NOISE
    x: NDArray[Any] = np.zeros(n + 2)
    for _ in range(10):
        weighted = design.T @ diags_array(weight / noise**2)
        x = np.linalg.solve((weighted @ design).toarray() + prior, weighted @ ratio)
        left = np.abs(design @ x - ratio)
        noise = max(1.4826 * float(np.median(left)), NOISE) if left.size else NOISE
        weight = 1.0 / np.sqrt(1.0 + (left / noise) ** 2)
    return Gains(np.exp(x[:n] - x[:n].mean()), (float(x[n]), float(x[n + 1])), noise)
