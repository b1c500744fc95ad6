"""All instruments that farside has, by name; each package is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from farside.errors import BadInput, DamagedFile
from farside.instruments.camera import camera_kind
from farside.instruments.instrument import CAMERAS
from farside.instruments.kind import Kind

if TYPE_CHECKING:
    import xarray as xr

PACKAGES: dict[str, str] = {
    "biosphere": "biosphere",
    "lfs": "lfs",
    "lpr": "lpr",
    "vnis": "vnis",
}
"""Instruments that are no cameras: name to the package, below this one, whose KIND they are."""


def names() -> tuple[str, ...]:
    """All instruments' names."""
    return (*CAMERAS, *PACKAGES)


@cache
def kind(name: str) -> Kind:
    """The instrument called ``name``. Raises BadInput for one farside does not have."""
    if name in CAMERAS:
        return camera_kind(name)
    if name not in PACKAGES:
        raise BadInput("instruments", "name", name, f"one of {', '.join(names())}")
    found: Kind = import_module(f"farside.instruments.{PACKAGES[name]}").KIND
    return found


def kind_of_id(identity: str) -> Kind:
    """The instrument by the archive's word for it, as in a product's name. Raises BadInput."""
    for name in names():
        if kind(name).id.lower() == identity.lower():
            return kind(name)
    known = ", ".join(kind(name).id for name in names())
    raise BadInput("product name", "instrument", identity, f"one of {known}")


def product_id(attrs: Mapping[Any, Any]) -> str:
    """Name, without level, of the product with these attributes. Raises BadInput for an unknown instrument."""
    return kind(str(attrs.get("instrument"))).product_id(attrs)


def unpack(record: bytes) -> xr.Dataset:
    """The observation of any instrument's raw record. Raises DamagedFile."""
    import cbor2

    try:
        name = cbor2.loads(record)["header"]["instrument"]
        instrument = kind(name)
    except (cbor2.CBORDecodeError, KeyError, TypeError, ValueError) as error:
        raise DamagedFile("raw record", str(error) or type(error).__name__) from error
    except BadInput as error:
        raise DamagedFile("raw record", f"of instrument {error.value!r}, expected {error.expected}") from error
    return instrument.unpack(record)
