"""Level 1: sensor counts as they arrived, headerless, under a valid PDS4 label."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.archive import pds4
from farside.archive.dictionary import acquisition_element, header_element
from farside.instruments import CAMERAS, Element, array_element, kind, plain_array, product_id
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

COLLECTION = "data_raw"


def write_level1(observation: xr.Dataset, folder: Path) -> Path:
    """Write PRODUCT.img (counts, little-endian) and its label PRODUCT.xml into ``folder``; return the label's path.

    A camera's frame is one image; of other instruments every variable that holds numbers is kept, one after the other.
    """
    attrs = {**observation.attrs, "level": "1"}
    name = attrs["product_id"] = attrs.get("product_id") or product_id(attrs)
    instrument = kind(attrs["instrument"])
    arrays = {str(key): _little(v.to_numpy()) for key, v in observation.data_vars.items() if v.dtype.kind in "iuf"}
    data = folder / f"{name}.img"
    with atomic_write(data) as part:
        part.write_bytes(b"".join(array.tobytes() for array in arrays.values()))
    if instrument.name in CAMERAS:
        said, described = acquisition_element(attrs), [array_element(arrays["dn"].shape, arrays["dn"].dtype, "DN")]
    else:
        said, described = header_element(attrs), _plain(arrays)
    title = f"{instrument.title} raw record {attrs['index']} of sequence {attrs['sequence_id']}"
    lid = f"{pds4.bundle_lid(name)}:{COLLECTION}:{name.lower()}"
    mission = pds4.mission_lid(name)
    return pds4.write_label(folder / f"{name}.xml", "Product_Observational", (
        pds4.identification(lid, title, "Product_Observational", attrs["stop_utc"][:4], f"{title}, as received."),
        Element("Observation_Area", (
            pds4.times(attrs["start_utc"], attrs["stop_utc"]),
            pds4.summary("Raw"),
            pds4.investigation(mission, "data"),
            pds4.observing_system(instrument.host, [instrument.title]),
            pds4.target("data"),
            Element("Mission_Area", (said,)),
        )),
        Element("File_Area_Observational", (pds4.file_element(data, attrs["stop_utc"]), *described)),
    ))  # fmt: skip


def _little(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)


def _plain(arrays: dict[str, NDArray[Any]]) -> list[Element]:
    offsets = np.cumsum([0, *(array.nbytes for array in arrays.values())])
    return [
        plain_array(name, array.shape, array.dtype, int(offset))
        for (name, array), offset in zip(arrays.items(), offsets, strict=False)
    ]
