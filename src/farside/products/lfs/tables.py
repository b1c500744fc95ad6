"""The dynamic spectrum as tables: the flux over time, the quiet sky, and the ridge of the burst."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from farside import archive

if TYPE_CHECKING:
    import xarray as xr

SKY = ("background", "brightness", "brightness_variance")
RIDGE = ("ridge_frequency", "ridge_time", "ridge_time_error", "ridge_peak", "ridge_decay")


def write_tables(product: xr.Dataset, folder: Path) -> dict[str, Path]:
    """Write a dynamic spectrum as PRODUCT-flux, -sky and -ridge; their paths by "flux", "sky" and "ridge".

    flux: a row a spectrum, ``flux`` and ``variance`` (n, frequency); the frequencies are the rows of sky. Attributes
    are the product's, and the unit of each column.
    """
    columns = {
        "flux": {name: product[name].to_numpy().astype(np.float32) for name in ("flux", "variance")},
        "sky": {name: product[name].to_numpy() for name in SKY},
        "ridge": {name: product[name].to_numpy() for name in RIDGE},
    }
    columns["flux"] = {"t": product["time"].to_numpy(), **columns["flux"]}
    columns["sky"] = {"frequency": product["frequency"].to_numpy(), **columns["sky"]}
    units = {name: product[name].attrs["units"] for name in (*product.data_vars, "frequency")}
    units["t"] = "s, TDB past J2000"
    return {
        part: archive.write_table(
            folder,
            f"{product.attrs['product_id']}-{part}",
            table,
            {**product.attrs, "units": {str(name): units[name] for name in table}},
        )
        for part, table in columns.items()
    }
