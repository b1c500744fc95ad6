"""Level 2B from the raw record: sums of samples become echo counts, as in the real files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.errors import BadInput
from farside.instruments.lpr import radar
from farside.products.provenance import provenance, source

if TYPE_CHECKING:
    import xarray as xr


def calibrate(raw: xr.Dataset) -> xr.Dataset:
    """The level-2B observation of a raw one: divided by the number of accumulations, attenuation undone.

    Raises BadInput for an observation of another level.
    """
    a = raw.attrs
    if a["level"] not in ("raw", "1"):
        raise BadInput(str(a.get("product_id")), "level", a["level"], "a raw observation")
    channel = radar().channel(a["mode"])
    counts = (raw["dn"] * np.float32(channel.counts_per_unit)).astype(np.float32)
    out = raw.assign(dn=counts.assign_attrs(units="DN"))
    record = provenance(
        "calibrate", [source(raw)], accumulations=channel.accumulations, attenuation_db=channel.attenuation_db
    )
    return out.assign_attrs(level="2B", provenance=record)
