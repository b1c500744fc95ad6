"""The light that a calibrated frame shows, in colour, whatever its level."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.products.demosaic import menon

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
    top = 2 ** int(a["bits"]) - 1
    share = dn.astype(np.float32) / np.float32(top)
    burnt, gains = dn >= top, (np.array(a["acali"]) / a["exposure_ms"]).astype(np.float32)
    if a["bayer"]:
        return demosaic(share, burnt, gains)
    if dn.ndim == 3:
        return share * gains, burnt.any(axis=2)
    return np.repeat(share[..., None], 3, axis=2) * gains, burnt
