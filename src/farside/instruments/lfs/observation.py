"""Observations of the spectrometer: blocks of samples (raw, level 1) and spectra (level 2C), labelled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import utc_to_t
from farside.instruments.lfs.instrument import load

if TYPE_CHECKING:
    import xarray as xr

DIMS = ("block", "antenna", "sample")


def waveforms(dn: NDArray[np.uint16], **attrs: Any) -> xr.Dataset:
    """An observation of samples (block, antenna, sample), counts; block i begins at start_utc + i x every_s.

    attrs: instrument, mode, band, index, sequence_id, level, start_utc, stop_utc, every_s and sample_hz.
    """
    import xarray as xr

    t = utc_to_t(attrs["start_utc"]) + attrs["every_s"] * np.arange(len(dn))
    coords = {
        "time": ("block", t, {"units": "s", "scale": "TDB past J2000"}),
        "antenna": list(load().antennas.names[: dn.shape[1]]),
    }
    return xr.Dataset({"dn": (DIMS, dn, {"units": "DN"})}, coords, attrs={"product_id": product_id(attrs), **attrs})


def product_id(attrs: Mapping[Any, Any]) -> str:
    """Name of a product, without level, as the Chang'e archive writes it; times are cut to the second."""
    start, stop = (re.sub(r"\D", "", str(attrs[name]))[:14] for name in ("start_utc", "stop_utc"))
    return f"CE4_GRAS_{load().id}-{attrs['mode']}_SCI_P_{start}_{stop}_{attrs['sequence_id']}_B"
