"""One sounding from the records it was sent in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from farside.instruments.lpr import product_id, radar, soundings

if TYPE_CHECKING:
    import xarray as xr

GAP = 3.0
"""Records that follow later than so many intervals belong to another sounding: what is between them was lost."""


def joined(observations: Sequence[xr.Dataset]) -> Iterator[xr.Dataset]:
    """Observations of one channel and sequence, put together where they follow each other, in the order of time."""
    if not observations:
        return
    rest = sorted(observations, key=lambda o: float(o["t"][0]))
    gap = GAP * radar().channel(rest[0].attrs["mode"]).record_interval_s
    run = rest[:1]
    for one in rest[1:]:
        if float(one["t"][0] - run[-1]["t"][-1]) > gap:
            yield _one(run)
            run = []
        run.append(one)
    yield _one(run)


def _one(run: Sequence[xr.Dataset]) -> xr.Dataset:
    if len(run) == 1:
        return run[0]
    columns = {str(name): np.concatenate([o[name].to_numpy() for o in run]) for name in run[0].data_vars}
    attrs = {**run[0].attrs, "stop_utc": run[-1].attrs["stop_utc"]}
    return soundings(columns.pop("dn"), columns, **{**attrs, "product_id": product_id(attrs)})
