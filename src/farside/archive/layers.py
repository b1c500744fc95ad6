"""Level-3 image products: one uncompressed TIFF whose pages are the product's layers, under a valid PDS4 label.

    NAME.tif    a page for each data variable, samples contiguous, so that the label can point at them; smaller copies
                of a large first one follow it, as map programs look for them
    NAME.json   attributes: projection, provenance, units and scale of each layer
    NAME.xml    PDS4 label of both

All three are the same bytes for the same product. Products that no memory holds are written some rows at a time, and
reading maps the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.archive import pds4
from farside.errors import DamagedFile
from farside.instruments import Element, array_element, kind
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

COLLECTION = "data_derived"
SMALLEST = 1024
"""Copies of the first layer go on until none of its sides is longer."""
ROWS = 128
"""Rows are written so many at a time, or a multiple of it: copies up to 1/128 need no other rows."""
BIG = 2**32 - 2**25
"""Octets from which on offsets need 64 bits (BigTIFF)."""
REDUCED = 1
"""TIFF's mark of a page that is a smaller copy."""


@dataclass(frozen=True)
class Layer:
    """An image of a product: shape (line, sample[, band]), type, and its attributes."""

    shape: tuple[int, ...]
    dtype: str
    attrs: Mapping[str, Any]


@dataclass(frozen=True)
class LayerRows:
    """A TIFF being written: where its layers, and the copies of the first one (halved each time), begin."""

    file: int
    layers: Mapping[str, Layer]
    offsets: Mapping[str, int]
    copies: tuple[tuple[int, tuple[int, ...]], ...]

    def put(self, top: int, rows: Mapping[str, NDArray[Any]]) -> None:
        """Write rows of all layers from row ``top`` on, ROWS at a time (or what is left); from any thread."""
        for name, layer in rows.items():
            self._at(self.offsets[name], self.layers[name].shape, top, layer)
        small = rows[next(iter(self.layers))]
        for offset, shape in self.copies:
            top //= 2
            small = _halved(small)
            self._at(offset, shape, top, small[: shape[0] - top, : shape[1]])

    def _at(self, offset: int, shape: tuple[int, ...], top: int, rows: NDArray[Any]) -> None:
        if not rows.size:
            return
        plain = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
        data = plain.data.cast("B")
        at = offset + top * int(np.prod(shape[1:])) * rows.dtype.itemsize
        while data:
            sent = os.pwrite(self.file, data, at)
            data, at = data[sent:], at + sent


