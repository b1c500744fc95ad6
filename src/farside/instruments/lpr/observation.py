"""The radar's observation: echoes by trace and sample, and what every record says beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.instruments.lpr.clock import t_of
from farside.instruments.lpr.radar import radar

if TYPE_CHECKING:
    import xarray as xr

COLUMNS: dict[str, tuple[str, int, str]] = {
    "clock_ms": ("i8", 1, "ms since 2009-12-31T16:00:00 UTC"),
    "velocity": ("f4", 1, "m/s"),
    "position": ("f4", 3, "m; north, east, down of the reference point"),
    "attitude": ("f4", 3, "pitch, roll, yaw in attrs['attitude_unit']"),
    "reference_position": ("f4", 3, "m; east, north, up of the lander"),
    "reference_attitude": ("f4", 3, "deg; pitch, roll, yaw"),
    "parameter1": ("u1", 11, "codes"),
    "radar_mode": ("u1", 1, "code"),
    "gain": ("u1", 5, "codes"),
    "parameter2": ("u1", 28, "codes"),
    "valid_length": ("u2", 1, "byte"),
    "count": ("u2", 2, "records of channels 1 and 2"),
    "quality": ("u1", 1, "code, 0 good"),
    "damaged": ("?", 1, "a record whose marks or length contradict its kind"),
}
"""What a record holds beside its echoes: type, values in a record, unit."""


def soundings(dn: NDArray[Any], columns: Mapping[str, NDArray[Any]], **attrs: Any) -> xr.Dataset:
    """An observation of echoes ``dn``, (trace, sample), with the columns of COLUMNS, (trace,) or (trace, k).

    Columns that are not given are zero. Coordinates: ``t`` (TDB s past J2000) by trace, ``time_ns`` by sample, from the
    first sample on. attrs: flat and JSON-able; instrument, level and mode ("1", "2A" or "2B") among them.
    """
    import xarray as xr

    channel = radar().channel(str(attrs["mode"]))
    n = len(dn)
    data: dict[str, Any] = {"dn": (("trace", "sample"), dn, {"units": "DN"})}
    for name, (kind, width, unit) in COLUMNS.items():
        shape = (n,) if width == 1 else (n, width)
        column = np.asarray(columns[name] if name in columns else np.zeros(shape), kind)
        if column.shape != shape:
            raise BadInput("lpr", name, column.shape, f"a column of shape {shape}")
        data[name] = (("trace",) if width == 1 else ("trace", name + "_item"), column, {"units": unit})
    coords = {
        "t": ("trace", t_of(data["clock_ms"][1]), {"units": "s, TDB past J2000"}),
        "time_ns": ("sample", np.arange(dn.shape[1]) * channel.interval_ns, {"units": "ns"}),
    }
    return xr.Dataset(data, coords, {"instrument": "lpr", "index": 0, **attrs})


def product_id(attrs: Mapping[Any, Any]) -> str:
    """Name, without level, of a radar product: CE4_GRAS_LPR-2B_SCI_N_<start>_<stop>_0001_A."""
    start, stop = (re.sub(r"\D", "", str(attrs[key]))[:14] for key in ("start_utc", "stop_utc"))
    return f"CE4_GRAS_LPR-{attrs['mode']}_SCI_N_{start}_{stop}_{attrs['sequence_id']}_A"
