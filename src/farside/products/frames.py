"""What the desks of all cameras share: calibrating a frame as it comes and keeping it in the archive."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from farside import archive
from farside.errors import BadInput
from farside.products.calibrate import calibrate
from farside.products.desk import Bench, Still
from farside.products.masters import NONE, Masters
from farside.products.still import write_still

if TYPE_CHECKING:
    import xarray as xr


WIDE_DEG = 90.0
"""A sequence whose yaws span more than this is a panorama, whole or not; one that spans less is a portrait."""


def is_wide(yaws_deg: Iterable[float]) -> bool:
    """Whether the yaws of a sequence's frames are those of a panorama."""
    yaws = np.array(sorted(set(yaws_deg)))
    gaps = np.diff([*yaws, yaws[0] + 360.0])
    return bool(360.0 - gaps.max() > WIDE_DEG)


def keep_frame(frame: xr.Dataset, bench: Bench, masters: Masters = NONE) -> tuple[Path, xr.Dataset]:
    """Calibrate a frame of counts (one of level 2 stays as it is) and write it; label and level-2 frame.

    Raises BadInput for counts where nobody knows the place they were taken at.
    """
    calibrated = frame
    if frame.attrs["level"] in ("raw", "1"):
        if bench.site is None:
            raise BadInput(
                str(frame.attrs.get("product_id")), "site", None, "the place of the lander, for level 2's label"
            )
        calibrated = calibrate(frame, bench.site, masters)
    return archive.write(calibrated, bench.archive / archive.LEVEL2), calibrated


def still(frame: xr.Dataset, bench: Bench, caption: str) -> Still:
    """A level-2 frame as a picture to look at."""
    return Still(write_still(frame, bench.browse / f"{frame.attrs['product_id']}.png"), caption)


def clock(utc: str) -> str:
    """A UTC time as people read it, to the second."""
    return utc[:19].replace("T", " ")
