"""Level-2 files in the dialect of the real Chang'e archive: same fields, order, spelling and types."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from farside.archive.xml import to_xml
from farside.instruments import kind
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
    """Write PRODUCT.2A (2B, 2C …) and its label PRODUCT.2AL into ``folder``; return the label's path.

    The label comes last, so that a label stands for a whole product. Raises BadInput for a missing attribute.
    """
    a = observation.attrs
    encoded = kind(a["instrument"]).encode(observation)
    name = f"{a['product_id']}.{a['level']}"
    with atomic_write(folder / name) as part:
        part.write_bytes(encoded.data)
    label = folder / f"{name}L"
    with atomic_write(label) as part:
        part.write_bytes(to_xml("Product_Observational", _ROOT, encoded.elements))
    return label
