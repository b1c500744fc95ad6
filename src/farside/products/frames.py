"""What the desks of all cameras share: calibrating a frame as it comes and keeping it in the archive."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from farside import archive
from farside.errors import BadInput
from farside.geometry import Site
from farside.instruments import pinhole
from farside.products.calibrate import calibrate
from farside.products.desk import Bench, Still
from farside.products.masters import NONE, Masters
from farside.products.still import write_still

if TYPE_CHECKING:
    import xarray as xr


COUNTS = ("raw", "1")
"""Levels that are still to be calibrated."""
NEEDED = {
    "lcam": {"exposure_ms": "exposure_time"},
    "tcam": {
        "exposure_ms": "exposure_time",
        "acali": "acali",
        "camera_position_m": "camera_center_position_x, _y, _z",
        "camera_rotation_deg": "camera_rotation_angle_roll, _pitch, _yaw",
        "mast_pitch_deg": "mast_angel_pitch",
        "mast_yaw_deg": "mast_angel_yaw",
        "sun_azimuth_deg": "lander_solar_azimuth_angel",
    },
    "pcam": {
        "exposure_ms": "exposure_time",
        "acali": "acali",
        "reference_frame": "reference_frame_id",
        "camera_position_m": "camera_center_position_x, _y, _z",
        "camera_rotation_deg": "camera_rotation_angle_roll, _pitch, _yaw",
        "center_vector": "center_point_observe_vector",
    },
}
"""By desk: attributes without which a level-2 frame is of no use there, and the elements of a label that give them."""
WIDE_DEG = 90.0
"""A sequence whose yaws span more than this is a panorama, whole or not; one that spans less is a portrait."""


def is_wide(yaws_deg: Iterable[float]) -> bool:
    """Whether the yaws of a sequence's frames are those of a panorama."""
    yaws = np.array(sorted(set(yaws_deg)))
    gaps = np.diff([*yaws, yaws[0] + 360.0])
    return bool(360.0 - gaps.max() > WIDE_DEG)


def demand(frame: xr.Dataset, desk: str) -> None:
    """Raise BadInput, with the element that is missing, for a frame whose label lacks what that desk needs of it."""
    a = frame.attrs
    for name, element in ({"start_utc": "start_date_time"} | NEEDED.get(desk, {})).items():
        if name not in a:
            raise BadInput(
                str(a.get("product_id")), element, None, f"a label that gives it: the desk of {desk} needs it"
            )
    if desk in NEEDED:
        pinhole(frame)


def level2(frame: xr.Dataset, site: Site | None, masters: Masters = NONE) -> xr.Dataset:
    """The calibrated frame of a frame of counts. Raises BadInput where nobody knows the place they were taken at."""
    if site is None:
        raise BadInput(
            str(frame.attrs.get("product_id")), "site", None, "the lander's place (--lat, --lon), for level 2's label"
        )
    return calibrate(frame, site, masters)


def keep_frame(frame: xr.Dataset, bench: Bench, masters: Masters = NONE) -> tuple[Path, xr.Dataset]:
    """Label and frame of level 2: of counts calibrated and written; a file of level 2 stays as and where it is."""
    if frame.attrs["level"] in COUNTS:
        frame = level2(frame, bench.site, masters)
    return archive.keep(frame, bench.archive / archive.LEVEL2), frame


def still(frame: xr.Dataset, bench: Bench, caption: str) -> Still:
    """A level-2 frame as a picture to look at."""
    return Still(write_still(frame, bench.browse / f"{frame.attrs['product_id']}.png"), caption)


def clock(utc: str) -> str:
    """A UTC time as people read it, to the second."""
    return utc[:19].replace("T", " ")
