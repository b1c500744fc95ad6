"""The radio spectrometer as the house knows it: its names, and its ways between an observation and octets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside.errors import BadInput
from farside.instruments.kind import Arrays, Encoded, Kind, read_beside
from farside.instruments.label import Element
from farside.instruments.lfs.instrument import load
from farside.instruments.lfs.label import label_attrs, label_elements
from farside.instruments.lfs.layout import from_bytes, to_bytes
from farside.instruments.lfs.observation import product_id, waveforms
from farside.instruments.lfs.record import pack, unpack

if TYPE_CHECKING:
    import xarray as xr


def restore(arrays: Arrays, attrs: dict[str, Any]) -> xr.Dataset:
    """Level 1: the samples."""
    return waveforms(arrays["dn"], **attrs)


def encode(spectra: xr.Dataset) -> Encoded:
    """Level 2C: file and label. Raises BadInput for an attribute that the label needs."""
    try:
        return Encoded(to_bytes(spectra), label_elements(spectra))
    except KeyError as error:
        name = str(spectra.attrs.get("product_id"))
        raise BadInput(name, str(error.args[0]), None, "spectra with everything their label says") from error


def decode(label: Element, path: Path) -> xr.Dataset:
    """Level 2C: the spectra of the label at ``path``. Raises DamagedFile."""
    data, attrs = read_beside(label, path, label_attrs)
    return from_bytes(data, attrs)


KIND = Kind(
    name=load().name,
    id=load().id,
    title=load().title,
    host=load().host,
    pack=pack,
    unpack=unpack,
    product_id=product_id,
    restore=restore,
    encode=encode,
    decode=decode,
)
