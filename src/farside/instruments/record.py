"""The raw record that a camera sends: a CBOR map of header fields and compressed planes, one a Bayer plane.

    {"record": 1, "header": {...}, "shape": [lines, samples], "planes": [codestream, ...]}

Planes are JPEG 2000 codestreams, rate-controlled at the instrument's compression ratio, counted in the sensor's bits:
2:1 of 10-bit samples is 5 bits a sample. The wavelet is the irreversible 9/7 (ISO/IEC 15444-1), coded by OpenJPEG.
Where the header's ``codec`` says CCSDS 121.0, nothing is lost: the planes are Rice-coded (CCSDS 121.0-B-3: samples of
the sensor's bits, unit-delay predictor, blocks of 32, a reference sample every 128 blocks), the last block filled up
with its last sample.
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
LOSSLESS = "CCSDS 121.0"
LOSSY = "JPEG 2000"
"""The codec of a record whose header names none."""
_BLOCK, _BLOCKS = 32, 128
_BAYER_PLANES = ((0, 0), (0, 1), (1, 0), (1, 1))


def pack(observation: xr.Dataset) -> bytes:
    """Compress a raw frame, (line, sample) of uint8 or uint16, with its attributes; deterministic."""
    import cbor2

    a = observation.attrs
    dn = observation["dn"].to_numpy()
    parts = [dn[i::2, j::2] for i, j in _BAYER_PLANES] if a["bayer"] else [dn]
    planes = [_compress(part, a) for part in parts]
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
        bits = int(header["bits"])
        dn: NDArray[Any] = np.empty(shape, np.uint8 if bits <= 8 else np.uint16)
        parts = [dn[i::2, j::2] for i, j in _BAYER_PLANES] if header["bayer"] else [dn]
        for part, plane in zip(parts, fields["planes"], strict=True):
            part[:] = _expand(plane, bits, part, header.get("codec", LOSSY))
    except (
        cbor2.CBORDecodeError, imagecodecs.Jpeg2kError, imagecodecs.AecError,
        KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, MemoryError,
    ) as error:  # fmt: skip
        raise DamagedFile("raw record", str(error) or type(error).__name__) from error
    return make_observation(dn, **header)


def _compress(plane: NDArray[Any], header: dict[Any, Any]) -> bytes:
    bits, codec = int(header["bits"]), header.get("codec", LOSSY)
    if codec == LOSSLESS:
        return _rice(plane, bits)
    return _wavelet(plane, bits, float(header["compression_ratio"]))


def _expand(plane: bytes, bits: int, like: NDArray[Any], codec: str) -> NDArray[Any]:
    """Samples of a plane of the shape and type of ``like``. Raises ValueError and the codecs' own errors."""
    import imagecodecs

    if codec == LOSSY:
        return np.minimum(imagecodecs.jpeg2k_decode(plane), 2**bits - 1)
    if codec != LOSSLESS:
        raise ValueError(f"codec {codec!r}, expected {LOSSY} or {LOSSLESS}")
    whole = np.zeros(like.size + -like.size % _BLOCK, like.dtype)
    found = imagecodecs.aec_decode(plane, bitspersample=bits, blocksize=_BLOCK, rsi=_BLOCKS, out=whole)
    dn = whole[: like.size].reshape(like.shape)
    # the decoder makes up what a cut stream lacks: only the true samples give the same stream
    if found.nbytes != whole.nbytes or _rice(dn, bits) != plane:
        raise ValueError("a damaged plane")
    return dn


def _rice(plane: NDArray[Any], bits: int) -> bytes:
    import imagecodecs

    whole = np.pad(plane.ravel(), (0, -plane.size % _BLOCK), "edge")
    # a block that cannot be compressed takes its samples and a few bits: twice the room is enough
    return bytes(
        imagecodecs.aec_encode(whole, bitspersample=bits, blocksize=_BLOCK, rsi=_BLOCKS, out=2 * whole.nbytes + 64)
    )


def _wavelet(plane: NDArray[Any], bits: int, ratio: float) -> bytes:
    from PIL import Image

    stored = 8 * plane.dtype.itemsize
    stream = io.BytesIO()
    # Pillow, not imagecodecs, because only it offers OpenJPEG's rate control; its rate counts the bits stored
    Image.fromarray(np.ascontiguousarray(plane)).save(
        stream, "JPEG2000", no_jp2=True, irreversible=True, quality_mode="rates", quality_layers=[ratio * stored / bits]
    )
    return stream.getvalue()
