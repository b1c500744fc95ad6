"""The spectrometer as the house knows it: its names, and its ways between an observation and octets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside.errors import BadInput
from farside.instruments.kind import Arrays, Encoded, Kind, read_beside
from farside.instruments.label import Element
from farside.instruments.vnis.label import label_attrs, label_elements
from farside.instruments.vnis.layout import from_bytes, to_bytes
from farside.instruments.vnis.observation import counts, product_name
from farside.instruments.vnis.record import pack, unpack
from farside.instruments.vnis.spec import load_vnis

if TYPE_CHECKING:
    import xarray as xr


def restore(arrays: Arrays, attrs: dict[str, Any]) -> xr.Dataset:
    """Level 1: counts with the filter on and off."""
    return counts(arrays["dn"], arrays["dark"], **attrs)


def encode(observation: xr.Dataset) -> Encoded:
    """Level 2B: file and label. Raises BadInput for an attribute that the label needs."""
    data = to_bytes(observation)
    try:
        return Encoded(data, label_elements(observation, len(data)))
    except KeyError as error:
        name = str(observation.attrs.get("product_id"))
        raise BadInput(name, str(error.args[0]), None, "a spectrum with everything its label says") from error


def decode(label: Element, path: Path) -> xr.Dataset:
    """Level 2B: the observation of the label at ``path``. Raises DamagedFile."""
    data, attrs = read_beside(label, path, label_attrs)
    return from_bytes(data, attrs)


KIND = Kind(
    name=load_vnis().name,
    id=load_vnis().id,
    title=load_vnis().title,
    host=load_vnis().host,
    pack=pack,
    unpack=unpack,
    product_id=product_name,
    restore=restore,
    encode=encode,
    decode=decode,
)
