"""The raw record: a CBOR map of header fields and of losslessly compressed counts (CCSDS 121.0-B).

    {"record": 1, "header": {...}, "dn": {"shape": [...], "data": stream}, "dark": {...}}

``dn``: filter on; ``dark``: filter off, an image for VIS and a value per band for SWIR. Samples are unsigned, 16 bit
each in memory; VIS streams are told that only 10 of them are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.instruments.vnis.observation import counts

if TYPE_CHECKING:
    import xarray as xr

VERSION = 1
_CODER = {"flags": 8, "blocksize": 16, "rsi": 128}
"""Predict from the neighbour; blocks of 16 samples, a reference every 128 blocks."""
_MOST = 1 << 28
"""Samples in an array beyond which a record is taken to be damaged."""


def pack(observation: xr.Dataset) -> bytes:
    """The record of a raw observation with variables ``dn`` and ``dark``; deterministic."""
    import cbor2

    bits = int(observation.attrs["bits"])
    arrays = {name: _compress(observation[name].to_numpy(), bits) for name in ("dn", "dark")}
    return cbor2.dumps({"record": VERSION, "header": dict(observation.attrs), **arrays}, canonical=True)


def unpack(record: bytes) -> xr.Dataset:
    """The observation of a record, bit for bit. Raises DamagedFile."""
    import cbor2

    try:
        fields: dict[str, Any] = cbor2.loads(record)
        if fields["record"] != VERSION:
            raise ValueError(f"record version {fields['record']}")
        header = fields["header"]
        bits = int(header["bits"])
        dn, dark = (_expand(fields[name], bits) for name in ("dn", "dark"))
        found = counts(dn, dark, **header)
    except (cbor2.CBORDecodeError, BadInput, KeyError, TypeError, ValueError, RuntimeError, IndexError) as error:
        raise DamagedFile("vnis raw record", str(error) or type(error).__name__) from error
    return found


def _compress(dn: NDArray[Any], bits: int) -> dict[str, Any]:
    import imagecodecs

    samples = np.ascontiguousarray(dn, np.uint16)
    return {"shape": list(samples.shape), "data": imagecodecs.aec_encode(samples, bitspersample=bits, **_CODER)}


def _expand(packed: dict[str, Any], bits: int) -> NDArray[np.uint16]:
    import imagecodecs

    shape = tuple(int(n) for n in packed["shape"])
    samples = int(np.prod(shape))
    if not 0 < samples < _MOST:
        raise ValueError(f"shape {shape}")
    # the coder fills its last block up
    whole = -(-samples // _CODER["blocksize"]) * _CODER["blocksize"]
    decoded = imagecodecs.aec_decode(packed["data"], bitspersample=bits, out=2 * whole, **_CODER)
    if len(decoded) < 2 * samples:
        raise ValueError(f"{len(decoded)} bytes where {2 * samples} belong")
    return np.frombuffer(decoded, np.uint16)[:samples].reshape(shape)
