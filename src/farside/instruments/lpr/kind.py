"""The radar as the house knows it: level 1 as arrays, level 2 as the real 2B file with its label."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.instruments.arrays import data_name
from farside.instruments.kind import Arrays, Encoded, Kind
from farside.instruments.label import Element
from farside.instruments.lpr.label import label_elements
from farside.instruments.lpr.layout import from_bytes, to_bytes
from farside.instruments.lpr.observation import product_id, soundings
from farside.instruments.lpr.radar import radar
from farside.instruments.lpr.record import pack, unpack

if TYPE_CHECKING:
    import xarray as xr


def restore(arrays: Arrays, attrs: dict[str, Any]) -> xr.Dataset:
    """The observation of a level-1 product: echoes ``dn`` and the columns of its records."""
    columns = {name: values for name, values in arrays.items() if name != "dn"}
    return soundings(arrays["dn"], columns, **attrs)


def encode(observation: xr.Dataset) -> Encoded:
    """The 2B file of a level-2B observation and its label. Raises BadInput for another level."""
    a = observation.attrs
    if a["level"] != "2B":
        raise BadInput(str(a.get("product_id")), "level", a["level"], "a level-2B radar observation")
    return Encoded(to_bytes(observation), label_elements(observation))


def decode(label: Element, path: Path) -> xr.Dataset:
    """The observation that the label at ``path`` describes; its echoes stay in the file. Raises DamagedFile."""
    if not (name := data_name(label)):
        raise DamagedFile(path, "the label names no data file")
    data = path.with_name(name)
    return from_bytes(_octets(data), label, str(data))


def _octets(path: Path) -> NDArray[np.uint8]:
    try:
        return np.memmap(path, np.uint8, "r")
    except (OSError, ValueError) as error:  # not there, or empty
        raise DamagedFile(path, f"its octets cannot be read: {error}") from error


KIND = Kind(
    name="lpr",
    id=radar().id,
    title=radar().title,
    host=radar().host,
    pack=pack,
    unpack=unpack,
    product_id=product_id,
    restore=restore,
    encode=encode,
    decode=decode,
)
