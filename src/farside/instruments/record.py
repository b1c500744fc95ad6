"""The raw record that a camera sends: a CBOR map of header fields and JPEG 2000 codestreams, one a Bayer plane.

    {"record": 1, "header": {...}, "shape": [lines, samples], "planes": [codestream, ...]}

Codestreams are rate-controlled at the instrument's compression ratio, counted in the sensor's bits: 2:1 of 10-bit
samples is 5 bits a sample. The wavelet is the irreversible 9/7 (ISO/IEC 15444-1), coded by OpenJPEG.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.instruments.observation import observation as make_observation

if TYPE_CHECKING:
    import xarray as xr

VERSION = 1
_BAYER_PLANES = ((0, 0), (0, 1), (1, 0), (1, 1))


def pack(observation: xr.Dataset) -> bytes:
    """Compress a raw frame, (line, sample) of uint8 or uint16, with its attributes; deterministic."""
    import cbor2

    a = observation.attrs
    dn = observation["dn"].to_numpy()
    parts = [dn[i::2, j::2] for i, j in _BAYER_PLANES] if a["bayer"] else [dn]
    planes = [_compress(part, int(a["bits"]), float(a["compression_ratio"])) for part in parts]
    record = {"record": VERSION, "header": dict(a), "shape": list(dn.shape), "planes": planes}
    return cbor2.dumps(record, canonical=True)


def unpack(record: bytes) -> xr.Dataset:
    """The frame of a record, as the decoder gives it back. Raises DamagedFile."""
    import cbor2
    import imagecodecs

    try:
        fields: dict[str, Any] = cbor2.loads(record)
        if fields["record"] != VERSION:
            raise ValueError(f"record version {fields['record']}")
        header, shape = fields["header"], tuple(fields["shape"])
        top = 2 ** int(header["bits"]) - 1
        planes = [np.minimum(imagecodecs.jpeg2k_decode(plane), top) for plane in fields["planes"]]
        dn: NDArray[Any] = np.empty(shape, planes[0].dtype)
        if header["bayer"]:
            for (i, j), plane in zip(_BAYER_PLANES, planes, strict=True):
                dn[i::2, j::2] = plane
        else:
            (dn[:],) = planes
    except (cbor2.CBORDecodeError, imagecodecs.Jpeg2kError, KeyError, TypeError, ValueError, IndexError) as error:
        raise DamagedFile("raw record", str(error) or type(error).__name__) from error
    return make_observation(dn, **header)


def _compress(plane: NDArray[Any], bits: int, ratio: float) -> bytes:
    from PIL import Image

    stored = 8 * plane.dtype.itemsize
    stream = io.BytesIO()
    # Pillow, not imagecodecs, because only it offers OpenJPEG's rate control; its rate counts the bits stored
    Image.fromarray(np.ascontiguousarray(plane)).save(
        stream, "JPEG2000", no_jp2=True, irreversible=True, quality_mode="rates", quality_layers=[ratio * stored / bits]
    )
    return stream.getvalue()
