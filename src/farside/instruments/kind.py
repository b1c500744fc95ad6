"""What the house needs to know of an instrument, whatever it measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.instruments.label import Element

if TYPE_CHECKING:
    import xarray as xr

Arrays = dict[str, NDArray[Any]]


class Encoded(NamedTuple):
    """A level-2 product before it is written: the data file's octets and everything below its label's root."""

    data: bytes
    elements: tuple[Element, ...]


@dataclass(frozen=True)
class Kind:
    """An instrument's identity and its ways between an observation and octets.

    name: farside's word for it. id: the archive's, as in product names. host: the archive's word for its vehicle.
    pack, unpack: observation to raw record and back; unpack raises DamagedFile.
    product_id: the product's name without its level, from an observation's attributes.
    restore: the observation of level-1 arrays (its data variables that are numbers, by name) and attributes.
    encode, decode: observation to a level-2 product, and back from a parsed label and its path; decode raises
    DamagedFile.
    """

    name: str
    id: str
    title: str
    host: str
    pack: Callable[[xr.Dataset], bytes]
    unpack: Callable[[bytes], xr.Dataset]
    product_id: Callable[[Mapping[Any, Any]], str]
    restore: Callable[[Arrays, dict[str, Any]], xr.Dataset]
    encode: Callable[[xr.Dataset], Encoded]
    decode: Callable[[Element, Path], xr.Dataset]


def read_beside(
    label: Element, path: Path, read_attrs: Callable[[Element], dict[str, Any]]
) -> tuple[bytes, dict[str, Any]]:
    """Data octets and attributes of the level-2 label at ``path``, its data file beside it. Raises DamagedFile."""
    try:
        attrs = read_attrs(label)
        return path.with_name(f"{attrs['product_id']}.{attrs['level']}").read_bytes(), attrs
    except BadInput as error:
        raise DamagedFile(path, f"the label names {error.value!r}, not a product of the archive") from error
    except OSError as error:
        raise DamagedFile(path, f"the data file of this label cannot be read: {error.strerror}") from error
