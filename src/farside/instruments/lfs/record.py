"""The raw record: a CBOR map of header fields and the samples, compressed without loss (CCSDS 121.0-B).

{"record": 1, "header": {...}, "shape": [blocks, antennas, samples], "samples": octets}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import BadInput, DamagedFile
from farside.instruments.lfs.observation import waveforms

if TYPE_CHECKING:
    import xarray as xr

VERSION = 1
_CODE = {"bitspersample": 16, "blocksize": 32, "rsi": 128}
"""CCSDS 121 parameters: 32 samples a block and 128 blocks (one block of an antenna) between references."""


def pack(observation: xr.Dataset) -> bytes:
    """Compress an observation of samples with its attributes; deterministic."""
    import cbor2
    import imagecodecs

    dn = np.ascontiguousarray(observation["dn"].to_numpy(), "<u2")
    stream = imagecodecs.aec_encode(dn.ravel(), flags=imagecodecs.AEC.FLAG.DATA_PREPROCESS, **_CODE)
    record = {"record": VERSION, "header": dict(observation.attrs), "shape": list(dn.shape), "samples": bytes(stream)}
    return cbor2.dumps(record, canonical=True)


def unpack(record: bytes) -> xr.Dataset:
    """The samples of a record, bit for bit. Raises DamagedFile."""
    import cbor2
    import imagecodecs

    try:
        fields: dict[str, Any] = cbor2.loads(record)
        if fields["record"] != VERSION:
            raise ValueError(f"record version {fields['record']}")
        blocks, antennas, samples = (int(n) for n in fields["shape"])
        octets = 2 * blocks * antennas * samples
        flags = imagecodecs.AEC.FLAG.DATA_PREPROCESS
        raw = imagecodecs.aec_decode(fields["samples"], flags=flags, out=octets, **_CODE)
        return waveforms(np.frombuffer(raw, "<u2").reshape(blocks, antennas, samples), **fields["header"])
    except (
        cbor2.CBORDecodeError,
        imagecodecs.AecError,
        BadInput,
        KeyError,
        TypeError,
        ValueError,
        MemoryError,
    ) as error:
        raise DamagedFile("raw record", str(error) or type(error).__name__) from error