def _halved(rows: NDArray[Any]) -> NDArray[Any]:
    """Means of 2 x 2; an odd last row or column is left out."""
    import cv2

    lines, samples = (n // 2 for n in rows.shape[:2])
    if not (lines and samples):
        return rows[:0]
    half = cv2.resize(rows[: 2 * lines, : 2 * samples], (samples, lines), interpolation=cv2.INTER_AREA)
    return np.asarray(half, rows.dtype)


@contextmanager
def layer_rows(tiff: Path, layers: Mapping[str, Layer]) -> Iterator[LayerRows]:
    """Write a TIFF of layers, rows in any order; it is there, whole, when the block ends well."""
    import tifffile

    first = next(iter(layers.values()))
    octets = sum(int(np.prod(layer.shape)) * np.dtype(layer.dtype).itemsize for layer in layers.values())
    smaller = _copies(first.shape)
    with atomic_write(tiff) as part:
        with tifffile.TiffWriter(part, byteorder="<", bigtiff=1.4 * octets > BIG) as writer:
            for n, layer in enumerate(layers.values()):
                for k, shape in enumerate([layer.shape, *smaller] if n == 0 else [layer.shape]):
                    writer.write(
                        shape=shape, dtype=layer.dtype, photometric="rgb" if len(shape) == 3 else "minisblack",
                        software=False, metadata=None, subfiletype=REDUCED if k else 0,
                    )  # fmt: skip
        whole, reduced = _offsets(part)
        file = os.open(part, os.O_WRONLY)
        try:
            yield LayerRows(
                file, layers, dict(zip(layers, whole, strict=True)), tuple(zip(reduced, smaller, strict=True))
            )
        finally:
            os.close(file)


def _copies(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    out: list[tuple[int, ...]] = []
    lines, samples = shape[:2]
    while max(lines, samples) > SMALLEST and min(lines, samples) > 1 and 2 ** (len(out) + 1) <= ROWS:
        lines, samples = lines // 2, samples // 2
        out.append((lines, samples, *shape[2:]))
    return out


def _offsets(tiff: Path) -> tuple[list[int], list[int]]:
    """Where layers begin, and their smaller copies."""
    import tifffile

    with tifffile.TiffFile(tiff) as file:
        pages: list[Any] = list(file.pages)
        reduced = [page.subfiletype & REDUCED for page in pages]
        starts = [page.dataoffsets[0] for page in pages]
    whole, smaller = ([s for s, r in zip(starts, reduced, strict=True) if bool(r) is which] for which in (False, True))
    return whole, smaller


def write_layers(product: xr.Dataset, folder: str | Path) -> Path:
    """Write a product whose variables are images (line, sample[, band]); return the label's path."""
    arrays = {str(key): v.to_numpy() for key, v in product.data_vars.items()}
    layers = {name: Layer(a.shape, a.dtype.name, product[name].attrs) for name, a in arrays.items()}
    tiff = Path(folder) / f"{product.attrs['product_id']}.tif"
    with layer_rows(tiff, layers) as out:
        for top in range(0, next(iter(layers.values())).shape[0], ROWS):
            out.put(top, {name: a[top : top + ROWS] for name, a in arrays.items()})
    return label_layers(tiff, layers, product.attrs)


def label_layers(tiff: Path, layers: Mapping[str, Layer], attrs: Mapping[Any, Any]) -> Path:
    """Write what belongs to a TIFF of layers: attributes and label; return the label's path."""
    notes = {"attrs": attrs, "layers": [[name, dict(layer.attrs)] for name, layer in layers.items()]}
    sidecar = tiff.with_suffix(".json")
    with atomic_write(sidecar) as part:
        part.write_text(json.dumps(notes, indent=1, sort_keys=True) + "\n", encoding="ascii", newline="\r\n")
    return _write_label(tiff, sidecar, layers, attrs)


def read_layers(label: str | Path) -> xr.Dataset:
    """The product of a label written by ``write_layers``; what is changed of it does not reach the file.

    Raises DamagedFile.
    """
    import tifffile
    import xarray as xr

    path = Path(label)
    tiff = path.with_suffix(".tif")
    try:
        notes = json.loads(path.with_suffix(".json").read_text(encoding="ascii"))
        with tifffile.TiffFile(tiff) as file:
            pages: list[Any] = [page for page in file.pages if not page.subfiletype & REDUCED]  # type: ignore[union-attr]
            arrays = [np.memmap(tiff, page.dtype, "c", page.dataoffsets[0], page.shape) for page in pages]
        layers = {
            name: (("line", "sample", "band")[: array.ndim], array, attrs)
            for (name, attrs), array in zip(notes["layers"], arrays, strict=True)
        }
    except (OSError, ValueError, KeyError, tifffile.TiffFileError) as error:
        raise DamagedFile(path, f"not a whole product: {error}") from error
    return xr.Dataset(layers, attrs=notes["attrs"])


def _write_label(tiff: Path, sidecar: Path, layers: Mapping[str, Layer], a: Mapping[Any, Any]) -> Path:
    name, instrument = a["product_id"], kind(a["instrument"])
    arrays = [
        _named(array_element(layer.shape, np.dtype(layer.dtype), "DN", offset), key)
        for (key, layer), offset in zip(layers.items(), _offsets(tiff)[0], strict=True)
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
