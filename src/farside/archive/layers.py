"""Level-3 image products: one uncompressed TIFF whose pages are the product's layers, under a valid PDS4 label.

    NAME.tif    a page for each data variable, samples contiguous, so that the label can point at them
    NAME.json   attributes: projection, provenance, units and scale of each layer
    NAME.xml    PDS4 label of both

All three are the same bytes for the same product.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.archive import pds4
from farside.errors import DamagedFile
from farside.instruments import Element, array_element, kind
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

COLLECTION = "data_derived"


def write_layers(product: xr.Dataset, folder: str | Path) -> Path:
    """Write a product whose variables are images (line, sample[, band]); return the label's path."""
    import tifffile

    a = product.attrs
    name = a["product_id"]
    tiff = Path(folder) / f"{name}.tif"
    layers = {str(key): np.ascontiguousarray(v.to_numpy()) for key, v in product.data_vars.items()}
    with atomic_write(tiff) as part, tifffile.TiffWriter(part, byteorder="<") as writer:
        for layer in layers.values():
            writer.write(
                layer, photometric="rgb" if layer.ndim == 3 else "minisblack", software=False, metadata=None
            )  # fmt: skip
    notes = {"attrs": a, "layers": [[key, v.attrs] for key, v in product.data_vars.items()]}
    sidecar = tiff.with_suffix(".json")
    with atomic_write(sidecar) as part:
        part.write_text(json.dumps(notes, indent=1, sort_keys=True) + "\n", encoding="ascii", newline="\r\n")
    return _write_label(tiff, sidecar, layers, a)


def read_layers(label: str | Path) -> xr.Dataset:
    """The product of a label written by ``write_layers``. Raises DamagedFile."""
    import tifffile
    import xarray as xr

    path = Path(label)
    try:
        notes = json.loads(path.with_suffix(".json").read_text(encoding="ascii"))
        with tifffile.TiffFile(path.with_suffix(".tif")) as tiff:
            arrays = [page.asarray() for page in tiff.pages]
        layers = {
            name: (("line", "sample", "band")[: array.ndim], array, attrs)
            for (name, attrs), array in zip(notes["layers"], arrays, strict=True)
        }
    except (OSError, ValueError, KeyError, tifffile.TiffFileError) as error:
        raise DamagedFile(path, f"not a whole product: {error}") from error
    return xr.Dataset(layers, attrs=notes["attrs"])


def _write_label(tiff: Path, sidecar: Path, layers: dict[str, Any], a: dict[Any, Any]) -> Path:
    import tifffile

    name, instrument = a["product_id"], kind(a["instrument"])
    with tifffile.TiffFile(tiff) as file:
        offsets = [page.dataoffsets[0] for page in file.pages]  # type: ignore[union-attr]
    arrays = [
        _named(array_element(layer.shape, layer.dtype, "DN", offset), key)
        for (key, layer), offset in zip(layers.items(), offsets, strict=True)
    ]
    header = Element("Encoded_Header", (
        Element("offset", "0", "byte"), Element("object_length", "8", "byte"), Element("encoding_standard_id", "TIFF"),
    ))  # fmt: skip
    text = Element("Stream_Text", (
        Element("name", "Attributes and provenance, JSON"),
        Element("offset", "0", "byte"),
        Element("object_length", str(sidecar.stat().st_size), "byte"),
        Element("parsing_standard_id", "7-Bit ASCII Text"),
        Element("record_delimiter", "Carriage-Return Line-Feed"),
    ))  # fmt: skip
    mission = pds4.mission_lid(name)
    title = f"{instrument.title} {a['title']}"
    return pds4.write_label(tiff.with_suffix(".xml"), "Product_Observational", (
        pds4.identification(f"{pds4.bundle_lid(name)}:{COLLECTION}:{name.lower()}", title, "Product_Observational",
                            a["stop_utc"][:4], f"{title}. Inputs and parameters are listed in {sidecar.name}."),
        Element("Observation_Area", (
            pds4.times(a["start_utc"], a["stop_utc"]),
            pds4.summary("Derived"),
            pds4.investigation(mission, "data"),
            pds4.observing_system(instrument.host, [instrument.title]),
            pds4.target("data"),
        )),
        Element("File_Area_Observational", (pds4.file_element(tiff, a["stop_utc"]), header, *arrays)),
        Element("File_Area_Observational", (pds4.file_element(sidecar, a["stop_utc"]), text)),
    ))  # fmt: skip


def _named(array: Element, name: str) -> Element:
    return Element(array.tag, (Element("name", name), *array.children()))
