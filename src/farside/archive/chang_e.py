"""Level-2 files in the dialect of the real Chang'e archive: same fields, order, spelling and types."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from farside.archive.arrays import array_element
from farside.archive.xml import to_xml
from farside.errors import BadInput
from farside.instruments import Element, level2_elements
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

# the comma after the first name space is the real labels'
_ROOT = (
    'xmlns="http://pds.nasa.gov/pds4/pds/v1" xmlns:pds="http://pds.nasa.gov/pds4/pds/v1" '
    'xmlns:sp="http://pds.nasa.gov/pds4/sp/v1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://pds.nasa.gov/pds4/pds/v1,https://starbase.jpl.nasa.gov/pds4/1500/dph_example_products/'
    'xml_schema/PDS4_PDS_1500.xsd,http://pds.nasa.gov/pds4/sp/v1 PDS4_SP_1001.xsd"'
)


def write_level2(observation: xr.Dataset, folder: Path) -> Path:
    """Write PRODUCT.2A or .2C and its label PRODUCT.2AL or .2CL into ``folder``; return the label's path.

    The label comes last, so that a label stands for a whole product. Raises BadInput for a missing attribute.
    """
    attrs = dict(observation.attrs)
    attrs.setdefault("modification_date", attrs["stop_utc"][:10])
    dn = np.ascontiguousarray(observation["dn"].to_numpy())
    name = f"{attrs['product_id']}.{attrs['level']}"
    try:
        elements = level2_elements(attrs)
    except KeyError as error:
        raise BadInput(name, str(error.args[0]), None, "an observation with everything its label says") from error
    area = Element("File_Area_Observational", (
        Element("File", (
            Element("file_name", name),
            Element("local_identifier", "None"),
            Element("creation_date_time", str(attrs.get("creation_utc", attrs["stop_utc"]))),
            Element("file_size", str(dn.nbytes), "byte"),
            Element("records", "1"),
        )),
        array_element(dn.shape, dn.dtype, "data number"),
    ))  # fmt: skip
    with atomic_write(folder / name) as part:
        part.write_bytes(dn.tobytes())
    label = folder / f"{name}L"
    with atomic_write(label) as part:
        part.write_bytes(to_xml("Product_Observational", _ROOT, (*elements, area)))
    return label
