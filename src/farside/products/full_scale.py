"""Full scale of a level-2 frame: the largest count that its samples can have, and which samples have reached it.

Of Chang'e 4's cameras the bits of a sample at the sensor are known, yet one real PCAM frame of 10 bits ends at 255; of
others' 16-bit files nobody has published any. So nothing is taken for granted of 16 bits: full scale is also where a
frame's counts pile up at its brightest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput

if TYPE_CHECKING:
    import xarray as xr

UNIT = 4095
"""Counts of unknown bits are told as shares of this, the most that 12 bits hold: a unit, not a limit of the sensor."""
PILE, STEEP = 16, 4.0
"""So many samples at the brightest count, and so many times those of the mean count just below, are a clipped pile;
light that is cut off there goes on below it, and where it does not the ground is even."""
BELOW = 8
"""Counts below the brightest one that it is compared with."""


def full_scale(frame: xr.Dataset) -> int:
    """What counts are told as shares of. Raises BadInput for counts above it where bits are not known."""
    if "bits" in frame.attrs:
        return int(2 ** int(frame.attrs["bits"]) - 1)
    if frame["dn"].dtype.itemsize == 1:
        return 255
    if (brightest := int(frame["dn"].max())) > UNIT:
        expected = f"counts up to {UNIT}, or the camera's bits in a farside.yaml beside the file"
        raise BadInput(str(frame.attrs.get("product_id")), "dn", brightest, expected)
    return UNIT


def burnt(frame: xr.Dataset) -> NDArray[np.bool_]:
    """Samples at full scale, shape of the frame's counts: by its bits, and of 16 bits where the brightest pile up."""
    dn: NDArray[Any] = frame["dn"].to_numpy()
    full = np.asarray(dn >= full_scale(frame)) if "bits" in frame.attrs else np.zeros(dn.shape, bool)
    if dn.itemsize == 1 or full.any() or not (top := int(dn.max())):
        return full
    at_top = np.asarray(dn == top)
    piled = int(at_top.sum())
    below = int(((dn >= max(top - BELOW, 0)) & ~at_top).sum()) / BELOW
    return at_top if PILE <= piled <= dn.size // 2 and piled > STEEP * below > 0.0 else full
