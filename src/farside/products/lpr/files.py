"""Files of a radargram: its two images, and the table of its way.

NAME_TIME.tif     amplitude, trace by trace, from the surface's echo on
NAME_DEPTH.tif    the same migrated, in depth
NAME_WAY.parquet  of each trace: time, place, attitude, and the depth of every layer boundary with its interval
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside import archive

if TYPE_CHECKING:
    import xarray as xr

_PROFILES = ("variance", "permittivity", "permittivity_low", "permittivity_high")
"""What depends on depth alone; it stands in the attributes of the section in depth."""


def write_radargram(section: xr.Dataset, folder: Path) -> dict[str, Path]:
    """Write a radargram into ``folder``; return its files by name: "time", "radargram" (labels) and "layers"."""
    name = section.attrs["product_id"]
    profiles = {key: section[key].to_numpy().tolist() for key in _PROFILES}
    time = section[["amplitude"]].assign_attrs(
        product_id=f"{name}_TIME", title="section in time", time_step_ns=_step(section["time_ns"])
    )
    depth = section[["migrated"]].assign_attrs(
        product_id=f"{name}_DEPTH", title="section in depth", depth_step_m=_step(section["depth_m"]), **profiles
    )
    return {
        "time": archive.write_layers(time, folder),
        "radargram": archive.write_layers(depth, folder),
        "layers": archive.write_table(folder, f"{name}_WAY", _way(section), section.attrs),
    }


def _step(axis: xr.DataArray) -> float:
    return float(axis[1] - axis[0])


def _way(section: xr.Dataset) -> dict[str, NDArray[np.float64]]:
    """Columns (trace,): t (TDB s past J2000), metres, and angles in attrs["attitude_unit"]."""
    columns = {"t": section["t"].to_numpy(), "distance_m": section["distance_m"].to_numpy()}
    for name, parts in (("position", ("north_m", "east_m", "down_m")), ("attitude", ("pitch", "roll", "yaw"))):
        columns |= dict(zip(parts, section[name].to_numpy().T.astype(float), strict=True))
    for k in range(section.sizes["layer"]):
        for which in ("depth", "low", "high"):
            columns[f"layer_{k + 1}_{which}_m"] = section[f"layer_{which}_m"].to_numpy()[k]
    return columns
