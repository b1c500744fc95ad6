"""The raw record that the rover sends: a CBOR map of header, sums of samples, and the records' columns.

    {"record": 1, "header": {...}, "shape": [traces, samples], "echo": bytes, "columns": {name: bytes}}

Echoes are the accumulated integers of the converter, lossless CCSDS 121 (32 bits, signed); columns are little-endian
and deflated.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import BadInput, DamagedFile
from farside.instruments.lpr.observation import COLUMNS, soundings

if TYPE_CHECKING:
    import xarray as xr

VERSION = 1
LARGEST = 1 << 28
"""Most samples a record may claim."""


def pack(observation: xr.Dataset) -> bytes:
    """Compress a raw observation, echoes int32, without loss; the same bytes every time."""
    import cbor2
    import imagecodecs

    dn = np.ascontiguousarray(observation["dn"].to_numpy(), np.int32)
    columns = {
        name: zlib.compress(observation[name].to_numpy().astype(np.dtype(kind).newbyteorder("<")).tobytes(), 9)
        for name, (kind, _, _) in COLUMNS.items()
    }
    record = {
        "record": VERSION,
        "header": dict(observation.attrs),
        "shape": list(dn.shape),
        "echo": imagecodecs.aec_encode(dn, bitspersample=32),
        "columns": columns,
    }
    return cbor2.dumps(record, canonical=True)


def unpack(record: bytes) -> xr.Dataset:
    """The observation of a record, exactly as it was packed. Raises DamagedFile."""
    import cbor2
    import imagecodecs

    try:
        fields: dict[str, Any] = cbor2.loads(record)
        if fields["record"] != VERSION:
            raise ValueError(f"record version {fields['record']}")
        n, m = (int(k) for k in fields["shape"])
        if min(n, m) < 1 or n * m > LARGEST:
            raise ValueError(f"echoes of shape {n} x {m}")
        out = np.empty((n, m), np.int32)
        decoded = imagecodecs.aec_decode(fields["echo"], bitspersample=32, out=out)
        if decoded is None or decoded.size != n * m:
            raise ValueError("the echoes are cut short")
        columns = {}
        for name, (kind, width, _) in COLUMNS.items():
            values = np.frombuffer(zlib.decompress(fields["columns"][name]), np.dtype(kind).newbyteorder("<"))
            columns[name] = values.reshape((n,) if width == 1 else (n, width)).astype(kind)
        return soundings(out, columns, **fields["header"])
    except (cbor2.CBORDecodeError, imagecodecs.AecError, zlib.error, BadInput, KeyError, TypeError, ValueError,
            IndexError) as error:  # fmt: skip
        raise DamagedFile("raw record", str(error) or type(error).__name__) from error
