"""The experiment's pictures among all instruments: a camera's frames, of a camera that is not the vehicle's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside.errors import BadInput, DamagedFile
from farside.instruments.biosphere.layout import from_bytes, product_id
from farside.instruments.biosphere.payload import camera
from farside.instruments.biosphere.record import pack, unpack
from farside.instruments.camera import encode_image, restore
from farside.instruments.kind import Encoded, Kind
from farside.instruments.label import Element, read_attrs
from farside.instruments.names import ProductName

if TYPE_CHECKING:
    import xarray as xr


def encode(picture: xr.Dataset) -> Encoded:
    """A balanced picture as octets and label. Raises BadInput for a missing attribute."""
    return encode_image(picture, camera())


def decode(label: Element, path: Path) -> xr.Dataset:
    """The picture of a level-2 label that lies at ``path``. Raises DamagedFile."""
    file_name = (label.text("File_Area_Observational", "File", "file_name") or "").strip()
    try:
        name = ProductName.parse(file_name)
    except BadInput as error:
        raise DamagedFile(path, f"the label names {error.value!r}, not a product of the archive") from error
    data = path.parent / file_name
    if not data.is_file():
        raise DamagedFile(data, "the data file of this label is missing")
    attrs: dict[str, Any] = read_attrs(label, (camera().name,))
    attrs |= {
        "instrument": camera().name,
        "mode": camera().mode,
        "index": name.index,
        "sequence_id": name.sequence_id,
        "level": name.level,
        "product_id": path.name.rsplit(".", 1)[0],
        "bits": 8,
        "bayer": "",
    }
    return from_bytes(data.read_bytes(), attrs | {"binning": int(attrs.get("binning", 1))})


KIND = Kind(
    camera().name, camera().id, camera().title, camera().host, pack, unpack, product_id, restore, encode, decode
)
"""What the house needs to know of the experiment's cameras."""
