"""Files of pictures: samples line by line, bands within a sample, and the names they go by.

No file of the real payload is published, so its pictures follow the terrain camera's: level 1 the mosaic of 16-bit
little-endian counts, level 2C eight bits of red, green, blue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import DamagedFile
from farside.instruments.biosphere.payload import camera
from farside.instruments.observation import observation as make_observation

if TYPE_CHECKING:
    import xarray as xr


def product_id(attrs: Mapping[Any, Any]) -> str:
    """Name of a picture without its level, as the cameras' pictures are named, the camera
    in place of the mode: CE4_GRAS_BIO-A-0007_SCI_N_...
    """
    start, stop = (re.sub(r"\D", "", str(attrs[key]))[:14] for key in ("start_utc", "stop_utc"))
    c = camera()
    index = f"{int(attrs['index']):0{c.index_digits}d}"
    return f"CE4_GRAS_{c.id}-{attrs['camera'].upper()}-{index}_SCI_N_{start}_{stop}_{attrs['sequence_id']}_A"


def to_bytes(observation: xr.Dataset) -> bytes:
    """The data file of a picture."""
    dn = observation["dn"].to_numpy()
    return np.ascontiguousarray(dn.astype(dn.dtype.newbyteorder("<"))).tobytes()


def from_bytes(data: bytes, label: Mapping[str, Any]) -> xr.Dataset:
    """The picture of a data file whose label gives these attributes. Raises DamagedFile where the two disagree."""
    d = camera().detector
    try:
        binning, colour = int(label["binning"]), not label["bayer"]
        shape: tuple[int, ...] = (d.height // binning, d.width // binning)
    except (KeyError, ValueError, TypeError, ZeroDivisionError) as error:
        raise DamagedFile("biosphere picture", f"a label without {error}") from error
    shape, dtype = ((*shape, 3), np.dtype("u1")) if colour else (shape, np.dtype("<u2"))
    expected = int(np.prod(shape)) * dtype.itemsize
    if len(data) != expected:
        raise DamagedFile("biosphere picture", f"{len(data)} octets; its label says {expected}")
    return make_observation(np.frombuffer(data, dtype).reshape(shape), **label)
