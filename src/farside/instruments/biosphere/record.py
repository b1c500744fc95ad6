"""The raw record of a picture: that of every camera, a JPEG 2000 codestream for each plane of the Bayer mosaic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.errors import DamagedFile
from farside.instruments.biosphere.payload import camera, numbers
from farside.instruments.record import pack
from farside.instruments.record import unpack as unpack_frame

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["pack", "unpack"]


def unpack(record: bytes) -> xr.Dataset:
    """The picture of a record. Raises DamagedFile, also for a picture that the payload's cameras cannot have taken."""
    frame = unpack_frame(record)
    a, d = frame.attrs, camera().detector
    if a.get("instrument") != camera().name or a.get("camera") not in numbers()["views"]:
        raise DamagedFile("biosphere record", f"a picture of {a.get('instrument')!r}, camera {a.get('camera')!r}")
    binning = a.get("binning")
    if not isinstance(binning, int) or frame["dn"].shape != (d.height // max(binning, 1), d.width // max(binning, 1)):
        raise DamagedFile("biosphere record", f"{frame['dn'].shape} pixels with binning {binning!r}")
    return frame
