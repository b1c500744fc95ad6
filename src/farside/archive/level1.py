"""Level 1: sensor counts as they arrived, headerless, under a valid PDS4 label."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from farside.archive import pds4
from farside.archive.arrays import array_element
from farside.archive.dictionary import acquisition_element
from farside.instruments import Element, load, product_id
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

COLLECTION = "data_raw"


def write_level1(observation: xr.Dataset, folder: Path) -> Path:
    """Write PRODUCT.img (counts, little-endian) and its label PRODUCT.xml into ``folder``; return the label's path."""
    attrs = {**observation.attrs, "level": "1"}
    name = attrs["product_id"] = attrs.get("product_id") or product_id(attrs)
    camera = load(attrs["instrument"])
    dn = np.ascontiguousarray(observation["dn"].to_numpy())
    dn = dn.astype(dn.dtype.newbyteorder("<"), copy=False)
    data = folder / f"{name}.img"
    with atomic_write(data) as part:
        part.write_bytes(dn.tobytes())
    title = f"{camera.title} raw frame {attrs['index']} of sequence {attrs['sequence_id']}"
    lid = f"{pds4.bundle_lid(name)}:{COLLECTION}:{name.lower()}"
    mission = pds4.mission_lid(name)
    return pds4.write_label(folder / f"{name}.xml", "Product_Observational", (
        pds4.identification(lid, title, "Product_Observational", attrs["stop_utc"][:4], f"{title}, as received."),
        Element("Observation_Area", (
            pds4.times(attrs["start_utc"], attrs["stop_utc"]),
            pds4.summary("Raw"),
            pds4.investigation(mission, "data"),
            pds4.observing_system(camera.host, [camera.title]),
            pds4.target("data"),
            Element("Mission_Area", (acquisition_element(attrs),)),
        )),
        Element("File_Area_Observational", (
            pds4.file_element(data, attrs["stop_utc"]),
            array_element(dn.shape, dn.dtype, "DN"),
        )),
    ))  # fmt: skip
