"""The light that a calibrated frame shows, in colour, whatever its level."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.products.demosaic import menon
from farside.products.full_scale import burnt, full_scale

if TYPE_CHECKING:
    import xarray as xr

Light = NDArray[np.float32]
Demosaic = Callable[[Light, NDArray[np.bool_], NDArray[np.float32]], tuple[Light, NDArray[np.bool_]]]


def colour_light(frame: xr.Dataset, demosaic: Demosaic = menon) -> tuple[Light, NDArray[np.bool_]]:
    """Light (line, sample, band) of a level-2 colour frame, proportional to radiance, and where it is burnt out.

    The unit is acali DN / ms, DN as shares of full scale. A Bayer mosaic (2B) is demosaicked; a panchromatic frame is
    grey.
    """
    a = frame.attrs
    dn = frame["dn"].to_numpy()
    share = dn.astype(np.float32) / np.float32(full_scale(frame))
    clipped, gains = burnt(frame), (np.array(a["acali"]) / a["exposure_ms"]).astype(np.float32)
    if a["bayer"]:
        return _from_red(demosaic, share, clipped, gains, a["bayer"].index("R"))
    if dn.ndim == 3:
        return share * gains, np.asarray(clipped.any(axis=2))
    return np.repeat(share[..., None], 3, axis=2) * gains, clipped


def _from_red(
    demosaic: Demosaic, share: Light, clipped: NDArray[np.bool_], gains: NDArray[np.float32], red: int
) -> tuple[Light, NDArray[np.bool_]]:
    """Demosaick a mosaic whose first quad has its red at place ``red``, line by line: filters want it at the first."""
    down, right = divmod(red, 2)
    around = ((down, down), (right, right))  # mirrored, so that colours go on alternating
    lines, samples = (slice(n, n + size) for n, size in zip((down, right), share.shape, strict=True))
    light, burnt = demosaic(np.pad(share, around, "reflect"), np.pad(clipped, around, "reflect"), gains)
    return light[lines, samples], burnt[lines, samples]
