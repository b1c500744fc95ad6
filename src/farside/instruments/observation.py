"""The observation: one labelled array with what its label says, for simulated and real data alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Pinhole
from farside.instruments.instrument import CAMERAS, load
from farside.instruments.names import product_id

if TYPE_CHECKING:
    import xarray as xr

DIMS = ("line", "sample", "band")


def observation(dn: NDArray[Any], **attrs: Any) -> xr.Dataset:
    """An observation of counts ``dn``, shape (line, sample[, band]), with flat, JSON-able attributes."""
    import xarray as xr

    return xr.Dataset({"dn": (DIMS[: dn.ndim], dn, {"units": "DN"})}, attrs=attrs)


def pinhole(observation: xr.Dataset) -> Pinhole:
    """The camera model that an observation's own label gives, in the label's convention.

    Falls back on the instrument's published numbers for a raw frame, whose label has none. Raises BadInput where
    neither is there, or where the unit of the principal point is unknown.
    """
    a = observation.attrs
    height, width = observation["dn"].shape[:2]
    if "focal_length_mm" not in a:
        if a.get("instrument") not in CAMERAS:
            raise BadInput(_name(a), "focal_length", None, "a label with the camera's focal length")
        return load(a["instrument"]).camera(int(a.get("binning", 1)))
    unit = str(a.get("principal_point_unit", "mm")).lower()
    if unit in ("pixel", "pixels", "px"):
        return Pinhole.from_pixels(width, height, a["focal_length_mm"], a["pixel_size_um"], a["x0"], a["y0"])
    if unit not in ("mm", "millimeter", "millimetre"):
        raise BadInput(_name(a), "principle_point_coordinate", unit, "a principal point in mm or pixel")
    return Pinhole(width, height, a["focal_length_mm"], a["pixel_size_um"], a["x0"], a["y0"])


def _name(attrs: dict[Any, Any]) -> str:
    return str(attrs.get("product_id") or product_id(attrs))
