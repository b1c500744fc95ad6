"""The experiment as one product: charts of the sensors over time and growth in the pictures over frames."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from farside.geometry import t_to_utc
from farside.products.biosphere.charts import Columns, charts
from farside.products.biosphere.sprout import COARSEST, MIN_QUIET, growth
from farside.products.provenance import provenance

if TYPE_CHECKING:
    import xarray as xr


def biosphere(telemetry: Columns, frames: Sequence[xr.Dataset] = ()) -> xr.Dataset:
    """Everything learnt from what arrived: ``charts`` on (time), and ``growth`` on (frame) from camera a's pictures.

    telemetry: columns of unpack_packets; frames: level-1 pictures, those of other cameras or too coarse ones are left
    out; with too few of them there is no growth. Every value has a ``_variance``. Raises BadInput.
    """
    product = charts(telemetry)
    inputs = json.loads(product.attrs["provenance"])["inputs"]
    bed = [f for f in frames if f.attrs["camera"] == "a" and f.attrs["binning"] <= COARSEST]
    grown = {"first_sprout_utc": "", "first_sprout_low_utc": "", "first_sprout_high_utc": ""}
    if len(bed) > MIN_QUIET:
        area = growth(bed)
        inputs += json.loads(area.attrs["provenance"])["inputs"]
        grown = {key: area.attrs[key] for key in grown}
        product = product.merge(area.rename(t="frame_t"), combine_attrs="override")
    return product.assign_attrs(
        instrument="biosphere",
        title="Biological experiment",
        level="3",
        start_utc=t_to_utc(float(product["t"][0])),
        stop_utc=t_to_utc(float(product["t"][-1])),
        **grown,
        provenance=provenance("biosphere", inputs),
    )
