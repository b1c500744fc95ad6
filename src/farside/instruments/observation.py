"""The observation: one labelled array with what its label says, for simulated and real data alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Pinhole
from farside.instruments.instrument import CAMERAS, Camera, load
from farside.instruments.names import product_id

if TYPE_CHECKING:
    import xarray as xr

MISSION = "CE4"
"""The mission that the instruments' numbers are of."""
DIMS = ("line", "sample", "band")


def observation(dn: NDArray[Any], **attrs: Any) -> xr.Dataset:
    """An observation of counts ``dn``, shape (line, sample[, band]), with flat, JSON-able attributes."""
    import xarray as xr

    return xr.Dataset({"dn": (DIMS[: dn.ndim], dn, {"units": "DN"})}, attrs=attrs)


def camera_model(observation: xr.Dataset) -> Camera:
    """The camera model that an observation's own label gives, in the label's convention.

    Falls back on the instrument's published numbers for a frame of Chang'e 4 whose label has none, as raw ones; a lens
    that bends is always the instrument's. Raises BadInput where neither is there, for a principal point that is not
    given or of an unknown unit, or for a focal length that is none.
    """
    a = observation.attrs
    known = load(a["instrument"]) if a.get("instrument") in CAMERAS else None
    if "focal_length_mm" in a:
        frame = _frame(a, *observation["dn"].shape[1::-1])
        return known.behind_lens(frame) if known else frame
    # the published numbers are those of Chang'e 4's cameras, not of their namesakes on other missions
    if known is None or not str(a.get("mission", MISSION)).upper().startswith(MISSION):
        raise BadInput(_name(a), "focal_length", None, "a label with the camera's focal length")
    return known.camera(int(a.get("binning", 1)))


def pinhole(observation: xr.Dataset) -> Pinhole:
    """As ``camera_model``, for work that needs straight lines to stay straight. Raises BadInput for a lens, too."""
    model = camera_model(observation)
    if not isinstance(model, Pinhole):
        a = observation.attrs
        raise BadInput(_name(a), "instrument", a["instrument"], "a camera whose lens keeps straight lines straight")
    return model


def _frame(a: dict[Any, Any], width: int, height: int) -> Pinhole:
    for field, value in {"focal_length": a["focal_length_mm"], "pixel_size": a.get("pixel_size_um")}.items():
        if value is None or not 0.0 < value < float("inf"):
            raise BadInput(_name(a), field, value, "a length above 0")
    focal, pixel = a["focal_length_mm"], a["pixel_size_um"]
    x0, y0, unit = a.get("x0"), a.get("y0"), a.get("principal_point_unit")
    if x0 is None or y0 is None or unit not in (None, "mm", "pixel"):
        raise BadInput(_name(a), "principle_point_coordinate", unit, "a principal point in mm or pixel")
    if unit == "pixel":
        return Pinhole.from_pixels(width, height, focal, pixel, x0, y0)
    frame = Pinhole(width, height, focal, pixel, x0, y0)
    if unit is None and not (0.0 <= frame.principal_pixel[0] <= width and 0.0 <= frame.principal_pixel[1] <= height):
        raise BadInput(_name(a), "principle_point_coordinate", (x0, y0), "its unit: in mm it is off the detector")
    return frame


def _name(attrs: dict[Any, Any]) -> str:
    return str(attrs.get("product_id") or product_id(attrs))
