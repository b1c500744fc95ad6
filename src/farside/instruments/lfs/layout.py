"""The level 2C file: fixed big-endian records of 8,287 bytes, no file header.

    | frame 4 | version 1 | work parameters 71 | Sun el, az f4 f4 | cancel period u4 | cancel count u2 |
    | accumulations u2 | record length u2 | spectrum 2048 x f4 | quality 1 |

The layout is published; what the work parameters mean, the frame mark, the unit of the spectrum and the frequency of
a channel are not. Here channel k is at low + k (high - low) / 2048 of the label's ``bands``: for bands 0-50 MHz that is
bin k of a 4096-point transform at 100 MHz, so the two possible readings agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.geometry import utc_to_t

if TYPE_CHECKING:
    import xarray as xr

CHANNELS = 2048
FRAME = 0x146F3333
"""Frame mark, assumed after those of the radar."""
_UNITS = {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6}


class Field(NamedTuple):
    """A field of the record: its name in the label, its name and type here, PDS4 data type and unit."""

    label: str
    name: str
    code: str
    size: int
    data_type: str
    unit: str


FIELDS = (
    Field("FRAME_IDENTIFICATION", "frame", ">u4", 1, "UnsignedByte", ""),
    Field("VERSION", "version", "u1", 1, "UnsignedByte", ""),
    Field("WORK_PARAMETERS", "work_parameters", "u1", 71, "UnsignedByte", ""),
    Field("SUN_ELEVATION", "sun_elevation", ">f4", 1, "IEEE754MSBSingle", "deg"),
    Field("SUN_AZIMUTH", "sun_azimuth", ">f4", 1, "IEEE754MSBSingle", "deg"),
    Field("CANCEL_PERIOD", "cancel_period", ">u4", 1, "UnsignedMSB4", "s"),
    Field("CANCEL_COUNT", "cancel_count", ">u2", 1, "UnsignedMSB2", ""),
    Field("ACCUMULATIONS", "accumulations", ">u2", 1, "UnsignedMSB2", ""),
    Field("RECORD_LENGTH", "record_length", ">u2", 1, "UnsignedMSB2", "byte"),
    Field("SPECTRUM", "psd", ">f4", CHANNELS, "IEEE754MSBSingle", "V**2/Hz"),
    Field("QUALITY_STATE", "quality", "u1", 1, "UnsignedByte", ""),
)
RECORD = np.dtype([(f.name, f.code, (f.size,)) if f.size > 1 else (f.name, f.code) for f in FIELDS])
"""One record as NumPy sees it."""


def to_bytes(observation: xr.Dataset) -> bytes:
    """The file of a level 2C observation. Missing spectra are NaN with quality 1."""
    records = np.zeros(observation.sizes["record"], RECORD)
    for field in FIELDS:
        if field.name in observation:
            records[field.name] = observation[field.name].to_numpy()
    records["record_length"] = RECORD.itemsize
    return records.tobytes()


def from_bytes(data: bytes, label: Mapping[Any, Any]) -> xr.Dataset:
    """The level 2C observation of a file.

    label: attributes that its label gives; needed are ``bands`` ("0-50 MHz"), ``start_utc`` and ``stop_utc``, between
    which the records are spread evenly. Raises DamagedFile for a cut file or a label that contradicts it.
    """
    name = str(label.get("product_id", "LFRS 2C file"))
    if not data or len(data) % RECORD.itemsize:
        raise DamagedFile(name, f"{len(data)} bytes are no whole number of {RECORD.itemsize}-byte records")
    records = np.frombuffer(data, RECORD)
    if (records["record_length"] != RECORD.itemsize).any():
        bad = int(np.argmax(records["record_length"] != RECORD.itemsize))
        raise DamagedFile(name, f"record {bad} says that it is {records['record_length'][bad]} bytes long")
    try:
        channels, start = channel_frequencies(str(label["bands"])), utc_to_t(label["start_utc"])
        span = utc_to_t(label["stop_utc"]) - start
    except KeyError as error:
        raise DamagedFile(name, f"its label gives no {error.args[0]}") from error
    if not span > 0:
        raise DamagedFile(name, f"its label stops ({label['stop_utc']}) before it starts ({label['start_utc']})")
    time = np.linspace(start, start + span, len(records), endpoint=False)
    native = {f.name: records[f.name].astype(np.dtype(f.code).newbyteorder("=")) for f in FIELDS}
    return spectra(time, channels, native, dict(label))


def channel_frequencies(bands: str) -> NDArray[np.float64]:
    """Frequency (2048,) of each channel in Hz, from the label's text such as ``0-50 MHz``. Raises DamagedFile."""
    match = re.fullmatch(r"\s*([\d.]+)\s*-\s*([\d.]+)\s*(Hz|kHz|MHz)\s*", bands)
    if match is None or not float(match[1]) < float(match[2]):
        raise DamagedFile("LFRS 2C label", f"bands {bands!r}, expected such as '0-50 MHz'")
    low, high = float(match[1]) * _UNITS[match[3]], float(match[2]) * _UNITS[match[3]]
    return np.linspace(low, high, CHANNELS, endpoint=False)


def spectra(
    time: NDArray[np.float64], frequency: NDArray[np.float64], fields: Mapping[str, Any], attrs: dict[str, Any]
) -> xr.Dataset:
    """A level 2C observation: ``fields`` by the names of FIELDS, (record,), (record, 71) or (record, 2048).

    time: TDB s past J2000, (record,). frequency: Hz, (channel,).
    """
    import xarray as xr

    second = {"psd": ("channel",), "work_parameters": ("byte",)}
    variables = {
        f.name: (("record", *second.get(f.name, ())), fields[f.name], {"units": f.unit})
        for f in FIELDS
        if f.name in fields
    }
    coords = {
        "time": ("record", time, {"units": "s", "scale": "TDB past J2000"}),
        "frequency": ("channel", frequency, {"units": "Hz"}),
    }
    return xr.Dataset(variables, coords, attrs=attrs)
