"""The maps a panorama can be laid in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Cylinder, Equirectangular, Overhead, PanoramaMap, Pinhole, azel
from farside.products.panorama.placing import Placing

Array = NDArray[np.float64]

PROJECTIONS = ("equirectangular", "cylindrical", "polar", "vertical")
"""Rows even in elevation, in its tangent; seen from above, even in the angle from the nadir, in its tangent."""
OVERHEAD_WIDTH = 8192
"""Width of a map from above, if nobody asks for another."""
STEEPEST_DEG = 75.0
"""No cylinder is higher."""
LEVEL_REACH_DEG = 84.0
"""A vertical map shows level ground up to this angle from the nadir: 9.5 times the eye's height away."""


def view(placing: Placing, projection: str, width: int | None, az_left_deg: float, turn: Array) -> PanoramaMap:
    """The map that holds all frames, of the lander frame turned by ``turn`` (3, 3).

    width: pixels; if None the camera's own resolution, or OVERHEAD_WIDTH from above. az_left_deg: azimuth of the left
    edge where there is one. Raises BadInput as ``check_view`` does, and for frames that the projection cannot show.
    """
    check_view(projection, width, placing.camera, az_left_deg)
    native = native_width(placing.camera)
    edges = np.concatenate([placing.edge(k) for k in range(len(placing.rotations))])
    el = np.degrees(azel(edges @ turn.T)[1])
    highest, lowest = float(el.max()), float(el.min())
    if projection == "equirectangular":
        return Equirectangular.around(width or native, highest, lowest, az_left_deg)
    if projection == "cylindrical":
        if max(highest, -lowest) > STEEPEST_DEG:
            raise BadInput(
                "panorama", "projection", projection, f"another: frames reach to {highest:.0f}, {lowest:.0f}"
            )
        return Cylinder.around(width or native, highest, lowest, az_left_deg)
    level = projection == "vertical"
    reach = LEVEL_REACH_DEG if level else min(90.0 + highest, 180.0)
    if lowest > reach - 90.0:
        raise BadInput("panorama", "projection", projection, f"frames of the ground; the lowest sees {lowest:.1f} deg")
    return Overhead(width or min(native, OVERHEAD_WIDTH), reach, level)


def native_width(camera: Pinhole) -> int:
    """Columns of the full circle at a camera's own resolution."""
    return round(2.0 * np.pi / camera.pixel_rad)


def check_view(
    projection: str, width: int | None, camera: Pinhole | None = None, az_left_deg: float | None = None
) -> None:
    """Raise BadInput for a projection that there is not, a width that no map, or none of this camera, may have, and a
    left edge that is no azimuth.
    """
    if projection not in PROJECTIONS:
        raise BadInput("panorama", "projection", projection, f"one of {', '.join(PROJECTIONS)}")
    if width is not None and width < 1:
        raise BadInput("panorama", "width", width, "pixels, 1 or more")
    if az_left_deg is not None and not -360.0 <= az_left_deg <= 360.0:
        raise BadInput("panorama", "az_left", az_left_deg, "an azimuth from -360 to 360 degrees")
    if width is not None and camera is not None and width > 2 * native_width(camera):
        most = 2 * native_width(camera)
        raise BadInput("panorama", "width", width, f"at most {most}, twice the camera's own {most // 2}")


def told(grid: PanoramaMap, height_m: float) -> dict[str, float | str]:
    """A map as attributes of a product; height_m: of the eye over the ground."""
    if isinstance(grid, Overhead):
        said: dict[str, float | str] = {
            "projection": "vertical" if grid.level else "polar",
            "reach_deg": grid.reach_deg,
        }
        if grid.level:
            return {**said, "scale_m": grid.scale * height_m}
        return {**said, "scale_deg": float(np.degrees(grid.scale))}
    name = "cylindrical" if isinstance(grid, Cylinder) else "equirectangular"
    edges = {"az_left_deg": grid.az_left_deg, "el_top_deg": grid.el_top_deg}
    return {"projection": name, "scale_deg": grid.scale_deg, **edges}
